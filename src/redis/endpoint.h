/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint: what the URL and options of a Redis store say, parsed and checked.
 * No I/O but reading the password files; what the options of TLS name is
 * read when they are put to use.
 *
 *   redis://[user[:password]@]host[:port][/db]           one server
 *   unix:///path/to/redis.sock[?db=N]                    one server
 *   redis+sentinel://[user[:password]@]host[:port],.../MASTER[/db]
 *   redis+cluster://[user[:password]@]host[:port],...
 *   rediss:// rediss+sentinel:// rediss+cluster://       the same over TLS
 *
 * following the "redis" scheme's provisional IANA registration; user and
 * password may be percent-encoded, IPv6 addresses stand in brackets. User and
 * password are for Redis; the Sentinels get only what sentinel-user= and
 * sentinel-password-file= say. endpoint_url reads the URL, endpoint_option the
 * options.
 */
#ifndef SHS_REDIS_ENDPOINT_H
#define SHS_REDIS_ENDPOINT_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "redis/breaker.h"
#include "redis/credentials.h"
#include "redis/server.h"
#include "redis/tls.h"

#define SHS_ENDPOINT_MAX_SERVERS 16
#define SHS_ENDPOINT_POOL_CAP    64

typedef enum shs_endpoint_mode_t {
    SHS_ENDPOINT_SINGLE,
    SHS_ENDPOINT_SENTINEL,
    SHS_ENDPOINT_CLUSTER
} shs_endpoint_mode_t;

/* All of it lives as long as the pool it was parsed into. Only credentials
 * change later, and look after themselves. */
typedef struct shs_endpoint_t {
    shs_endpoint_mode_t mode;
    const shs_server_t *servers; /* the server, the Sentinels, or the cluster's
                                  * seeds; NULL: a Unix socket */
    int server_count;            /* 1 to SHS_ENDPOINT_MAX_SERVERS; 0: a Unix
                                  * socket */
    const char *path;            /* of the Unix socket; NULL: TCP */
    const char *master_name;     /* what the Sentinels call it; NULL unless
                                  * SENTINEL */
    shs_credentials_t *credentials;          /* never NULL */
    shs_credentials_t *sentinel_credentials; /* never NULL if SENTINEL, else
                                              * NULL */
    int db;
    const char *client_name; /* for CLIENT SETNAME; NULL: none is set */
    int is_tls;
    shs_tls_options_t tls; /* its name is what servername= says; NULL: the name
                            * that is dialled */
    apr_interval_time_t connect_timeout; /* one dial, within the lookup */
    apr_interval_time_t timeout;         /* the whole lookup */
    apr_interval_time_t idle; /* a connection unused for longer is closed */
    int pool_size;            /* connections a child and server; 0: as many as
                               * threads, at most SHS_ENDPOINT_POOL_CAP */
    int reads_replicas;       /* a replica is asked when the master fails */
    int retries;              /* 0 or 1 */
    shs_breaker_policy_t breaker;
} shs_endpoint_t;

/* Returns NULL and sets *out, or what is wrong and the cure. Messages never
 * repeat credentials. */
const char *shs_endpoint_parse(shs_endpoint_t **out, const char *url,
                               const apr_array_header_t *options,
                               apr_pool_t *p);

/* How many connections a child of that many threads may have: pool=, or one a
 * thread, at least 1 and at most SHS_ENDPOINT_POOL_CAP. */
int shs_endpoint_pool_size(const shs_endpoint_t *endpoint, int threads);

/* The URL without credentials, ports and database written out. */
const char *shs_endpoint_describe(const shs_endpoint_t *endpoint,
                                  apr_pool_t *p);

/* The same for comparison: equal for URLs of one server and database, or of the
 * same lists of servers, by what they say. Names are compared in any case, and
 * localhost, 127.0.0.1 and ::1 are one host (RFC 6761 section 6.3). */
const char *shs_endpoint_location(const shs_endpoint_t *endpoint,
                                  apr_pool_t *p);

/* What is in force, as one would write it: "timeout=200ms ...", defaults
 * included. Without credentials, and without what is said about TLS. */
const char *shs_endpoint_describe_options(const shs_endpoint_t *endpoint,
                                          apr_pool_t *p);

/* Equal for endpoints that may share connections: those that differ in nothing.
 * Holds the credentials: not for logs. */
const char *shs_endpoint_identity(const shs_endpoint_t *endpoint,
                                  apr_pool_t *p);

#endif
