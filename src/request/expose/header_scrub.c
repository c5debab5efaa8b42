/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/header_scrub.h"

#include <string.h>

#include "config/log.h"
#include "config/own_headers.h"
#include "config/settings.h"
#include "request/expose/table_sweep.h"

APLOG_USE_MODULE(shared_session);

/* The baton of is_forged(). */
typedef struct scrub_t {
    request_rec *r;
    const apr_array_header_t *own_headers;
} scrub_t;

static int is_forged(void *baton, const char *name)
{
    const scrub_t *scrub = baton;

    if (shs_own_headers_is_control(name)) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, scrub->r,
                      SHS_TAG_FORGED "removed the request's header %s, which"
                                     " only a response may have",
                      name);
        return 1;
    }
    if (!shs_own_headers_have(scrub->own_headers, name, strlen(name))) {
        return 0;
    }
    /* After an internal redirect it is the module's own. */
    if (!scrub->r->prev) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, scrub->r,
                      SHS_TAG_FORGED "removed the client's header %s, which"
                                     " SharedSessionHeader sets",
                      name);
    }
    return 1;
}

static void scrub_connection(request_rec *r,
                             const apr_array_header_t *own_headers)
{
    const char *list = apr_table_get(r->headers_in, "Connection");
    const char *kept =
        list ? shs_own_headers_strip(own_headers, list, r->pool) : NULL;

    if (list && !kept) {
        apr_table_unset(r->headers_in, "Connection");
    }
    else if (kept != list) {
        apr_table_setn(r->headers_in, "Connection", kept);
    }
}

void shs_header_scrub_apply(request_rec *r)
{
    scrub_t scrub = { r, shs_settings_of_server(r->server)->own_headers };

    shs_table_sweep_remove(r->headers_in, is_forged, &scrub, r->pool);
    if (scrub.own_headers->nelts > 0) {
        scrub_connection(r, scrub.own_headers);
    }
}
