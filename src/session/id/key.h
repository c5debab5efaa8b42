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
#ifndef SHS_SESSION_ID_KEY_H
#define SHS_SESSION_ID_KEY_H

#include <apr_pools.h>

#include "session/id/session_id.h"

typedef struct shs_key_t shs_key_t;

/* Returns NULL and sets *out, or returns what is wrong and the cure. The text
 * must live as long as p. */
const char *shs_key_parse(const shs_key_t **out, const char *text,
                          apr_pool_t *p);

/* The template where none is configured: session:%{id}. Static. */
const shs_key_t *shs_key_default(void);

/* The key of that id, from p. */
shs_octets_t shs_key_build(const shs_key_t *key, const shs_session_id_t *sid,
                           apr_pool_t *p);

/* How all keys of the template begin; borrowed. */
const char *shs_key_prefix(const shs_key_t *key);

/* Whether the key begins and ends as the template's keys do. */
int shs_key_is_of(const shs_key_t *key, shs_octets_t built);

/* Whether two templates make the same keys. */
int shs_key_is_equal(const shs_key_t *a, const shs_key_t *b);

/* Whether there may be keys that both templates make, from different ids: of
 * one the prefix begins with the other's, of one the suffix ends with the
 * other's, and the two differ. */
int shs_key_overlaps(const shs_key_t *a, const shs_key_t *b);

/* Whether a key that `key` has built belongs to another template of `all`
 * (NULL-terminated; or NULL: there is none): one that could build it too, and
 * that says more of it: by a longer prefix, then a longer suffix, then by its
 * digest. A client that names such a key by its id would open what was stored
 * for another purpose. */
int shs_key_is_of_another(const shs_key_t *key, shs_octets_t built,
                          const shs_key_t *const *all);

/* A new id (shs_session_id_create()) and its key, which belongs to no other template
 * of `all`; both from p. Returns 0 when there is none to be had. */
int shs_key_create_id(shs_session_id_t *out, shs_octets_t *built,
                      const shs_key_t *key, const shs_key_t *const *all,
                      apr_pool_t *p);

/* The template as it was written; it lives as long as the template. */
const char *shs_key_describe(const shs_key_t *key);

#endif
