/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_reader_probe: another module that reads a request's body at fixups, as
 * mod_security2 does.
 *
 *   ReaderProbe earliest|first|latest|lookup [STATUS]
 *
 * reads it before all other fixups, first among those of REALLY_FIRST, after
 * all others, or in a subrequest that looks up a path (mod_rewrite's -U,
 * MultiViews), and then returns STATUS. It sets the variable READER_SAW to
 * "forged" if the request has a header X-Session-Set then, else to "clean".
 */
#include <stdlib.h>
#include <string.h>

#include <apr_buckets.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

module AP_MODULE_DECLARE_DATA reader_probe_module;

typedef struct probe_t {
    const char *when; /* NULL: never */
    int status;
} probe_t;

static void *create(apr_pool_t *p, char *dir)
{
    (void)dir;
    return apr_pcalloc(p, sizeof(probe_t));
}

static void *merge(apr_pool_t *p, void *base, void *add)
{
    (void)p;
    return ((probe_t *)add)->when ? add : base;
}

static const char *set(cmd_parms *cmd, void *dir, const char *when,
                       const char *status)
{
    probe_t *probe = dir;

    (void)cmd;
    probe->when = when;
    probe->status = status ? atoi(status) : DECLINED;
    return NULL;
}

/* Reads it to the end. httpd's filter reports the end again to later
 * readers. */
static void read_body(request_rec *r)
{
    apr_bucket_brigade *brigade =
        apr_brigade_create(r->pool, r->connection->bucket_alloc);
    int has_ended = 0;

    while (!has_ended
           && ap_get_brigade(r->input_filters, brigade, AP_MODE_READBYTES,
                             APR_BLOCK_READ, HUGE_STRING_LEN)
                  == APR_SUCCESS) {
        has_ended = APR_BRIGADE_EMPTY(brigade)
                    || APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade));
        apr_brigade_cleanup(brigade);
    }
    ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r,
                  "reader_probe: the body was read for %s", r->uri);
}

static int read_at(request_rec *r, const char *when)
{
    const probe_t *probe =
        ap_get_module_config(r->per_dir_config, &reader_probe_module);

    if (!probe->when || strcmp(probe->when, when)) {
        return DECLINED;
    }
    read_body(r);
    apr_table_setn(r->subprocess_env, "READER_SAW",
                   apr_table_get(r->headers_in, "X-Session-Set") ? "forged"
                                                                 : "clean");
    return probe->status;
}

static int on_earliest_fixups(request_rec *r)
{
    return read_at(r, r->main ? "lookup" : "earliest");
}

static int on_first_fixups(request_rec *r)
{
    return r->main ? DECLINED : read_at(r, "first");
}

static int on_last_fixups(request_rec *r)
{
    return r->main ? DECLINED : read_at(r, "latest");
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_fixups(on_earliest_fixups, NULL, NULL, APR_HOOK_REALLY_FIRST - 5);
    ap_hook_fixups(on_first_fixups, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(on_last_fixups, NULL, NULL, APR_HOOK_REALLY_LAST + 5);
}

static const command_rec directives[] = {
    AP_INIT_TAKE12("ReaderProbe", set, NULL, OR_ALL, "when, and a status"),
    { NULL }
};

AP_DECLARE_MODULE(reader_probe) = {
    STANDARD20_MODULE_STUFF, create, merge, NULL, NULL, directives,
    register_hooks,
};
