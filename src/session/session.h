/* SPDX-License-Identifier: Apache-2.0
 *
 * session: a decoded session, whatever format it was stored in.
 *
 * A session is a flat array of nodes in document order. A scalar is one node;
 * a structure is a node followed by its members' nodes, and `end` says where
 * they stop, so that a reader steps over a structure without looking inside:
 *
 *   {"user":{"id":7,"roles":["a","b"]},"ok":true}
 *
 *   index  kind    name   text  end
 *     0    OBJECT  user         5
 *     1    NUMBER  id     7     2
 *     2    ARRAY   roles        5
 *     3    STRING         a     4
 *     4    STRING         b     5
 *     5    BOOL    ok    true   6
 *
 * Top-level attributes are found by starting at 0 and going on at `end`.
 * Nothing here knows httpd, a store or a format. A session lives as long as
 * the pool it was created from and is not changed after decoding; reading it
 * from several threads at once is safe.
 */
#ifndef SHS_SESSION_SESSION_H
#define SHS_SESSION_SESSION_H

#include <apr_pools.h>
#include <apr_time.h>

#include "session/metadata.h"
#include "base/octets.h"

typedef enum shs_kind_t {
    SHS_KIND_STRING, /* text: the octets themselves */
    SHS_KIND_NUMBER, /* text: JSON number (RFC 8259 section 6) */
    SHS_KIND_BOOL,   /* text: "true" or "false" */
    SHS_KIND_NULL,   /* no text; counts as absent for everybody downstream */
    SHS_KIND_ARRAY,  /* no text; members follow, without names */
    SHS_KIND_OBJECT  /* no text; members follow, with names */
} shs_kind_t;

typedef struct shs_value_t {
    shs_kind_t kind;
    shs_octets_t name; /* empty in an array */
    shs_octets_t text;
    apr_size_t end; /* index of the first node that is not inside */
} shs_value_t;

/* Deepest structure that a decoder may build; deeper ones are malformed. */
#define SHS_SESSION_MAX_DEPTH 64

typedef struct shs_session_t shs_session_t;

/* An empty session with room for `expected` nodes (it grows past that). */
shs_session_t *shs_session_create(apr_size_t expected, apr_pool_t *p);

/* Appends a node and returns its index. The octets are borrowed, not copied:
 * they must live as long as the session. The node's `end` is set to the next
 * index; for a structure the decoder calls shs_session_close() when all its
 * members are in. */
apr_size_t shs_session_append(shs_session_t *session, shs_kind_t kind,
                              shs_octets_t name, shs_octets_t text);
void shs_session_close(shs_session_t *session, apr_size_t structure);

/* The same where the end is known before its members are in. */
void shs_session_set_end(shs_session_t *session, apr_size_t node,
                         apr_size_t end);

/* Gives a scalar another text: where a format allows a name twice and the last
 * one counts. */
void shs_session_replace(shs_session_t *session, apr_size_t node,
                         shs_octets_t text);

/* When the stored value itself says that it ends (microseconds since the
 * epoch, as apr_time_now()); 0: it does not say. */
void shs_session_set_expiry(shs_session_t *session, apr_time_t expires_at);
apr_time_t shs_session_expiry(const shs_session_t *session);

/* The format has no types: each attribute is text, and where that is a JSON
 * object or array, a path may lead into it (session/json/path.h). Without it a
 * string is a string, whatever it reads like. */
void shs_session_set_untyped(shs_session_t *session);
int shs_session_is_untyped(const shs_session_t *session);

/* What the session says of itself; decoders write to it. Borrowed. */
shs_metadata_t *shs_session_metadata(shs_session_t *session);
const shs_metadata_t *shs_session_get_metadata(const shs_session_t *session);

/* The nodes, borrowed, and how many there are. */
const shs_value_t *shs_session_values(const shs_session_t *session,
                                      apr_size_t *count);

/* How many top-level attributes there are, nulls included. */
apr_size_t shs_session_count(const shs_session_t *session);

/* The member of that name among those in [from, to), or NULL. Decoders leave no
 * name twice. */
const shs_value_t *shs_session_find(const shs_session_t *session,
                                    apr_size_t from, apr_size_t to,
                                    const char *name, apr_size_t len);

/* All attributes as one JSON object (RFC 8259), compact, from p. */
shs_octets_t shs_session_json(const shs_session_t *session, apr_pool_t *p);

/* A node as text for the outside: a scalar as it is (borrowed), a structure as
 * compact JSON (allocated from p). Returns 0 for null, which has none. */
int shs_session_text(shs_octets_t *text, const shs_session_t *session,
                     const shs_value_t *node, apr_pool_t *p);

#endif
