/* SPDX-License-Identifier: Apache-2.0
 *
 * bypass: responses that bypass httpd's output filters. Control headers in them
 * are ignored, and reach the client (control.h, rule 4).
 */
#ifndef SHS_REQUEST_CONTROL_BYPASS_H
#define SHS_REQUEST_CONTROL_BYPASS_H

#include <httpd.h>

/* If a program of that kind responds to r, a CGI script whose name begins with
 * nph- (RFC 3875 section 5), logs it: once per child as a warning. */
void shs_bypass_warn(request_rec *r);

#endif
