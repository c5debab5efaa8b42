/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/lint.h"

#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include "base/option.h"
#include "config/check/lint_access.h"
#include "config/check/lint_secrets.h"
#include "config/check/lint_tree.h"
#include "config/defaults.h"

#define OURS "SharedSession"

typedef struct lint_t {
    shs_lint_tree_t tree;
    int has_glue; /* mod_session_shared is loaded */
} lint_t;

static void warn(lint_t *lint, const char *sentence)
{
    shs_lint_tree_warn(&lint->tree, sentence);
}

static const char *describe(const lint_t *lint, const ap_directive_t *directive)
{
    return shs_lint_tree_describe(&lint->tree, directive);
}

static const char *argument(const lint_t *lint, const ap_directive_t *directive,
                            int nth)
{
    return shs_lint_tree_argument(&lint->tree, directive, nth);
}

static int has_argument(const lint_t *lint, const ap_directive_t *directive,
                        const char *value)
{
    return shs_lint_tree_has_argument(&lint->tree, directive, value);
}

static int is_ours(const ap_directive_t *directive)
{
    return !strncasecmp(directive->directive, OURS, strlen(OURS));
}

static int is_rule(const ap_directive_t *directive)
{
    return shs_lint_tree_is(directive, "SharedSessionNote")
           || shs_lint_tree_is(directive, "SharedSessionEnv")
           || shs_lint_tree_is(directive, "SharedSessionHeader");
}

/* A directive that has a meaning only where SharedSession is On. */
static int is_for_sessions(const ap_directive_t *directive)
{
    return is_ours(directive) && !shs_lint_tree_is(directive, OURS)
           && !shs_lint_tree_is(directive, "SharedSessionStore")
           && !shs_lint_tree_is(directive, "SharedSessionCache");
}

/* ----------------------------------------------------------- one directive */

/* A place may have many rules. A second store or near-cache is refused by its
 * parser. */
static void check_twice(lint_t *lint, const ap_directive_t *directive)
{
    const ap_directive_t *next = directive->next;

    if (!is_ours(directive) || is_rule(directive)) {
        return;
    }
    while (next && !shs_lint_tree_is(next, directive->directive)) {
        next = next->next;
    }
    if (next) {
        warn(lint,
             apr_psprintf(lint->tree.p,
                          "%s and %s are in the same place, where only the last"
                          " applies: remove one",
                          describe(lint, directive), describe(lint, next)));
    }
}

static apr_interval_time_t lifetime_of(const lint_t *lint,
                                       const ap_directive_t *directive,
                                       const char *otherwise)
{
    apr_interval_time_t lifetime = 0;

    shs_option_parse_lifetime(
        &lifetime, directive ? argument(lint, directive, 0) : otherwise,
        lint->tree.p);
    return lifetime;
}

/* If one place has both directives, the second one is checked. */
static void check_lifetimes(lint_t *lint, const ap_directive_t *directive)
{
    const ap_directive_t *idle, *absolute;

    if (!shs_lint_tree_is(directive, "SharedSessionIdleTimeout")
        && !shs_lint_tree_is(directive, "SharedSessionAbsoluteTimeout")) {
        return;
    }
    idle =
        shs_lint_tree_find(&lint->tree, directive, "SharedSessionIdleTimeout");
    absolute = shs_lint_tree_find(&lint->tree, directive,
                                  "SharedSessionAbsoluteTimeout");
    if (!idle || (directive != idle && directive != absolute)
        || (directive == idle && absolute
            && absolute->parent == directive->parent)
        || lifetime_of(lint, absolute, SHS_DEFAULT_ABSOLUTE_TEXT)
               >= lifetime_of(lint, idle, NULL)) {
        return;
    }
    warn(lint,
         apr_psprintf(
             lint->tree.p,
             "%s is longer than %s, after which each session that is"
             " begun here ends in any case: raise the latter, or lower"
             " the former",
             describe(lint, idle),
             absolute
                 ? describe(lint, absolute)
                 : "SharedSessionAbsoluteTimeout " SHS_DEFAULT_ABSOLUTE_TEXT
                   " (the default)"));
}

static void check_touch(lint_t *lint, const ap_directive_t *directive)
{
    const ap_directive_t *idle;

    if (!shs_lint_tree_is(directive, "SharedSessionTouch")) {
        return;
    }
    idle =
        shs_lint_tree_find(&lint->tree, directive, "SharedSessionIdleTimeout");
    if (idle
        && lifetime_of(lint, directive, NULL) > lifetime_of(lint, idle, NULL)) {
        warn(lint,
             apr_psprintf(lint->tree.p,
                          "%s is longer than %s, half of which applies instead:"
                          " lower the former",
                          describe(lint, directive), describe(lint, idle)));
    }
}

/* The attribute that the directive names; "": none. */
static const char *attribute_of(const lint_t *lint,
                                const ap_directive_t *directive)
{
    int nth;

    if (is_rule(directive)) {
        return argument(lint, directive, 1);
    }
    if (shs_lint_tree_is(directive, "SharedSessionUser")) {
        return argument(lint, directive, 0);
    }
    if (!shs_lint_tree_is(directive, "Require")) {
        return "";
    }
    nth = has_argument(lint, directive, "not");
    return strcasecmp(argument(lint, directive, nth), "shared-session")
               ? ""
               : argument(lint, directive, nth + 1);
}

static void check_path(lint_t *lint, const ap_directive_t *directive)
{
    const char *attribute = attribute_of(lint, directive);
    const ap_directive_t *format;

    if (!strpbrk(attribute, ".[")) {
        return;
    }
    format = shs_lint_tree_find(&lint->tree, directive, "SharedSessionFormat");
    if (has_argument(lint, format, "form")) {
        warn(lint,
             apr_psprintf(lint->tree.p,
                          "%s looks into a structure, and %s has none: only an"
                          " attribute whose whole name is '%s' would be found;"
                          " use another format, or name an attribute",
                          describe(lint, directive), describe(lint, format),
                          attribute));
    }
}

static void check_stale(lint_t *lint, const ap_directive_t *directive)
{
    const ap_directive_t *cache =
        shs_lint_tree_find(&lint->tree, directive, "SharedSessionCache");

    if (shs_lint_tree_is(directive, "SharedSessionFailure")
        && strstr(directive->args, "stale=")
        && has_argument(lint, cache, "Off")) {
        warn(lint,
             apr_psprintf(lint->tree.p,
                          "%s has no effect, as there is no near-cache:"
                          " %s; remove one",
                          describe(lint, directive), describe(lint, cache)));
    }
}

/* Which of two providers mod_session asks first is undefined. */
static void check_provider(lint_t *lint, const ap_directive_t *directive)
{
    const ap_directive_t *on;

    if (!lint->has_glue
        || (strncasecmp(directive->directive, "SessionCookieName", 17)
            && strncasecmp(directive->directive, "SessionDBDCookieName", 20)
            && !(shs_lint_tree_is(directive, "SessionDBDPerUser")
                 && has_argument(lint, directive, "On")))) {
        return;
    }
    on = shs_lint_tree_find(&lint->tree, directive, OURS);
    if (has_argument(lint, on, "On")) {
        warn(lint,
             apr_psprintf(lint->tree.p,
                          "%s gives mod_session another store where %s gives it"
                          " this one: remove %s",
                          describe(lint, directive), describe(lint, on),
                          directive->directive));
    }
}

/* -------------------------------------------- what needs SharedSession On */

/* One warning per section is enough. */
static int is_first_for_sessions(const ap_directive_t *directive)
{
    const ap_directive_t *first = directive->parent->first_child;

    while (first != directive && !is_for_sessions(first)) {
        first = first->next;
    }
    return first == directive;
}

/* A server may hold the other directives for a SharedSession On in .htaccess.
 * Directives that write are not allowed in .htaccess. */
static void check_enabled(lint_t *lint, const ap_directive_t *directive)
{
    int is_write = (shs_lint_tree_is(directive, "SharedSessionControl")
                    && has_argument(lint, directive, "On"))
                   || (shs_lint_tree_is(directive, "SetHandler")
                       && has_argument(lint, directive, "shared-session"));
    const ap_directive_t *on;
    int is_off_here;

    if (!is_write
        && (!is_for_sessions(directive) || lint->tree.has_htaccess
            || !shs_lint_tree_section(directive)
            || !is_first_for_sessions(directive))) {
        return;
    }
    on = shs_lint_tree_find(&lint->tree, directive, OURS);
    is_off_here =
        on && on->parent == directive->parent && has_argument(lint, on, "Off");
    if (has_argument(lint, on, "On") || (is_off_here && !is_write)
        || (!is_off_here
            && shs_lint_tree_may_find(&lint->tree, directive, OURS, "On"))) {
        return;
    }
    warn(lint,
         apr_psprintf(lint->tree.p,
                      "%s %s, as SharedSession is not On there: add"
                      " SharedSession On to that place%s%s",
                      describe(lint, directive),
                      shs_lint_tree_is(directive, "SharedSessionHeader")
                          ? "only keeps clients from sending that header"
                          : "has no effect",
                      on ? ", instead of " : "", on ? describe(lint, on) : ""));
}

/* A virtual host inherits SharedSession On from the main server, which may have
 * no store because others have theirs. It is not meant for a host that says
 * nothing of sessions. */
static void check_store(lint_t *lint, const ap_directive_t *directive)
{
    const ap_directive_t *on;

    if (!is_for_sessions(directive) || !shs_lint_tree_host(directive)
        || !is_first_for_sessions(directive)
        || shs_lint_tree_find(&lint->tree, directive, OURS "Store")) {
        return;
    }
    on = shs_lint_tree_find(&lint->tree, directive, OURS);
    if (has_argument(lint, on, "On")) {
        warn(lint,
             apr_psprintf(lint->tree.p,
                          "%s and %s find no session, as this virtual host has"
                          " no store: add SharedSessionStore to it or to the"
                          " main server, or SharedSession Off to it",
                          describe(lint, directive), describe(lint, on)));
    }
}

/* ----------------------------------------------------------------- the tree */

/* Whether AllowOverride lets a .htaccess file say SharedSession. */
static int allows_htaccess(const lint_t *lint, const ap_directive_t *first)
{
    for (; first; first = first->next) {
        if ((shs_lint_tree_is(first, "AllowOverride")
             && (ap_strcasestr(first->args, "All")
                 || ap_strcasestr(first->args, "AuthConfig")))
            || (shs_lint_tree_is(first, "AllowOverrideList")
                && ap_strcasestr(first->args, OURS))
            || allows_htaccess(lint, first->first_child)) {
            return 1;
        }
    }
    return 0;
}

static void check_all(lint_t *lint, const ap_directive_t *first)
{
    for (; first; first = first->next) {
        shs_lint_access_check(&lint->tree, first);
        shs_lint_secrets_check(&lint->tree, first);
        if (first->first_child) {
            check_all(lint, first->first_child);
            continue;
        }
        check_twice(lint, first);
        check_lifetimes(lint, first);
        check_touch(lint, first);
        check_path(lint, first);
        check_stale(lint, first);
        check_provider(lint, first);
        check_enabled(lint, first);
        check_store(lint, first);
    }
}

apr_array_header_t *shs_lint_check(const ap_directive_t *tree, apr_pool_t *p)
{
    lint_t lint = { { tree, apr_array_make(p, 2, sizeof(char *)), 0, p }, 0 };

    lint.tree.has_htaccess = allows_htaccess(&lint, tree);
    lint.has_glue = ap_find_linked_module("mod_session_shared.c") != NULL;
    check_all(&lint, tree);
    return lint.tree.warnings;
}
