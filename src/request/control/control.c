/* SPDX-License-Identifier: Apache-2.0 */
#include "request/control/control.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "config/control_headers.h"
#include "config/log.h"
#include "config/settings.h"
#include "request/client_request.h"
#include "request/control/cookie_conflict.h"
#include "request/control/eor.h"
#include "request/control/order.h"
#include "request/control/order_log.h"
#include "request/control/producer.h"
#include "request/control/refusal.h"
#include "request/headers_sent.h"
#include "request/response_cookies.h"
#include "request/response_filter.h"
#include "request/session_ops.h"

APLOG_USE_MODULE(shared_session);

/* Removes remaining control headers, whatever their origin. */
static ap_filter_rec_t *border;

/* What becomes of the response that an order came with. Zeroed: it leaves. */
typedef struct fate_t {
    int replaced_by; /* the status of httpd's own response instead; or 0 */
    int is_lost;     /* no response can leave with the order any more */
} fate_t;

static shs_written_t write_session(request_rec *r, const shs_order_t *order)
{
    const shs_change_t *change = order->count > 0 ? order->change : NULL;

    switch (order->action) {
    case SHS_ORDER_CREATE:
        return shs_session_ops_begin(r, order->change);
    case SHS_ORDER_ROTATE:
        return shs_session_ops_rotate(r, change);
    case SHS_ORDER_DESTROY:
        return shs_session_ops_end(r);
    case SHS_ORDER_CHANGE:
        break;
    }
    return shs_session_ops_change(r, order->change);
}

/* Executes an order. Returns OK if the client gets the response, also if there
 * is no session to change or end; or the status that it gets instead. */
static int execute(request_rec *r, const shs_order_t *order, int is_lost)
{
    shs_written_t written;

    if (order->error) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      SHS_TAG_UNWRITTEN "a response's order for the session is"
                                        " not understood: %s",
                      order->error);
        return r->proxyreq ? HTTP_BAD_GATEWAY : HTTP_INTERNAL_SERVER_ERROR;
    }
    written = write_session(r, order);
    if (is_lost && written.status != SHS_WROTE_DONE
        && written.status != SHS_WROTE_GONE) {
        shs_order_log_lost(r, written.reason);
        return OK;
    }
    switch (written.status) {
    case SHS_WROTE_DONE:
        break;
    case SHS_WROTE_GONE:
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      SHS_TAG_UNWRITTEN "a response's order for the session has"
                                        " no effect: %s",
                      written.reason);
        break;
    case SHS_WROTE_INVALID:
    case SHS_WROTE_TOO_LARGE:
    case SHS_WROTE_MALFORMED:
    case SHS_WROTE_FORBIDDEN:
    case SHS_WROTE_FOREIGN:
    case SHS_WROTE_LATE:
        return r->proxyreq ? HTTP_BAD_GATEWAY : HTTP_INTERNAL_SERVER_ERROR;
    case SHS_WROTE_ROTATED:
    case SHS_WROTE_CONFLICT:
    case SHS_WROTE_UNAVAILABLE:
        return HTTP_SERVICE_UNAVAILABLE;
    }
    return OK;
}

/* Whether the program has failed, so that its order no longer counts. An order
 * to end the session still does: a logout fails safely. */
static int is_of_failed_program(const shs_order_t *order, const fate_t *fate)
{
    return (fate->is_lost || fate->replaced_by >= HTTP_INTERNAL_SERVER_ERROR)
           && (order->error || order->action != SHS_ORDER_DESTROY);
}

static void log_failed_program(request_rec *r, const fate_t *fate)
{
    const char *why = "no response has left with it";

    if (!fate->is_lost) {
        why = apr_psprintf(r->pool,
                           "the program has failed (%d), and httpd responds"
                           " itself",
                           fate->replaced_by);
    }
    else if (shs_client_request_context_of(r)->client_request->has_left) {
        why = "it came after the headers of the response had left";
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  SHS_TAG_UNWRITTEN "a response's order for the session is not"
                                    " carried out: %s",
                  why);
}

/* Carries out the order of r's response by the settings of r's place, or logs
 * why not. Returns OK, or what the client gets instead. */
static int carry_out(request_rec *r, const shs_order_t *order, fate_t fate)
{
    int status;

    if (!order->is_there) {
        return OK;
    }
    if (r->main) {
        shs_order_log_ignored(r, SHS_ORDER_IGNORED_PART);
        return OK;
    }
    if (!shs_settings_of_server(r->server)->store) {
        shs_order_log_ignored(r, SHS_ORDER_IGNORED_NO_STORE);
        return OK;
    }
    if (!shs_settings_of(r)->control.value || !shs_session_ops_find(r)) {
        shs_order_log_ignored(r, SHS_ORDER_IGNORED_OFF);
        return OK;
    }
    if (shs_client_request_context_of(r)->client_request->has_left) {
        fate.is_lost = 1;
    }
    /* What mod_headers adds to the error page must not cause another
     * refusal. */
    if ((fate.replaced_by || fate.is_lost)
        && shs_client_request_context_of(r)->client_request->is_refused) {
        shs_order_log_ignored(r, SHS_ORDER_IGNORED_REPLACED);
        return OK;
    }
    if (is_of_failed_program(order, &fate)) {
        log_failed_program(r, &fate);
        shs_cookie_conflict_remove_all(r);
        return OK;
    }
    status = execute(r, order, fate.is_lost);
    if (status != OK) {
        shs_client_request_context_of(r)->client_request->is_refused = 1;
        shs_cookie_conflict_remove_all(r);
    }
    return status;
}

/* The status of the error by which a gateway or a filter replaces a response,
 * from its brigade; or 0. */
static int error_of(const apr_bucket_brigade *brigade)
{
    apr_bucket *bucket;

    for (bucket = APR_BRIGADE_FIRST(brigade);
         bucket != APR_BRIGADE_SENTINEL(brigade);
         bucket = APR_BUCKET_NEXT(bucket)) {
        if (AP_BUCKET_IS_ERROR(bucket)) {
            return ((ap_bucket_error *)bucket->data)->status;
        }
    }
    return 0;
}

/* Carries out the orders of the responses that r's page has replaced: r's own
 * response, and each error document that has failed in turn, so that it never
 * passed the filter. Returns OK, or what the client gets instead. */
static int carry_out_replaced(request_rec *r, const apr_table_t *replaced)
{
    request_rec *failed = r;
    int status;

    shs_order_restore(r, replaced);
    do {
        fate_t fate = { failed->status, 0 };
        shs_order_t order;

        shs_order_take(&order, failed);
        status = carry_out(failed, &order, fate);
        failed = failed->next;
    } while (status == OK && failed);
    shs_response_cookies_inherit(r);
    return status;
}

/* Carries out what a response's control headers say, before its headers
 * leave. */
static apr_status_t on_response(request_rec *r, apr_bucket_brigade *brigade,
                                const apr_table_t *replaced)
{
    shs_order_t order;
    int status;

    if (replaced) {
        status = carry_out_replaced(r, replaced);
    }
    else {
        fate_t fate = { error_of(brigade), 0 };

        shs_order_take(&order, r);
        status = carry_out(r, &order, fate);
    }
    if (status != OK) {
        /* An error bucket cannot do this: the header filter makes a page from
         * it only after it has discarded r->err_headers_out, and with it a
         * cookie that must reach the client. */
        apr_brigade_cleanup(brigade);
        shs_refusal_send(r, status);
        return AP_FILTER_ERROR;
    }
    if (!r->main) {
        shs_cookie_conflict_resolve(r);
    }
    return APR_SUCCESS;
}

/* Whether the headers have left with a brigade. If it has an error bucket,
 * httpd sends another response instead. If it failed, it may have begun to
 * leave: then httpd has set sent_bodyct (a proxy sets it earlier), except for
 * HEAD. */
static int have_headers_left(const request_rec *r, apr_status_t rv,
                             int was_body_sent)
{
    return !rv || (r->sent_bodyct && !was_body_sent)
           || (r->header_only && rv != AP_FILTER_ERROR);
}

/* Trailers are complete when the last brigade passes. */
static apr_status_t on_output(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    request_rec *r = f->r;
    int is_late = shs_control_headers_remove(r->trailers_out);
    int was_body_sent = r->sent_bodyct != 0;
    apr_status_t rv;

    if (!f->ctx) {
        f->ctx = f;
        is_late |= shs_control_headers_remove(r->headers_out);
        is_late |= shs_control_headers_remove(r->err_headers_out);
    }
    if (is_late) {
        shs_order_log_ignored(r, SHS_ORDER_IGNORED_LATE);
    }
    rv = ap_pass_brigade(f->next, brigade);
    if (have_headers_left(r, rv, was_body_sent)) {
        shs_headers_sent_mark(f);
        if (shs_client_request_of(r)) {
            shs_client_request_of(r)->has_left = 1;
        }
    }
    return rv;
}

/* The filter may not have seen some orders: a filter before it has failed the
 * response, or the headers had left already. They are still where the program
 * has put them. */
static void carry_out_rest(request_rec *r)
{
    fate_t lost = { 0, 1 };
    shs_order_t order;

    shs_producer_assign_order(r);
    for (; r; r = r->next) {
        shs_order_take(&order, r);
        carry_out(r, &order, lost);
    }
}

void shs_control_register(void)
{
    shs_eor_register(carry_out_rest);
    shs_response_filter_register(on_response);
    /* After all filters that produce a response, including mod_cache's, and
     * before those that write it. */
    border = ap_register_output_filter("SHARED_SESSION_BORDER", on_output, NULL,
                                       AP_FTYPE_PROTOCOL - 1);
}

static void add_filters(request_rec *r, const apr_table_t *replaced)
{
    shs_response_filter_add(r, replaced);
    if (!r->main) {
        ap_add_output_filter_handle(border, NULL, r, r->connection);
        if (shs_settings_of(r)->control.value) {
            shs_eor_expect(r);
        }
    }
}

void shs_control_on_insert_filter(request_rec *r)
{
    add_filters(r, NULL);
    if (shs_settings_of(r)->control.value) {
        shs_order_log_bypass(r);
    }
}

/* httpd's own page replaces a response, and httpd discards the response's
 * headers after this hook: the control headers are saved for the filter. If the
 * page is an earlier request's, because its ErrorDocument failed, they belong
 * to that document's place, or are ignored. */
void shs_control_on_insert_error_filter(request_rec *r)
{
    apr_table_t *replaced;

    shs_producer_assign_order(r);
    replaced = shs_order_set_aside(r);
    if (r->next && !apr_is_empty_table(replaced)) {
        shs_order_log_ignored(r, SHS_ORDER_IGNORED_REPLACED);
        apr_table_clear(replaced);
    }
    shs_response_cookies_restore(r);
    add_filters(r, replaced);
}

/* The first hook of an internal redirect. The redirect takes the response's
 * error headers along, but not the settings of the place that they come
 * from. */
int shs_control_on_post_read_request(request_rec *r)
{
    fate_t fate = { 0, 0 };
    shs_order_t order;
    int status;

    if (!r->prev) {
        return DECLINED;
    }
    if (shs_refusal_is_sent(r)) {
        return DONE;
    }
    shs_order_take(&order, r->prev);
    fate.replaced_by = r->prev->status;
    status = carry_out(r->prev, &order, fate);
    if (status != OK) {
        shs_refusal_send(r, status);
        return DONE;
    }
    return DECLINED;
}

/* Logs the orders of places that are Off. Carries out what is left if the
 * connection failed before the end of the request passed. */
int shs_control_on_log_transaction(request_rec *r)
{
    shs_eor_forget(r);
    carry_out_rest(r);
    return DECLINED;
}
