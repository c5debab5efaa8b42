/* SPDX-License-Identifier: Apache-2.0
 *
 * java_stream: reads a stream of Java Object Serialization into items
 * (java_graph.h), one top-level object at a time. It knows the grammar and no
 * class. Items are data: nothing in a stream is ever executed or resolved.
 *
 * Format: Java Object Serialization Specification, chapter 6, "Object
 * Serialization Stream Protocol", version 5 with protocol 2. An Externalizable
 * class of protocol 1 (JDK 1.1) is refused, because its end cannot be found.
 * A TC_EXCEPTION ends the object at the top before its end: is_aborted.
 */
#ifndef SHS_CODEC_JAVA_JAVA_STREAM_H
#define SHS_CODEC_JAVA_JAVA_STREAM_H

#include "codec/java/java_input.h"

/* How deep objects may be nested in the stream. It is more than a session may
 * have (SHS_SESSION_MAX_DEPTH): what follows a value that is too deep to be
 * used can be read. */
#define SHS_JAVA_STREAM_MAX_DEPTH 128

/* The most superclasses of a class, itself included. */
#define SHS_JAVA_STREAM_MAX_LEVELS 32

/* What comes next at the top of a stream. */
typedef enum shs_java_next_t {
    SHS_JAVA_NEXT_END,
    SHS_JAVA_NEXT_BLOCK, /* octets that no object has written */
    SHS_JAVA_NEXT_OBJECT,
    SHS_JAVA_NEXT_WRONG /* the stream is malformed: input->wrong */
} shs_java_next_t;

/* Checks the four octets with which a stream begins. Returns 0 if they are
 * others. */
int shs_java_stream_begin(shs_java_input_t *input);

/* What comes next. Forgets the handles at each reset. */
shs_java_next_t shs_java_stream_peek(shs_java_input_t *input);

/* Reads what comes next: an item, or NULL for Java's null; a block. Each
 * returns 0 if it is something else or malformed, or if it is aborted: then the
 * exception comes next. `depth` is 1 at the top. */
int shs_java_stream_read(shs_java_item_t **out, shs_java_input_t *input,
                         unsigned depth);
int shs_java_stream_read_block(shs_octets_t *out, shs_java_input_t *input);

#endif
