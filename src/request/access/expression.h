/* SPDX-License-Identifier: Apache-2.0
 *
 * expression: what httpd's expressions (ap_expr.h) see of the session:
 * session('ATTRIBUTE'), the same as %{session:ATTRIBUTE}; and the list
 * session_values('ATTRIBUTE'), for -in.
 *
 * The lookup follows the settings in force where httpd evaluates the
 * expression: for the condition of an <If>, those of the sections around it.
 * Where SharedSession is not On, and without a value, the text and the list are
 * empty; so they are if a text has a control character (base/octets.h). What an
 * expression decides without an answer of the store: access.h, rule 2.
 */
#ifndef SHS_REQUEST_ACCESS_EXPRESSION_H
#define SHS_REQUEST_ACCESS_EXPRESSION_H

/* Registers the functions; once, at start. */
void shs_expression_register(void);

/* Whether an expression of the configuration reads a session. */
int shs_expression_is_used(void);

#endif
