/* SPDX-License-Identifier: Apache-2.0
 *
 * resolver: the addresses of one server, so that no request ever waits for
 * the name service past its deadline. A numeric address or a Unix socket is
 * known at once. A name is looked up by a thread of its own; while a newer
 * answer is on its way the last one is used.
 */
#ifndef SHS_NET_RESOLVER_H
#define SHS_NET_RESOLVER_H

#include <sys/socket.h>

#include <apr_time.h>

/* How long an answer is used before it is asked for again: short enough to
 * follow a failover that is announced by a change of DNS. */
#define SHS_RESOLVER_FRESH_FOR (10 * APR_USEC_PER_SEC)

/* How soon after one the name service may be asked again when none of its
 * addresses answers. */
#define SHS_RESOLVER_AFTER_FAILURE (100 * 1000)

/* How long a name counts as unknown after the name service did not know it. */
#define SHS_RESOLVER_RETRY_AFTER (1 * APR_USEC_PER_SEC)

/* Addresses beyond these are not tried. */
#define SHS_RESOLVER_MAX 8

typedef struct shs_resolver_t shs_resolver_t;

typedef struct shs_resolver_address_t {
    struct sockaddr_storage storage;
    socklen_t len;
} shs_resolver_address_t;

/* For a host name or numeric address (at most 255 octets, copied); NULL only
 * without memory. Belongs to no pool, because its thread may outlive any. */
shs_resolver_t *shs_resolver_create(const char *host, int port);

/* For a Unix socket's path, which the system can take. */
shs_resolver_t *shs_resolver_create_unix(const char *path);

/* Frees it, which nobody may use any more. Returns 0, and does nothing, while
 * a name is being looked up. */
int shs_resolver_destroy(shs_resolver_t *resolver);

/* Writes the addresses in the order to try them and returns how many; 0 and
 * *reason when there is none by the deadline. Safe from any thread. */
int shs_resolver_get(shs_resolver_address_t addresses[SHS_RESOLVER_MAX],
                     shs_resolver_t *resolver, apr_time_t deadline,
                     const char **reason);

/* Each of those `count` addresses has failed: asks at once whether there are
 * others, and waits until the deadline. Returns how many, in their place; 0
 * when they are still the same. */
int shs_resolver_refresh(shs_resolver_address_t addresses[SHS_RESOLVER_MAX],
                         int count, shs_resolver_t *resolver,
                         apr_time_t deadline);

/* Asks again, if it has not been done within a second, and does not wait. */
void shs_resolver_suspect(shs_resolver_t *resolver);

/* Tells what the name stands for now from what it stood for before, in every
 * child alike. 0: it cannot change, or is not known. Takes no lock. */
apr_uint32_t shs_resolver_fingerprint(const shs_resolver_t *resolver);

#endif
