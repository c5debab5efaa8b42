/* SPDX-License-Identifier: Apache-2.0
 *
 * resp: the Redis protocol without I/O: commands to octets, octets to replies
 * (RESP2, https://redis.io/docs/reference/protocol-spec/). No other file
 * includes hiredis. Replies are built in the caller's pool, within limits that
 * are checked before memory is allocated, so that a server that lies about a
 * length costs nothing.
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

/* How large a reply may be. */
typedef struct shs_resp_limits_t {
    apr_size_t octets;   /* of all its bulk strings together; an error or
                          * status line may always have 1024 */
    apr_size_t elements; /* of each array */
} shs_resp_limits_t;

/* The parser of one connection. */
typedef struct shs_resp_t shs_resp_t;

/* NULL only without memory. Freed by shs_resp_destroy(). Used by one thread at
 * a time. */
shs_resp_t *shs_resp_create(void);
void shs_resp_destroy(shs_resp_t *resp);

/* Before the replies to new commands: they are built in p, each within the
 * limits. */
void shs_resp_begin(shs_resp_t *resp, shs_resp_limits_t limits, apr_pool_t *p);

/* The server sends RESP3 from now on (redis/protocol/resp3.h); replies are
 * those that it would send in RESP2. Called between two replies; it cannot be
 * undone. */
void shs_resp_expect_resp3(shs_resp_t *resp);

typedef enum shs_resp_status_t {
    SHS_RESP_REPLY,     /* *reply is set */
    SHS_RESP_MORE,      /* it is not complete: feed more */
    SHS_RESP_TOO_LARGE, /* past the limits; the parser cannot go on */
    SHS_RESP_GARBAGE    /* not RESP2; the parser cannot go on */
} shs_resp_status_t;

/* Adds octets that the server sent. MORE, TOO_LARGE or GARBAGE (not RESP3, or
 * no memory). */
shs_resp_status_t shs_resp_feed(shs_resp_t *resp, const char *data,
                                apr_size_t len);

/* The next complete reply, in the pool given to begin. */
shs_resp_status_t shs_resp_next(shs_reply_t **reply, shs_resp_t *resp);

/* Whether no octet is left, of an incomplete reply or after a complete one. */
int shs_resp_is_drained(const shs_resp_t *resp);

/* Appends the command to *buffer, which grows in p; start with an empty one.
 * Arguments are octets with lengths; nothing is interpreted. */
void shs_resp_append(shs_octets_t *buffer, const shs_octets_t *arguments,
                     int count, apr_pool_t *p);

/* The code word of an error reply ("NOAUTH"), copied to p, or "an error" when
 * it has none. The rest of the text may repeat arguments: not for logs. */
const char *shs_resp_error_code(const shs_reply_t *reply, apr_pool_t *p);

#endif
