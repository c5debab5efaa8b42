/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/lint.h"

#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include "config/check/lint_tree.h"
#include "base/option.h"

#define OURS             "SharedSession"
#define DEFAULT_ABSOLUTE "12h"

typedef struct lint_t {
    shs_lint_tree_t tree;
    apr_array_header_t *said; /* of const char * */
    int has_htaccess;         /* .htaccess may say SharedSession On */
    int has_glue;             /* mod_session_shared is loaded */
} lint_t;

static void say(lint_t *lint, const char *sentence)
{
    APR_ARRAY_PUSH(lint->said, const char *) = sentence;
}

/* The directive as it stands there, and where. */
static const char *quote(const lint_t *lint, const ap_directive_t *word)
{
    return apr_psprintf(lint->tree.p, "%s %s (%s)", word->directive,
                        word->args ? word->args : "",
                        shs_lint_tree_at(&lint->tree, word));
}

static const char *argument(const lint_t *lint, const ap_directive_t *word,
                            int nth)
{
    return shs_lint_tree_argument(&lint->tree, word, nth);
}

/* Whether the directive is there, and its first argument is that word. */
static int says(const lint_t *lint, const ap_directive_t *word,
                const char *value)
{
    return word && !strcasecmp(argument(lint, word, 0), value);
}

static int is_ours(const ap_directive_t *word)
{
    return !strncasecmp(word->directive, OURS, strlen(OURS));
}

static int is_rule(const ap_directive_t *word)
{
    return shs_lint_tree_is(word, "SharedSessionNote")
           || shs_lint_tree_is(word, "SharedSessionEnv")
           || shs_lint_tree_is(word, "SharedSessionHeader");
}

/* One that has a meaning only where SharedSession is On. */
static int is_for_sessions(const ap_directive_t *word)
{
    return is_ours(word) && !shs_lint_tree_is(word, OURS)
           && !shs_lint_tree_is(word, "SharedSessionStore")
           && !shs_lint_tree_is(word, "SharedSessionCache");
}

/* ----------------------------------------------------------- one directive */

/* Rules may be many. Two stores or near-caches are refused elsewhere. */
static void check_twice(lint_t *lint, const ap_directive_t *word)
{
    const ap_directive_t *next = word->next;

    if (!is_ours(word) || is_rule(word)) {
        return;
    }
    while (next && !shs_lint_tree_is(next, word->directive)) {
        next = next->next;
    }
    if (next) {
        say(lint, apr_psprintf(lint->tree.p,
                               "%s and %s stand in one place, where only the"
                               " last counts: remove one",
                               quote(lint, word), quote(lint, next)));
    }
}

static apr_interval_time_t lifetime_of(const lint_t *lint,
                                       const ap_directive_t *word,
                                       const char *otherwise)
{
    apr_interval_time_t lifetime = 0;

    shs_option_parse_lifetime(
        &lifetime, word ? argument(lint, word, 0) : otherwise, lint->tree.p);
    return lifetime;
}

/* Of two words of one place the second is looked at. */
static void check_lifetimes(lint_t *lint, const ap_directive_t *word)
{
    const ap_directive_t *idle, *absolute;

    if (!shs_lint_tree_is(word, "SharedSessionIdleTimeout")
        && !shs_lint_tree_is(word, "SharedSessionAbsoluteTimeout")) {
        return;
    }
    idle = shs_lint_tree_find(&lint->tree, word, "SharedSessionIdleTimeout");
    absolute =
        shs_lint_tree_find(&lint->tree, word, "SharedSessionAbsoluteTimeout");
    if (!idle || (word != idle && word != absolute)
        || (word == idle && absolute && absolute->parent == word->parent)
        || lifetime_of(lint, absolute, DEFAULT_ABSOLUTE)
               >= lifetime_of(lint, idle, NULL)) {
        return;
    }
    say(lint,
        apr_psprintf(lint->tree.p,
                     "%s is longer than %s, after which each session of ours"
                     " ends in any case: raise the latter, or lower the"
                     " former",
                     quote(lint, idle),
                     absolute ? quote(lint, absolute)
                              : "SharedSessionAbsoluteTimeout " DEFAULT_ABSOLUTE
                                " (the default)"));
}

static void check_touch(lint_t *lint, const ap_directive_t *word)
{
    const ap_directive_t *idle;

    if (!shs_lint_tree_is(word, "SharedSessionTouch")) {
        return;
    }
    idle = shs_lint_tree_find(&lint->tree, word, "SharedSessionIdleTimeout");
    if (idle && lifetime_of(lint, word, NULL) > lifetime_of(lint, idle, NULL)) {
        say(lint,
            apr_psprintf(lint->tree.p,
                         "%s is longer than %s, of which half counts instead:"
                         " lower the former",
                         quote(lint, word), quote(lint, idle)));
    }
}

static void check_path(lint_t *lint, const ap_directive_t *word)
{
    const ap_directive_t *format;
    const char *attribute;

    if (!is_rule(word)) {
        return;
    }
    attribute = argument(lint, word, 1);
    format = shs_lint_tree_find(&lint->tree, word, "SharedSessionFormat");
    if (strpbrk(attribute, ".[") && says(lint, format, "form")) {
        say(lint,
            apr_psprintf(lint->tree.p,
                         "%s looks into a structure, and %s has none: only an"
                         " attribute whose whole name is '%s' would be found;"
                         " use another format, or name an attribute",
                         quote(lint, word), quote(lint, format), attribute));
    }
}

static void check_stale(lint_t *lint, const ap_directive_t *word)
{
    const ap_directive_t *cache =
        shs_lint_tree_find(&lint->tree, word, "SharedSessionCache");

    if (shs_lint_tree_is(word, "SharedSessionFailure")
        && strstr(word->args, "stale=") && says(lint, cache, "Off")) {
        say(lint, apr_psprintf(lint->tree.p,
                               "%s has no effect, as there is no near-cache:"
                               " %s; remove one",
                               quote(lint, word), quote(lint, cache)));
    }
}

/* Which of two providers mod_session asks first is a matter of luck. */
static void check_provider(lint_t *lint, const ap_directive_t *word)
{
    const ap_directive_t *on;

    if (!lint->has_glue
        || (strncasecmp(word->directive, "SessionCookieName", 17)
            && strncasecmp(word->directive, "SessionDBDCookieName", 20)
            && !(shs_lint_tree_is(word, "SessionDBDPerUser")
                 && says(lint, word, "On")))) {
        return;
    }
    on = shs_lint_tree_find(&lint->tree, word, OURS);
    if (says(lint, on, "On")) {
        say(lint,
            apr_psprintf(lint->tree.p,
                         "%s gives mod_session another store where %s gives it"
                         " this one: remove %s",
                         quote(lint, word), quote(lint, on), word->directive));
    }
}

/* -------------------------------------------- what needs SharedSession On */

/* Whether some SharedSession On may count together with the directive. */
static int may_be_on(const lint_t *lint, const ap_directive_t *word,
                     const ap_directive_t *first)
{
    for (; first; first = first->next) {
        if ((shs_lint_tree_is(first, OURS) && says(lint, first, "On")
             && shs_lint_tree_may_meet(&lint->tree, word, first))
            || may_be_on(lint, word, first->first_child)) {
            return 1;
        }
    }
    return 0;
}

/* Of a section's directives one is enough. */
static int is_first_for_sessions(const ap_directive_t *word)
{
    const ap_directive_t *first = word->parent->first_child;

    while (first != word && !is_for_sessions(first)) {
        first = first->next;
    }
    return first == word;
}

/* Servers may say the rest for what .htaccess turns on; writing is not for
 * .htaccess. */
static void check_enabled(lint_t *lint, const ap_directive_t *word)
{
    int is_write = (shs_lint_tree_is(word, "SharedSessionControl")
                    && says(lint, word, "On"))
                   || (shs_lint_tree_is(word, "SetHandler")
                       && says(lint, word, "shared-session"));
    const ap_directive_t *on;
    int is_off_here;

    if (!is_write
        && (!is_for_sessions(word) || lint->has_htaccess
            || !shs_lint_tree_section(word) || !is_first_for_sessions(word))) {
        return;
    }
    on = shs_lint_tree_find(&lint->tree, word, OURS);
    is_off_here = on && on->parent == word->parent && says(lint, on, "Off");
    if (says(lint, on, "On") || (is_off_here && !is_write)
        || (!is_off_here && may_be_on(lint, word, lint->tree.first))) {
        return;
    }
    say(lint,
        apr_psprintf(lint->tree.p,
                     "%s %s, as SharedSession is not On there: add"
                     " SharedSession On to that place%s%s",
                     quote(lint, word),
                     shs_lint_tree_is(word, "SharedSessionHeader")
                         ? "only keeps clients from sending that header"
                         : "has no effect",
                     on ? ", instead of " : "", on ? quote(lint, on) : ""));
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
    }
}

apr_array_header_t *shs_lint_find(const ap_directive_t *tree, apr_pool_t *p)
{
    lint_t lint = { { tree, p }, apr_array_make(p, 2, sizeof(char *)), 0, 0 };

    lint.has_htaccess = allows_htaccess(&lint, tree);
    lint.has_glue = ap_find_linked_module("mod_session_shared.c") != NULL;
    check_all(&lint, tree);
    return lint.said;
}
