/* SPDX-License-Identifier: Apache-2.0
 *
 * producer: which request of a chain of internal redirects has put the control
 * headers into err_headers_out. All of these requests share that table. Each
 * redirect removes what was there before it (request/control/control.h, rule
 * 1). So what is there after the last redirect comes from the last request,
 * until a response's headers leave. After that, the program of an earlier
 * request may add headers too.
 */
#ifndef SHS_REQUEST_CONTROL_PRODUCER_H
#define SHS_REQUEST_CONTROL_PRODUCER_H

#include <httpd.h>

/* Moves the control headers of r->err_headers_out to the headers_out of the
 * request whose place decides on them: the last one of r, r->next ... If the
 * producer is not known, that is the first request whose place has
 * SharedSessionControl or SharedSession Off, so that they are ignored; or the
 * last request, if there is none. */
void shs_producer_assign_order(request_rec *r);

#endif
