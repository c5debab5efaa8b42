/* SPDX-License-Identifier: Apache-2.0
 *
 * json_record: what the formats of frameworks that are a string with one JSON
 * object have in common. Some members are the framework's own; each other
 * member is an attribute. An attribute whose name begins with "@" is opaque,
 * because such names are reserved (session/metadata.h).
 */
#ifndef SHS_CODEC_JSON_RECORD_H
#define SHS_CODEC_JSON_RECORD_H

#include "codec/codec.h"

/* Reads the framework's own members that are there, which are the values of
 * `own`, into the session's expiry and metadata. Returns NULL, or why the
 * record is malformed. */
typedef const char *(*shs_json_record_fn)(shs_session_t *session,
                                          const shs_session_t *own);

/* Decodes the record, as shs_codec_decode(). `names`: of the framework's own
 * members; NULL ends them. */
const char *shs_json_record_decode(shs_session_t **out,
                                   const shs_record_t *record,
                                   const shs_wanted_t *wanted,
                                   const char *const names[],
                                   shs_json_record_fn read, apr_pool_t *p);

/* The framework's own member of that name, or NULL. */
const shs_value_t *shs_json_record_own(const shs_session_t *own,
                                       const char *name);

/* The member of that name of one of them, or NULL: it is no object, or has no
 * such member. */
const shs_value_t *shs_json_record_member(const shs_session_t *own,
                                          const shs_value_t *of,
                                          const char *name);

#endif
