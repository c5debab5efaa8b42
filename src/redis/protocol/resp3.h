/* SPDX-License-Identifier: Apache-2.0
 *
 * resp3: what a server says in RESP3, as RESP2 would say it, for the parser
 * that knows no other (hiredis 0.14). Maps, sets and pushes become arrays,
 * nulls nil, a boolean an integer, a double a status. Nothing is kept but the
 * line that has begun, so the parser's limits hold.
 * https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md
 */
#ifndef SHS_REDIS_PROTOCOL_RESP3_H
#define SHS_REDIS_PROTOCOL_RESP3_H

#include <apr.h>

/* Zeroed is valid. Fields are private. */
typedef struct shs_resp3_t {
    apr_size_t bulk; /* octets of a text, and its line end, to be passed on */
    int is_in_line;  /* in one that is passed on as it comes */
    char line[24];   /* the beginning of one that is translated as a whole */
    apr_size_t len;
} shs_resp3_t;

/* So much room is needed for what so many octets become. */
#define SHS_RESP3_ROOM(len) (2 * (len) + 32)

/* Translates the octets that came next. Returns how many are in `out`, or -1
 * for what is not RESP3, or a kind of it that comes only when it was asked for
 * (streams, attributes). */
apr_ssize_t shs_resp3_translate(char *out, shs_resp3_t *resp3, const char *data,
                                apr_size_t len);

#endif
