/* SPDX-License-Identifier: Apache-2.0
 *
 * control_headers: the headers with which a response changes the session
 * (request/control/control.h), and the search for them in a table of headers or
 * trailers. No request may contain them, whatever is On:
 * shs_names_is_control_header() finds them there.
 */
#ifndef SHS_CONFIG_CONTROL_HEADERS_H
#define SHS_CONFIG_CONTROL_HEADERS_H

#include <apr_tables.h>

#define SHS_CONTROL_HEADERS_SET    "X-Session-Set"
#define SHS_CONTROL_HEADERS_UNSET  "X-Session-Unset"
#define SHS_CONTROL_HEADERS_ACTION "X-Session-Action"

/* All of their names, and NULL at the end. */
extern const char *const shs_control_headers[];

/* Whether the table has any of them. */
int shs_control_headers_are_in(const apr_table_t *table);

/* Removes them from the table. Returns whether there were any. */
int shs_control_headers_remove(apr_table_t *table);

/* Adds those of a table to another, after those that it has. move() also
 * removes them from the first. The strings are not copied. */
void shs_control_headers_copy(apr_table_t *to, const apr_table_t *from);
void shs_control_headers_move(apr_table_t *to, apr_table_t *from);

#endif
