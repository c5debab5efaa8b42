/* SPDX-License-Identifier: Apache-2.0
 *
 * origin: which site's page made a browser send a request, by the Fetch
 * metadata (Sec-Fetch-Site) and by Origin (RFC 6454).
 */
#ifndef SHS_REQUEST_ENTRY_ORIGIN_H
#define SHS_REQUEST_ENTRY_ORIGIN_H

#include <httpd.h>

/* Whether the browser says that another site's page sent the request: 1; else
 * 0, also if the request says nothing, as programs' requests do. */
int shs_origin_is_foreign(request_rec *r);

#endif
