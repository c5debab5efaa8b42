/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <string.h>

#include <apr_strings.h>

#include "codec/java/java_boxed.h"
#include "codec/java/java_read.h"
#include "codec/java/java_value.h"
#include "codec/java/kryo.h"

/* Of a structure with more members, not all names are compared. */
#define MOST_COMPARED 64

/* Whether no surrogate and no overlong form is in the text. */
static int is_utf8(shs_octets_t text)
{
    const unsigned char *c = (const unsigned char *)text.data;
    const unsigned char *end = c + text.len;

    while (c < end) {
        int more = *c < 0x80 ? 0 : *c < 0xE0 ? 1 : *c < 0xF0 ? 2 : 3;

        if ((*c >= 0x80 && *c < 0xC2) || *c > 0xF4 || end - c <= more
            || (*c == 0xE0 && c[1] < 0xA0) || (*c == 0xED && c[1] > 0x9F)
            || (*c == 0xF0 && c[1] < 0x90) || (*c == 0xF4 && c[1] > 0x8F)) {
            return 0;
        }
        for (++c; more > 0; --more, ++c) {
            if ((*c & 0xC0) != 0x80) {
                return 0;
            }
        }
    }
    return 1;
}

static void look_at_names(const shs_value_t *values, apr_size_t object)
{
    apr_size_t i, k;
    int compared = 0;

    for (i = object + 1; i < values[object].end && compared < MOST_COMPARED;
         i = values[i].end, ++compared) {
        int behind = 0;

        for (k = values[i].end;
             k < values[object].end && behind < MOST_COMPARED;
             k = values[k].end, ++behind) {
            MUST(values[i].name.len != values[k].name.len
                 || memcmp(values[i].name.data, values[k].name.data,
                           values[i].name.len)
                        != 0);
        }
    }
}

/* Values must be a tree of limited depth, whatever they were made of. */
static void look_at_tree(const shs_session_t *session)
{
    apr_size_t count, i;
    const shs_value_t *values = shs_session_values(session, &count);
    apr_size_t ends[SHS_SESSION_MAX_DEPTH + 1];
    int depth = 0;

    MUST(count <= SHS_JAVA_VALUE_MAX);
    for (i = 0; i < count; ++i) {
        shs_kind_t kind = values[i].kind;

        while (depth > 0 && ends[depth - 1] == i) {
            --depth;
        }
        MUST(values[i].end > i && values[i].end <= count);
        MUST(depth == 0 || values[i].end <= ends[depth - 1]);
        MUST(is_utf8(values[i].text) && is_utf8(values[i].name));
        if (kind != SHS_KIND_ARRAY && kind != SHS_KIND_OBJECT) {
            MUST(values[i].end == i + 1);
            continue;
        }
        if (kind == SHS_KIND_OBJECT) {
            look_at_names(values, i);
        }
        MUST(depth < SHS_SESSION_MAX_DEPTH);
        ends[depth++] = values[i].end;
    }
}

/* Reads a stream into the session: all objects, or only that of this number.
 * Returns how many there are. */
static int read_stream(shs_session_t *session, int only, shs_octets_t stream,
                       apr_pool_t *p)
{
    shs_java_reader_t *reader = shs_java_read_create(p);
    const char *wrong = shs_java_read_open(reader, stream);
    int number = 0;

    MUST(!wrong || *wrong);
    while (!wrong || number > 0) {
        shs_java_next_t next = shs_java_read_peek(reader);
        apr_size_t before = shs_java_read_offset(reader);
        shs_octets_t block;

        if (next == SHS_JAVA_NEXT_END || next == SHS_JAVA_NEXT_WRONG) {
            break;
        }
        if (next == SHS_JAVA_NEXT_BLOCK) {
            wrong = shs_java_read_block(reader, &block);
        }
        else {
            apr_size_t count = shs_session_count(session);

            wrong = only < 0 || number == only ? shs_java_read_value(
                        reader, session, shs_octets_of(apr_itoa(p, number)))
                                               : shs_java_read_skip(reader);
            MUST(!wrong || shs_session_count(session) == count);
            ++number;
        }
        MUST(!wrong || *wrong);
        MUST(shs_java_read_offset(reader) > before);
        MUST(shs_java_read_offset(reader) <= stream.len);
    }
    return number;
}

static int are_equal(const shs_value_t *a, const shs_value_t *b)
{
    return a->kind == b->kind && a->text.len == b->text.len
           && !memcmp(a->text.data, b->text.data, a->text.len);
}

void fuzz_java(const uint8_t *data, size_t size, apr_pool_t *p)
{
    shs_octets_t stream = { (const char *)data, size };
    shs_session_t *all = shs_session_create(1, p);
    shs_session_t *one = shs_session_create(1, p);
    int count = read_stream(all, -1, stream, p);
    const shs_value_t *values, *alone;
    apr_size_t len, alone_len;
    const char *name = apr_itoa(p, count - 1);
    const shs_value_t *last;
    apr_int64_t number;
    char out[SHS_JAVA_BOXED_MAX];

    look_at_tree(all);
    MUST(read_stream(one, count - 1, stream, p) == count);
    look_at_tree(one);
    /* The last value does not depend on those before. */
    values = shs_session_values(all, &len);
    alone = shs_session_values(one, &alone_len);
    last = shs_session_find(all, 0, len, name, strlen(name));
    if (last && alone_len > 0) {
        apr_size_t first = (apr_size_t)(last - values);
        apr_size_t i;

        MUST(last->end - first == alone_len);
        for (i = 0; i < alone_len; ++i) {
            MUST(last[i].end - first == alone[i].end);
            MUST(are_equal(&last[i], &alone[i]));
        }
    }
    if (shs_java_boxed_read(&number, stream)) {
        MUST(shs_java_boxed_write(out, number, stream) == size);
        MUST(!memcmp(out, data, size));
    }
}

void fuzz_kryo(const uint8_t *data, size_t size, apr_pool_t *p)
{
    shs_octets_t stored = { (const char *)data, size };
    shs_session_t *session = shs_session_create(1, p);
    const char *wrong = shs_kryo_append(session, shs_octets_of("a"), stored, p);
    char out[SHS_KRYO_INTEGER_MAX];
    apr_int64_t number, again;

    MUST(!wrong || *wrong);
    MUST(shs_session_count(session) == (wrong ? 0 : 1));
    look_at_tree(session);
    if (shs_kryo_read_integer(&number, stored)) {
        shs_octets_t written = { out,
                                 shs_kryo_write_integer(out, number, stored) };

        /* The same number may have been written with more octets. */
        MUST(!wrong && written.len > 0 && written.len <= size);
        MUST(shs_kryo_read_integer(&again, written) && again == number);
    }
}
