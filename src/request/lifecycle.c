/* SPDX-License-Identifier: Apache-2.0 */
/* For dladdr() and RTLD_NODELETE. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "request/lifecycle.h"

#include <dlfcn.h>

#include <ap_mpm.h>
#include <ap_provider.h>
#include <http_config.h>
#include <http_core.h>

#include "config/check/lint.h"
#include "config/check/place.h"
#include "config/log.h"
#include "config/settings.h"
#include "redis/store_redis.h"
#include "session/id/key.h"
#include "store/store.h"

APLOG_USE_MODULE(shared_session);

/* The stores of this configuration. Set at each start and restart, and
 * inherited by the children. */
static const apr_array_header_t *stores;

/* The warnings about this configuration. */
static apr_array_header_t *overlapping_keys, *mixed_formats, *contradictions;

const apr_array_header_t *shs_lifecycle_stores(void)
{
    return stores;
}

void shs_lifecycle_register(apr_pool_t *p)
{
    int i;

    for (i = 0; shs_store_redis_schemes[i]; ++i) {
        ap_register_provider(p, SHS_PROVIDER_GROUP, shs_store_redis_schemes[i],
                             SHS_PROVIDER_VERSION, &shs_store_redis);
    }
}

static int has_store_anywhere(const server_rec *s)
{
    for (; s; s = s->next) {
        if (shs_settings_of_server(s)->store) {
            return 1;
        }
    }
    return 0;
}

/* Passes the near-cache policies to the stores. Virtual hosts that share a
 * store share its near-cache. */
static int set_caches(server_rec *s)
{
    for (; s; s = s->next) {
        const shs_server_settings_t *settings = shs_settings_of_server(s);
        int i;

        if (!settings->store) {
            continue;
        }
        if (!shs_store_set_cache(settings->store, &settings->cache)) {
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                         SHS_TAG_CONFIG
                         "SharedSessionCache differs from what another virtual"
                         " host says of the same store %s: configure it once,"
                         " in the main server, or name the stores differently",
                         shs_store_describe(settings->store));
            return 0;
        }
        shs_store_add_prefix(settings->store,
                             shs_key_prefix(shs_key_default()));
        for (i = 0; i < settings->keys->nelts; ++i) {
            shs_store_add_prefix(settings->store,
                                 shs_key_prefix(APR_ARRAY_IDX(
                                     settings->keys, i, const shs_key_t *)));
        }
    }
    return 1;
}

/* httpd reads a configuration twice at start: the first time the warnings go to
 * the console, the second time to the log. */
static void log_warnings(int is_first, const server_rec *s)
{
    int i;

    if (is_first
        != (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)) {
        return;
    }
    for (i = 0; i < overlapping_keys->nelts; ++i) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, SHS_TAG_KEYS "%s",
                     APR_ARRAY_IDX(overlapping_keys, i, const char *));
    }
    for (i = 0; i < mixed_formats->nelts; ++i) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, SHS_TAG_FORMATS "%s",
                     APR_ARRAY_IDX(mixed_formats, i, const char *));
    }
    for (i = 0; i < contradictions->nelts; ++i) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, SHS_TAG_LINT "%s",
                     APR_ARRAY_IDX(contradictions, i, const char *));
    }
}

/* Whether the ids of each template have keys: whether OpenSSL, as it is
 * configured, computes a SHA-256 if one is needed. */
static int check_keys(const server_rec *s, apr_pool_t *ptemp)
{
    static const char id[] = "0123456789abcdef";
    shs_octets_t octets = { id, sizeof(id) - 1 };
    shs_session_id_t sid;
    int i;

    shs_session_id_parse(&sid, octets, SHS_SESSION_ID_NO_ROUTE, 0);
    for (; s; s = s->next) {
        const apr_array_header_t *keys = shs_settings_of_server(s)->keys;

        for (i = 0; i < keys->nelts; ++i) {
            const shs_key_t *key = APR_ARRAY_IDX(keys, i, const shs_key_t *);

            if (shs_key_build(key, &sid, ptemp).len == 0) {
                ap_log_error(
                    APLOG_MARK, APLOG_ERR, 0, s,
                    SHS_TAG_CONFIG
                    "SharedSessionKey %s has no keys: " SHS_KEY_NO_DIGEST
                    "; correct its configuration"
                    " (openssl.cnf, OPENSSL_CONF), or write %%{id}",
                    shs_key_describe(key));
                return 0;
            }
        }
    }
    return 1;
}

/* All virtual hosts inherit the main server's sections, so its On may be meant
 * for a virtual host that has a store. A host that has no directive of this
 * module has the main server's settings themselves. */
int shs_lifecycle_on_check_config(apr_pool_t *pconf, apr_pool_t *plog,
                                  apr_pool_t *ptemp, server_rec *s)
{
    const shs_server_settings_t *of_main = shs_settings_of_server(s);
    const server_rec *host;

    (void)plog;
    for (host = s; host; host = host->next) {
        const shs_server_settings_t *settings = shs_settings_of_server(host);
        const char *enabled_line = shs_settings_find_enabled_line(settings);

        if (!enabled_line || settings->store
            || (settings == of_main && has_store_anywhere(s))) {
            continue;
        }
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, host,
                     SHS_TAG_CONFIG
                     "SharedSession On (%s) needs a session"
                     " store: add SharedSessionStore to this virtual host or"
                     " to the main server",
                     enabled_line);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    shs_place_check(&overlapping_keys, &mixed_formats, s, pconf);
    contradictions = shs_lint_check(ap_conftree, pconf);
    log_warnings(1, s);
    return set_caches(s) && check_keys(s, ptemp) ? OK
                                                 : HTTP_INTERNAL_SERVER_ERROR;
}

/* Whether there are children of an earlier configuration. Their clients would
 * lose the server if this one did not start. */
static int is_restart(void)
{
    int generation = 0;

    return ap_mpm_query(AP_MPMQ_GENERATION, &generation) == APR_SUCCESS
           && generation > 0;
}

/* A server that starts reports the error and ends. A server that restarts
 * continues with less memory. */
static int share_cache(shs_store_t *store, apr_pool_t *pconf, server_rec *s)
{
    const char *wanted = shs_store_describe_cache(store, pconf);
    int may_be_less = is_restart();
    apr_status_t rv = shs_store_share_cache(store, may_be_less, pconf);

    if (rv == APR_SUCCESS) {
        return 1;
    }
    if (!may_be_less) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, s,
                     SHS_TAG_CONFIG
                     "there is no memory for the near-cache of the session"
                     " store %s (%s): reduce size= of SharedSessionCache, or"
                     " raise the limit of httpd's address space (ulimit -v,"
                     " LimitAS=)",
                     shs_store_describe(store), wanted);
        return 0;
    }
    ap_log_error(APLOG_MARK, APLOG_WARNING, rv, s,
                 SHS_TAG_NO_MEMORY
                 "there is no memory for the near-cache of the session store %s"
                 " (%s): it continues with %s until the next restart; reduce"
                 " size= of SharedSessionCache, or raise the limit of httpd's"
                 " address space (ulimit -v, LimitAS=)",
                 shs_store_describe(store), wanted,
                 shs_store_describe_cache(store, pconf));
    return 1;
}

int shs_lifecycle_on_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                                 apr_pool_t *ptemp, server_rec *s)
{
    apr_status_t rv;
    int i;

    (void)plog;
    (void)ptemp;
    stores = shs_store_list(pconf);
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    log_warnings(0, s);
    rv = shs_store_share(pconf);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, s,
                     SHS_TAG_CONFIG
                     "there is no shared memory for the session stores' circuit"
                     " breakers and counters");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    for (i = 0; i < stores->nelts; ++i) {
        shs_store_t *store = APR_ARRAY_IDX(stores, i, shs_store_t *);

        if (!share_cache(store, pconf, s)) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                     SHS_TAG_START "session store %s (%s; %s)",
                     shs_store_describe(store),
                     shs_store_describe_options(store),
                     shs_store_describe_cache(store, pconf));
    }
    return OK;
}

/* A thread that resolves a host name may still run when the child exits and
 * modules are unloaded: this module stays loaded. */
static void pin_module(void)
{
    Dl_info info;

    if (dladdr(&shared_session_module, &info) && info.dli_fname) {
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
    }
}

void shs_lifecycle_on_child_init(apr_pool_t *pchild, server_rec *s)
{
    int threads = 1;
    int i;

    pin_module();
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    for (i = 0; i < stores->nelts; ++i) {
        shs_store_t *store = APR_ARRAY_IDX(stores, i, shs_store_t *);

        if (!shs_store_start_child(store, threads, pchild)) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                         SHS_TAG_CONFIG "no memory for the session store %s",
                         shs_store_describe(store));
            exit(APEXIT_CHILDSICK);
        }
    }
}
