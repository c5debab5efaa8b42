/* SPDX-License-Identifier: Apache-2.0
 *
 * change: a change to a session's attributes, whatever format the session is
 * stored in. A codec turns a change into an edit for the store (shs_edit_t), so
 * that neither stores nor requests know a format.
 */
#ifndef SHS_SESSION_CHANGE_H
#define SHS_SESSION_CHANGE_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "../mod_shared_session_provider.h"

typedef enum shs_change_kind_t {
    SHS_CHANGE_TEXT,  /* value: text, as octets */
    SHS_CHANGE_JSON,  /* value: JSON (RFC 8259) that is no string */
    SHS_CHANGE_MERGE, /* value: a JSON object to be merged into the attribute
                       * (RFC 7396) */
    SHS_CHANGE_UNSET  /* no value */
} shs_change_kind_t;

typedef struct shs_change_entry_t {
    shs_change_kind_t kind;
    shs_octets_t name;
    shs_octets_t value;
} shs_change_entry_t;

typedef struct shs_change_t shs_change_t;

/* An empty change, in p. */
shs_change_t *shs_change_create(apr_pool_t *p);

/* Adds an entry; the last entry for a name wins. Names and values are borrowed
 * and must live as long as the change. */
void shs_change_add(shs_change_t *change, shs_change_kind_t kind,
                    shs_octets_t name, shs_octets_t value);

/* Adds a TEXT of C strings. */
void shs_change_set(shs_change_t *change, const char *name, const char *value);

/* Adds a JSON number, whose text is in p. */
void shs_change_add_number(shs_change_t *change, const char *name,
                           apr_int64_t number, apr_pool_t *p);

/* Adds all entries of another change, borrowed likewise. */
void shs_change_add_all(shs_change_t *to, const shs_change_t *from);

/* The entries, borrowed; no name occurs twice. */
const shs_change_entry_t *shs_change_entries(const shs_change_t *change,
                                             int *count);

/* Checks a change that comes from outside: NULL if no entry has a reserved
 * name, or one that an attribute cannot have; else what is wrong (static). */
const char *shs_change_check(const shs_change_t *change);

#endif
