/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/greeting.h"

#include "fake.h"
#include "store/clock.h"
#include "unit.h"

typedef struct script_t {
    const char *first; /* to the first command; NULL: silence */
    const char *second;
    char seen[512];
} script_t;

static void serve(fake_peer_t *peer, void *baton)
{
    script_t *script = baton;
    int nth;

    for (nth = 0; fake_read_command(peer); nth++) {
        int i;

        for (i = 0; i < peer->count; i++) {
            strncat(script->seen, peer->arguments[i], 64);
            strcat(script->seen, i + 1 < peer->count ? " " : "|");
        }
        if (!(nth ? script->second : script->first)) {
            fake_stall(peer);
            return;
        }
        fake_say(peer, nth ? script->second : script->first);
    }
}

static const struct {
    const char *user;
    const char *password;
    int db;
    const char *first;
    const char *second;
    const char *seen;
    shs_conn_status_t status;
    const char *why;
} greetings[] = {
    { NULL, NULL, 0, NULL, NULL, "", SHS_CONN_OK, "nothing to say" },
    { NULL, "SECRET", 0, "+OK\r\n", NULL, "AUTH SECRET|", SHS_CONN_OK,
      "the default user" },
    { "alice", "SECRET", 0, "+OK\r\n", NULL, "AUTH alice SECRET|", SHS_CONN_OK,
      "a user" },
    { NULL, NULL, 3, "+OK\r\n", NULL, "SELECT 3|", SHS_CONN_OK, "a database" },
    { "alice", "SECRET", 3, "+OK\r\n", "+OK\r\n", "AUTH alice SECRET|SELECT 3|",
      SHS_CONN_OK, "both" },
    { "alice", "SECRET", 3, "-WRONGPASS SECRET\r\n", "-NOAUTH SECRET\r\n", NULL,
      SHS_CONN_REFUSED, "a wrong password" },
    { NULL, "SECRET", 0, "-ERR SECRET without password configured\r\n", NULL,
      NULL, SHS_CONN_REFUSED, "no password is wanted" },
    { "alice", "SECRET", 3, "+OK\r\n", "-NOPERM SECRET\r\n", NULL,
      SHS_CONN_REFUSED, "may not use that database" },
    { NULL, NULL, 99, "-ERR DB index is out of range\r\n", NULL, NULL,
      SHS_CONN_REFUSED, "no such database" },
    { NULL, "SECRET", 0, "-LOADING SECRET\r\n", NULL, NULL, SHS_CONN_FAILED,
      "has only just started" },
    { NULL, "SECRET", 0, ":1\r\n", NULL, NULL, SHS_CONN_FAILED,
      "a number is no answer to AUTH" },
    { NULL, "SECRET", 0, "$6\r\nSECRET\r\n", NULL, NULL, SHS_CONN_FAILED,
      "a value is no answer to AUTH" },
    { NULL, "SECRET", 3, "+OK\r\n", "$-1\r\n", NULL, SHS_CONN_FAILED,
      "nothing is no answer to SELECT" },
    { NULL, "SECRET", 0, "SECRET\r\n", NULL, NULL, SHS_CONN_FAILED,
      "is no Redis" },
    { NULL, "SECRET", 0, NULL, NULL, NULL, SHS_CONN_FAILED, "silence" },
    { NULL, "SECRET", 3, "+OK\r\n", NULL, NULL, SHS_CONN_FAILED,
      "silence after the first" },
};

START_TEST(greeting_send__says_who_we_are_and_believes_ok_only)
{
    script_t script = { greetings[_i].first, greetings[_i].second, "" };
    fake_t *fake = fake_start(serve, &script);
    shs_endpoint_t endpoint;
    shs_address_t address;
    shs_conn_t *conn = NULL;
    const char *reason = NULL;
    apr_time_t deadline = shs_clock_now() + 150 * 1000;
    shs_conn_status_t status;

    memset(&endpoint, 0, sizeof(endpoint));
    endpoint.user = greetings[_i].user;
    endpoint.password = greetings[_i].password;
    endpoint.db = greetings[_i].db;
    fake_address(&address, fake);
    ck_assert_int_eq(shs_conn_open(&conn, &address, 1, NULL,
                                   deadline + apr_time_from_sec(5), &reason),
                     SHS_CONN_OK);
    if (greetings[_i].first) {
        deadline += apr_time_from_sec(greetings[_i].second ? 5 : 1);
    }
    reason = NULL;
    status = shs_greeting_send(conn, &endpoint, deadline, &reason, p);
    ck_assert_msg(status == greetings[_i].status, "%d: %s", status,
                  greetings[_i].why);
    if (status != SHS_CONN_OK) {
        ck_assert_msg(reason && *reason, "no reason: %s", greetings[_i].why);
        ck_assert_msg(!strstr(reason, "SECRET"), "%s", reason);
        ck_assert_int_le(shs_clock_now(),
                         deadline + unit_slack_ms() * (apr_time_t)1000);
    }
    shs_conn_close(conn);
    fake_stop(fake);
    if (greetings[_i].seen) {
        ck_assert_str_eq(script.seen, greetings[_i].seen);
    }
}
END_TEST

/* The name is for CLIENT LIST: a user who may not set one has sessions too. */
START_TEST(greeting_send__names_the_connection_if_it_may)
{
    static const char *const answers[] = { "+OK\r\n", "-NOPERM SECRET\r\n",
                                           "-ERR unknown command\r\n" };
    script_t script = { "+OK\r\n", answers[_i], "" };
    fake_t *fake = fake_start(serve, &script);
    apr_time_t deadline = shs_clock_now() + apr_time_from_sec(5);
    shs_endpoint_t endpoint;
    shs_address_t address;
    shs_conn_t *conn = NULL;
    const char *reason = NULL;

    memset(&endpoint, 0, sizeof(endpoint));
    endpoint.db = 3;
    endpoint.client_name = "web-1";
    fake_address(&address, fake);
    ck_assert_int_eq(shs_conn_open(&conn, &address, 1, NULL, deadline, &reason),
                     SHS_CONN_OK);
    ck_assert_int_eq(shs_greeting_send(conn, &endpoint, deadline, &reason, p),
                     SHS_CONN_OK);
    shs_conn_close(conn);
    fake_stop(fake);
    ck_assert_str_eq(script.seen, "SELECT 3|CLIENT SETNAME web-1|");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, greeting_send__names_the_connection_if_it_may, 0,
                        3);
    tcase_add_loop_test(tc, greeting_send__says_who_we_are_and_believes_ok_only,
                        0, ROWS(greetings));
}

int main(void)
{
    return unit_main("greeting", add);
}
