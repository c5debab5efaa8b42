/* SPDX-License-Identifier: Apache-2.0
 *
 * order_log: the log lines about orders that are not carried out
 * (request/control/control.h, rules 3 and 4) and that no client learns of.
 */
#ifndef SHS_REQUEST_CONTROL_ORDER_LOG_H
#define SHS_REQUEST_CONTROL_ORDER_LOG_H

#include <httpd.h>

/* Why an order is ignored. */
typedef enum shs_order_ignored_t {
    SHS_ORDER_IGNORED_OFF,
    SHS_ORDER_IGNORED_NO_STORE,
    SHS_ORDER_IGNORED_PART,
    SHS_ORDER_IGNORED_REPLACED,
    SHS_ORDER_IGNORED_LATE
} shs_order_ignored_t;

/* Logs a warning once per child and reason, else at debug. */
void shs_order_log_ignored(const request_rec *r, shs_order_ignored_t why);

/* An order has failed with which no response can leave any more, so that the
 * client cannot be told. Logs a warning once per minute and child, else at
 * info. */
void shs_order_log_lost(const request_rec *r, const char *reason);

/* If a program responds to r whose output bypasses httpd's output filters, a
 * CGI script whose name begins with nph- (RFC 3875 section 5), its orders are
 * ignored, and its control headers reach the client. Logs a warning once per
 * child, else at debug; nothing of other programs. */
void shs_order_log_bypass(const request_rec *r);

#endif
