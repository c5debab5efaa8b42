/* SPDX-License-Identifier: Apache-2.0
 *
 * headers_sent: a mark on the output filter that saw the headers of a response
 * leave. It costs nothing, so requests where SharedSession is Off have it too:
 * what such a request is redirected to may be On.
 */
#ifndef SHS_REQUEST_HEADERS_SENT_H
#define SHS_REQUEST_HEADERS_SENT_H

#include <httpd.h>
#include <util_filter.h>

/* Sets f->ctx, which is f's own until then. */
void shs_headers_sent_mark(ap_filter_t *f);

/* Whether r, or a request that it was redirected to, has the mark. */
int shs_headers_sent_by(const request_rec *r);

#endif
