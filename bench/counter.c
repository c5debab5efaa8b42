/* SPDX-License-Identifier: Apache-2.0
 *
 * counter: a request to the handler "counter" makes callgrind write what it has
 * counted, and begin again at zero. So the requests between two of these are
 * counted, and nothing of the server's start.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <valgrind/callgrind.h>

static int on_handler(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, "counter")) {
        return DECLINED;
    }
    CALLGRIND_DUMP_STATS;
    ap_set_content_type(r, "text/plain");
    ap_rputs("counted\n", r);
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_handler(on_handler, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(counter) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks
};
