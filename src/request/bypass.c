/* SPDX-License-Identifier: Apache-2.0 */
#include "request/bypass.h"

#include <string.h>

#include <apr_lib.h>
#include <http_request.h>

#include "config/settings.h"
#include "request/log.h"

APLOG_USE_MODULE(shared_session);

static int is_nph(const request_rec *r)
{
    return r->handler && r->filename
           && (!strcmp(r->handler, "cgi-script")
               || !strcmp(r->handler, CGI_MAGIC_TYPE))
           && !strncmp(apr_filepath_name_get(r->filename), "nph-", 4);
}

/* A CGI script of that name writes to the connection itself. */
void shs_bypass_warn(request_rec *r)
{
    static volatile apr_uint32_t is_told;
    int level;

    if (!is_nph(r)) {
        return;
    }
    level = shs_log_level_once(&is_told);

    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_BYPASS
                  "%s writes its answer past httpd's filters: headers"
                  " X-Session-Set, -Unset and -Action of it are not heard, and"
                  " reach the client. Give it a name that does not begin with"
                  " nph-",
                  apr_filepath_name_get(r->filename));
}
