/* SPDX-License-Identifier: Apache-2.0 */
#include "request/control.h"

#include <string.h>

#include <apr_atomic.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "config/settings.h"
#include "request/flow.h"
#include "request/keeper.h"
#include "request/log.h"
#include "session/octets.h"
#include "session/pairs.h"

APLOG_USE_MODULE(shared_session);

#define FAMILY "X-Session-"
#define SET    "X-Session-Set"
#define UNSET  "X-Session-Unset"
#define ACTION "X-Session-Action"

static ap_filter_rec_t *filter;

typedef enum action_t {
    ACTION_CHANGE,
    ACTION_CREATE,
    ACTION_ROTATE,
    ACTION_DESTROY
} action_t;

/* What a response asks for. */
typedef struct order_t {
    apr_pool_t *p;
    int is_there; /* it has one of our headers */
    action_t action;
    shs_change_t *change;
    int count;         /* of changes */
    const char *error; /* what is wrong with it, or NULL */
} order_t;

static const char *take_pair(void *data, shs_octets_t name, shs_octets_t value)
{
    order_t *order = data;

    shs_change_add(order->change, SHS_CHANGE_TEXT, name, value);
    ++order->count;
    return NULL;
}

/* Two headers of a script come joined by ", ", which no urlencoded text holds:
 * as good as "&". */
static int read_set(void *data, const char *key, const char *value)
{
    order_t *order = data;
    char *pairs = apr_pstrdup(order->p, value);
    char *joint = pairs;

    (void)key;
    order->is_there = 1;
    while ((joint = strstr(joint, ", ")) != NULL) {
        joint[0] = joint[1] = '&';
    }
    order->error =
        shs_pairs_read(shs_octets_of(pairs), take_pair, order, order->p);
    return order->error == NULL;
}

static int read_unset(void *data, const char *key, const char *value)
{
    order_t *order = data;
    char *rest = apr_pstrdup(order->p, value);
    char *name;

    (void)key;
    order->is_there = 1;
    while ((name = apr_strtok(rest, ", \t", &rest)) != NULL) {
        shs_octets_t nothing = { "", 0 };
        shs_octets_t octets = { name, 0 };

        if (shs_octets_unescape(name, &octets.len, name, strlen(name), 1)) {
            order->error = "a '%' is not followed by two hexadecimal digits";
            return 0;
        }
        shs_change_add(order->change, SHS_CHANGE_UNSET, octets, nothing);
        ++order->count;
    }
    return 1;
}

static int read_action(void *data, const char *key, const char *value)
{
    static const struct {
        const char *word;
        action_t action;
    } actions[] = { { "create", ACTION_CREATE },
                    { "rotate", ACTION_ROTATE },
                    { "destroy", ACTION_DESTROY } };
    order_t *order = data;
    int i;

    (void)key;
    order->is_there = 1;
    for (i = 0; i < 3; ++i) {
        if (!strcasecmp(value, actions[i].word)) {
            order->action = actions[i].action;
            return 1;
        }
    }
    order->error = "an action is create, rotate or destroy";
    return 0;
}

/* Whether a table has one of our headers, or one that is named alike: every
 * response is looked at, and hardly any has. */
static int has_order(const apr_table_t *table)
{
    const apr_array_header_t *entries = apr_table_elts(table);
    int i;

    for (i = 0; i < entries->nelts; ++i) {
        const char *key = APR_ARRAY_IDX(entries, i, apr_table_entry_t).key;

        if (!strncasecmp(key, FAMILY, strlen(FAMILY))) {
            return 1;
        }
    }
    return 0;
}

/* Reads the headers and takes them out. */
static void take_order(order_t *order, request_rec *r)
{
    apr_table_t *const tables[] = { r->headers_out, r->err_headers_out };
    int i;

    memset(order, 0, sizeof(*order));
    if (!has_order(tables[0]) && !has_order(tables[1])) {
        return;
    }
    order->p = r->pool;
    order->change = shs_change_create(r->pool);
    for (i = 0; i < 2; ++i) {
        if (apr_table_do(read_set, order, tables[i], SET, NULL)
            && apr_table_do(read_unset, order, tables[i], UNSET, NULL)) {
            apr_table_do(read_action, order, tables[i], ACTION, NULL);
        }
    }
    for (i = 0; i < 2; ++i) {
        apr_table_unset(tables[i], SET);
        apr_table_unset(tables[i], UNSET);
        apr_table_unset(tables[i], ACTION);
    }
    if (!order->error) {
        order->error = shs_change_check(order->change);
    }
}

static shs_written_t obey(request_rec *r, const order_t *order)
{
    const shs_change_t *change = order->count > 0 ? order->change : NULL;

    switch (order->action) {
    case ACTION_CREATE:
        return shs_keeper_begin(r, order->change);
    case ACTION_ROTATE:
        return shs_keeper_rotate(r, change);
    case ACTION_DESTROY:
        return shs_keeper_end(r);
    case ACTION_CHANGE:
        break;
    }
    return shs_keeper_change(r, order->change);
}

/* One line a child: whoever sends them will send more. */
static void warn_of_unheard(request_rec *r)
{
    static volatile apr_uint32_t is_told;

    if (apr_atomic_cas32(&is_told, 1, 0) == 0) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      SHS_TAG_UNHEARD
                      "a response from downstream has headers X-Session-Set,"
                      " -Unset or -Action, which are taken out and not heard:"
                      " SharedSessionControl or SharedSession is Off here");
    }
}

/* What the client gets instead of the response; OK: the response. A session
 * that is not there, so that there is nothing to change or end, is none of the
 * client's trouble. */
static int answer(request_rec *r, const order_t *order)
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
        return r->proxyreq ? HTTP_BAD_GATEWAY : HTTP_INTERNAL_SERVER_ERROR;
    case SHS_WRITER_ROTATED:
    case SHS_WRITER_CONFLICT:
    case SHS_WRITER_UNAVAILABLE:
        apr_table_setn(r->err_headers_out, "Retry-After",
                       SHS_FLOW_RETRY_AFTER_S);
        return HTTP_SERVICE_UNAVAILABLE;
    }
    return OK;
}

/* The error page takes the place of the response. Not by an error bucket: the
 * filter that writes headers makes a page of that only when it has thrown
 * r->err_headers_out away, and with them a cookie that is to reach the client
 * all the same. */
static apr_status_t refuse(request_rec *r, apr_bucket_brigade *brigade,
                           int status)
{
    apr_table_setn(r->subprocess_env, "no-cache", "1");
    apr_brigade_cleanup(brigade);
    ap_die(status, r);
    return AP_FILTER_ERROR;
}

static apr_status_t on_response(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    request_rec *r = f->r;
    order_t order;
    int status = OK;

    ap_remove_output_filter(f);
    take_order(&order, r);
    if (order.is_there
        && (!shs_settings_of(r)->control.value || !shs_keeper_find(r))) {
        warn_of_unheard(r);
    }
    else if (order.is_there) {
        status = answer(r, &order);
    }
    return status == OK ? ap_pass_brigade(f->next, brigade)
                        : refuse(r, brigade, status);
}

void shs_control_register(void)
{
    /* Of the type of mod_headers' filter, which is added before: what that
     * sets counts too. */
    filter = ap_register_output_filter("SHARED_SESSION_CONTROL", on_response,
                                       NULL, AP_FTYPE_CONTENT_SET);
}

static int is_client_response(const request_rec *r)
{
    return !r->main && shs_settings_of_server(r->server)->store;
}

void shs_control_on_insert_filter(request_rec *r)
{
    if (is_client_response(r)) {
        ap_add_output_filter_handle(filter, NULL, r, r->connection);
    }
}

/* An error page of httpd's own takes the place of the response, whose orders
 * are gone with it; none of them gets out. */
void shs_control_on_insert_error_filter(request_rec *r)
{
    order_t order;

    if (is_client_response(r)) {
        take_order(&order, r);
    }
}
