/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <string.h>

#include <apr_strings.h>

#include "codec/codec.h"
#include "codec/expiry/expiry_rule.h"
#include "codec/stored_number.h"
#include "session/json/json_read.h"
#include "session/json/json_scan.h"
#include "session/json/json_text.h"

static shs_octets_t octets_of(const uint8_t *data, size_t size)
{
    shs_octets_t octets = { (const char *)data, size };

    return octets;
}

static int is_equal(shs_octets_t a, shs_octets_t b)
{
    return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

/* ------------------------------------------------------------------ JSON */

static int is_same(const shs_session_t *a, apr_size_t i, const shs_session_t *b,
                   apr_size_t k);

/* An object: the members of one in the other; an array: in order. */
static int are_members_same(const shs_session_t *a, apr_size_t i,
                            const shs_session_t *b, apr_size_t k)
{
    apr_size_t count;
    const shs_value_t *of_a = shs_session_values(a, &count);
    const shs_value_t *of_b = shs_session_values(b, &count);
    apr_size_t m = i + 1;
    apr_size_t n = k + 1;

    while (m < of_a[i].end && n < of_b[k].end) {
        const shs_value_t *found =
            of_a[i].kind == SHS_KIND_ARRAY
                ? &of_b[n]
                : shs_session_find(b, k + 1, of_b[k].end, of_a[m].name.data,
                                   of_a[m].name.len);

        if (!found || !is_same(a, m, b, (apr_size_t)(found - of_b))) {
            return 0;
        }
        m = of_a[m].end;
        n = of_b[n].end;
    }
    return m == of_a[i].end && n == of_b[k].end;
}

static int is_same(const shs_session_t *a, apr_size_t i, const shs_session_t *b,
                   apr_size_t k)
{
    apr_size_t count;
    const shs_value_t *x = &shs_session_values(a, &count)[i];
    const shs_value_t *y = &shs_session_values(b, &count)[k];

    return x->kind == y->kind && is_equal(x->text, y->text)
           && are_members_same(a, i, b, k);
}

/* Of these json_scan reads more than Jansson: surrogates without their other
 * half, and NUL in names. */
static int has_unicode_escape(const uint8_t *data, size_t size)
{
    size_t i;

    for (i = 0; i + 1 < size; i++) {
        if (data[i] == '\\' && data[i + 1] == 'u') {
            return 1;
        }
    }
    return 0;
}

/* json_scan reads what Jansson reads, and makes the same values of it. But
 * Jansson passes over a NUL behind a word. */
void fuzz_scan(const uint8_t *data, size_t size, apr_pool_t *p)
{
    shs_octets_t text = octets_of(data, size);
    shs_octets_t name = { "v", 1 };
    shs_session_t *session = shs_session_create(0, p);
    const char *wrong = shs_json_scan_text(session, name, text, p);
    shs_session_t *other = shs_json_read_structure(text, p);
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);

    if (wrong) {
        MUST(*wrong != '\0' && count == 0);
        MUST(!other || memchr(data, '\0', size));
        return;
    }
    MUST(values[0].end == count);
    fuzz_look_at(session, p);
    if (values[0].kind == SHS_KIND_ARRAY || values[0].kind == SHS_KIND_OBJECT) {
        MUST(other ? is_same(session, 0, other, 0)
                   : has_unicode_escape(data, size));
    }
}

/* ---------------------------------------------------- one string as a whole */

static const char *decode(shs_session_t **session, const char *format,
                          const shs_record_t *record,
                          const shs_wanted_t *wanted, apr_pool_t *p)
{
    const char *wrong =
        shs_codec_decode(session, shs_codec_find(format), record, wanted, p);
    const char *reason;

    MUST(wrong ? *wrong != '\0' : *session != NULL);
    if (!wrong) {
        fuzz_look_at(*session, p);
        reason = shs_session_opaque(*session);
        MUST(!reason || *reason != '\0');
        MUST(!shs_session_is_untyped(*session));
        MUST(!shs_session_metadata(*session)->is_rotated);
        MUST(shs_session_metadata(*session)->idle >= 0);
        MUST(shs_session_metadata(*session)->created_at >= 0);
    }
    return wrong;
}

/* What is decoded does not depend on what else is wanted, unless one of the
 * attributes cannot be read: it counts towards the limits of all. */
static void decode_both(const char *format, const shs_record_t *record,
                        apr_pool_t *p)
{
    static const char *const names[] = { "userId", "a" };
    shs_wanted_t some = shs_wanted_create(names, 2, p);
    shs_session_t *all, *part;
    const char *wrong = decode(&all, format, record, &shs_wanted_everything, p);
    apr_size_t count, of_part, i;

    MUST(!decode(&part, format, record, &some, p) == !wrong);
    if (wrong) {
        return;
    }
    MUST(shs_session_expiry(all) == shs_session_expiry(part));
    MUST(shs_session_metadata(all)->idle == shs_session_metadata(part)->idle);
    MUST(shs_session_count(part) <= 2);
    if (shs_session_opaque(all)) {
        return;
    }
    shs_session_values(all, &count);
    for (i = 0; i < 2; i++) {
        const shs_value_t *values = shs_session_values(part, &of_part);
        const shs_value_t *a =
            shs_session_find(all, 0, count, names[i], strlen(names[i]));
        const shs_value_t *b =
            shs_session_find(part, 0, of_part, names[i], strlen(names[i]));

        MUST(!a == !b);
        MUST(!a
             || is_same(all, (apr_size_t)(a - shs_session_values(all, &count)),
                        part, (apr_size_t)(b - values)));
    }
}

void fuzz_framework(const uint8_t *data, size_t size, apr_pool_t *p)
{
    static const char *const formats[] = { "express", "fastify", "koa",
                                           "lemonldap" };
    shs_record_t record = { SHS_SHAPE_STRING, octets_of(data, size), NULL, 0,
                            SHS_TTL_FOREVER };
    size_t i;

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        decode_both(formats[i], &record, p);
    }
}

void fuzz_tomcat(const uint8_t *data, size_t size, apr_pool_t *p)
{
    shs_record_t record = { SHS_SHAPE_STRING, octets_of(data, size), NULL, 0,
                            SHS_TTL_FOREVER };

    decode_both("tomcat", &record, p);
}

/* ----------------------------------------------------------------- fields */

#define MOST_FIELDS 64

static int has_field(const shs_record_t *record, shs_octets_t name)
{
    apr_size_t i;

    for (i = 0; i < record->count; i++) {
        if (is_equal(record->fields[i].name, name)) {
            return 1;
        }
    }
    return 0;
}

/* The length of a name (one octet), the name, the length of a value (two
 * octets), the value, and so on. */
static void read_fields(shs_record_t *record, shs_record_field_t *fields,
                        const uint8_t *data, size_t size)
{
    memset(record, 0, sizeof(*record));
    record->shape = SHS_SHAPE_FIELDS;
    record->fields = fields;
    record->ttl = SHS_TTL_FOREVER;
    while (size > 0 && record->count < MOST_FIELDS) {
        shs_record_field_t *field = &fields[record->count];
        size_t len = data[0];

        if (size < len + 3) {
            return;
        }
        field->name = octets_of(data + 1, len);
        data += len + 1;
        size -= len + 1;
        len = (size_t)data[0] << 8 | data[1];
        if (size < len + 2) {
            return;
        }
        field->value = octets_of(data + 2, len);
        data += len + 2;
        size -= len + 2;
        record->count += !has_field(record, field->name);
    }
}

#define NOW APR_INT64_C(1795900000123456)

/* A touch writes times that are read as what they are. */
static void plan(const char *rule_name, const shs_record_t *record,
                 const shs_session_t *session, apr_pool_t *p)
{
    static const char key[] = "spring:session:sessions:0123456789abcdef";
    const shs_expiry_rule_t *rule = shs_expiry_rule_find(rule_name);
    shs_expiry_subject_t subject = {
        { key, sizeof(key) - 1 }, 24, record, session
    };
    shs_write_t write;
    apr_int64_t ms;
    apr_size_t i;

    memset(&write, 0, sizeof(write));
    if (!shs_expiry_rule_plan_touch(&write, rule, &subject, 1, 0, NOW, p)) {
        MUST(write.ttl > 0 && write.due > 0 && write.foreign->count > 0);
        for (i = 0; i < write.foreign->count; i++) {
            MUST(shs_stored_number_read(&ms, write.foreign->fields[i].value));
            MUST(ms >= NOW / 1000);
        }
    }
    memset(&write, 0, sizeof(write));
    if (!shs_expiry_rule_plan_end(&write, rule, &subject, p)) {
        MUST(write.foreign != NULL);
        for (i = 0; i < write.foreign->member_count; i++) {
            MUST(write.foreign->members[i].key.len > 0);
            MUST(write.foreign->members[i].member.len > 0);
        }
    }
}

void fuzz_fields(const uint8_t *data, size_t size, apr_pool_t *p)
{
    shs_record_field_t *fields = apr_palloc(p, MOST_FIELDS * sizeof(*fields));
    shs_record_t record;
    shs_session_t *session;

    read_fields(&record, fields, data, size);
    decode_both("spring", &record, p);
    decode_both("redisson", &record, p);
    if (!decode(&session, "spring", &record, &shs_wanted_everything, p)) {
        plan("spring", &record, session, p);
        plan("spring-indexed", &record, session, p);
    }
    if (!decode(&session, "redisson", &record, &shs_wanted_everything, p)) {
        plan("redisson", &record, session, p);
    }
}
