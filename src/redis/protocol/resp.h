/* SPDX-License-Identifier: Apache-2.0
 *
 * resp: the Redis protocol without I/O: commands to octets, octets to replies
 * (RESP2, https://redis.io/docs/reference/protocol-spec/). The only file that
 * includes hiredis. Replies are built straight in the caller's pool, within
 * limits that are checked before memory is taken, so that a server that lies
 * about a length costs nothing.
 */
#ifndef SHS_REDIS_PROTOCOL_RESP_H
#define SHS_REDIS_PROTOCOL_RESP_H

#include <apr_pools.h>

#include "base/octets.h"

typedef enum shs_reply_kind_t {
    SHS_REPLY_NIL,
    SHS_REPLY_STRING,  /* text: a bulk string */
    SHS_REPLY_STATUS,  /* text: "OK", "PONG" */
    SHS_REPLY_ERROR,   /* text: "WRONGTYPE Operation against ..." */
    SHS_REPLY_INTEGER, /* integer */
    SHS_REPLY_ARRAY    /* elements, count */
} shs_reply_kind_t;

typedef struct shs_reply_t shs_reply_t;
struct shs_reply_t {
    shs_reply_kind_t kind;
    shs_octets_t text;
    apr_int64_t integer;
    shs_reply_t **elements;
    apr_size_t count;
};

/* What a reply may cost. */
typedef struct shs_resp_limits_t {
    apr_size_t octets;   /* of all bulk strings in it together; an error or
                          * status line may always have 1024 */
    apr_size_t elements; /* of each array */
} shs_resp_limits_t;

/* The state of parsing what one connection sends. */
typedef struct shs_resp_t shs_resp_t;

/* NULL only without memory. Freed by shs_resp_destroy(); belongs to one
 * connection, used by one thread at a time. */
shs_resp_t *shs_resp_create(void);
void shs_resp_destroy(shs_resp_t *resp);

/* Starts the answer to new commands: replies from now on are built in p,
 * within the limits for each reply. */
void shs_resp_begin(shs_resp_t *resp, shs_resp_limits_t limits, apr_pool_t *p);

/* What comes from now on is RESP3 (redis/protocol/resp3.h), and replies are what it
 * would be in RESP2. Between two replies; for good. */
void shs_resp_expect_resp3(shs_resp_t *resp);

typedef enum shs_resp_status_t {
    SHS_RESP_REPLY,     /* *reply is set */
    SHS_RESP_MORE,      /* it is not complete: feed more */
    SHS_RESP_TOO_LARGE, /* past the limits; the state is of no more use */
    SHS_RESP_GARBAGE    /* not RESP2; the state is of no more use */
} shs_resp_status_t;

/* Takes octets that the server sent. MORE, TOO_LARGE or GARBAGE (no memory). */
shs_resp_status_t shs_resp_feed(shs_resp_t *resp, const char *data,
                                apr_size_t len);

/* The next complete reply, owned by the pool given to begin. */
shs_resp_status_t shs_resp_next(shs_reply_t **reply, shs_resp_t *resp);

/* Whether nothing is left over, of a reply or after it. */
int shs_resp_is_drained(const shs_resp_t *resp);

/* Appends the command to *buffer, which grows in p; start with an empty one.
 * Arguments are octets with lengths; nothing is interpreted. */
void shs_resp_append(shs_octets_t *buffer, const shs_octets_t *arguments,
                     int count, apr_pool_t *p);

/* The code word of an error reply ("NOAUTH"), copied to p, or "an error" when
 * it has none. The rest of the text may repeat arguments: not for logs. */
const char *shs_resp_error_code(const shs_reply_t *reply, apr_pool_t *p);

#endif
