/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/set_cookie.h"

#include "unit.h"

#define SECOND ((apr_interval_time_t)1000000)

#define AUTO SHS_SECURE_AUTO
#define ON   SHS_SECURE_ON
#define OFF  SHS_SECURE_OFF

static const struct {
    shs_set_cookie_t cookie;
    const char *name;
    int is_tls;
    const char *header;
    const char *why;
} headers[] = {
    { { 0 },
      "SID",
      0,
      "SID=id; Path=/; HttpOnly; SameSite=Lax",
      "zeroed is the default" },
    { { 0 },
      "SID",
      1,
      "SID=id; Path=/; Secure; HttpOnly; SameSite=Lax",
      "Secure where the request came by TLS" },
    { { .secure = ON },
      "SID",
      0,
      "SID=id; Path=/; Secure; HttpOnly; SameSite=Lax",
      "behind something that ends TLS" },
    { { .secure = OFF },
      "SID",
      1,
      "SID=id; Path=/; HttpOnly; SameSite=Lax",
      "a site that is used without TLS too" },
    { { .path = "/app" },
      "SID",
      0,
      "SID=id; Path=/app; HttpOnly; SameSite=Lax",
      "a path" },
    { { .domain = "example.com" },
      "SID",
      0,
      "SID=id; Path=/; Domain=example.com; HttpOnly; SameSite=Lax",
      "a domain" },
    { { .max_age = 90 * SECOND },
      "SID",
      0,
      "SID=id; Path=/; Max-Age=90; HttpOnly; SameSite=Lax",
      "seconds, longer than the browser" },
    { { .max_age = 34560000 * SECOND },
      "SID",
      0,
      "SID=id; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax",
      "400 days, the most that browsers keep" },
    { { .is_for_scripts = 1 },
      "SID",
      0,
      "SID=id; Path=/; SameSite=Lax",
      "scripts may read it" },
    { { .same_site = "Strict" },
      "SID",
      0,
      "SID=id; Path=/; HttpOnly; SameSite=Strict",
      "SameSite" },
    { { .same_site = "None" },
      "SID",
      0,
      "SID=id; Path=/; Secure; HttpOnly; SameSite=None",
      "browsers take None only with Secure" },
    { { .is_partitioned = 1 },
      "SID",
      0,
      "SID=id; Path=/; Secure; HttpOnly; SameSite=Lax; Partitioned",
      "browsers take Partitioned only with Secure" },
    { { 0 },
      "__Host-SID",
      0,
      "__Host-SID=id; Path=/; Secure; HttpOnly; SameSite=Lax",
      "the prefix needs Secure" },
    { { 0 },
      "__secure-SID",
      0,
      "__secure-SID=id; Path=/; Secure; HttpOnly; SameSite=Lax",
      "so does this one, in any case" },
    { { 0 },
      "__HostSID",
      0,
      "__HostSID=id; Path=/; HttpOnly; SameSite=Lax",
      "not quite the prefix" },
    { { .path = "/a", .domain = "example.com", .secure = OFF },
      "__Host-SID",
      0,
      "__Host-SID=id; Path=/; Secure; HttpOnly; SameSite=Lax",
      "whatever else is said: where it is not the first name" },
    { { .path = "/a", .domain = "example.com", .secure = OFF },
      "__Secure-SID",
      0,
      "__Secure-SID=id; Path=/a; Domain=example.com; Secure; HttpOnly;"
      " SameSite=Lax",
      "the other prefixes need Secure alone" },
    { { "/a", "example.com", "None", ON, 1, 1, SECOND },
      "SID",
      0,
      "SID=id; Path=/a; Domain=example.com; Max-Age=1; Secure; SameSite=None;"
      " Partitioned",
      "all at once" },
};

START_TEST(set_cookie_format__writes_each_attribute)
{
    const char *header =
        shs_set_cookie_format(&headers[_i].cookie, headers[_i].name,
                              unit_text("id"), headers[_i].is_tls, p);

    ck_assert_msg(!strcmp(header, headers[_i].header), "%s: %s", header,
                  headers[_i].why);
}
END_TEST

/* A browser removes only the cookie of the same name, path and domain. */
START_TEST(set_cookie_format__removes_a_cookie_where_it_was_set)
{
    shs_set_cookie_t cookie = { .path = "/a",
                                .domain = "example.com",
                                .max_age = 90 * SECOND };
    shs_octets_t nothing = { NULL, 0 };

    ck_assert_str_eq(shs_set_cookie_format(&cookie, "SID", nothing, 1, p),
                     "SID=; Path=/a; Domain=example.com; Max-Age=0;"
                     " Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly;"
                     " SameSite=Lax");
}
END_TEST

START_TEST(set_cookie_format__needs_no_nul_behind_the_value)
{
    shs_set_cookie_t cookie = { 0 };

    ck_assert_str_eq(
        shs_set_cookie_format(&cookie, "SID", unit_exact("idrest", 2), 0, p),
        "SID=id; Path=/; HttpOnly; SameSite=Lax");
}
END_TEST

static const struct {
    shs_set_cookie_t cookie;
    const char *name;
    const char *cure; /* in the words; NULL: browsers take it */
    const char *why;
} checks[] = {
    { { 0 }, "SID", NULL, "the default" },
    { { "/a", "example.com", "Strict", OFF, 1, 0, SECOND },
      "SID",
      NULL,
      "nothing that needs Secure" },
    { { .secure = OFF }, "__Host-SID", "insecure", "the prefix needs Secure" },
    { { .secure = OFF }, "__Secure-SID", "insecure", "so does this one" },
    { { .secure = OFF }, "__SECURE-SID", "insecure", "in any case" },
    { { .secure = OFF, .same_site = "None" },
      "SID",
      "insecure",
      "None needs Secure" },
    { { .secure = OFF, .same_site = "Lax" }, "SID", NULL, "Lax does not" },
    { { .secure = OFF, .is_partitioned = 1 },
      "SID",
      "insecure",
      "Partitioned needs Secure" },
    { { .same_site = "None", .is_partitioned = 1 },
      "__Secure-SID",
      NULL,
      "auto gives Secure to what needs it" },
    { { 0 }, "__Host-SID", NULL, "as the prefix wants it" },
    { { .path = "/" }, "__Host-SID", NULL, "the path that it wants" },
    { { .path = "/a" }, "__Host-SID", "path=", "another path" },
    { { .domain = "example.com" }, "__Host-SID", "domain=", "a domain" },
    { { .domain = "example.com" }, "__host-SID", "domain=", "in any case" },
    { { .path = "/a", .domain = "example.com" },
      "__Secure-SID",
      NULL,
      "this prefix does not mind" },
};

START_TEST(set_cookie_check__names_what_browsers_refuse_and_the_cure)
{
    const char *wrong =
        shs_set_cookie_check(&checks[_i].cookie, checks[_i].name);

    if (!checks[_i].cure) {
        ck_assert_msg(!wrong, "%s: %s", checks[_i].why, wrong);
        return;
    }
    ck_assert_msg(wrong && strstr(wrong, checks[_i].cure), "%s: %s",
                  checks[_i].why, wrong ? wrong : "taken");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, set_cookie_format__writes_each_attribute, 0,
                        ROWS(headers));
    tcase_add_test(tc, set_cookie_format__removes_a_cookie_where_it_was_set);
    tcase_add_test(tc, set_cookie_format__needs_no_nul_behind_the_value);
    tcase_add_loop_test(
        tc, set_cookie_check__names_what_browsers_refuse_and_the_cure, 0,
        ROWS(checks));
}

int main(void)
{
    return unit_main("set_cookie", add);
}
