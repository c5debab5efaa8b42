/* SPDX-License-Identifier: Apache-2.0 */
#include "request/rival.h"

#include <string.h>

#include <apr_strings.h>

#include "config/settings.h"
#include "request/chain.h"
#include "request/log.h"
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

static int is_rival(const rivals_t *rivals, const char *cookie)
{
    return has_name(rivals, cookie)
           && !(rivals->own && !strcmp(cookie, rivals->own));
}

static int sort_out(void *data, const char *key, const char *cookie)
{
    rivals_t *rivals = data;

    (void)key;
    if (is_rival(rivals, cookie)) {
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
static int has_own_sessions(const shs_visit_t *visit,
                            const shs_settings_t *settings)
{
    const shs_lookup_t *lookup = visit ? visit->lookup : NULL;

    return settings->control.value
           || (lookup && lookup->outcome == SHS_OUTCOME_FOUND
               && shs_session_get_life(lookup->session)->idle > 0);
}

/* From both tables of the response; how many there were. */
static int take_out_all(rivals_t *rivals, request_rec *r)
{
    apr_table_t *const tables[] = { r->headers_out, r->err_headers_out };
    int count = 0;
    int i;

    for (i = 0; i < 2; ++i) {
        if (count_rivals(rivals, tables[i]) > 0) {
            count += rivals->count;
            take_out(rivals, tables[i], r->pool);
        }
    }
    return count;
}

/* Takes out all cookies of that name but `own` (or NULL), and says so: which
 * response has set one, and beside what. */
static void drop(request_rec *r, const char *name, const char *own,
                 const char *which, const char *beside,
                 volatile apr_uint32_t *is_told)
{
    rivals_t rivals = { name, strlen(name), own, NULL, 0 };

    if (take_out_all(&rivals, r) > 0) {
        int level = shs_log_level_once(is_told);

        ap_log_rerror(APLOG_MARK, level, 0, r,
                      SHS_TAG_RIVAL
                      "a response%s sets a cookie %s%s, and it is taken out:"
                      " name the program's own session cookie differently, or"
                      " SharedSessionCookie",
                      which, name, beside);
    }
}

static void drop_beside(request_rec *r, const char *own)
{
    static volatile apr_uint32_t is_told;

    drop(r, apr_pstrmemdup(r->pool, own, strcspn(own, "=")), own, "",
         " beside the session's", &is_told);
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

void shs_rival_settle(request_rec *r)
{
    const shs_settings_t *settings = shs_settings_of(r);
    const shs_visit_t *visit = shs_chain_visit_of(r);
    const shs_chain_t *chain = shs_chain_of(r);

    if (!apr_table_get(r->headers_out, SET_COOKIE)
        && !apr_table_get(r->err_headers_out, SET_COOKIE)) {
        return;
    }
    if (chain && chain->cookies) {
        const apr_array_header_t *own = chain->cookies;
        int i;

        for (i = 0; i < own->nelts; ++i) {
            drop_beside(r, APR_ARRAY_IDX(own, i, const char *));
        }
    }
    else if (settings->enabled.value && has_own_sessions(visit, settings)) {
        warn(r, settings->sources.value.names[0]);
    }
}

/* The cookie of that name that the chain has given or taken away, or NULL. */
static const char *find_own(const shs_chain_t *chain, const char *name)
{
    apr_size_t len = strlen(name);
    int i;

    for (i = 0; chain->cookies && i < chain->cookies->nelts; ++i) {
        const char *own = APR_ARRAY_IDX(chain->cookies, i, const char *);

        if (!strncmp(own, name, len) && own[len] == '=') {
            return own;
        }
    }
    return NULL;
}

void shs_rival_refuse(request_rec *r)
{
    static volatile apr_uint32_t is_told;
    const char *const *name = shs_settings_of(r)->sources.value.names;
    const shs_chain_t *chain = shs_chain_visit_of(r)->chain;

    for (; *name; ++name) {
        drop(r, *name, find_own(chain, *name),
             " whose order for the session is not carried out", "", &is_told);
    }
}
