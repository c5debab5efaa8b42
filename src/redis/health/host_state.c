/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/host_state.h"

#include <string.h>

shs_breaker_t *shs_host_state_shard_breaker(shs_host_state_t *host_state,
                                            apr_uint32_t key)
{
    int i;

    if (key & SHS_HOST_STATE_UNMAPPED(0)) {
        return &host_state->unmapped[key % SHS_HOST_STATE_UNMAPPED_BREAKERS];
    }
    for (i = 0; i < SHS_HOST_STATE_SHARDS - 1; ++i) {
        shs_host_state_shard_t *shard = &host_state->shards[i];
        apr_uint32_t found = atomic_load(&shard->key);

        if (found == 0) {
            /* If another child claims it first, `found` is that child's key. */
            if (atomic_compare_exchange_strong(&shard->key, &found, key)) {
                found = key;
            }
        }
        if (found == key) {
            return &shard->breaker;
        }
    }
    return &host_state->shards[SHS_HOST_STATE_SHARDS - 1].breaker;
}

/* Whether the key belongs to a shard that exists. The breaker of a former shard
 * may not be used any more, and then stays open forever. */
static int is_in_use(const shs_host_state_t *host_state, apr_uint32_t key)
{
    return key == 0 || shs_masters_has(&host_state->masters, key & 0xffffu);
}

static int is_closed(const shs_breaker_t *breaker, apr_time_t now)
{
    return !strcmp(shs_breaker_describe(breaker, now), "closed");
}

const shs_breaker_t *shs_host_state_worst_breaker(
    const shs_host_state_t *host_state, apr_time_t now)
{
    int i;

    for (i = 0;
         is_closed(&host_state->breaker, now) && i < SHS_HOST_STATE_SHARDS;
         ++i) {
        const shs_host_state_shard_t *shard = &host_state->shards[i];

        if (!is_closed(&shard->breaker, now)
            && is_in_use(host_state, atomic_load(&shard->key))) {
            return &shard->breaker;
        }
    }
    return &host_state->breaker;
}
