/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_pipe_probe: a handler, pipe-probe, whose answer begins and then fails
 * within one call of ap_pass_brigade(): "page" from a pipe, and a read that
 * gets no more in time. It returns 500 then.
 */
#include <apr_buckets.h>
#include <apr_file_io.h>
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <util_filter.h>

static int on_handler(request_rec *r)
{
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, alloc);
    apr_file_t *in, *out;

    if (!r->handler || strcmp(r->handler, "pipe-probe")) {
        return DECLINED;
    }
    if (apr_file_pipe_create(&in, &out, r->pool) != APR_SUCCESS
        || apr_file_puts("page", out) != APR_SUCCESS) {
        return HTTP_SERVICE_UNAVAILABLE;
    }
    apr_file_pipe_timeout_set(in, apr_time_from_msec(100));
    ap_set_content_type(r, "text/plain");
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_pipe_create(in, alloc));
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(alloc));
    return ap_pass_brigade(r->output_filters, brigade) == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_handler(on_handler, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA pipe_probe_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
};
