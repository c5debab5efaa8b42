/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"

#define EXPRESS 1
#define FASTIFY 2
#define BOTH    3

static const char *const formats[] = { "express", "fastify" };

#define ATTRIBUTES                                                             \
    "{\"userId\":\"alice\",\"userNm\":\"Alice Kim \xea\xb9\x80\",\"visits\":3" \
    ",\"admin\":true,\"nested\":{\"a\":[1,2,{\"b\":null}]}}"

static const struct {
    const char *format;
    const char *capture;
    apr_interval_time_t idle;
    apr_time_t expiry;
} captures[] = {
    { "express", "express-connect-redis/default", 0, 0 },
    { "express", "express-connect-redis/jsessionid", 0, 0 },
    { "fastify", "fastify-session/default", APR_INT64_C(86400000000),
      APR_INT64_C(1795338963344000) },
};

START_TEST(codec_express__reads_captured_sessions)
{
    shs_octets_t value = foreign_base64(
        json_object_get(foreign_capture("sessions.json", captures[_i].capture),
                        "value_base64"));
    shs_session_t *session;

    ck_assert_pstr_eq(
        foreign_decode(&session, captures[_i].format, value, NULL), NULL);
    ck_assert_pstr_eq(foreign_show(session), ATTRIBUTES);
    ck_assert_int_eq(shs_session_metadata(session)->idle, captures[_i].idle);
    ck_assert_int_eq(shs_session_expiry(session), captures[_i].expiry);
    ck_assert_pstr_eq(shs_session_opaque(session), NULL);
    ck_assert(!shs_session_is_untyped(session));

    ck_assert_pstr_eq(foreign_decode(&session, captures[_i].format, value,
                                     "userNm cookie none"),
                      NULL);
    ck_assert_pstr_eq(foreign_show(session),
                      "{\"userNm\":\"Alice Kim \xea\xb9\x80\"}");
    ck_assert_int_eq(shs_session_metadata(session)->idle, captures[_i].idle);
    ck_assert_int_eq(shs_session_expiry(session), captures[_i].expiry);
}
END_TEST

static const struct {
    const char *cookie;
    int formats;
    apr_interval_time_t idle; /* seconds */
    apr_time_t expiry;
    const char *why;
} cookies[] = {
    { "{\"originalMaxAge\":1800000}", BOTH, 1800, 0, "half an hour" },
    { "{\"originalMaxAge\":1}", BOTH, 1, 0, "rounded up" },
    { "{\"originalMaxAge\":1001}", BOTH, 2, 0, "rounded up, too" },
    { "{\"originalMaxAge\":1500.5}", BOTH, 2, 0, "a fraction" },
    { "{\"originalMaxAge\":null}", BOTH, 0, 0, "none" },
    { "{\"originalMaxAge\":0}", BOTH, 0, 0, "over at once is none" },
    { "{\"originalMaxAge\":-5}", BOTH, 0, 0, "neither is a negative one" },
    { "{\"originalMaxAge\":\"1800000\"}", BOTH, 0, 0, "no number" },
    { "{\"originalMaxAge\":1e99}", BOTH, 0, 0, "no time" },
    { "{\"originalMaxAge\":8640000000000000}", BOTH, 8640000000000, 0,
      "the longest" },
    { "{}", BOTH, 0, 0, "empty" },
    { "{\"expires\":\"2026-11-22T09:16:03.344Z\"}", EXPRESS, 0, 0,
      "express does not read it" },
    { "{\"expires\":\"nonsense\"}", EXPRESS, 0, 0, "whatever it says" },
    { "{\"expires\":\"2026-11-22T09:16:03.344Z\"}", FASTIFY, 0,
      APR_INT64_C(1795338963344000), "fastify does" },
    { "{\"expires\":1795338963344}", FASTIFY, 0, APR_INT64_C(1795338963344000),
      "a number" },
    { "{\"expires\":null,\"originalMaxAge\":60000}", FASTIFY, 60, 0, "none" },
    { "{\"expires\":0}", FASTIFY, 0, 1, "over" },
    { "{\"expires\":-1}", FASTIFY, 0, 1, "over for long" },
    { "{\"x\":{\"originalMaxAge\":1,\"expires\":1}}", BOTH, 0, 0,
      "not its own members" },
};

START_TEST(codec_express__reads_the_cookie)
{
    const char *text = apr_pstrcat(
        p, "{\"a\":1,\"cookie\":", cookies[_i].cookie, ",\"b\":2}", NULL);
    int i;

    for (i = 0; i < 2; ++i) {
        if (cookies[_i].formats & (i + 1)) {
            shs_session_t *session = foreign_session(formats[i], text, NULL);

            ck_assert_pstr_eq(foreign_show(session), "{\"a\":1,\"b\":2}");
            ck_assert_msg(shs_session_metadata(session)->idle
                              == apr_time_from_sec(cookies[_i].idle),
                          "%s: %s", formats[i], cookies[_i].why);
            ck_assert_msg(shs_session_expiry(session) == cookies[_i].expiry,
                          "%s: %s", formats[i], cookies[_i].why);
            ck_assert_int_eq(shs_session_metadata(session)->created_at, 0);
        }
    }
}
END_TEST

static const struct {
    const char *text;
    int formats;
    const char *why;
} malformed[] = {
    { "", BOTH, "nothing" },
    { "null", BOTH, "null" },
    { "[]", BOTH, "an array" },
    { "\"{}\"", BOTH, "a string" },
    { "{\"a\":1", BOTH, "not closed" },
    { "{\"a\":1} SECRET", BOTH, "something behind" },
    { "{\"a\":SECRET}", BOTH, "no JSON" },
    { "{\"cookie\":{]}", BOTH, "no JSON in the cookie" },
    { "{\"a\":1}", BOTH, "another program's object" },
    { "{\"cookie\":null}", BOTH, "a cookie that is no object" },
    { "{\"cookie\":[{\"originalMaxAge\":1800000}]}", BOTH, "an array" },
    { "{\"cookie\":{\"expires\":\"SECRET\"}}", FASTIFY, "no time" },
    { "{\"cookie\":{\"expires\":true}}", FASTIFY, "neither" },
    { "{\"cookie\":{\"expires\":{}}}", FASTIFY, "nor a structure" },
    { "{\"cookie\":{\"expires\":1e300}}", FASTIFY, "nor a number like that" },
};

START_TEST(codec_express__refuses_what_is_no_session)
{
    int i;

    for (i = 0; i < 2; ++i) {
        if (malformed[_i].formats & (i + 1)) {
            shs_session_t *session;
            const char *wrong = foreign_decode(
                &session, formats[i], unit_text(malformed[_i].text), "none");

            ck_assert_msg(wrong && *wrong, "%s was read: %s", formats[i],
                          malformed[_i].why);
            ck_assert_msg(!strstr(wrong, "SECRET"), "%s", wrong);
        }
    }
}
END_TEST

START_TEST(codec_express__takes_the_last_of_two_members_of_a_name)
{
    shs_session_t *session = foreign_session(
        "fastify",
        "{\"a\":1,\"cookie\":{\"expires\":\"nonsense\"},\"b\":2,\"a\":[3],"
        "\"cookie\":{\"expires\":5}}",
        NULL);

    ck_assert_pstr_eq(foreign_show(session), "{\"b\":2,\"a\":[3]}");
    ck_assert_int_eq(shs_session_expiry(session), 5000);
}
END_TEST

/* "@user" and the like would be this module's own. */
START_TEST(codec_express__hides_reserved_names)
{
    static const char text[] =
        "{\"@user\":\"x\",\"a\":1,\"@created\":1,\"@rotated\":\"\","
        "\"cookie\":{}}";
    shs_session_t *session = foreign_session("express", text, NULL);

    ck_assert_pstr_eq(foreign_show(session), "{\"a\":1}");
    ck_assert_ptr_nonnull(strstr(shs_session_opaque(session), "'@'"));
    ck_assert_int_eq(shs_session_metadata(session)->created_at, 0);
    ck_assert(!shs_session_metadata(session)->is_rotated);
    session = foreign_session("express", text, "a");
    ck_assert_pstr_eq(foreign_show(session), "{\"a\":1}");
    ck_assert_pstr_eq(shs_session_opaque(session), NULL);
}
END_TEST

START_TEST(codec_express__edits_nothing)
{
    shs_edit_t edit;
    const char *wrong =
        shs_codec_edit(&edit, shs_codec_find("express"), NULL,
                       shs_change_create(p), SHS_CODEC_WHOLE, p);

    ck_assert_pstr_eq(wrong, "the sessions are another program's");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, codec_express__reads_captured_sessions, 0,
                        ROWS(captures));
    tcase_add_loop_test(tc, codec_express__reads_the_cookie, 0, ROWS(cookies));
    tcase_add_loop_test(tc, codec_express__refuses_what_is_no_session, 0,
                        ROWS(malformed));
    tcase_add_test(tc, codec_express__takes_the_last_of_two_members_of_a_name);
    tcase_add_test(tc, codec_express__hides_reserved_names);
    tcase_add_test(tc, codec_express__edits_nothing);
}

int main(void)
{
    return unit_main("codec_express", add);
}
