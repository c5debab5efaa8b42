/* SPDX-License-Identifier: Apache-2.0
 *
 * control_headers: the names of the headers with which a response changes the
 * session (request/control/control.h). No request may contain them, whatever is
 * On: shs_names_is_control_header() finds them there.
 */
#ifndef SHS_CONFIG_CONTROL_HEADERS_H
#define SHS_CONFIG_CONTROL_HEADERS_H

#define SHS_CONTROL_HEADER_SET    "X-Session-Set"
#define SHS_CONTROL_HEADER_UNSET  "X-Session-Unset"
#define SHS_CONTROL_HEADER_ACTION "X-Session-Action"

/* All of them, and NULL at the end. */
extern const char *const shs_control_headers[];

#endif
