/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/writer.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/octets.h"
#include "request/lookup/store_log.h"
#include "session/id/key.h"

shs_written_t shs_writer_written(shs_wrote_t status, const char *reason)
{
    shs_written_t written = { status, reason, { { NULL, 0 } } };

    return written;
}

shs_write_t shs_writer_prepare(const shs_scope_t *scope, shs_write_kind_t kind,
                               shs_octets_t key)
{
    shs_write_t write;

    memset(&write, 0, sizeof(write));
    write.kind = kind;
    write.at = shs_scope_make_query(
        scope, key, shs_clock_now() + shs_store_timeout(scope->store));
    write.accessed_at_ms = apr_time_as_msec(apr_time_now());
    write.rotated = shs_codec_rotated(scope->settings->codec.value);
    return write;
}

shs_written_t shs_writer_execute(const shs_scope_t *scope,
                                 const shs_write_t *write)
{
    shs_result_t result;
    shs_wrote_t wrote =
        shs_store_write(&result, scope->store, write, scope->r->pool);

    shs_store_log_transition(scope->r, scope->store, &result);
    return shs_writer_written(wrote,
                              wrote == SHS_WROTE_DONE ? NULL : result.reason);
}

shs_written_t shs_writer_remove_key(const shs_scope_t *scope, shs_octets_t key,
                                    int knows_rotated)
{
    shs_write_t write = shs_writer_prepare(scope, SHS_WRITE_REMOVE, key);

    write.knows_rotated = knows_rotated;
    return shs_writer_execute(scope, &write);
}

void shs_writer_remove_old_key(const shs_scope_t *scope,
                               const shs_session_id_t *sid)
{
    shs_octets_t key =
        shs_key_build(scope->settings->key.value, sid, scope->r->pool);

    if (key.len > 0) {
        shs_writer_remove_key(scope, key, 1);
    }
}

/* Whether a whole session, or a string, exceeds its limit. */
static int is_too_large(const shs_edit_t *edit, apr_size_t max_octets)
{
    apr_size_t octets = edit->string.len;
    apr_size_t i;

    for (i = 0; i < edit->count; ++i) {
        octets += edit->fields[i].name.len + edit->fields[i].value.len;
    }
    return octets > max_octets || edit->count > SHS_STORE_MAX_FIELDS;
}

static shs_written_t refuse_size(void)
{
    return shs_writer_written(SHS_WROTE_TOO_LARGE,
                              "it is too large, or has too many fields");
}

/* Writes a whole session under a new id, whose key is *key. */
static shs_written_t create(shs_octets_t *key, const shs_scope_t *scope,
                            const shs_record_t *old, const shs_change_t *change,
                            apr_interval_time_t ttl)
{
    const shs_settings_t *settings = scope->settings;
    apr_pool_t *p = scope->r->pool;
    shs_write_t write;
    shs_written_t written;
    shs_session_id_t sid;
    const char *error = shs_key_create_id(
        &sid, key, settings->key.value,
        shs_settings_of_server(scope->r->server)->keys_that_overlap, p);

    if (error) {
        return shs_writer_written(SHS_WROTE_UNAVAILABLE, error);
    }
    write = shs_writer_prepare(scope, SHS_WRITE_CREATE, *key);
    write.ttl = ttl;
    error = shs_codec_edit(&write.edit, settings->codec.value, old, change,
                           SHS_CODEC_WHOLE, p);
    if (error) {
        return shs_writer_written(SHS_WROTE_INVALID, error);
    }
    if (is_too_large(&write.edit, write.at.max_octets)) {
        return refuse_size();
    }
    written = shs_writer_execute(scope, &write);
    written.sid = sid;
    return written;
}

shs_written_t shs_writer_create(const shs_scope_t *scope,
                                const shs_change_t *change)
{
    const shs_settings_t *settings = scope->settings;
    apr_pool_t *p = scope->r->pool;
    shs_change_t *whole = shs_change_create(p);
    shs_octets_t key;
    apr_int64_t now = apr_time_as_msec(apr_time_now());
    shs_lifetime_t lifetime = shs_scope_lifetime(scope);

    shs_change_add_number(whole, SHS_METADATA_CREATED, now, p);
    shs_change_add_number(whole, SHS_METADATA_ACCESSED, now, p);
    shs_change_add_number(whole, SHS_METADATA_MAX,
                          apr_time_sec(settings->idle.value), p);
    shs_change_add_all(whole, change);
    return create(&key, scope, NULL, whole, shs_lifetime_of_new(&lifetime));
}

static shs_written_t refuse_old_id(void)
{
    return shs_writer_written(SHS_WROTE_ROTATED,
                              "the session has another id by now");
}

shs_written_t shs_writer_check_lookup(const shs_lookup_t *lookup)
{
    switch (lookup->outcome) {
    case SHS_OUTCOME_FOUND:
        return shs_writer_written(SHS_WROTE_DONE, NULL);
    case SHS_OUTCOME_NONE:
    case SHS_OUTCOME_ABSENT:
        return shs_writer_written(SHS_WROTE_GONE, "there is no session");
    case SHS_OUTCOME_MALFORMED:
        return shs_writer_written(SHS_WROTE_MALFORMED, lookup->reason);
    case SHS_OUTCOME_UNAVAILABLE:
        break;
    }
    return shs_writer_written(SHS_WROTE_UNAVAILABLE, lookup->reason);
}

/* Whether the session can still be written by this id. */
static shs_written_t check_id(const shs_lookup_t *lookup)
{
    shs_written_t written = shs_writer_check_lookup(lookup);

    return written.status == SHS_WROTE_DONE
                   && shs_lookup_is_rotated_away(lookup)
               ? refuse_old_id()
               : written;
}

static shs_written_t change_once(const shs_scope_t *scope,
                                 const shs_lookup_t *lookup,
                                 const shs_change_t *change)
{
    shs_write_t write =
        shs_writer_prepare(scope, SHS_WRITE_CHANGE, lookup->key);
    const char *error = shs_codec_edit(
        &write.edit, scope->settings->codec.value, &lookup->record, change,
        SHS_CODEC_CHANGES, scope->r->pool);

    if (error) {
        return shs_writer_written(SHS_WROTE_INVALID, error);
    }
    if (is_too_large(&write.edit, write.at.max_octets)) {
        return refuse_size();
    }
    write.was = &lookup->record;
    return shs_writer_execute(scope, &write);
}

/* Waits a random time, or the same writers would conflict again. */
static void back_off(int attempts)
{
    apr_time_t now = shs_clock_now();

    poll(NULL, 0, 1 + (int)(now % (2 * attempts)));
}

/* Attempts the write on the present state of the session, and repeats it while
 * other writers win. */
static shs_written_t retry_conflicts(
    const shs_scope_t *scope, const shs_lookup_t *lookup,
    const shs_change_t *change,
    shs_written_t (*attempt)(const shs_scope_t *scope,
                             const shs_lookup_t *lookup,
                             const shs_change_t *change))
{
    shs_written_t written;
    int attempts;

    /* The near-cache has no record to start from, and its entry may be a moment
     * old. */
    if (lookup->is_near) {
        lookup = shs_lookup_run_by_id(scope, &lookup->sid);
    }
    written = check_id(lookup);

    for (attempts = 1; written.status == SHS_WROTE_DONE; ++attempts) {
        written = attempt(scope, lookup, change);
        if (written.status != SHS_WROTE_CONFLICT
            || attempts == SHS_WRITER_ATTEMPTS) {
            return written;
        }
        back_off(attempts);
        lookup = shs_lookup_run_by_id(scope, &lookup->sid);
        written = check_id(lookup);
    }
    return written;
}

shs_written_t shs_writer_change(const shs_scope_t *scope,
                                const shs_lookup_t *lookup,
                                const shs_change_t *change)
{
    return retry_conflicts(scope, lookup, change, change_once);
}

/* The copy's time to live: as if the session were used now or, by a login,
 * created now. */
static apr_interval_time_t ttl_of_copy(const shs_scope_t *scope,
                                       const shs_lookup_t *lookup, int is_login)
{
    shs_lifetime_t lifetime = shs_scope_lifetime(scope);
    shs_metadata_t metadata = *shs_session_get_metadata(lookup->session);
    apr_time_t now = apr_time_now();

    if (is_login && metadata.created_at != 0) {
        metadata.created_at = now;
    }
    return shs_lifetime_of_copy(&lifetime, &metadata, lookup->ttl, now);
}

/* Makes the old id lead to the new key, or nowhere (rule 4). */
static shs_written_t forward(const shs_scope_t *scope,
                             const shs_lookup_t *lookup, shs_octets_t successor,
                             int is_login)
{
    apr_pool_t *p = scope->r->pool;
    shs_write_t write =
        shs_writer_prepare(scope, SHS_WRITE_FORWARD, lookup->key);
    shs_octets_t nothing = { "", 0 };
    shs_change_t *mark = shs_change_create(p);
    const char *error;

    shs_change_add(mark, SHS_CHANGE_TEXT, shs_octets_of(SHS_METADATA_ROTATED),
                   is_login ? nothing : successor);
    error = shs_codec_edit(&write.edit, scope->settings->codec.value,
                           is_login ? &lookup->record : NULL, mark,
                           SHS_CODEC_CHANGES, p);
    if (error) {
        return shs_writer_written(SHS_WROTE_INVALID, error);
    }
    write.was = &lookup->record;
    write.keeps = is_login;
    write.ttl = scope->settings->grace.value;
    return shs_writer_execute(scope, &write);
}

/* What a login adds to its change: the previous key, and a new start of the
 * absolute timeout (NIST SP 800-63B-4, section 5.2: authenticating again
 * extends a session). A session without a time of creation has no absolute
 * timeout. */
static const shs_change_t *add_login(const shs_change_t *change,
                                     const shs_lookup_t *lookup, apr_pool_t *p)
{
    const shs_metadata_t *metadata = shs_session_get_metadata(lookup->session);
    shs_change_t *whole = shs_change_create(p);

    if (change) {
        shs_change_add_all(whole, change);
        if (metadata->created_at != 0) {
            shs_change_add_number(whole, SHS_METADATA_CREATED,
                                  apr_time_as_msec(apr_time_now()), p);
        }
        shs_change_add(whole, SHS_CHANGE_TEXT,
                       shs_octets_of(SHS_METADATA_PREVIOUS), lookup->key);
    }
    return whole;
}

/* Ends what a login has left of the previous session. */
static void remove_previous(const shs_scope_t *scope,
                            const shs_lookup_t *lookup)
{
    shs_octets_t previous = shs_session_get_metadata(lookup->session)->previous;

    if (shs_key_is_of(scope->settings->key.value, previous)) {
        shs_writer_remove_key(scope, previous, 1);
    }
}

static shs_written_t rotate_once(const shs_scope_t *scope,
                                 const shs_lookup_t *lookup,
                                 const shs_change_t *change)
{
    apr_pool_t *p = scope->r->pool;
    apr_interval_time_t ttl = ttl_of_copy(scope, lookup, change != NULL);
    shs_octets_t successor;
    shs_written_t created, forwarded;

    if (lookup->is_forwarded) {
        return refuse_old_id();
    }
    if (ttl <= 0) {
        return shs_writer_written(SHS_WROTE_GONE, "the session has expired");
    }
    created = create(&successor, scope, &lookup->record,
                     add_login(change, lookup, p), ttl);
    if (created.status != SHS_WROTE_DONE) {
        return created;
    }
    forwarded = forward(scope, lookup, successor, change != NULL);
    if (forwarded.status == SHS_WROTE_DONE) {
        if (change) {
            remove_previous(scope, lookup);
        }
        return created;
    }
    /* Without an answer the old id may already lead there. */
    if (forwarded.status != SHS_WROTE_UNAVAILABLE) {
        shs_writer_remove_key(scope, successor, 1);
    }
    return forwarded;
}

/* Whether the copy's time to live follows from one that was not read. */
static int lacks_ttl(const shs_scope_t *scope, const shs_lookup_t *lookup)
{
    shs_lifetime_t lifetime = shs_scope_lifetime(scope);

    return lookup->outcome == SHS_OUTCOME_FOUND
           && lookup->ttl == SHS_TTL_UNKNOWN
           && shs_lifetime_copies_left(
               &lifetime, shs_session_get_metadata(lookup->session));
}

shs_written_t shs_writer_rotate(const shs_scope_t *scope,
                                const shs_lookup_t *lookup,
                                const shs_change_t *change)
{
    if (lacks_ttl(scope, lookup)) {
        lookup = shs_lookup_run_by_id(scope, &lookup->sid);
    }
    return retry_conflicts(scope, lookup, change, rotate_once);
}

void shs_writer_remove_rest(const shs_scope_t *scope,
                            const shs_lookup_t *lookup, shs_wrote_t status)
{
    if (status == SHS_WROTE_DONE) {
        remove_previous(scope, lookup);
    }
    /* The key that it leads to goes first, so that nothing leads to it if this
     * stops half-way. */
    if (lookup->is_forwarded
        && (status == SHS_WROTE_DONE || status == SHS_WROTE_GONE)) {
        shs_writer_remove_old_key(scope, &lookup->sid);
    }
}

static shs_written_t end_once(const shs_scope_t *scope,
                              const shs_lookup_t *lookup,
                              const shs_change_t *change)
{
    shs_written_t written = shs_writer_remove_key(
        scope, lookup->key, shs_lookup_is_rotated_away(lookup));

    (void)change;
    shs_writer_remove_rest(scope, lookup, written.status);
    return written;
}

/* With an old id too: a logout means the session, whatever it has become. */
shs_written_t shs_writer_end(const shs_scope_t *scope,
                             const shs_lookup_t *lookup)
{
    shs_written_t written =
        !lookup->is_near && shs_lookup_is_rotated_away(lookup)
            ? end_once(scope, lookup, NULL)
            : retry_conflicts(scope, lookup, NULL, end_once);

    return written.status == SHS_WROTE_GONE
               ? shs_writer_written(SHS_WROTE_DONE, NULL)
               : written;
}
