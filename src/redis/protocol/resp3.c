/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/resp3.h"

#include <string.h>

#include <apr_strings.h>

/* A length has no more digits. */
#define MAX_DIGITS 10

/* The number after the type; -2 if there is none. */
static apr_int64_t read_number(const char *line, apr_size_t len)
{
    apr_int64_t number = 0;
    apr_size_t i;

    if (len == 3 && !memcmp(line, "$-1", 3)) {
        return -1;
    }
    if (len < 2 || len > 1 + MAX_DIGITS) {
        return -2;
    }
    for (i = 1; i < len; ++i) {
        if (line[i] < '0' || line[i] > '9') {
            return -2;
        }
        number = number * 10 + (line[i] - '0');
    }
    return number;
}

static char *write_line(char *out, char type, apr_int64_t number)
{
    return out
           + apr_snprintf(out, 32, "%c%" APR_INT64_T_FMT "\r\n", type, number);
}

/* Translates a line that has a length, or is a value itself. NULL if it is
 * neither. */
static char *translate_line(char *out, shs_resp3_t *resp3)
{
    const char *line = resp3->line;
    apr_int64_t number = read_number(line, resp3->len);

    switch (*line) {
    case '_':
        return resp3->len == 1 ? write_line(out, '$', -1) : NULL;
    case '#':
        return resp3->len == 2 && (line[1] == 't' || line[1] == 'f')
                   ? write_line(out, ':', line[1] == 't')
                   : NULL;
    case '$':
    case '=':
        if (number < -1) {
            return NULL;
        }
        resp3->bulk = number >= 0 ? (apr_size_t)number + 2 : 0;
        return write_line(out, '$', number);
    case '*':
    case '~':
    case '>':
        return number >= 0 ? write_line(out, '*', number) : NULL;
    case '%':
        return number >= 0 ? write_line(out, '*', 2 * number) : NULL;
    default:
        return NULL;
    }
}

/* Adds to the line, and translates it at its end. Returns the end of the
 * output, or NULL. */
static char *add_to_line(char *out, shs_resp3_t *resp3, char c)
{
    if (c != '\n') {
        if (resp3->len == sizeof(resp3->line)) {
            return NULL;
        }
        resp3->line[resp3->len++] = c;
        return out;
    }
    if (resp3->len < 2 || resp3->line[resp3->len - 1] != '\r') {
        return NULL;
    }
    --resp3->len;
    out = translate_line(out, resp3);
    resp3->len = 0;
    return out;
}

/* Whether a line of this type is copied unchanged, but for its type. */
static int is_passed(char type)
{
    return type == '+' || type == '-' || type == ':' || type == ',';
}

apr_ssize_t shs_resp3_translate(char *out, shs_resp3_t *resp3, const char *data,
                                apr_size_t len)
{
    char *end = out;
    apr_size_t i;

    for (i = 0; i < len && end; ++i) {
        if (resp3->bulk > 0) {
            apr_size_t part = resp3->bulk < len - i ? resp3->bulk : len - i;

            memcpy(end, data + i, part);
            end += part;
            resp3->bulk -= part;
            i += part - 1;
        }
        else if (resp3->is_in_line) {
            *end++ = data[i];
            resp3->is_in_line = data[i] != '\n';
        }
        else if (resp3->len == 0 && is_passed(data[i])) {
            *end++ = data[i] == ',' ? '+' : data[i];
            resp3->is_in_line = 1;
        }
        else {
            end = add_to_line(end, resp3, data[i]);
        }
    }
    return end ? end - out : -1;
}
