/* SPDX-License-Identifier: Apache-2.0
 *
 * order: what a response asks for of the session, read from the headers that
 * control.h describes. It knows the tables of a response, and neither settings
 * nor sessions.
 *
 * The pairs of X-Session-Set are urlencoded (WHATWG URL standard section 5), so
 * a comma that is not escaped, or white space in a name or at either end of a
 * value, comes of a program that does not escape, of two headers that were
 * joined (RFC 9110 section 5.3) or of a folded line (RFC 9112 section 5.2).
 * What was meant is not to be known: the order is refused, never guessed at.
 */
#ifndef SHS_REQUEST_ORDER_H
#define SHS_REQUEST_ORDER_H

#include <httpd.h>

#include "session/change.h"

typedef enum shs_order_action_t {
    SHS_ORDER_CHANGE, /* no action was named */
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
    const char *error;    /* what is wrong with it, and the cure; or NULL */
} shs_order_t;

/* Reads the headers of r->headers_out and r->err_headers_out, and takes them
 * out. What is read is in r->pool. */
void shs_order_take(shs_order_t *order, request_rec *r);

/* Takes the headers out unread, and keeps them in a table (maybe empty) in
 * r->pool. restore() puts them into r->headers_out. */
apr_table_t *shs_order_save(request_rec *r);
void shs_order_restore(request_rec *r, const apr_table_t *saved);

/* Moves the headers from a table to another, behind those that it has. */
void shs_order_move(apr_table_t *to, apr_table_t *from);

/* Takes the headers out of a table, of trailers too. Returns whether it had
 * any. */
int shs_order_drop(apr_table_t *table);

#endif
