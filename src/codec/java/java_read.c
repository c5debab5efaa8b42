/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_read.h"

#include "codec/java/java_value.h"

/* The most that the texts of a session may have in all: copies of one text
 * count each time. The larger of the two. */
#define OCTETS_MAX      1048576
#define STREAM_MULTIPLE 4

#define EXPECTED_VALUES 32

struct shs_java_reader_t {
    shs_java_input_t input;
    shs_java_values_t values;
    apr_size_t octets; /* of all streams */
};

static const char *get_wrong(const shs_java_reader_t *reader)
{
    return reader->input.wrong ? reader->input.wrong
                               : "the stream has no such object";
}

/* The item of the next object. */
static int read_item(shs_java_item_t **out, shs_java_reader_t *reader)
{
    return shs_java_stream_peek(&reader->input) == SHS_JAVA_NEXT_OBJECT
           && shs_java_stream_read(out, &reader->input, 1);
}

/* ---- public */

shs_java_reader_t *shs_java_read_create(apr_pool_t *p)
{
    shs_java_reader_t *reader = apr_pcalloc(p, sizeof(*reader));

    reader->input.p = p;
    reader->input.nodes_left = SHS_JAVA_VALUE_MAX;
    reader->values.p = p;
    reader->values.count_left = SHS_JAVA_VALUE_MAX;
    reader->values.octets_left = OCTETS_MAX;
    reader->values.made = shs_session_create(EXPECTED_VALUES, p);
    return reader;
}

/* The limit on texts grows with what the streams have in all. */
static void raise_limit(shs_java_reader_t *reader, apr_size_t len)
{
    apr_size_t before = reader->octets * STREAM_MULTIPLE;
    apr_size_t after = (reader->octets + len) * STREAM_MULTIPLE;

    reader->octets += len;
    before = before > OCTETS_MAX ? before : OCTETS_MAX;
    after = after > OCTETS_MAX ? after : OCTETS_MAX;
    reader->values.octets_left += after - before;
}

const char *shs_java_read_open(shs_java_reader_t *reader, shs_octets_t stream)
{
    shs_java_input_t *input = &reader->input;

    input->data = (const unsigned char *)stream.data;
    input->len = stream.len;
    input->at = 0;
    input->handles.count = 0;
    input->stack.count = 0;
    input->wrong = NULL;
    raise_limit(reader, stream.len);
    return shs_java_stream_begin(input) ? NULL : input->wrong;
}

shs_java_next_t shs_java_read_peek(shs_java_reader_t *reader)
{
    return shs_java_stream_peek(&reader->input);
}

const char *shs_java_read_value(shs_java_reader_t *reader,
                                shs_session_t *session, shs_octets_t name)
{
    shs_java_item_t *item;
    apr_size_t index;

    if (!read_item(&item, reader)) {
        return get_wrong(reader);
    }
    if (!shs_java_value_make(&index, &reader->values, item, name)) {
        return reader->values.wrong;
    }
    shs_session_copy(session, name, reader->values.made, index);
    return NULL;
}

const char *shs_java_read_skip(shs_java_reader_t *reader)
{
    shs_java_item_t *item;

    return read_item(&item, reader) ? NULL : get_wrong(reader);
}

const char *shs_java_read_scalar(shs_java_reader_t *reader, shs_kind_t *kind,
                                 shs_octets_t *text)
{
    shs_java_item_t *item;

    if (!read_item(&item, reader)) {
        return get_wrong(reader);
    }
    return shs_java_value_scalar(kind, text, &reader->values, item)
               ? NULL
               : "the object is not a scalar";
}

const char *shs_java_read_block(shs_java_reader_t *reader, shs_octets_t *block)
{
    return shs_java_stream_read_block(block, &reader->input)
               ? NULL
               : get_wrong(reader);
}

apr_size_t shs_java_read_offset(const shs_java_reader_t *reader)
{
    return reader->input.at;
}
