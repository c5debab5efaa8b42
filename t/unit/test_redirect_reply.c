/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/redirect_reply.h"

#include "unit.h"

static const shs_address_t sender = { "sender.example.org", 6379 };

static const struct {
    const char *text;
    int is_ask;
    int slot;
    shs_address_t server;
    const char *why;
} redirections[] = {
    { "MOVED 3999 127.0.0.1:6381", 0, 3999, { "127.0.0.1", 6381 }, "MOVED" },
    { "ASK 3999 127.0.0.1:6381", 1, 3999, { "127.0.0.1", 6381 }, "ASK" },
    { "MOVED 0 h:1", 0, 0, { "h", 1 }, "the lowest numbers" },
    { "MOVED 16383 h:65535", 0, 16383, { "h", 65535 }, "the highest" },
    { "MOVED 15495 ::1:39011", 0, 15495, { "::1", 39011 }, "IPv6 by Redis" },
    { "ASK 12 ::1:7000", 1, 12, { "::1", 7000 }, "the last colon counts" },
    { "ASK 1 [::1]:7000", 1, 1, { "::1", 7000 }, "IPv6 by others" },
    { "MOVED 1 fe80::a:1:2:7000", 0, 1, { "fe80::a:1:2", 7000 }, "long IPv6" },
    { "MOVED 1 r-1.example.org:6380",
      0,
      1,
      { "r-1.example.org", 6380 },
      "a name, for the sake of TLS" },
    { "MOVED 1 :6381",
      0,
      1,
      { "sender.example.org", 6381 },
      "cluster-preferred-endpoint-type unknown-endpoint" },
    { "ASK 1 :6381", 1, 1, { "sender.example.org", 6381 }, "the same in ASK" },
};

static shs_reply_t error_of(const char *text, apr_size_t len)
{
    shs_reply_t reply = { SHS_REPLY_ERROR, { NULL, 0 }, 0, NULL, 0 };

    reply.text = unit_exact(text, len);
    return reply;
}

START_TEST(redirect_reply_parse__reads_moved_and_ask)
{
    const char *text = redirections[_i].text;
    shs_reply_t error = error_of(text, strlen(text));
    shs_redirect_reply_t redirect;

    ck_assert_msg(shs_redirect_reply_parse(&redirect, &error, &sender, p) == 1,
                  "%s: %s", text, redirections[_i].why);
    ck_assert_msg(
        !!redirect.is_ask == redirections[_i].is_ask
            && redirect.slot == redirections[_i].slot
            && redirect.server.port == redirections[_i].server.port
            && !strcmp(redirect.server.host, redirections[_i].server.host),
        "%s %d %s:%d: %s", redirect.is_ask ? "ASK" : "MOVED", redirect.slot,
        redirect.server.host, redirect.server.port, redirections[_i].why);
    ck_assert_ptr_ne(redirect.server.host, sender.host);
}
END_TEST

static const struct {
    const char *text;
    apr_size_t len;
    const char *why;
} others[] = {
#define TEXT(literal) literal, sizeof(literal) - 1
    { TEXT(""), "nothing" },
    { TEXT("MOVED"), "only the word" },
    { TEXT("MOVED "), "no slot" },
    { TEXT("MOVED 1"), "no address" },
    { TEXT("MOVED 1 "), "an empty address" },
    { TEXT("MOVED 1 h"), "no port" },
    { TEXT("MOVED 1 h:"), "an empty port" },
    { TEXT("MOVED 1 :"), "neither host nor port" },
    { TEXT("MOVED 1 h:0"), "no such port" },
    { TEXT("MOVED 1 h:65536"), "no such port" },
    { TEXT("MOVED 1 h:4294967297"), "1 in 32 bits" },
    { TEXT("MOVED 1 h:-1"), "a sign" },
    { TEXT("MOVED 1 h:63x1"), "a port with a letter" },
    { TEXT("MOVED 1 h:6381 "), "a space behind it" },
    { TEXT("MOVED 1 h:6381@16381"), "not what CLUSTER NODES has" },
    { TEXT("MOVED 1 h:6381\0"), "a NUL behind it" },
    { TEXT("MOVED 1 h\0i:6381"), "a NUL in the host" },
    { TEXT("MOVED 1 ?:42667"), "Redis prefers a name and knows none" },
    { TEXT("MOVED 1 h i:6381"), "a space in the host" },
    { TEXT("MOVED 1 [::1:6381"), "one bracket" },
    { TEXT("MOVED 1 ::1]:6381"), "the other" },
    { TEXT("MOVED 1 []:6381"), "brackets around nothing" },
    { TEXT("MOVED 1 [h]:6381"), "brackets around a name" },
    { TEXT("MOVED 1 [::1]"), "brackets without a port" },
    { TEXT("MOVED 1 [::1]6381"), "no colon behind the bracket" },
    { TEXT("MOVED 1 h:1:6381"), "a colon in a name" },
    { TEXT("MOVED 16384 h:6381"), "no such slot" },
    { TEXT("MOVED 4294967297 h:6381"), "1 in 32 bits" },
    { TEXT("MOVED -1 h:6381"), "no such slot" },
    { TEXT("MOVED x h:6381"), "no number" },
    { TEXT("MOVED  1 h:6381"), "two spaces" },
    { TEXT("MOVEDX 1 h:6381"), "a longer word" },
    { TEXT("moved 1 h:6381"), "codes are capitals" },
    { TEXT(" MOVED 1 h:6381"), "not the first word" },
    { TEXT("ERR MOVED 1 h:6381"), "not the first word" },
    { TEXT("ASKING 1 h:6381"), "a longer word" },
    { TEXT("TRYAGAIN Multiple keys request during rehashing of slot"),
      "another error" },
};

START_TEST(redirect_reply_parse__refuses_what_is_not_well_formed)
{
    shs_reply_t error = error_of(others[_i].text, others[_i].len);
    shs_redirect_reply_t redirect = { 5, 5, { "before", 5 } };

    ck_assert_msg(shs_redirect_reply_parse(&redirect, &error, &sender, p) == 0,
                  "%s: %s", others[_i].text, others[_i].why);
    ck_assert(redirect.is_ask == 5 && redirect.slot == 5
              && redirect.server.port == 5
              && !strcmp(redirect.server.host, "before"));
}
END_TEST

static const shs_reply_kind_t kinds[] = { SHS_REPLY_NIL, SHS_REPLY_STRING,
                                          SHS_REPLY_STATUS, SHS_REPLY_INTEGER,
                                          SHS_REPLY_ARRAY };

/* A session with such a value redirects no command. */
START_TEST(redirect_reply_parse__reads_error_replies_only)
{
    shs_reply_t reply = error_of(TEXT("MOVED 1 evil:6381"));
    shs_redirect_reply_t redirect;

    reply.kind = kinds[_i];
    ck_assert_int_eq(shs_redirect_reply_parse(&redirect, &reply, &sender, p),
                     0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, redirect_reply_parse__reads_moved_and_ask, 0,
                        ROWS(redirections));
    tcase_add_loop_test(tc,
                        redirect_reply_parse__refuses_what_is_not_well_formed,
                        0, ROWS(others));
    tcase_add_loop_test(tc, redirect_reply_parse__reads_error_replies_only, 0,
                        ROWS(kinds));
}

int main(void)
{
    return unit_main("redirect_reply", add);
}
