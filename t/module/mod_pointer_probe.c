/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_pointer_probe: another module that keeps a pointer where httpd's tables
 * hold strings, as mod_security2, mod_session_cookie and mod_session_dbd do: in
 * r->notes and in r->subprocess_env. The structure ends at the end of a page
 * that nothing is mapped behind, and holds no NUL: reading it as a string ends
 * the process. Each later hook finds the very pointer again, or fails the
 * request with 500.
 *
 * The handler "pointer-probe" answers with the value of the note or variable
 * that its query names ("note:NAME", "env:NAME"), or "(none)".
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#define NAME "pointer-probe"

/* A name that a wildcard rule makes of an attribute too. */
#define NAMESAKE "session.pointer"

module AP_MODULE_DECLARE_DATA pointer_probe_module;

/* The structure: never freed, for all requests. */
static char *structure;

static void make_structure(apr_pool_t *p, server_rec *s)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)p;
    (void)s;
    if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0) {
        return;
    }
    memset(pages, 0xa5, page);
    structure = pages + page - 64;
}

static void keep(apr_table_t *table)
{
    apr_table_setn(table, NAME, structure);
    apr_table_setn(table, NAMESAKE, structure);
}

static int on_post_read_request(request_rec *r)
{
    if (structure) {
        keep(r->notes);
        keep(r->subprocess_env);
    }
    return DECLINED;
}

static int is_kept(const apr_table_t *table, const char *name)
{
    return apr_table_get(table, name) == structure;
}

/* A subrequest has notes of its own, and its page's variables. */
static int on_fixups(request_rec *r)
{
    int is_there = structure && is_kept(r->subprocess_env, NAME)
                   && (r->main || is_kept(r->notes, NAME));

    if (!is_there) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "pointer_probe: a pointer has become another");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return DECLINED;
}

static int on_log_transaction(request_rec *r)
{
    while (r->next) {
        r = r->next;
    }
    if (!is_kept(r->notes, NAME) || !is_kept(r->subprocess_env, NAME)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "pointer_probe: a pointer has become another");
    }
    return DECLINED;
}

static int on_request(request_rec *r)
{
    const char *value = NULL;

    if (!r->handler || strcmp(r->handler, NAME)) {
        return DECLINED;
    }
    if (r->args && !strncmp(r->args, "note:", 5)) {
        value = apr_table_get(r->notes, r->args + 5);
    }
    else if (r->args && !strncmp(r->args, "env:", 4)) {
        value = apr_table_get(r->subprocess_env, r->args + 4);
    }
    ap_set_content_type(r, "text/plain");
    ap_rputs(value == structure ? "(the pointer)"
             : value            ? value
                                : "(none)",
             r);
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    static const char *const after_it[] = { "mod_shared_session.c", NULL };

    (void)p;
    ap_hook_child_init(make_structure, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(on_post_read_request, NULL, NULL,
                              APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(on_fixups, after_it, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(on_request, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(on_log_transaction, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(pointer_probe) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
};
