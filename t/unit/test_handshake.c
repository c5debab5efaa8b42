/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/handshake.h"

#include <stdio.h>
#include <unistd.h>

#include "fake.h"
#include "base/clock.h"
#include "unit.h"

typedef struct script_t {
    const char *first; /* to the first command; NULL: none */
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
        fake_send_text(peer, nth ? script->second : script->first);
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
} logins[] = {
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
      "a number is not a reply to AUTH" },
    { NULL, "SECRET", 0, "$6\r\nSECRET\r\n", NULL, NULL, SHS_CONN_FAILED,
      "a value is not a reply to AUTH" },
    { NULL, "SECRET", 3, "+OK\r\n", "$-1\r\n", NULL, SHS_CONN_FAILED,
      "nil is not a reply to SELECT" },
    { NULL, "SECRET", 0, "SECRET\r\n", NULL, NULL, SHS_CONN_FAILED,
      "is not Redis" },
    { NULL, "SECRET", 0, NULL, NULL, NULL, SHS_CONN_TIMEOUT, "no reply" },
    { NULL, "SECRET", 3, "+OK\r\n", NULL, NULL, SHS_CONN_TIMEOUT,
      "no reply after the first" },
    { NULL, "SECRET", 0, "-ERR max number of clients reached\r\n", NULL, NULL,
      SHS_CONN_TURNED_AWAY, "has reached its maxclients" },
};

/* A handshake that sends only what is set in it. */
static shs_handshake_t handshake_of(const char *user, const char *password)
{
    shs_handshake_t handshake;

    memset(&handshake, 0, sizeof(handshake));
    handshake.credentials = shs_credentials_create(user, password, p);
    return handshake;
}

START_TEST(handshake_run__logs_in_and_accepts_only_ok)
{
    script_t script = { logins[_i].first, logins[_i].second, "" };
    fake_t *fake = fake_start(serve, &script);
    shs_handshake_t handshake =
        handshake_of(logins[_i].user, logins[_i].password);
    shs_conn_t *conn = fake_open(fake);
    const char *reason = NULL;
    apr_time_t deadline = shs_clock_now() + 150 * 1000;
    shs_conn_status_t status;

    handshake.db = logins[_i].db;
    if (logins[_i].first) {
        deadline += apr_time_from_sec(logins[_i].second ? 5 : 1);
    }
    status = shs_handshake_run(conn, &handshake, deadline, &reason, p);
    ck_assert_msg(status == logins[_i].status, "%d: %s", status,
                  logins[_i].why);
    if (status != SHS_CONN_OK) {
        ck_assert_msg(reason && *reason, "no reason: %s", logins[_i].why);
        ck_assert_msg(!strstr(reason, "SECRET"), "%s", reason);
        ck_assert_int_le(shs_clock_now(),
                         deadline + unit_slack_ms() * (apr_time_t)1000);
    }
    shs_conn_close(conn);
    fake_stop(fake);
    if (logins[_i].seen) {
        ck_assert_str_eq(script.seen, logins[_i].seen);
    }
}
END_TEST

/* The name is for CLIENT LIST: a user that may not set one has sessions too. */
START_TEST(handshake_run__names_the_connection_if_it_may)
{
    static const char *const replies[] = { "+OK\r\n", "-NOPERM SECRET\r\n",
                                           "-ERR unknown command\r\n" };
    script_t script = { "+OK\r\n", replies[_i], "" };
    fake_t *fake = fake_start(serve, &script);
    apr_time_t deadline = shs_clock_now() + apr_time_from_sec(5);
    shs_handshake_t handshake = handshake_of(NULL, NULL);
    shs_conn_t *conn = fake_open(fake);
    const char *reason = NULL;

    handshake.db = 3;
    handshake.client_name = "web-1";
    ck_assert_int_eq(shs_handshake_run(conn, &handshake, deadline, &reason, p),
                     SHS_CONN_OK);
    shs_conn_close(conn);
    fake_stop(fake);
    ck_assert_str_eq(script.seen, "SELECT 3|CLIENT SETNAME web-1|");
}
END_TEST

/* A server at its maxclients replies so to the first command, whatever it
 * is. */
START_TEST(handshake_run__is_turned_away_at_the_name_too)
{
    script_t script = { "-ERR max number of clients reached\r\n", NULL, "" };
    fake_t *fake = fake_start(serve, &script);
    apr_time_t deadline = shs_clock_now() + apr_time_from_sec(5);
    shs_handshake_t handshake = handshake_of(NULL, NULL);
    shs_conn_t *conn = fake_open(fake);
    const char *reason = NULL;

    handshake.client_name = "web-1";
    ck_assert_int_eq(shs_handshake_run(conn, &handshake, deadline, &reason, p),
                     SHS_CONN_TURNED_AWAY);
    ck_assert_str_eq(reason, "it has reached its maxclients");
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* ------------------------------------------ masters, replicas, new secrets */

#define IS_MASTER   "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
#define INFO_MASTER "$30\r\n# Replication\r\nrole:master\r\n\r\n\r\n"
#define INFO_SLAVE  "$29\r\n# Replication\r\nrole:slave\r\n\r\n\r\n"
#define IS_SLAVE                                \
    "*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:6379\r\n" \
    "$9\r\nconnected\r\n:0\r\n"

static const struct {
    int is_for_replica;
    int must_be_master;
    const char *first;
    const char *second;
    int lacks_role; /* what is known afterwards */
    const char *seen;
    shs_conn_status_t status;
    const char *why;
} roles[] = {
    { 0, 1, IS_MASTER, NULL, 0, "ROLE|", SHS_CONN_OK, "it is the master" },
    { 0, 1, IS_SLAVE, NULL, 0, "ROLE|", SHS_CONN_WRONG_ROLE, "it was demoted" },
    { 0, 1, "*2\r\n$8\r\nsentinel\r\n*0\r\n", NULL, 0, "ROLE|",
      SHS_CONN_WRONG_ROLE, "it is a Sentinel" },
    { 0, 1, "+OK\r\n", NULL, 0, "ROLE|", SHS_CONN_WRONG_ROLE,
      "it says nothing of it" },
    { 0, 1, "-NOPERM SECRET\r\n", INFO_MASTER, 1, "ROLE|INFO replication|",
      SHS_CONN_OK, "the user may send INFO" },
    { 0, 1, "-ERR unknown command 'ROLE', SECRET\r\n", INFO_MASTER, 1,
      "ROLE|INFO replication|", SHS_CONN_OK, "a proxy, or Redis 2.8.11" },
    { 0, 1, "-NOPERM SECRET\r\n", INFO_SLAVE, 0, "ROLE|INFO replication|",
      SHS_CONN_WRONG_ROLE, "it was demoted, and says so otherwise" },
    { 0, 1, "-NOPERM SECRET\r\n", "$14\r\nxrole:master\r\n\r\n", 0,
      "ROLE|INFO replication|", SHS_CONN_WRONG_ROLE, "another field" },
    { 0, 1, "-NOPERM SECRET\r\n", "$0\r\n\r\n", 0, "ROLE|INFO replication|",
      SHS_CONN_WRONG_ROLE, "INFO without a role" },
    { 0, 1, "-NOPERM SECRET\r\n", "-NOPERM SECRET\r\n", 0,
      "ROLE|INFO replication|", SHS_CONN_REFUSED,
      "a server that replies to neither would be trusted blindly" },
    { 0, 1, "-LOADING SECRET\r\n", NULL, 0, "ROLE|", SHS_CONN_FAILED,
      "that says nothing of ROLE" },
    { 1, 0, "+OK\r\n", NULL, 0, "READONLY|", SHS_CONN_OK,
      "a cluster's replica" },
    { 1, 0, "-NOPERM SECRET\r\n", NULL, 0, "READONLY|", SHS_CONN_REFUSED,
      "it would redirect each command" },
    { 1, 0, "-ERR SECRET\r\n", NULL, 0, "READONLY|", SHS_CONN_FAILED,
      "it is not a member of a cluster" },
};

START_TEST(handshake_run__knows_a_master_from_a_replica)
{
    script_t script = { roles[_i].first, roles[_i].second, "" };
    atomic_int lacks_role = 0;
    fake_t *fake = fake_start(serve, &script);
    shs_handshake_t handshake = handshake_of(NULL, NULL);
    shs_conn_t *conn = fake_open(fake);
    const char *reason = NULL;
    shs_conn_status_t status;

    handshake.is_for_replica = roles[_i].is_for_replica;
    handshake.lacks_role = roles[_i].must_be_master ? &lacks_role : NULL;
    status = shs_handshake_run(
        conn, &handshake, shs_clock_now() + apr_time_from_sec(5), &reason, p);
    ck_assert_msg(status == roles[_i].status, "%d: %s", status, roles[_i].why);
    if (status != SHS_CONN_OK) {
        ck_assert_msg(reason && *reason && !strstr(reason, "SECRET"), "%s: %s",
                      reason, roles[_i].why);
    }
    shs_conn_close(conn);
    fake_stop(fake);
    ck_assert_str_eq(script.seen, roles[_i].seen);
    ck_assert_msg(atomic_load(&lacks_role) == roles[_i].lacks_role, "%s",
                  roles[_i].why);
}
END_TEST

/* What is known is not tried again, until it is no longer so. */
START_TEST(handshake_run__asks_for_info_where_role_is_known_to_be_refused)
{
    static const struct {
        const char *says;
        shs_conn_status_t status;
        int lacks_role;
    } rows[] = { { INFO_MASTER, SHS_CONN_OK, 1 },
                 { INFO_SLAVE, SHS_CONN_WRONG_ROLE, 1 },
                 { "-NOPERM SECRET\r\n", SHS_CONN_REFUSED, 0 } };
    script_t script = { rows[_i].says, NULL, "" };
    fake_t *fake = fake_start(serve, &script);
    shs_handshake_t handshake = handshake_of(NULL, NULL);
    shs_conn_t *conn = fake_open(fake);
    atomic_int lacks_role = 1;
    const char *reason = NULL;

    handshake.lacks_role = &lacks_role;
    ck_assert_int_eq(shs_handshake_run(conn, &handshake,
                                       shs_clock_now() + apr_time_from_sec(5),
                                       &reason, p),
                     rows[_i].status);
    ck_assert_int_eq(atomic_load(&lacks_role), rows[_i].lacks_role);
    shs_conn_close(conn);
    fake_stop(fake);
    ck_assert_str_eq(script.seen, "INFO replication|");
}
END_TEST

static const char *write_password(const char *path, const char *password)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(password, file);
    fclose(file);
    return path;
}

/* A password changes while httpd runs: the file is read again, once. */
START_TEST(handshake_run__sends_the_new_password_of_the_file)
{
    static const struct {
        const char *now;
        const char *second;
        const char *seen;
        shs_conn_status_t status;
    } files[] = {
        { "NEW", "+OK\r\n", "AUTH alice OLD|AUTH alice NEW|", SHS_CONN_OK },
        { "NEW", "-WRONGPASS x\r\n", "AUTH alice OLD|AUTH alice NEW|",
          SHS_CONN_REFUSED },
        { "OLD", "+OK\r\n", "AUTH alice OLD|", SHS_CONN_REFUSED },
    };
    script_t script = { "-WRONGPASS x\r\n", files[_i].second, "" };
    fake_t *fake = fake_start(serve, &script);
    shs_handshake_t handshake = handshake_of("alice", NULL);
    shs_conn_t *conn = fake_open(fake);
    const char *path =
        apr_psprintf(p, "shs-unit-handshake.%d.%d", (int)getpid(), _i);
    const char *reason = NULL;
    shs_conn_status_t status;

    ck_assert_pstr_eq(shs_credentials_read_file(handshake.credentials,
                                                write_password(path, "OLD"), p),
                      NULL);
    write_password(path, files[_i].now);
    status = shs_handshake_run(
        conn, &handshake, shs_clock_now() + apr_time_from_sec(5), &reason, p);
    unlink(path);
    ck_assert_int_eq(status, files[_i].status);
    ck_assert(status == SHS_CONN_OK || (reason && *reason));
    shs_conn_close(conn);
    fake_stop(fake);
    ck_assert_str_eq(script.seen, files[_i].seen);
}
END_TEST

/* The administrator has to know which file it is, and what is wrong with it. */
START_TEST(handshake_run__names_the_password_file_that_does_not_help)
{
    static const struct {
        const char *now; /* NULL: it is gone */
        const char *words;
    } files[] = { { "OLD", "has no other" },
                  { NULL, "cannot be read: No such file" },
                  { "", "is empty" } };
    script_t script = { "-WRONGPASS invalid username-password pair or\r\n",
                        NULL, "" };
    fake_t *fake = fake_start(serve, &script);
    shs_handshake_t handshake = handshake_of("alice", NULL);
    shs_conn_t *conn = fake_open(fake);
    const char *path =
        apr_psprintf(p, "shs-unit-handshake.%d.%d", (int)getpid(), _i);
    const char *reason = NULL;

    ck_assert_pstr_eq(shs_credentials_read_file(handshake.credentials,
                                                write_password(path, "OLD"), p),
                      NULL);
    unlink(path);
    if (files[_i].now) {
        write_password(path, files[_i].now);
    }
    ck_assert_int_eq(shs_handshake_run(conn, &handshake,
                                       shs_clock_now() + apr_time_from_sec(5),
                                       &reason, p),
                     SHS_CONN_REFUSED);
    unlink(path);
    ck_assert_str_eq(reason,
                     apr_psprintf(p,
                                  "it refuses the user or password (AUTH): it"
                                  " replies WRONGPASS invalid username-password"
                                  " pair, and password-file %s %s%s",
                                  path, files[_i].words,
                                  files[_i].now ? "" : " or directory"));
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, handshake_run__asks_for_info_where_role_is_known_to_be_refused, 0,
        3);
    tcase_add_loop_test(tc, handshake_run__knows_a_master_from_a_replica, 0,
                        ROWS(roles));
    tcase_add_loop_test(
        tc, handshake_run__names_the_password_file_that_does_not_help, 0, 3);
    tcase_add_loop_test(tc, handshake_run__sends_the_new_password_of_the_file,
                        0, 3);
    tcase_add_test(tc, handshake_run__is_turned_away_at_the_name_too);
    tcase_add_loop_test(tc, handshake_run__names_the_connection_if_it_may, 0,
                        3);
    tcase_add_loop_test(tc, handshake_run__logs_in_and_accepts_only_ok, 0,
                        ROWS(logins));
}

int main(void)
{
    return unit_main("handshake", add);
}
