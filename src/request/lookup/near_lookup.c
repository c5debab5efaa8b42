/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/near_lookup.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "session/flat.h"
#include "store/cache/near_invalidation.h"

/* Entries of one key that is read in different ways are different entries. */
static shs_near_name_t name_of(const shs_near_cache_t *cache,
                               const shs_settings_t *settings, shs_octets_t key)
{
    shs_near_kind_t kind = { (apr_uintptr_t)settings->codec.value,
                             settings->max_size.value,
                             shs_wanted_digest(&settings->wanted.value) };

    return shs_near_cache_name(cache, kind, key);
}

/* Marks an entry that holds the reason why the record is malformed. No session
 * begins so. */
#define MALFORMED "!"

static const char *read_malformed(shs_octets_t octets)
{
    return octets.len > 1 && octets.data[0] == *MALFORMED
                   && octets.data[octets.len - 1] == '\0'
               ? octets.data + 1
               : NULL;
}

static shs_near_found_t find_within(shs_near_lookup_t *near,
                                    apr_interval_time_t most, apr_time_t now,
                                    apr_pool_t *p)
{
    shs_octets_t octets = { "", 0 };
    apr_interval_time_t age = 0;
    shs_near_found_t found = shs_near_cache_find(
        &octets, &near->ttl, &age, near->cache, &near->name, now, p);

    switch (found) {
    case SHS_NEAR_HIT:
    case SHS_NEAR_STALE:
        near->session = age <= most ? shs_flat_decode(octets, p) : NULL;
        near->reason = found == SHS_NEAR_HIT ? read_malformed(octets) : NULL;
        return near->session || near->reason ? found : SHS_NEAR_MISS;
    case SHS_NEAR_NEGATIVE:
    case SHS_NEAR_MISS:
        break;
    }
    return found;
}

static shs_near_found_t find_valid(shs_near_lookup_t *near, apr_time_t now,
                                   apr_pool_t *p)
{
    shs_near_found_t found = find_within(near, 0, now, p);

    return found == SHS_NEAR_STALE ? SHS_NEAR_MISS : found;
}

/* The longest lead: an entry has it before each of its names, and .htaccess may
 * set the prefix. */
#define MAX_LEAD 32

/* The prefix of the notes that the place makes of every attribute, if it makes
 * no others. */
static shs_octets_t find_lead(const shs_settings_t *settings)
{
    const apr_array_header_t *notes = shs_settings_notes(settings);
    shs_octets_t lead = { "", 0 };

    if (notes && notes->nelts == 1) {
        const shs_rule_t *rule = &APR_ARRAY_IDX(notes, 0, shs_rule_t);

        if (rule->is_prefix && rule->len <= MAX_LEAD) {
            lead.data = rule->name;
            lead.len = rule->len;
        }
    }
    return lead;
}

void shs_near_lookup_replace(shs_near_lookup_t *near, const shs_scope_t *scope)
{
    near->lead = find_lead(scope->settings);
    near->can_save = shs_near_cache_begin(&near->ticket, near->cache,
                                          &near->name, shs_clock_now());
}

shs_near_found_t shs_near_lookup_find(shs_near_lookup_t *near,
                                      const shs_scope_t *scope,
                                      shs_octets_t key, apr_time_t now,
                                      apr_time_t deadline)
{
    apr_pool_t *p = scope->r->pool;
    shs_near_found_t found;

    near->cache = shs_store_cache(scope->store);
    if (!near->cache) {
        return SHS_NEAR_MISS;
    }
    near->single_flight = shs_store_single_flight(scope->store);
    near->name = name_of(near->cache, scope->settings, key);
    near->is_for_outages = scope->settings->stale.value > 0;
    found = find_valid(near, now, p);
    if (found == SHS_NEAR_MISS
        && shs_near_cache_begin(&near->ticket, near->cache, &near->name,
                                shs_clock_now())) {
        near->is_leader = shs_single_flight_join(
            near->single_flight, near->name.a, near->name.b, deadline);
        /* The leader checks too: another thread may have finished since the
         * first check. */
        found = find_valid(near, shs_clock_now(), p);
        /* After the wait: the ticket must precede this thread's query. */
        shs_near_lookup_replace(near, scope);
    }
    if (found == SHS_NEAR_MISS) {
        shs_near_cache_count(near->cache, SHS_NEAR_MISSES);
    }
    return found;
}

/* Searches again: the entry may have changed or expired during the query. */
shs_near_found_t shs_near_lookup_find_stale(shs_near_lookup_t *near,
                                            apr_interval_time_t most,
                                            apr_pool_t *p)
{
    shs_near_found_t found = near->cache && most > 0
                                 ? find_within(near, most, shs_clock_now(), p)
                                 : SHS_NEAR_MISS;

    switch (found) {
    case SHS_NEAR_STALE:
        shs_near_cache_count(near->cache, SHS_NEAR_STALE_HITS);
        break;
    case SHS_NEAR_NEGATIVE:
        return SHS_NEAR_MISS;
    case SHS_NEAR_HIT:
        return near->session ? SHS_NEAR_HIT : SHS_NEAR_MISS;
    case SHS_NEAR_MISS:
        break;
    }
    return found;
}

/* Invalidations do not arrive: an existing session is saved only to bridge an
 * outage, and removed when the store says that it is gone. */
static void save_untracked(const shs_near_lookup_t *near, shs_octets_t key,
                           const shs_session_t *session,
                           apr_interval_time_t ttl, apr_pool_t *p)
{
    if (session) {
        shs_near_cache_put_untracked(near->cache, &near->name, &near->ticket,
                                     shs_flat_encode(session, near->lead, p),
                                     ttl);
    }
    else {
        shs_near_invalidation_invalidate(near->cache, key);
    }
}

static void save_tracked(const shs_near_lookup_t *near,
                         const shs_session_t *session, apr_interval_time_t ttl,
                         apr_uint32_t server_id, apr_pool_t *p)
{
    shs_octets_t octets = { "", 0 };

    if (session) {
        octets = shs_flat_encode(session, near->lead, p);
    }
    shs_near_cache_put(near->cache, &near->name, &near->ticket, server_id,
                       octets, session ? ttl : SHS_TTL_FOREVER);
}

void shs_near_lookup_save(const shs_near_lookup_t *near, shs_octets_t key,
                          shs_session_t *session, apr_interval_time_t ttl,
                          apr_uint32_t server_id, apr_pool_t *p)
{
    /* An old id leads elsewhere, and only for a moment. */
    int is_rotated = session && shs_session_get_metadata(session)->is_rotated;

    if (server_id == 0) {
        return;
    }
    if (session && (near->can_save || near->is_for_outages)) {
        shs_session_learn(session);
    }
    if (!near->can_save && near->is_for_outages) {
        save_untracked(near, key, is_rotated ? NULL : session, ttl, p);
    }
    else if (near->can_save && !is_rotated) {
        save_tracked(near, session, ttl, server_id, p);
    }
}

void shs_near_lookup_save_malformed(const shs_near_lookup_t *near,
                                    const char *reason, apr_uint32_t server_id,
                                    apr_pool_t *p)
{
    shs_octets_t octets;

    if (server_id == 0 || !near->can_save) {
        return;
    }
    octets.data = apr_pstrcat(p, MALFORMED, reason, NULL);
    octets.len = strlen(octets.data) + 1;
    shs_near_cache_put_briefly(near->cache, &near->name, &near->ticket,
                               server_id, octets);
}

void shs_near_lookup_leave(const shs_near_lookup_t *near)
{
    if (near->is_leader) {
        shs_single_flight_leave(near->single_flight, near->name.a,
                                near->name.b);
    }
}
