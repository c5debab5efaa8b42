/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/conn.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include "fake.h"
#include "base/clock.h"
#include "unit.h"

static const shs_resp_limits_t roomy = { 65536, 8192 };

static shs_octets_t commands(int count)
{
    shs_octets_t buffer = { NULL, 0 };
    shs_octets_t ping[] = { OCTETS("PING") };
    int i;

    for (i = 0; i < count; i++) {
        shs_resp_append(&buffer, ping, 1, p);
    }
    return buffer;
}

static shs_conn_status_t execute(shs_reply_t **replies, int count,
                                 shs_conn_t *conn, int ms, const char **reason)
{
    *reason = NULL;
    return shs_conn_execute(replies, count, conn, commands(count), roomy,
                            unit_in_ms(ms), reason, p);
}

/* -------------------------------------------------------------- the server */

/* What a server replies after so many commands, and how. */
typedef struct script_t {
    int commands;
    const char *text;
    int pause_ms; /* between octets; 0: all at once */
    enum { THEN_STALL, THEN_CLOSE, THEN_RESET, THEN_AGAIN } then;
} script_t;

static void follow(fake_peer_t *peer, void *baton)
{
    const script_t *script = baton;

    do {
        int i;

        for (i = 0; i < script->commands; i++) {
            if (!fake_read_command(peer)) {
                return;
            }
        }
        if (!script->pause_ms) {
            fake_send_text(peer, script->text);
        }
        else if (!fake_drip(peer, script->text, strlen(script->text),
                            script->pause_ms)) {
            return;
        }
    } while (script->then == THEN_AGAIN);
    if (script->then == THEN_STALL) {
        fake_stall(peer);
    }
    else if (script->then == THEN_RESET) {
        fake_reset(peer);
    }
}

/* ----------------------------------------------------------------- execute */

START_TEST(conn_execute__reads_one_reply_to_each_command)
{
    script_t script = { 2, "$5\r\nhello\r\n:30000\r\n", 0, THEN_AGAIN };
    fake_t *fake = fake_start(follow, &script);
    shs_conn_t *conn = fake_open(fake);
    int i;

    for (i = 0; i < 3; i++) {
        shs_reply_t *replies[2] = { NULL, NULL };
        const char *reason;

        ck_assert_int_eq(execute(replies, 2, conn, 5000, &reason), SHS_CONN_OK);
        ck_assert_int_eq(replies[0]->kind, SHS_REPLY_STRING);
        ck_octets_eq(replies[0]->text, OCTETS("hello"), "first");
        ck_assert_int_eq(replies[1]->integer, 30000);
    }
    shs_conn_close(conn);
    ck_assert_int_eq(fake_accepted(fake), 1);
    fake_stop(fake);
}
END_TEST

START_TEST(conn_execute__waits_for_single_octets)
{
    script_t script = { 2, "$5\r\nhello\r\n:30000\r\n", 1, THEN_STALL };
    fake_t *fake = fake_start(follow, &script);
    shs_conn_t *conn = fake_open(fake);
    shs_reply_t *replies[2] = { NULL, NULL };
    const char *reason;

    ck_assert_int_eq(execute(replies, 2, conn, 10000, &reason), SHS_CONN_OK);
    ck_assert_pstr_eq(reason, NULL); /* nothing went wrong */
    ck_octets_eq(replies[0]->text, OCTETS("hello"), "dripped");
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

static const struct {
    script_t script;
    shs_conn_status_t status;
    const char *why;
} failures[] = {
    { { 1, "", 0, THEN_STALL }, SHS_CONN_TIMEOUT, "accepts, never replies" },
    { { 1, "$5\r\nhel", 0, THEN_STALL },
      SHS_CONN_TIMEOUT,
      "stalls half way through a reply" },
    { { 1, "$5\r\nhello\r\n$", 0, THEN_STALL },
      SHS_CONN_FAILED,
      "an octet too many" },
    { { 1,
        "$1000\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        10, THEN_STALL },
      SHS_CONN_TIMEOUT,
      "drips past the deadline" },
    { { 1, "$2147483647\r\nx", 0, THEN_STALL },
      SHS_CONN_TIMEOUT,
      "promises 2 GiB" },
    { { 1, "*2\r\n+a\r\n", 0, THEN_STALL },
      SHS_CONN_TIMEOUT,
      "stalls amid an array" },
    { { 1, "", 0, THEN_CLOSE }, SHS_CONN_DEAD, "closes before an octet" },
    { { 1, "$", 0, THEN_CLOSE }, SHS_CONN_FAILED, "closes after an octet" },
    { { 1, "$5\r\nhel", 0, THEN_CLOSE },
      SHS_CONN_FAILED,
      "closes amid a reply" },
    { { 1, "HTTP/1.1 400 Bad Request\r\n\r\n", 0, THEN_STALL },
      SHS_CONN_FAILED,
      "is no Redis" },
    { { 1, "$-7\r\n", 0, THEN_STALL }, SHS_CONN_FAILED, "lies" },
    { { 1, "+a\r\n+b\r\n", 0, THEN_STALL },
      SHS_CONN_FAILED,
      "two replies for one command" },
    { { 1, "+a\r\n*1\r\n", 0, THEN_STALL },
      SHS_CONN_FAILED,
      "one reply and the beginning of another" },
    { { 1, "*8193\r\n", 0, THEN_STALL },
      SHS_CONN_TOO_LARGE,
      "more elements than allowed" },
};

static const struct {
    script_t script;
    const char *said;
    const char *not_said;
    const char *why;
} schemes[] = {
    { { 1, "", 0, THEN_CLOSE }, "write rediss", "", "TLS servers say nothing" },
    { { 1, "\x15\x03\x01\001\x02\x02\x46", 0, THEN_STALL },
      "it speaks TLS (in the URL write rediss",
      "",
      "or an alert" },
    { { 1, "+a\r\n", 0, THEN_CLOSE },
      "closed the connection",
      "rediss",
      "it has replied before" },
};

START_TEST(conn_execute__names_the_other_scheme_if_the_server_speaks_tls)
{
    script_t script = schemes[_i].script;
    fake_t *fake = fake_start(follow, &script);
    shs_conn_t *conn = fake_open(fake);
    shs_reply_t *reply = NULL;
    const char *reason;

    if (execute(&reply, 1, conn, 5000, &reason) == SHS_CONN_OK) {
        ck_assert_int_eq(execute(&reply, 1, conn, 5000, &reason),
                         SHS_CONN_DEAD);
    }
    ck_assert_msg(strstr(reason, schemes[_i].said), "%s: %s", schemes[_i].why,
                  reason);
    ck_assert_msg(!*schemes[_i].not_said
                      || !strstr(reason, schemes[_i].not_said),
                  "%s: %s", schemes[_i].why, reason);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

START_TEST(conn_execute__says_what_went_wrong_by_the_deadline)
{
    script_t script = failures[_i].script;
    fake_t *fake = fake_start(follow, &script);
    shs_conn_t *conn = fake_open(fake);
    shs_reply_t *reply = NULL;
    const char *reason;
    /* Only a server that sends too little lets the deadline pass. */
    int ms = failures[_i].status == SHS_CONN_TIMEOUT ? 100 : 5000;
    apr_time_t begun = shs_clock_now();
    shs_conn_status_t status = execute(&reply, 1, conn, ms, &reason);
    apr_time_t spent = shs_clock_now() - begun;

    ck_assert_msg(status == failures[_i].status, "%d, not %d: %s", status,
                  failures[_i].status, failures[_i].why);
    ck_assert_msg(reason && *reason, "no reason: %s", failures[_i].why);
    ck_assert_msg(spent <= (ms + unit_slack_ms()) * (apr_time_t)1000,
                  "%d ms: %s", (int)(spent / 1000), failures[_i].why);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

START_TEST(conn_execute__a_reset_before_an_octet_is_dead_after_one_it_is_failed)
{
    script_t script = { 1, _i ? "+" : "", 0, THEN_RESET };
    fake_t *fake = fake_start(follow, &script);
    shs_conn_t *conn = fake_open(fake);
    shs_reply_t *reply = NULL;
    const char *reason;
    shs_conn_status_t status = execute(&reply, 1, conn, 2000, &reason);

    /* A reset discards octets that were not read yet. */
    ck_assert(status == (_i ? SHS_CONN_FAILED : SHS_CONN_DEAD)
              || (_i && status == SHS_CONN_DEAD));
    ck_assert_ptr_nonnull(reason);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* A busy machine may be late, again and again; the code may not. */
START_TEST(conn_execute__keeps_the_deadline_to_a_few_milliseconds)
{
    static const char drip[] = "$60\r\n0123456789012345678901234567890123456789"
                               "01234567890123456789";
    script_t stall = { 1, "$5\r\nhel", 0, THEN_STALL };
    script_t dripping = { 1, drip, 1, THEN_STALL };
    apr_time_t few = 5000 + 20 * (unit_slack_ms() - 250);
    apr_time_t best = APR_USEC_PER_SEC;
    int round;

    for (round = 0; round < 100 && best > few; round++) {
        fake_t *fake = fake_start(follow, _i ? &dripping : &stall);
        shs_conn_t *conn = fake_open(fake);
        shs_reply_t *reply = NULL;
        const char *reason;
        apr_time_t deadline = unit_in_ms(40);
        apr_time_t late;

        ck_assert_int_eq(shs_conn_execute(&reply, 1, conn, commands(1), roomy,
                                          deadline, &reason, p),
                         SHS_CONN_TIMEOUT);
        late = shs_clock_now() - deadline;
        ck_assert_int_ge(late, 0);
        best = late < best ? late : best;
        shs_conn_close(conn);
        fake_stop(fake);
    }
    ck_assert_int_le(best, few);
}
END_TEST

static void answer_late(fake_peer_t *peer, void *baton)
{
    _Atomic int *ms = baton;

    while (fake_read_command(peer)) {
        unit_let_pass(unit_in_ms(*ms));
        fake_send_text(peer, "+OK\r\n");
    }
}

/* recv(2) waits for three quarters of the first wait, poll(2) for the rest, or
 * for any shorter wait. */
START_TEST(conn_execute__waits_until_the_deadline_whatever_the_first_one_was)
{
    static const struct {
        int first; /* ms, answered at once */
        int second;
        int late;
        shs_conn_status_t status;
    } rows[] = {
        { 600, 600, 10, SHS_CONN_OK },       { 600, 1000, 700, SHS_CONN_OK },
        { 900, 100, 400, SHS_CONN_TIMEOUT }, { 900, 900, 400, SHS_CONN_OK },
        { 30, 800, 300, SHS_CONN_OK },       { 100, 90, 300, SHS_CONN_TIMEOUT },
        { 100, 100, 300, SHS_CONN_TIMEOUT },
    };
    _Atomic int late = 0;
    fake_t *fake = fake_start(answer_late, &late);
    shs_conn_t *conn = fake_open(fake);
    const char *reason;
    shs_reply_t *reply;
    apr_time_t began, took;

    ck_assert_int_eq(execute(&reply, 1, conn, rows[_i].first, &reason),
                     SHS_CONN_OK);
    late = rows[_i].late;
    began = shs_clock_now();
    ck_assert_int_eq(execute(&reply, 1, conn, rows[_i].second, &reason),
                     rows[_i].status);
    took = (shs_clock_now() - began) / 1000;
    if (rows[_i].status == SHS_CONN_TIMEOUT) {
        ck_assert_int_ge(took, rows[_i].second);
        ck_assert_int_le(took, rows[_i].second + unit_slack_ms());
    }
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

START_TEST(conn_execute__gives_up_at_once_when_the_deadline_has_passed)
{
    script_t script = { 1, "", 0, THEN_STALL };
    fake_t *fake = fake_start(follow, &script);
    shs_conn_t *conn = fake_open(fake);
    shs_reply_t *reply = NULL;
    const char *reason;

    ck_assert_int_eq(execute(&reply, 1, conn, -1, &reason), SHS_CONN_TIMEOUT);
    ck_assert_ptr_nonnull(reason);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* A server that reads nothing: the socket's buffers fill up. */
START_TEST(conn_execute__keeps_the_deadline_while_sending)
{
    script_t script = { 0, "", 0, THEN_STALL };
    fake_t *fake;
    shs_conn_t *conn;
    shs_reply_t *reply = NULL;
    shs_octets_t large;
    const char *reason = NULL;
    apr_time_t deadline;

    script.commands = 1;
    fake = fake_start(follow, &script);
    conn = fake_open(fake);
    large.len = 64 * 1024 * 1024;
    large.data = calloc(1, large.len);
    ck_assert_ptr_nonnull(large.data);
    deadline = unit_in_ms(100);
    /* Zeros are not a command: the fake closes, or the deadline comes. */
    ck_assert_int_ne(
        shs_conn_execute(&reply, 1, conn, large, roomy, deadline, &reason, p),
        SHS_CONN_OK);
    ck_assert_ptr_nonnull(reason);
    ck_assert_int_le(shs_clock_now(),
                     deadline + unit_slack_ms() * (apr_time_t)1000);
    shs_conn_close(conn);
    fake_stop(fake);
    free((void *)(uintptr_t)large.data);
}
END_TEST

typedef struct large_t {
    size_t promised;
    const char *end;
} large_t;

static const large_t larges[] = {
    { 65537, "\r\n" },  /* by one octet */
    { 200000, "\r\n" }, /* complete, and small enough to be received */
    { 800000, "" },     /* never complete: refused on arrival */
};

static void say_large(fake_peer_t *peer, void *baton)
{
    const large_t *large = baton;
    char *text = malloc(large->promised);

    if (text && fake_read_command(peer)) {
        char head[32];

        apr_snprintf(head, sizeof(head), "$%d\r\n", (int)large->promised);
        fake_send_text(peer, head);
        memset(text, 'x', large->promised);
        fake_send(peer, text, large->promised);
        fake_send_text(peer, large->end);
        fake_stall(peer);
    }
    free(text);
}

START_TEST(conn_execute__refuses_a_value_past_the_limits)
{
    large_t large = larges[_i];
    fake_t *fake = fake_start(say_large, &large);
    shs_conn_t *conn = fake_open(fake);
    shs_reply_t *reply = NULL;
    const char *reason;

    ck_assert_int_eq(execute(&reply, 1, conn, 5000, &reason),
                     SHS_CONN_TOO_LARGE);
    ck_assert_ptr_nonnull(reason);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* "-ERR max number of clients reached" and a close: the reason must be seen. */
START_TEST(conn_execute__returns_the_replies_before_a_failure)
{
    script_t script = { 2, "-ERR max\r\n", 0, THEN_CLOSE };
    fake_t *fake = fake_start(follow, &script);
    shs_conn_t *conn = fake_open(fake);
    shs_reply_t *replies[2] = { (void *)conn, (void *)conn };
    const char *reason;

    ck_assert_int_eq(execute(replies, 2, conn, 5000, &reason), SHS_CONN_FAILED);
    ck_assert_ptr_nonnull(replies[0]);
    ck_assert_int_eq(replies[0]->kind, SHS_REPLY_ERROR);
    ck_assert_ptr_null(replies[1]);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

START_TEST(conn_execute__an_error_reply_is_a_reply)
{
    script_t script = { 1, "-NOAUTH Authentication required.\r\n", 0,
                        THEN_AGAIN };
    fake_t *fake = fake_start(follow, &script);
    shs_conn_t *conn = fake_open(fake);
    shs_reply_t *reply = NULL;
    const char *reason;

    ck_assert_int_eq(execute(&reply, 1, conn, 5000, &reason), SHS_CONN_OK);
    ck_assert_int_eq(reply->kind, SHS_REPLY_ERROR);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* -------------------------------------------------------------------- open */

START_TEST(conn_open__says_why_no_server_accepts)
{
    fake_t *fake = fake_start(follow, NULL);
    shs_resolver_address_t address;
    shs_conn_t *conn = NULL;
    const char *reason = NULL;

    fake_address(&address, fake);
    fake_stop(fake);
    ck_assert_int_eq(shs_conn_open(&conn, &address, 1, NULL, "127.0.0.1",
                                   unit_in_ms(2000), &reason),
                     SHS_CONN_FAILED);
    ck_assert_msg(reason && *reason, "no reason");
}
END_TEST

START_TEST(conn_open__goes_on_to_the_next_address)
{
    script_t script = { 1, "+OK\r\n", 0, THEN_AGAIN };
    fake_t *gone = fake_start(follow, NULL);
    fake_t *fake = fake_start(follow, &script);
    shs_resolver_address_t addresses[2];
    shs_conn_t *conn = NULL;
    shs_reply_t *reply = NULL;
    const char *reason = NULL;

    fake_address(&addresses[0], gone);
    fake_address(&addresses[1], fake);
    fake_stop(gone);
    ck_assert_int_eq(shs_conn_open(&conn, addresses, 2, NULL, "127.0.0.1",
                                   unit_in_ms(5000), &reason),
                     SHS_CONN_OK);
    ck_assert_int_eq(execute(&reply, 1, conn, 5000, &reason), SHS_CONN_OK);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* A listening socket whose backlog is full drops new connections: connect()
 * hangs. Fills one and gives its address; the sockets are closed when the
 * process ends. */
static void fill_a_backlog(shs_resolver_address_t *address)
{
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in in;
    socklen_t len = sizeof(in);
    int i;

    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(listening, (struct sockaddr *)&in, sizeof(in)), 0);
    ck_assert_int_eq(listen(listening, 0), 0);
    getsockname(listening, (struct sockaddr *)&in, &len);
    for (i = 0; i < 4; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

        connect(fd, (struct sockaddr *)&in, sizeof(in));
    }
    memset(address, 0, sizeof(*address));
    memcpy(&address->storage, &in, sizeof(in));
    address->len = sizeof(in);
}

START_TEST(conn_open__keeps_the_deadline)
{
    shs_resolver_address_t address;
    shs_conn_t *conn = NULL;
    const char *reason = NULL;
    apr_time_t deadline;

    fill_a_backlog(&address);
    deadline = unit_in_ms(100);
    ck_assert_int_eq(
        shs_conn_open(&conn, &address, 1, NULL, "127.0.0.1", deadline, &reason),
        SHS_CONN_TIMEOUT);
    ck_assert_msg(reason && *reason, "no reason");
    ck_assert_int_ge(shs_clock_now(), deadline - 1000);
    ck_assert_int_le(shs_clock_now(),
                     deadline + unit_slack_ms() * (apr_time_t)1000);
}
END_TEST

START_TEST(conn_open__leaves_time_for_the_next_address)
{
    script_t script = { 1, "+OK\r\n", 0, THEN_AGAIN };
    fake_t *fake = fake_start(follow, &script);
    shs_resolver_address_t addresses[2];
    shs_conn_t *conn = NULL;
    const char *reason = NULL;

    fill_a_backlog(&addresses[0]);
    fake_address(&addresses[1], fake);
    ck_assert_int_eq(shs_conn_open(&conn, addresses, 2, NULL, "127.0.0.1",
                                   unit_in_ms(400), &reason),
                     SHS_CONN_OK);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* Descriptors of this process without the close-on-exec flag. */
static int inheritable(void)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int count = 0;

    if (!dir) {
        return -1;
    }
    while ((entry = readdir(dir))) {
        int flags = fcntl(atoi(entry->d_name), F_GETFD);

        if (entry->d_name[0] != '.' && flags >= 0 && !(flags & FD_CLOEXEC)) {
            count++;
        }
    }
    closedir(dir);
    return count;
}

static void wait_silently(fake_peer_t *peer, void *baton)
{
    (void)baton;
    fake_stall(peer);
}

START_TEST(conn_open__hands_no_descriptor_to_child_programs)
{
    fake_t *fake = fake_start(wait_silently, NULL);
    int before = inheritable();
    shs_conn_t *conn = fake_open(fake);

    ck_assert_int_eq(inheritable(), before);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

START_TEST(conn_close__leaves_no_descriptor_behind)
{
    script_t script = { 1, "$5\r\nhel", 0, THEN_STALL };
    fake_t *fake = fake_start(follow, &script);
    int highest = dup(0);
    int i;

    close(highest);
    for (i = 0; i < 50; i++) {
        shs_conn_t *conn = fake_open(fake);
        shs_reply_t *reply = NULL;
        const char *reason;

        execute(&reply, 1, conn, 1, &reason);
        shs_conn_close(conn);
    }
    fake_stop(fake);
    i = dup(0);
    ck_assert_int_le(i, highest + 1);
    close(i);
}
END_TEST

/* ------------------------------------------------------------------ usable */

static void close_on_go(fake_peer_t *peer, void *baton)
{
    if (fake_read_command(peer)) {
        fake_send_text(peer, "+OK\r\n");
        fake_wait(peer);
        if (baton) {
            fake_send_text(peer, baton);
            fake_stall(peer);
        }
    }
}

static int becomes_unusable(const shs_conn_t *conn)
{
    apr_time_t until = unit_in_ms(5000);

    while (shs_clock_now() < until) {
        if (!shs_conn_is_usable(conn)) {
            return 1;
        }
    }
    return 0;
}

static char late[] = "$6\r\nsecret\r\n";

START_TEST(conn_is_usable__is_false_once_it_is_closed_or_not_silent)
{
    fake_t *fake = fake_start(close_on_go, _i ? late : NULL);
    shs_conn_t *conn = fake_open(fake);
    shs_reply_t *reply = NULL;
    const char *reason;

    ck_assert(shs_conn_is_usable(conn));
    ck_assert_int_eq(execute(&reply, 1, conn, 5000, &reason), SHS_CONN_OK);
    ck_assert(shs_conn_is_usable(conn));
    fake_resume(fake);
    ck_assert_msg(becomes_unusable(conn), "still usable");
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

START_TEST(conn_used_at__is_the_time_of_the_last_reply)
{
    script_t script = { 1, "+OK\r\n", 0, THEN_AGAIN };
    fake_t *fake = fake_start(follow, &script);
    apr_time_t before = shs_clock_now();
    shs_conn_t *conn = fake_open(fake);
    shs_reply_t *reply = NULL;
    const char *reason;

    ck_assert_int_ge(shs_conn_used_at(conn), before);
    before = shs_clock_now();
    ck_assert_int_eq(execute(&reply, 1, conn, 5000, &reason), SHS_CONN_OK);
    ck_assert_int_ge(shs_conn_used_at(conn), before);
    ck_assert_int_le(shs_conn_used_at(conn), shs_clock_now());
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, conn_execute__reads_one_reply_to_each_command);
    tcase_add_test(tc, conn_execute__waits_for_single_octets);
    tcase_add_loop_test(tc, conn_execute__says_what_went_wrong_by_the_deadline,
                        0, ROWS(failures));
    tcase_add_loop_test(
        tc, conn_execute__names_the_other_scheme_if_the_server_speaks_tls, 0,
        ROWS(schemes));
    tcase_add_loop_test(
        tc,
        conn_execute__a_reset_before_an_octet_is_dead_after_one_it_is_failed, 0,
        2);
    tcase_add_loop_test(
        tc, conn_execute__keeps_the_deadline_to_a_few_milliseconds, 0, 2);
    tcase_add_loop_test(
        tc, conn_execute__waits_until_the_deadline_whatever_the_first_one_was,
        0, 7);
    tcase_add_test(tc,
                   conn_execute__gives_up_at_once_when_the_deadline_has_passed);
    tcase_add_test(tc, conn_execute__keeps_the_deadline_while_sending);
    tcase_add_loop_test(tc, conn_execute__refuses_a_value_past_the_limits, 0,
                        ROWS(larges));
    tcase_add_test(tc, conn_execute__returns_the_replies_before_a_failure);
    tcase_add_test(tc, conn_execute__an_error_reply_is_a_reply);
    tcase_add_test(tc, conn_open__says_why_no_server_accepts);
    tcase_add_test(tc, conn_open__goes_on_to_the_next_address);
    tcase_add_test(tc, conn_open__keeps_the_deadline);
    tcase_add_test(tc, conn_open__leaves_time_for_the_next_address);
    tcase_add_test(tc, conn_open__hands_no_descriptor_to_child_programs);
    tcase_add_test(tc, conn_close__leaves_no_descriptor_behind);
    tcase_add_loop_test(
        tc, conn_is_usable__is_false_once_it_is_closed_or_not_silent, 0, 2);
    tcase_add_test(tc, conn_used_at__is_the_time_of_the_last_reply);
}

int main(void)
{
    return unit_main("conn", add);
}
