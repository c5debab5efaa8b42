/* SPDX-License-Identifier: Apache-2.0
 *
 * hello: a minimal handler, so that the cost of a session module is a large part
 * of the request. It prints the user of the session, whichever module provides
 * it. The handler hello-login begins a session of mod_session.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

static const char *user_of(const request_rec *r)
{
    const char *user = apr_table_get(r->headers_in, "X-User");

    if (!user) {
        user = apr_table_get(r->subprocess_env, "HTTP_SESSION");
    }
    if (!user) {
        user = r->user;
    }
    return user ? user : "stranger";
}

static int on_handler(request_rec *r)
{
    if (!r->handler || strncmp(r->handler, "hello", 5)) {
        return DECLINED;
    }
    if (!strcmp(r->handler, "hello-login")) {
        apr_table_setn(r->headers_out, "X-Replace-Session", "user=alice");
    }
    ap_set_content_type(r, "text/plain");
    ap_rvputs(r, "hello ", user_of(r), "\n", NULL);
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_handler(on_handler, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(hello) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks
};
