/* SPDX-License-Identifier: Apache-2.0
 *
 * target: one channel of one request: its table, the rules that fill it, how
 * much they may add, and the names that they make. On the stack of who exposes
 * or withdraws.
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
    int is_fresh;                    /* nothing was in it at first */
    const apr_array_header_t *rules; /* may be NULL */
    int has_names;                   /* one of them names a name */
    const shs_lookup_t *lookup;
    shs_path_inside_t *inside; /* of the lookup's session; set to expose */
    int is_limited;
    apr_size_t room; /* octets that may yet be added, if it is limited */
    int left_out;    /* how many had no room ... */
    const char *left_out_name; /* ... and the first of them */
} shs_target_t;

/* Opens the three of a request. */
void shs_target_open_all(shs_target_t targets[SHS_TARGET_COUNT], request_rec *r,
                         const shs_settings_t *settings,
                         const shs_lookup_t *lookup);

/* Its rules, and how many there are. */
const shs_rule_t *shs_target_rule(const shs_target_t *target, int i);
int shs_target_rule_count(const shs_target_t *target);

/* Whether, from position `from` on, a rule has this name (or, of the rules with
 * a *, this PREFIX). */
int shs_target_has_rule(const shs_target_t *target, const char *name,
                        int is_prefix, int from);

/* Whether an attribute's name could make one of the rule's PREFIX that is
 * reserved: asked once a rule, for nearly always none could. */
int shs_target_may_be_reserved(const shs_target_t *target,
                               const shs_rule_t *rule);

/* PREFIX and an attribute's name as a name that it may have, or NULL. */
const char *shs_target_make_name(const shs_target_t *target,
                                 const shs_rule_t *rule, const shs_node_t *node,
                                 int can_clash);

/* Says in the log that a name gets no value, and why. */
void shs_target_leave_out(const shs_target_t *target, const char *name,
                          const char *why);

/* Takes the room that a name and its value need together, as they are sent.
 * Returns 0 when there is not so much: then it is left out, and said so. */
int shs_target_reserve(shs_target_t *target, const char *name,
                       const char *value);

#endif
