/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/memory/near_memory.h"

#include <unistd.h>

#include <apr_general.h>
#include <apr_shm.h>

/* How many of its largest entries a set has room for. */
#define LARGEST 4

/* A session of 200 octets takes twice as many; a slot costs twelve. */
#define USUAL 208

/* The part of the memory for the class of negative entries, and how many of
 * them a set has room for. They are all of one size, and live for a second. */
#define NEGATIVE_PART 32
#define NEGATIVES     64
#define NEGATIVE_SIZE 52

static apr_size_t measure_class(const shs_near_class_t *class)
{
    return class->sets * shs_near_set_size(&class->shape);
}

/* As many sets as fit, which share the rest. */
static void lay_out_class(shs_near_class_t *class, shs_near_shape_t shape,
                          apr_size_t size)
{
    apr_size_t least = shs_near_set_size(&shape);

    class->shape = shape;
    class->sets = size / least;
    if (class->sets == 0) {
        class->sets = 1;
    }
    else {
        shs_near_set_grow(&class->shape, size / class->sets - least);
    }
}

static void lay_out(shs_near_class_t classes[SHS_NEAR_CLASSES],
                    const shs_near_policy_t *policy)
{
    lay_out_class(&classes[SHS_NEAR_SESSIONS],
                  shs_near_set_shape(LARGEST, policy->max_entry, USUAL),
                  policy->size - policy->size / NEGATIVE_PART);
    lay_out_class(&classes[SHS_NEAR_NEGATIVES],
                  shs_near_set_shape(NEGATIVES, 0, NEGATIVE_SIZE),
                  policy->size / NEGATIVE_PART);
}

apr_size_t shs_near_memory_size(const shs_near_policy_t *policy)
{
    shs_near_class_t classes[SHS_NEAR_CLASSES];
    apr_size_t octets = sizeof(shs_near_head_t);
    int i;

    lay_out(classes, policy);
    for (i = 0; i < SHS_NEAR_CLASSES; ++i) {
        octets += measure_class(&classes[i]);
    }
    return octets;
}

int shs_near_memory_prepare(void *memory)
{
    shs_near_head_t *head = memory;

    return apr_generate_random_bytes((unsigned char *)head->keys,
                                     sizeof(head->keys))
               == APR_SUCCESS
           && apr_generate_random_bytes((unsigned char *)head->kind_keys,
                                        sizeof(head->kind_keys))
                  == APR_SUCCESS;
}

#define LINE 64 /* cache line to which the memory is aligned */

apr_status_t shs_near_memory_create(void **memory,
                                    const shs_near_policy_t *policy,
                                    apr_pool_t *pconf)
{
    apr_shm_t *shared;
    apr_status_t rv;

    *memory = NULL;
    rv = apr_shm_create(&shared, shs_near_memory_size(policy) + LINE, NULL,
                        pconf);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* The system zeroes it, and allocates each page on first use. */
    *memory =
        (void *)APR_ALIGN((apr_uintptr_t)apr_shm_baseaddr_get(shared), LINE);
    if (!shs_near_memory_prepare(*memory)) {
        *memory = NULL;
        return APR_EGENERAL;
    }
    return APR_SUCCESS;
}

void shs_near_memory_create_less(void **memory, shs_near_policy_t *policy,
                                 apr_pool_t *pconf)
{
    do {
        policy->size /= 2;
        policy->is_on =
            policy->size >= SHS_NEAR_LEAST_SIZE
            && policy->size >= SHS_NEAR_LEAST_ENTRIES * policy->max_entry;
    } while (policy->is_on
             && shs_near_memory_create(memory, policy, pconf) != APR_SUCCESS);
}

shs_near_cache_t *shs_near_memory_attach(void *memory,
                                         const shs_near_policy_t *policy,
                                         apr_pool_t *p)
{
    shs_near_cache_t *cache = apr_pcalloc(p, sizeof(*cache));
    char *at = (char *)memory + sizeof(shs_near_head_t);
    int i;

    cache->policy = *policy;
    cache->head = memory;
    cache->pid = (apr_uint32_t)getpid();
    lay_out(cache->classes, policy);
    for (i = 0; i < SHS_NEAR_CLASSES; ++i) {
        cache->classes[i].base = at;
        at += measure_class(&cache->classes[i]);
    }
    return cache;
}

void shs_near_memory_count(shs_near_cache_t *cache, shs_near_counter_t counter)
{
    shs_near_counter_add(&cache->head->counters, counter, cache->pid);
}

apr_time_t shs_near_memory_lease_end(const shs_near_cache_t *cache)
{
    apr_uint64_t leased_at = atomic_load(&cache->head->leased_at);

    return leased_at ? (apr_time_t)leased_at + cache->policy.lease : 0;
}

static apr_uint32_t get_term(apr_uint64_t word)
{
    return (apr_uint32_t)(word >> 32);
}

int shs_near_memory_is_tracked(const shs_near_cache_t *cache,
                               apr_uint32_t server_id)
{
    const shs_near_head_t *head = cache->head;
    apr_uint32_t term = get_term(atomic_load(&head->leader));
    apr_uint64_t count = atomic_load(&head->server_count);
    apr_uint64_t wanted = (apr_uint64_t)term << 32 | server_id;
    apr_uint32_t i;

    if (term == 0 || get_term(count) != term) {
        return 0;
    }
    for (i = 0; i < (apr_uint32_t)count && i < SHS_NEAR_SERVERS; ++i) {
        if (atomic_load(&head->servers[i]) == wanted) {
            return 1;
        }
    }
    return 0;
}

shs_near_set_t *shs_near_memory_set(const shs_near_class_t *class,
                                    apr_uint64_t hash)
{
    return (shs_near_set_t *)(class->base
                              + (apr_size_t)(hash % class->sets)
                                    * shs_near_set_size(&class->shape));
}
