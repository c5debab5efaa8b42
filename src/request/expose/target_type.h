/* SPDX-License-Identifier: Apache-2.0
 *
 * target_type: the three kinds of exposure targets. Notes, variables and
 * headers are tables that differ in which names are equal, in how an
 * attribute's name becomes a name there, and in how a value becomes a string.
 * It needs nothing of httpd, so the unit tests link it with nameset.
 */
#ifndef SHS_REQUEST_EXPOSE_TARGET_TYPE_H
#define SHS_REQUEST_EXPOSE_TARGET_TYPE_H

#include <apr_pools.h>

#include "base/octets.h"
#include "config/names.h"
#include "session/session.h"

typedef struct shs_target_type_t {
    const char *noun; /* for the log: "note", "variable", "header" */

    /* Whether existing entries belong to other modules, and stay. */
    int keeps_entries;

    /* Whether names that are equal to CGI and backends are equal; httpd's
     * tables ignore only case. */
    int is_folded;

    /* Whether a name is reserved for others (config/names.h). */
    int (*is_reserved)(const char *name, int is_prefix);

    /* PREFIX and an attribute's name as a name, from p; NULL: it gets none. */
    const char *(*make_name)(shs_octets_t prefix, const shs_value_t *attribute,
                             apr_pool_t *p);

    /* A text as a string: borrowed, or from p; NULL: it cannot be carried. */
    const char *(*make_value)(const shs_text_t *text, shs_encoding_t encoding,
                              apr_pool_t *p);
} shs_target_type_t;

extern const shs_target_type_t shs_target_type_notes;
extern const shs_target_type_t shs_target_type_env;
extern const shs_target_type_t shs_target_type_headers;

/* A character of a name as it counts in comparisons. */
static inline char shs_target_type_fold(const shs_target_type_t *type, char c)
{
    if (type->is_folded) {
        return shs_names_fold(c);
    }
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether two names are equal for this type. */
int shs_target_type_is_same(const shs_target_type_t *type, const char *a,
                            const char *b);

#endif
