/* SPDX-License-Identifier: Apache-2.0
 *
 * lifetime: how long a session lives, and when a request has to touch it. No
 * I/O; the time is a parameter. A touch is a write that extends the key's
 * expiry, because a request uses the session.
 *
 *     touch                     the last request            end of the key
 *       |<---- interval ---->|<------- idle timeout ------->|
 *              no touch      ^ a touch is due from here on
 *
 * Numbered rules:
 *  1. The expiry that is written is the idle timeout plus the touch interval:
 *     at the creation, at a touch, and for the copy under a new id.
 *  2. A touch is due when the idle timeout or less is left. So after a request,
 *     at least the idle timeout is left; and at most one interval more, as no
 *     expiry that is written is longer.
 *  3. The time that is left is all that is known of the last touch: it was
 *     idle timeout + interval - left ago. It is enough: rule 2 holds for each
 *     request, whatever interval the host had that wrote the expiry, and also
 *     if an older version or another program wrote it.
 *  4. No expiry that is written is past the absolute timeout. A touch never
 *     makes an expiry earlier, and is not due for less than SHS_LIFETIME_SLACK.
 *  5. A session that says nothing of its idle timeout is not touched, unless
 *     the place adopts it. Its copy ends when it would have ended itself.
 */
#ifndef SHS_SESSION_LIFETIME_H
#define SHS_SESSION_LIFETIME_H

#include <apr_time.h>

#include "session/metadata.h"

/* As `touch`: the interval is a sixth of the idle timeout. */
#define SHS_LIFETIME_SIXTH APR_INT64_C(-1)

/* What the clocks of the hosts and of Redis may differ by, between a touch that
 * wrote the absolute timeout as the expiry and a later request. Without it such
 * a request might touch again and again, for a millisecond. */
#define SHS_LIFETIME_SLACK apr_time_from_sec(1)

/* What a place says of the sessions that it uses. In microseconds. */
typedef struct shs_lifetime_t {
    apr_interval_time_t idle; /* timeout of sessions that have no other */
    int adopts;               /* also of those that other programs created */
    apr_interval_time_t absolute; /* timeout */
    apr_interval_time_t touch; /* interval; 0: requests here touch no session;
                                * or SHS_LIFETIME_SIXTH */
} shs_lifetime_t;

/* The touch interval of a session with that idle timeout: at most half of it. 0
 * if requests touch no session. */
apr_interval_time_t shs_lifetime_interval(const shs_lifetime_t *lifetime,
                                          apr_interval_time_t idle);

/* The time to live of a new session. More than 0. */
apr_interval_time_t shs_lifetime_of_new(const shs_lifetime_t *lifetime);

/* Whether that of the copy that a session gets under a new id depends on what
 * the session itself has left: rule 5. */
int shs_lifetime_copies_left(const shs_lifetime_t *lifetime,
                             const shs_metadata_t *metadata);

/* The time to live of that copy at `now`. `left`: the session's own, or
 * SHS_TTL_FOREVER; or SHS_TTL_UNKNOWN, unless it copies_left(). 0 or less: it
 * is over. */
apr_interval_time_t shs_lifetime_of_copy(const shs_lifetime_t *lifetime,
                                         const shs_metadata_t *metadata,
                                         apr_interval_time_t left,
                                         apr_time_t now);

/* Whether so little of a session's time is left that a touch may be due. This
 * is false for most requests, and needs no clock. `left` may be SHS_TTL_UNKNOWN
 * only if requests touch no session. */
int shs_lifetime_is_low(const shs_lifetime_t *lifetime,
                        const shs_metadata_t *metadata,
                        apr_interval_time_t left);

/* Whether a touch is due at `now`. If so, *ttl is what it has to write, more
 * than 0, and it has to do so only if at most *due is left. */
int shs_lifetime_plan_touch(apr_interval_time_t *ttl, apr_interval_time_t *due,
                            const shs_lifetime_t *lifetime,
                            const shs_metadata_t *metadata,
                            apr_interval_time_t left, apr_time_t now);

/* For a session of a framework (codec/expiry/expiry_rule.h), which writes
 * exactly the idle timeout as its expiry: whether a touch is due, because the
 * last one was an interval ago or more. If so, *idle is the session's idle
 * timeout, and *interval the interval, both more than 0. */
int shs_lifetime_is_foreign_due(apr_interval_time_t *idle,
                                apr_interval_time_t *interval,
                                const shs_lifetime_t *lifetime,
                                const shs_metadata_t *metadata,
                                apr_interval_time_t left);

#endif
