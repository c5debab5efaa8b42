/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_check_counter: another module that authenticates, with AuthType Count: it
 * makes each client "carl", and writes each check into the error log. httpd
 * need not check a subrequest again that has the settings of its page, if all
 * modules have registered their checks so (AP_AUTH_INTERNAL_PER_CONF).
 */
#include <strings.h>

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>

module AP_MODULE_DECLARE_DATA check_counter_module;

static int on_check_access(request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "check_counter: access to %s",
                  r->uri);
    return DECLINED;
}

static int on_check_authn(request_rec *r)
{
    const char *type = ap_auth_type(r);

    if (!type || strcasecmp(type, "Count")) {
        return DECLINED;
    }
    ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "check_counter: login for %s",
                  r->uri);
    r->user = "carl";
    r->ap_auth_type = "Count";
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_check_access(on_check_access, NULL, NULL, APR_HOOK_MIDDLE,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(on_check_authn, NULL, NULL, APR_HOOK_MIDDLE,
                        AP_AUTH_INTERNAL_PER_CONF);
}

AP_DECLARE_MODULE(check_counter) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
};
