/* SPDX-License-Identifier: Apache-2.0 */
#include "request/given.h"

#include <string.h>

#include <apr_strings.h>

#include "request/caching.h"
#include "request/chain.h"

#define SET_COOKIE "Set-Cookie"

/* A table, and the value that is not to go there. */
typedef struct others_t {
    apr_table_t *table;
    const char *value;
} others_t;

static int copy_other(void *data, const char *name, const char *value)
{
    const others_t *others = data;

    if (!others->value || strcmp(value, others->value)) {
        apr_table_addn(others->table, name, value);
    }
    return 1;
}

static void take_back_cookie(request_rec *page, const char *cookie)
{
    others_t others = { apr_table_make(page->pool, 2), cookie };
    others_t back = { page->err_headers_out, NULL };

    apr_table_do(copy_other, &others, page->err_headers_out, SET_COOKIE, NULL);
    apr_table_unset(page->err_headers_out, SET_COOKIE);
    apr_table_do(copy_other, &back, others.table, NULL);
}

static int has_same_name(const char *cookie, const char *other)
{
    apr_size_t len = strcspn(cookie, "=");

    return len == strcspn(other, "=") && !strncmp(cookie, other, len);
}

/* Where the chain keeps a cookie of that name: the place of the one that it has
 * given, which is taken back, or a new one. */
static const char **place_of_cookie(shs_chain_t *chain, request_rec *page,
                                    const char *cookie)
{
    int i;

    if (!chain->cookies) {
        chain->cookies =
            apr_array_make(chain->first->pool, 1, sizeof(const char *));
    }
    for (i = 0; i < chain->cookies->nelts; ++i) {
        const char **own = &APR_ARRAY_IDX(chain->cookies, i, const char *);

        if (has_same_name(cookie, *own)) {
            take_back_cookie(page, *own);
            return own;
        }
    }
    return apr_array_push(chain->cookies);
}

static void keep_from_caches(request_rec *page)
{
    shs_caching_mark(page, 1);
    shs_caching_forbid(page);
}

/* Error documents keep err_headers_out, and so does what is redirected. */
void shs_given_set(request_rec *r, const char *cookie)
{
    shs_chain_t *chain = shs_chain_visit_of(r)->chain;
    request_rec *page = shs_chain_page_of(r);
    const char *own = apr_pstrdup(chain->first->pool, cookie);

    *place_of_cookie(chain, page, cookie) = own;
    apr_table_addn(page->err_headers_out, SET_COOKIE, own);
    chain->is_marked = 1;
    chain->is_private = 1;
    keep_from_caches(page);
}

static int is_other(void *data, const char *name, const char *value)
{
    (void)name;
    return strcmp(data, value) != 0;
}

static int is_given(const char *own, const apr_table_t *table)
{
    return !apr_table_do(is_other, (void *)own, table, SET_COOKIE, NULL);
}

void shs_given_restore(request_rec *r)
{
    const shs_chain_t *chain = r->main ? NULL : shs_chain_of(r);
    int i;

    for (i = 0; chain && chain->cookies && i < chain->cookies->nelts; ++i) {
        const char *own = APR_ARRAY_IDX(chain->cookies, i, const char *);

        if (!is_given(own, r->err_headers_out)) {
            apr_table_addn(r->err_headers_out, SET_COOKIE, own);
        }
    }
}

/* An error page has what was err_headers_out in its headers_out. */
void shs_given_inherit(request_rec *r)
{
    const shs_chain_t *chain = shs_chain_of(r);
    int i;

    if (!chain || !chain->cookies) {
        return;
    }
    for (i = 0; i < chain->cookies->nelts; ++i) {
        const char *own = APR_ARRAY_IDX(chain->cookies, i, const char *);

        if (!is_given(own, r->headers_out)
            && !is_given(own, r->err_headers_out)) {
            apr_table_addn(r->err_headers_out, SET_COOKIE, own);
        }
    }
    keep_from_caches(r);
}
