/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_tree.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "session/json/json_number.h"

#define NUMBER '#'
#define STRING '$'

/* A text being marked; out is NULL while its length is only counted. */
typedef struct marking_t {
    const char *at;
    const char *end;
    char *out;
    apr_size_t len; /* of the output */
} marking_t;

static void put(marking_t *marking, char c)
{
    if (marking->out) {
        marking->out[marking->len] = c;
    }
    ++marking->len;
}

static void put_all(marking_t *marking, apr_size_t len)
{
    if (marking->out) {
        memcpy(marking->out + marking->len, marking->at, len);
    }
    marking->len += len;
    marking->at += len;
}

/* The length of a string with its quotation marks; to the end if unclosed. */
static apr_size_t measure_string(const char *begin, const char *end)
{
    const char *c = begin + 1;

    while (c < end && *c != '"') {
        c += *c == '\\' && c + 1 < end ? 2 : 1;
    }
    return (apr_size_t)((c < end ? c + 1 : end) - begin);
}

/* Whether a colon follows, so that the token before is a name. */
static int is_name(const char *behind, const char *end)
{
    while (behind < end
           && (*behind == ' ' || *behind == '\t' || *behind == '\n'
               || *behind == '\r')) {
        ++behind;
    }
    return behind < end && *behind == ':';
}

/* Whether a number may contain that character, except for the letter of an
 * exponent, which "true" contains too. */
static int is_of_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
}

/* Marks the next token. A token that looks like a number but is none, or is at
 * the place of a name, stays as it is: Jansson refuses it. */
static void mark_next(marking_t *marking)
{
    shs_octets_t rest = { marking->at,
                          (apr_size_t)(marking->end - marking->at) };
    apr_size_t len;

    if (*marking->at == '"') {
        len = measure_string(marking->at, marking->end);
        put_all(marking, 1);
        put(marking, STRING);
        put_all(marking, len - 1);
        return;
    }
    if (!is_of_number(*marking->at)) {
        put_all(marking, 1);
        return;
    }
    len = shs_json_number_measure(rest);
    if (len == 0 || is_name(marking->at + len, marking->end)) {
        do {
            put_all(marking, 1);
        } while (marking->at < marking->end
                 && (is_of_number(*marking->at) || *marking->at == 'e'
                     || *marking->at == 'E'));
        return;
    }
    put(marking, '"');
    put(marking, NUMBER);
    put_all(marking, len);
    put(marking, '"');
}

/* Marks the text until the output has `most` octets. */
static marking_t mark(shs_octets_t text, char *out, apr_size_t most)
{
    marking_t marking = { text.data, text.data + text.len, out, 0 };

    while (marking.at < marking.end && marking.len < most) {
        mark_next(&marking);
    }
    return marking;
}

json_t *shs_json_tree_load(shs_octets_t text, size_t flags, json_error_t *error,
                           apr_pool_t *p)
{
    apr_size_t len = mark(text, NULL, (apr_size_t)-1).len;
    char *marked = apr_palloc(p, len + 1);
    json_t *tree;

    mark(text, marked, (apr_size_t)-1);
    tree = json_loadb(marked, len, flags | JSON_ALLOW_NUL, error);
    if (!tree && error->position > 0) {
        marking_t marking = mark(text, NULL, (apr_size_t)error->position);

        error->position = (int)(marking.at - text.data);
    }
    return tree;
}

/* Removes the marks from Jansson's output. */
static apr_size_t unmark(char *out, const char *text, apr_size_t len)
{
    const char *end = text + len;
    char *to = out;

    while (text < end) {
        apr_size_t size = *text == '"' ? measure_string(text, end) : 1;

        if (size > 2 && text[1] == NUMBER) {
            memcpy(to, text + 2, size - 3);
            to += size - 3;
        }
        else if (size > 2 && text[1] == STRING) {
            *to++ = '"';
            memcpy(to, text + 2, size - 2);
            to += size - 2;
        }
        else {
            memcpy(to, text, size);
            to += size;
        }
        text += size;
    }
    *to = '\0';
    return (apr_size_t)(to - out);
}

shs_octets_t shs_json_tree_dump(const json_t *value, apr_pool_t *p)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    shs_octets_t octets = { NULL, 0 };

    if (text) {
        apr_size_t len = strlen(text);
        char *out = apr_palloc(p, len + 1);

        octets.len = unmark(out, text, len);
        octets.data = out;
        free(text);
    }
    return octets;
}

int shs_json_tree_is_number(const json_t *value)
{
    return json_is_string(value) && *json_string_value(value) == NUMBER;
}

shs_octets_t shs_json_tree_text(const json_t *value)
{
    shs_octets_t text;

    text.data = json_string_value(value) + 1;
    text.len = json_string_length(value) - 1;
    return text;
}

const char *shs_json_tree_name(const char *marked)
{
    return marked + 1;
}

const char *shs_json_tree_mark_name(shs_octets_t name, apr_pool_t *p)
{
    return apr_psprintf(p, "%c%.*s", STRING, (int)name.len, name.data);
}

static json_t *create_marked(char mark, shs_octets_t text, apr_pool_t *p)
{
    char *marked = apr_palloc(p, text.len + 1);

    *marked = mark;
    if (text.len > 0) {
        memcpy(marked + 1, text.data, text.len);
    }
    return json_stringn(marked, text.len + 1);
}

json_t *shs_json_tree_string(shs_octets_t text, apr_pool_t *p)
{
    return create_marked(STRING, text, p);
}

int shs_json_tree_shorten(json_t *value, apr_pool_t *p)
{
    const char *name;
    json_t *member;
    size_t i;

    if (shs_json_tree_is_number(value)) {
        json_t *number = create_marked(
            NUMBER, shs_json_number_shorten(shs_json_tree_text(value), p), p);
        int is_done = number
                      && json_string_setn(value, json_string_value(number),
                                          json_string_length(number))
                             == 0;

        json_decref(number);
        return is_done;
    }
    json_array_foreach(value, i, member)
    {
        if (!shs_json_tree_shorten(member, p)) {
            return 0;
        }
    }
    json_object_foreach(value, name, member)
    {
        if (!shs_json_tree_shorten(member, p)) {
            return 0;
        }
    }
    return 1;
}
