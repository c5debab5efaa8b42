/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/masters.h"

#include <string.h>

#include <apr_strings.h>

#include "base/fnv.h"

/* A later report says how old the change is. */
#define LATE_REPORT (2 * APR_USEC_PER_SEC)

#define OCTETS (SHS_MASTERS_WORDS * sizeof(apr_uint64_t))

/* Not 0 for an empty name. */
static apr_uint64_t checksum_of(const apr_uint64_t *words)
{
    return shs_fnv_add64(SHS_FNV_START64, words, OCTETS);
}

static void write_name(shs_masters_name_t *name, const char *text)
{
    apr_uint64_t words[SHS_MASTERS_WORDS];
    char octets[OCTETS];
    int i;

    memset(octets, 0, sizeof(octets));
    apr_cpystrn(octets, text, sizeof(octets));
    memcpy(words, octets, sizeof(words));
    for (i = 0; i < SHS_MASTERS_WORDS; ++i) {
        atomic_store(&name->words[i], words[i]);
    }
    atomic_store(&name->sum, checksum_of(words));
}

/* "another" if the name is being written, or its writer was killed. */
static const char *read_name(const shs_masters_name_t *name, apr_pool_t *p)
{
    apr_uint64_t words[SHS_MASTERS_WORDS];
    int i;

    for (i = 0; i < SHS_MASTERS_WORDS; ++i) {
        words[i] = atomic_load(&name->words[i]);
    }
    return checksum_of(words) == atomic_load(&name->sum)
               ? apr_pstrndup(p, (const char *)words, OCTETS)
               : "another";
}

static apr_uint64_t pack(apr_uint32_t key, apr_uint32_t subject)
{
    return (apr_uint64_t)key << 32 | subject;
}

static apr_uint32_t key_of(apr_uint64_t shard)
{
    return (apr_uint32_t)(shard >> 32);
}

apr_uint32_t shs_masters_get(const shs_masters_t *masters, apr_uint32_t key)
{
    int i;

    for (i = 0; i < SHS_MASTERS_MAX; ++i) {
        apr_uint64_t shard = atomic_load(&masters->shards[i].shard);

        if (key_of(shard) == key) {
            return (apr_uint32_t)shard;
        }
    }
    return 0;
}

int shs_masters_has(const shs_masters_t *masters, apr_uint32_t key)
{
    return shs_masters_get(masters, key) != 0;
}

static void copy_name(shs_masters_name_t *to, const shs_masters_name_t *from)
{
    int i;

    for (i = 0; i < SHS_MASTERS_WORDS; ++i) {
        atomic_store(&to->words[i], atomic_load(&from->words[i]));
    }
    atomic_store(&to->sum, atomic_load(&from->sum));
}

/* Replaces the first `old` by `shard`. NULL: there is none, or another child
 * was faster. */
static shs_masters_shard_t *replace(shs_masters_t *masters, apr_uint64_t old,
                                    apr_uint64_t shard)
{
    int i;

    for (i = 0; i < SHS_MASTERS_MAX; ++i) {
        apr_uint64_t found = old;

        if (atomic_compare_exchange_strong(&masters->shards[i].shard, &found,
                                           shard)) {
            return &masters->shards[i];
        }
        if (key_of(found) == key_of(shard)) {
            return NULL;
        }
    }
    return NULL;
}

int shs_masters_set(shs_masters_t *masters, apr_uint32_t key,
                    apr_uint32_t former, apr_uint32_t subject, const char *name,
                    int is_failover, apr_time_t now)
{
    shs_masters_shard_t *shard;

    if (shs_masters_get(masters, key) != former) {
        return 0;
    }
    shard =
        replace(masters, former ? pack(key, former) : 0, pack(key, subject));
    if (!shard) {
        return 0;
    }
    copy_name(&shard->former, &shard->name);
    write_name(&shard->name, name);
    atomic_store(&shard->since, now);
    if (former == 0) {
        /* What a former shard has left in this place. */
        atomic_store(&shard->is_unreported, 0);
    }
    if (is_failover) {
        atomic_store(&shard->is_unreported, 1);
        atomic_store(&masters->has_unreported, 1);
    }
    return 1;
}

/* Whether the nth shard may stay. Children that claim a place for one shard
 * while another place becomes free may claim two: the first one stays. */
static int is_kept(const shs_masters_t *masters, int nth, apr_uint32_t key,
                   const apr_uint32_t *keys, int count)
{
    int i, j;

    for (i = 0; i < nth; ++i) {
        if (key_of(atomic_load(&masters->shards[i].shard)) == key) {
            return 0;
        }
    }
    for (j = 0; j < count && keys[j] != key; ++j) {
        continue;
    }
    return j < count;
}

void shs_masters_keep(shs_masters_t *masters, const apr_uint32_t *keys,
                      int count)
{
    int i;

    for (i = 0; i < SHS_MASTERS_MAX; ++i) {
        shs_masters_shard_t *shard = &masters->shards[i];
        apr_uint64_t found = atomic_load(&shard->shard);

        if (found != 0 && !is_kept(masters, i, key_of(found), keys, count)) {
            atomic_compare_exchange_strong(&shard->shard, &found, 0);
        }
    }
}

static const char *describe(const shs_masters_shard_t *shard, apr_time_t now,
                            apr_pool_t *p)
{
    apr_interval_time_t age = now - atomic_load(&shard->since);
    const char *words = apr_pstrcat(p, read_name(&shard->name, p), ", was ",
                                    read_name(&shard->former, p), NULL);

    return age < LATE_REPORT ? words
                             : apr_psprintf(p, "%s (for %d s)", words,
                                            (int)apr_time_sec(age));
}

/* Returns one failover at a time; the next call returns the next one. */
const char *shs_masters_take_failover(shs_masters_t *masters, apr_time_t now,
                                      apr_pool_t *p)
{
    const char *words = NULL;
    int i;

    if (atomic_load_explicit(&masters->has_unreported, memory_order_relaxed)
            == 0
        || atomic_exchange(&masters->has_unreported, 0) == 0) {
        return NULL;
    }
    for (i = 0; i < SHS_MASTERS_MAX; ++i) {
        shs_masters_shard_t *shard = &masters->shards[i];

        if (atomic_load(&shard->is_unreported) == 0) {
            continue;
        }
        if (words) {
            atomic_store(&masters->has_unreported, 1);
            return words;
        }
        if (atomic_exchange(&shard->is_unreported, 0) != 0) {
            words = describe(shard, now, p);
        }
    }
    return words;
}

const char *shs_masters_list(apr_time_t *since, const shs_masters_t *masters,
                             apr_pool_t *p)
{
    const char *words = NULL;
    int i;

    *since = 0;
    for (i = 0; i < SHS_MASTERS_MAX; ++i) {
        const shs_masters_shard_t *shard = &masters->shards[i];
        apr_time_t found_at = atomic_load(&shard->since);
        const char *name;

        if (atomic_load(&shard->shard) == 0 || found_at == 0) {
            continue;
        }
        name = read_name(&shard->name, p);
        words = words ? apr_pstrcat(p, words, ", ", name, NULL) : name;
        *since = found_at > *since ? found_at : *since;
    }
    return words;
}
