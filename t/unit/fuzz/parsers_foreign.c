/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <string.h>

#include <apr_strings.h>

#include "codec/codec.h"
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

/* What is decoded does not depend on what else is wanted. */
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
