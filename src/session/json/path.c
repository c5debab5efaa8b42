/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/path.h"

#include <string.h>

#include <apr_strings.h>

#include "session/json/json_plain.h"
#include "session/json/json_read.h"
#include "session/json/json_text.h"
#include "session/json/path_steps.h"

struct shs_path_t {
    shs_path_kind_t kind;
    const char *text;
    apr_size_t len;
    shs_path_step_t *steps;
    int count;         /* 0: the text can only be an attribute's whole name */
    int is_quoted;     /* the first step is the attribute's whole name */
    apr_size_t prefix; /* how its name begins, which ends in "*" in the path;
                        * 0: the name is given */
    int attribute;     /* of a prefix: how many steps stand for the name */
};

const shs_path_t shs_path_every = { .kind = SHS_PATH_EVERY,
                                    .text = "*",
                                    .len = 1 };

static const struct {
    const char *text;
    shs_path_kind_t kind;
} pseudo[] = {
    { "*", SHS_PATH_EVERY },        { "@id", SHS_PATH_ID },
    { "@status", SHS_PATH_STATUS }, { "@ttl", SHS_PATH_TTL },
    { "@label", SHS_PATH_LABEL },   { "@reason", SHS_PATH_REASON },
};

/* A name that ends in "*" is the whole text, or its first step. */
static void find_prefix(shs_path_t *path)
{
    if (path->is_quoted) {
        return;
    }
    if (path->text[path->len - 1] == '*') {
        path->prefix = path->len - 1;
        path->attribute = path->count;
    }
    else if (path->count > 1 && path->steps[0].len > 1
             && path->text[path->steps[0].len - 1] == '*') {
        path->prefix = path->steps[0].len - 1;
        path->attribute = 1;
    }
}

const char *shs_path_parse(const shs_path_t **out, const char *text,
                           apr_pool_t *p)
{
    shs_path_t *path = apr_pcalloc(p, sizeof(*path));
    apr_size_t i;

    path->text = text;
    path->len = strlen(text);
    if (path->len == 0) {
        return "the attribute's name is empty";
    }
    for (i = 0; i < sizeof(pseudo) / sizeof(pseudo[0]); ++i) {
        if (!strcmp(text, pseudo[i].text)) {
            path->kind = pseudo[i].kind;
            *out = path;
            return NULL;
        }
    }
    if (*text == '@') {
        return apr_psprintf(p,
                            "there is no attribute '%s': names that begin with"
                            " @ are reserved, and the pseudo attributes are"
                            " @id, @status, @ttl, @label and @reason",
                            text);
    }
    path->count = shs_path_steps_parse(&path->steps, text, p);
    path->is_quoted = shs_path_steps_is_quoted(text);
    if (path->is_quoted && path->count == 0) {
        return apr_psprintf(p,
                            "'%s' is not a path: a name between [' and '] is"
                            " followed by nothing, by .NAME, by [NUMBER] or by"
                            " ['NAME']",
                            text);
    }
    find_prefix(path);
    *out = path;
    return NULL;
}

shs_path_kind_t shs_path_kind(const shs_path_t *path)
{
    return path->kind;
}

static const shs_value_t *step_down(const shs_path_step_t *step,
                                    const shs_value_t *at,
                                    const shs_value_t *values,
                                    const shs_session_t *session)
{
    apr_size_t i = (apr_size_t)(at - values) + 1;
    apr_size_t position = 0;

    if (step->name) {
        return at->kind != SHS_KIND_OBJECT
                   ? NULL
                   : shs_session_find(session, i, at->end, step->name,
                                      step->len);
    }
    if (at->kind != SHS_KIND_ARRAY) {
        return NULL;
    }
    for (; i < at->end; i = values[i].end, ++position) {
        if (position == step->position) {
            return &values[i];
        }
    }
    return NULL;
}

/* Follows the steps from `step` on, down from the value `at`. */
static const shs_value_t *walk(const shs_path_t *path, int step,
                               const shs_value_t *at,
                               const shs_session_t *session)
{
    const shs_value_t *values;
    apr_size_t total;

    values = shs_session_values(session, &total);
    for (; at && step < path->count; ++step) {
        at = step_down(&path->steps[step], at, values, session);
    }
    return at;
}

/* Whether an untyped text may be an object or array. Few are, so this saves
 * parsing the others. */
static int may_be_structure(shs_octets_t text)
{
    apr_size_t i = 0;

    while (i < text.len && text.data[i] && strchr(" \t\r\n", text.data[i])) {
        ++i;
    }
    return i < text.len && (text.data[i] == '{' || text.data[i] == '[');
}

/* An attribute whose text was parsed. */
typedef struct shs_path_read_t {
    const shs_value_t *value;
    const shs_session_t *session; /* NULL: the text is no structure */
    struct shs_path_read_t *next;
} shs_path_read_t;

/* The structure in an attribute's text, parsed once for all paths that lead
 * into it; or NULL. */
static const shs_session_t *read_inside(shs_path_inside_t *inside,
                                        const shs_value_t *value, apr_pool_t *p)
{
    shs_path_read_t *read = inside->read;

    while (read && read->value != value) {
        read = read->next;
    }
    if (!read && may_be_structure(value->text)) {
        read = apr_palloc(p, sizeof(*read));
        read->value = value;
        read->session = shs_json_plain_read(value->text, p);
        if (!read->session) {
            read->session = shs_json_read_structure(value->text, p);
        }
        read->next = inside->read;
        inside->read = read;
    }
    return read ? read->session : NULL;
}

/* The first attribute whose name begins with the path's prefix, or NULL. */
static const shs_value_t *find_by_prefix(const shs_path_t *path,
                                         const shs_session_t *session)
{
    apr_size_t count, i;
    const shs_value_t *values = shs_session_values(session, &count);

    for (i = 0; i < count; i = values[i].end) {
        if (values[i].name.len >= path->prefix
            && !memcmp(values[i].name.data, path->text, path->prefix)) {
            return &values[i];
        }
    }
    return NULL;
}

/* The attribute that the path leads to or into, and how many steps stand for
 * its name: as many as possible. The whole text goes first, whatever it is. */
static const shs_value_t *find_attribute(int *steps, const shs_path_t *path,
                                         const shs_session_t *session)
{
    const shs_value_t *at = NULL;
    apr_size_t total;

    shs_session_values(session, &total);
    *steps = 1;
    if (path->is_quoted) {
        return shs_session_find(session, 0, total, path->steps[0].name,
                                path->steps[0].len);
    }
    *steps = path->count;
    at = shs_session_find(session, 0, total, path->text, path->len);
    if (!at && path->prefix > 0) {
        *steps = path->attribute;
        return find_by_prefix(path, session);
    }
    while (!at && *steps > 1) {
        --*steps;
        at = shs_session_find(session, 0, total, path->text,
                              path->steps[*steps - 1].end);
    }
    return at;
}

const shs_value_t *shs_path_find(const shs_session_t **of,
                                 const shs_path_t *path,
                                 const shs_session_t *session,
                                 shs_path_inside_t *inside, apr_pool_t *p)
{
    const shs_value_t *at;
    apr_size_t total;
    int steps;

    *of = session;
    if (path->kind != SHS_PATH_ATTRIBUTE) {
        return NULL;
    }
    at = find_attribute(&steps, path, session);
    if (!at || steps >= path->count) {
        return at;
    }
    if (at->kind == SHS_KIND_STRING && shs_session_is_untyped(session)) {
        *of = read_inside(inside, at, p);
        at = *of ? shs_session_values(*of, &total) : NULL;
    }
    return at ? walk(path, steps, at, *of) : NULL;
}

const shs_value_t *shs_path_find_structure(const shs_session_t **of,
                                           const shs_path_t *path,
                                           const shs_session_t *session,
                                           shs_path_inside_t *inside,
                                           apr_pool_t *p)
{
    const shs_value_t *at = shs_path_find(of, path, session, inside, p);
    const shs_session_t *read;
    apr_size_t total;

    if (!at || at->kind != SHS_KIND_STRING || *of != session
        || !shs_session_is_untyped(session)) {
        return at;
    }
    read = read_inside(inside, at, p);
    if (!read) {
        return at;
    }
    *of = read;
    return shs_session_values(read, &total);
}

/* Whether any of the names that the path may begin with is wanted. */
static int is_wanted(const shs_path_t *path, const shs_wanted_t *wanted)
{
    shs_octets_t name = { path->text, path->len };
    int i;

    if (!wanted->names) {
        return 1;
    }
    if (path->is_quoted) {
        name.data = path->steps[0].name;
        name.len = path->steps[0].len;
        return shs_wanted_has(wanted, name);
    }
    for (i = path->count; i > 0 && !shs_wanted_has(wanted, name); --i) {
        name.len = path->steps[i - 1].end;
    }
    return path->prefix == 0 && shs_wanted_has(wanted, name);
}

int shs_path_is_known(const shs_path_t *path, const shs_session_t *session,
                      const shs_wanted_t *wanted)
{
    const shs_value_t *at;
    int steps;

    if (path->kind != SHS_PATH_ATTRIBUTE) {
        return 1;
    }
    at = find_attribute(&steps, path, session);
    return at ? !(at->known & SHS_KNOWN_IS_OPAQUE) : is_wanted(path, wanted);
}

int shs_path_text(shs_octets_t *text, const shs_path_t *path,
                  const shs_session_t *session, shs_path_inside_t *inside,
                  apr_pool_t *p)
{
    const shs_session_t *of;
    const shs_value_t *value = shs_path_find(&of, path, session, inside, p);

    return value && shs_json_text_get(text, of, value, p);
}
