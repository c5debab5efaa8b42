/* SPDX-License-Identifier: Apache-2.0
 *
 * eor: the end of a client request, on the thread that has run its handler,
 * before httpd passes its end-of-request (EOR) bucket to the connection.
 *
 * httpd logs the transaction, and destroys the request's pool, when that bucket
 * is destroyed: after the client has read all that precedes it, on any worker
 * thread; for an HTTP/2 stream on the thread that serves the whole connection;
 * and never if the child ends first. So log_transaction is not the hook for
 * work that waits for a store, or that must be done.
 */
#ifndef SHS_REQUEST_CONTROL_EOR_H
#define SHS_REQUEST_CONTROL_EOR_H

#include <httpd.h>

/* r is the client request's first request, still alive. The requests to which
 * it was redirected follow it (r->next). */
typedef void (*shs_eor_fn)(request_rec *r);

/* Registers the output filter; once, at start. */
void shs_eor_register(shs_eor_fn on_end);

/* Calls on_end once, at the end of r's client request. r is no subrequest.
 * Allocates once per connection. */
void shs_eor_expect(request_rec *r);

/* For log_transaction: r is about to be destroyed, and its end no longer
 * expected. It still is if a filter of the connection has failed before this
 * one. */
void shs_eor_forget(const request_rec *r);

#endif
