/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/lint_tree.h"

#include <string.h>
#include <strings.h>

#include <apr_strings.h>

int shs_lint_tree_is(const ap_directive_t *directive, const char *name)
{
    return !strcasecmp(directive->directive, name);
}

const char *shs_lint_tree_argument(const shs_lint_tree_t *tree,
                                   const ap_directive_t *directive, int nth)
{
    const char *rest = directive->args;
    const char *argument = "";

    for (; nth >= 0 && rest; --nth) {
        argument = ap_getword_conf(tree->p, &rest);
    }
    return argument;
}

int shs_lint_tree_has_argument(const shs_lint_tree_t *tree,
                               const ap_directive_t *directive,
                               const char *value)
{
    return directive
           && !strcasecmp(shs_lint_tree_argument(tree, directive, 0), value);
}

const char *shs_lint_tree_describe(const shs_lint_tree_t *tree,
                                   const ap_directive_t *directive)
{
    return apr_psprintf(tree->p, "%s %s (%s:%d)", directive->directive,
                        directive->args ? directive->args : "",
                        directive->filename, directive->line_num);
}

void shs_lint_tree_warn(const shs_lint_tree_t *tree, const char *sentence)
{
    APR_ARRAY_PUSH(tree->warnings, const char *) = sentence;
}

static int is_host(const ap_directive_t *directive)
{
    return shs_lint_tree_is(directive, "<VirtualHost");
}

const ap_directive_t *shs_lint_tree_host(const ap_directive_t *directive)
{
    do {
        directive = directive->parent;
    } while (directive && !is_host(directive));
    return directive;
}

const ap_directive_t *shs_lint_tree_section(const ap_directive_t *directive)
{
    return directive->parent && !is_host(directive->parent) ? directive->parent
                                                            : NULL;
}

/* The outermost section around the directive, or NULL. */
static const ap_directive_t *top_of(const ap_directive_t *directive)
{
    const ap_directive_t *top = NULL;

    while ((directive = shs_lint_tree_section(directive)) != NULL) {
        top = directive;
    }
    return top;
}

/* The path of a <Location> or <Directory>. NULL if the section is of another
 * kind or names a pattern. */
static const char *path_of(const shs_lint_tree_t *tree,
                           const ap_directive_t *section)
{
    char *path;
    apr_size_t len;

    if (!shs_lint_tree_is(section, "<Location")
        && !shs_lint_tree_is(section, "<Directory")) {
        return NULL;
    }
    path = apr_pstrdup(tree->p, shs_lint_tree_argument(tree, section, 0));
    len = strcspn(path, ">");
    path[len] = '\0';
    /* "/app/" covers what "/app" covers, except "/app" itself. */
    if (len > 1 && path[len - 1] == '/') {
        path[len - 1] = '\0';
    }
    return strpbrk(path, "~*?[") ? NULL : path;
}

/* Whether `inner` is the path `outer` or below it. */
static int is_below(const char *inner, const char *outer)
{
    apr_size_t len = strlen(outer);

    return !strncmp(inner, outer, len)
           && (!inner[len] || inner[len] == '/'
               || (len > 0 && outer[len - 1] == '/'));
}

/* Whether the section `outer` certainly contains `inner`. */
static int is_around(const shs_lint_tree_t *tree, const ap_directive_t *outer,
                     const ap_directive_t *inner)
{
    const char *outer_path = path_of(tree, outer);
    const char *inner_path = path_of(tree, inner);

    return outer != inner && outer_path && inner_path
           && shs_lint_tree_is(outer, inner->directive)
           && is_below(inner_path, outer_path);
}

/* The last directive of that name in the list, or NULL. */
static const ap_directive_t *last_of(const ap_directive_t *first,
                                     const char *name)
{
    const ap_directive_t *found = NULL;

    for (; first; first = first->next) {
        if (shs_lint_tree_is(first, name)) {
            found = first;
        }
    }
    return found;
}

/* The directive of that name in the sections of the list that contain `top`.
 * The innermost section wins, then the last one. */
static const ap_directive_t *find_around(const shs_lint_tree_t *tree,
                                         const ap_directive_t *top,
                                         const ap_directive_t *first,
                                         const char *name)
{
    const ap_directive_t *best = NULL;
    apr_size_t longest = 0;

    for (; first; first = first->next) {
        const ap_directive_t *found;

        if (!is_around(tree, first, top)
            || (found = last_of(first->first_child, name)) == NULL
            || strlen(path_of(tree, first)) < longest) {
            continue;
        }
        longest = strlen(path_of(tree, first));
        best = found;
    }
    return best;
}

const ap_directive_t *shs_lint_tree_find(const shs_lint_tree_t *tree,
                                         const ap_directive_t *directive,
                                         const char *name)
{
    const ap_directive_t *host = shs_lint_tree_host(directive);
    const ap_directive_t *in_host = host ? host->first_child : NULL;
    const ap_directive_t *top = top_of(directive);
    const ap_directive_t *section = directive;
    const ap_directive_t *found = NULL;

    while (!found && (section = shs_lint_tree_section(section)) != NULL) {
        found = last_of(section->first_child, name);
    }
    if (!found && top && host) {
        found = find_around(tree, top, in_host, name);
    }
    if (!found && top) {
        found = find_around(tree, top, tree->first, name);
    }
    if (!found) {
        found = last_of(in_host, name);
    }
    return found ? found : last_of(tree->first, name);
}

int shs_lint_tree_may_meet(const shs_lint_tree_t *tree,
                           const ap_directive_t *directive,
                           const ap_directive_t *other)
{
    const ap_directive_t *host = shs_lint_tree_host(directive);
    const ap_directive_t *other_host = shs_lint_tree_host(other);
    const ap_directive_t *top = top_of(directive);
    const ap_directive_t *other_top = top_of(other);
    const char *path, *other_path;

    if (host && other_host && host != other_host) {
        return 0;
    }
    if (!top || !other_top || !shs_lint_tree_is(top, other_top->directive)) {
        return 1;
    }
    path = path_of(tree, top);
    other_path = path_of(tree, other_top);
    return !path || !other_path || is_below(path, other_path)
           || is_below(other_path, path);
}

static int may_find_in(const shs_lint_tree_t *tree,
                       const ap_directive_t *directive, const char *name,
                       const char *value, const ap_directive_t *first)
{
    for (; first; first = first->next) {
        if (first == directive) {
            continue;
        }
        if ((shs_lint_tree_is(first, name)
             && (!value || shs_lint_tree_has_argument(tree, first, value))
             && shs_lint_tree_may_meet(tree, directive, first))
            || may_find_in(tree, directive, name, value, first->first_child)) {
            return 1;
        }
    }
    return 0;
}

int shs_lint_tree_may_find(const shs_lint_tree_t *tree,
                           const ap_directive_t *directive, const char *name,
                           const char *value)
{
    return may_find_in(tree, directive, name, value, tree->first);
}
