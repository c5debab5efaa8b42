/* SPDX-License-Identifier: Apache-2.0
 *
 * bypass: responses that do not pass httpd's output filters, so that control
 * headers in them are not heard, and leave (control.h, rule 4).
 */
#ifndef SHS_REQUEST_BYPASS_H
#define SHS_REQUEST_BYPASS_H

#include <httpd.h>

/* Logs that r is answered by such a program, a CGI script whose name begins
 * with nph- (RFC 3875 section 5), where it is: once a child as a warning. */
void shs_bypass_warn(request_rec *r);

#endif
