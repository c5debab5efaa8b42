/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/attempt/retry_action.h"

#include "unit.h"

#define ACCEPT    SHS_RETRY_ACCEPT
#define RECONNECT SHS_RETRY_RECONNECT
#define REDIRECT  SHS_RETRY_REDIRECT
#define WAIT      SHS_RETRY_WAIT
#define REFRESH   SHS_RETRY_REFRESH
#define FAIL      SHS_RETRY_FAIL

#define COUNTER(name) SHS_COUNTER_##name
#define NO_COUNTER    SHS_COUNTER_COUNT

/* What a retry says besides its action. */
#define REFUSAL   1
#define SERVER_OK 2
#define CONN_GOOD 4

typedef struct decision_t {
    shs_retry_action_t action;
    shs_counter_t cause; /* NO_COUNTER: it does not count */
    int flags;
} decision_t;

static void check(const shs_retry_t *got, decision_t wanted, const char *why)
{
    int flags = (got->is_refusal ? REFUSAL : 0)
                | (got->is_server_ok ? SERVER_OK : 0)
                | (got->is_conn_good ? CONN_GOOD : 0);

    ck_assert_msg(got->action == wanted.action, "action %d, not %d: %s",
                  got->action, wanted.action, why);
    ck_assert_msg(wanted.cause == NO_COUNTER || got->cause == wanted.cause,
                  "counter %d, not %d: %s", got->cause, wanted.cause, why);
    ck_assert_msg(flags == wanted.flags, "flags %d, not %d: %s", flags,
                  wanted.flags, why);
}

static void check_reason(const shs_retry_t *got, const char *part,
                         const char *why)
{
    ck_assert_msg(got->reason && strstr(got->reason, part),
                  "reason \"%s\" without \"%s\": %s",
                  got->reason ? got->reason : "NULL", part, why);
}

static shs_reply_t error_of(const char *text)
{
    shs_reply_t reply = { SHS_REPLY_ERROR, { NULL, 0 }, 0, NULL, 0 };

    reply.text = unit_text(text);
    return reply;
}

/* ----------------------------------------------- an attempt without a reply */

/* By status: over a new connection, and over one from the pool. */
static const struct {
    shs_conn_status_t status;
    decision_t is_new;
    decision_t is_pooled;
    const char *why;
} statuses[] = {
    { SHS_CONN_TOO_LARGE,
      { ACCEPT, NO_COUNTER, SERVER_OK },
      { ACCEPT, NO_COUNTER, SERVER_OK },
      "the session is too large, wherever it is read" },
    { SHS_CONN_DEAD,
      { REFRESH, COUNTER(UNREACHABLE), 0 },
      { RECONNECT, COUNTER(UNREACHABLE), 0 },
      "the server may have closed an idle connection, but not a new one" },
    { SHS_CONN_FAILED,
      { REFRESH, COUNTER(UNREACHABLE), 0 },
      { REFRESH, COUNTER(UNREACHABLE), 0 },
      "the server is gone" },
    { SHS_CONN_TIMEOUT,
      { REFRESH, COUNTER(TIMEOUTS), 0 },
      { REFRESH, COUNTER(TIMEOUTS), 0 },
      "another server may be the master by now" },
    { SHS_CONN_WRONG_ROLE,
      { REFRESH, COUNTER(NOT_READY), 0 },
      { REFRESH, COUNTER(NOT_READY), 0 },
      "another server is the master" },
    { SHS_CONN_REFUSED,
      { FAIL, COUNTER(REFUSED), REFUSAL },
      { FAIL, COUNTER(REFUSED), REFUSAL },
      "only the administrator can change that" },
    { SHS_CONN_TURNED_AWAY,
      { FAIL, COUNTER(MAX_CLIENTS), 0 },
      { FAIL, COUNTER(MAX_CLIENTS), 0 },
      "one more connection would make it worse" },
    { SHS_CONN_BUSY,
      { FAIL, COUNTER(POOL_FULL), SERVER_OK },
      { FAIL, COUNTER(POOL_FULL), SERVER_OK },
      "the pool is too small, not the server" },
};

START_TEST(retry_action_decide__follows_the_status_of_the_connection)
{
    shs_pipeline_reply_t reply = { 0 };
    const char *why = statuses[_i].why;
    shs_retry_t retry;

    shs_retry_action_decide(&retry, statuses[_i].status, &reply, 0, "given", p);
    check(&retry, statuses[_i].is_new, why);
    check_reason(&retry, "given", why);
    shs_retry_action_decide(&retry, statuses[_i].status, &reply, 1, "given", p);
    check(&retry, statuses[_i].is_pooled, why);
    check_reason(&retry, "given", why);
}
END_TEST

/* What the server said before it closed the connection. */
static const struct {
    const char *error;
    int is_pooled;
    decision_t wanted;
    const char *reason;
    const char *why;
} closings[] = {
    { "ERR max number of clients reached",
      1,
      { FAIL, COUNTER(MAX_CLIENTS), 0 },
      "maxclients",
      "a second connection would not be accepted either" },
    { "ERR x",
      1,
      { FAIL, COUNTER(OTHER_ERRORS), 0 },
      "it replies",
      "the error says more than the close" },
    { "ERR x",
      0,
      { FAIL, COUNTER(OTHER_ERRORS), 0 },
      "it replies",
      "likewise on a new connection" },
};

START_TEST(retry_action_decide__prefers_the_error_before_a_close)
{
    shs_reply_t error = error_of(closings[_i].error);
    shs_pipeline_reply_t reply = { 0 };
    shs_retry_t retry;

    reply.error = &error;
    shs_retry_action_decide(&retry, SHS_CONN_DEAD, &reply,
                            closings[_i].is_pooled, "given", p);
    check(&retry, closings[_i].wanted, closings[_i].why);
    check_reason(&retry, closings[_i].reason, closings[_i].why);
}
END_TEST

/* A session that is too large was read before the error. */
START_TEST(retry_action_decide__accepts_a_large_session_despite_an_error)
{
    static const decision_t accepted = { ACCEPT, NO_COUNTER, SERVER_OK };
    shs_reply_t error = error_of("ERR x");
    shs_pipeline_reply_t reply = { 0 };
    shs_retry_t retry;

    reply.error = &error;
    shs_retry_action_decide(&retry, SHS_CONN_TOO_LARGE, &reply, 1, "given", p);
    check(&retry, accepted, "too large");
    ck_assert_str_eq(retry.reason, "given");
}
END_TEST

/* ------------------------------------------------- an attempt with a reply */

START_TEST(retry_action_decide__accepts_a_reply_without_an_error)
{
    static const decision_t accepted = { ACCEPT, NO_COUNTER,
                                         SERVER_OK | CONN_GOOD };
    shs_pipeline_reply_t reply = { 0 };
    shs_retry_t retry;

    shs_retry_action_decide(&retry, SHS_CONN_OK, &reply, _i, NULL, p);
    check(&retry, accepted, "no error");
}
END_TEST

/* By error reply: over a new connection, and over one from the pool. */
static const struct {
    const char *error;
    decision_t is_new;
    decision_t is_pooled;
    const char *reason; /* has this part */
    const char *why;
} errors[] = {
    { "WRONGTYPE x",
      { ACCEPT, NO_COUNTER, SERVER_OK | CONN_GOOD },
      { ACCEPT, NO_COUNTER, SERVER_OK | CONN_GOOD },
      "WRONGTYPE",
      "it is about the key" },
    { "MOVED 1 h:1",
      { REDIRECT, NO_COUNTER, SERVER_OK | CONN_GOOD },
      { REDIRECT, NO_COUNTER, SERVER_OK | CONN_GOOD },
      "redirects",
      "another member serves the slot" },
    { "ASK 1 h:1",
      { REDIRECT, NO_COUNTER, SERVER_OK | CONN_GOOD },
      { REDIRECT, NO_COUNTER, SERVER_OK | CONN_GOOD },
      "redirects",
      "the key has moved already" },
    { "LOADING x",
      { WAIT, COUNTER(NOT_READY), CONN_GOOD },
      { WAIT, COUNTER(NOT_READY), CONN_GOOD },
      "LOADING",
      "it reads its data from disk" },
    { "MASTERDOWN x",
      { WAIT, COUNTER(NOT_READY), CONN_GOOD },
      { WAIT, COUNTER(NOT_READY), CONN_GOOD },
      "MASTERDOWN",
      "a replica without a link to its master" },
    { "CLUSTERDOWN x",
      { WAIT, COUNTER(NOT_READY), CONN_GOOD },
      { WAIT, COUNTER(NOT_READY), CONN_GOOD },
      "CLUSTERDOWN",
      "an election may be under way" },
    { "TRYAGAIN x",
      { WAIT, COUNTER(NOT_READY), CONN_GOOD },
      { WAIT, COUNTER(NOT_READY), CONN_GOOD },
      "TRYAGAIN",
      "the keys of a script are on two members" },
    { "READONLY x",
      { REFRESH, COUNTER(READ_ONLY), 0 },
      { REFRESH, COUNTER(READ_ONLY), 0 },
      "READONLY",
      "it has become a replica" },
    { "NOAUTH x",
      { FAIL, COUNTER(REFUSED), REFUSAL | SERVER_OK },
      { RECONNECT, COUNTER(REFUSED), REFUSAL | SERVER_OK },
      "NOAUTH",
      "a pooled connection may have lost its login" },
    { "WRONGPASS x",
      { FAIL, COUNTER(REFUSED), REFUSAL | SERVER_OK | CONN_GOOD },
      { FAIL, COUNTER(REFUSED), REFUSAL | SERVER_OK | CONN_GOOD },
      "WRONGPASS",
      "a new login would be refused as well" },
    { "NOPERM x",
      { FAIL, COUNTER(REFUSED), REFUSAL | SERVER_OK | CONN_GOOD },
      { FAIL, COUNTER(REFUSED), REFUSAL | SERVER_OK | CONN_GOOD },
      "NOPERM",
      "the user lacks a permission" },
    { "ERR The user executing the script can't run this command or subcommand",
      { FAIL, COUNTER(REFUSED), REFUSAL | SERVER_OK | CONN_GOOD },
      { FAIL, COUNTER(REFUSED), REFUSAL | SERVER_OK | CONN_GOOD },
      "NOPERM",
      "likewise in a script" },
    { "OOM x",
      { FAIL, COUNTER(OUT_OF_MEMORY), CONN_GOOD },
      { FAIL, COUNTER(OUT_OF_MEMORY), CONN_GOOD },
      "OOM",
      "it accepts no more data" },
    { "NOREPLICAS x",
      { FAIL, COUNTER(NO_REPLICAS), CONN_GOOD },
      { FAIL, COUNTER(NO_REPLICAS), CONN_GOOD },
      "NOREPLICAS",
      "it lacks replicas for a write" },
    { "MISCONF x",
      { FAIL, COUNTER(MISCONF), CONN_GOOD },
      { FAIL, COUNTER(MISCONF), CONN_GOOD },
      "MISCONF",
      "it cannot save to its disk" },
    { "ERR x",
      { FAIL, COUNTER(OTHER_ERRORS), CONN_GOOD },
      { FAIL, COUNTER(OTHER_ERRORS), CONN_GOOD },
      "it replies",
      "any other error" },
    { "LOADINGS x",
      { FAIL, COUNTER(OTHER_ERRORS), CONN_GOOD },
      { FAIL, COUNTER(OTHER_ERRORS), CONN_GOOD },
      "it replies",
      "a code is a whole word" },
};

START_TEST(retry_action_decide__follows_the_code_of_an_error_reply)
{
    shs_reply_t error = error_of(errors[_i].error);
    shs_pipeline_reply_t reply = { 0 };
    shs_retry_t retry;

    reply.error = &error;
    shs_retry_action_decide(&retry, SHS_CONN_OK, &reply, 0, NULL, p);
    check(&retry, errors[_i].is_new, errors[_i].why);
    check_reason(&retry, errors[_i].reason, errors[_i].why);
    shs_retry_action_decide(&retry, SHS_CONN_OK, &reply, 1, NULL, p);
    check(&retry, errors[_i].is_pooled, errors[_i].why);
    check_reason(&retry, errors[_i].reason, errors[_i].why);
}
END_TEST

/* Without an error, with one, and with one that would be accepted. */
static const char *const before_demotion[] = { NULL, "LOADING x",
                                               "WRONGTYPE x" };

START_TEST(retry_action_decide__rejects_every_reply_of_a_demoted_master)
{
    static const decision_t rejected = { REFRESH, COUNTER(NOT_READY), 0 };
    shs_reply_t error =
        error_of(before_demotion[_i] ? before_demotion[_i] : "");
    shs_pipeline_reply_t reply = { 0 };
    shs_retry_t retry;

    reply.is_demoted = 1;
    reply.error = before_demotion[_i] ? &error : NULL;
    shs_retry_action_decide(&retry, SHS_CONN_OK, &reply, 1, NULL, p);
    check(&retry, rejected, "demoted");
    check_reason(&retry, "no longer the master", "demoted");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, retry_action_decide__follows_the_status_of_the_connection, 0,
        ROWS(statuses));
    tcase_add_loop_test(tc,
                        retry_action_decide__prefers_the_error_before_a_close,
                        0, ROWS(closings));
    tcase_add_test(
        tc, retry_action_decide__accepts_a_large_session_despite_an_error);
    tcase_add_loop_test(
        tc, retry_action_decide__accepts_a_reply_without_an_error, 0, 2);
    tcase_add_loop_test(tc,
                        retry_action_decide__follows_the_code_of_an_error_reply,
                        0, ROWS(errors));
    tcase_add_loop_test(
        tc, retry_action_decide__rejects_every_reply_of_a_demoted_master, 0,
        ROWS(before_demotion));
}

int main(void)
{
    return unit_main("retry_action", add);
}
