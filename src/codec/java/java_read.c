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
    if (reader->input.wrong) {
        return reader->input.wrong;
    }
    return reader->input.is_aborted
               ? "its writer could not serialize a part of it"
               : "the stream has no such object";
}

/* Passes the exception that has ended an object. What wrote the stream had met
 * an object that is not Serializable. It reset the handles, wrote the
 * exception, and reset the handles again; the JDK writes no TC_RESET for that.
 */
static void pass_exception(shs_java_input_t *input)
{
    shs_java_item_t *exception = NULL;

    input->handles.count = 0;
    input->promised = 0;
    input->is_aborted = 0;
    if (shs_java_stream_peek(input) == SHS_JAVA_NEXT_OBJECT) {
        (void)shs_java_stream_read(&exception, input, 1);
    }
    if (!exception || exception->kind != SHS_JAVA_OBJECT || input->is_aborted) {
        shs_java_input_fail(input, "the writer of the stream has failed");
    }
    input->handles.count = 0;
    input->is_aborted = 1;
}

/* The item of the next object. Returns 0 if there is none. If it was aborted,
 * and the input is not wrong, the object has been passed. */
static int read_item(shs_java_item_t **out, shs_java_reader_t *reader)
{
    shs_java_input_t *input = &reader->input;

    input->is_aborted = 0;
    input->promised = 0;
    if (shs_java_stream_peek(input) != SHS_JAVA_NEXT_OBJECT) {
        return 0;
    }
    if (shs_java_stream_read(out, input, 1)) {
        return 1;
    }
    if (input->is_aborted) {
        pass_exception(input);
    }
    return 0;
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
    reader->values.work.left = SHS_JAVA_WORK_MAX;
    reader->values.made = shs_session_create(EXPECTED_VALUES, p);
    return reader;
}

/* A limit for streams of so many octets. */
static apr_size_t limit_of(apr_size_t least, apr_size_t octets, apr_size_t each)
{
    return octets > least / each ? octets * each : least;
}

/* The limits on texts and on steps grow with what the streams have in all. */
static void raise_limits(shs_java_reader_t *reader, apr_size_t len)
{
    apr_size_t before = reader->octets;
    apr_size_t after = before + len;

    reader->octets = after;
    reader->values.octets_left +=
        limit_of(OCTETS_MAX, after, STREAM_MULTIPLE)
        - limit_of(OCTETS_MAX, before, STREAM_MULTIPLE);
    reader->values.work.left +=
        limit_of(SHS_JAVA_WORK_MAX, after, SHS_JAVA_WORK_PER_OCTET)
        - limit_of(SHS_JAVA_WORK_MAX, before, SHS_JAVA_WORK_PER_OCTET);
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
    input->promised = 0;
    input->is_aborted = 0;
    raise_limits(reader, stream.len);
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

    return read_item(&item, reader)
                   || (reader->input.is_aborted && !reader->input.wrong)
               ? NULL
               : get_wrong(reader);
}

const char *shs_java_read_string(shs_java_reader_t *reader, shs_octets_t *text)
{
    shs_java_item_t *item;

    if (!read_item(&item, reader)) {
        return get_wrong(reader);
    }
    if (!item || item->kind != SHS_JAVA_STRING) {
        return "the object is not a string";
    }
    *text = item->u.text;
    return NULL;
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
