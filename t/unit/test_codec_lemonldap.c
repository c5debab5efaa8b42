/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"

static const struct {
    const char *text;
    apr_int64_t created; /* seconds */
    const char *why;
} sessions[] = {
    { "{\"_session_id\":\"SECRET\",\"_session_kind\":\"SSO\",\"_utime\":"
      "1795251970,\"uid\":\"dwho\"}",
      1795251970, "a login" },
    { "{\"uid\":\"dwho\",\"_utime\":\"1795251970\"}", 1795251970,
      "Perl may write a number as a string; no kind" },
    { "{\"_utime\":1,\"_utime\":1795251970.5,\"uid\":\"dwho\"}", 1795251970,
      "the last counts" },
};

START_TEST(codec_lemonldap__reads_a_login)
{
    shs_session_t *session =
        foreign_session("lemonldap", sessions[_i].text, NULL);

    ck_assert_pstr_eq(foreign_show(session), "{\"uid\":\"dwho\"}");
    ck_assert_msg(shs_session_metadata(session)->created_at
                      == apr_time_from_sec(sessions[_i].created),
                  "%s", sessions[_i].why);
    ck_assert_int_eq(shs_session_expiry(session), 0);
    session = foreign_session("lemonldap", sessions[_i].text,
                              "_session_id _utime _session_kind");
    ck_assert_pstr_eq(foreign_show(session), "{}");
}
END_TEST

static const struct {
    const char *text;
    const char *reason;
} malformed[] = {
    { "{\"_session_kind\":\"Persistent\",\"_utime\":1795251970}",
      "a record of another kind than SSO" },
    { "{\"_session_kind\":\"OIDC\",\"_utime\":1795251970}",
      "a record of another kind than SSO" },
    { "{\"_session_kind\":null,\"_utime\":1795251970}",
      "a record of another kind than SSO" },
    { "{\"_session_kind\":[\"SSO\"],\"_utime\":1795251970}",
      "a record of another kind than SSO" },
    { "{\"uid\":\"dwho\"}", "no member _utime" },
    { "{\"_utime\":null}", "its member _utime is not a time" },
    { "{\"_utime\":\"\"}", "its member _utime is not a time" },
    { "{\"_utime\":0}", "its member _utime is not a time" },
    { "{\"_utime\":-1}", "its member _utime is not a time" },
    { "{\"_utime\":8640000000001}", "its member _utime is not a time" },
    { "{\"_utime\":true}", "its member _utime is not a time" },
    { "{}", "no member _utime" },
};

START_TEST(codec_lemonldap__refuses_other_records)
{
    shs_session_t *session;

    ck_assert_pstr_eq(foreign_decode(&session, "lemonldap",
                                     unit_text(malformed[_i].text), NULL),
                      malformed[_i].reason);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, codec_lemonldap__reads_a_login, 0, ROWS(sessions));
    tcase_add_loop_test(tc, codec_lemonldap__refuses_other_records, 0,
                        ROWS(malformed));
}

int main(void)
{
    return unit_main("codec_lemonldap", add);
}
