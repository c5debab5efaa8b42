/* SPDX-License-Identifier: Apache-2.0 */
#include "request/control/refusal.h"

#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "request/flow.h"

/* The key in the pool's user data that marks a client request whose error page
 * has been sent. Both modules see it. */
#define SENT "SHARED_SESSION_REFUSAL_SENT"

/* Discards what follows the error page. */
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

/* For an ErrorDocument, httpd shows the page and the status of the first
 * request that failed, and runs no other ErrorDocument, unless the program has
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

/* Each request that was redirected to another one has filters of its own, and
 * httpd may write to those of any. All of these requests have one pool. */
static void end_output(request_rec *r)
{
    apr_pool_userdata_setn(SENT, SENT, NULL, r->pool);
    while (r->prev) {
        r = r->prev;
    }
    for (; r; r = r->next) {
        ap_add_output_filter_handle(sink, NULL, r, r->connection);
    }
}

void shs_refusal_send(request_rec *r, int status)
{
    apr_table_setn(r->subprocess_env, "no-cache", "1");
    if (status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(r->err_headers_out, "Retry-After",
                       SHS_FLOW_RETRY_AFTER_S);
    }
    replace_status(r, status);
    ap_die(status, r);
    if (!shs_refusal_is_sent(r)) {
        end_output(r);
    }
}

int shs_refusal_is_sent(const request_rec *r)
{
    void *sent;

    apr_pool_userdata_get(&sent, SENT, r->pool);
    return sent != NULL;
}
