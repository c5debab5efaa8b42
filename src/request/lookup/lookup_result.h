/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup_result: what a lookup has found, and what it needs while it searches.
 * Part of lookup.
 */
#ifndef SHS_REQUEST_LOOKUP_LOOKUP_RESULT_H
#define SHS_REQUEST_LOOKUP_LOOKUP_RESULT_H

#include "session/id/key.h"
#include "session/id/session_id.h"
#include "session/outcome.h"
#include "session/session.h"
#include "session/wanted.h"

/* How many consecutive rotations are followed from an old id. */
#define SHS_LOOKUP_MAX_ROTATIONS 4

typedef struct shs_lookup_t {
    shs_outcome_t outcome;
    const shs_session_t *session; /* FOUND */
    apr_interval_time_t ttl;      /* FOUND: the remaining time to live,
                                   * microseconds, or SHS_TTL_FOREVER; or
                                   * SHS_TTL_UNKNOWN: the place does not need
                                   * it */
    int has_sid;                  /* an id was offered */
    shs_session_id_t sid; /* the session's; else the first one offered */
    int candidates;       /* how many ids were offered */
    const char *reason;   /* unless FOUND, or if is_stale: the reason of the
                           * outcome, in words */
    const shs_key_t *template; /* of the keys */
    int must_be_fresh; /* do not use the near-cache, and read the ttl in any
                        * case */
    const shs_wanted_t *wanted; /* instead of what the place wants; or NULL */
    int has_store_failed; /* the store did not answer, for this lookup or for an
                           * earlier one of the client request: it is not asked
                           * again. A near-cache entry may still be FOUND */
    apr_time_t now;       /* shs_clock_now() before a key is loaded */
    apr_time_t deadline;  /* of the whole lookup, likewise */

    /* FOUND: for writing to it. */
    shs_octets_t key;    /* of the session ... */
    shs_record_t record; /* ... and what was read under it */
    int is_near;         /* it came from the near-cache: `record` is empty */
    int is_stale;        /* ... and the store could not confirm that it is
                          * unchanged */
    int is_forwarded;    /* the id is an old one: the session has a new one, and
                          * its key does not follow from `sid` */
} shs_lookup_t;

#endif
