/* SPDX-License-Identifier: Apache-2.0 */
#include "request/control/eor.h"

#include <http_config.h>
#include <http_request.h>
#include <util_filter.h>

#include "config/settings.h"

static ap_filter_rec_t *filter;
static shs_eor_fn registered;

/* The filter's state for one connection. The next request of the connection is
 * read after the EOR bucket of the one before has passed. */
typedef struct state_t {
    request_rec *first; /* the request whose end is expected, or NULL */
} state_t;

/* The EOR bucket comes in a brigade of its own. */
static apr_status_t on_brigade(ap_filter_t *f, apr_bucket_brigade *brigade)
{
    state_t *state = f->ctx;
    request_rec *first = state->first;

    if (first && !APR_BRIGADE_EMPTY(brigade)
        && AP_BUCKET_IS_EOR(APR_BRIGADE_LAST(brigade))) {
        state->first = NULL;
        registered(first);
    }
    return ap_pass_brigade(f->next, brigade);
}

void shs_eor_register(shs_eor_fn on_end)
{
    registered = on_end;
    filter = ap_register_output_filter("SHARED_SESSION_EOR", on_brigade, NULL,
                                       AP_FTYPE_CONNECTION);
}

static state_t *state_of(const conn_rec *c)
{
    return ap_get_module_config(c->conn_config, &shared_session_module);
}

void shs_eor_expect(request_rec *r)
{
    conn_rec *c = r->connection;
    state_t *state = state_of(c);

    if (!state) {
        state = apr_pcalloc(c->pool, sizeof(*state));
        ap_set_module_config(c->conn_config, &shared_session_module, state);
        ap_add_output_filter_handle(filter, state, r, c);
    }
    while (r->prev) {
        r = r->prev;
    }
    state->first = r;
}

void shs_eor_forget(const request_rec *r)
{
    state_t *state = state_of(r->connection);

    if (state && state->first == r) {
        state->first = NULL;
    }
}
