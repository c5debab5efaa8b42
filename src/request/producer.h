/* SPDX-License-Identifier: Apache-2.0
 *
 * producer: which request of a chain of internal redirects has put the control
 * headers (config/claims.h) into err_headers_out. All of them share that table.
 * Each redirect takes out what was there before it (request/control.h, rule 1),
 * so what is there after the last one is of the last request, as long as no
 * headers of an answer have left: behind that, the program of an earlier
 * request may go on too.
 */
#ifndef SHS_REQUEST_PRODUCER_H
#define SHS_REQUEST_PRODUCER_H

#include <httpd.h>

/* Moves the control headers of r->err_headers_out to the headers_out of the
 * request whose place decides on them: the last one of r, r->next ... Where the
 * producer cannot be told apart, that is the first one whose place has
 * SharedSessionControl or SharedSession Off, if there is any, so that they are
 * not heard. */
void shs_producer_hand_over(request_rec *r);

#endif
