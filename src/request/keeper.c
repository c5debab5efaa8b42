/* SPDX-License-Identifier: Apache-2.0 */
#include "request/keeper.h"

#include <string.h>

#include <apr_optional.h>
#include <apr_strings.h>

#include "request/chain.h"
#include "request/expose.h"
#include "request/given.h"
#include "request/headers_sent.h"
#include "request/log.h"
#include "request/others.h"
#include "session/set_cookie.h"

APLOG_USE_MODULE(shared_session);

/* mod_ssl's, as its mod_ssl.h declares it. */
APR_DECLARE_OPTIONAL_FN(int, ssl_is_https, (conn_rec *));

static int is_served(const request_rec *r)
{
    return shs_settings_of(r)->enabled.value && r->method_number != M_TRACE
           && shs_settings_of_server(r->server)->store;
}

const shs_lookup_t *shs_keeper_find(request_rec *r)
{
    shs_visit_t *visit = shs_chain_visit_of(r);

    if (!is_served(r)) {
        return NULL;
    }
    if (!visit) {
        visit = shs_chain_create_visit(r);
    }
    return shs_chain_look_up(visit->chain, r, shs_settings_of(r));
}

static shs_writer_t writer_of(request_rec *r)
{
    shs_writer_t writer = { shs_chain_visit_of(r)->chain->first,
                            shs_settings_of_server(r->server)->store,
                            shs_settings_of(r) };

    return writer;
}

/* The session has been written to, and is looked up anew by that id; NULL: it
 * has ended. */
static void outdate(request_rec *r, const shs_ident_t *ident)
{
    shs_chain_t *chain = shs_chain_visit_of(r)->chain;
    shs_writer_t writer = writer_of(r);
    shs_memo_t *memo =
        shs_chain_find_memo(chain, writer.store, writer.settings);
    const shs_lookup_t *old = memo->lookup;

    chain->is_private = 1;
    memo->is_outdated = ident != NULL;
    if (ident) {
        memo->ident = *ident;
    }
    else {
        memo->lookup = shs_lookup_make_ended(
            writer.r, writer.settings, old->has_ident ? &old->ident : NULL);
    }
}

int shs_keeper_is_late(request_rec *r)
{
    const shs_chain_t *chain = shs_chain_of(r);

    if (chain) {
        return chain->has_left;
    }
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return shs_headers_sent_by(r);
}

void shs_keeper_expose(request_rec *r)
{
    shs_visit_t *visit = shs_chain_visit_of(r);

    if (visit && visit->settings) {
        shs_expose_withdraw(r, visit->settings, visit->lookup);
        visit->lookup = shs_keeper_find(r);
        shs_expose_apply(r, visit->settings, visit->lookup);
    }
}

static int is_tls(const request_rec *r)
{
    APR_OPTIONAL_FN_TYPE(ssl_is_https) *is_https =
        APR_RETRIEVE_OPTIONAL_FN(ssl_is_https);

    return is_https && is_https(r->connection);
}

static const char *write_cookie(request_rec *r, int name, shs_octets_t value)
{
    const shs_sources_t *sources = &shs_settings_of(r)->sources.value;

    return shs_set_cookie_write(&sources->cookie, sources->names[name], value,
                                is_tls(r), r->pool);
}

/* The cookie with the id; NULL: takes it away. */
static void give_cookie(request_rec *r, const shs_ident_t *ident)
{
    shs_octets_t nothing = { NULL, 0 };

    shs_given_set(
        r, write_cookie(r, 0, ident ? shs_ident_octets(ident) : nothing));
}

/* Takes away the cookies of these names (bit n: the n-th) besides the first. */
static void take_away_others(request_rec *r, apr_uint32_t names)
{
    const char *const *all = shs_settings_of(r)->sources.value.names;
    shs_octets_t nothing = { NULL, 0 };
    int i;

    for (i = 1; all[0] && all[i]; ++i) {
        if (names & (apr_uint32_t)1 << i) {
            shs_given_set(r, write_cookie(r, i, nothing));
        }
    }
}

static void log_change(request_rec *r, const char *what,
                       const shs_written_t *written, const shs_ident_t *ident)
{
    char label[SHS_IDENT_LABEL_SIZE];

    if (!APLOGrinfo(r)) {
        return;
    }
    if (written->status != SHS_WRITER_DONE) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      SHS_TAG_UNWRITTEN "the session was not %s: %s", what,
                      written->reason);
        return;
    }
    shs_ident_label(label, ident);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  SHS_TAG_CHANGED "the session was %s (id %s)", what, label);
}

static shs_written_t find_nothing(const char *reason)
{
    shs_written_t written;

    memset(&written, 0, sizeof(written));
    written.status = SHS_WRITER_NONE;
    written.reason = reason;
    return written;
}

static shs_written_t forbid(request_rec *r)
{
    shs_written_t written =
        find_nothing("only .htaccess says SharedSession On here");

    written.status = SHS_WRITER_FORBIDDEN;
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  SHS_TAG_FORBIDDEN "the session is not written to: only"
                                    " .htaccess says SharedSession On here,"
                                    " and the server's configuration has to");
    return written;
}

/* What a write to the session that the request has would come to by what the
 * lookup says; DONE: go on. */
static shs_written_t read_lookup(request_rec *r, const shs_lookup_t *lookup)
{
    shs_written_t written = find_nothing("there is no session");

    if (!lookup) {
        written.reason = "SharedSession is Off here, or there is no store";
        return written;
    }
    if (!shs_settings_of(r)->granted.value) {
        return forbid(r);
    }
    switch (lookup->outcome) {
    case SHS_OUTCOME_FOUND:
        written.status = SHS_WRITER_DONE;
        break;
    case SHS_OUTCOME_NONE:
    case SHS_OUTCOME_ABSENT:
        break;
    case SHS_OUTCOME_MALFORMED:
        written.status = SHS_WRITER_MALFORMED;
        written.reason = lookup->reason;
        break;
    case SHS_OUTCOME_UNAVAILABLE:
        written.status = SHS_WRITER_UNAVAILABLE;
        written.reason = lookup->reason;
        break;
    }
    return written;
}

/* The same of a write that gives a new id. The client would not learn of it,
 * and lose the session with the old one. */
static shs_written_t read_lookup_for_ident(request_rec *r,
                                           const shs_lookup_t *lookup)
{
    shs_written_t written = read_lookup(r, lookup);

    if (lookup && written.status != SHS_WRITER_FORBIDDEN
        && shs_chain_visit_of(r)->chain->has_left) {
        written.status = SHS_WRITER_LATE;
        written.reason = "headers of a response were sent before, and no cookie"
                         " can be";
        log_change(r, "given a new id", &written, NULL);
    }
    return written;
}

/* Tells the client of a new id, and the request. */
static void take_ident(request_rec *r, const shs_written_t *written)
{
    if (written->status == SHS_WRITER_DONE) {
        give_cookie(r, &written->ident);
        outdate(r, &written->ident);
    }
}

static shs_written_t create(request_rec *r, const shs_change_t *change)
{
    shs_writer_t writer = writer_of(r);
    shs_written_t written = shs_writer_create(&writer, change);

    take_ident(r, &written);
    log_change(r, "created", &written, &written.ident);
    return written;
}

static shs_written_t rotate(request_rec *r, const shs_lookup_t *lookup,
                            const shs_change_t *change)
{
    shs_writer_t writer = writer_of(r);
    apr_uint32_t names;
    shs_written_t written = shs_others_end(&names, &writer, lookup, 0);

    if (written.status == SHS_WRITER_DONE) {
        written = shs_writer_rotate(&writer, lookup, change);
    }
    take_ident(r, &written);
    log_change(r, "rotated", &written, &written.ident);
    return written;
}

shs_written_t shs_keeper_rotate(request_rec *r, const shs_change_t *change)
{
    const shs_lookup_t *lookup = shs_keeper_find(r);
    shs_written_t written = read_lookup_for_ident(r, lookup);

    return written.status == SHS_WRITER_DONE ? rotate(r, lookup, change)
                                             : written;
}

/* A session that another has ended or rotated meanwhile is none to go on with,
 * nor is what cannot be read. */
shs_written_t shs_keeper_begin(request_rec *r, const shs_change_t *change)
{
    const shs_lookup_t *lookup = shs_keeper_find(r);
    shs_written_t written = read_lookup_for_ident(r, lookup);

    if (written.status == SHS_WRITER_DONE) {
        written = rotate(r, lookup, change);
    }
    switch (written.status) {
    case SHS_WRITER_NONE:
    case SHS_WRITER_ROTATED:
    case SHS_WRITER_MALFORMED:
        return lookup ? create(r, change) : written;
    case SHS_WRITER_DONE:
    case SHS_WRITER_CONFLICT:
    case SHS_WRITER_INVALID:
    case SHS_WRITER_TOO_LARGE:
    case SHS_WRITER_FORBIDDEN:
    case SHS_WRITER_LATE:
    case SHS_WRITER_UNAVAILABLE:
        break;
    }
    return written;
}

shs_written_t shs_keeper_change(request_rec *r, const shs_change_t *change)
{
    const shs_lookup_t *lookup = shs_keeper_find(r);
    shs_written_t written = read_lookup(r, lookup);
    shs_writer_t writer;

    if (written.status != SHS_WRITER_DONE) {
        return written;
    }
    writer = writer_of(r);
    written = shs_writer_change(&writer, lookup, change);
    if (written.status == SHS_WRITER_DONE) {
        outdate(r, &lookup->ident);
    }
    log_change(r, "changed", &written, &lookup->ident);
    return written;
}

static void take_away(request_rec *r, apr_uint32_t names)
{
    if (names & 1) {
        give_cookie(r, NULL);
    }
    take_away_others(r, names);
}

/* Ends the session that was found, and with it the others. */
static shs_written_t end_found(apr_uint32_t *names, const shs_writer_t *writer,
                               const shs_lookup_t *lookup)
{
    shs_written_t written = shs_others_end(names, writer, lookup, 1);

    if (written.status == SHS_WRITER_DONE) {
        written = shs_writer_end(writer, lookup);
        *names |= 1;
    }
    return written;
}

/* Where no id leads to a session, as when one has another id by now, or what it
 * leads to cannot be read, the client ends logged out all the same: what is
 * there ends, and it loses its cookie. */
shs_written_t shs_keeper_end(request_rec *r)
{
    const shs_lookup_t *lookup = shs_keeper_find(r);
    shs_written_t written = read_lookup(r, lookup);
    apr_uint32_t names = 0, more = 0;
    shs_writer_t writer;

    if (written.status == SHS_WRITER_FORBIDDEN
        || written.status == SHS_WRITER_UNAVAILABLE || !lookup
        || lookup->outcome == SHS_OUTCOME_NONE) {
        return written;
    }
    writer = writer_of(r);
    if (written.status == SHS_WRITER_DONE) {
        written = end_found(&names, &writer, lookup);
    }
    if (written.status == SHS_WRITER_NONE
        || written.status == SHS_WRITER_MALFORMED) {
        written = shs_others_end_unfound(&more, &writer, lookup);
    }
    if (written.status == SHS_WRITER_DONE
        || written.status == SHS_WRITER_NONE) {
        take_away(r, names | more);
    }
    if (written.status == SHS_WRITER_DONE) {
        outdate(r, NULL);
    }
    log_change(r, "ended", &written, &lookup->ident);
    return written;
}
