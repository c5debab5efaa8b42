/* SPDX-License-Identifier: Apache-2.0
 *
 * getaddrinfo() cannot be cancelled. So nothing that the lookup's thread
 * touches belongs to a pool that the child destroys as it exits, and thread and
 * lock are POSIX ones, which need no pool.
 */
#include "net/resolver.h"

#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/thread.h"
#include "base/clock.h"
#include "base/fnv.h"

struct shs_resolver_t {
    pthread_mutex_t lock;
    pthread_cond_t looked_up;
    char host[256];
    char port[8];
    int is_static;     /* the addresses never change */
    int is_looking_up; /* a lookup is running */
    apr_time_t looked_up_at;
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    int count;
    _Atomic apr_uint32_t fingerprint; /* of the addresses */
};

static int copy_addresses(shs_resolver_address_t *out,
                          const struct addrinfo *list)
{
    int count = 0;

    for (; list && count < SHS_RESOLVER_MAX; list = list->ai_next) {
        if (list->ai_addrlen <= sizeof(out[count].storage)) {
            memcpy(&out[count].storage, list->ai_addr, list->ai_addrlen);
            out[count].len = list->ai_addrlen;
            ++count;
        }
    }
    return count;
}

/* Blocks for as long as the name service takes. */
static int look_up(shs_resolver_address_t *out, const shs_resolver_t *resolver,
                   int flags)
{
    struct addrinfo hints, *list = NULL;
    int count = 0;

    memset(&hints, 0, sizeof(hints));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    if (!getaddrinfo(resolver->host, resolver->port, &hints, &list)) {
        count = copy_addresses(out, list);
        freeaddrinfo(list);
    }
    return count;
}

/* The sum of the addresses' hashes, so that their order, which may
 * change with each lookup, does not matter. */
static apr_uint32_t fingerprint_of(const shs_resolver_address_t *addresses,
                                   int count)
{
    apr_uint32_t sum = 0;
    int i;

    for (i = 0; i < count; ++i) {
        sum += shs_fnv_add32(SHS_FNV_START32, &addresses[i].storage,
                             addresses[i].len);
    }
    return sum;
}

static void *run(void *data)
{
    shs_resolver_t *resolver = data;
    shs_resolver_address_t found[SHS_RESOLVER_MAX];
    int count = look_up(found, resolver, 0);

    pthread_mutex_lock(&resolver->lock);
    if (count > 0) {
        memcpy(resolver->addresses, found, (size_t)count * sizeof(found[0]));
        resolver->count = count;
        atomic_store(&resolver->fingerprint, fingerprint_of(found, count));
    }
    resolver->is_looking_up = 0;
    pthread_cond_broadcast(&resolver->looked_up);
    pthread_mutex_unlock(&resolver->lock);
    return NULL;
}

static void start_lookup(shs_resolver_t *resolver)
{
    resolver->is_looking_up = shs_thread_start(NULL, run, resolver);
    resolver->looked_up_at = shs_clock_now();
}

static shs_resolver_t *create(void)
{
    shs_resolver_t *resolver = calloc(1, sizeof(*resolver));

    if (resolver) {
        shs_thread_init(&resolver->lock, &resolver->looked_up);
    }
    return resolver;
}

shs_resolver_t *shs_resolver_create(const char *host, int port)
{
    shs_resolver_t *resolver = create();

    if (!resolver) {
        return NULL;
    }
    snprintf(resolver->host, sizeof(resolver->host), "%s", host);
    snprintf(resolver->port, sizeof(resolver->port), "%d", port);
    resolver->count = look_up(resolver->addresses, resolver, AI_NUMERICHOST);
    resolver->is_static = resolver->count > 0;
    return resolver;
}

shs_resolver_t *shs_resolver_create_unix(const char *path)
{
    struct sockaddr_un address;
    shs_resolver_t *resolver = create();

    if (!resolver) {
        return NULL;
    }
    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    memcpy(&resolver->addresses[0].storage, &address, sizeof(address));
    resolver->addresses[0].len = sizeof(address);
    resolver->count = 1;
    resolver->is_static = 1;
    return resolver;
}

int shs_resolver_destroy(shs_resolver_t *resolver)
{
    int is_looking_up;

    pthread_mutex_lock(&resolver->lock);
    is_looking_up = resolver->is_looking_up;
    pthread_mutex_unlock(&resolver->lock);
    if (is_looking_up) {
        return 0;
    }
    pthread_cond_destroy(&resolver->looked_up);
    pthread_mutex_destroy(&resolver->lock);
    free(resolver);
    return 1;
}

/* A failed lookup is repeated soon, but not for every request. */
static int is_stale(const shs_resolver_t *resolver)
{
    apr_interval_time_t fresh_for =
        resolver->count > 0 ? SHS_RESOLVER_FRESH_FOR : SHS_RESOLVER_RETRY_AFTER;

    return !resolver->is_static
           && (resolver->looked_up_at == 0
               || shs_clock_now() - resolver->looked_up_at > fresh_for);
}

static void wait_for_addresses(shs_resolver_t *resolver, apr_time_t deadline)
{
    while (resolver->is_looking_up && resolver->count == 0
           && !shs_thread_is_late(deadline)) {
        shs_thread_wait(&resolver->looked_up, &resolver->lock, deadline);
    }
}

int shs_resolver_get(shs_resolver_address_t addresses[SHS_RESOLVER_MAX],
                     shs_resolver_t *resolver, apr_time_t deadline,
                     const char **reason)
{
    int count;

    pthread_mutex_lock(&resolver->lock);
    if (!resolver->is_looking_up && is_stale(resolver)) {
        start_lookup(resolver);
    }
    wait_for_addresses(resolver, deadline);
    count = resolver->count;
    memcpy(addresses, resolver->addresses,
           (size_t)count * sizeof(addresses[0]));
    if (count == 0) {
        *reason = resolver->is_looking_up
                      ? "the host name was not resolved in time"
                      : "the host name cannot be resolved";
    }
    pthread_mutex_unlock(&resolver->lock);
    return count;
}

static int is_due(const shs_resolver_t *resolver, apr_interval_time_t due)
{
    return !resolver->is_static && !resolver->is_looking_up
           && shs_clock_now() - resolver->looked_up_at >= due;
}

int shs_resolver_refresh(shs_resolver_address_t addresses[SHS_RESOLVER_MAX],
                         int count, shs_resolver_t *resolver,
                         apr_time_t deadline)
{
    apr_uint32_t failed = fingerprint_of(addresses, count);
    int found = 0;

    pthread_mutex_lock(&resolver->lock);
    if (is_due(resolver, SHS_RESOLVER_AFTER_FAILURE)) {
        start_lookup(resolver);
    }
    while (resolver->is_looking_up && shs_clock_now() < deadline) {
        shs_thread_wait(&resolver->looked_up, &resolver->lock, deadline);
    }
    if (!resolver->is_static && atomic_load(&resolver->fingerprint) != failed) {
        found = resolver->count;
        memcpy(addresses, resolver->addresses,
               (size_t)found * sizeof(addresses[0]));
    }
    pthread_mutex_unlock(&resolver->lock);
    return found;
}

void shs_resolver_suspect(shs_resolver_t *resolver)
{
    pthread_mutex_lock(&resolver->lock);
    if (is_due(resolver, SHS_RESOLVER_RETRY_AFTER)) {
        start_lookup(resolver);
    }
    pthread_mutex_unlock(&resolver->lock);
}

apr_uint32_t shs_resolver_fingerprint(const shs_resolver_t *resolver)
{
    return atomic_load(&resolver->fingerprint);
}
