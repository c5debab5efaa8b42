/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/near_cache.h"

#include <unistd.h>

#include "near.h"

#define SECOND APR_USEC_PER_SEC

static const apr_time_t now = 1000 * SECOND;
static shs_near_policy_t policy;
static shs_near_cache_t *cache;

static void make_cache(void)
{
    policy = near_policy();
    cache = near_live(&policy, now);
}

static apr_uint64_t counted(shs_near_counter_t counter)
{
    return shs_near_cache_counted(cache, counter);
}

/* A heartbeat that was sent at `at` returned. */
static void lease(apr_time_t at)
{
    shs_near_invalidation_lead(cache, at);
    shs_near_invalidation_extend_lease(cache, at);
}

static const char *a_value(apr_size_t len)
{
    char *value = apr_palloc(p, len + 1);

    memset(value, 'v', len);
    value[len] = '\0';
    return value;
}

/* ------------------------------------------------------------------- find */

START_TEST(near_cache_find__returns_what_was_put)
{
    ck_assert_str_eq(near_find(cache, "k", now), "MISS");
    near_put(cache, "k", "value", 60 * SECOND, now);
    ck_assert_str_eq(near_find(cache, "k", now), "value");
    ck_assert_str_eq(near_find(cache, "k", now + SECOND), "value");
    ck_assert_str_eq(near_find(cache, "other", now), "MISS");
    ck_assert_uint_eq(counted(SHS_NEAR_HITS), 2);
}
END_TEST

START_TEST(near_cache_find__returns_the_time_to_live_that_is_left)
{
    shs_near_name_t name = near_name(cache, "k");
    shs_octets_t octets;
    apr_interval_time_t ttl, age;

    near_put(cache, "k", "value", 60 * SECOND, now);
    shs_near_cache_find(&octets, &ttl, &age, cache, &name, now + SECOND, p);
    ck_assert_int_eq(ttl, 59 * SECOND);
    near_put(cache, "k", "value", SHS_TTL_FOREVER, now);
    shs_near_cache_find(&octets, &ttl, &age, cache, &name, now + SECOND, p);
    ck_assert_int_eq(ttl, SHS_TTL_FOREVER);
}
END_TEST

START_TEST(near_cache_find__misses_an_expired_key)
{
    near_put(cache, "k", "value", SECOND, now);
    ck_assert_str_eq(near_find(cache, "k", now + SECOND - 1), "value");
    ck_assert_str_eq(near_find(cache, "k", now + SECOND), "MISS");
    /* It is not stale either. */
    ck_assert_str_eq(near_find(cache, "k", now + 9 * SECOND), "MISS");
    near_put(cache, "k", "for ever and a day", APR_INT64_MAX, now);
    ck_assert_str_eq(near_find(cache, "k", now + SECOND), "for ever and a day");
}
END_TEST

/* A reply may take a second, by which the key expires earlier. */
START_TEST(near_cache_find__counts_the_time_to_live_from_before_the_read)
{
    shs_near_name_t name = near_name(cache, "k");
    shs_near_ticket_t ticket;

    ck_assert(shs_near_cache_begin(&ticket, cache, &name, now));
    shs_near_cache_put(cache, &name, &ticket, NEAR_SERVER, OCTETS("v"),
                       3 * SECOND / 2);
    ck_assert_str_eq(near_find(cache, "k", now + SECOND), "v");
    ck_assert_str_eq(near_find(cache, "k", now + 3 * SECOND / 2), "MISS");
}
END_TEST

START_TEST(near_cache_find__remembers_an_absent_key_briefly)
{
    near_put(cache, "k", NULL, SHS_TTL_FOREVER, now);
    ck_assert_str_eq(near_find(cache, "k", now), "NOTHING");
    ck_assert_str_eq(near_find(cache, "k", now + SECOND - 1), "NOTHING");
    ck_assert_str_eq(near_find(cache, "k", now + SECOND), "MISS");
    ck_assert_uint_eq(counted(SHS_NEAR_NEGATIVE_HITS), 2);
    /* A negative entry is never served stale. */
    ck_assert_str_eq(near_find(cache, "k", now + 5 * SECOND), "MISS");
}
END_TEST

START_TEST(near_cache_find__returns_an_entry_for_its_ttl_at_most)
{
    near_put(cache, "k", "value", SHS_TTL_FOREVER, now);
    lease(now + 299 * SECOND);
    ck_assert_str_eq(near_find(cache, "k", now + 300 * SECOND - 1), "value");
    ck_assert_str_eq(near_find(cache, "k", now + 300 * SECOND), "STALE value");
}
END_TEST

/* ------------------------------------------------------------------ lease */

START_TEST(near_cache_find__returns_stale_past_the_lease)
{
    shs_near_name_t name = near_name(cache, "k");
    shs_octets_t octets;
    apr_interval_time_t ttl, age = 0;

    near_put(cache, "k", "value", 60 * SECOND, now);
    ck_assert(shs_near_cache_is_live(cache, now + 2 * SECOND - 1));
    ck_assert_str_eq(near_find(cache, "k", now + 2 * SECOND - 1), "value");
    ck_assert(!shs_near_cache_is_live(cache, now + 2 * SECOND));
    ck_assert_str_eq(near_find(cache, "k", now + 2 * SECOND), "STALE value");
    ck_assert_int_eq(shs_near_cache_find(&octets, &ttl, &age, cache, &name,
                                         now + 5 * SECOND, p),
                     SHS_NEAR_STALE);
    ck_assert_int_eq(age, 3 * SECOND);
}
END_TEST

START_TEST(near_cache_find__hits_again_after_the_next_heartbeat)
{
    near_put(cache, "k", "value", 60 * SECOND, now);
    ck_assert_str_eq(near_find(cache, "k", now + 9 * SECOND), "STALE value");
    lease(now + 8 * SECOND);
    ck_assert_str_eq(near_find(cache, "k", now + 9 * SECOND), "value");
}
END_TEST

START_TEST(near_invalidation_extend_lease__never_goes_back)
{
    lease(now + SECOND);
    lease(now - 100 * SECOND);
    ck_assert(shs_near_cache_is_live(cache, now + 3 * SECOND - 1));
    ck_assert(!shs_near_cache_is_live(cache, now + 3 * SECOND));
}
END_TEST

START_TEST(near_cache_begin__refuses_when_tracking_is_down)
{
    shs_near_name_t name = near_name(cache, "k");
    shs_near_ticket_t ticket;

    ck_assert(shs_near_cache_begin(&ticket, cache, &name, now));
    ck_assert(!shs_near_cache_begin(&ticket, cache, &name, now + 2 * SECOND));
    cache = near_attach(near_memory(&policy), &policy, 0);
    ck_assert(!shs_near_cache_begin(&ticket, cache, &name, now));
    ck_assert_str_eq(near_find(cache, "k", now), "MISS");
}
END_TEST

/* ----------------------------------------------------------------- epochs */

/* Another key than this one, and of another bucket. One of 65,536 keys shares
 * the bucket and so the epoch of another, by chance in each cache. */
static const char *find_unrelated(const char *key)
{
    apr_uint32_t bucket = near_name(cache, key).bucket;
    const char *other;
    int i = 0;

    do {
        other = apr_psprintf(p, "other%d", i++);
    } while (near_name(cache, other).bucket == bucket);
    return other;
}

START_TEST(near_cache_find__misses_a_changed_key)
{
    const char *other = find_unrelated("k");

    near_put(cache, "k", "old", 60 * SECOND, now);
    near_put(cache, other, "same", 60 * SECOND, now);
    shs_near_invalidation_invalidate(cache, unit_text("k"));
    ck_assert_str_eq(near_find(cache, "k", now), "MISS");
    ck_assert_str_eq(near_find(cache, "k", now + 9 * SECOND), "MISS");
    ck_assert_str_eq(near_find(cache, other, now), "same");
    ck_assert_uint_eq(counted(SHS_NEAR_INVALIDATIONS), 1);
    near_put(cache, "k", "new", 60 * SECOND, now);
    ck_assert_str_eq(near_find(cache, "k", now), "new");
}
END_TEST

/* Read before the change, put after its invalidation. */
START_TEST(near_cache_put__of_a_value_read_before_a_change_is_never_found)
{
    shs_near_name_t name = near_name(cache, "k");
    shs_near_ticket_t ticket;

    ck_assert(shs_near_cache_begin(&ticket, cache, &name, now));
    if (_i == 0) {
        shs_near_invalidation_invalidate(cache, unit_text("k"));
    }
    else {
        shs_near_invalidation_flush(cache);
    }
    shs_near_cache_put(cache, &name, &ticket, NEAR_SERVER, OCTETS("old"),
                       60 * SECOND);
    ck_assert_str_eq(near_find(cache, "k", now), "MISS");
    ck_assert_str_eq(near_find(cache, "k", now + 9 * SECOND), "MISS");
}
END_TEST

START_TEST(near_cache_put__replaces_a_negative_entry_and_back)
{
    near_put(cache, "k", NULL, SHS_TTL_FOREVER, now);
    shs_near_invalidation_invalidate(cache, unit_text("k"));
    ck_assert_str_eq(near_find(cache, "k", now), "MISS");
    near_put(cache, "k", "there", 60 * SECOND, now);
    ck_assert_str_eq(near_find(cache, "k", now), "there");
    shs_near_invalidation_invalidate(cache, unit_text("k"));
    near_put(cache, "k", NULL, SHS_TTL_FOREVER, now);
    ck_assert_str_eq(near_find(cache, "k", now), "NOTHING");
}
END_TEST

/* One name in two classes; the older entry is in the class searched first. */
START_TEST(near_cache_find__returns_the_newer_entry_of_two_sizes)
{
    const char *large = a_value(5000);

    policy.max_entry = 8192;
    cache = near_live(&policy, now);
    near_put(cache, "k", "small", 60 * SECOND, now);
    shs_near_invalidation_invalidate(cache, unit_text("k"));
    near_put(cache, "k", large, 60 * SECOND, now);
    ck_assert_str_eq(near_find(cache, "k", now), large);
}
END_TEST

START_TEST(near_invalidation_flush__invalidates_everything)
{
    int i;

    for (i = 0; i < 50; i++) {
        near_put(cache, apr_itoa(p, i), i % 2 ? "value" : NULL, 60 * SECOND,
                 now);
    }
    shs_near_invalidation_flush(cache);
    for (i = 0; i < 50; i++) {
        ck_assert_str_eq(near_find(cache, apr_itoa(p, i), now), "MISS");
    }
    ck_assert_uint_eq(counted(SHS_NEAR_FLUSHES), 1);
}
END_TEST

/* -------------------------------------------------------------- untracked */

static void put_untracked(const char *key, const char *value, apr_time_t at)
{
    shs_near_name_t name = near_name(cache, key);
    shs_near_ticket_t ticket;

    shs_near_cache_begin(&ticket, cache, &name, at);
    shs_near_cache_put_untracked(cache, &name, &ticket, unit_text(value),
                                 60 * SECOND);
}

static apr_interval_time_t age_of(const char *key, apr_time_t at)
{
    shs_near_name_t name = near_name(cache, key);
    shs_octets_t octets;
    apr_interval_time_t ttl, age = -1;

    ck_assert_int_eq(
        shs_near_cache_find(&octets, &ttl, &age, cache, &name, at, p),
        SHS_NEAR_STALE);
    return age;
}

START_TEST(near_cache_put_briefly__is_valid_as_long_as_a_negative_entry)
{
    shs_near_name_t name = near_name(cache, "k");
    apr_interval_time_t negative = policy.negative;
    shs_near_ticket_t ticket;

    ck_assert(shs_near_cache_begin(&ticket, cache, &name, now));
    shs_near_cache_put_briefly(cache, &name, &ticket, NEAR_SERVER,
                               OCTETS("why"));
    ck_assert_str_eq(near_find(cache, "k", now + negative - 1), "why");
    shs_near_invalidation_extend_lease(cache, now + negative);
    ck_assert_str_eq(near_find(cache, "k", now + negative), "MISS");
    /* A result of a server that is not tracked is not stored. */
    shs_near_cache_put_briefly(cache, &name, &ticket, NEAR_SERVER + 1,
                               OCTETS("other"));
    ck_assert_str_eq(near_find(cache, "k", now), "why");
    shs_near_invalidation_invalidate(cache, unit_text("k"));
    ck_assert_str_eq(near_find(cache, "k", now), "MISS");
}
END_TEST

START_TEST(near_cache_put_untracked__is_stale_from_the_start)
{
    /* Tracking was never up; the lease has ended. */
    if (_i == 0) {
        cache = near_attach(near_memory(&policy), &policy, 0);
    }
    put_untracked("k", "value", now + 10 * SECOND);
    ck_assert_str_eq(near_find(cache, "k", now + 10 * SECOND), "STALE value");
    ck_assert_int_eq(age_of("k", now + 10 * SECOND), 0);
    ck_assert_int_eq(age_of("k", now + 14 * SECOND), 4 * SECOND);
    ck_assert_str_eq(near_find(cache, "k", now + 70 * SECOND), "MISS");
    shs_near_invalidation_invalidate(cache, unit_text("k"));
    ck_assert_str_eq(near_find(cache, "k", now + 11 * SECOND), "MISS");
}
END_TEST

START_TEST(near_cache_put_untracked__is_never_a_hit)
{
    put_untracked("k", "value", now);
    ck_assert_str_eq(near_find(cache, "k", now), "STALE value");
    lease(now + SECOND);
    ck_assert_str_eq(near_find(cache, "k", now + SECOND), "STALE value");
}
END_TEST

START_TEST(near_cache_put_untracked__replaces_an_older_entry_of_another_size)
{
    policy.max_entry = 8192;
    cache = near_live(&policy, now);
    put_untracked("k", a_value(_i ? 5000 : 10), now + 10 * SECOND);
    put_untracked("k", a_value(_i ? 10 : 5000), now + 11 * SECOND);
    ck_assert_int_eq(age_of("k", now + 12 * SECOND), SECOND);
}
END_TEST

/* ---------------------------------------------------------------- servers */

START_TEST(near_cache_put__ignores_a_server_that_is_not_tracked)
{
    static const apr_uint32_t sources[] = { 3, 4 };
    shs_near_name_t name = near_name(cache, "k");
    shs_near_ticket_t ticket;
    apr_uint32_t source;

    shs_near_invalidation_set_servers(cache, sources, 2);
    for (source = 0; source < 8; source++) {
        shs_near_cache_begin(&ticket, cache, &name, now);
        shs_near_cache_put(cache, &name, &ticket, source, OCTETS("v"),
                           60 * SECOND);
        ck_assert_str_eq(near_find(cache, "k", now),
                         source == 3 || source == 4 ? "v" : "MISS");
        shs_near_invalidation_invalidate(cache, unit_text("k"));
    }
    shs_near_invalidation_set_servers(cache, NULL, 0);
    shs_near_cache_put(cache, &name, &ticket, 3, OCTETS("v"), 60 * SECOND);
    ck_assert_str_eq(near_find(cache, "k", now), "MISS");
}
END_TEST

/* ------------------------------------------------------------------ names */

START_TEST(near_cache_name__is_of_kind_and_key)
{
    static const shs_near_kind_t kinds[] = {
        { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 }
    };
    static const shs_octets_t keys[] = {
        { "bk", 2 }, { "k", 1 }, { "", 0 }, { "k\0", 2 }
    };
    shs_near_name_t names[16];
    int i, j;

    for (i = 0; i < 16; i++) {
        names[i] = shs_near_cache_name(cache, kinds[i / 4], keys[i % 4]);
        for (j = 0; j < i; j++) {
            ck_assert(names[i].a != names[j].a && names[i].b != names[j].b);
            /* An invalidation names a key, and no kind. */
            ck_assert(i % 4 != j % 4 || names[i].bucket == names[j].bucket);
        }
    }
}
END_TEST

START_TEST(near_cache_find__never_hits_another_kind_or_key)
{
    static const shs_near_kind_t another = { 1, 3 };
    shs_near_name_t other = shs_near_cache_name(cache, another, OCTETS("k"));
    shs_octets_t octets;
    apr_interval_time_t ttl, age;
    int i;

    near_put(cache, "k", "value", 60 * SECOND, now);
    ck_assert_int_eq(
        shs_near_cache_find(&octets, &ttl, &age, cache, &other, now, p),
        SHS_NEAR_MISS);
    for (i = 0; i < 5000; i++) {
        ck_assert_str_eq(near_find(cache, apr_itoa(p, i), now), "MISS");
    }
    /* Another host's memory: its names are others. */
    ck_assert_uint_ne(
        near_name(near_attach(near_memory(&policy), &policy, 0), "k").a,
        near_name(cache, "k").a);
}
END_TEST

/* --------------------------------------------------------- size, eviction */

START_TEST(near_cache_put__counts_what_is_too_large)
{
    near_put(cache, "k", a_value(4097), 60 * SECOND, now);
    ck_assert_str_eq(near_find(cache, "k", now), "MISS");
    ck_assert_uint_eq(counted(SHS_NEAR_TOO_LARGE), 1);
    near_put(cache, "k", a_value(4096), 60 * SECOND, now);
    ck_assert_str_eq(near_find(cache, "k", now), a_value(4096));
}
END_TEST

/* Keys of sessions in the set of that number, and in its first group if
 * is_group. Each cache draws new hash keys, so they are searched for. */
static void find_neighbours(const char **keys, int count, int is_group,
                            apr_size_t set)
{
    const shs_near_class_t *class = &cache->classes[SHS_NEAR_SESSIONS];
    apr_size_t sets = class->sets;
    int found = 0;
    int i;

    ck_assert_uint_lt(set, sets);
    for (i = 0; found < count; i++) {
        const char *key = apr_psprintf(p, "n%d", i);
        apr_uint64_t b = near_name(cache, key).b;

        if (b % sets == set
            && !(is_group && (b >> 32) % class->shape.groups > 0)) {
            keys[found++] = key;
        }
    }
}

/* How many of the keys are found. */
static int count_found(const char **keys, int count)
{
    int found = 0;
    int i;

    for (i = 0; i < count; i++) {
        found += strcmp(near_find(cache, keys[i], now), "MISS") != 0;
    }
    return found;
}

START_TEST(near_cache_put__evicts_the_oldest_of_a_set)
{
    const char *large = a_value(4096);
    const char *keys[6];
    int i;

    find_neighbours(keys, 6, 0, 0);
    for (i = 0; i < 4; i++) {
        near_put(cache, keys[i], large, 60 * SECOND, now);
    }
    ck_assert_int_eq(count_found(keys, 4), 4);
    ck_assert_uint_eq(counted(SHS_NEAR_EVICTIONS), 0);
    near_put(cache, keys[4], large, 60 * SECOND, now);
    ck_assert_uint_eq(counted(SHS_NEAR_EVICTIONS), 1);
    ck_assert_str_eq(near_find(cache, keys[0], now), "MISS");
    ck_assert_int_eq(count_found(keys + 1, 4), 4);
    /* A rewritten entry stays in its place. */
    near_put(cache, keys[1], "again", 60 * SECOND, now);
    ck_assert_str_eq(near_find(cache, keys[1], now), "again");
    ck_assert_int_eq(count_found(keys + 1, 4), 4);
    ck_assert_uint_eq(counted(SHS_NEAR_EVICTIONS), 1);
}
END_TEST

START_TEST(near_cache_put__counts_evictions_of_valid_entries_only)
{
    static const struct {
        apr_interval_time_t ttl;
        apr_interval_time_t later; /* when the other entries are put */
        unsigned evictions;
        const char *why;
    } rows[] = {
        { 60 * SECOND, 59 * SECOND, 4, "valid entries" },
        { 60 * SECOND, 60 * SECOND, 0, "keys that have expired" },
        { 900 * SECOND, 300 * SECOND, 0, "entries that are past their ttl" },
    };
    const char *large = a_value(4096);
    const char *keys[8];
    int i;

    find_neighbours(keys, 8, 0, 0);
    for (i = 0; i < 4; i++) {
        near_put(cache, keys[i], large, rows[_i].ttl, now);
    }
    lease(now + rows[_i].later);
    for (; i < 8; i++) {
        near_put(cache, keys[i], large, 60 * SECOND, now + rows[_i].later);
    }
    ck_assert_msg(counted(SHS_NEAR_EVICTIONS) == rows[_i].evictions, "%s",
                  rows[_i].why);
}
END_TEST

/* As many small entries as a group has places, then one more. */
START_TEST(near_cache_put__counts_the_eviction_of_a_place)
{
    const char *keys[SHS_NEAR_GROUP + 1];
    int i;

    find_neighbours(keys, SHS_NEAR_GROUP + 1, 1, 0);
    for (i = 0; i < SHS_NEAR_GROUP; i++) {
        near_put(cache, keys[i], "small", 60 * SECOND, now);
    }
    ck_assert_uint_eq(counted(SHS_NEAR_EVICTIONS), 0);
    near_put(cache, keys[i], "small", 60 * SECOND, now);
    ck_assert_uint_eq(counted(SHS_NEAR_EVICTIONS), 1);
}
END_TEST

/* docs/operations.md says how much memory a session takes. */
START_TEST(near_cache_put__keeps_what_fits)
{
    static const struct {
        apr_size_t octets;
        int least; /* of a MiB */
    } rows[] = { { 200, 3000 }, { 500, 1500 }, { 2000, 300 }, { 4000, 150 } };
    const char **keys = apr_palloc(p, 4096 * sizeof(*keys));
    int i;

    for (i = 0; i < rows[_i].least; i++) {
        keys[i] = apr_itoa(p, i);
        near_put(cache, keys[i], a_value(rows[_i].octets), 60 * SECOND, now);
    }
    /* Some sets get more keys than others, by chance. */
    ck_assert_int_ge(count_found(keys, i), i * 3 / 4);
}
END_TEST

/* docs/benchmarks.md, "Memory": at most 1.5 times the session and 200 octets,
 * whatever its size. A session of five attributes is 170 octets longer here. As
 * many as should fit, three times: the last are kept. */
START_TEST(near_cache_put__keeps_as_many_sessions_of_any_size_as_promised)
{
    static const struct {
        apr_size_t max_entry, octets;
    } rows[] = {
        { 4096, 200 },       { 4096, 1000 },         { 4096, 3000 },
        { 4096, 3900 },      { 32768, 200 },         { 32768, 2048 },
        { 32768, 16384 },    { 32768, 26000 },       { 32768, 32500 },
        { 256 * 1024, 200 }, { 256 * 1024, 200000 },
    };
    apr_size_t octets = rows[_i].octets;
    const char *value = a_value(octets + 170);
    int count, kept = 0;
    int i;

    policy.size = 16 * 1024 * 1024;
    policy.max_entry = rows[_i].max_entry;
    cache = near_live(&policy, now);
    count = (int)(policy.size / (octets + octets / 2 + 200));
    for (i = 0; i < 4 * count; i++) {
        near_put(cache, apr_itoa(p, i), value, 60 * SECOND, now);
    }
    for (i = 0; i < 4 * count; i++) {
        kept += strcmp(near_find(cache, apr_itoa(p, i), now), "MISS") != 0;
    }
    ck_assert_msg(kept >= count, "%d of %d kept", kept, count);
}
END_TEST

START_TEST(near_cache_put__keeps_each_size_where_there_is_room_for_it)
{
    static const apr_size_t sizes[] = { 1,         4096,       4097,
                                        32 * 1024, 256 * 1024, 1024 * 1024 };
    int i;

    policy.size = 64 * 1024 * 1024;
    policy.max_entry = 1024 * 1024;
    cache = near_live(&policy, now);
    for (i = 0; i < ROWS(sizes); i++) {
        near_put(cache, apr_itoa(p, i), a_value(sizes[i]), 60 * SECOND, now);
    }
    for (i = 0; i < ROWS(sizes); i++) {
        ck_assert_uint_eq(strlen(near_find(cache, apr_itoa(p, i), now)),
                          sizes[i]);
    }
}
END_TEST

START_TEST(near_cache_put__of_negative_entries_evicts_no_session)
{
    int i;

    near_put(cache, "session", "value", 60 * SECOND, now);
    for (i = 0; i < 20000; i++) {
        near_put(cache, apr_itoa(p, i), NULL, SHS_TTL_FOREVER, now + 1);
    }
    ck_assert_str_eq(near_find(cache, "session", now + 1), "value");
    ck_assert_uint_eq(counted(SHS_NEAR_EVICTIONS), 0);
}
END_TEST

/* A process that is stopped amid a write blocks writes to its set, not
 * reads. */
START_TEST(near_cache_put__skips_a_set_that_another_process_claims)
{
    const char *keys[3];
    shs_near_set_t *set;

    find_neighbours(keys, 2, 0, 0);
    find_neighbours(keys + 2, 1, 0, 1);
    set = shs_near_memory_set(&cache->classes[SHS_NEAR_SESSIONS],
                              near_name(cache, keys[0]).b);
    ck_assert_ptr_ne(set,
                     shs_near_memory_set(&cache->classes[SHS_NEAR_SESSIONS],
                                         near_name(cache, keys[2]).b));
    near_put(cache, keys[0], "value", 60 * SECOND, now);
    set->claim |= (apr_uint64_t)getppid();
    near_put(cache, keys[1], "value", 60 * SECOND, now);
    near_put(cache, keys[2], "value", 60 * SECOND, now);
    ck_assert_str_eq(near_find(cache, keys[0], now), "value");
    ck_assert_str_eq(near_find(cache, keys[1], now), "MISS");
    ck_assert_str_eq(near_find(cache, keys[2], now), "value");
}
END_TEST

START_TEST(near_memory__holds_neither_keys_nor_ids)
{
    const char *memory = (const char *)cache->head;
    apr_size_t size = shs_near_memory_size(&policy);
    apr_size_t i;

    near_put(cache, "session:SeCrEt0123456789", "value", 60 * SECOND, now);
    near_put(cache, "session:SeCrEtnothing", NULL, 60 * SECOND, now);
    for (i = 0; i + 6 < size; i++) {
        ck_assert(memcmp(memory + i, "SeCrEt", 6) != 0);
    }
}
END_TEST

START_TEST(near_memory__stays_within_its_size)
{
    static const struct {
        apr_size_t size;
        apr_size_t max_entry;
    } rows[] = {
        { 64 * 1024, 1024 },
        { 1024 * 1024, 4096 },
        { 16 * 1024 * 1024, 4097 },
        { 16 * 1024 * 1024, 256 * 1024 },
        { 1024 * 1024 * 1024, 1024 * 1024 },
    };
    apr_size_t i;

    policy.size = rows[_i].size;
    policy.max_entry = rows[_i].max_entry;
    cache = near_attach(near_memory(&policy), &policy, 0);
    for (i = 0; i < SHS_NEAR_CLASSES; i++) {
        const shs_near_class_t *class = &cache->classes[i];
        char *first = (char *)shs_near_memory_set(class, 0);
        char *last = (char *)shs_near_memory_set(class, class->sets - 1);

        ck_assert(first >= (char *)cache->head + sizeof(shs_near_head_t));
        ck_assert(last + shs_near_set_size(&class->shape)
                  <= (char *)cache->head + shs_near_memory_size(&policy));
        ck_assert_uint_eq((apr_uintptr_t)first % 64, 0);
        ck_assert_uint_eq((apr_uintptr_t)last % 64, 0);
        ck_assert_uint_lt(class->shape.room, 1u << 20);
    }
    ck_assert_uint_ge(cache->classes[SHS_NEAR_SESSIONS].shape.room,
                      4 * shs_near_set_words(policy.max_entry));
    /* Close to the policy's size, unless that is tiny. */
    if (policy.size >= 1024 * 1024) {
        ck_assert_uint_le(shs_near_memory_size(&policy),
                          policy.size + sizeof(shs_near_head_t));
        ck_assert_uint_ge(shs_near_memory_size(&policy), policy.size / 4 * 3);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_cache, NULL);
    tcase_add_test(tc, near_cache_find__returns_what_was_put);
    tcase_add_test(tc, near_cache_find__returns_the_time_to_live_that_is_left);
    tcase_add_test(tc, near_cache_find__misses_an_expired_key);
    tcase_add_test(
        tc, near_cache_find__counts_the_time_to_live_from_before_the_read);
    tcase_add_test(tc, near_cache_find__remembers_an_absent_key_briefly);
    tcase_add_test(tc, near_cache_find__returns_an_entry_for_its_ttl_at_most);
    tcase_add_test(tc, near_cache_find__returns_stale_past_the_lease);
    tcase_add_test(tc, near_cache_find__hits_again_after_the_next_heartbeat);
    tcase_add_test(tc, near_invalidation_extend_lease__never_goes_back);
    tcase_add_test(tc, near_cache_begin__refuses_when_tracking_is_down);
    tcase_add_test(tc, near_cache_find__misses_a_changed_key);
    tcase_add_loop_test(
        tc, near_cache_put__of_a_value_read_before_a_change_is_never_found, 0,
        2);
    tcase_add_test(tc, near_cache_put__replaces_a_negative_entry_and_back);
    tcase_add_test(tc, near_cache_find__returns_the_newer_entry_of_two_sizes);
    tcase_add_test(tc, near_invalidation_flush__invalidates_everything);
    tcase_add_test(
        tc, near_cache_put_briefly__is_valid_as_long_as_a_negative_entry);
    tcase_add_loop_test(tc, near_cache_put_untracked__is_stale_from_the_start,
                        0, 2);
    tcase_add_test(tc, near_cache_put_untracked__is_never_a_hit);
    tcase_add_loop_test(
        tc, near_cache_put_untracked__replaces_an_older_entry_of_another_size,
        0, 2);
    tcase_add_test(tc, near_cache_put__ignores_a_server_that_is_not_tracked);
    tcase_add_test(tc, near_cache_name__is_of_kind_and_key);
    tcase_add_test(tc, near_cache_find__never_hits_another_kind_or_key);
    tcase_add_test(tc, near_cache_put__counts_what_is_too_large);
    tcase_add_test(tc, near_cache_put__evicts_the_oldest_of_a_set);
    tcase_add_loop_test(
        tc, near_cache_put__counts_evictions_of_valid_entries_only, 0, 3);
    tcase_add_test(tc, near_cache_put__counts_the_eviction_of_a_place);
    tcase_add_test(tc, near_cache_put__of_negative_entries_evicts_no_session);
    tcase_add_loop_test(tc, near_cache_put__keeps_what_fits, 0, 4);
    tcase_add_loop_test(
        tc, near_cache_put__keeps_as_many_sessions_of_any_size_as_promised, 0,
        11);
    tcase_add_test(tc,
                   near_cache_put__keeps_each_size_where_there_is_room_for_it);
    tcase_add_test(tc, near_cache_put__skips_a_set_that_another_process_claims);
    tcase_add_test(tc, near_memory__holds_neither_keys_nor_ids);
    tcase_add_loop_test(tc, near_memory__stays_within_its_size, 0, 5);
}

int main(void)
{
    return unit_main("near_cache", add);
}
