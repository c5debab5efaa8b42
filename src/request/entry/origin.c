/* SPDX-License-Identifier: Apache-2.0 */
#include "request/entry/origin.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>
#include <apr_uri.h>
#include <http_protocol.h>

static apr_port_t port_of(const apr_uri_t *uri)
{
    return uri->port_str ? uri->port : apr_uri_port_of_scheme(uri->scheme);
}

/* Whether an Origin (RFC 6454) is this server's: scheme, host and port. Behind
 * a proxy that terminates TLS, ServerName gives the scheme. */
static int is_own_origin(request_rec *r, const char *origin)
{
    const char *host = apr_table_get(r->headers_in, "Host");
    apr_uri_t sent, own;

    return host
           && apr_uri_parse(
                  r->pool,
                  apr_pstrcat(r->pool, ap_http_scheme(r), "://", host, NULL),
                  &own)
                  == APR_SUCCESS
           && apr_uri_parse(r->pool, origin, &sent) == APR_SUCCESS
           && sent.scheme && sent.hostname && own.hostname
           && !strcasecmp(sent.scheme, own.scheme)
           && !strcasecmp(sent.hostname, own.hostname)
           && port_of(&sent) == port_of(&own);
}

int shs_origin_is_foreign(request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    const char *origin = apr_table_get(r->headers_in, "Origin");

    if (site) {
        return strcmp(site, "same-origin") && strcmp(site, "none");
    }
    return origin && !is_own_origin(r, origin);
}
