/* SPDX-License-Identifier: Apache-2.0
 *
 * names: which names a session value may take outside, and when two header
 * names are one to whoever is downstream.
 *
 * CGI (RFC 3875 section 4.1.18) folds header names: letters to upper case,
 * "-" to "_". Servers behind a proxy fold further (PHP also "."), so here
 * every character that is no letter or digit counts as the same.
 */
#ifndef SHS_CONFIG_NAMES_H
#define SHS_CONFIG_NAMES_H

#include <apr_pools.h>

/* How a character of a name counts when names are compared: letters in lower
 * case, digits, and '-' for all others. By ASCII, whatever the locale, and
 * without asking it: each character of every name that goes out passes. */
static inline char shs_names_fold(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
        return c;
    }
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : '-';
}

/* Whether two names fold to one. */
int shs_names_is_same(const char *a, const char *b);

/* Returns NULL when a request header of that name (with is_prefix: every one
 * that begins so) may be taken from clients and set by us, else what is wrong
 * and the cure, from p. */
const char *shs_names_check_header(const char *name, int is_prefix,
                                   apr_pool_t *p);

/* The same for an environment variable. */
const char *shs_names_check_env(const char *name, int is_prefix, apr_pool_t *p);

/* The same for a request note. */
const char *shs_names_check_note(const char *name, int is_prefix,
                                 apr_pool_t *p);

/* Whether a request header of that name is one by which responses change
 * sessions; with is_prefix: whether one that begins so is. */
int shs_names_is_reserved_header(const char *name, int is_prefix);

/* Whether a note of that name is ours or one that httpd acts on; with
 * is_prefix: whether one that begins so is. */
int shs_names_is_reserved_note(const char *name, int is_prefix);

/* Whether a variable of that name belongs to httpd, CGI or a runtime's
 * start-up, so that no session value may take it; likewise. */
int shs_names_is_reserved_env(const char *name, int is_prefix);

#endif
