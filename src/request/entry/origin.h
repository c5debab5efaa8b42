/* SPDX-License-Identifier: Apache-2.0
 *
 * origin: whose page a browser has sent a request for, by the Fetch metadata
 * (Sec-Fetch-Site) and by Origin (RFC 6454).
 */
#ifndef SHS_REQUEST_ENTRY_ORIGIN_H
#define SHS_REQUEST_ENTRY_ORIGIN_H

#include <httpd.h>

/* Whether the browser says that another site's page has sent the request: 1, or
 * 0, also where it says nothing, as programs do. */
int shs_origin_is_foreign(request_rec *r);

#endif
