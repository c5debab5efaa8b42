/* SPDX-License-Identifier: Apache-2.0
 *
 * java_input: the octets of a stream of Java Object Serialization, the position
 * of the reader in them, the handles, and what a stream may cost.
 *
 * Every length and count is compared with the octets that are left before
 * anything is reserved. Items and the levels of objects count as nodes; their
 * number is limited, so the memory that a stream needs is too. A stream that is
 * malformed stays so: `wrong` is set, and each further call fails.
 */
#ifndef SHS_CODEC_JAVA_JAVA_INPUT_H
#define SHS_CODEC_JAVA_JAVA_INPUT_H

#include "codec/java/java_graph.h"

/* A list of items that grows. */
typedef struct shs_java_list_t {
    shs_java_item_t **at;
    apr_size_t count;
    apr_size_t room;
} shs_java_list_t;

typedef struct shs_java_input_t {
    const unsigned char *data;
    apr_size_t len;
    apr_size_t at;
    apr_size_t nodes_left;
    shs_java_list_t handles; /* what later references may refer to */
    shs_java_list_t stack;   /* the notes that are being read */
    apr_size_t promised;     /* items of arrays that are still to be read */
    int is_aborted;          /* TC_EXCEPTION has ended the object */
    const char *wrong;       /* why the stream is malformed, or NULL */
    apr_pool_t *p;
} shs_java_input_t;

/* Sets `wrong`, unless it is set, and returns 0. */
static inline int shs_java_input_fail(shs_java_input_t *input,
                                      const char *wrong)
{
    if (!input->wrong) {
        input->wrong = wrong;
    }
    return 0;
}

/* The octets that are left. */
static inline apr_size_t shs_java_input_left(const shs_java_input_t *input)
{
    return input->len - input->at;
}

/* A big-endian number of so many octets, at most 8. */
static inline apr_uint64_t shs_java_input_number(const unsigned char *data,
                                                 apr_size_t len)
{
    apr_uint64_t number = 0;
    apr_size_t i;

    for (i = 0; i < len; ++i) {
        number = number << 8 | data[i];
    }
    return number;
}

/* Each reads what its name says. Returns 0 if the stream ends before. */
int shs_java_input_read(apr_uint64_t *out, shs_java_input_t *input,
                        apr_size_t len);
int shs_java_input_borrow(const unsigned char **out, shs_java_input_t *input,
                          apr_size_t len);

/* So many octets of modified UTF-8 as UTF-8; a text with its length (2 octets)
 * before it. */
int shs_java_input_text(shs_octets_t *out, shs_java_input_t *input,
                        apr_uint64_t len);
int shs_java_input_utf(shs_octets_t *out, shs_java_input_t *input);

/* Counts nodes. Returns 0 if there are too many. */
int shs_java_input_count(shs_java_input_t *input, apr_size_t nodes);

/* A new item of that kind, which counts as a node; NULL: too many. */
shs_java_item_t *shs_java_input_create_item(shs_java_input_t *input,
                                            shs_java_kind_t kind,
                                            shs_java_class_t *cls);

/* Appends to a list. */
void shs_java_input_push(shs_java_input_t *input, shs_java_list_t *list,
                         shs_java_item_t *item);

/* Reads the number of a handle; *out is its item, not NULL. */
int shs_java_input_reference(shs_java_item_t **out, shs_java_input_t *input);

#endif
