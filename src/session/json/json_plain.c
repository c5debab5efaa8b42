/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_plain.h"

#include <string.h>

#include "session/json/json_number.h"

/* Values of a session, for a start. */
#define EXPECTED 8

static const shs_octets_t nothing = { "", 0 };

typedef struct reader_t {
    const char *at;
    const char *end;
    shs_session_t *session;
} reader_t;

/* Each of the functions below returns 0 if the text is not plain. */

static void skip_space(reader_t *reader)
{
    while (reader->at < reader->end
           && (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n'
               || *reader->at == '\r')) {
        ++reader->at;
    }
}

/* Takes that character and the space before it. */
static int take(reader_t *reader, char c)
{
    skip_space(reader);
    if (reader->at == reader->end || *reader->at != c) {
        return 0;
    }
    ++reader->at;
    return 1;
}

static int is_plain(char c)
{
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

static int take_string(reader_t *reader, shs_octets_t *text)
{
    if (!take(reader, '"')) {
        return 0;
    }
    text->data = reader->at;
    while (reader->at < reader->end && is_plain(*reader->at)) {
        ++reader->at;
    }
    text->len = (apr_size_t)(reader->at - text->data);
    if (reader->at == reader->end || *reader->at != '"') {
        return 0;
    }
    ++reader->at;
    return 1;
}

/* What follows the word, if it is a letter, take() refuses. */
static int take_word(reader_t *reader, shs_octets_t *text, const char *word)
{
    text->data = reader->at;
    text->len = strlen(word);
    if ((apr_size_t)(reader->end - reader->at) < text->len
        || memcmp(reader->at, word, text->len) != 0) {
        return 0;
    }
    reader->at += text->len;
    return 1;
}

static int take_number(reader_t *reader, shs_octets_t *text)
{
    shs_octets_t rest = { reader->at, (apr_size_t)(reader->end - reader->at) };

    text->data = reader->at;
    text->len = shs_json_number_measure(rest);
    reader->at += text->len;
    return text->len > 0;
}

/* Takes a value that is no structure. */
static int take_scalar(reader_t *reader, shs_kind_t *kind, shs_octets_t *text)
{
    switch (*reader->at) {
    case '"':
        *kind = SHS_KIND_STRING;
        return take_string(reader, text);
    case 't':
        *kind = SHS_KIND_BOOL;
        return take_word(reader, text, "true");
    case 'f':
        *kind = SHS_KIND_BOOL;
        return take_word(reader, text, "false");
    case 'n':
        *kind = SHS_KIND_NULL;
        if (!take_word(reader, text, "null")) {
            return 0;
        }
        *text = nothing;
        return 1;
    default:
        *kind = SHS_KIND_NUMBER;
        return take_number(reader, text);
    }
}

/* Takes the name of a member of the structure that is value `parent`, and the
 * colon. */
static int take_name(reader_t *reader, apr_size_t parent, shs_octets_t *name)
{
    apr_size_t count;

    if (!take_string(reader, name) || !take(reader, ':')) {
        return 0;
    }
    shs_session_values(reader->session, &count);
    return !shs_session_find(reader->session, parent + 1, count, name->data,
                             name->len);
}

static int read_value(reader_t *reader, shs_octets_t name, int depth);

static int read_structure(reader_t *reader, shs_octets_t name, int depth)
{
    int is_object = *reader->at++ == '{';
    char closing = is_object ? '}' : ']';
    apr_size_t index = shs_session_append(
        reader->session, is_object ? SHS_KIND_OBJECT : SHS_KIND_ARRAY, name,
        nothing);
    int members = 0;

    if (take(reader, closing)) {
        return 1;
    }
    do {
        shs_octets_t of_member = nothing;

        if (++members > SHS_JSON_PLAIN_MAX_MEMBERS
            || (is_object && !take_name(reader, index, &of_member))
            || !read_value(reader, of_member, depth + 1)) {
            return 0;
        }
    } while (take(reader, ','));
    shs_session_close(reader->session, index);
    return take(reader, closing);
}

static int read_value(reader_t *reader, shs_octets_t name, int depth)
{
    shs_octets_t text;
    shs_kind_t kind;

    skip_space(reader);
    if (reader->at == reader->end) {
        return 0;
    }
    if (*reader->at == '{' || *reader->at == '[') {
        return depth < SHS_JSON_PLAIN_MAX_DEPTH
               && read_structure(reader, name, depth);
    }
    if (depth == 0 || !take_scalar(reader, &kind, &text)) {
        return 0;
    }
    shs_session_append(reader->session, kind, name, text);
    return 1;
}

shs_session_t *shs_json_plain_read(shs_octets_t text, apr_pool_t *p)
{
    reader_t reader = { text.data, text.data + text.len,
                        shs_session_create(EXPECTED, p) };

    if (!read_value(&reader, nothing, 0)) {
        return NULL;
    }
    skip_space(&reader);
    return reader.at == reader.end ? reader.session : NULL;
}
