/* SPDX-License-Identifier: Apache-2.0 */
#include "request/control/order_log.h"

#include <string.h>

#include <apr_lib.h>
#include <http_request.h>

#include "base/clock.h"
#include "config/log.h"

APLOG_USE_MODULE(shared_session);

void shs_order_log_ignored(const request_rec *r, shs_order_ignored_t why)
{
    static volatile apr_uint32_t has_warned[5];
    static const char *const reasons[] = {
        "SharedSessionControl or SharedSession is Off where they came from",
        "the virtual host that they came from has no SharedSessionStore",
        "they came with a part of a page (mod_include)",
        "httpd replaced the response",
        "they came as trailers, or were added after headers had been read"
    };
    int level = shs_log_level_once(&has_warned[why]);

    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_IGNORED
                  "a response from downstream has headers X-Session-Set, -Unset"
                  " or -Action, which are removed and ignored: %s",
                  reasons[why]);
}

void shs_order_log_lost(const request_rec *r, const char *reason)
{
    static volatile apr_uint32_t warned_at;
    int level = shs_log_is_due(&warned_at, shs_clock_now()) ? APLOG_WARNING
                                                            : APLOG_INFO;

    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_UNWRITTEN
                  "a response's order for the session has failed, and the"
                  " client cannot be told: %s",
                  reason);
}

static int is_nph(const request_rec *r)
{
    return r->handler && r->filename
           && (!strcmp(r->handler, "cgi-script")
               || !strcmp(r->handler, CGI_MAGIC_TYPE))
           && !strncmp(apr_filepath_name_get(r->filename), "nph-", 4);
}

/* Such a CGI script writes to the connection itself. */
void shs_order_log_bypass(const request_rec *r)
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
