/* SPDX-License-Identifier: Apache-2.0 */
#include "request/headers_sent.h"

/* Its address is the mark. */
static char mark;

void shs_headers_sent_mark(ap_filter_t *f)
{
    f->ctx = &mark;
}

int shs_headers_sent_by(const request_rec *r)
{
    const ap_filter_t *f = NULL;

    for (; r && !f; r = r->next) {
        for (f = r->output_filters; f && f->ctx != &mark; f = f->next) {
        }
    }
    return f != NULL;
}
