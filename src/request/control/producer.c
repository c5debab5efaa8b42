/* SPDX-License-Identifier: Apache-2.0 */
#include "request/control/producer.h"

#include "config/control_headers.h"
#include "config/settings.h"
#include "request/client_request.h"

/* Whether only the last request can have added the headers. A request without a
 * context has not reached its own settings: another module may have ended it
 * before earlier headers were removed. After DirectoryIndex or MultiViews it
 * has a table of its own. */
static int is_of_last(const request_rec *r, const request_rec *last)
{
    const shs_request_context_t *context = shs_client_request_context_of(last);

    return context && !context->client_request->has_left
           && last->err_headers_out == r->err_headers_out;
}

static int is_on(const request_rec *r)
{
    const shs_settings_t *settings = shs_settings_of(r);

    return settings->enabled.value && settings->control.value;
}

static request_rec *find_producer(request_rec *r)
{
    request_rec *last = r;

    while (last->next) {
        last = last->next;
    }
    if (is_of_last(r, last)) {
        return last;
    }
    while (r != last && is_on(r)) {
        r = r->next;
    }
    return r;
}

void shs_producer_assign_order(request_rec *r)
{
    request_rec *producer = find_producer(r);

    if (producer != r) {
        shs_control_headers_move(producer->headers_out, r->err_headers_out);
    }
}
