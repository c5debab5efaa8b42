/* SPDX-License-Identifier: Apache-2.0 */
#include "request/guard.h"

#include <string.h>

#include <apr_hash.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "config/claims.h"
#include "config/settings.h"
#include "request/chain.h"
#include "request/log.h"
#include "request/sweep.h"

APLOG_USE_MODULE(shared_session);

static ap_filter_rec_t *trailer_filter;

/* What is_forged() asks. */
typedef struct guarded_t {
    request_rec *r;
    const apr_array_header_t *claims;
} guarded_t;

static int is_forged(void *baton, const char *name)
{
    const guarded_t *guarded = baton;

    if (shs_claims_is_control(name)) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, guarded->r,
                      SHS_TAG_FORGED "removed the request's header %s, which"
                                     " only a response may have",
                      name);
        return 1;
    }
    if (!shs_claims_have(guarded->claims, name, strlen(name))) {
        return 0;
    }
    /* After an internal redirect it is our own. */
    if (!guarded->r->prev) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, guarded->r,
                      SHS_TAG_FORGED "removed the client's header %s,"
                                     " which SharedSessionHeader claims",
                      name);
    }
    return 1;
}

/* Returns whether the list has changed. */
static int scrub_connection(apr_table_t *headers,
                            const apr_array_header_t *claims, apr_pool_t *p)
{
    const char *list = apr_table_get(headers, "Connection");
    const char *kept = list ? shs_claims_strip(claims, list, p) : NULL;

    if (list && !kept) {
        apr_table_unset(headers, "Connection");
    }
    else if (kept != list) {
        apr_table_setn(headers, "Connection", kept);
    }
    return kept != list;
}

/* The request's headers, or its trailers. Returns whether they have changed. */
static int scrub(request_rec *r, apr_table_t *headers)
{
    guarded_t guarded = { r, shs_settings_of_server(r->server)->claims };
    int is_changed = shs_sweep_table(headers, is_forged, &guarded, r->pool) > 0;

    if (guarded.claims->nelts > 0) {
        is_changed |= scrub_connection(headers, guarded.claims, r->pool);
    }
    return is_changed;
}

/* Whether there is something to take out; nothing is allocated if not. */
static int has_forged(request_rec *r, const apr_table_t *headers)
{
    const apr_array_header_t *claims =
        shs_settings_of_server(r->server)->claims;
    const apr_array_header_t *entries = apr_table_elts(headers);
    const char *list =
        claims->nelts > 0 ? apr_table_get(headers, "Connection") : NULL;
    int i;

    for (i = 0; i < entries->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(entries, i, apr_table_entry_t).key;

        if (shs_claims_is_control(name)
            || shs_claims_have(claims, name, strlen(name))) {
            return 1;
        }
    }
    return list && shs_claims_strip(claims, list, r->pool) != list;
}

/* A table's entries by their values' addresses. They are of a copy, and stay
 * when the table changes. */
static apr_hash_t *index_entries(const apr_table_t *table, apr_pool_t *p)
{
    const apr_array_header_t *entries =
        apr_table_elts(apr_table_copy(p, table));
    apr_hash_t *index = apr_hash_make(p);
    int i;

    for (i = 0; i < entries->nelts; ++i) {
        const apr_table_entry_t *entry =
            &APR_ARRAY_IDX(entries, i, apr_table_entry_t);

        apr_hash_set(index, &entry->val, sizeof(entry->val), entry);
    }
    return index;
}

/* The same strings, not equal ones. */
static int is_indexed(apr_hash_t *index, const apr_table_entry_t *entry)
{
    const apr_table_entry_t *found =
        apr_hash_get(index, &entry->val, sizeof(entry->val));

    return found && found->key == entry->key;
}

/* Removes the entries that are in the index, and returns how many. */
static int remove_indexed(apr_table_t *table, apr_hash_t *index, apr_pool_t *p)
{
    const apr_array_header_t *entries =
        apr_table_elts(apr_table_copy(p, table));
    int count = 0, i;

    apr_table_clear(table);
    for (i = 0; i < entries->nelts; ++i) {
        const apr_table_entry_t *entry =
            &APR_ARRAY_IDX(entries, i, apr_table_entry_t);

        if (is_indexed(index, entry)) {
            ++count;
        }
        else {
            apr_table_addn(table, entry->key, entry->val);
        }
    }
    return count;
}

static int add_entry(void *table, const char *name, const char *value)
{
    apr_table_addn(table, name, value);
    return 1;
}

/* MergeTrailers adds the trailers' very strings to the headers. This tells them
 * from a header of the same name that this module has exposed, before or after
 * they came. */
static void scrub_trailers(request_rec *r)
{
    apr_hash_t *brought;

    if (apr_is_empty_table(r->trailers_in) || !has_forged(r, r->trailers_in)) {
        return;
    }
    brought = index_entries(r->trailers_in, r->pool);
    if (scrub(r, r->trailers_in)
        && remove_indexed(r->headers_in, brought, r->pool) > 0) {
        apr_table_do(add_entry, r->headers_in, r->trailers_in, NULL);
    }
}

/* The trailers are there once the end of the body was read, and also when they
 * are found to be malformed. */
static apr_status_t on_body(ap_filter_t *f, apr_bucket_brigade *brigade,
                            ap_input_mode_t mode, apr_read_type_e block,
                            apr_off_t most)
{
    apr_status_t rv = ap_get_brigade(f->next, brigade, mode, block, most);

    scrub_trailers(f->r);
    return rv;
}

static int is_watched(const request_rec *r)
{
    const ap_filter_t *f = r->input_filters;

    while (f && f->frec != trailer_filter) {
        f = f->next;
    }
    return f != NULL;
}

/* Not ap_request_has_body(), which says no to every HEAD. Of HTTP/2 without a
 * length mod_http2 makes a Transfer-Encoding. */
static int has_body(const request_rec *r)
{
    return apr_table_get(r->headers_in, "Transfer-Encoding")
           || apr_table_get(r->headers_in, "Content-Length");
}

/* A subrequest that reads reads its page's body. It has copies of the page's
 * tables, with the same strings. */
void shs_guard_renew(request_rec *r)
{
    scrub_trailers(r);
    if (r->main) {
        scrub_trailers(shs_chain_page_of(r));
    }
    else if (has_body(r) && !is_watched(r)) {
        ap_add_input_filter_handle(trailer_filter, NULL, r, r->connection);
    }
}

void shs_guard_enter(request_rec *r)
{
    scrub(r, r->headers_in);
    shs_guard_renew(r);
}

int shs_guard_on_fixups(request_rec *r)
{
    shs_guard_renew(r);
    return DECLINED;
}

int shs_guard_on_log_transaction(request_rec *r)
{
    for (; r; r = r->next) {
        scrub_trailers(r);
    }
    return DECLINED;
}

void shs_guard_register(void)
{
    trailer_filter = ap_register_input_filter(
        "SHARED_SESSION_TRAILERS", on_body, NULL, AP_FTYPE_CONTENT_SET);
}
