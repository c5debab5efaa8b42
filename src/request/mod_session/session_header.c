/* SPDX-License-Identifier: Apache-2.0 */
#include "request/mod_session/session_header.h"

#include <strings.h>

#include <apr_optional.h>
#include <http_log.h>
#include <mod_session.h>

#include "../mod_shared_session.h"
#include "config/log.h"

APLOG_USE_MODULE(session_shared);

/* The headers that SessionHeader names in the server's configuration, const
 * char *. Where .htaccess names a header, no session is saved
 * (request/mod_session/htaccess.h). */
static apr_array_header_t *names;

int shs_session_header_on_pre_config(apr_pool_t *pconf, apr_pool_t *plog,
                                     apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    names = apr_array_make(pconf, 2, sizeof(const char *));
    return OK;
}

const char *shs_session_header_note_name(cmd_parms *cmd, void *dir,
                                         const char *name)
{
    (void)dir;
    if (!ap_check_cmd_context(cmd, NOT_IN_HTACCESS)) {
        APR_ARRAY_PUSH(names, const char *) = name;
    }
    return NULL;
}

/* Whether r's place lets programs write their session with this header. */
static int is_allowed(request_rec *r, const char *name)
{
    const session_dir_conf *conf =
        ap_get_module_config(r->per_dir_config, &session_module);
    APR_OPTIONAL_FN_TYPE(shared_session_find) * find;

    if (!conf->enabled || !conf->header_set || strcasecmp(conf->header, name)) {
        return 0;
    }
    find = APR_RETRIEVE_OPTIONAL_FN(shared_session_find);
    return find && find(r) != SHARED_SESSION_OFF;
}

static void warn(request_rec *r, const char *name)
{
    static volatile apr_uint32_t has_warned;
    int level = shs_log_level_once(&has_warned);

    ap_log_rerror(APLOG_MARK, level, 0, r,
                  SHS_TAG_IGNORED
                  "a response that leads to another page has the header %s,"
                  " which is removed and ignored: SessionHeader does not name"
                  " it, or Session or SharedSession is Off, where it came from",
                  name);
}

int shs_session_header_on_post_read_request(request_rec *r)
{
    int i;

    for (i = 0; r->prev && i < names->nelts; ++i) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (apr_table_get(r->err_headers_out, name)
            && !is_allowed(r->prev, name)) {
            apr_table_unset(r->err_headers_out, name);
            warn(r->prev, name);
        }
    }
    return DECLINED;
}
