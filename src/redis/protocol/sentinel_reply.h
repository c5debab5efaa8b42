/* SPDX-License-Identifier: Apache-2.0
 *
 * sentinel_reply: parses what a Sentinel replies about a master and its
 * replicas, and what a server says about its own role. No I/O; the replies are
 * untrusted.
 * https://redis.io/docs/latest/develop/reference/sentinel-clients/
 */
#ifndef SHS_REDIS_PROTOCOL_SENTINEL_REPLY_H
#define SHS_REDIS_PROTOCOL_SENTINEL_REPLY_H

#include <apr_pools.h>

#include "redis/protocol/resp.h"
#include "redis/protocol/address.h"

/* SENTINEL get-master-addr-by-name. 1: *out, its host in p. 0: nil, the
 * Sentinel does not know the name. -1: not such a reply (an error is none), or
 * an address that cannot be connected to. */
int shs_sentinel_reply_parse_master(shs_address_t *out,
                                    const shs_reply_t *reply, apr_pool_t *p);

/* SENTINEL MASTER name, an array of field, value, field, value: config-epoch,
 * which grows with each failover; -1 if the reply has none. */
apr_int64_t shs_sentinel_reply_parse_epoch(const shs_reply_t *reply);

/* SENTINEL REPLICAS name, an array of such arrays. Writes the usable replicas,
 * with hosts in p, in the order of the reply, and returns how many, at most
 * `most`. A replica is not usable if its flags say s_down, o_down or
 * disconnected, if it has no flags, or if its address cannot be connected to.
 */
int shs_sentinel_reply_parse_replicas(shs_address_t *out, int most,
                                      const shs_reply_t *reply, apr_pool_t *p);

/* ROLE or INFO: 1 if the role is master; 0 otherwise (slave, sentinel, or not
 * such a reply). */
int shs_sentinel_reply_is_master(const shs_reply_t *role);

#endif
