/* SPDX-License-Identifier: Apache-2.0 */
#include "near.h"

#include <sys/mman.h>

shs_near_policy_t near_policy(void)
{
    shs_near_policy_t policy;

    memset(&policy, 0, sizeof(policy));
    policy.is_on = 1;
    policy.size = 1024 * 1024;
    policy.max_entry = 4096;
    policy.ttl = apr_time_from_sec(300);
    policy.lease = apr_time_from_sec(2);
    policy.negative = apr_time_from_sec(1);
    return policy;
}

typedef struct mapping_t {
    void *memory;
    apr_size_t size;
} mapping_t;

static apr_status_t unmap(void *data)
{
    mapping_t *mapping = data;

    munmap(mapping->memory, mapping->size);
    return APR_SUCCESS;
}

void *near_memory(const shs_near_policy_t *policy)
{
    mapping_t *mapping = apr_palloc(p, sizeof(*mapping));

    mapping->size = shs_near_memory_size(policy);
    mapping->memory = mmap(NULL, mapping->size, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(mapping->memory != MAP_FAILED);
    apr_pool_cleanup_register(p, mapping, unmap, apr_pool_cleanup_null);
    ck_assert(shs_near_memory_prepare(mapping->memory));
    return mapping->memory;
}

shs_near_cache_t *near_attach(void *memory, const shs_near_policy_t *policy,
                              int pid)
{
    shs_near_cache_t *cache = shs_near_memory_attach(memory, policy, p);

    if (pid) {
        cache->pid = (apr_uint32_t)pid;
    }
    return cache;
}

shs_near_cache_t *near_live(const shs_near_policy_t *policy, apr_time_t now)
{
    static const apr_uint32_t server_id = NEAR_SERVER;
    shs_near_cache_t *cache = near_attach(near_memory(policy), policy, 0);

    ck_assert(shs_near_invalidation_lead(cache, now));
    shs_near_invalidation_set_servers(cache, &server_id, 1);
    shs_near_invalidation_extend_lease(cache, now);
    return cache;
}

shs_near_name_t near_name(const shs_near_cache_t *cache, const char *key)
{
    static const shs_near_kind_t kind = { 1, 2 };

    return shs_near_cache_name(cache, kind, unit_text(key));
}

void near_put(shs_near_cache_t *cache, const char *key, const char *value,
              apr_interval_time_t ttl, apr_time_t now)
{
    shs_near_name_t name = near_name(cache, key);
    shs_near_ticket_t ticket;

    ck_assert(shs_near_cache_begin(&ticket, cache, &name, now));
    shs_near_cache_put(cache, &name, &ticket, NEAR_SERVER,
                       value ? unit_text(value) : OCTETS(""), ttl);
}

const char *near_find(shs_near_cache_t *cache, const char *key, apr_time_t now)
{
    shs_near_name_t name = near_name(cache, key);
    shs_octets_t octets = { "", 0 };
    apr_interval_time_t ttl, age;

    switch (shs_near_cache_find(&octets, &ttl, &age, cache, &name, now, p)) {
    case SHS_NEAR_MISS:
        return "MISS";
    case SHS_NEAR_NEGATIVE:
        return "NOTHING";
    case SHS_NEAR_HIT:
        return apr_pstrmemdup(p, octets.data, octets.len);
    case SHS_NEAR_STALE:
        return apr_pstrcat(p, "STALE ",
                           apr_pstrmemdup(p, octets.data, octets.len), NULL);
    }
    return "?";
}
