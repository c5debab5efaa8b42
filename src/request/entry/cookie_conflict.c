/* SPDX-License-Identifier: Apache-2.0 */
#include "request/entry/cookie_conflict.h"

#include <string.h>

#include <apr_strings.h>

#include "config/settings.h"
#include "request/client_request.h"
#include "config/log.h"
#include "session/session.h"

APLOG_USE_MODULE(shared_session);

#define SET_COOKIE "Set-Cookie"

/* A cookie of ours, and what is found beside it. */
typedef struct rivals_t {
    const char *name;
    apr_size_t len;
    const char *own; /* the Set-Cookie that is ours, or NULL */
    apr_table_t *others;
    int count;
} rivals_t;

/* Whether a Set-Cookie sets that name, as browsers read it (RFC 6265 section
 * 5.2): white space around it does not count. A cookie without a name they
 * send back without the "=" before its value, which reads as a name then (RFC
 * 6265bis section 5.8.3). */
static int has_name(const rivals_t *rivals, const char *cookie)
{
    cookie += strspn(cookie, " \t");
    if (*cookie == '=') {
        cookie += 1 + strspn(cookie + 1, " \t");
    }
    if (strncmp(cookie, rivals->name, rivals->len)) {
        return 0;
    }
    cookie += rivals->len;
    cookie += strspn(cookie, " \t");
    return *cookie == '=';
}

static int conflicts(const rivals_t *rivals, const char *cookie)
{
    return has_name(rivals, cookie)
           && !(rivals->own && !strcmp(cookie, rivals->own));
}

static int sort_out(void *data, const char *key, const char *cookie)
{
    rivals_t *rivals = data;

    (void)key;
    if (conflicts(rivals, cookie)) {
        ++rivals->count;
    }
    else if (rivals->others) {
        apr_table_addn(rivals->others, SET_COOKIE, cookie);
    }
    return 1;
}

static int copy_cookie(void *data, const char *key, const char *cookie)
{
    apr_table_addn(data, key, cookie);
    return 1;
}

static int count_rivals(rivals_t *rivals, const apr_table_t *table)
{
    rivals->count = 0;
    apr_table_do(sort_out, rivals, table, SET_COOKIE, NULL);
    return rivals->count;
}

static void take_out(rivals_t *rivals, apr_table_t *table, apr_pool_t *p)
{
    rivals->others = apr_table_make(p, 4);
    count_rivals(rivals, table);
    apr_table_unset(table, SET_COOKIE);
    apr_table_do(copy_cookie, table, rivals->others, NULL);
    rivals->others = NULL;
}

/* Whether sessions that are begun here, or by this module elsewhere, meet the
 * response: a foreign program's own are its own to keep by a cookie. */
static int has_own_sessions(const shs_request_context_t *context,
                            const shs_settings_t *settings)
{
    const shs_lookup_t *lookup = context ? context->lookup : NULL;

    return settings->control.value
           || (lookup && lookup->outcome == SHS_OUTCOME_FOUND
               && shs_session_get_metadata(lookup->session)->idle > 0);
}

static void drop(request_rec *r, const char *own)
{
    static volatile apr_uint32_t is_told;
    apr_table_t *const tables[] = { r->headers_out, r->err_headers_out };
    rivals_t rivals = { own, strcspn(own, "="), own, NULL, 0 };
    int count = 0;
    int i;

    for (i = 0; i < 2; ++i) {
        if (count_rivals(&rivals, tables[i]) > 0) {
            count += rivals.count;
            take_out(&rivals, tables[i], r->pool);
        }
    }
    if (count > 0) {
        int level = shs_log_level_once(&is_told);

        ap_log_rerror(APLOG_MARK, level, 0, r,
                      SHS_TAG_RIVAL
                      "a response sets a cookie %s beside the session's, and it"
                      " is taken out: name the program's own session cookie"
                      " differently, or SharedSessionCookie",
                      apr_pstrmemdup(r->pool, rivals.name, rivals.len));
    }
}

static void warn(request_rec *r, const char *name)
{
    static volatile apr_uint32_t is_told;
    rivals_t rivals = { name, strlen(name), NULL, NULL, 0 };

    if (count_rivals(&rivals, r->headers_out) > 0
        || count_rivals(&rivals, r->err_headers_out) > 0) {
        int level = shs_log_level_once(&is_told);

        ap_log_rerror(APLOG_MARK, level, 0, r,
                      SHS_TAG_RIVAL
                      "a response sets a cookie %s, which is the session's"
                      " here: browsers that take it lose their session. Name"
                      " the program's own session cookie differently, or"
                      " SharedSessionCookie",
                      name);
    }
}

void shs_cookie_conflict_settle(request_rec *r)
{
    const shs_settings_t *settings = shs_settings_of(r);
    const shs_request_context_t *context = shs_client_request_context_of(r);
    const shs_request_context_t *any =
        context ? context : shs_client_request_outer_context_of(r);

    if (!apr_table_get(r->headers_out, SET_COOKIE)
        && !apr_table_get(r->err_headers_out, SET_COOKIE)) {
        return;
    }
    if (any && any->client_request->cookies) {
        const apr_array_header_t *own = any->client_request->cookies;
        int i;

        for (i = 0; i < own->nelts; ++i) {
            drop(r, APR_ARRAY_IDX(own, i, const char *));
        }
    }
    else if (settings->enabled.value && has_own_sessions(context, settings)) {
        warn(r, settings->sources.value.names[0]);
    }
}
