/* SPDX-License-Identifier: Apache-2.0
 *
 * outlet: one channel of one request: its table, the rules that fill it, how
 * much they may add, and the names that they make. On the stack of who exposes
 * or withdraws.
 */
#ifndef SHS_REQUEST_EXPOSE_TARGET_H
#define SHS_REQUEST_EXPOSE_TARGET_H

#include <httpd.h>

#include "config/settings.h"
#include "request/expose/target_type.h"
#include "request/lookup/lookup.h"

typedef enum shs_outlet_kind_t {
    SHS_OUTLET_NOTES,
    SHS_OUTLET_ENV,
    SHS_OUTLET_HEADERS,
    SHS_OUTLET_COUNT
} shs_outlet_kind_t;

typedef struct shs_outlet_t {
    const shs_channel_t *channel;
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
} shs_outlet_t;

/* Opens the three of a request. */
void shs_outlet_open_all(shs_outlet_t outlets[SHS_OUTLET_COUNT], request_rec *r,
                         const shs_settings_t *settings,
                         const shs_lookup_t *lookup);

/* Its rules, and how many there are. */
const shs_rule_t *shs_outlet_rule(const shs_outlet_t *outlet, int i);
int shs_outlet_rule_count(const shs_outlet_t *outlet);

/* Whether, from position `from` on, a rule has this name (or, of the rules with
 * a *, this PREFIX). */
int shs_outlet_has_rule(const shs_outlet_t *outlet, const char *name,
                        int is_prefix, int from);

/* Whether an attribute's name could make one of the rule's PREFIX that is
 * reserved: asked once a rule, for nearly always none could. */
int shs_outlet_may_clash(const shs_outlet_t *outlet, const shs_rule_t *rule);

/* PREFIX and an attribute's name as a name that it may have, or NULL. */
const char *shs_outlet_make_name(const shs_outlet_t *outlet,
                                 const shs_rule_t *rule, const shs_node_t *node,
                                 int can_clash);

/* Says in the log that a name gets no value, and why. */
void shs_outlet_leave_out(const shs_outlet_t *outlet, const char *name,
                          const char *why);

/* Takes the room that a name and its value need together, as they are sent.
 * Returns 0 when there is not so much: then it is left out, and said so. */
int shs_outlet_take_room(shs_outlet_t *outlet, const char *name,
                         const char *value);

#endif
