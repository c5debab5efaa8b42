/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/shared.h"

#include <string.h>

shs_breaker_t *shs_shared_breaker_of(shs_shared_t *shared, apr_uint32_t key)
{
    int i;

    if (key & SHS_SHARED_STRANGER(0)) {
        return &shared->strangers[key % SHS_SHARED_STRANGERS];
    }
    for (i = 0; i < SHS_SHARED_SHARDS - 1; ++i) {
        shs_shared_shard_t *shard = &shared->shards[i];
        apr_uint32_t found = atomic_load(&shard->key);

        if (found == 0) {
            /* Another child may claim it first: then `found` is its key. */
            if (atomic_compare_exchange_strong(&shard->key, &found, key)) {
                found = key;
            }
        }
        if (found == key) {
            return &shard->breaker;
        }
    }
    return &shared->shards[SHS_SHARED_SHARDS - 1].breaker;
}

/* Whether its keys are asked for: one of a shard that is no more may stay as it
 * was left for ever. */
static int is_in_use(const shs_shared_t *shared, apr_uint32_t key)
{
    return key == 0 || shs_masters_has(&shared->masters, key & 0xffffu);
}

static int is_closed(const shs_breaker_t *breaker, apr_time_t now)
{
    return !strcmp(shs_breaker_describe(breaker, now), "closed");
}

const shs_breaker_t *shs_shared_worst_breaker(const shs_shared_t *shared,
                                              apr_time_t now)
{
    int i;

    for (i = 0; is_closed(&shared->breaker, now) && i < SHS_SHARED_SHARDS;
         ++i) {
        const shs_shared_shard_t *shard = &shared->shards[i];

        if (!is_closed(&shard->breaker, now)
            && is_in_use(shared, atomic_load(&shard->key))) {
            return &shard->breaker;
        }
    }
    return &shared->breaker;
}
