/* SPDX-License-Identifier: Apache-2.0
 *
 * navigation: whether a request is a person's navigation to a page, so that a
 * redirect to a login page makes sense; or a request of a script, an image, a
 * WebSocket or another program, for which it makes none.
 */
#ifndef SHS_REQUEST_ACCESS_NAVIGATION_H
#define SHS_REQUEST_ACCESS_NAVIGATION_H

#include <httpd.h>

/* The request headers that decide, for Vary. */
#define SHS_NAVIGATION_VARY "Sec-Fetch-Mode, Accept"

/* Whether it is GET or HEAD, asks for no upgrade, and has Sec-Fetch-Mode:
 * navigate (W3C Fetch Metadata). A client without that header must prefer HTML
 * in its Accept header (RFC 9110 section 12.5.1): it names text/html or
 * application/xhtml+xml, and JSON with no higher weight. */
int shs_navigation_is(const request_rec *r);

#endif
