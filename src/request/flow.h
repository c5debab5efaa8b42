/* SPDX-License-Identifier: Apache-2.0
 *
 * flow: what happens to a request, hook by hook.
 *
 * A client's request may become several request_recs: subrequests (SSI,
 * DirectoryIndex) and internal redirects (ErrorDocument, mod_rewrite). They
 * share one chain, which remembers each lookup; every one of them is a visit
 * of its own, which gets its own directory's exposure.
 *
 *  1. A session is looked up at most once a chain and way of looking.
 *  2. What a request exposes follows from its own settings alone: what came
 *     with it from another request is withdrawn first.
 *  3. A store that failed once is not asked again in the same chain.
 */
#ifndef SHS_REQUEST_FLOW_H
#define SHS_REQUEST_FLOW_H

#include <httpd.h>

/* Hooks, in the order of a request's life. Signatures as http_protocol.h and
 * http_request.h declare them; OK, DECLINED or a status. */
int shs_flow_on_post_read_request(request_rec *r);

/* Looks up and exposes, once for each configuration that the request has in
 * its life: for header_parser, check_access and fixups. */
int shs_flow_on_request(request_rec *r);

void shs_flow_on_insert_filter(request_rec *r);
void shs_flow_on_insert_error_filter(request_rec *r);

#endif
