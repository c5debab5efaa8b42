/* SPDX-License-Identifier: Apache-2.0
 *
 * key: from an id to the key it is stored under, by a template.
 *
 *   session:%{id}          the id as it is
 *   session:%{sha256:id}   its SHA-256 in lower-case hexadecimal, so that who
 *                          can read the store's keys cannot take over sessions
 *   %%                     a percent sign
 *
 * A literal must stand before the placeholder: without it a client could name
 * any key of the store by its cookie.
 */
#ifndef SHS_SESSION_KEY_H
#define SHS_SESSION_KEY_H

#include <apr_pools.h>

#include "session/ident.h"

typedef struct shs_key_t shs_key_t;

/* Returns NULL and sets *out, or returns what is wrong and the cure. */
const char *shs_key_parse(const shs_key_t **out, const char *text,
                          apr_pool_t *p);

/* The template where none is configured: session:%{id}. Static. */
const shs_key_t *shs_key_default(void);

/* The key of that id, from p. */
shs_octets_t shs_key_build(const shs_key_t *key, const shs_ident_t *ident,
                           apr_pool_t *p);

/* How all keys of the template begin; borrowed. */
const char *shs_key_prefix(const shs_key_t *key);

/* Whether the key begins and ends as the template's keys do. */
int shs_key_is_of(const shs_key_t *key, shs_octets_t built);

/* Whether two templates make the same keys. */
int shs_key_is_equal(const shs_key_t *a, const shs_key_t *b);

#endif
