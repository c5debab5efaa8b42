/* SPDX-License-Identifier: Apache-2.0 */
#include "request/mod_session/htaccess.h"

#include <string.h>

#include <http_config.h>
#include <http_core.h>

/* Whether a module's directives decide what mod_session saves: mod_session
 * itself, its providers, mod_auth_form, and the modules that know users and
 * passwords. Modules that decide what a user may do (mod_authz_...) do not. */
static int handles_login(const module *m)
{
    return !strncmp(m->name, "mod_session", 11)
           || (!strncmp(m->name, "mod_auth", 8)
               && strncmp(m->name, "mod_authz_", 10));
}

static int has_login_directive(const ap_conf_vector_t *config);

static int has_login_section(const apr_array_header_t *sections)
{
    int i;

    for (i = 0; sections && i < sections->nelts; ++i) {
        if (has_login_directive(
                APR_ARRAY_IDX(sections, i, ap_conf_vector_t *))) {
            return 1;
        }
    }
    return 0;
}

/* Whether a part of a .htaccess file, or its <Files> and <If> sections, has a
 * directive of such a module: a module has a configuration there if it has a
 * directive there. */
static int has_login_directive(const ap_conf_vector_t *config)
{
    const core_dir_config *core = ap_get_core_module_config(config);
    const module *m;

    for (m = ap_top_module; m; m = m->next) {
        if (handles_login(m) && ap_get_module_config(config, m)) {
            return 1;
        }
    }
    return core
           && (has_login_section(core->sec_file)
               || has_login_section(core->sec_if));
}

static int configures_login(const request_rec *r)
{
    const struct htaccess_result *file = r->htaccess;

    while (file && !(file->htaccess && has_login_directive(file->htaccess))) {
        file = file->next;
    }
    return file != NULL;
}

/* A subrequest's configuration that came from such a file. It is from the pool
 * of the client request, where FOUND_KEY holds the last one. */
typedef struct found_t {
    const ap_conf_vector_t *config; /* NULL: the subrequest has ended */
    const struct found_t *next;
} found_t;

#define FOUND_KEY "mod_session_shared:htaccess"

static apr_status_t forget(void *found)
{
    ((found_t *)found)->config = NULL;
    return APR_SUCCESS;
}

static const found_t *found_of(const request_rec *first)
{
    void *found = NULL;

    apr_pool_userdata_get(&found, FOUND_KEY, first->pool);
    return found;
}

void shs_htaccess_note_subrequest(const request_rec *first,
                                  const request_rec *r)
{
    found_t *found;

    if (!r->main || !configures_login(r)) {
        return;
    }
    found = apr_palloc(first->pool, sizeof(*found));
    found->config = r->per_dir_config;
    found->next = found_of(first);
    apr_pool_userdata_setn(found, FOUND_KEY, NULL, first->pool);
    apr_pool_cleanup_register(r->pool, found, forget, apr_pool_cleanup_null);
}

static int is_of_subrequest(const request_rec *r, const found_t *found)
{
    while (found && found->config != r->per_dir_config) {
        found = found->next;
    }
    return found != NULL;
}

int shs_htaccess_configures_login(const request_rec *first)
{
    const found_t *found = found_of(first);
    const request_rec *r = first;

    while (r && !configures_login(r) && !is_of_subrequest(r, found)) {
        r = r->next;
    }
    return r != NULL;
}
