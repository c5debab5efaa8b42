/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_shared_session: looks up the session that a request's cookie names in an
 * external store, and exposes it to every downstream handler.
 *
 * This file is the module's table of contents: its hooks in the order of a
 * server's and a request's life. src/README.md says where everything is.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include "config/directive/directives.h"
#include "config/settings.h"
#include "request/access/access.h"
#include "request/control/control.h"
#include "request/control/refusal.h"
#include "request/entry/api.h"
#include "request/entry/resource.h"
#include "request/expose/header_scrub.h"
#include "request/flow.h"
#include "request/lifecycle.h"
#include "request/status.h"

/* From the start of a request to its handler. */
static void register_request_hooks(void)
{
    static const char *const after_rewrite[] = { "mod_rewrite.c", NULL };
    static const char *const after_setenvif[] = { "mod_setenvif.c", NULL };
    static const char *const after_dir[] = { "mod_dir.c", NULL };
    static const char *const after_headers[] = { "mod_headers.c", NULL };

    /* Before mod_cache's quick handler and any reading of headers or body. */
    ap_hook_post_read_request(shs_flow_on_post_read_request, NULL, NULL,
                              APR_HOOK_REALLY_FIRST);
    /* After flow's hook, which withdraws what an internal redirect brought. */
    ap_hook_post_read_request(shs_control_on_post_read_request, NULL, NULL,
                              APR_HOOK_REALLY_FIRST + 1);
    /* The first hook at which the directory's settings are final; it precedes
     * every access check. */
    ap_hook_header_parser(shs_flow_on_request, after_setenvif, NULL,
                          APR_HOOK_MIDDLE);
    ap_hook_header_parser(shs_access_on_request, after_setenvif, NULL,
                          APR_HOOK_MIDDLE + 1);
    /* The first hook of a subrequest. httpd skips it if the subrequest has its
     * page's directory; then fixups is the first. */
    ap_hook_check_access(shs_flow_on_request, NULL, NULL, APR_HOOK_REALLY_FIRST,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_access(shs_access_on_request, NULL, NULL,
                         APR_HOOK_REALLY_FIRST + 1, AP_AUTH_INTERNAL_PER_CONF);
    /* Around the hooks of all other modules. */
    ap_hook_check_access_ex(shs_access_on_check_access_ex, NULL, NULL,
                            APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(shs_access_on_check_authn, NULL, NULL,
                        APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authz(shs_access_on_check_authz, NULL, NULL,
                        APR_HOOK_REALLY_FIRST, AP_AUTH_INTERNAL_PER_CONF);
    /* MultiViews has dropped header_scrub's filter, and mod_security2 reads the
     * body at its first fixup. DirectoryIndex may drop the filter again. */
    ap_hook_fixups(shs_header_scrub_on_fixups, NULL, NULL,
                   APR_HOOK_REALLY_FIRST - 1);
    ap_hook_fixups(shs_flow_on_request, after_rewrite, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(shs_access_on_fixups, after_rewrite, NULL,
                   APR_HOOK_MIDDLE + 1);
    ap_hook_fixups(shs_header_scrub_on_fixups, after_dir, NULL, APR_HOOK_LAST);
    ap_hook_fixups(shs_access_on_last_fixup, after_headers, NULL,
                   APR_HOOK_REALLY_LAST);
}

/* From the handler to the end of the request. */
static void register_response_hooks(void)
{
    static const char *const after_headers[] = { "mod_headers.c", NULL };

    ap_hook_insert_filter(shs_header_scrub_on_insert_filter, NULL, NULL,
                          APR_HOOK_MIDDLE);
    /* The first adds the response filter, the second marks the response. */
    ap_hook_insert_filter(shs_control_on_insert_filter, after_headers, NULL,
                          APR_HOOK_REALLY_LAST);
    ap_hook_insert_filter(shs_flow_on_insert_filter, after_headers, NULL,
                          APR_HOOK_REALLY_LAST + 1);
    ap_hook_insert_filter(shs_access_on_insert_filter, after_headers, NULL,
                          APR_HOOK_REALLY_LAST + 2);
    ap_hook_handler(shs_resource_serve, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_error_filter(shs_header_scrub_on_insert_filter, NULL, NULL,
                                APR_HOOK_MIDDLE);
    ap_hook_insert_error_filter(shs_access_on_insert_error_filter, NULL, NULL,
                                APR_HOOK_MIDDLE);
    ap_hook_insert_error_filter(shs_control_on_insert_error_filter,
                                after_headers, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_insert_error_filter(shs_flow_on_insert_error_filter, after_headers,
                                NULL, APR_HOOK_REALLY_LAST + 1);
    ap_hook_log_transaction(shs_header_scrub_on_log_transaction, NULL, NULL,
                            APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(shs_control_on_log_transaction, NULL, NULL,
                            APR_HOOK_FIRST);
}

static void register_hooks(apr_pool_t *p)
{
    shs_lifecycle_register(p);
    ap_hook_check_config(shs_lifecycle_on_check_config, NULL, NULL,
                         APR_HOOK_MIDDLE);
    ap_hook_post_config(shs_lifecycle_on_post_config, NULL, NULL,
                        APR_HOOK_LAST);
    ap_hook_child_init(shs_lifecycle_on_child_init, NULL, NULL,
                       APR_HOOK_MIDDLE);
    register_request_hooks();
    register_response_hooks();
    shs_access_register(p);
    shs_api_register();
    shs_header_scrub_register();
    shs_control_register();
    shs_refusal_register("SHARED_SESSION_SINK");
    shs_status_register(p);
}

AP_DECLARE_MODULE(shared_session) = {
    STANDARD20_MODULE_STUFF,
    shs_settings_create,
    shs_settings_merge,
    shs_settings_create_server,
    shs_settings_merge_server,
    shs_directives,
    register_hooks,
};
