/* SPDX-License-Identifier: Apache-2.0 */
#include "request/producer.h"

#include "config/settings.h"
#include "request/chain.h"
#include "request/order.h"

/* Whether the last request alone can have put anything there. One without a
 * visit has not come to its own settings: another module may have ended it
 * before what came earlier was taken out. After DirectoryIndex or MultiViews it
 * has a table of its own. */
static int is_of_last(const request_rec *r, const request_rec *last)
{
    const shs_visit_t *visit = shs_chain_visit_of(last);

    return visit && !visit->chain->has_left
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

void shs_producer_hand_over(request_rec *r)
{
    request_rec *producer = find_producer(r);

    if (producer != r) {
        shs_order_move(producer->headers_out, r->err_headers_out);
    }
}
