/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint: where a Redis store is and how it is used, as its URL and options
 * say. The struct and the functions that read it; endpoint_url parses the URL,
 * endpoint_option the options.
 *
 *   redis://[user[:password]@]host[:port][/db]           one server
 *   unix:///path/to/redis.sock[?db=N]                    one server
 *   redis+sentinel://[user[:password]@]host[:port],.../MASTER[/db]
 *   redis+cluster://[user[:password]@]host[:port],...
 *   rediss:// rediss+sentinel:// rediss+cluster://       the same over TLS
 *
 * The URLs follow the provisional IANA registration of the "redis" scheme. User
 * and password may be percent-encoded; IPv6 addresses stand in brackets. User
 * and password are for Redis; the Sentinels get only those of sentinel-user=
 * and sentinel-password-file=.
 */
#ifndef SHS_REDIS_ENDPOINT_ENDPOINT_H
#define SHS_REDIS_ENDPOINT_ENDPOINT_H

#include <apr_pools.h>
#include <apr_time.h>

#include "redis/health/breaker.h"
#include "redis/endpoint/credentials.h"
#include "redis/protocol/address.h"
#include "net/tls.h"

#define SHS_ENDPOINT_MAX_SERVERS 16
#define SHS_ENDPOINT_POOL_CAP    64

typedef enum shs_endpoint_mode_t {
    SHS_ENDPOINT_SINGLE,
    SHS_ENDPOINT_SENTINEL,
    SHS_ENDPOINT_CLUSTER
} shs_endpoint_mode_t;

/* Everything lives as long as the pool it was parsed into. Only the credentials
 * change later, and have a lock of their own. */
typedef struct shs_endpoint_t {
    shs_endpoint_mode_t mode;
    const shs_address_t *servers; /* the server, the Sentinels, or the cluster's
                                   * seeds; NULL: a Unix socket */
    int server_count;             /* 1 to SHS_ENDPOINT_MAX_SERVERS; 0: a Unix
                                   * socket */
    const char *path;             /* of the Unix socket; NULL: TCP */
    const char *master_name;      /* the Sentinels' name of it; NULL unless
                                   * SENTINEL */
    shs_credentials_t *credentials;          /* never NULL */
    shs_credentials_t *sentinel_credentials; /* never NULL if SENTINEL, else
                                              * NULL */
    int db;
    const char *client_name; /* for CLIENT SETNAME; NULL: none is set */
    int is_tls;
    shs_tls_options_t tls; /* its name is that of servername=; NULL: the dialled
                            * host */
    apr_interval_time_t connect_timeout; /* one dial, within the lookup */
    apr_interval_time_t timeout;         /* the whole lookup */
    apr_interval_time_t idle; /* a connection unused for longer is closed */
    int pool_size;            /* connections for each child and server; 0: as
                               * many as threads, at most
                               * SHS_ENDPOINT_POOL_CAP */
    int reads_replicas;       /* a replica is read if the master fails */
    int retries;              /* 0 or 1 */
    int may_share;            /* loads of several threads are sent together
                    * (redis/connection/batcher.h) */
    shs_breaker_policy_t breaker;
} shs_endpoint_t;

/* The number of connections of a child with that many threads: pool=, or one
 * for each thread, at least 1 and at most SHS_ENDPOINT_POOL_CAP. */
int shs_endpoint_pool_size(const shs_endpoint_t *endpoint, int threads);

/* The URL without credentials, with ports and database written out. */
const char *shs_endpoint_describe(const shs_endpoint_t *endpoint,
                                  apr_pool_t *p);

/* The same, to compare stores: equal if the URLs name the same server and
 * database, or the same list of servers, by their text alone. Case does not
 * matter in host names; localhost, 127.0.0.1 and ::1 are one host (RFC 6761
 * section 6.3). */
const char *shs_endpoint_location(const shs_endpoint_t *endpoint,
                                  apr_pool_t *p);

/* The options in force, including defaults, in the form of the directive:
 * "timeout=200ms ...". Without credentials and TLS options. */
const char *shs_endpoint_describe_options(const shs_endpoint_t *endpoint,
                                          apr_pool_t *p);

/* Equal for endpoints that may share connections, which are those that do not
 * differ at all. Contains the credentials: not for logs. */
const char *shs_endpoint_identity(const shs_endpoint_t *endpoint,
                                  apr_pool_t *p);

#endif
