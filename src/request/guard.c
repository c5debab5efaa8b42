/* SPDX-License-Identifier: Apache-2.0 */
#include "request/guard.h"

#include <string.h>

#include <apr_strings.h>

#include "config/names.h"
#include "config/settings.h"
#include "request/log.h"

APLOG_USE_MODULE(shared_session);

static int is_claimed(const apr_array_header_t *claims, const char *name)
{
    int i;

    for (i = 0; i < claims->nelts; ++i) {
        const shs_claim_t *claim = &APR_ARRAY_IDX(claims, i, shs_claim_t);

        if (claim->is_prefix ? shs_names_has_prefix(name, claim->name)
                             : shs_names_is_same(name, claim->name)) {
            return 1;
        }
    }
    return 0;
}

static const char *find_claimed(const apr_table_t *table,
                                const apr_array_header_t *claims)
{
    const apr_array_header_t *entries = apr_table_elts(table);
    int i;

    for (i = 0; i < entries->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(entries, i, apr_table_entry_t).key;

        if (name && is_claimed(claims, name)) {
            return name;
        }
    }
    return NULL;
}

/* The Connection header without the tokens that name our headers. mod_proxy,
 * which obeys them, takes them apart at ";" too, and at any white space, of
 * which some versions of httpd let more in than RFC 9110 allows. */
static void scrub_connection(request_rec *r, const apr_array_header_t *claims)
{
    const char *connection = apr_table_get(r->headers_in, "Connection");
    const char *kept = NULL;
    int is_changed = 0;
    char *rest, *token;

    if (!connection) {
        return;
    }
    rest = apr_pstrdup(r->pool, connection);
    while ((token = apr_strtok(rest, ",; \t\v\f\r\n", &rest)) != NULL) {
        if (is_claimed(claims, token)) {
            is_changed = 1;
        }
        else {
            kept = kept ? apr_pstrcat(r->pool, kept, ", ", token, NULL) : token;
        }
        if (!rest) {
            break;
        }
    }
    if (!is_changed) {
        return;
    }
    if (kept) {
        apr_table_setn(r->headers_in, "Connection", kept);
    }
    else {
        apr_table_unset(r->headers_in, "Connection");
    }
}

void shs_guard_scrub(request_rec *r)
{
    const apr_array_header_t *claims =
        shs_settings_of_server(r->server)->claims;
    const char *name;

    if (claims->nelts == 0) {
        return;
    }
    while ((name = find_claimed(r->headers_in, claims)) != NULL) {
        /* After an internal redirect it is our own. */
        if (!r->prev) {
            ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                          SHS_TAG_FORGED "removed the client's header %s,"
                                         " which SharedSessionHeader claims",
                          name);
        }
        apr_table_unset(r->headers_in, name);
    }
    scrub_connection(r, claims);
}
