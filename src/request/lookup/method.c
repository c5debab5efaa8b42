/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/method.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

/* M_GET is HEAD too. */
static int is_read_only(int method)
{
    return method == M_GET || method == M_OPTIONS;
}

/* An ErrorDocument and a local redirect of a CGI program set r->method to GET.
 * So the request line counts too. */
int shs_method_is_read_only(const request_rec *r)
{
    const char *line = r->the_request;
    const char *end = line ? strchr(line, ' ') : NULL;

    return is_read_only(r->method_number)
           && (!end
               || is_read_only(ap_method_number_of(
                   apr_pstrmemdup(r->pool, line, end - line))));
}
