/* SPDX-License-Identifier: Apache-2.0 */
#include "request/response_cookies.h"

#include <string.h>

#include <apr_strings.h>

#include "base/table.h"
#include "request/client_request.h"
#include "request/response_filter.h"

#define SET_COOKIE "Set-Cookie"

/* The cookies that stay, and the one that does not. */
typedef struct removal_t {
    apr_table_t *kept;
    const char *cookie;
} removal_t;

static int keep_other(void *data, const char *name, const char *value)
{
    const removal_t *removal = data;

    if (strcmp(value, removal->cookie)) {
        apr_table_addn(removal->kept, name, value);
    }
    return 1;
}

static void remove_cookie(request_rec *page, const char *cookie)
{
    removal_t removal = { apr_table_make(page->pool, 2), cookie };

    apr_table_do(keep_other, &removal, page->err_headers_out, SET_COOKIE, NULL);
    apr_table_unset(page->err_headers_out, SET_COOKIE);
    shs_table_append(page->err_headers_out, removal.kept, NULL);
}

static int has_same_name(const char *cookie, const char *other)
{
    apr_size_t len = strcspn(cookie, "=");

    return len == strcspn(other, "=") && !strncmp(cookie, other, len);
}

/* The client request's entry for a cookie of that name: a new one, or the one
 * of the cookie that it has set, which is removed. */
static const char **slot_of_cookie(shs_client_request_t *client_request,
                                   request_rec *page, const char *cookie)
{
    int i;

    if (!client_request->cookies) {
        client_request->cookies = apr_array_make(client_request->first->pool, 1,
                                                 sizeof(const char *));
    }
    for (i = 0; i < client_request->cookies->nelts; ++i) {
        const char **own =
            &APR_ARRAY_IDX(client_request->cookies, i, const char *);

        if (has_same_name(cookie, *own)) {
            remove_cookie(page, *own);
            return own;
        }
    }
    return apr_array_push(client_request->cookies);
}

static void keep_from_caches(request_rec *page)
{
    shs_response_filter_mark(page, 1);
    shs_response_filter_forbid(page);
}

/* err_headers_out survives error documents and redirects. */
void shs_response_cookies_set(request_rec *r, const char *cookie)
{
    shs_client_request_t *client_request =
        shs_client_request_context_of(r)->client_request;
    request_rec *page = shs_client_request_page_of(r);
    const char *own = apr_pstrdup(client_request->first->pool, cookie);

    *slot_of_cookie(client_request, page, cookie) = own;
    apr_table_addn(page->err_headers_out, SET_COOKIE, own);
    client_request->is_marked = 1;
    client_request->is_private = 1;
    keep_from_caches(page);
}

static int is_other(void *data, const char *name, const char *value)
{
    (void)name;
    return strcmp(data, value) != 0;
}

static int has_cookie(const apr_table_t *table, const char *cookie)
{
    return !apr_table_do(is_other, (void *)cookie, table, SET_COOKIE, NULL);
}

void shs_response_cookies_restore(request_rec *r)
{
    const shs_client_request_t *client_request =
        r->main ? NULL : shs_client_request_of(r);
    int i;

    for (i = 0; client_request && client_request->cookies
                && i < client_request->cookies->nelts;
         ++i) {
        const char *own =
            APR_ARRAY_IDX(client_request->cookies, i, const char *);

        if (!has_cookie(r->err_headers_out, own)) {
            apr_table_addn(r->err_headers_out, SET_COOKIE, own);
        }
    }
}

/* httpd has moved the err_headers_out of an error page to its headers_out. */
void shs_response_cookies_inherit(request_rec *r)
{
    const shs_client_request_t *client_request = shs_client_request_of(r);
    int i;

    if (!client_request || !client_request->cookies) {
        return;
    }
    for (i = 0; i < client_request->cookies->nelts; ++i) {
        const char *own =
            APR_ARRAY_IDX(client_request->cookies, i, const char *);

        if (!has_cookie(r->headers_out, own)
            && !has_cookie(r->err_headers_out, own)) {
            apr_table_addn(r->err_headers_out, SET_COOKIE, own);
        }
    }
    keep_from_caches(r);
}
