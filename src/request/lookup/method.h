/* SPDX-License-Identifier: Apache-2.0
 *
 * method: whether the method of a client request allows a stale session.
 */
#ifndef SHS_REQUEST_LOOKUP_METHOD_H
#define SHS_REQUEST_LOOKUP_METHOD_H

#include <httpd.h>

/* Whether the client's method is GET, HEAD or OPTIONS, which write nothing. r
 * is the request as the client sent it, not a subrequest or redirect. */
int shs_method_is_read_only(const request_rec *r);

#endif
