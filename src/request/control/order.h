/* SPDX-License-Identifier: Apache-2.0
 *
 * order: parses the control headers of a response, which control.h describes.
 * It knows the tables of a response, and neither settings nor sessions.
 *
 * The pairs of X-Session-Set are urlencoded (WHATWG URL standard section 5). So
 * an unescaped comma, or white space in a name or at either end of a value,
 * comes from a program that does not escape, from two headers that were joined
 * (RFC 9110 section 5.3) or from a folded line (RFC 9112 section 5.2). The
 * intention cannot be known: the order is refused, never guessed.
 */
#ifndef SHS_REQUEST_CONTROL_ORDER_H
#define SHS_REQUEST_CONTROL_ORDER_H

#include <httpd.h>

#include "session/change.h"

typedef enum shs_order_action_t {
    SHS_ORDER_CHANGE, /* no action is given */
    SHS_ORDER_CREATE,
    SHS_ORDER_ROTATE,
    SHS_ORDER_DESTROY
} shs_order_action_t;

typedef struct shs_order_t {
    apr_pool_t *p;
    int is_there; /* the response has one of the headers */
    shs_order_action_t action;
    shs_change_t *change; /* NULL unless is_there */
    int count;            /* of changes */
    const char *error;    /* what is wrong and the cure; or NULL */
} shs_order_t;

/* Takes the headers out of r->headers_out and r->err_headers_out, and parses
 * them. The results are in r->pool. */
void shs_order_take(shs_order_t *order, request_rec *r);

/* set_aside() moves the headers, without parsing them, to a table (maybe empty)
 * in r->pool. restore() adds them to r->headers_out. */
apr_table_t *shs_order_set_aside(request_rec *r);
void shs_order_restore(request_rec *r, const apr_table_t *aside);

#endif
