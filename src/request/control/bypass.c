/* SPDX-License-Identifier: Apache-2.0 */
#include "request/control/bypass.h"

#include <string.h>

#include <apr_lib.h>
#include <http_request.h>

#include "config/log.h"
#include "config/settings.h"

APLOG_USE_MODULE(shared_session);

static int is_nph(const request_rec *r)
{
    return r->handler && r->filename
           && (!strcmp(r->handler, "cgi-script")
               || !strcmp(r->handler, CGI_MAGIC_TYPE))
           && !strncmp(apr_filepath_name_get(r->filename), "nph-", 4);
}

/* Such a CGI script writes to the connection itself. */
void shs_bypass_warn(request_rec *r)
{
    static volatile apr_uint32_t has_warned;
    int level;

    if (!is_nph(r)) {
        return;
    }
    level = shs_log_level_once(&has_warned);

    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_BYPASS
                  "%s bypasses httpd's output filters: its headers"
                  " X-Session-Set, -Unset and -Action are ignored, and reach"
                  " the client; give it a name that does not begin with nph-",
                  apr_filepath_name_get(r->filename));
}
