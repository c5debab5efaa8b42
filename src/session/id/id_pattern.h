/* SPDX-License-Identifier: Apache-2.0
 *
 * id_pattern: which ids a framework makes. A value that the framework cannot
 * have made is no id: it is refused before the store is asked, so that a cookie
 * cannot name another key of the store. A profile sets the pattern.
 */
#ifndef SHS_SESSION_ID_ID_PATTERN_H
#define SHS_SESSION_ID_ID_PATTERN_H

#include "session/id/session_id.h"

typedef enum shs_id_class_t {
    SHS_ID_ANY,      /* as session_id.h says, with those of id-chars= */
    SHS_ID_TOKEN,    /* A-Z a-z 0-9 _ - */
    SHS_ID_HEX,      /* 0-9 A-F a-f */
    SHS_ID_UUID,     /* 0-9 A-F a-f - */
    SHS_ID_HEX_ROUTE /* hexadecimal digits; then perhaps "." and a TOKEN of 1 to
                      * 64 characters, which belong to the id */
} shs_id_class_t;

/* Zeroed: any id. */
typedef struct shs_id_pattern_t {
    shs_id_class_t characters;
    apr_size_t min, max; /* octets of the id. SHS_SESSION_ID_MIN and
                          * SHS_SESSION_ID_MAX apply too; 0: only these */
    const char *prefix;  /* the value begins with it, and the rest is the id;
                          * NULL: none */
} shs_id_pattern_t;

/* Parses a value as shs_session_id_parse() does, and by the pattern. The prefix
 * is cut first, then the route. Returns NULL, or why it is no id (static). */
const char *shs_id_pattern_parse(shs_session_id_t *out,
                                 const shs_id_pattern_t *pattern,
                                 shs_octets_t value, char route,
                                 unsigned char extras);

/* Whether id-chars= must not replace the class. The key of such ids may have no
 * prefix, and then only the pattern keeps a cookie from naming other keys. */
static inline int shs_id_pattern_is_strict(const shs_id_pattern_t *pattern)
{
    return pattern->characters != SHS_ID_ANY
           && pattern->characters != SHS_ID_TOKEN;
}

/* Whether the pattern is zeroed. */
static inline int shs_id_pattern_is_any(const shs_id_pattern_t *pattern)
{
    return pattern->characters == SHS_ID_ANY && !pattern->prefix
           && (pattern->min | pattern->max) == 0;
}

/* Whether two patterns allow the same values. Inline: each lookup asks. */
static inline int shs_id_pattern_is_equal(const shs_id_pattern_t *a,
                                          const shs_id_pattern_t *b)
{
    return a->characters == b->characters && a->min == b->min
           && a->max == b->max
           && (a->prefix == b->prefix
               || (a->prefix && b->prefix && !strcmp(a->prefix, b->prefix)));
}

#endif
