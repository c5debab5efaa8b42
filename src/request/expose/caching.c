/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/caching.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_protocol.h>

#include "base/table.h"
#include "request/expose/table_sweep.h"

/* The directives of a response's Cache-Control that stay. */
typedef struct control_t {
    apr_array_header_t *kept; /* of const char *: directives */
    int says_more;            /* private or no-store, for the whole response */
} control_t;

static int has_name(const char *directive, apr_size_t len, const char *name)
{
    return len == strlen(name) && !strncasecmp(directive, name, len);
}

/* The end of a directive: a comma outside quotation marks. */
static const char *end_of_directive(const char *c)
{
    int is_quoted = 0;

    for (; *c && (is_quoted || *c != ','); ++c) {
        if (*c == '"') {
            is_quoted = !is_quoted;
        }
        else if (is_quoted && *c == '\\' && c[1]) {
            ++c;
        }
    }
    return c;
}

/* Adds a directive, with the space that follows a comma. */
static void keep(apr_array_header_t *kept, const char *directive,
                 apr_size_t len)
{
    APR_ARRAY_PUSH(kept, const char *) = apr_psprintf(
        kept->pool, "%s%.*s", kept->nelts > 0 ? " " : "", (int)len, directive);
}

/* Parses one Cache-Control line and drops what allows a shared cache to store.
 * private="field" covers that field only, so it does not count. */
static int read_control(void *data, const char *key, const char *value)
{
    control_t *control = data;
    const char *c = value;

    (void)key;
    while (*c) {
        const char *end = end_of_directive(c);
        apr_size_t len;

        while (c < end && apr_isspace(*c)) {
            ++c;
        }
        len = (apr_size_t)(end - c);
        while (len > 0 && apr_isspace(c[len - 1])) {
            --len;
        }
        control->says_more |=
            has_name(c, len, "private") || has_name(c, len, "no-store");
        if (len > 0 && !has_name(c, len, "public")
            && (len < 9 || strncasecmp(c, "s-maxage=", 9))) {
            keep(control->kept, c, len);
        }
        c = *end ? end + 1 : end;
    }
    return 1;
}

void shs_caching_keep_out(request_rec *r)
{
    apr_table_setn(r->subprocess_env, "no-cache", "1");
}

/* Whether shared caches prefer the field to Cache-Control: a targeted field
 * (RFC 9213, whose names end so), or an older one of that kind. */
static int is_targeted(void *baton, const char *name)
{
    static const char suffix[] = "-Cache-Control";
    static const char *const older[] = { "Edge-Control", "Surrogate-Control",
                                         "X-Accel-Expires" };
    apr_size_t len = strlen(name);
    apr_size_t i;

    (void)baton;
    if (len < sizeof("Edge-Control") - 1) {
        return 0;
    }
    if (len >= sizeof(suffix) - 1
        && !strcasecmp(name + len - (sizeof(suffix) - 1), suffix)) {
        return 1;
    }
    for (i = 0; i < sizeof(older) / sizeof(older[0]); ++i) {
        if (!strcasecmp(name, older[i])) {
            return 1;
        }
    }
    return 0;
}

/* Makes a Cache-Control of the directives that the response has and that may
 * stay. */
static const char *merge_control(request_rec *r)
{
    control_t control = { apr_array_make(r->pool, 4, sizeof(const char *)), 0 };

    apr_table_do(read_control, &control, r->err_headers_out, "Cache-Control",
                 NULL);
    apr_table_do(read_control, &control, r->headers_out, "Cache-Control", NULL);
    if (!control.says_more) {
        keep(control.kept, "private", strlen("private"));
    }
    apr_table_unset(r->err_headers_out, "Cache-Control");
    return apr_array_pstrcat(r->pool, control.kept, ',');
}

int shs_caching_is_stated(const request_rec *r)
{
    return shs_table_get(r->headers_out, "Cache-Control")
           || shs_table_get(r->err_headers_out, "Cache-Control");
}

static void make_private(request_rec *r)
{
    const char *merged = "private";

    if (shs_caching_is_stated(r)) {
        merged = merge_control(r);
    }
    shs_table_sweep_remove(r->err_headers_out, is_targeted, NULL, r->pool);
    shs_table_sweep_remove(r->headers_out, is_targeted, NULL, r->pool);
    apr_table_setn(r->headers_out, "Cache-Control", merged);
    shs_caching_keep_out(r);
}

static int has_token(request_rec *r, const char *vary)
{
    return ap_find_token(r->pool, vary, "*")
           || ap_find_token(r->pool, vary, "Cookie");
}

int shs_caching_varies(request_rec *r)
{
    const apr_table_t *const tables[] = { r->headers_out, r->err_headers_out };
    int i;

    for (i = 0; i < 2; ++i) {
        if (shs_table_get(tables[i], "Vary")
            && has_token(r, apr_table_getm(r->pool, tables[i], "Vary"))) {
            return 1;
        }
    }
    return 0;
}

void shs_caching_set_headers(request_rec *r, int is_private, int is_forbidden)
{
    /* A response that begins a session is private too. */
    if (is_private || shs_table_get(r->headers_out, "Set-Cookie")
        || shs_table_get(r->err_headers_out, "Set-Cookie")) {
        make_private(r);
    }
    if (is_forbidden) {
        apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    }
    if (!shs_caching_varies(r)) {
        apr_table_mergen(r->headers_out, "Vary", "Cookie");
    }
}
