/* SPDX-License-Identifier: Apache-2.0
 *
 * foreign: decodes records of frameworks' formats, and shows a session as one
 * text: its attributes as JSON.
 */
#ifndef T_UNIT_FOREIGN_H
#define T_UNIT_FOREIGN_H

#include <jansson.h>

#include "codec/codec.h"
#include "session/session.h"

#include "unit.h"

/* Decodes a string in the format of that name. Returns as
 * shs_codec_decode(). `names`: the attributes that are wanted, as unit_words();
 * NULL: all. */
const char *foreign_decode(shs_session_t **out, const char *format,
                           shs_octets_t string, const char *names);

/* The same of fields. */
const char *foreign_decode_fields(shs_session_t **out, const char *format,
                                  const shs_record_field_t *fields,
                                  apr_size_t count, const char *names);

/* The session of a text; the test fails if it is malformed. */
shs_session_t *foreign_session(const char *format, const char *text,
                               const char *names);

/* All attributes as one JSON object. From p. */
const char *foreign_show(const shs_session_t *session);

/* What t/fixtures/<file> has under that name; the test fails if there is none.
 * The tree lives as long as p. */
json_t *foreign_capture(const char *file, const char *name);

/* The captures of t/fixtures/frameworks.json whose profile is of that name;
 * the test fails if there are not `count`. From p. */
apr_array_header_t *foreign_captures(const char *profile, int count);

/* Decodes a capture in that format; the test fails unless the session has all
 * attributes that the application says it has. */
shs_session_t *foreign_captured(const char *format, const json_t *capture,
                                const char *names);

/* The hash of a capture, and its number of fields. From p. */
const shs_record_field_t *foreign_fields(apr_size_t *count,
                                         const json_t *capture);

/* The text that a path leads to; NULL: none. From p. */
const char *foreign_path(const shs_session_t *session, const char *path);

/* An integer of a capture. */
apr_int64_t foreign_integer(const json_t *capture, const char *name);

/* A text of base64, in memory that ends with it. */
shs_octets_t foreign_base64(const json_t *text);

#endif
