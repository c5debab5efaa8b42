/* SPDX-License-Identifier: Apache-2.0
 *
 * redirect: where a cluster's node sends us instead of answering: the error
 * replies "MOVED 3999 127.0.0.1:6381" (the slot is served there from now on)
 * and "ASK 3999 127.0.0.1:6381" (this once, after ASKING).
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
 */
#ifndef SHS_REDIS_PROTOCOL_REDIRECT_H
#define SHS_REDIS_PROTOCOL_REDIRECT_H

#include <apr_pools.h>

#include "redis/protocol/resp.h"
#include "redis/protocol/address.h"

typedef struct shs_redirect_t {
    int is_ask; /* otherwise MOVED */
    int slot;   /* 0 to 16383 */
    shs_address_t server;
} shs_redirect_t;

/* 1 and *out, its host in p, if that is a well-formed MOVED or ASK; 0
 * otherwise, with *out as it was: any other reply, or one whose address cannot
 * be dialled. That is the case for "MOVED 1 ?:6381", which Redis sends when it
 * prefers host names and has not heard that node's: asking for the map or
 * another node helps, following does not.
 *
 * Nothing before the port's colon means the host that was asked. IPv6
 * addresses come without brackets, so the port follows the last colon; with
 * brackets they are taken too. asked is never NULL and is copied. */
int shs_redirect_parse(shs_redirect_t *out, const shs_reply_t *error,
                       const shs_address_t *sender, apr_pool_t *p);

#endif
