/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/lint_access.h"

#include <string.h>
#include <strings.h>

#include <ap_regex.h>
#include <apr_fnmatch.h>
#include <apr_strings.h>

#define REQUIREMENT "shared-session"
#define AUTH_TYPE   "SharedSession"

/* ---------------------------------------------------- what needs a session */

static int is_required(const shs_lint_tree_t *tree,
                       const ap_directive_t *directive, const char *what)
{
    return shs_lint_tree_is(directive, "Require")
           && shs_lint_tree_has_argument(tree, directive, what);
}

/* Require shared-session, or Require not shared-session. */
static int is_requirement(const shs_lint_tree_t *tree,
                          const ap_directive_t *directive)
{
    return is_required(tree, directive, REQUIREMENT)
           || (is_required(tree, directive, "not")
               && !strcasecmp(shs_lint_tree_argument(tree, directive, 1),
                              REQUIREMENT));
}

/* Whether the arguments have an expression with the session. */
static int has_expression(const ap_directive_t *directive)
{
    static const char *const words[] = { "session('", "session(\"",
                                         "session_values(", "%{session:" };
    const char *args = directive->args ? directive->args : "";
    apr_size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (ap_strcasestr(args, words[i])) {
            return 1;
        }
    }
    return 0;
}

/* Whether the session's user meets Require valid-user and the like there. */
static int is_session_login(const shs_lint_tree_t *tree,
                            const ap_directive_t *directive)
{
    const ap_directive_t *type =
        shs_lint_tree_find(tree, directive, "AuthType");
    const ap_directive_t *user =
        shs_lint_tree_find(tree, directive, "SharedSessionUser");

    return type && !shs_lint_tree_has_argument(tree, type, "none")
               ? shs_lint_tree_has_argument(tree, type, AUTH_TYPE)
               : user && !shs_lint_tree_has_argument(tree, user, "none");
}

static int needs_session(const shs_lint_tree_t *tree,
                         const ap_directive_t *directive)
{
    return is_required(tree, directive, REQUIREMENT)
           || ((is_required(tree, directive, "valid-user")
                || is_required(tree, directive, "user"))
               && is_session_login(tree, directive));
}

/* --------------------------------------------------- without SharedSession */

/* httpd evaluates it before it knows the sections that apply. */
static int is_before_sections(const ap_directive_t *directive)
{
    return shs_lint_tree_is(directive, "SetEnvIfExpr")
           && !shs_lint_tree_section(directive);
}

/* One warning per section is enough. */
static int is_first(const shs_lint_tree_t *tree,
                    const ap_directive_t *directive)
{
    const ap_directive_t *first =
        directive->parent ? directive->parent->first_child : tree->first;

    while (first != directive && !is_requirement(tree, first)
           && !has_expression(first)) {
        first = first->next;
    }
    return first == directive;
}

static void check_enabled(const shs_lint_tree_t *tree,
                          const ap_directive_t *directive)
{
    int is_line = is_requirement(tree, directive);
    const ap_directive_t *on;
    int is_off_here;

    if ((!is_line && !has_expression(directive)) || tree->has_htaccess
        || !is_first(tree, directive)) {
        return;
    }
    on = shs_lint_tree_find(tree, directive, "SharedSession");
    is_off_here = on && on->parent == directive->parent
                  && shs_lint_tree_has_argument(tree, on, "Off");
    if (shs_lint_tree_has_argument(tree, on, "On")
        || (!is_off_here && !is_before_sections(directive)
            && shs_lint_tree_may_find(tree, directive, "SharedSession",
                                      "On"))) {
        return;
    }
    shs_lint_tree_warn(
        tree, apr_psprintf(tree->p,
                           "%s %s, as SharedSession is not On there: add"
                           " SharedSession On to that place%s%s",
                           shs_lint_tree_describe(tree, directive),
                           is_line ? "answers each request with 500"
                                   : "sees no session",
                           on ? ", instead of " : "",
                           on ? shs_lint_tree_describe(tree, on) : ""));
}

/* ---------------------------------------------------------- without a user */

static void check_user(const shs_lint_tree_t *tree,
                       const ap_directive_t *directive)
{
    const ap_directive_t *user;

    if (!shs_lint_tree_is(directive, "AuthType")
        || !shs_lint_tree_has_argument(tree, directive, AUTH_TYPE)) {
        return;
    }
    user = shs_lint_tree_find(tree, directive, "SharedSessionUser");
    if (user ? !shs_lint_tree_has_argument(tree, user, "none")
             : tree->has_htaccess
                   || shs_lint_tree_may_find(tree, directive,
                                             "SharedSessionUser", NULL)) {
        return;
    }
    shs_lint_tree_warn(
        tree,
        apr_psprintf(tree->p,
                     "%s knows no user, so that each request needs a login that"
                     " is never there: add SharedSessionUser with the attribute"
                     " that names the user",
                     shs_lint_tree_describe(tree, directive)));
}

/* ----------------------------------------------------- a closed login page */

/* The first argument of a section, without the ">" behind it. */
static char *name_of(const shs_lint_tree_t *tree, const ap_directive_t *section,
                     int nth)
{
    char *name =
        apr_pstrdup(tree->p, shs_lint_tree_argument(tree, section, nth));
    apr_size_t len = strlen(name);

    if (len > 0 && name[len - 1] == '>') {
        name[len - 1] = '\0';
    }
    return name;
}

static int matches(const shs_lint_tree_t *tree, const char *pattern,
                   const char *path)
{
    ap_regex_t *regex = ap_pregcomp(tree->p, pattern, AP_REG_NO_DEFAULT);

    return regex && !ap_regexec(regex, path, 0, NULL, 0);
}

/* Whether a <Location> or <LocationMatch> applies to the path, as httpd's
 * ap_location_walk() decides it. */
static int covers(const shs_lint_tree_t *tree, const ap_directive_t *section,
                  const char *path)
{
    char *name = name_of(tree, section, 0);
    apr_size_t len = strlen(name);

    if (shs_lint_tree_is(section, "<LocationMatch")) {
        return matches(tree, name, path);
    }
    if (!shs_lint_tree_is(section, "<Location")) {
        return 0;
    }
    if (!strcmp(name, "~")) {
        return matches(tree, name_of(tree, section, 1), path);
    }
    if (apr_fnmatch_test(name)) {
        return apr_fnmatch(name, path, APR_FNM_PATHNAME) == APR_SUCCESS;
    }
    return !strncmp(name, path, len)
           && (!path[len] || path[len] == '/' || name[len - 1] == '/');
}

/* Require, <RequireAll>, <RequireAny>, <RequireNone>. */
static int is_any_require(const ap_directive_t *directive)
{
    return !strncasecmp(directive->directive, "Require", 7)
           || !strncasecmp(directive->directive, "<Require", 8);
}

static const ap_directive_t *find_closed(const shs_lint_tree_t *tree,
                                         const ap_directive_t *first,
                                         int is_all);

/* The line by which the requirement needs a session; NULL: it can be met
 * without one. */
static const ap_directive_t *find_line(const shs_lint_tree_t *tree,
                                       const ap_directive_t *directive)
{
    if (shs_lint_tree_is(directive, "<RequireAll")) {
        return find_closed(tree, directive->first_child, 1);
    }
    if (shs_lint_tree_is(directive, "<RequireAny")) {
        return find_closed(tree, directive->first_child, 0);
    }
    return needs_session(tree, directive) ? directive : NULL;
}

/* The same for a list of requirements: one of `is_all`, or each alternative. */
static const ap_directive_t *find_closed(const shs_lint_tree_t *tree,
                                         const ap_directive_t *first,
                                         int is_all)
{
    const ap_directive_t *found = NULL;

    for (; first; first = first->next) {
        const ap_directive_t *line;

        if (!is_any_require(first)) {
            continue;
        }
        line = find_line(tree, first);
        if (line ? is_all : !is_all) {
            return line;
        }
        found = line;
    }
    return found;
}

/* The last section of the list that covers the path and has requirements. */
static const ap_directive_t *find_section(const shs_lint_tree_t *tree,
                                          const ap_directive_t *first,
                                          const char *path)
{
    const ap_directive_t *found = NULL;

    for (; first; first = first->next) {
        const ap_directive_t *line = first->first_child;

        while (line && !is_any_require(line)) {
            line = line->next;
        }
        if (line && covers(tree, first, path)) {
            found = first;
        }
    }
    return found;
}

static void check_login(const shs_lint_tree_t *tree,
                        const ap_directive_t *directive)
{
    const ap_directive_t *host = shs_lint_tree_host(directive);
    const ap_directive_t *section = NULL;
    const ap_directive_t *line;
    char *path;

    if (!shs_lint_tree_is(directive, "SharedSessionLogin")) {
        return;
    }
    path = apr_pstrdup(tree->p, shs_lint_tree_argument(tree, directive, 0));
    path[strcspn(path, "?#")] = '\0';
    /* "none", or the URL of a host that may be another one. */
    if (path[0] != '/') {
        return;
    }
    if (host) {
        section = find_section(tree, host->first_child, path);
    }
    if (!section) {
        section = find_section(tree, tree->first, path);
    }
    line = section ? find_closed(tree, section->first_child, 0) : NULL;
    if (line) {
        shs_lint_tree_warn(
            tree, apr_psprintf(tree->p,
                               "%s leads to a page that %s keeps closed: add"
                               " <Location \"%s\"> with Require all granted"
                               " behind that place",
                               shs_lint_tree_describe(tree, directive),
                               shs_lint_tree_describe(tree, line), path));
    }
}

/* --------------------------------------------------- without a requirement */

/* Whether the directive may need a session, so that a login page or a page for
 * a 403 has a use. */
static int may_refuse(const shs_lint_tree_t *tree,
                      const ap_directive_t *directive)
{
    static const char *const others[] = { "all", "env",   "forward-dns", "host",
                                          "ip",  "local", "method" };
    apr_size_t i;

    if (!shs_lint_tree_is(directive, "Require")) {
        return 0;
    }
    for (i = 0; i < sizeof(others) / sizeof(others[0]); ++i) {
        if (shs_lint_tree_has_argument(tree, directive, others[i])) {
            return 0;
        }
    }
    return 1;
}

static int may_be_refused(const shs_lint_tree_t *tree,
                          const ap_directive_t *directive,
                          const ap_directive_t *first)
{
    for (; first; first = first->next) {
        if ((may_refuse(tree, first)
             && shs_lint_tree_may_meet(tree, directive, first))
            || may_be_refused(tree, directive, first->first_child)) {
            return 1;
        }
    }
    return 0;
}

static void check_use(const shs_lint_tree_t *tree,
                      const ap_directive_t *directive)
{
    if ((!shs_lint_tree_is(directive, "SharedSessionLogin")
         && !shs_lint_tree_is(directive, "SharedSessionForbidden"))
        || shs_lint_tree_has_argument(tree, directive, "none")
        || tree->has_htaccess || may_be_refused(tree, directive, tree->first)) {
        return;
    }
    shs_lint_tree_warn(
        tree, apr_psprintf(tree->p,
                           "%s has no effect, as no requirement there needs a"
                           " session: add Require shared-session, or remove it",
                           shs_lint_tree_describe(tree, directive)));
}

void shs_lint_access_check(const shs_lint_tree_t *tree,
                           const ap_directive_t *directive)
{
    check_enabled(tree, directive);
    check_user(tree, directive);
    check_login(tree, directive);
    check_use(tree, directive);
}
