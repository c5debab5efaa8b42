/* SPDX-License-Identifier: Apache-2.0 */
#include "request/access/navigation.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>

/* A part of a header's value. */
typedef struct span_t {
    const char *data;
    apr_size_t len;
} span_t;

static span_t trim(const char *from, const char *to)
{
    span_t span;

    while (from < to && apr_isspace(*from)) {
        ++from;
    }
    while (to > from && apr_isspace(to[-1])) {
        --to;
    }
    span.data = from;
    span.len = (apr_size_t)(to - from);
    return span;
}

static int is(span_t span, const char *text)
{
    return span.len == strlen(text) && !strncasecmp(span.data, text, span.len);
}

static const char *end_at(const char *from, const char *to, char c)
{
    const char *end = memchr(from, c, (apr_size_t)(to - from));

    return end ? end : to;
}

/* The weight of a media range in thousandths: its parameter q, or 1000. */
static int weight_of(const char *from, const char *to)
{
    while (from < to) {
        const char *end = end_at(from, to, ';');
        span_t parameter = trim(from, end);

        if (parameter.len >= 2 && apr_tolower(parameter.data[0]) == 'q'
            && parameter.data[1] == '=') {
            int weight = 0, scale = 1000;
            apr_size_t i;

            for (i = 2; i < parameter.len && scale > 0; ++i) {
                if (apr_isdigit(parameter.data[i])) {
                    weight += (parameter.data[i] - '0') * scale;
                    scale /= 10;
                }
            }
            return weight > 1000 ? 1000 : weight;
        }
        from = end < to ? end + 1 : to;
    }
    return 1000;
}

static int is_html(span_t type)
{
    return is(type, "text/html") || is(type, "application/xhtml+xml");
}

static int is_json(span_t type)
{
    return is(type, "application/json")
           || (type.len > 5
               && !strncasecmp(type.data + type.len - 5, "+json", 5));
}

static int prefers_html(const char *accept)
{
    const char *end_of_all = accept + strlen(accept);
    int html = 0, json = 0;

    while (accept < end_of_all) {
        const char *end = end_at(accept, end_of_all, ',');
        const char *parameters = end_at(accept, end, ';');
        span_t type = trim(accept, parameters);
        int weight = weight_of(parameters < end ? parameters + 1 : end, end);

        if (is_html(type) && weight > html) {
            html = weight;
        }
        else if (is_json(type) && weight > json) {
            json = weight;
        }
        accept = end < end_of_all ? end + 1 : end_of_all;
    }
    return html > 0 && html >= json;
}

int shs_navigation_is(const request_rec *r)
{
    const char *mode = apr_table_get(r->headers_in, "Sec-Fetch-Mode");
    const char *accept;

    if (r->method_number != M_GET || apr_table_get(r->headers_in, "Upgrade")) {
        return 0;
    }
    if (mode) {
        return !strcasecmp(mode, "navigate");
    }
    accept = apr_table_get(r->headers_in, "Accept");
    return accept && prefers_html(accept);
}
