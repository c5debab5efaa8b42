/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/path_steps.h"

#include <string.h>

#include <apr_lib.h>

/* Parses "[123]" at *cursor. Returns 0 if it is not there. */
static int parse_position(shs_path_step_t *step, const char **cursor)
{
    const char *c = *cursor + 1;
    apr_size_t position = 0;
    int digits = 0;

    for (; apr_isdigit(*c) && digits < 9; ++c, ++digits) {
        position = position * 10 + (apr_size_t)(*c - '0');
    }
    if (digits == 0 || *c != ']') {
        return 0;
    }
    memset(step, 0, sizeof(*step));
    step->position = position;
    *cursor = c + 1;
    return 1;
}

/* Parses "['name']" at *cursor. Returns 0 if it is not there. */
static int parse_quoted(shs_path_step_t *step, const char **cursor)
{
    const char *name = *cursor + 2;
    const char *end = strstr(name, "']");

    if (!end || end == name) {
        return 0;
    }
    memset(step, 0, sizeof(*step));
    step->name = name;
    step->len = (apr_size_t)(end - name);
    *cursor = end + 2;
    return 1;
}

/* Parses a name at *cursor, and the "." before all but the first. */
static int parse_name(shs_path_step_t *step, const char **cursor)
{
    apr_size_t len;

    *cursor += **cursor == '.';
    len = strcspn(*cursor, ".[");

    if (len == 0) {
        return 0;
    }
    memset(step, 0, sizeof(*step));
    step->name = *cursor;
    step->len = len;
    *cursor += len;
    return 1;
}

int shs_path_steps_is_quoted(const char *c)
{
    return c[0] == '[' && c[1] == '\'';
}

static int parse_step(shs_path_step_t *step, const char **cursor, int is_first)
{
    if (shs_path_steps_is_quoted(*cursor)) {
        return parse_quoted(step, cursor);
    }
    if (**cursor == '[') {
        return !is_first && parse_position(step, cursor);
    }
    return is_first == (**cursor != '.') && parse_name(step, cursor);
}

int shs_path_steps_parse(shs_path_step_t **steps, const char *text,
                         apr_pool_t *p)
{
    const char *cursor = text;
    int count = 0;
    int most = 1;
    const char *c;

    for (c = text; *c; ++c) {
        most += *c == '.' || *c == '[';
    }
    *steps = apr_palloc(p, (apr_size_t)most * sizeof(**steps));
    while (*cursor) {
        shs_path_step_t *step = &(*steps)[count];

        if (!parse_step(step, &cursor, count == 0)) {
            return 0;
        }
        step->end = (apr_size_t)(cursor - text);
        ++count;
    }
    return count;
}
