/* SPDX-License-Identifier: Apache-2.0 */
#include "session/lifetime.h"

#include <assert.h>

#include "../mod_shared_session_provider.h"

static apr_interval_time_t lesser(apr_interval_time_t a, apr_interval_time_t b)
{
    return a < b ? a : b;
}

apr_interval_time_t shs_lifetime_interval(const shs_lifetime_t *lifetime,
                                          apr_interval_time_t idle)
{
    return lifetime->touch == SHS_LIFETIME_SIXTH
               ? idle / 6
               : lesser(lifetime->touch, idle / 2);
}

/* Rule 1. */
static apr_interval_time_t ttl_of(const shs_lifetime_t *lifetime,
                                  apr_interval_time_t idle)
{
    return idle + shs_lifetime_interval(lifetime, idle);
}

/* Rule 4: `ttl`, but not past the absolute timeout. */
static apr_interval_time_t limit(apr_interval_time_t ttl,
                                 const shs_lifetime_t *lifetime,
                                 const shs_metadata_t *metadata, apr_time_t now)
{
    return metadata->created_at == 0
               ? ttl
               : lesser(ttl, metadata->created_at + lifetime->absolute - now);
}

/* The idle timeout of a session. 0: none (rule 5). */
static apr_interval_time_t idle_of(const shs_lifetime_t *lifetime,
                                   const shs_metadata_t *metadata)
{
    return metadata->idle > 0 ? metadata->idle
           : lifetime->adopts ? lifetime->idle
                              : 0;
}

apr_interval_time_t shs_lifetime_of_new(const shs_lifetime_t *lifetime)
{
    return lesser(ttl_of(lifetime, lifetime->idle), lifetime->absolute);
}

int shs_lifetime_copies_left(const shs_lifetime_t *lifetime,
                             const shs_metadata_t *metadata)
{
    return idle_of(lifetime, metadata) == 0;
}

apr_interval_time_t shs_lifetime_of_copy(const shs_lifetime_t *lifetime,
                                         const shs_metadata_t *metadata,
                                         apr_interval_time_t left,
                                         apr_time_t now)
{
    apr_interval_time_t idle = idle_of(lifetime, metadata);
    apr_interval_time_t ttl = idle > 0                  ? ttl_of(lifetime, idle)
                              : left == SHS_TTL_FOREVER ? lifetime->idle
                                                        : left;

    assert(idle > 0 || left != SHS_TTL_UNKNOWN);
    return limit(ttl, lifetime, metadata, now);
}

int shs_lifetime_is_low(const shs_lifetime_t *lifetime,
                        const shs_metadata_t *metadata,
                        apr_interval_time_t left)
{
    apr_interval_time_t idle = idle_of(lifetime, metadata);

    if (lifetime->touch == 0) {
        return 0;
    }
    assert(left != SHS_TTL_UNKNOWN);
    return idle > 0 && !metadata->is_rotated
           && (left == SHS_TTL_FOREVER || left <= idle);
}

int shs_lifetime_plan_touch(apr_interval_time_t *ttl, apr_interval_time_t *due,
                            const shs_lifetime_t *lifetime,
                            const shs_metadata_t *metadata,
                            apr_interval_time_t left, apr_time_t now)
{
    apr_interval_time_t idle = idle_of(lifetime, metadata);
    apr_interval_time_t slack;

    if (!shs_lifetime_is_low(lifetime, metadata, left)) {
        return 0;
    }
    slack = lesser(SHS_LIFETIME_SLACK, shs_lifetime_interval(lifetime, idle));
    *ttl = limit(ttl_of(lifetime, idle), lifetime, metadata, now);
    *due = lesser(idle, *ttl - slack);
    *due = *due > 0 ? *due : 0;
    return *ttl > 0 && (left == SHS_TTL_FOREVER || left <= *due);
}

int shs_lifetime_is_foreign_due(apr_interval_time_t *idle,
                                apr_interval_time_t *interval,
                                const shs_lifetime_t *lifetime,
                                const shs_metadata_t *metadata,
                                apr_interval_time_t left)
{
    *idle = idle_of(lifetime, metadata);
    *interval = shs_lifetime_interval(lifetime, *idle);
    /* A session without an expiry must not get one. */
    return *idle > 0 && *interval > 0 && left != SHS_TTL_FOREVER
           && left != SHS_TTL_UNKNOWN && left <= *idle - *interval;
}
