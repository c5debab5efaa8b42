/* SPDX-License-Identifier: Apache-2.0 */
#include "session/flat.h"
#include "session/json/json_text.h"

#include "codec/codec.h"
#include "unit.h"

static const char text[] =
    "{\"user\":{\"id\":7,\"roles\":[\"a\",\"b\"],\"none\":{},\"empty\":[]},"
    "\"ok\":true,\"no\":null,\"long\":\"0123456789012345678901234567890\","
    "\"nul\":\"a\\u0000b\",\"\":\"\"}";

static const shs_octets_t lead = { "session.", 8 };

static shs_session_t *decode(const char *json)
{
    shs_session_t *session = NULL;
    shs_record_t record;

    memset(&record, 0, sizeof(record));
    record.shape = SHS_SHAPE_STRING;
    record.string = unit_text(json);
    record.ttl = SHS_TTL_FOREVER;
    ck_assert_pstr_eq(shs_codec_decode(&session, shs_codec_find("json"),
                                       &record, &shs_wanted_everything, p),
                      NULL);
    return session;
}

/* Memory of exactly that size, so that a read past its end is found. */
static shs_session_t *read_exactly(shs_octets_t octets)
{
    return shs_flat_decode(unit_exact(octets.data, octets.len), p);
}

/* Reads every octet that the session refers to, and the lead of each name. */
static apr_size_t walk(const shs_session_t *session)
{
    const shs_value_t *values;
    apr_size_t count, i, sum = 0;

    values = shs_session_values(session, &count);
    for (i = 0; i < count; i++) {
        apr_size_t j;

        ck_assert_msg(values[i].end > i && values[i].end <= count,
                      "an end outside of the session");
        for (j = 0; j <= values[i].name.len; j++) {
            sum += (unsigned char)values[i].name.data[j];
        }
        for (j = 0; j <= values[i].text.len; j++) {
            sum += (unsigned char)values[i].text.data[j];
        }
        ck_assert_int_eq(values[i].text.data[values[i].text.len], 0);
    }
    for (i = 0; i < count; i = values[i].end) {
        apr_size_t len = shs_session_lead(session).len;

        sum += memchr(values[i].name.data - len, '.', len) != NULL;
    }
    ck_assert_uint_le(shs_session_count(session), count);
    sum += shs_json_text_write_session(session, p).len;
    return sum;
}

START_TEST(flat_decode__returns_what_was_encoded)
{
    shs_session_t *session = decode(text);
    shs_session_t *again;
    shs_octets_t octets;

    shs_session_set_expiry(session, 123456789);
    shs_session_metadata(session)->created_at = 77;
    shs_session_metadata(session)->idle = 88;
    if (_i) {
        shs_session_set_untyped(session);
    }
    octets = shs_flat_encode(session, lead, p);
    again = read_exactly(octets);
    ck_assert_ptr_nonnull(again);
    ck_octets_eq(shs_json_text_write_session(again, p),
                 shs_json_text_write_session(session, p), "attributes");
    ck_assert_int_eq(shs_session_expiry(again), 123456789);
    ck_assert_int_eq(shs_session_get_metadata(again)->created_at, 77);
    ck_assert_int_eq(shs_session_get_metadata(again)->idle, 88);
    ck_assert_int_eq(shs_session_is_untyped(again), _i);
    walk(again);
    ck_octets_eq(shs_flat_encode(again, lead, p), octets, "written again");
}
END_TEST

START_TEST(flat_decode__finds_the_lead_before_each_top_level_name)
{
    shs_session_t *session =
        read_exactly(shs_flat_encode(decode(text), lead, p));
    const shs_value_t *values;
    apr_size_t count, i;

    ck_octets_eq(shs_session_lead(session), lead, "the lead");
    values = shs_session_values(session, &count);
    for (i = 0; i < count; i = values[i].end) {
        ck_assert_str_eq(values[i].name.data - lead.len,
                         apr_pstrcat(p, "session.", values[i].name.data, NULL));
    }
    session = read_exactly(shs_flat_encode(decode(text), OCTETS(""), p));
    ck_assert_uint_eq(shs_session_lead(session).len, 0);
}
END_TEST

START_TEST(flat_decode__knows_what_was_known)
{
    shs_session_t *session = decode(text);
    const shs_value_t *was, *is;
    apr_size_t count, i;

    if (_i) {
        shs_session_learn(session);
    }
    was = shs_session_values(session, &count);
    session = read_exactly(shs_flat_encode(session, lead, p));
    ck_assert_int_eq(shs_session_is_distinct(session), _i);
    is = shs_session_values(session, &count);
    for (i = 0; i < count; i++) {
        ck_assert_uint_eq(is[i].known, was[i].known | SHS_KNOWN_TEXT_IS_ENDED);
    }
}
END_TEST

START_TEST(flat_decode__returns_an_empty_session)
{
    shs_session_t *again = read_exactly(shs_flat_encode(decode("{}"), lead, p));

    ck_assert_ptr_nonnull(again);
    ck_assert_uint_eq(shs_session_count(again), 0);
}
END_TEST

START_TEST(flat_decode__returns_the_deepest_session)
{
    shs_session_t *session = shs_session_create(1, p);
    shs_session_t *again;
    apr_size_t depth;

    for (depth = 0; depth < SHS_SESSION_MAX_DEPTH; depth++) {
        shs_session_append(session, SHS_KIND_OBJECT, OCTETS("o"), OCTETS(""));
    }
    shs_session_append(session, SHS_KIND_STRING, OCTETS("s"), OCTETS("t"));
    for (depth = 0; depth < SHS_SESSION_MAX_DEPTH; depth++) {
        shs_session_close(session, depth);
    }
    again = read_exactly(shs_flat_encode(session, lead, p));
    ck_assert_ptr_nonnull(again);
    ck_octets_eq(shs_json_text_write_session(again, p),
                 shs_json_text_write_session(session, p), "deep");
}
END_TEST

START_TEST(flat_decode__refuses_truncated_octets)
{
    shs_octets_t octets = shs_flat_encode(decode(text), lead, p);
    apr_size_t len;

    for (len = 0; len < octets.len; len++) {
        shs_octets_t part = { octets.data, len };

        ck_assert_msg(!read_exactly(part), "%d octets of %d were taken",
                      (int)len, (int)octets.len);
    }
}
END_TEST

START_TEST(flat_decode__refuses_another_magic)
{
    shs_octets_t octets = shs_flat_encode(decode("{}"), lead, p);

    ck_assert_ptr_nonnull(read_exactly(octets));
    ((char *)octets.data)[0] ^= 1;
    ck_assert_ptr_null(read_exactly(octets));
}
END_TEST

/* Other processes write this memory: whatever it contains, nothing outside of
 * it may be read. */
START_TEST(flat_decode__stays_within_bounds_with_one_changed_octet)
{
    static const unsigned char values[] = { 0,    1,    2,    5,    24,
                                            0x40, 0x7f, 0x80, 0xfe, 0xff };
    shs_octets_t octets = shs_flat_encode(decode(text), lead, p);
    char *mutant = apr_palloc(p, octets.len);
    apr_pool_t *whole = p;
    int taken = 0;
    apr_size_t i;
    int j;

    for (i = 0; i < octets.len; i++) {
        apr_pool_create(&p, whole);
        for (j = 0; j < ROWS(values) + 8; j++) {
            shs_octets_t changed = { mutant, octets.len };
            shs_session_t *session;

            memcpy(mutant, octets.data, octets.len);
            mutant[i] = j < ROWS(values)
                            ? (char)values[j]
                            : (char)(mutant[i] ^ 1 << (j - ROWS(values)));
            session = read_exactly(changed);
            if (session) {
                walk(session);
                taken++;
            }
        }
        apr_pool_destroy(p);
        p = whole;
    }
    ck_assert_int_gt(taken, 0);
}
END_TEST

START_TEST(flat_decode__stays_within_bounds_with_random_octets)
{
    shs_octets_t octets = shs_flat_encode(decode(text), lead, p);
    char *mutant = apr_palloc(p, octets.len);
    apr_pool_t *whole = p;
    apr_uint64_t seed = 88172645463325252u;
    int i, j;

    for (i = 0; i < 20000; i++) {
        shs_octets_t changed = { mutant, octets.len };
        shs_session_t *session;

        memcpy(mutant, octets.data, octets.len);
        for (j = 0; j < 1 + i % 6; j++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            mutant[seed % octets.len] = (char)(seed >> 32);
        }
        apr_pool_create(&p, whole);
        session = read_exactly(changed);
        if (session) {
            walk(session);
        }
        apr_pool_destroy(p);
        p = whole;
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, flat_decode__returns_what_was_encoded, 0, 2);
    tcase_add_test(tc, flat_decode__finds_the_lead_before_each_top_level_name);
    tcase_add_loop_test(tc, flat_decode__knows_what_was_known, 0, 2);
    tcase_add_test(tc, flat_decode__returns_an_empty_session);
    tcase_add_test(tc, flat_decode__returns_the_deepest_session);
    tcase_add_test(tc, flat_decode__refuses_truncated_octets);
    tcase_add_test(tc, flat_decode__refuses_another_magic);
    tcase_add_test(tc, flat_decode__stays_within_bounds_with_one_changed_octet);
    tcase_add_test(tc, flat_decode__stays_within_bounds_with_random_octets);
}

int main(void)
{
    return unit_main("flat", add);
}
