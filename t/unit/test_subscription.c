/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/tracking/subscription.h"

#include <sys/socket.h>
#include <unistd.h>

#include "fake.h"
#include "base/clock.h"
#include "unit.h"

#define PREFIXES         " BCAST PREFIX a: PREFIX b:"
#define TRACKING         "CLIENT TRACKING ON REDIRECT 42" PREFIXES
#define WITHOUT_REDIRECT "CLIENT TRACKING ON" PREFIXES
#define INFO             "$27\r\n# Server\r\nrun_id:0123abcd\r\n\r\n"
#define OTHER_INFO       "$27\r\n# Server\r\nrun_id:4567abcd\r\n\r\n"
#define HELLO                                                                  \
    "%4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n$4\r\nrole\r\n" \
    "_\r\n$7\r\nmodules\r\n*0\r\n"
#define SUBSCRIBED \
    "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n"
#define PONG    "*2\r\n$4\r\npong\r\n$0\r\n\r\n"
#define MESSAGE "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"

/* -------------------------------------------------------------- the server */

#define MAX_STEPS 6

typedef struct server_t {
    const char *replies[MAX_STEPS]; /* NULL: it stalls */
    int steps;
    const char *then;     /* sent after the last reply */
    const char *later;    /* after fake_resume(); NULL: nothing */
    _Atomic int is_flood; /* sends `later` again and again */
    int closes;
    /* What it does after the last reply; NULL: as above. */
    void (*serve_on)(fake_peer_t *peer);
    char seen[1024];
} server_t;

static server_t server;
static fake_t *fake;

static void note(const fake_peer_t *peer)
{
    int i;

    for (i = 0; i < peer->count; i++) {
        strcat(server.seen, peer->arguments[i]);
        strcat(server.seen, i < peer->count - 1 ? " " : "|");
    }
}

static void send_rest(fake_peer_t *peer)
{
    do {
        int status =
            send(peer->fd, server.later, strlen(server.later), MSG_NOSIGNAL)
            > 0;

        if (!status) {
            return;
        }
    } while (server.is_flood);
}

static void serve(fake_peer_t *peer, void *baton)
{
    int i;

    (void)baton;
    for (i = 0; i < server.steps; i++) {
        if (!fake_read_command(peer)) {
            return;
        }
        note(peer);
        if (!server.replies[i]) {
            fake_stall(peer);
            return;
        }
        fake_send_text(peer, server.replies[i]);
    }
    if (server.serve_on) {
        server.serve_on(peer);
        return;
    }
    if (server.then) {
        fake_send_text(peer, server.then);
    }
    if (server.later) {
        if (!server.is_flood) {
            fake_wait(peer);
        }
        send_rest(peer);
    }
    if (!server.closes) {
        fake_stall(peer);
    }
}

static server_t usual(const char *then)
{
    server_t usual;

    memset(&usual, 0, sizeof(usual));
    usual.steps = 4;
    usual.replies[0] = INFO;
    usual.replies[1] = ":42\r\n";
    usual.replies[2] = "+OK\r\n";
    usual.replies[3] = SUBSCRIBED;
    usual.then = then;
    return usual;
}

/* ---------------------------------------------------------------- the sink */

static int received_count;
static char received[4096];
static int is_slow;     /* each takes a moment */
static int stops_flood; /* after `enough` keys */
static const int enough = 1000;

static void on_changed(void *baton, shs_octets_t key)
{
    (void)baton;
    received_count++;
    if (is_slow) {
        unit_let_pass(unit_in_ms(1));
    }
    if (stops_flood && received_count >= enough) {
        server.is_flood = 0;
    }
    if (strlen(received) + key.len + 2 < sizeof(received)) {
        strncat(received, key.data, key.len);
        strcat(received, "|");
    }
}

static void on_flushed(void *baton)
{
    (void)baton;
    received_count++;
    strcat(received, "ALL|");
}

static const shs_invalidation_sink_t sink = {
    .prefixes = { "a:", "b:" },
    .prefix_count = 2,
    .lease = 2 * APR_USEC_PER_SEC,
    .invalidate = on_changed,
    .flush = on_flushed,
};

/* -------------------------------------------------------------- the client */

static shs_subscription_t subscription;
static const char *reason;

/* Starts the server and subscribes to it. */
static shs_conn_status_t open_in(int ms)
{
    shs_conn_t *conn;
    apr_pool_t *own;

    fake = fake_start(serve, NULL);
    apr_pool_create(&own, p);
    conn = fake_open(fake);
    received_count = 0;
    received[0] = '\0';
    reason = NULL;
    return shs_subscription_open(&subscription, conn, &sink, unit_in_ms(ms),
                                 &reason, own);
}

/* Until so many were received, or the connection failed. */
static shs_conn_status_t receive_until(int wanted)
{
    apr_time_t deadline = unit_in_ms(10000);
    shs_conn_status_t status = SHS_CONN_OK;

    while (status == SHS_CONN_OK && received_count < wanted
           && shs_clock_now() < deadline) {
        status = shs_subscription_receive(&subscription, &reason);
    }
    return status;
}

static void end(void)
{
    shs_subscription_close(&subscription);
    if (fake) {
        fake_stop(fake);
        fake = NULL;
    }
}

/* -------------------------------------------------------------------- open */

START_TEST(subscription_open__sends_its_commands_in_order)
{
    server = usual(NULL);
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    ck_assert_str_eq(server.seen, "INFO server|CLIENT ID|" TRACKING
                                  "|SUBSCRIBE __redis__:invalidate|");
    ck_assert_int_eq(subscription.alive_at, 0);
}
END_TEST

static const struct {
    int step;
    const char *reply;
    int status;
} refusals[] = {
    { 0, "-NOPERM this user has no permissions\r\n", SHS_CONN_REFUSED },
    { 0, "$10\r\n# Server\r\n\r\n", SHS_CONN_REFUSED },
    { 1, "-NOPERM this user has no permissions\r\n", SHS_CONN_REFUSED },
    { 1, "+OK\r\n", SHS_CONN_REFUSED },
    { 2, "-NOPERM no\r\n", SHS_CONN_REFUSED },
    { 2, ":1\r\n", SHS_CONN_REFUSED },
    { 3, "-NOPERM no\r\n", SHS_CONN_REFUSED },
    { 3, "+OK\r\n", SHS_CONN_REFUSED },
    { 0, NULL, SHS_CONN_TIMEOUT },
    { 1, NULL, SHS_CONN_TIMEOUT },
    { 2, NULL, SHS_CONN_TIMEOUT },
    { 3, NULL, SHS_CONN_TIMEOUT },
    { 2, "HTTP/1.1 400\r\n", SHS_CONN_FAILED },
    /* It replies, and will recover. */
    { 0, "-ERR max number of clients reached\r\n", SHS_CONN_FAILED },
    { 2, "-LOADING Redis is loading\r\n", SHS_CONN_FAILED },
    { 2, "-BUSY Redis is busy running a script\r\n", SHS_CONN_FAILED },
    { 3, "-MASTERDOWN Link with MASTER is down\r\n", SHS_CONN_FAILED },
};

START_TEST(subscription_open__closes_when_it_is_refused)
{
    server = usual(NULL);
    server.replies[refusals[_i].step] = refusals[_i].reply;
    /* Only a server that stalls lets the deadline pass. */
    ck_assert_int_eq(
        open_in(refusals[_i].status == SHS_CONN_TIMEOUT ? 200 : 5000),
        refusals[_i].status);
    ck_assert_ptr_null(subscription.conn);
    ck_assert_ptr_nonnull(reason);
}
END_TEST

/* A service that closes the connection at an unknown command. */
START_TEST(subscription_open__says_where_the_connection_ends)
{
    server = usual(NULL);
    server.steps = _i;
    server.closes = 1;
    ck_assert_int_eq(open_in(5000), SHS_CONN_DEAD);
    ck_assert_ptr_null(subscription.conn);
    ck_assert_msg(strstr(reason, "SharedSessionCache Off"), "%s", reason);
}
END_TEST

START_TEST(subscription_open__loads_the_run_id)
{
    static const char *const infos[] = { INFO, OTHER_INFO, INFO };
    apr_uint32_t are[3];
    int i;

    for (i = 0; i < 3; i++) {
        server = usual(NULL);
        server.replies[0] = infos[i];
        ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
        are[i] = subscription.run_id;
        end();
    }
    ck_assert_uint_ne(are[0], are[1]);
    ck_assert_uint_eq(are[0], are[2]);
}
END_TEST

/* ------------------------------------------------------------------ pushes */

static server_t pushing(const char *then)
{
    server_t pushing = usual(then);

    pushing.steps = 5;
    pushing.replies[2] = "-ERR REDIRECT is not supported\r\n";
    pushing.replies[3] = HELLO;
    pushing.replies[4] = "+OK\r\n";
    return pushing;
}

/* A service without CLIENT ID, or without REDIRECT. */
START_TEST(subscription_open__falls_back_to_pushes)
{
    server = pushing(NULL);
    if (_i) {
        server.steps = 4;
        server.replies[1] = "-ERR unknown subcommand\r\n";
        server.replies[2] = HELLO;
        server.replies[3] = "+OK\r\n";
    }
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    ck_assert_str_eq(server.seen,
                     _i ? "INFO server|CLIENT ID|HELLO 3|" WITHOUT_REDIRECT "|"
                        : "INFO server|CLIENT ID|" TRACKING
                          "|HELLO 3|" WITHOUT_REDIRECT "|");
}
END_TEST

static const struct {
    int step;
    const char *reply;
    const char *why;
} unpushed[] = {
    { 3, "-ERR unknown command\r\n", "HELLO 3" },
    { 3, "-NOPROTO unsupported protocol version\r\n", "HELLO 3" },
    { 4, "-ERR unknown subcommand\r\n", "refuses CLIENT TRACKING;" },
    { 4, "-NOPERM no\r\n", "refuses CLIENT TRACKING;" },
};

START_TEST(subscription_open__is_refused_without_either)
{
    server = pushing(NULL);
    server.replies[unpushed[_i].step] = unpushed[_i].reply;
    ck_assert_int_eq(open_in(5000), SHS_CONN_REFUSED);
    ck_assert_msg(strstr(reason, unpushed[_i].why), "%s", reason);
}
END_TEST

static const struct {
    const char *text;
    int count;
    const char *received;
    const char *why;
} pushes[] = {
    { ">2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\na:1\r\n", 1, "a:1|", "a key" },
    { ">2\r\n$10\r\ninvalidate\r\n*2\r\n$3\r\na:1\r\n$4\r\n_\r\n>\r\n", 2,
      "a:1|_\r\n>|", "two, one of which looks like the protocol" },
    { ">2\r\n$10\r\ninvalidate\r\n_\r\n", 1, "ALL|", "FLUSHALL" },
    { ">2\r\n$10\r\ninvalidate\r\n*1\r\n#t\r\n", 1, "ALL|",
      "what is not understood" },
};

START_TEST(subscription_receive__passes_pushes_on)
{
    server = pushing(pushes[_i].text);
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    ck_assert_int_eq(receive_until(pushes[_i].count), SHS_CONN_OK);
    ck_assert_msg(!strcmp(received, pushes[_i].received), "%s: %s",
                  pushes[_i].why, received);
}
END_TEST

static const char *const unwanted_pushes[] = {
    ">2\r\n$6\r\nMOVING\r\n:1\r\n",
    ">1\r\n$10\r\ninvalidate\r\n",
    ">3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$3\r\na:1\r\n",
    "$3\r\nabc\r\n",
    "+OK\r\n",
    "|1\r\n+ttl\r\n:3600\r\n",
    "$?\r\n",
    ">99999999999\r\n",
    ">999999999\r\n",
    ">2\r\n$10\r\ninvalidate\r\n*999999999\r\n",
    "*2\r\n$4\r\npong\r\n$0\r\n\r\n",
};

START_TEST(subscription_receive__fails_on_other_pushes)
{
    shs_conn_status_t status;

    server = pushing(unwanted_pushes[_i]);
    status = open_in(5000);
    /* Octets that are not the protocol may come together with the last
     * reply. */
    ck_assert_int_ne(status == SHS_CONN_OK ? receive_until(1) : status,
                     SHS_CONN_OK);
    ck_assert_int_eq(received_count, 0);
}
END_TEST

/* ----------------------------------------------------------------- receive */

static const struct {
    const char *text;
    int count;
    const char *received;
    const char *why;
} messages[] = {
    { MESSAGE "*1\r\n$3\r\na:1\r\n", 1, "a:1|", "a key" },
    { MESSAGE "*2\r\n$3\r\na:1\r\n$3\r\nb:2\r\n", 2, "a:1|b:2|", "two" },
    { MESSAGE "*1\r\n$3\r\na:1\r\n" MESSAGE "*1\r\n$3\r\na:2\r\n", 2,
      "a:1|a:2|", "two messages" },
    { MESSAGE "*-1\r\n", 1, "ALL|", "FLUSHALL" },
    { MESSAGE "$-1\r\n", 1, "ALL|", "nil of another kind" },
    { MESSAGE "*2\r\n$3\r\na:1\r\n:7\r\n", 1, "ALL|",
      "what is not understood" },
    { MESSAGE "*1\r\n*1\r\n$3\r\na:1\r\n", 1, "ALL|", "an array in it" },
    { MESSAGE "$3\r\na:1\r\n", 1, "ALL|", "a key without an array" },
    { MESSAGE "*0\r\n" MESSAGE "*1\r\n$3\r\na:1\r\n", 1, "a:1|", "no key" },
};

START_TEST(subscription_receive__passes_changed_keys_on)
{
    server = usual(messages[_i].text);
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    ck_assert_int_eq(receive_until(messages[_i].count), SHS_CONN_OK);
    ck_assert_msg(!strcmp(received, messages[_i].received), "%s: %s",
                  messages[_i].why, received);
}
END_TEST

START_TEST(subscription_receive__waits_for_the_other_half_of_a_message)
{
    static const char text[] = MESSAGE "*2\r\n$3\r\na:1\r\n$3\r\nb:2\r\n";
    int i;

    server = usual(apr_pstrmemdup(p, text, (apr_size_t)_i));
    server.later = text + _i;
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    for (i = 0; i < 3; i++) {
        ck_assert_int_eq(shs_subscription_receive(&subscription, &reason),
                         SHS_CONN_OK);
    }
    ck_assert_int_eq(received_count, 0);
    fake_resume(fake);
    ck_assert_int_eq(receive_until(2), SHS_CONN_OK);
    ck_assert_str_eq(received, "a:1|b:2|");
}
END_TEST

static const char *const garbage[] = {
    "+OK\r\n",
    "-ERR no\r\n",
    ":1\r\n",
    "$3\r\nabc\r\n",
    "*-1\r\n",
    "*1\r\n$4\r\npong\r\n",
    "*3\r\n$7\r\nmessage\r\n$5\r\nother\r\n*1\r\n$3\r\na:1\r\n",
    "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nx\r\n$1\r\ny\r\n",
    "*2\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n",
    "HTTP/1.1 200 OK\r\n",
    ">3\r\n",
};

START_TEST(subscription_receive__fails_on_unexpected_messages)
{
    server = usual(garbage[_i]);
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    ck_assert_int_ne(receive_until(1), SHS_CONN_OK);
    ck_assert_int_eq(received_count, 0);
    ck_assert_ptr_nonnull(reason);
}
END_TEST

START_TEST(subscription_receive__fails_when_the_server_closes)
{
    server = usual(_i ? MESSAGE "*1\r\n$3\r\na:" : NULL);
    server.closes = 1;
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    ck_assert_int_ne(receive_until(1), SHS_CONN_OK);
    ck_assert_int_eq(received_count, 0);
}
END_TEST

/* Beyond the limits the message counts as a flush: the next subscription begins
 * with one. */
START_TEST(subscription_receive__fails_past_its_limits)
{
    server =
        usual(_i ? MESSAGE "*1\r\n$99999999\r\n" : MESSAGE "*999999999\r\n");
    server.later = apr_palloc(p, 4097);
    memset((char *)server.later, 'x', 4096);
    ((char *)server.later)[4096] = '\0';
    server.is_flood = 1;
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    ck_assert_int_eq(receive_until(1), SHS_CONN_TOO_LARGE);
    ck_assert_int_eq(received_count, 0);
}
END_TEST

/* Heartbeats must be requested, and the pool must be cleared. */
START_TEST(subscription_receive__returns_from_a_server_that_never_stops)
{
    apr_time_t began;
    int i;

    server = usual(NULL);
    server.later = MESSAGE "*1\r\n$3\r\na:1\r\n" MESSAGE "*1\r\n$3\r\na:2\r\n";
    server.is_flood = 1;
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    began = shs_clock_now();
    for (i = 0; i < 20; i++) {
        ck_assert_int_eq(shs_subscription_receive(&subscription, &reason),
                         SHS_CONN_OK);
    }
    ck_assert_int_gt(received_count, 20);
    ck_assert_int_lt(shs_clock_now() - began,
                     20 * 20000 + 5 * APR_USEC_PER_SEC);
}
END_TEST

/* Keys come faster than they are passed on, so there always is more: the server
 * stops only when it has been received from for a second and longer. At most
 * the keys of one read are left. */
START_TEST(subscription_receive__returns_while_there_is_more)
{
    char *key = apr_palloc(p, 4001);

    server = usual(NULL);
    memset(key, 'k', 4000);
    key[4000] = '\0';
    server.later = apr_pstrcat(p, MESSAGE "*1\r\n$4000\r\n", key, "\r\n", NULL);
    server.is_flood = 1;
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    is_slow = 1;
    stops_flood = 1;
    ck_assert_int_eq(receive_until(1), SHS_CONN_OK);
    ck_assert_msg(server.is_flood, "%d came in one call", received_count);
}
END_TEST

/* -------------------------------------------------------------------- ping */

/* The reply to PING, twice. */
static const struct {
    const char *reply;
    int status;
    int is_heartbeat;
    int is_busy;
    const char *why;
} pings[] = {
    { PONG, SHS_CONN_OK, 1, 0, "it is well" },
    { "-MISCONF Redis is configured to save RDB snapshots\r\n", SHS_CONN_OK, 1,
      0, "it cannot save, but sends invalidations all the same" },
    { "-BUSY Redis is busy running a script\r\n", SHS_CONN_OK, 0, 1,
      "earlier changes may not have been sent" },
    { "-LOADING Redis is loading the dataset\r\n", SHS_CONN_FAILED, 0, 0,
      "it sends no invalidations for what it loads" },
    { "-MASTERDOWN Link with MASTER is down\r\n", SHS_CONN_FAILED, 0, 0,
      "it may load its data anew" },
    { "-NOPERM no\r\n", SHS_CONN_REFUSED, 0, 0, "the user must not send it" },
    { "-ERR unknown command\r\n", SHS_CONN_REFUSED, 0, 0, "likewise" },
};

static void answer_pings(fake_peer_t *peer)
{
    while (fake_read_command(peer)) {
        fake_send_text(peer, server.later);
    }
}

START_TEST(subscription_receive__knows_heartbeats)
{
    int row = _i / 2;
    shs_conn_status_t status = SHS_CONN_OK;
    int n;

    server = _i % 2 ? pushing(NULL) : usual(NULL);
    server.serve_on = answer_pings;
    server.later = row == 0 && _i % 2 ? "+PONG\r\n" : pings[row].reply;
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    for (n = 0; n < 2 && status == SHS_CONN_OK; n++) {
        apr_time_t now = shs_clock_now();
        apr_time_t until = now + apr_time_from_sec(10);

        ck_assert_int_eq(shs_subscription_ping(&subscription, now, &reason),
                         SHS_CONN_OK);
        while (status == SHS_CONN_OK && subscription.pinged_at != 0
               && shs_clock_now() < until) {
            status = shs_subscription_receive(&subscription, &reason);
        }
        ck_assert_int_eq(subscription.alive_at,
                         pings[row].is_heartbeat ? now : 0);
    }
    ck_assert_msg((int)status == pings[row].status, "%s", pings[row].why);
    ck_assert_int_eq(subscription.busy != NULL, pings[row].is_busy);
}
END_TEST

static void answer_pings_late(fake_peer_t *peer)
{
    int i;

    server.seen[0] = '\0';
    for (i = 0; fake_read_command(peer); i++) {
        note(peer);
        fake_wait(peer);
        fake_send_text(peer,
                       i == 0 ? MESSAGE "*1\r\n$3\r\na:1\r\n" PONG : PONG);
    }
}

static void receive_pong(void)
{
    apr_time_t deadline = unit_in_ms(10000);

    while (subscription.pinged_at != 0 && shs_clock_now() < deadline) {
        ck_assert_int_eq(shs_subscription_receive(&subscription, &reason),
                         SHS_CONN_OK);
    }
    ck_assert_int_eq(subscription.pinged_at, 0);
}

START_TEST(subscription_ping__counts_from_when_it_was_sent)
{
    apr_time_t at;

    server = usual(NULL);
    server.serve_on = answer_pings_late;
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    at = shs_clock_now();
    ck_assert_int_eq(shs_subscription_ping(&subscription, at, &reason),
                     SHS_CONN_OK);
    ck_assert_int_eq(shs_subscription_receive(&subscription, &reason),
                     SHS_CONN_OK);
    ck_assert_int_eq(subscription.alive_at, 0);
    /* One at a time: the reply is that to the first. */
    ck_assert_int_eq(shs_subscription_ping(&subscription, at + 1000, &reason),
                     SHS_CONN_OK);
    fake_resume(fake);
    receive_pong();
    ck_assert_int_eq(subscription.alive_at, at);
    ck_assert_str_eq(received, "a:1|"); /* invalidations before it come first */
    ck_assert_int_eq(shs_subscription_ping(&subscription, at + 2000, &reason),
                     SHS_CONN_OK);
    fake_resume(fake);
    receive_pong();
    ck_assert_int_eq(subscription.alive_at, at + 2000);
    ck_assert_str_eq(server.seen, "PING|PING|");
}
END_TEST

START_TEST(subscription_receive__ignores_a_pong_without_a_ping)
{
    server = usual(PONG PONG MESSAGE "*1\r\n$3\r\na:1\r\n");
    ck_assert_int_eq(open_in(5000), SHS_CONN_OK);
    ck_assert_int_eq(receive_until(1), SHS_CONN_OK);
    ck_assert_int_eq(subscription.alive_at, 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, NULL, end);
    tcase_add_loop_test(tc, subscription_open__says_where_the_connection_ends,
                        0, 4);
    tcase_add_test(tc, subscription_open__loads_the_run_id);
    tcase_add_loop_test(tc, subscription_open__falls_back_to_pushes, 0, 2);
    tcase_add_loop_test(tc, subscription_open__is_refused_without_either, 0,
                        ROWS(unpushed));
    tcase_add_loop_test(tc, subscription_receive__passes_pushes_on, 0,
                        ROWS(pushes));
    tcase_add_loop_test(tc, subscription_receive__fails_on_other_pushes, 0,
                        ROWS(unwanted_pushes));
    tcase_add_loop_test(tc, subscription_receive__knows_heartbeats, 0,
                        2 * ROWS(pings));
    tcase_add_test(tc, subscription_open__sends_its_commands_in_order);
    tcase_add_loop_test(tc, subscription_open__closes_when_it_is_refused, 0,
                        ROWS(refusals));
    tcase_add_loop_test(tc, subscription_receive__passes_changed_keys_on, 0,
                        ROWS(messages));
    tcase_add_loop_test(
        tc, subscription_receive__waits_for_the_other_half_of_a_message, 1,
        sizeof(MESSAGE "*2\r\n$3\r\na:1\r\n") - 1);
    tcase_add_loop_test(tc, subscription_receive__fails_on_unexpected_messages,
                        0, ROWS(garbage));
    tcase_add_loop_test(tc, subscription_receive__fails_when_the_server_closes,
                        0, 2);
    tcase_add_loop_test(tc, subscription_receive__fails_past_its_limits, 0, 2);
    tcase_add_test(
        tc, subscription_receive__returns_from_a_server_that_never_stops);
    tcase_add_test(tc, subscription_receive__returns_while_there_is_more);
    tcase_add_test(tc, subscription_ping__counts_from_when_it_was_sent);
    tcase_add_test(tc, subscription_receive__ignores_a_pong_without_a_ping);
}

int main(void)
{
    return unit_main("subscription", add);
}
