/* SPDX-License-Identifier: Apache-2.0
 *
 * sentinel_reply: what Sentinels answer about a master and its replicas, and
 * what a server says of its own role. Pure; the replies are untrusted.
 * https://redis.io/docs/latest/develop/reference/sentinel-clients/
 */
#ifndef SHS_REDIS_PROTOCOL_SENTINEL_REPLY_H
#define SHS_REDIS_PROTOCOL_SENTINEL_REPLY_H

#include <apr_pools.h>

#include "redis/protocol/resp.h"
#include "redis/protocol/address.h"

/* SENTINEL get-master-addr-by-name: 1 and *out, its host in p; 0: nil, the
 * Sentinel does not know the name; -1: not such a reply (an error is none), or
 * an address that cannot be dialled. */
int shs_sentinel_reply_parse_master(shs_address_t *out,
                                    const shs_reply_t *reply, apr_pool_t *p);

/* SENTINEL MASTER name, an array of field, value, field, value: config-epoch,
 * which grows with each failover; -1 when there is none in it. */
apr_int64_t shs_sentinel_reply_parse_epoch(const shs_reply_t *reply);

/* SENTINEL REPLICAS name, an array of such arrays: writes those that can be
 * asked, with hosts in p, in the order of the reply, and returns how many, at
 * most `most`. One whose flags say s_down, o_down or disconnected, or that has
 * no flags, cannot; nor can one without an address that can be dialled. */
int shs_sentinel_reply_parse_replicas(shs_address_t *out, int most,
                                      const shs_reply_t *reply, apr_pool_t *p);

/* ROLE: 1 if it says "master"; 0 otherwise (slave, sentinel, or not such a
 * reply). */
int shs_sentinel_reply_is_master(const shs_reply_t *role);

#endif
