/* SPDX-License-Identifier: Apache-2.0
 *
 * key: a template that turns a session id into the key in the store.
 *
 *   session:%{id}          the id as it is
 *   session:%{sha256:id}   its SHA-256 in lower-case hexadecimal, so that read
 *                          access to the store's keys does not allow taking
 *                          over sessions
 *   %%                     a percent sign
 *
 * A literal prefix is required: without it a client could name any key of the
 * store in its cookie. Some frameworks use the id as the key, without a prefix;
 * their profiles have an id_pattern that no other key should match.
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

/* The template for a profile: the prefix, which may be empty, and then the id.
 * The prefix is borrowed. */
const shs_key_t *shs_key_create_bare(const char *prefix, apr_pool_t *p);

/* The template where none is configured: session:%{id}. Static. */
const shs_key_t *shs_key_default(void);

/* Why an id has no key, in words. */
#define SHS_KEY_NO_DIGEST "OpenSSL cannot compute the SHA-256 of an id"

/* The key of that id, from p. Its length is 0 if there is none, because of
 * SHS_KEY_NO_DIGEST: no session can be read or written then. */
shs_octets_t shs_key_build(const shs_key_t *key, const shs_session_id_t *sid,
                           apr_pool_t *p);

/* The prefix of all keys of the template, borrowed: what stands before the id
 * or its digest. And its length in octets. */
const char *shs_key_prefix(const shs_key_t *key);
apr_size_t shs_key_prefix_len(const shs_key_t *key);

/* How many octets of its keys precede the id. */
apr_size_t shs_key_prefix_len(const shs_key_t *key);

/* Whether the key has the template's prefix and suffix. */
int shs_key_is_of(const shs_key_t *key, shs_octets_t built);

/* Whether two templates make the same keys. */
int shs_key_is_equal(const shs_key_t *a, const shs_key_t *b);

/* Whether two different templates may make the same key from different ids: one
 * prefix begins with the other, and one suffix ends with the other. */
int shs_key_overlaps(const shs_key_t *a, const shs_key_t *b);

/* Whether a key that `key` has built belongs to another template of `all`
 * (NULL-terminated; NULL: there is none): one that could build it too and is
 * more specific, by a longer prefix, then a longer suffix, then a digest. With
 * an id that makes such a key, a client would open a value that was stored for
 * another purpose. */
int shs_key_is_of_another(const shs_key_t *key, shs_octets_t built,
                          const shs_key_t *const *all);

/* Creates an id (shs_session_id_create()) whose key belongs to no other
 * template of `all`; both from p. Returns NULL, or why none can be created
 * (static). */
const char *shs_key_create_id(shs_session_id_t *out, shs_octets_t *built,
                              const shs_key_t *key, const shs_key_t *const *all,
                              apr_pool_t *p);

/* The template as it was written; it lives as long as the template. */
const char *shs_key_describe(const shs_key_t *key);

#endif
