/* SPDX-License-Identifier: Apache-2.0
 *
 * cache_policy: parses the arguments of SharedSessionCache.
 */
#ifndef SHS_CONFIG_CACHE_POLICY_H
#define SHS_CONFIG_CACHE_POLICY_H

#include <apr_pools.h>

#include "store/cache/memory/near_policy.h"

/* The default policy: On. */
void shs_cache_policy_default(shs_near_policy_t *policy);

/* Parses On|Off and options. Returns NULL and sets *out, or what is wrong and
 * the cure. */
const char *shs_cache_policy_parse(shs_near_policy_t *out, int count,
                                   char *const words[], apr_pool_t *p);

#endif
