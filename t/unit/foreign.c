/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"

#include <apr_base64.h>

#include "session/json/json_text.h"

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

json_t *foreign_capture(const char *file, const char *name)
{
    json_error_t error;
    const char *srcdir = getenv("srcdir");
    const char *path =
        apr_pstrcat(p, srcdir ? srcdir : ".", "/t/fixtures/", file, NULL);
    json_t *captures = json_load_file(path, 0, &error);
    json_t *capture;
    size_t i;

    ck_assert_msg(captures != NULL, "%s: %s", path, error.text);
    json_array_foreach(captures, i, capture)
    {
        if (!strcmp(json_string_value(json_object_get(capture, "capture")),
                    name)) {
            return capture;
        }
    }
    ck_abort_msg("%s has no %s", path, name);
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
