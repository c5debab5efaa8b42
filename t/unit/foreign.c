/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"

#include <apr_base64.h>

#include "session/json/json_text.h"
#include "session/json/path.h"

static const char *decode(shs_session_t **out, const char *format,
                          const shs_record_t *record, const char *names)
{
    const shs_codec_t *codec = shs_codec_find(format);
    shs_wanted_t wanted = shs_wanted_everything;

    ck_assert_msg(codec != NULL, "no format %s", format);
    ck_assert(shs_codec_is_foreign(codec));
    if (names) {
        apr_array_header_t *words = unit_words(names);

        wanted = shs_wanted_create((const char *const *)words->elts,
                                   (apr_size_t)words->nelts, p);
    }
    return shs_codec_decode(out, codec, record, &wanted, p);
}

const char *foreign_decode(shs_session_t **out, const char *format,
                           shs_octets_t string, const char *names)
{
    shs_record_t record = { SHS_SHAPE_STRING, string, NULL, 0,
                            SHS_TTL_FOREVER };

    return decode(out, format, &record, names);
}

const char *foreign_decode_fields(shs_session_t **out, const char *format,
                                  const shs_record_field_t *fields,
                                  apr_size_t count, const char *names)
{
    shs_record_t record = {
        SHS_SHAPE_FIELDS, { NULL, 0 }, fields, count, SHS_TTL_FOREVER
    };

    return decode(out, format, &record, names);
}

shs_session_t *foreign_session(const char *format, const char *text,
                               const char *names)
{
    shs_session_t *session;
    const char *wrong =
        foreign_decode(&session, format, unit_text(text), names);

    ck_assert_msg(!wrong, "%s: %s", text, wrong);
    return session;
}

const char *foreign_show(const shs_session_t *session)
{
    shs_octets_t text = shs_json_text_write_session(session, p);

    return apr_pstrmemdup(p, text.data, text.len);
}

static apr_status_t free_tree(void *tree)
{
    json_decref(tree);
    return APR_SUCCESS;
}

static json_t *load(const char *file)
{
    json_error_t error;
    const char *srcdir = getenv("srcdir");
    const char *path =
        apr_pstrcat(p, srcdir ? srcdir : ".", "/t/fixtures/", file, NULL);
    json_t *captures = json_load_file(path, 0, &error);

    ck_assert_msg(captures != NULL, "%s: %s", path, error.text);
    apr_pool_cleanup_register(p, captures, free_tree, apr_pool_cleanup_null);
    return captures;
}

json_t *foreign_capture(const char *file, const char *name)
{
    json_t *captures = load(file);
    json_t *capture;
    size_t i;

    json_array_foreach(captures, i, capture)
    {
        if (!strcmp(json_string_value(json_object_get(capture, "capture")),
                    name)) {
            return capture;
        }
    }
    ck_abort_msg("%s has no %s", file, name);
    return NULL;
}

shs_octets_t foreign_base64(const json_t *text)
{
    const char *base64 = json_string_value(text);
    char *value;
    int len;

    ck_assert_ptr_nonnull(base64);
    value = apr_palloc(p, (apr_size_t)apr_base64_decode_len(base64));
    len = apr_base64_decode(value, base64);
    return unit_exact(value, (apr_size_t)len);
}

apr_array_header_t *foreign_captures(const char *profile, int count)
{
    apr_array_header_t *found = apr_array_make(p, count, sizeof(json_t *));
    size_t len = strlen(profile);
    json_t *captures = load("frameworks.json");
    json_t *capture;
    size_t i;

    json_array_foreach(captures, i, capture)
    {
        const char *of = json_string_value(json_object_get(capture, "profile"));

        if (!strncmp(of, profile, len) && (!of[len] || of[len] == ' ')) {
            APR_ARRAY_PUSH(found, json_t *) = capture;
        }
    }
    ck_assert_int_eq(found->nelts, count);
    return found;
}

const shs_record_field_t *foreign_fields(apr_size_t *count,
                                         const json_t *capture)
{
    json_t *fields = json_object_get(capture, "fields_base64");
    shs_record_field_t *list =
        apr_palloc(p, (json_object_size(fields) + 1) * sizeof(*list));
    const char *name;
    json_t *value;

    *count = 0;
    json_object_foreach(fields, name, value)
    {
        list[*count].name = unit_text(name);
        list[(*count)++].value = foreign_base64(value);
    }
    return list;
}

/* The attribute is what the application has set. */
static void check_attribute(const shs_session_t *session, const char *name,
                            json_t *wanted, const char *capture)
{
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);
    const shs_value_t *value =
        shs_session_find(session, 0, count, name, strlen(name));
    shs_octets_t text;
    json_t *got;

    ck_assert_msg(value && values, "%s: no %s", capture, name);
    text = shs_json_text_write(session, value, p);
    got = json_loadb(text.data, text.len, JSON_DECODE_ANY, NULL);
    ck_assert_msg(json_equal(got, wanted), "%s: %s is %s", capture, name,
                  unit_show(text));
    json_decref(got);
}

shs_session_t *foreign_captured(const char *format, const json_t *capture,
                                const char *names)
{
    json_t *value = json_object_get(capture, "value_base64");
    const char *title = json_string_value(json_object_get(capture, "capture"));
    apr_size_t count = 0;
    const shs_record_field_t *fields = foreign_fields(&count, capture);
    shs_session_t *session;
    const char *wrong =
        value ? foreign_decode(&session, format, foreign_base64(value), names)
              : foreign_decode_fields(&session, format, fields, count, names);
    const char *name;
    json_t *member;

    ck_assert_msg(!wrong, "%s: %s", title, wrong);
    json_object_foreach(json_object_get(capture, "decoded"), name, member)
    {
        if (!names) {
            check_attribute(session, name, member, title);
        }
    }
    return session;
}

const char *foreign_path(const shs_session_t *session, const char *path)
{
    shs_path_inside_t inside = { NULL };
    const shs_path_t *parsed;
    shs_octets_t text;

    ck_assert_pstr_eq(shs_path_parse(&parsed, path, p), NULL);
    return shs_path_text(&text, parsed, session, &inside, p)
               ? apr_pstrmemdup(p, text.data, text.len)
               : NULL;
}

apr_int64_t foreign_integer(const json_t *capture, const char *name)
{
    json_t *value = json_object_get(capture, name);

    ck_assert_msg(json_is_integer(value), "no %s", name);
    return json_integer_value(value);
}
