/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/other_sessions.h"

#include <string.h>

#include "config/log.h"
#include "request/lookup/candidate.h"
#include "request/lookup/end.h"
#include "session/id/key.h"

APLOG_USE_MODULE(shared_session);

/* The cookie with a new id has the first name. A cookie of that name for a
 * longer path precedes it. Cookies of other names, and ids that only a comma
 * separates, do not. */
static int conflicts(const shs_candidate_t *candidate)
{
    return (candidate->names & 1) && !candidate->is_joined;
}

/* Whether it is an earlier state of the request's session, or the same session
 * by another id. */
static int is_same_session(const shs_lookup_t *other, const shs_lookup_t *own)
{
    return shs_lookup_is_rotated_away(other)
           || (other->key.len == own->key.len
               && !memcmp(other->key.data, own->key.data, own->key.len));
}

/* The session of the request itself has a log line of its own. */
static void log_end(request_rec *r, const shs_session_id_t *sid,
                    const shs_session_id_t *own)
{
    char label[SHS_SESSION_ID_LABEL_SIZE];

    if (APLOGrinfo(r) && !shs_session_id_is_equal(sid, own)) {
        shs_session_id_label(label, sid);
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      SHS_TAG_CHANGED "another session that the request has an"
                                      " id of was ended (id %s)",
                      label);
    }
}

/* Ends a record that is no readable session: it is too large, or cannot be
 * decoded. MALFORMED: the key holds another type of value, which no session of
 * this format can be, and stays. A rotated record is looked up again. Either it
 * leads to a session by now; or it still cannot be read, and is removed with
 * its mark; or the store does not respond, and nothing is removed: the session
 * may have a new id. end.h has what becomes of a framework's. */
static shs_written_t end_unread(const shs_scope_t *scope,
                                const shs_lookup_t *other)
{
    shs_written_t written;

    if (shs_settings_is_foreign(scope->settings)) {
        return shs_end_unread(scope, other->key);
    }
    written = shs_writer_remove_key(scope, other->key, 0);
    if (written.status == SHS_WROTE_CONFLICT) {
        other = shs_lookup_run_by_id(scope, &other->sid);
        if (other->outcome == SHS_OUTCOME_FOUND) {
            return shs_end_session(scope, other);
        }
        if (other->outcome == SHS_OUTCOME_UNAVAILABLE) {
            return shs_writer_written(SHS_WROTE_UNAVAILABLE, other->reason);
        }
        written = shs_writer_remove_key(scope, other->key, 1);
    }
    if (written.status == SHS_WROTE_GONE) {
        written = shs_writer_written(SHS_WROTE_DONE, NULL);
    }
    if (written.status == SHS_WROTE_DONE && other->is_forwarded) {
        shs_writer_remove_old_key(scope, &other->sid);
    }
    return written;
}

/* Ends the session that the id leads to, if it is one that must end; a logout
 * also ends a record that is no readable session. */
static shs_written_t end_one(const shs_scope_t *scope,
                             const shs_candidate_t *candidate,
                             const shs_lookup_t *own, int is_logout)
{
    const shs_lookup_t *other = shs_lookup_run_by_id(scope, &candidate->sid);
    shs_written_t written = shs_writer_written(SHS_WROTE_GONE, other->reason);

    switch (other->outcome) {
    case SHS_OUTCOME_FOUND:
        if (!is_logout && is_same_session(other, own)) {
            return shs_writer_written(SHS_WROTE_GONE, "it is the same session");
        }
        written = shs_end_session(scope, other);
        break;
    case SHS_OUTCOME_MALFORMED:
        if (is_logout) {
            written = end_unread(scope, other);
        }
        break;
    case SHS_OUTCOME_UNAVAILABLE:
        written.status = SHS_WROTE_UNAVAILABLE;
        break;
    case SHS_OUTCOME_NONE:
    case SHS_OUTCOME_ABSENT:
        break;
    }
    if (written.status == SHS_WROTE_DONE) {
        log_end(scope->r, &candidate->sid, &own->sid);
    }
    return written;
}

shs_written_t shs_other_sessions_end(apr_uint32_t *names,
                                     const shs_scope_t *scope,
                                     const shs_lookup_t *lookup, int is_logout)
{
    shs_candidates_t candidates;
    int i;

    *names = 0;
    shs_candidate_find(&candidates, scope);
    for (i = 0; i < candidates.count; ++i) {
        const shs_candidate_t *candidate = &candidates.list[i];
        shs_written_t written = shs_writer_written(SHS_WROTE_GONE, NULL);

        if (shs_session_id_is_equal(&candidate->sid, &lookup->sid)) {
            *names |= candidate->names;
        }
        else if (is_logout || conflicts(candidate)) {
            written = end_one(scope, candidate, lookup, is_logout);
        }
        if (written.status == SHS_WROTE_DONE) {
            *names |= candidate->names;
        }
        else if (written.status != SHS_WROTE_GONE) {
            return written;
        }
    }
    return shs_writer_written(SHS_WROTE_DONE, NULL);
}

shs_written_t shs_other_sessions_end_unfound(apr_uint32_t *names,
                                             const shs_scope_t *scope,
                                             const shs_lookup_t *lookup)
{
    shs_written_t all =
        shs_writer_written(SHS_WROTE_GONE, "there is no session");
    shs_written_t remaining = shs_writer_written(SHS_WROTE_DONE, NULL);
    shs_candidates_t candidates;
    int i;

    *names = 0;
    shs_candidate_find(&candidates, scope);
    for (i = 0; i < candidates.count; ++i) {
        const shs_candidate_t *candidate = &candidates.list[i];
        shs_written_t written = end_one(scope, candidate, lookup, 1);

        if (written.status == SHS_WROTE_DONE) {
            *names |= candidate->names;
            all.status = SHS_WROTE_DONE;
        }
        else if (written.status == SHS_WROTE_MALFORMED) {
            remaining = written;
        }
        else if (written.status != SHS_WROTE_GONE) {
            return written;
        }
        else if (conflicts(candidate)) {
            *names |= 1;
            all.reason = "there is none, and its cookie is removed";
        }
    }
    return remaining.status == SHS_WROTE_DONE ? all : remaining;
}
