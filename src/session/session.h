/* SPDX-License-Identifier: Apache-2.0
 *
 * session: a decoded session, whatever format it was stored in: a flat array of
 * values in document order. A scalar is one value; a structure is a value
 * followed by its members' values. `end` is the index behind them, so that a
 * reader can skip a structure without looking inside:
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
 * To walk the top-level attributes, start at 0 and continue at `end`. A session
 * lives as long as its pool. After decoding, several threads may read it.
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
    SHS_KIND_NULL,   /* no text; treated as absent by all users */
    SHS_KIND_ARRAY,  /* no text; members follow, without names */
    SHS_KIND_OBJECT  /* no text; members follow, with names */
} shs_kind_t;

/* What is known of a value's octets. A bit that is not set says nothing. */
#define SHS_KNOWN_NAME_IS_PLAIN   1  /* the name has no control character ... */
#define SHS_KNOWN_TEXT_IS_PLAIN   2  /* nor has the text (base/octets.h) ... */
#define SHS_KNOWN_TEXT_IS_VISIBLE 4  /* nor what PERCENT escapes */
#define SHS_KNOWN_TEXT_IS_ENDED   8  /* a NUL follows the text */
#define SHS_KNOWN_IS_OPAQUE       16 /* a NULL: it could not be understood */

typedef struct shs_text_t {
    shs_octets_t octets;
    unsigned known; /* of SHS_KNOWN_TEXT_* */
} shs_text_t;

typedef struct shs_value_t {
    shs_kind_t kind;
    unsigned known;    /* of SHS_KNOWN_* */
    shs_octets_t name; /* empty in an array */
    shs_octets_t text;
    apr_size_t end; /* index of the first value that is not inside */
} shs_value_t;

#define SHS_SESSION_MAX_DEPTH 64 /* deeper structures are malformed */

typedef struct shs_session_t shs_session_t;

/* An empty session with room for `expected` values; it grows. */
shs_session_t *shs_session_create(apr_size_t expected, apr_pool_t *p);

shs_session_t *shs_session_create_of(shs_value_t *values, apr_size_t count,
                                     apr_pool_t *p);

/* Appends a value, whose octets are borrowed, and returns its index. `end` is
 * the next index; for a structure, close() sets it after the last member. */
apr_size_t shs_session_append(shs_session_t *session, shs_kind_t kind,
                              shs_octets_t name, shs_octets_t text);
void shs_session_close(shs_session_t *session, apr_size_t structure);

/* Appends a copy of a value of `from`, or of the session. Returns its index. */
apr_size_t shs_session_copy(shs_session_t *session, shs_octets_t name,
                            const shs_session_t *from, apr_size_t value);

/* Of two scalars of one name, the last one counts. */
void shs_session_replace(shs_session_t *session, apr_size_t value,
                         shs_octets_t text);

/* Removes all behind `count` values. */
void shs_session_truncate(shs_session_t *session, apr_size_t count);

/* Appends an attribute that could not be understood, which is absent to all but
 * access control. opaque(): the first reason, without a value, or NULL. */
void shs_session_append_opaque(shs_session_t *session, shs_octets_t name,
                               const char *reason);
const char *shs_session_opaque(const shs_session_t *session);

/* The expiry in the stored value (as apr_time_now()); 0: none. */
void shs_session_set_expiry(shs_session_t *session, apr_time_t expires_at);
apr_time_t shs_session_expiry(const shs_session_t *session);

/* Its end by expiry, or `absolute` after its creation; 0: neither is known. */
apr_time_t shs_session_end(const shs_session_t *session,
                           apr_interval_time_t absolute);

/* The format has no types: each attribute is text. Only there may a path lead
 * into a text that is a JSON object or array (session/json/path.h). */
void shs_session_set_untyped(shs_session_t *session);
int shs_session_is_untyped(const shs_session_t *session);

/* The metadata, borrowed; decoders write to it. */
shs_metadata_t *shs_session_metadata(shs_session_t *session);
const shs_metadata_t *shs_session_get_metadata(const shs_session_t *session);

/* Finds out what is to be known of every value, except for NULs, and whether
 * names are distinct. Called once, before other threads see the session. */
void shs_session_learn(shs_session_t *session);

/* No two top-level names are equal without regard to case (0: they may be);
 * what stands in memory before each, with a NUL behind (empty: not known). */
void shs_session_set_distinct(shs_session_t *session);
int shs_session_is_distinct(const shs_session_t *session);
void shs_session_set_lead(shs_session_t *session, shs_octets_t lead);
shs_octets_t shs_session_lead(const shs_session_t *session);

/* Borrowed. */
const shs_value_t *shs_session_values(const shs_session_t *session,
                                      apr_size_t *count);
apr_size_t shs_session_count(const shs_session_t *session);

/* The member of that name in [from, to), or NULL. */
const shs_value_t *shs_session_find(const shs_session_t *session,
                                    apr_size_t from, apr_size_t to,
                                    const char *name, apr_size_t len);

#endif
