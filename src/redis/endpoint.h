/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint: what the URL and options of a Redis store say, parsed and checked.
 * No I/O but reading the password file; what the options of TLS name is
 * read when they are put to use.
 *
 *   redis://[user[:password]@]host[:port][/db]
 *   rediss://...                                    the same over TLS
 *   unix:///path/to/redis.sock[?db=N]
 *
 * following the "redis" scheme's provisional IANA registration; user and
 * password may be percent-encoded.
 */
#ifndef SHS_REDIS_ENDPOINT_H
#define SHS_REDIS_ENDPOINT_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "redis/tls.h"

typedef struct shs_endpoint_t {
    const char *host; /* name or address; NULL: a Unix socket */
    int port;
    const char *path;     /* of the Unix socket; NULL: TCP */
    const char *user;     /* NULL: the default user */
    const char *password; /* NULL: none is sent */
    int db;
    const char *client_name; /* for CLIENT SETNAME; NULL: none is set */
    int is_tls;
    shs_tls_options_t tls;
    apr_interval_time_t connect_timeout; /* one dial, within the lookup */
    apr_interval_time_t timeout;         /* the whole lookup */
    apr_interval_time_t idle; /* a connection unused for longer is closed */
    int pool_size;            /* connections a child; 0: as many as threads,
                               * at most SHS_ENDPOINT_POOL_CAP */
} shs_endpoint_t;

#define SHS_ENDPOINT_POOL_CAP 64

/* Returns NULL and sets *out, or what is wrong and the cure. Messages never
 * repeat credentials. */
const char *shs_endpoint_parse(shs_endpoint_t **out, const char *url,
                               const apr_array_header_t *options,
                               apr_pool_t *p);

/* How many connections a child of that many threads may have: pool=, or one a
 * thread, at least 1 and at most SHS_ENDPOINT_POOL_CAP. */
int shs_endpoint_pool_size(const shs_endpoint_t *endpoint, int threads);

/* The URL without credentials. */
const char *shs_endpoint_describe(const shs_endpoint_t *endpoint,
                                  apr_pool_t *p);

/* Equal for endpoints that may share connections. Holds the credentials: not
 * for logs. */
const char *shs_endpoint_identity(const shs_endpoint_t *endpoint,
                                  apr_pool_t *p);

#endif
