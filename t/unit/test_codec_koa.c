/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"

START_TEST(codec_koa__reads_a_captured_session)
{
    shs_octets_t value = foreign_base64(
        json_object_get(foreign_capture("sessions.json", "koa-session/default"),
                        "value_base64"));
    shs_session_t *session;

    ck_assert_pstr_eq(foreign_decode(&session, "koa", value, NULL), NULL);
    ck_assert_pstr_eq(foreign_show(session),
                      "{\"userId\":\"alice\",\"userNm\":\"Alice Kim "
                      "\xea\xb9\x80\",\"visits\":3,\"admin\":true,\"nested\":"
                      "{\"a\":[1,2,{\"b\":null}]}}");
    ck_assert_int_eq(shs_session_expiry(session),
                     APR_INT64_C(1795338950976000));
    ck_assert_int_eq(shs_session_metadata(session)->idle, 0);
}
END_TEST

static const struct {
    const char *text;
    apr_time_t expiry;
    const char *why;
} sessions[] = {
    { "{\"a\":1,\"_expire\":2,\"_maxAge\":1}", 2000, "a time" },
    { "{\"_expire\":2.5,\"a\":1}", 2000, "a fraction" },
    { "{\"_expire\":0,\"a\":1}", 1, "over" },
    { "{\"_expire\":-7,\"a\":1}", 1, "over for long" },
    { "{\"_session\":true,\"a\":1}", 0, "as long as the browser" },
    { "{\"_expire\":null,\"a\":1}", 0, "none" },
    { "{\"_expire\":\"x\",\"_expire\":3,\"a\":1}", 3000, "the last counts" },
};

START_TEST(codec_koa__reads_the_expiry)
{
    shs_session_t *session =
        foreign_session("koa", sessions[_i].text, _i % 2 ? "a" : NULL);

    ck_assert_pstr_eq(foreign_show(session), "{\"a\":1}");
    ck_assert_msg(shs_session_expiry(session) == sessions[_i].expiry, "%s",
                  sessions[_i].why);
}
END_TEST

static const char *const malformed[] = {
    "{\"_expire\":\"2026-11-22T09:16:03.344Z\"}",
    "{\"_expire\":\"5\"}",
    "{\"_expire\":true}",
    "{\"_expire\":[5]}",
    "{\"_expire\":1e300}",
    "{\"_expire\":99999999999999999999}",
    "{\"_expire\":5",
    "[5]",
    "{\"a\":1}",
};

START_TEST(codec_koa__refuses_what_koa_does_not_write)
{
    shs_session_t *session;

    ck_assert_msg(
        foreign_decode(&session, "koa", unit_text(malformed[_i]), NULL) != NULL,
        "%s", malformed[_i]);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, codec_koa__reads_a_captured_session);
    tcase_add_loop_test(tc, codec_koa__reads_the_expiry, 0, ROWS(sessions));
    tcase_add_loop_test(tc, codec_koa__refuses_what_koa_does_not_write, 0,
                        ROWS(malformed));
}

int main(void)
{
    return unit_main("codec_koa", add);
}
