/* SPDX-License-Identifier: Apache-2.0
 *
 * eor: the end of a client request, on the thread that has run its handler,
 * before httpd passes its end-of-request (EOR) bucket to the connection.
 *
 * httpd logs the transaction, and destroys the request's pool, when that bucket
 * is destroyed: once the client has read all that is in front of it, on any
 * worker thread; of an HTTP/2 stream on the thread that serves the whole
 * connection; and never if the child ends before. So log_transaction is no hook
 * for what waits for a store, or must be done.
 */
#ifndef SHS_REQUEST_EOR_H
#define SHS_REQUEST_EOR_H

#include <httpd.h>

/* Gets the first request of the chain, alive, with all that it was redirected
 * to behind it (r->next). */
typedef void (*shs_eor_fn)(request_rec *r);

/* Registers the output filter; once, at start. */
void shs_eor_register(shs_eor_fn on_end);

/* Has on_end called at the end of r's client request, once. r is no
 * subrequest. Allocates once a connection. */
void shs_eor_expect(request_rec *r);

/* For log_transaction: r, which is about to be destroyed, is expected no more.
 * It still is when a filter of the connection has failed before this one. */
void shs_eor_forget(const request_rec *r);

#endif
