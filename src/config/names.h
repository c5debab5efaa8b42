/* SPDX-License-Identifier: Apache-2.0
 *
 * names: which names may carry a session value outside the module, and which
 * header names are equal to programs downstream.
 *
 * CGI (RFC 3875 section 4.1.18) folds header names: letters to upper case, "-"
 * to "_". Servers behind a proxy fold further (PHP also folds "."). So every
 * character that is neither letter nor digit counts as the same here.
 */
#ifndef SHS_CONFIG_NAMES_H
#define SHS_CONFIG_NAMES_H

#include <apr_pools.h>

/* A character as it counts in comparisons of names: letters in lower case,
 * digits, and '-' for all others. It uses ASCII, whatever the locale, and does
 * not query the locale: each character of every exposed name passes through
 * here. */
static inline char shs_names_fold(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
        return c;
    }
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : '-';
}

/* Whether two names fold to the same one. */
int shs_names_is_same(const char *a, const char *b);

/* Returns NULL if the module may remove a request header of that name (with
 * is_prefix: every one that begins so) from clients' requests and set it.
 * Otherwise returns what is wrong and the cure, from p. */
const char *shs_names_check_header(const char *name, int is_prefix,
                                   apr_pool_t *p);

/* The same for an environment variable. */
const char *shs_names_check_env(const char *name, int is_prefix, apr_pool_t *p);

/* The same for a request note. */
const char *shs_names_check_note(const char *name, int is_prefix,
                                 apr_pool_t *p);

/* Whether the name folds to a control header's (config/control_headers.h); with
 * is_prefix: whether one begins so. */
int shs_names_is_control_header(const char *name, int is_prefix);

/* Whether a note of that name is the module's own or one that httpd acts on;
 * with is_prefix: whether one begins so. */
int shs_names_is_reserved_note(const char *name, int is_prefix);

/* Whether a variable of that name belongs to httpd, CGI or a runtime's
 * start-up, so that no session value may use it; with is_prefix: whether one
 * begins so. */
int shs_names_is_reserved_env(const char *name, int is_prefix);

#endif
