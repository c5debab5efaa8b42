/* SPDX-License-Identifier: Apache-2.0
 *
 * java_read: reads Java Object Serialization into the values of a session. This
 * is the file to use; the others of this folder are its parts:
 *
 *   java_input    octets, handles and limits   java_text     modified UTF-8
 *   java_desc     descriptions of classes      java_stream   the grammar
 *   java_graph.h  what a stream contains       java_view.h   what that means
 *   java_known    the classes of the JDK, by java_collection, java_number,
 *                 java_scalar and java_time; java_meaning: of any item
 *   java_value    makes values; java_members: of which members
 *   java_work.h   the steps that this may take
 *
 * A reader reads the streams of one session, one after the other; the limits
 * (java_value.h, java_input.h) are those of the session. A stream has one or
 * more top-level objects, with octets of a program's own (a block) between them
 * or not. What cannot become a value leaves nothing in the session: the caller
 * goes on with the next object, as long as the stream is well formed.
 *
 * A reader and what it makes live as long as its pool, and borrow the streams.
 * The time is that of the octets, the values and the steps (java_work.h), times
 * the logarithm of the entries of a map.
 */
#ifndef SHS_CODEC_JAVA_JAVA_READ_H
#define SHS_CODEC_JAVA_JAVA_READ_H

#include "codec/java/java_stream.h"
#include "session/session.h"

typedef struct shs_java_reader_t shs_java_reader_t;

shs_java_reader_t *shs_java_read_create(apr_pool_t *p);

/* Begins a stream. Returns NULL, or why it is not one. All reasons of this file
 * are static, and no part of a value. */
const char *shs_java_read_open(shs_java_reader_t *reader, shs_octets_t stream);

/* What comes next in the stream. */
shs_java_next_t shs_java_read_peek(shs_java_reader_t *reader);

/* Reads the next object, and appends its value under that name to the session.
 * Returns NULL, or why there is no value; then the session is as before, and
 * the object has been passed, unless the stream is malformed. */
const char *shs_java_read_value(shs_java_reader_t *reader,
                                shs_session_t *session, shs_octets_t name);

/* Passes the next object. Later objects may still refer to its parts. Returns
 * NULL, or why the stream is malformed. */
const char *shs_java_read_skip(shs_java_reader_t *reader);

/* Reads the next object as a scalar: *kind is STRING, NUMBER, BOOL or NULL, and
 * *text as in a session. Returns NULL, or why it is none. */
const char *shs_java_read_scalar(shs_java_reader_t *reader, shs_kind_t *kind,
                                 shs_octets_t *text);

/* Reads the next object, which is a String. Returns NULL, or why it is none. */
const char *shs_java_read_string(shs_java_reader_t *reader, shs_octets_t *text);

/* Reads the octets of the next block. Returns NULL, or why there is none. */
const char *shs_java_read_block(shs_java_reader_t *reader, shs_octets_t *block);

/* Where in the stream the reader is: after a failure, where that was found.
 * Octets from the beginning of the stream. */
apr_size_t shs_java_read_offset(const shs_java_reader_t *reader);

#endif
