/* SPDX-License-Identifier: Apache-2.0
 *
 * headers_sent: a mark on the output filter through which the headers of a
 * response have left. The mark costs nothing, so requests where SharedSession
 * is Off have it too: they may be redirected to a place that is On.
 */
#ifndef SHS_REQUEST_HEADERS_SENT_H
#define SHS_REQUEST_HEADERS_SENT_H

#include <httpd.h>
#include <util_filter.h>

/* Replaces f->ctx, which f may use for other pointers until then. */
void shs_headers_sent_mark(ap_filter_t *f);

/* Whether a filter of r, or of a request to which r was redirected, has the
 * mark. */
int shs_headers_sent_by(const request_rec *r);

#endif
