/* SPDX-License-Identifier: Apache-2.0
 *
 * codec: from what a store holds to a session. One file a format; a format is
 * looked up by the name that SharedSessionFormat gives. Decoders are pure: the
 * same record gives the same session, nothing is read or written besides.
 * They borrow from the record wherever its octets can stand as they are.
 */
#ifndef SHS_CODEC_CODEC_H
#define SHS_CODEC_CODEC_H

#include <apr_pools.h>

#include "session/change.h"
#include "session/record.h"
#include "session/session.h"

typedef struct shs_codec_t shs_codec_t;

/* The codec of that name, or NULL. Codecs are static and live for ever. */
const shs_codec_t *shs_codec_find(const char *name);

/* The names there are, for an error message: "hash, json, ...", from p. */
const char *shs_codec_describe_names(apr_pool_t *p);

/* What the store must be asked for. */
shs_shape_t shs_codec_shape(const shs_codec_t *codec);

/* How a string begins that says of itself that it was rotated. Every one that
 * shs_codec_edit() has made so does, and none that has not. Empty where the
 * shape is of fields, which have one of the name. Static. */
shs_octets_t shs_codec_rotated(const shs_codec_t *codec);

/* Decodes the record, whose shape is the codec's. Returns NULL and sets *out,
 * or returns why it is malformed: words from this code, never a part of the
 * value. The session borrows from the record and lives in p. */
const char *shs_codec_decode(shs_session_t **out, const shs_codec_t *codec,
                             const shs_record_t *record, apr_pool_t *p);

/* Whether a change shall be told as such, or the session with it as a whole. */
typedef enum shs_codec_extent_t {
    SHS_CODEC_CHANGES, /* where the shape has parts, only those that change */
    SHS_CODEC_WHOLE    /* for a new key */
} shs_codec_extent_t;

/* What a change comes to in the store. `old` is the record of the session that
 * is changed, which was decoded before; NULL: there is none yet. Returns NULL
 * and sets *out, which borrows from all of these and from p; or returns why it
 * cannot be done: words, never a part of a value. */
const char *shs_codec_edit(shs_edit_t *out, const shs_codec_t *codec,
                           const shs_record_t *old, const shs_change_t *change,
                           shs_codec_extent_t extent, apr_pool_t *p);

/* ---- private part: what a format provides ---- */

struct shs_codec_t {
    const char *name;
    shs_shape_t shape;
    const char *rotated; /* as shs_codec_rotated() */
    /* As shs_codec_decode(). Must not keep the record or log. */
    const char *(*decode)(shs_session_t **out, const shs_record_t *record,
                          apr_pool_t *p);
    /* As shs_codec_edit(). */
    const char *(*edit)(shs_edit_t *out, const shs_record_t *old,
                        const shs_change_t *change, shs_codec_extent_t extent,
                        apr_pool_t *p);
};

extern const shs_codec_t shs_codec_hash;
extern const shs_codec_t shs_codec_json;
extern const shs_codec_t shs_codec_form;

#endif
