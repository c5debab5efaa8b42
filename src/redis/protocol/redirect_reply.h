/* SPDX-License-Identifier: Apache-2.0
 *
 * redirect_reply: where a cluster node redirects a command: the error replies
 * "MOVED 3999 127.0.0.1:6381" (that node serves the slot from now on) and "ASK
 * 3999 127.0.0.1:6381" (only for this command, after ASKING).
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
 */
#ifndef SHS_REDIS_PROTOCOL_REDIRECT_REPLY_H
#define SHS_REDIS_PROTOCOL_REDIRECT_REPLY_H

#include <apr_pools.h>

#include "redis/protocol/resp.h"
#include "redis/protocol/address.h"

typedef struct shs_redirect_reply_t {
    int is_ask; /* otherwise MOVED */
    int slot;   /* 0 to 16383 */
    shs_address_t server;
} shs_redirect_reply_t;

/* Returns 1 and *out, its host in p, for a well-formed MOVED or ASK. Returns 0,
 * and *out is unchanged, for any other reply, or if its address cannot be
 * connected to. "MOVED 1 ?:6381" is such a reply: Redis sends it when it
 * prefers host names and does not know the name of that node. Then a new slot
 * map or another node helps.
 *
 * An empty host means the host of `sender`. IPv6 addresses come without
 * brackets, so the port follows the last colon; brackets are accepted too.
 * `sender` is never NULL and is copied. */
int shs_redirect_reply_parse(shs_redirect_reply_t *out,
                             const shs_reply_t *error,
                             const shs_address_t *sender, apr_pool_t *p);

#endif
