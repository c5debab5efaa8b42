/* SPDX-License-Identifier: Apache-2.0 */
#include "request/htaccess.h"

#include <string.h>

#include <http_config.h>
#include <http_core.h>

/* Whether what a module has to say decides what mod_session saves: mod_session
 * itself, what keeps its sessions, mod_auth_form and what knows its users and
 * their passwords. What they may do then (mod_authz_...) does not. */
static int is_trusted_with_logins(const module *m)
{
    return !strncmp(m->name, "mod_session", 11)
           || (!strncmp(m->name, "mod_auth", 8)
               && strncmp(m->name, "mod_authz_", 10));
}

static int has_such(const ap_conf_vector_t *config);

static int has_such_section(const apr_array_header_t *sections)
{
    int i;

    for (i = 0; sections && i < sections->nelts; ++i) {
        if (has_such(APR_ARRAY_IDX(sections, i, ap_conf_vector_t *))) {
            return 1;
        }
    }
    return 0;
}

/* Whether a part of a .htaccess file has a directive of theirs, in <Files> and
 * <If> too: a module has a configuration there if it has a directive there. */
static int has_such(const ap_conf_vector_t *config)
{
    const core_dir_config *core = ap_get_core_module_config(config);
    const module *m;

    for (m = ap_top_module; m; m = m->next) {
        if (is_trusted_with_logins(m) && ap_get_module_config(config, m)) {
            return 1;
        }
    }
    return core
           && (has_such_section(core->sec_file)
               || has_such_section(core->sec_if));
}

int shs_htaccess_says_logins(const request_rec *first)
{
    const struct htaccess_result *file;
    const request_rec *r;

    for (r = first; r; r = r->next) {
        for (file = r->htaccess; file; file = file->next) {
            if (file->htaccess && has_such(file->htaccess)) {
                return 1;
            }
        }
    }
    return 0;
}
