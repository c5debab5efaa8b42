/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <string.h>

#include <apr_strings.h>

#include "codec/codec.h"
#include "redis/protocol/resp.h"
#include "session/id/cookie.h"
#include "session/id/session_id.h"
#include "session/json/json_text.h"
#include "session/id/key.h"
#include "base/octets.h"
#include "session/json/path.h"

const char *fuzz_text(const uint8_t *data, size_t size, apr_pool_t *p)
{
    return apr_pstrmemdup(p, (const char *)data, size);
}

static void check_sid(shs_octets_t value, unsigned char extras)
{
    shs_session_id_t sid;

    if (!shs_session_id_parse(&sid, value, '.', extras)) {
        shs_octets_t octets = shs_session_id_octets(&sid);
        char label[SHS_SESSION_ID_LABEL_SIZE];

        MUST(octets.len >= SHS_SESSION_ID_MIN
             && octets.len <= SHS_SESSION_ID_MAX);
        MUST(!shs_octets_have_control(octets));
        MUST(extras || !memchr(octets.data, ':', octets.len));
        shs_session_id_label(label, &sid);
        MUST(strlen(label) == 4);
    }
}

static void look_for_cookies(const char *header, shs_cookie_split_t split)
{
    const char *end = header + strlen(header);
    const char *cursor = header;
    shs_octets_t value;

    while (shs_cookie_next(&value, &cursor, "JSESSIONID", split)) {
        MUST(cursor > header && cursor <= end);
        MUST(value.data >= header && value.data <= end);
        MUST(value.len <= (size_t)(end - value.data));
        MUST(!memchr(value.data, ';', value.len));
        check_sid(value, 0);
        check_sid(value, 255);
    }
    MUST(cursor == end);
}

void fuzz_cookie(const uint8_t *data, size_t size, apr_pool_t *p)
{
    const char *header = fuzz_text(data, size, p);
    const char *end = header + strlen(header);
    shs_octets_t value;

    look_for_cookies(header, SHS_COOKIE_AT_SEMICOLONS);
    look_for_cookies(header, SHS_COOKIE_AT_COMMAS);
    if (shs_cookie_find_parameter(&value, header, "jsessionid")) {
        MUST(value.data >= header && value.data <= end);
        MUST(!memchr(value.data, '/', value.len));
        MUST(!memchr(value.data, '?', value.len));
    }
    shs_cookie_is_name(header);
}

/* What a decoder made must be a tree, whatever it was made of. */
void fuzz_look_at(const shs_session_t *session, apr_pool_t *p)
{
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);
    apr_size_t top = 0;
    apr_size_t i;

    for (i = 0; i < count; i++) {
        MUST(values[i].end > i && values[i].end <= count);
        MUST(values[i].kind == SHS_KIND_ARRAY
             || values[i].kind == SHS_KIND_OBJECT || values[i].end == i + 1);
    }
    for (i = 0; i < count; i = values[i].end, top++) {
        shs_octets_t text;
        const shs_value_t *found = shs_session_find(
            session, 0, count, values[i].name.data, values[i].name.len);

        /* Decoders leave no name twice. */
        MUST(found == &values[i]);
        if (shs_json_text_get(&text, session, &values[i], p)) {
            MUST(shs_octets_encode(text, SHS_ENCODING_PERCENT, p) != NULL);
            MUST(shs_octets_encode(text, SHS_ENCODING_BASE64, p) != NULL);
        }
    }
    MUST(top == shs_session_count(session));
}

static void decode(const shs_codec_t *codec, const uint8_t *data, size_t size,
                   apr_pool_t *p)
{
    shs_record_t record;
    shs_session_t *session = NULL;
    const char *wrong;

    memset(&record, 0, sizeof(record));
    record.shape = SHS_SHAPE_STRING;
    record.string.data = (const char *)data;
    record.string.len = size;
    record.ttl = SHS_TTL_FOREVER;
    wrong =
        shs_codec_decode(&session, codec, &record, &shs_wanted_everything, p);
    MUST(wrong ? *wrong != '\0' : session != NULL);
    if (!wrong) {
        fuzz_look_at(session, p);
    }
}

void fuzz_form(const uint8_t *data, size_t size, apr_pool_t *p)
{
    decode(&shs_codec_form, data, size, p);
}

void fuzz_json(const uint8_t *data, size_t size, apr_pool_t *p)
{
    decode(&shs_codec_json, data, size, p);
}

/* The values in a reply are no longer than they may be, however deep they
 * lie, and no line is. */
static apr_size_t texts_of(const shs_reply_t *reply, apr_size_t most)
{
    apr_size_t sum = reply->kind == SHS_REPLY_STRING ? reply->text.len : 0;
    apr_size_t i;

    MUST(reply->text.len <= 2048);
    MUST(reply->kind != SHS_REPLY_ARRAY || reply->count <= most);
    for (i = 0; reply->kind == SHS_REPLY_ARRAY && i < reply->count; i++) {
        MUST(reply->elements[i] != NULL);
        sum += texts_of(reply->elements[i], most);
    }
    return sum;
}

/* The first octet says in pieces of how many the rest is fed. */
void fuzz_resp(const uint8_t *data, size_t size, apr_pool_t *p)
{
    const shs_resp_limits_t limits = { 2048, 16 };
    size_t piece = size > 0 ? (size_t)data[0] % 17 + 1 : 1;
    size_t at = size > 0 ? 1 : 0;
    shs_resp_t *resp = shs_resp_create();
    shs_resp_status_t status = SHS_RESP_MORE;

    MUST(resp != NULL);
    shs_resp_begin(resp, limits, p);
    while (status == SHS_RESP_MORE && at < size) {
        size_t len = size - at < piece ? size - at : piece;

        status = shs_resp_feed(resp, (const char *)data + at, len);
        at += len;
        while (status == SHS_RESP_MORE) {
            shs_reply_t *reply = NULL;

            status = shs_resp_next(&reply, resp);
            if (status == SHS_RESP_REPLY) {
                MUST(reply != NULL);
                MUST(texts_of(reply, limits.elements) <= 2048);
                if (reply->kind == SHS_REPLY_ERROR) {
                    MUST(*shs_resp_error_code(reply, p) != '\0');
                }
                status = SHS_RESP_MORE;
                continue;
            }
            break;
        }
    }
    shs_resp_is_drained(resp);
    shs_resp_destroy(resp);
}

void fuzz_key(const uint8_t *data, size_t size, apr_pool_t *p)
{
    static const char id[] = "0123456789ABCDEF";
    const char *text = fuzz_text(data, size, p);
    const shs_key_t *key = NULL;
    const char *wrong = shs_key_parse(&key, text, p);
    shs_octets_t value = { id, sizeof(id) - 1 };
    shs_session_id_t sid;
    shs_octets_t built;

    if (wrong) {
        MUST(*wrong != '\0');
        return;
    }
    MUST(!shs_session_id_parse(&sid, value, '.', 255));
    built = shs_key_build(key, &sid, p);
    MUST(built.len > 0 && built.data[0] == text[0]);
    MUST(shs_key_is_equal(key, key));
}

/* {"a":{"b":[1,{"c":"d"}]},"a.b":"e"} */
static shs_session_t *some_session(apr_pool_t *p)
{
    static const char text[] =
        "{\"a\":{\"b\":[1,{\"c\":\"d\"}]},\"a.b\":\"e\"}";
    shs_record_t record;
    shs_session_t *session = NULL;

    memset(&record, 0, sizeof(record));
    record.string.data = text;
    record.string.len = sizeof(text) - 1;
    MUST(!shs_codec_decode(&session, &shs_codec_json, &record,
                           &shs_wanted_everything, p));
    return session;
}

void fuzz_path(const uint8_t *data, size_t size, apr_pool_t *p)
{
    const char *text = fuzz_text(data, size, p);
    shs_session_t *session = some_session(p);
    const shs_path_t *path = NULL;
    const char *wrong = shs_path_parse(&path, text, p);
    shs_path_inside_t inside = { NULL };
    shs_octets_t out;

    if (wrong) {
        MUST(*wrong != '\0');
        return;
    }
    if (shs_path_text(&out, path, session, &inside, p)) {
        MUST(shs_path_kind(path) == SHS_PATH_ATTRIBUTE);
        MUST(out.len == 0 || out.data != NULL);
    }
}
