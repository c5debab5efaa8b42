/* SPDX-License-Identifier: Apache-2.0
 *
 * The lookup's thread cannot be cancelled inside getaddrinfo(), so what it
 * touches must not belong to a pool that the child destroys on its way out; and
 * thread and lock are POSIX ones, which need no pool.
 */
#include "redis/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>

#include "store/clock.h"

struct shs_resolver_t {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    const char *host;
    char port[8];
    int is_static; /* the addresses never change */
    int is_asking; /* a thread is on its way */
    apr_time_t asked_at;
    shs_address_t addresses[SHS_RESOLVER_MAX];
    int count;
};

static int copy_addresses(shs_address_t *out, const struct addrinfo *list)
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

/* Asks the name service, however long that takes. */
static int look_up(shs_address_t *out, const shs_resolver_t *resolver,
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

static void *thread_main(void *data)
{
    shs_resolver_t *resolver = data;
    shs_address_t found[SHS_RESOLVER_MAX];
    int count = look_up(found, resolver, 0);

    pthread_mutex_lock(&resolver->lock);
    if (count > 0) {
        memcpy(resolver->addresses, found, (size_t)count * sizeof(found[0]));
        resolver->count = count;
    }
    resolver->is_asking = 0;
    pthread_cond_broadcast(&resolver->answered);
    pthread_mutex_unlock(&resolver->lock);
    return NULL;
}

/* The server's signals are for its own threads. */
static void start_thread(shs_resolver_t *resolver)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    resolver->is_asking =
        !pthread_create(&thread, &attributes, thread_main, resolver);
    resolver->asked_at = shs_clock_now();
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void set_unix_address(shs_resolver_t *resolver, const char *path)
{
    struct sockaddr_un address;

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    memcpy(&resolver->addresses[0].storage, &address, sizeof(address));
    resolver->addresses[0].len = sizeof(address);
    resolver->count = 1;
}

shs_resolver_t *shs_resolver_create(const shs_endpoint_t *endpoint)
{
    shs_resolver_t *resolver;
    pthread_condattr_t monotonic;
    apr_pool_t *lasting;

    /* Without a parent it lasts until the process ends. */
    apr_pool_create(&lasting, NULL);
    resolver = apr_pcalloc(lasting, sizeof(*resolver));
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&resolver->lock, NULL);
    pthread_cond_init(&resolver->answered, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (endpoint->path) {
        set_unix_address(resolver, endpoint->path);
    }
    else {
        resolver->host = endpoint->host;
        snprintf(resolver->port, sizeof(resolver->port), "%d", endpoint->port);
        resolver->count =
            look_up(resolver->addresses, resolver, AI_NUMERICHOST);
    }
    resolver->is_static = resolver->count > 0;
    return resolver;
}

/* A name that was not found is asked for again soon, but not each time. */
static int is_stale(const shs_resolver_t *resolver)
{
    apr_interval_time_t fresh_for =
        resolver->count > 0 ? SHS_RESOLVER_FRESH_FOR : SHS_RESOLVER_RETRY_AFTER;

    return !resolver->is_static
           && (resolver->asked_at == 0
               || shs_clock_now() - resolver->asked_at > fresh_for);
}

static void wait_for_answer(shs_resolver_t *resolver, apr_time_t deadline)
{
    struct timespec until;

    until.tv_sec = (time_t)apr_time_sec(deadline);
    until.tv_nsec = (long)apr_time_usec(deadline) * 1000;
    while (resolver->is_asking && resolver->count == 0
           && shs_clock_now() < deadline) {
        pthread_cond_timedwait(&resolver->answered, &resolver->lock, &until);
    }
}

int shs_resolver_get(shs_address_t addresses[SHS_RESOLVER_MAX],
                     shs_resolver_t *resolver, apr_time_t deadline,
                     const char **reason)
{
    int count;

    pthread_mutex_lock(&resolver->lock);
    if (!resolver->is_asking && is_stale(resolver)) {
        start_thread(resolver);
    }
    wait_for_answer(resolver, deadline);
    count = resolver->count;
    memcpy(addresses, resolver->addresses,
           (size_t)count * sizeof(addresses[0]));
    if (count == 0) {
        *reason = resolver->is_asking ? "the host name was not resolved in time"
                                      : "the host name cannot be resolved";
    }
    pthread_mutex_unlock(&resolver->lock);
    return count;
}
