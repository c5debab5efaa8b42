/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/nameset.h"

#include <string.h>

/* Initially; always a power of two, and at most half of them are taken. */
#define PLACES 16

typedef struct place_t {
    const char *name; /* NULL: free */
    apr_uint32_t hash;
} place_t;

struct shs_nameset_t {
    const shs_target_type_t *type;
    apr_pool_t *p;
    place_t *places;
    apr_uint32_t size;
    apr_uint32_t count;
};

shs_nameset_t *shs_nameset_create(const shs_target_type_t *type, apr_pool_t *p)
{
    shs_nameset_t *set = apr_palloc(p, sizeof(*set));

    set->type = type;
    set->p = p;
    set->places = apr_pcalloc(p, PLACES * sizeof(place_t));
    set->size = PLACES;
    set->count = 0;
    return set;
}

/* Multiplies twice, so that no two names collide in every set. */
static apr_uint64_t mix(apr_uint64_t hash, apr_uint64_t word)
{
    hash = (hash ^ word) * APR_UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 32) * APR_UINT64_C(0xd6e8feb86659fd93);
    return hash ^ hash >> 29;
}

#define EACH(octet) ((apr_uint64_t)0x0101010101010101u * (octet))

/* Eight characters, with A-Z in lower case. */
static apr_uint64_t word_at(const char *name)
{
    apr_uint64_t word, low, is_upper;

    memcpy(&word, name, sizeof(word));
    low = word & EACH(0x7f);
    is_upper = (low + EACH(0x80 - 'A')) & ~(low + EACH(0x7f - 'Z')) & ~word
               & EACH(0x80);
    return word | is_upper >> 2;
}

/* Seeded by the set's address, which is random. Where only case is ignored it
 * reads eight characters at a time; the last eight may overlap those before. */
static apr_uint32_t hash_of(const shs_nameset_t *set, const char *name)
{
    apr_uint64_t hash = (apr_uintptr_t)set;
    apr_size_t len = strlen(name);
    apr_size_t i;

    if (set->type->is_folded || len < sizeof(hash)) {
        for (i = 0; i < len; ++i) {
            hash = mix(hash,
                       (unsigned char)shs_target_type_fold(set->type, name[i]));
        }
        return (apr_uint32_t)hash;
    }
    for (i = 0; i < len - sizeof(hash); i += sizeof(hash)) {
        hash = mix(hash, word_at(name + i));
    }
    return (apr_uint32_t)mix(hash, word_at(name + len - sizeof(hash)));
}

/* The place of the name, or the free place where it belongs. */
static place_t *place_of(const shs_nameset_t *set, const char *name,
                         apr_uint32_t hash)
{
    apr_uint32_t i = hash & (set->size - 1);

    while (set->places[i].name
           && (set->places[i].hash != hash
               || !shs_target_type_is_same(set->type, set->places[i].name,
                                           name))) {
        i = (i + 1) & (set->size - 1);
    }
    return &set->places[i];
}

static void grow(shs_nameset_t *set)
{
    const place_t *old = set->places;
    apr_uint32_t count = set->size;
    apr_uint32_t i;

    set->size = 2 * count;
    set->places = apr_pcalloc(set->p, set->size * sizeof(place_t));
    for (i = 0; i < count; ++i) {
        if (old[i].name) {
            *place_of(set, old[i].name, old[i].hash) = old[i];
        }
    }
}

int shs_nameset_add(shs_nameset_t *set, const char *name)
{
    apr_uint32_t hash = hash_of(set, name);
    place_t *place = place_of(set, name, hash);

    if (place->name) {
        return 0;
    }
    place->name = name;
    place->hash = hash;
    if (2 * ++set->count > set->size) {
        grow(set);
    }
    return 1;
}

int shs_nameset_has(const shs_nameset_t *set, const char *name)
{
    return place_of(set, name, hash_of(set, name))->name != NULL;
}
