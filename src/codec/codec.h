/* SPDX-License-Identifier: Apache-2.0
 *
 * codec: decodes a record of a store into a session, and turns a change into an
 * edit. There is one file per format, found by the name in SharedSessionFormat.
 * Decoders are pure: the same record gives the same session, and nothing else
 * is read or written. They borrow from the record wherever its octets need no
 * decoding.
 */
#ifndef SHS_CODEC_CODEC_H
#define SHS_CODEC_CODEC_H

#include <apr_pools.h>

#include "session/change.h"
#include "session/session.h"
#include "session/wanted.h"

typedef struct shs_codec_t shs_codec_t;

/* The codec of that name, or NULL. Codecs are static. */
const shs_codec_t *shs_codec_find(const char *name);

/* The names of all codecs, for an error message: "hash, json, ...", from p. */
const char *shs_codec_describe_names(apr_pool_t *p);

/* The shape of value that the store has to be read for. */
shs_shape_t shs_codec_shape(const shs_codec_t *codec);

/* The prefix of the string of a rotated session: every one that
 * shs_codec_edit() marked as rotated begins with it, and no other. Empty for
 * SHS_SHAPE_FIELDS, where a field of that name marks it. Static. */
shs_octets_t shs_codec_rotated(const shs_codec_t *codec);

/* Whether the format is a framework's own. Its sessions are read, touched and
 * ended by the framework's rules (codec/expiry/expiry_rule.h), and never
 * edited: shs_codec_edit() refuses. */
int shs_codec_is_foreign(const shs_codec_t *codec);

/* The fields to read from the store for these attributes: what the session
 * needs in any case, and theirs; from p. NULL: all. */
const shs_octets_t *shs_codec_fields(apr_size_t *count,
                                     const shs_codec_t *codec,
                                     const shs_wanted_t *wanted, apr_pool_t *p);

/* Decodes the record, which must have the codec's shape. Returns NULL and sets
 * *out, or returns why the record is malformed, in words that contain no part
 * of the value. A foreign session has only the attributes that are wanted; one
 * that cannot be understood is absent, and shs_session_opaque() says why. The
 * session borrows from the record and lives in p. */
const char *shs_codec_decode(shs_session_t **out, const shs_codec_t *codec,
                             const shs_record_t *record,
                             const shs_wanted_t *wanted, apr_pool_t *p);

/* Whether an edit contains the change, or the whole changed session. */
typedef enum shs_codec_extent_t {
    SHS_CODEC_CHANGES, /* with SHS_SHAPE_FIELDS only the fields that change */
    SHS_CODEC_WHOLE    /* for a new key */
} shs_codec_extent_t;

/* Turns a change into an edit. `old` is the record of the changed session,
 * which was decoded before; NULL: the session is new. Returns NULL and sets
 * *out, which borrows from all arguments and p; or returns why this is
 * impossible, in words that contain no part of a value. */
const char *shs_codec_edit(shs_edit_t *out, const shs_codec_t *codec,
                           const shs_record_t *old, const shs_change_t *change,
                           shs_codec_extent_t extent, apr_pool_t *p);

/* ---- private part: the interface of a format ---- */

struct shs_codec_t {
    const char *name;
    shs_shape_t shape;
    const char *rotated; /* as shs_codec_rotated() */
    /* As shs_codec_decode(). Must not keep the record or log. */
    const char *(*decode)(shs_session_t **out, const shs_record_t *record,
                          const shs_wanted_t *wanted, apr_pool_t *p);
    /* As shs_codec_edit(). NULL: the format is a framework's own. */
    const char *(*edit)(shs_edit_t *out, const shs_record_t *old,
                        const shs_change_t *change, shs_codec_extent_t extent,
                        apr_pool_t *p);
    /* As shs_codec_fields(). NULL: all fields are always read. */
    const shs_octets_t *(*fields)(apr_size_t *count, const shs_wanted_t *wanted,
                                  apr_pool_t *p);
};

extern const shs_codec_t shs_codec_hash;
extern const shs_codec_t shs_codec_json;
extern const shs_codec_t shs_codec_form;
extern const shs_codec_t shs_codec_express;
extern const shs_codec_t shs_codec_fastify;
extern const shs_codec_t shs_codec_koa;
extern const shs_codec_t shs_codec_lemonldap;
extern const shs_codec_t shs_codec_spring;
extern const shs_codec_t shs_codec_redisson;
extern const shs_codec_t shs_codec_tomcat;

#endif
