/* SPDX-License-Identifier: Apache-2.0
 *
 * resp3: translates RESP3 to RESP2, for a parser that knows only RESP2 (hiredis
 * 0.14). Maps, sets and pushes become arrays, a null becomes nil, a boolean an
 * integer, a double a status. Only the line that has begun is buffered, so the
 * parser's limits hold.
 * https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md
 */
#ifndef SHS_REDIS_PROTOCOL_RESP3_H
#define SHS_REDIS_PROTOCOL_RESP3_H

#include <apr.h>

/* Zeroed memory is valid. Fields are private. */
typedef struct shs_resp3_t {
    apr_size_t bulk; /* octets of a bulk string and its line end to copy */
    int is_in_line;  /* in a line that is copied unchanged */
    char line[24];   /* the beginning of a line that is translated */
    apr_size_t len;
} shs_resp3_t;

/* The most octets that so many octets become. */
#define SHS_RESP3_ROOM(len) (2 * (len) + 32)

/* Translates the next octets. Returns how many are in `out`; or -1 for what is
 * not RESP3, or for a type that a server sends only on request (streams,
 * attributes). */
apr_ssize_t shs_resp3_translate(char *out, shs_resp3_t *resp3, const char *data,
                                apr_size_t len);

#endif
