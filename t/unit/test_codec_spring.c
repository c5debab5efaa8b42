/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"

#define CAPTURES 11

/* All that Spring has written here, in any of its serializations. */
START_TEST(codec_spring__reads_captured_sessions)
{
    const json_t *capture =
        APR_ARRAY_IDX(foreign_captures("spring", CAPTURES), _i, json_t *);
    shs_session_t *session = foreign_captured("spring", capture, NULL);
    const shs_metadata_t *metadata = shs_session_metadata(session);
    apr_int64_t begun = foreign_integer(capture, "begun_ms") * 1000;
    apr_int64_t captured = foreign_integer(capture, "captured_ms") * 1000;
    apr_time_t accessed = shs_session_expiry(session) - metadata->idle;

    ck_assert_pstr_eq(shs_session_opaque(session), NULL);
    ck_assert_int_eq(metadata->idle,
                     apr_time_from_sec(foreign_integer(capture, "idle_s")));
    ck_assert_int_ge(metadata->created_at, begun);
    ck_assert_int_ge(accessed, metadata->created_at);
    ck_assert_int_ge(captured, accessed);
    ck_assert_pstr_eq(foreign_path(session, "SPRING_SECURITY_LAST_EXCEPTION"),
                      NULL);
    ck_assert(!shs_session_is_untyped(session));
}
END_TEST

/* The user of Spring Security, where the application has one. */
START_TEST(codec_spring__leads_to_the_user)
{
    const json_t *capture =
        APR_ARRAY_IDX(foreign_captures("spring", CAPTURES), _i, json_t *);
    shs_session_t *session = foreign_captured(
        "spring", capture, "SPRING_SECURITY_CONTEXT scopedTarget.userInfo");
    const char *user = foreign_path(
        session, "SPRING_SECURITY_CONTEXT.authentication.principal.username");
    const char *bean = foreign_path(session, "scopedTarget.userInfo.userNm");

    if (!json_object_get(capture, "earlier")) {
        ck_assert_pstr_eq(user, "alice");
        ck_assert_pstr_eq(bean, "Alice Kim \xea\xb9\x80");
        ck_assert_uint_eq(shs_session_count(session), 2);
        ck_assert_ptr_nonnull(foreign_path(
            session, "SPRING_SECURITY_CONTEXT.authentication.authorities[0]"));
    }
}
END_TEST

#define TIMES                                      \
    { OCTETS("creationTime"), OCTETS("1000") },    \
    {                                              \
        OCTETS("lastAccessedTime"), OCTETS("5000") \
    }

static const struct {
    const char *max;
    apr_interval_time_t idle; /* seconds */
    apr_time_t expiry;
    const char *why;
} lives[] = {
    { "1800", 1800, APR_INT64_C(1805000000), "half an hour" },
    { "0", 0, 5000000, "over at once, as after a logout" },
    { "-1", 0, 0, "never over" },
    { "-2147483648", 0, 0, "never over, either" },
    { "2147483647", 2147483647, APR_INT64_C(2147483652000000), "the longest" },
};

START_TEST(codec_spring__says_when_the_session_is_over)
{
    const shs_record_field_t fields[] = {
        TIMES, { OCTETS("maxInactiveInterval"), unit_text(lives[_i].max) }
    };
    shs_session_t *session;

    ck_assert_pstr_eq(
        foreign_decode_fields(&session, "spring", fields, ROWS(fields), NULL),
        NULL);
    ck_assert_msg(shs_session_expiry(session) == lives[_i].expiry, "%s",
                  lives[_i].why);
    ck_assert_int_eq(shs_session_metadata(session)->idle,
                     apr_time_from_sec(lives[_i].idle));
    ck_assert_int_eq(shs_session_metadata(session)->created_at, 1000000);
}
END_TEST

static const struct {
    const char *created, *accessed, *max; /* NULL: no such field */
    const char *reason;
} malformed[] = {
    { NULL, "5", "6",
      "no creationTime: a remainder of a session that has ended" },
    { "5", NULL, "6", "no lastAccessedTime" },
    { "5", "5", NULL, "no maxInactiveInterval" },
    { "", "5", "6", "its creationTime is not a time" },
    { "x", "5", "6", "its creationTime is not a time" },
    { "0", "5", "6", "its creationTime is not a time" },
    { "-5", "5", "6", "its creationTime is not a time" },
    { "8640000000000001", "5", "6", "its creationTime is not a time" },
    { "5", "\"5\"", "6", "its lastAccessedTime is not a time" },
    { "5", "-1", "6", "its lastAccessedTime is not a time" },
    { "5", "5", "\xac\xed\0\5", "its maxInactiveInterval is not a time" },
    { "5", "5", "2147483648", "its maxInactiveInterval is not a time" },
    { "5", "5", "1.5", "its maxInactiveInterval is not a time" },
};

START_TEST(codec_spring__refuses_a_hash_that_is_no_session)
{
    const char *values[] = { malformed[_i].created, malformed[_i].accessed,
                             malformed[_i].max };
    static const char *const names[] = { "creationTime", "lastAccessedTime",
                                         "maxInactiveInterval" };
    shs_record_field_t fields[4] = { { OCTETS("sessionAttr:a"), OCTETS("1") } };
    apr_size_t count = 1;
    shs_session_t *session;
    int i;

    for (i = 0; i < 3; ++i) {
        if (values[i]) {
            fields[count].name = unit_text(names[i]);
            fields[count++].value = unit_text(values[i]);
        }
    }
    ck_assert_pstr_eq(
        foreign_decode_fields(&session, "spring", fields, count, NULL),
        malformed[_i].reason);
    ck_assert_pstr_eq(
        foreign_decode_fields(&session, "spring", fields + 1, count - 1, "a"),
        malformed[_i].reason);
}
END_TEST

START_TEST(codec_spring__leaves_out_an_attribute_that_it_cannot_read)
{
    const shs_record_field_t fields[] = {
        TIMES,
        { OCTETS("maxInactiveInterval"), OCTETS("1800") },
        { OCTETS("sessionAttr:removed"), OCTETS("") },
        { OCTETS("sessionAttr:a"), OCTETS("[1,2]") },
        { OCTETS("sessionAttr:broken"), OCTETS("\xac\xed\0\5t\0\xffSECRET") },
        { OCTETS("sessionAttr:b"), OCTETS("\xac\xed\0\5t\0\1B") },
        { OCTETS("sessionAttr:two"), OCTETS("\xac\xed\0\5t\0\1Bt\0\1C") },
        { OCTETS("sessionAttr:kryo"), OCTETS("\3\xe1") },
        { OCTETS("sessionAttr:@user"), OCTETS("\"x\"") },
        { OCTETS("sessionAttr:c"), OCTETS("{\"@class\":\"x.Y\",\"d\":1}") },
        { OCTETS("sessionAttr:"), OCTETS("1") },
        { OCTETS("other"), OCTETS("1") },
    };
    shs_session_t *session;
    const char *reason;

    ck_assert_pstr_eq(
        foreign_decode_fields(&session, "spring", fields, ROWS(fields), NULL),
        NULL);
    ck_assert_pstr_eq(foreign_show(session),
                      "{\"a\":[1,2],\"b\":\"B\",\"c\":{\"d\":1}}");
    reason = shs_session_opaque(session);
    ck_assert_ptr_nonnull(strstr(reason, "(at octet "));
    ck_assert(!strstr(reason, "SECRET"));
    ck_assert_pstr_eq(foreign_decode_fields(&session, "spring", fields,
                                            ROWS(fields), "a none"),
                      NULL);
    ck_assert_pstr_eq(foreign_show(session), "{\"a\":[1,2]}");
    ck_assert_pstr_eq(shs_session_opaque(session), NULL);
}
END_TEST

START_TEST(codec_spring_fields__are_those_of_the_session_and_those_wanted)
{
    static const char *const names[] = { "userId", "a.b" };
    shs_wanted_t wanted = shs_wanted_create(names, 2, p);
    const shs_codec_t *codec = shs_codec_find("spring");
    apr_size_t count;
    const shs_octets_t *fields = shs_codec_fields(&count, codec, &wanted, p);

    ck_assert_uint_eq(count, 5);
    ck_octets_eq(fields[0], OCTETS("creationTime"), "always");
    ck_octets_eq(fields[1], OCTETS("lastAccessedTime"), "always");
    ck_octets_eq(fields[2], OCTETS("maxInactiveInterval"), "always");
    ck_octets_eq(fields[3], OCTETS("sessionAttr:a.b"), "wanted");
    ck_octets_eq(fields[4], OCTETS("sessionAttr:userId"), "wanted");
    ck_assert_ptr_null(
        shs_codec_fields(&count, codec, &shs_wanted_everything, p));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, codec_spring__reads_captured_sessions, 0, CAPTURES);
    tcase_add_loop_test(tc, codec_spring__leads_to_the_user, 0, CAPTURES);
    tcase_add_loop_test(tc, codec_spring__says_when_the_session_is_over, 0,
                        ROWS(lives));
    tcase_add_loop_test(tc, codec_spring__refuses_a_hash_that_is_no_session, 0,
                        ROWS(malformed));
    tcase_add_test(tc,
                   codec_spring__leaves_out_an_attribute_that_it_cannot_read);
    tcase_add_test(
        tc, codec_spring_fields__are_those_of_the_session_and_those_wanted);
}

int main(void)
{
    return unit_main("codec_spring", add);
}
