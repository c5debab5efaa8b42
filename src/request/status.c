/* SPDX-License-Identifier: Apache-2.0 */
#include "request/status.h"

#include <http_config.h>
#include <http_protocol.h>
#include <mod_status.h>

#include "request/lifecycle.h"
#include "store/store.h"

/* One store's part of the page. */
typedef struct part_t {
    request_rec *r;
    int number;
    int is_short;
} part_t;

static void write_row(void *baton, const shs_metric_t *metric,
                      const char *value)
{
    const part_t *part = baton;

    if (part->is_short) {
        ap_rprintf(part->r, "SharedSessionStore%d%s: %s\n", part->number,
                   metric->name, value);
    }
    else {
        ap_rprintf(part->r, "<tr><td>%s</td><td>%s</td></tr>\n", metric->name,
                   ap_escape_html(part->r->pool, value));
    }
}

static void write_store(part_t *part, const shs_store_t *store)
{
    request_rec *r = part->r;
    const char *description = shs_store_describe(store);

    if (part->is_short) {
        ap_rprintf(r, "SharedSessionStore%d: %s\n", part->number, description);
        shs_store_report(write_row, part, store, r->pool);
        return;
    }
    ap_rprintf(r, "<table border=\"0\"><tr><th colspan=\"2\">%s</th></tr>\n",
               ap_escape_html(r->pool, description));
    shs_store_report(write_row, part, store, r->pool);
    ap_rputs("</table>\n", r);
}

int shs_status_on_page(request_rec *r, int flags)
{
    const apr_array_header_t *stores = shs_lifecycle_stores();
    part_t part = { r, 0, flags & AP_STATUS_SHORT };

    if (stores->nelts > 0 && !part.is_short) {
        ap_rputs("<hr />\n<h2>Session stores (mod_shared_session), since the"
                 " last restart</h2>\n",
                 r);
    }
    for (part.number = 0; part.number < stores->nelts; ++part.number) {
        write_store(&part, APR_ARRAY_IDX(stores, part.number, shs_store_t *));
    }
    return OK;
}

void shs_status_register(apr_pool_t *p)
{
    (void)p;
    APR_OPTIONAL_HOOK(ap, status_hook, shs_status_on_page, NULL, NULL,
                      APR_HOOK_MIDDLE);
}
