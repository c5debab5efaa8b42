/* SPDX-License-Identifier: Apache-2.0
 *
 * flow: what happens to a request, hook by hook. What a client request and a
 * request context are: request/client_request.h.
 *
 *  1. A client request looks up a session at most once for each way of looking;
 *     once more if only a later place needs the session's time to live.
 *  2. What a request exposes follows from its own settings alone: what came
 *     with it from another request is withdrawn first.
 *  3. A store that failed once is asked for no further lookup or touch in the
 *     same client request. The near-cache may still find a session, such as a
 *     stale one.
 */
#ifndef SHS_REQUEST_FLOW_H
#define SHS_REQUEST_FLOW_H

#include <httpd.h>

/* Retry-After of a 503, in seconds. */
#define SHS_FLOW_RETRY_AFTER_S "5"

/* The answer to a request that cannot be decided because the store gives none:
 * 503, with Retry-After; or OK for the error page of such an answer, which may
 * stand in the same place. `why` is for the log. */
int shs_flow_deny(request_rec *r, const char *why);

/* Hooks, in the order of a request's life. Signatures as http_protocol.h and
 * http_request.h declare them; OK, DECLINED or a status. */
int shs_flow_on_post_read_request(request_rec *r);

/* Looks up the session and exposes it, once for each configuration that the
 * request has in its life: for header_parser, check_access and fixups. */
int shs_flow_on_request(request_rec *r);

void shs_flow_on_insert_filter(request_rec *r);
void shs_flow_on_insert_error_filter(request_rec *r);

#endif
