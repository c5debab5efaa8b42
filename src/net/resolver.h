/* SPDX-License-Identifier: Apache-2.0
 *
 * resolver: the addresses of one server. No request waits for the name service
 * past its deadline. A numeric address or a Unix socket is known at once. A
 * thread of its own looks a name up; the previous result is used until the new
 * one is there.
 */
#ifndef SHS_NET_RESOLVER_H
#define SHS_NET_RESOLVER_H

#include <sys/socket.h>

#include <apr_time.h>

/* How long a result is used before the name is looked up again: short enough to
 * follow a failover that changes DNS. */
#define SHS_RESOLVER_FRESH_FOR (10 * APR_USEC_PER_SEC)

/* The least time between two lookups when no address of the name accepts a
 * connection. */
#define SHS_RESOLVER_AFTER_FAILURE (100 * 1000)

/* How long a failed lookup is remembered before the next one. */
#define SHS_RESOLVER_RETRY_AFTER (1 * APR_USEC_PER_SEC)

/* Further addresses are not tried. */
#define SHS_RESOLVER_MAX 8

typedef struct shs_resolver_t shs_resolver_t;

typedef struct shs_resolver_address_t {
    struct sockaddr_storage storage;
    socklen_t len;
} shs_resolver_address_t;

/* For a host name or a numeric address (at most 255 octets, copied). NULL only
 * without memory. It belongs to no pool, because its thread may outlive every
 * pool. */
shs_resolver_t *shs_resolver_create(const char *host, int port);

/* For the path of a Unix socket, not longer than the system allows. */
shs_resolver_t *shs_resolver_create_unix(const char *path);

/* Frees a resolver that is no longer used. Returns 0 and does nothing while a
 * lookup is running. */
int shs_resolver_destroy(shs_resolver_t *resolver);

/* Writes the addresses in the order to try them and returns their number, or 0
 * and *reason if there is none by the deadline. Safe from any thread. */
int shs_resolver_get(shs_resolver_address_t addresses[SHS_RESOLVER_MAX],
                     shs_resolver_t *resolver, apr_time_t deadline,
                     const char **reason);

/* Called when each of these `count` addresses has failed. Looks the name up at
 * once and waits until the deadline. Writes the new addresses in their place
 * and returns their number, or 0 if they have not changed. */
int shs_resolver_refresh(shs_resolver_address_t addresses[SHS_RESOLVER_MAX],
                         int count, shs_resolver_t *resolver,
                         apr_time_t deadline);

/* Starts a lookup unless the last one began less than a second ago. Does not
 * wait. */
void shs_resolver_suspect(shs_resolver_t *resolver);

/* A number that changes with the addresses of the name, the same in every
 * child. 0: the addresses cannot change, or are not known. Takes no lock. */
apr_uint32_t shs_resolver_fingerprint(const shs_resolver_t *resolver);

#endif
