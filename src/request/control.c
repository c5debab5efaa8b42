/* SPDX-License-Identifier: Apache-2.0 */
#include "request/control.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "config/settings.h"
#include "request/bypass.h"
#include "request/chain.h"
#include "request/eor.h"
#include "request/given.h"
#include "request/headers_sent.h"
#include "request/keeper.h"
#include "request/log.h"
#include "request/lookup_log.h"
#include "request/order.h"
#include "request/producer.h"
#include "request/refusal.h"
#include "request/rival.h"

APLOG_USE_MODULE(shared_session);

/* Hears what a response says, before its headers leave. */
static ap_filter_rec_t *filter;

/* Takes out what is left, in whatever way it came. */
static ap_filter_rec_t *border;

/* In place of the status of what has taken a response's place: no response can
 * leave with the order any more. More than any status. */
#define LOST 1000

/* Why an order is not carried out. */
typedef enum unheard_t {
    UNHEARD_OFF,
    UNHEARD_STORELESS,
    UNHEARD_PART,
    UNHEARD_REPLACED,
    UNHEARD_LATE
} unheard_t;

static shs_written_t obey(request_rec *r, const shs_order_t *order)
{
    const shs_change_t *change = order->count > 0 ? order->change : NULL;

    switch (order->action) {
    case SHS_ORDER_CREATE:
        return shs_keeper_begin(r, order->change);
    case SHS_ORDER_ROTATE:
        return shs_keeper_rotate(r, change);
    case SHS_ORDER_DESTROY:
        return shs_keeper_end(r);
    case SHS_ORDER_CHANGE:
        break;
    }
    return shs_keeper_change(r, order->change);
}

/* One warning a child and reason. */
static void warn_of_unheard(request_rec *r, unheard_t why)
{
    static volatile apr_uint32_t is_told[5];
    static const char *const reasons[] = {
        "SharedSessionControl or SharedSession is Off where they came from",
        "the virtual host that they came from has no SharedSessionStore",
        "they came with a part of a page (mod_include)",
        "httpd put another response in their place",
        "they came as trailers, or were added after headers had been read"
    };
    int level = shs_log_level_once(&is_told[why]);

    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_UNHEARD
                  "a response from downstream has headers X-Session-Set,"
                  " -Unset or -Action, which are taken out and not heard: %s",
                  reasons[why]);
}

/* No client hears of it: one warning a minute and child, else info. */
static void warn_of_lost(request_rec *r, const char *reason)
{
    static volatile apr_uint32_t warned_at;
    int level = shs_lookup_log_is_due(&warned_at) ? APLOG_WARNING : APLOG_INFO;

    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_UNWRITTEN
                  "a response's order for the session has failed, and the"
                  " client cannot be told: %s",
                  reason);
}

/* What the client gets instead of the response; OK: the response. A session
 * that is not there, so that there is nothing to change or end, is none of the
 * client's trouble. */
static int answer(request_rec *r, const shs_order_t *order, int replaced_by)
{
    shs_written_t written;

    if (order->error) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      SHS_TAG_UNWRITTEN "a response's order for the session is"
                                        " not understood: %s",
                      order->error);
        return r->proxyreq ? HTTP_BAD_GATEWAY : HTTP_INTERNAL_SERVER_ERROR;
    }
    written = obey(r, order);
    if (replaced_by == LOST && written.status != SHS_WRITER_DONE
        && written.status != SHS_WRITER_NONE) {
        warn_of_lost(r, written.reason);
        return OK;
    }
    switch (written.status) {
    case SHS_WRITER_DONE:
        break;
    case SHS_WRITER_NONE:
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      SHS_TAG_UNWRITTEN "a response's order for the session"
                                        " comes to nothing: %s",
                      written.reason);
        break;
    case SHS_WRITER_INVALID:
    case SHS_WRITER_TOO_LARGE:
    case SHS_WRITER_MALFORMED:
    case SHS_WRITER_FORBIDDEN:
    case SHS_WRITER_LATE:
        return r->proxyreq ? HTTP_BAD_GATEWAY : HTTP_INTERNAL_SERVER_ERROR;
    case SHS_WRITER_ROTATED:
    case SHS_WRITER_CONFLICT:
    case SHS_WRITER_UNAVAILABLE:
        return HTTP_SERVICE_UNAVAILABLE;
    }
    return OK;
}

/* Whether the program has failed, so that what it had said before counts no
 * more. An end does: a logout fails safely. */
static int is_of_failed(const shs_order_t *order, int replaced_by)
{
    return replaced_by >= HTTP_INTERNAL_SERVER_ERROR
           && (order->error || order->action != SHS_ORDER_DESTROY);
}

static void log_failed(request_rec *r, int replaced_by)
{
    const char *why = "no answer has left with it";

    if (replaced_by != LOST) {
        why = apr_psprintf(r->pool,
                           "the program has failed (%d), and httpd answers"
                           " itself",
                           replaced_by);
    }
    else if (shs_chain_visit_of(r)->chain->has_left) {
        why = "it came after the headers of the answer had left";
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  SHS_TAG_UNWRITTEN "a response's order for the session is not"
                                    " carried out: %s",
                  why);
}

/* Carries out what r's response says, by the settings of the place that r is
 * in, or says why not. replaced_by is 0, or the status of httpd's own answer
 * that has taken its place, or LOST. OK, or what the client gets instead. */
static int settle(request_rec *r, const shs_order_t *order, int replaced_by)
{
    int status;

    if (!order->is_there) {
        return OK;
    }
    if (r->main) {
        warn_of_unheard(r, UNHEARD_PART);
        return OK;
    }
    if (!shs_settings_of_server(r->server)->store) {
        warn_of_unheard(r, UNHEARD_STORELESS);
        return OK;
    }
    if (!shs_settings_of(r)->control.value || !shs_keeper_find(r)) {
        warn_of_unheard(r, UNHEARD_OFF);
        return OK;
    }
    if (shs_chain_visit_of(r)->chain->has_left) {
        replaced_by = LOST;
    }
    /* The error page is not refused for what mod_headers says of it too. */
    if (replaced_by && shs_chain_visit_of(r)->chain->is_refused) {
        warn_of_unheard(r, UNHEARD_REPLACED);
        return OK;
    }
    if (is_of_failed(order, replaced_by)) {
        log_failed(r, replaced_by);
        shs_rival_refuse(r);
        return OK;
    }
    status = answer(r, order, replaced_by);
    if (status != OK) {
        shs_chain_visit_of(r)->chain->is_refused = 1;
        shs_rival_refuse(r);
    }
    return status;
}

/* The status of the error that a brigade brings in place of a response, from a
 * gateway or a filter; or 0. */
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

/* Of what r's response has taken the place of: of r's own, and of each error
 * document of it that has failed in turn, by whose filters nothing came. OK, or
 * what the client gets instead. */
static int settle_replaced(request_rec *r, const apr_table_t *replaced)
{
    request_rec *failed = r;
    int status;

    shs_order_restore(r, replaced);
    do {
        shs_order_t order;

        shs_order_take(&order, failed);
        status = settle(failed, &order, failed->status);
        failed = failed->next;
    } while (status == OK && failed);
    shs_given_inherit(r);
    return status;
}

/* The context is, of an error page, the table of what it has taken the place
 * of; NULL of any other response. */
static apr_status_t on_response(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    request_rec *r = f->r;
    const apr_table_t *replaced = f->ctx;
    shs_order_t order;
    int status;

    ap_remove_output_filter(f);
    if (replaced) {
        status = settle_replaced(r, replaced);
    }
    else {
        shs_order_take(&order, r);
        status = settle(r, &order, error_of(brigade));
    }
    if (status != OK) {
        /* Not by an error bucket: the filter that writes headers makes a page
         * of that only when it has thrown r->err_headers_out away, and with
         * them a cookie that is to reach the client all the same. */
        apr_brigade_cleanup(brigade);
        shs_refusal_answer(r, status);
        return AP_FILTER_ERROR;
    }
    if (!r->main) {
        shs_rival_settle(r);
    }
    return ap_pass_brigade(f->next, brigade);
}

/* Whether headers have left with a brigade. One that failed may have begun to:
 * httpd sets sent_bodyct then (proxies do so before), but for HEAD. */
static int have_left(const request_rec *r, apr_status_t rv, int sent_before)
{
    return !rv || (r->sent_bodyct && !sent_before)
           || (r->header_only && rv != AP_FILTER_ERROR);
}

/* Trailers are there when the last brigade passes. */
static apr_status_t on_departure(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    request_rec *r = f->r;
    int is_late = shs_order_drop(r->trailers_out);
    int sent_before = r->sent_bodyct != 0;
    apr_status_t rv;

    if (!f->ctx) {
        f->ctx = f;
        is_late |= shs_order_drop(r->headers_out);
        is_late |= shs_order_drop(r->err_headers_out);
    }
    if (is_late) {
        warn_of_unheard(r, UNHEARD_LATE);
    }
    rv = ap_pass_brigade(f->next, brigade);
    if (have_left(r, rv, sent_before)) {
        shs_headers_sent_mark(f);
        if (shs_chain_of(r)) {
            shs_chain_of(r)->has_left = 1;
        }
    }
    return rv;
}

/* What the filter has not seen is where the program has left it: a filter
 * before ours has failed the response, or headers were gone already. */
static void settle_rest(request_rec *r)
{
    shs_order_t order;

    shs_producer_hand_over(r);
    for (; r; r = r->next) {
        shs_order_take(&order, r);
        settle(r, &order, LOST);
    }
}

void shs_control_register(void)
{
    shs_eor_register(settle_rest);
    /* Of the type of mod_headers' filter, which is added before: what that
     * sets counts too. */
    filter = ap_register_output_filter("SHARED_SESSION_CONTROL", on_response,
                                       NULL, AP_FTYPE_CONTENT_SET);
    /* Behind all that make a response, mod_cache's included, and before those
     * that write it. */
    border = ap_register_output_filter("SHARED_SESSION_BORDER", on_departure,
                                       NULL, AP_FTYPE_PROTOCOL - 1);
}

static void add_filters(request_rec *r, apr_table_t *replaced)
{
    ap_add_output_filter_handle(filter, replaced, r, r->connection);
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
        shs_bypass_warn(r);
    }
}

/* httpd's own page takes the place of a response, and throws its headers away
 * after this hook: those that say what is to become of the session are kept
 * for the filter. When the page is that of an earlier request, because its
 * ErrorDocument failed, they came from that one's place, or are not heard. */
void shs_control_on_insert_error_filter(request_rec *r)
{
    apr_table_t *replaced;

    shs_producer_hand_over(r);
    replaced = shs_order_save(r);
    if (r->next && !apr_is_empty_table(replaced)) {
        warn_of_unheard(r, UNHEARD_REPLACED);
        apr_table_clear(replaced);
    }
    shs_given_restore(r);
    add_filters(r, replaced);
}

/* The first hook of an internal redirect, which takes the response's error
 * headers along, but not the place that they come from. */
int shs_control_on_post_read_request(request_rec *r)
{
    shs_order_t order;
    int status;

    if (!r->prev) {
        return DECLINED;
    }
    if (shs_refusal_is_answered(r)) {
        return DONE;
    }
    shs_order_take(&order, r->prev);
    status = settle(r->prev, &order, r->prev->status);
    if (status != OK) {
        shs_refusal_answer(r, status);
        return DONE;
    }
    return DECLINED;
}

/* Orders of places that are Off are left to be logged; and what was expected in
 * vain, because the connection has failed. */
int shs_control_on_log_transaction(request_rec *r)
{
    shs_eor_forget(r);
    settle_rest(r);
    return DECLINED;
}
