/* SPDX-License-Identifier: Apache-2.0 */
#include "request/control/cookie_conflict.h"

#include <string.h>

#include <apr_strings.h>

#include "base/table.h"
#include "config/log.h"
#include "config/settings.h"
#include "request/client_request.h"
#include "session/session.h"

APLOG_USE_MODULE(shared_session);

#define SET_COOKIE "Set-Cookie"

/* The session cookie, and the cookies that conflict with it. */
typedef struct conflict_t {
    const char *name;
    apr_size_t len;
    const char *own; /* the module's own Set-Cookie, or NULL */
    apr_table_t *kept;
    int count;
} conflict_t;

/* Whether a Set-Cookie sets that name, as browsers parse it (RFC 6265 section
 * 5.2): surrounding white space does not count. Browsers send a cookie without
 * a name back without the "=" before its value, which then reads as a name (RFC
 * 6265bis section 5.8.3). */
static int has_name(const conflict_t *conflict, const char *cookie)
{
    cookie += strspn(cookie, " \t");
    if (*cookie == '=') {
        cookie += 1 + strspn(cookie + 1, " \t");
    }
    if (strncmp(cookie, conflict->name, conflict->len)) {
        return 0;
    }
    cookie += conflict->len;
    cookie += strspn(cookie, " \t");
    return *cookie == '=';
}

static int conflicts(const conflict_t *conflict, const char *cookie)
{
    return has_name(conflict, cookie)
           && !(conflict->own && !strcmp(cookie, conflict->own));
}

static int sort_cookie(void *data, const char *key, const char *cookie)
{
    conflict_t *conflict = data;

    (void)key;
    if (conflicts(conflict, cookie)) {
        ++conflict->count;
    }
    else if (conflict->kept) {
        apr_table_addn(conflict->kept, SET_COOKIE, cookie);
    }
    return 1;
}

static int count_conflicts(conflict_t *conflict, const apr_table_t *table)
{
    conflict->count = 0;
    apr_table_do(sort_cookie, conflict, table, SET_COOKIE, NULL);
    return conflict->count;
}

static void remove_conflicts(conflict_t *conflict, apr_table_t *table,
                             apr_pool_t *p)
{
    conflict->kept = apr_table_make(p, 4);
    count_conflicts(conflict, table);
    apr_table_unset(table, SET_COOKIE);
    shs_table_append(table, conflict->kept, NULL);
    conflict->kept = NULL;
}

/* Whether the request uses sessions that this module has created, here or
 * elsewhere. A program that keeps the sessions also sets their cookie, as the
 * frameworks do whose sessions the module reads. */
static int has_own_sessions(const shs_request_context_t *context,
                            const shs_settings_t *settings)
{
    const shs_lookup_t *lookup = context ? context->lookup : NULL;

    if (shs_codec_is_foreign(settings->codec.value)) {
        return 0;
    }
    return settings->control.value
           || (lookup && lookup->outcome == SHS_OUTCOME_FOUND
               && shs_session_get_metadata(lookup->session)->idle > 0);
}

/* Removes them from both tables of the response. Returns how many there
 * were. */
static int remove_all_conflicts(conflict_t *conflict, request_rec *r)
{
    apr_table_t *const tables[] = { r->headers_out, r->err_headers_out };
    int count = 0;
    int i;

    for (i = 0; i < 2; ++i) {
        if (count_conflicts(conflict, tables[i]) > 0) {
            count += conflict->count;
            remove_conflicts(conflict, tables[i], r->pool);
        }
    }
    return count;
}

/* Removes all cookies of that name but `own` (or NULL), and says so: which
 * response has set one, and beside what. */
static void drop(request_rec *r, const char *name, const char *own,
                 const char *which, const char *beside,
                 volatile apr_uint32_t *has_warned)
{
    conflict_t conflict = { name, strlen(name), own, NULL, 0 };

    if (remove_all_conflicts(&conflict, r) > 0) {
        int level = shs_log_level_once(has_warned);

        ap_log_rerror(APLOG_MARK, level, 0, r,
                      SHS_TAG_COOKIE_CONFLICT
                      "a response%s sets a cookie %s%s, which is removed:"
                      " rename the program's own session cookie, or use another"
                      " name in SharedSessionCookie",
                      which, name, beside);
    }
}

static void drop_second(request_rec *r, const char *own)
{
    static volatile apr_uint32_t has_warned;

    drop(r, apr_pstrmemdup(r->pool, own, strcspn(own, "=")), own, "",
         " beside the session's", &has_warned);
}

static void warn(request_rec *r, const char *name)
{
    static volatile apr_uint32_t has_warned;
    conflict_t conflict = { name, strlen(name), NULL, NULL, 0 };

    if (count_conflicts(&conflict, r->headers_out) > 0
        || count_conflicts(&conflict, r->err_headers_out) > 0) {
        int level = shs_log_level_once(&has_warned);

        ap_log_rerror(APLOG_MARK, level, 0, r,
                      SHS_TAG_COOKIE_CONFLICT
                      "a response sets a cookie %s, which is the session's name"
                      " here: browsers that accept it lose their session;"
                      " rename the program's own session cookie, or use another"
                      " name in SharedSessionCookie",
                      name);
    }
}

void shs_cookie_conflict_resolve(request_rec *r)
{
    const shs_settings_t *settings = shs_settings_of(r);
    const shs_client_request_t *client_request;

    if (!shs_table_get(r->headers_out, SET_COOKIE)
        && !shs_table_get(r->err_headers_out, SET_COOKIE)) {
        return;
    }
    client_request = shs_client_request_of(r);
    if (client_request && client_request->cookies) {
        const apr_array_header_t *own = client_request->cookies;
        int i;

        for (i = 0; i < own->nelts; ++i) {
            drop_second(r, APR_ARRAY_IDX(own, i, const char *));
        }
    }
    else if (settings->enabled.value
             && has_own_sessions(shs_client_request_context_of(r), settings)) {
        warn(r, settings->cookie_options.value.names[0]);
    }
}

/* The Set-Cookie of that name that the module added, or NULL. */
static const char *find_own(const shs_client_request_t *client_request,
                            const char *name)
{
    apr_size_t len = strlen(name);
    int i;

    for (i = 0; client_request->cookies && i < client_request->cookies->nelts;
         ++i) {
        const char *own =
            APR_ARRAY_IDX(client_request->cookies, i, const char *);

        if (!strncmp(own, name, len) && own[len] == '=') {
            return own;
        }
    }
    return NULL;
}

void shs_cookie_conflict_remove_all(request_rec *r)
{
    static volatile apr_uint32_t has_warned;
    const char *const *name = shs_settings_of(r)->cookie_options.value.names;
    const shs_client_request_t *client_request =
        shs_client_request_context_of(r)->client_request;

    for (; *name; ++name) {
        drop(r, *name, find_own(client_request, *name),
             " whose order for the session is not carried out", "",
             &has_warned);
    }
}
