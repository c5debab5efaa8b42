/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/header_scrub.h"

#include <string.h>

#include <apr_hash.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "base/table.h"
#include "config/log.h"
#include "config/names.h"
#include "config/own_headers.h"
#include "config/settings.h"
#include "request/expose/table_sweep.h"

APLOG_USE_MODULE(shared_session);

static ap_filter_rec_t *trailer_filter;

/* The names that no request may have. */
static int is_scrubbed(const shs_own_headers_t *own_headers, const char *name)
{
    return shs_own_headers_may_begin(own_headers, *name)
           && (shs_names_is_control_header(name, 0)
               || shs_own_headers_have(own_headers, name, strlen(name)));
}

/* The baton of is_forged(). */
typedef struct scrub_t {
    request_rec *r;
    const shs_own_headers_t *own_headers;
} scrub_t;

static int is_forged(void *baton, const char *name)
{
    const scrub_t *scrub = baton;

    if (!is_scrubbed(scrub->own_headers, name)) {
        return 0;
    }
    if (shs_names_is_control_header(name, 0)) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, scrub->r,
                      SHS_TAG_FORGED "removed the request's header %s, which"
                                     " only a response may have",
                      name);
    }
    /* After an internal redirect it is the module's own. */
    else if (!scrub->r->prev) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, scrub->r,
                      SHS_TAG_FORGED "removed the client's header %s, which"
                                     " SharedSessionHeader sets",
                      name);
    }
    return 1;
}

/* Returns whether the list has changed. */
static int scrub_connection(apr_table_t *headers,
                            const shs_own_headers_t *own_headers, apr_pool_t *p)
{
    const char *list = apr_table_get(headers, "Connection");
    const char *kept =
        list ? shs_own_headers_strip(own_headers, list, p) : NULL;

    if (list && !kept) {
        apr_table_unset(headers, "Connection");
    }
    else if (kept != list) {
        apr_table_setn(headers, "Connection", kept);
    }
    return kept != list;
}

/* Scrubs the request's headers, or its trailers. Returns whether they have
 * changed. */
static int scrub_table(request_rec *r, apr_table_t *headers)
{
    scrub_t scrub = { r, &shs_settings_of_server(r->server)->own_headers };
    int is_changed =
        shs_table_sweep_remove(headers, is_forged, &scrub, r->pool) > 0;

    if (scrub.own_headers->list->nelts > 0) {
        is_changed |= scrub_connection(headers, scrub.own_headers, r->pool);
    }
    return is_changed;
}

/* Whether the table has something to remove. Allocates nothing if not. */
static int has_forged(request_rec *r, const apr_table_t *headers)
{
    const shs_own_headers_t *own_headers =
        &shs_settings_of_server(r->server)->own_headers;
    const apr_array_header_t *entries = apr_table_elts(headers);
    const char *list = own_headers->list->nelts > 0
                           ? apr_table_get(headers, "Connection")
                           : NULL;
    int i;

    for (i = 0; i < entries->nelts; ++i) {
        if (is_scrubbed(own_headers,
                        APR_ARRAY_IDX(entries, i, apr_table_entry_t).key)) {
            return 1;
        }
    }
    return list && shs_own_headers_strip(own_headers, list, r->pool) != list;
}

/* The entries of a copy of the table, by the addresses of their values. The
 * index stays valid when the table changes. */
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

/* Compares the addresses of name and value, not the texts. */
static int is_indexed(apr_hash_t *index, const apr_table_entry_t *entry)
{
    const apr_table_entry_t *found =
        apr_hash_get(index, &entry->val, sizeof(entry->val));

    return found && found->key == entry->key;
}

/* Removes the entries that are in the index, and returns their number. */
static int remove_indexed(apr_table_t *table, apr_hash_t *index, apr_pool_t *p)
{
    const apr_array_header_t *entries =
        apr_table_elts(apr_table_copy(p, table));
    int count = 0;
    int i;

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

/* MergeTrailers adds the trailers to the headers without a copy of the strings.
 * So their addresses distinguish them from a header of the same name that this
 * module has set, whichever came first. */
static void scrub_trailers(request_rec *r)
{
    apr_hash_t *merged;

    if (apr_table_elts(r->trailers_in)->nelts == 0
        || !has_forged(r, r->trailers_in)) {
        return;
    }
    merged = index_entries(r->trailers_in, r->pool);
    if (scrub_table(r, r->trailers_in)
        && remove_indexed(r->headers_in, merged, r->pool) > 0) {
        shs_table_append(r->headers_in, r->trailers_in, NULL);
    }
}

/* The trailers are complete when the end of the body has been read, and also
 * when they are found to be malformed. */
static apr_status_t on_body(ap_filter_t *f, apr_bucket_brigade *brigade,
                            ap_input_mode_t mode, apr_read_type_e block,
                            apr_off_t most)
{
    apr_status_t rv = ap_get_brigade(f->next, brigade, mode, block, most);

    scrub_trailers(f->r);
    return rv;
}

static int has_trailer_filter(const request_rec *r)
{
    const ap_filter_t *f = r->input_filters;

    while (f && f->frec != trailer_filter) {
        f = f->next;
    }
    return f != NULL;
}

/* ap_request_has_body() does not serve: it denies every HEAD request a body.
 * mod_http2 adds a Transfer-Encoding to an HTTP/2 request without a length. */
static int may_have_body(const request_rec *r)
{
    const apr_array_header_t *entries = apr_table_elts(r->headers_in);
    const apr_table_entry_t *entry = (const apr_table_entry_t *)entries->elts;
    const apr_table_entry_t *end = entry + entries->nelts;

    for (; entry < end; ++entry) {
        const char *name = entry->key;
        char initial = (char)(*name | 0x20);

        /* Most requests have a Cookie, and some a Connection: their fourth
         * characters tell them apart. */
        if (initial == 't' ? !ap_cstr_casecmp(name, "Transfer-Encoding")
                           : initial == 'c' && name[1] && name[2]
                                 && (name[3] | 0x20) == 't'
                                 && !ap_cstr_casecmp(name, "Content-Length")) {
            return 1;
        }
    }
    return 0;
}

/* A subrequest reads the body of its page, and its tables are copies of the
 * page's, with the same strings. */
static void scrub_all_trailers(request_rec *r)
{
    request_rec *page = r;

    do {
        scrub_trailers(page);
        page = page->main;
    } while (page);
    if (!r->main && may_have_body(r) && !has_trailer_filter(r)) {
        ap_add_input_filter_handle(trailer_filter, NULL, r, r->connection);
    }
}

void shs_header_scrub_apply(request_rec *r)
{
    scrub_table(r, r->headers_in);
    scrub_all_trailers(r);
}

void shs_header_scrub_on_insert_filter(request_rec *r)
{
    scrub_all_trailers(r);
}

int shs_header_scrub_on_fixups(request_rec *r)
{
    scrub_all_trailers(r);
    return DECLINED;
}

int shs_header_scrub_on_log_transaction(request_rec *r)
{
    for (; r; r = r->next) {
        scrub_trailers(r);
    }
    return DECLINED;
}

void shs_header_scrub_register(void)
{
    trailer_filter = ap_register_input_filter(
        "SHARED_SESSION_TRAILERS", on_body, NULL, AP_FTYPE_CONTENT_SET);
}
