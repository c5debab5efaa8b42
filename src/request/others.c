/* SPDX-License-Identifier: Apache-2.0 */
#include "request/others.h"

#include <string.h>

#include "request/log.h"
#include "session/key.h"

APLOG_USE_MODULE(shared_session);

/* The cookie with a new id has the first name. A cookie of that name for a
 * longer path comes before it; the others, and what only a comma sets apart, do
 * not. */
static int is_rival(const shs_candidate_t *candidate)
{
    return (candidate->names & 1) && !candidate->is_joined;
}

/* Whether it is what the request's session was before, or is by another id. */
static int is_same_session(const shs_lookup_t *other, const shs_lookup_t *own)
{
    return shs_session_get_life(other->session)->is_rotated
           || (other->key.len == own->key.len
               && !memcmp(other->key.data, own->key.data, own->key.len));
}

static shs_written_t say(shs_writer_status_t status, const char *reason)
{
    shs_written_t written;

    memset(&written, 0, sizeof(written));
    written.status = status;
    written.reason = reason;
    return written;
}

/* The session of the request itself has a line of its own. */
static void log_end(request_rec *r, const shs_ident_t *ident,
                    const shs_ident_t *own)
{
    char label[SHS_IDENT_LABEL_SIZE];

    if (APLOGrinfo(r) && !shs_ident_is_equal(ident, own)) {
        shs_ident_label(label, ident);
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      SHS_TAG_CHANGED "another session that the request has an"
                                      " id of was ended (id %s)",
                      label);
    }
}

static shs_written_t remove_key(const shs_writer_t *writer, shs_octets_t key,
                                int knows_rotated)
{
    shs_write_t write = shs_writer_prepare(writer, SHS_WRITE_REMOVE, key);

    write.knows_rotated = knows_rotated;
    return shs_writer_put(writer, &write);
}

/* Ends what is no session that can be read: it is too large, or cannot be
 * decoded. MALFORMED: the key holds another type of value, which no session of
 * this format can be, and stays. What was rotated is looked up once more: it
 * leads to a session by now; or it cannot be read still, and ends with its
 * mark. */
static shs_written_t end_unread(const shs_writer_t *writer,
                                const shs_lookup_t *other)
{
    shs_written_t written = remove_key(writer, other->key, 0);

    if (written.status == SHS_WRITER_CONFLICT) {
        other = shs_lookup_run_ident(writer->r, writer->store, writer->settings,
                                     &other->ident);
        if (other->outcome == SHS_OUTCOME_FOUND) {
            return shs_writer_end(writer, other);
        }
        if (other->outcome == SHS_OUTCOME_UNAVAILABLE) {
            return say(SHS_WRITER_UNAVAILABLE, other->reason);
        }
        written = remove_key(writer, other->key, 1);
    }
    if (written.status == SHS_WRITER_NONE) {
        written = say(SHS_WRITER_DONE, NULL);
    }
    if (written.status == SHS_WRITER_DONE && other->is_forwarded) {
        remove_key(writer,
                   shs_key_build(writer->settings->key.value, &other->ident,
                                 writer->r->pool),
                   1);
    }
    return written;
}

/* Ends what the id leads to, if it is a session that is to end; for a logout
 * also what is none. */
static shs_written_t end_one(const shs_writer_t *writer,
                             const shs_candidate_t *candidate,
                             const shs_lookup_t *own, int is_logout)
{
    const shs_lookup_t *other = shs_lookup_run_ident(
        writer->r, writer->store, writer->settings, &candidate->ident);
    shs_written_t written = say(SHS_WRITER_NONE, other->reason);

    switch (other->outcome) {
    case SHS_OUTCOME_FOUND:
        if (!is_logout && is_same_session(other, own)) {
            return say(SHS_WRITER_NONE, "it is the same session");
        }
        written = shs_writer_end(writer, other);
        break;
    case SHS_OUTCOME_MALFORMED:
        if (is_logout) {
            written = end_unread(writer, other);
        }
        break;
    case SHS_OUTCOME_UNAVAILABLE:
        written.status = SHS_WRITER_UNAVAILABLE;
        break;
    case SHS_OUTCOME_NONE:
    case SHS_OUTCOME_ABSENT:
        break;
    }
    if (written.status == SHS_WRITER_DONE) {
        log_end(writer->r, &candidate->ident, &own->ident);
    }
    return written;
}

shs_written_t shs_others_end(apr_uint32_t *names, const shs_writer_t *writer,
                             const shs_lookup_t *lookup, int is_logout)
{
    shs_candidates_t candidates;
    int i;

    *names = 0;
    shs_candidate_find(&candidates, writer->r, writer->settings);
    for (i = 0; i < candidates.count; ++i) {
        const shs_candidate_t *candidate = &candidates.list[i];
        shs_written_t written = say(SHS_WRITER_NONE, NULL);

        if (shs_ident_is_equal(&candidate->ident, &lookup->ident)) {
            *names |= candidate->names;
        }
        else if (is_logout || is_rival(candidate)) {
            written = end_one(writer, candidate, lookup, is_logout);
        }
        if (written.status == SHS_WRITER_DONE) {
            *names |= candidate->names;
        }
        else if (written.status != SHS_WRITER_NONE) {
            return written;
        }
    }
    return say(SHS_WRITER_DONE, NULL);
}

shs_written_t shs_others_end_unfound(apr_uint32_t *names,
                                     const shs_writer_t *writer,
                                     const shs_lookup_t *lookup)
{
    shs_written_t all = say(SHS_WRITER_NONE, "there is no session");
    shs_written_t left = say(SHS_WRITER_DONE, NULL);
    shs_candidates_t candidates;
    int i;

    *names = 0;
    shs_candidate_find(&candidates, writer->r, writer->settings);
    for (i = 0; i < candidates.count; ++i) {
        const shs_candidate_t *candidate = &candidates.list[i];
        shs_written_t written = end_one(writer, candidate, lookup, 1);

        if (written.status == SHS_WRITER_DONE) {
            *names |= candidate->names;
            all.status = SHS_WRITER_DONE;
        }
        else if (written.status == SHS_WRITER_MALFORMED) {
            left = written;
        }
        else if (written.status != SHS_WRITER_NONE) {
            return written;
        }
        else if ((candidate->names & 1) && !candidate->is_joined) {
            *names |= 1;
            all.reason = "there is none, and its cookie is taken away";
        }
    }
    return left.status == SHS_WRITER_DONE ? all : left;
}
