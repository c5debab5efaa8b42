/* SPDX-License-Identifier: Apache-2.0 */
#include "request/refusal.h"

#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

/* The name by which a client request's pool knows. Both modules see it. */
#define ANSWERED "SHARED_SESSION_ANSWERED"

/* Discards what comes behind the error page. */
static ap_filter_rec_t *sink;

/* No end of request (EOR) bucket comes this way: httpd passes it to the
 * connection's filters. */
static apr_status_t discard(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    (void)f;
    apr_brigade_cleanup(brigade);
    return AP_FILTER_ERROR;
}

void shs_refusal_register(const char *name)
{
    sink =
        ap_register_output_filter(name, discard, NULL, AP_FTYPE_CONNECTION - 1);
}

/* Of an ErrorDocument httpd shows the page, and the status, of the first
 * request that failed, and runs no other ErrorDocument: unless the program has
 * set a status of its own, which proxies always do. */
static void replace_status(request_rec *r, int status)
{
    request_rec *outer = r->prev;

    if (!outer || outer->status == HTTP_OK) {
        return;
    }
    r->status = status;
    for (; outer && outer->status != HTTP_OK; outer = outer->prev) {
        outer->status = status;
    }
}

/* Each request that was redirected to another has a chain of filters of its
 * own, of which httpd can make any the one that it writes to. All of them have
 * one pool. */
static void end_output(request_rec *r)
{
    apr_pool_userdata_setn(ANSWERED, ANSWERED, NULL, r->pool);
    while (r->prev) {
        r = r->prev;
    }
    for (; r; r = r->next) {
        ap_add_output_filter_handle(sink, NULL, r, r->connection);
    }
}

void shs_refusal_answer(request_rec *r, int status)
{
    apr_table_setn(r->subprocess_env, "no-cache", "1");
    if (status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(r->err_headers_out, "Retry-After",
                       SHS_REFUSAL_RETRY_AFTER_S);
    }
    replace_status(r, status);
    ap_die(status, r);
    if (!shs_refusal_is_answered(r)) {
        end_output(r);
    }
}

int shs_refusal_is_answered(const request_rec *r)
{
    void *answered;

    apr_pool_userdata_get(&answered, ANSWERED, r->pool);
    return answered != NULL;
}
