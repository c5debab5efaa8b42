/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/store_redis.h"
#include "store/store.h"

#include "base/clock.h"
#include "fake_store.h"
#include "unit.h"

#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE

typedef struct slow_t {
    const char *text; /* to the first pair on the first connection */
    int pause_ms;
    int is_handshake_slow;
    const char *why;
} slow_t;

static const slow_t slow[] = {
    { "", 0, 0, "accepts and never replies" },
    { "", 0, 1, "accepts and never replies to the handshake" },
    { "$5\r\nhel", 0, 0, "stalls half way through the value" },
    { "$5\r\nhello\r\n", 0, 0, "stalls between the replies" },
    { "$5\r\nhello\r\n:3", 0, 0, "stalls half way through the number" },
    { "*-1\r\n", 0, 0, "a nothing of the wrong kind, then silence" },
    { "$99\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 5,
      0, "drips past the deadline" },
    { "$2147483647\r\nx", 0, 0, "a huge bulk length" },
    { "$400\r\n", 0, 0, "a length and nothing more" },
};

/* Slow on the first connection; on all others it replies with the key. */
static void slow_then_good(fake_peer_t *peer, void *baton)
{
    const slow_t *self = baton;

    while (fake_read_command(peer)) {
        const char *key = peer->arguments[1];

        if (!strcmp(peer->arguments[0], "AUTH")) {
            if (peer->nth == 0 && self->is_handshake_slow) {
                fake_stall(peer);
                return;
            }
            fake_send_text(peer, "+OK\r\n");
        }
        else if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        else if (peer->nth == 0) {
            if (self->pause_ms) {
                fake_drip(peer, self->text, strlen(self->text), self->pause_ms);
            }
            else {
                fake_send_text(peer, self->text);
            }
            fake_stall(peer);
            return;
        }
        else {
            char reply[600];

            apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                         (int)strlen(key), key);
            fake_send_text(peer, reply);
        }
    }
}

START_TEST(store_redis_load__ends_at_the_deadline_with_a_slow_server)
{
    slow_t self = slow[_i];
    fake_t *fake = fake_start(slow_then_good, &self);
    shs_store_t *store = fake_store_on(fake, "alice:pw@", "", NULL);
    shs_result_t result;
    apr_time_t begun = shs_clock_now();
    shs_outcome_t outcome = fake_store_load(&result, store, "s:alice", 100);
    apr_time_t spent = shs_clock_now() - begun;

    ck_assert_msg(outcome == UNAVAILABLE, "%d: %s", outcome, self.why);
    ck_assert_msg(result.reason && !result.is_refusal, "%s", self.why);
    ck_assert_msg(spent <= (100 + unit_slack_ms()) * (apr_time_t)1000,
                  "%d ms: %s", (int)(spent / 1000), self.why);
    /* The connection is closed, and the next one is good. */
    ck_found(store, "s:bob", "s:bob");
    ck_assert_int_eq(fake_accepted(fake), 2);
    fake_stop(fake);
}
END_TEST

/* Sends the replies of the first connection after fake_resume(): too late. */
static void reply_late(fake_peer_t *peer, void *baton)
{
    (void)baton;
    while (fake_read_command(peer)) {
        char reply[600];

        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        if (peer->nth == 0) {
            fake_wait(peer);
        }
        apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                     (int)strlen(peer->arguments[1]), peer->arguments[1]);
        fake_send_text(peer, reply);
    }
}

/* The worst bug: user B gets the session of user A. */
START_TEST(store_redis_load__never_takes_a_late_reply_for_the_next_one)
{
    fake_t *fake = fake_start(reply_late, NULL);
    shs_store_t *store = fake_store_on(fake, "", "", "pool=1");
    shs_result_t result;
    int i;

    ck_assert_int_eq(fake_store_load(&result, store, "s:alice", 60),
                     UNAVAILABLE);
    fake_resume(fake);
    for (i = 0; i < 20; i++) {
        ck_found(store, "s:bob", "s:bob");
        ck_found(store, "s:carol", "s:carol");
    }
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__reports_a_refused_connection)
{
    fake_t *fake = fake_start(reply_late, NULL);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
    shs_result_t result;

    fake_stop(fake);
    ck_assert_int_eq(fake_store_load(&result, store, "s:k", 3000), UNAVAILABLE);
    ck_assert_msg(result.reason && *result.reason, "no reason");
    ck_assert(!result.is_refusal);
}
END_TEST

START_TEST(store_redis_load__reports_a_missing_socket)
{
    shs_store_t *store = NULL;
    shs_result_t result;

    ck_assert_pstr_eq(
        fake_store_create(&store, "unix:///nonexistent/shs-unit.sock", NULL),
        NULL);
    shs_store_start_child(store, 4, p);
    ck_assert_int_eq(fake_store_load(&result, store, "s:k", 1000), UNAVAILABLE);
    ck_assert_msg(result.reason && *result.reason, "no reason");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, store_redis_load__ends_at_the_deadline_with_a_slow_server, 0,
        ROWS(slow));
    tcase_add_test(tc,
                   store_redis_load__never_takes_a_late_reply_for_the_next_one);
    tcase_add_test(tc, store_redis_load__reports_a_refused_connection);
    tcase_add_test(tc, store_redis_load__reports_a_missing_socket);
}

int main(void)
{
    return unit_main("store_redis_slow", add);
}
