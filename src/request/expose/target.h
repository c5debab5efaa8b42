/* SPDX-License-Identifier: Apache-2.0
 *
 * target: one exposure target of one request: its table, the rules that fill
 * it, how much they may add, and the names that they produce. Lives on the
 * stack of expose's functions.
 */
#ifndef SHS_REQUEST_EXPOSE_TARGET_H
#define SHS_REQUEST_EXPOSE_TARGET_H

#include <httpd.h>

#include "config/settings.h"
#include "request/expose/target_type.h"
#include "request/lookup/lookup.h"

typedef enum shs_target_index_t {
    SHS_TARGET_NOTES,
    SHS_TARGET_ENV,
    SHS_TARGET_HEADERS,
    SHS_TARGET_COUNT
} shs_target_index_t;

typedef struct shs_target_t {
    const shs_target_type_t *type;
    request_rec *r;
    apr_table_t *table;
    int is_fresh;                    /* the table was empty at first */
    const apr_array_header_t *rules; /* may be NULL */
    const shs_lookup_t *lookup;
    shs_path_inside_t *inside; /* of the lookup's session; only for apply */
    int is_limited;
    apr_size_t room;           /* octets that may still be added, if limited */
    int left_out;              /* how many did not fit ... */
    const char *left_out_name; /* ... and the first of them */
} shs_target_t;

/* Opens the three targets of a request. */
void shs_target_open_all(shs_target_t targets[SHS_TARGET_COUNT], request_rec *r,
                         const shs_settings_t *settings,
                         const shs_lookup_t *lookup);

/* The target's rules, and their number. */
static inline const shs_rule_t *shs_target_rule(const shs_target_t *target,
                                                int i)
{
    return &APR_ARRAY_IDX(target->rules, i, shs_rule_t);
}

static inline int shs_target_rule_count(const shs_target_t *target)
{
    return target->rules ? target->rules->nelts : 0;
}

/* Whether a rule from position `from` on has this name (or, among the rules
 * with a *, this PREFIX). */
int shs_target_has_rule(const shs_target_t *target, const char *name,
                        int is_prefix, int from);

/* Whether no two attributes of the session get the same name by the rule, nor
 * one a name that another rule or the table has. 0: two may. */
int shs_target_has_distinct_names(const shs_target_t *target,
                                  const shs_rule_t *rule);

/* Whether the rule's PREFIX is the lead of the session's names, and every name
 * is allowed with it that has no control character. */
int shs_target_is_lead(const shs_target_t *target, const shs_rule_t *rule);

/* The name of PREFIX and an attribute's name, or NULL if it gets none. */
const char *shs_target_make_name(const shs_target_t *target,
                                 const shs_rule_t *rule,
                                 const shs_value_t *value);

/* Logs that a name gets no value, and why. */
void shs_target_log_left_out(const shs_target_t *target, const char *name,
                             const char *why);

/* As shs_target_reserve(), for a target that is limited. */
int shs_target_reserve_limited(shs_target_t *target, const char *name,
                               const char *value);

/* Reserves the room that a name and its value need when they are sent. Returns
 * 0 if there is not enough: then it logs that they are left out. */
static inline int shs_target_reserve(shs_target_t *target, const char *name,
                                     const char *value)
{
    return !target->is_limited
           || shs_target_reserve_limited(target, name, value);
}

#endif
