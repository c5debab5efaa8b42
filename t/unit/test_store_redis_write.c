/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes of store_redis. The server tests run the scripts on a real Redis. Here
 * REMOVE stands for all of them: the tests look at which server got it, how
 * often, and what the reply came to.
 */
#include "redis/store_redis.h"
#include "redis/command/pipeline/script.h"

#include "stage.h"
#include "unit.h"

#define DONE        SHS_WROTE_DONE
#define UNAVAILABLE SHS_WROTE_UNAVAILABLE

static shs_write_t write_of(const char *key)
{
    shs_write_t write;

    memset(&write, 0, sizeof(write));
    write.kind = SHS_WRITE_REMOVE;
    write.at.key = unit_text(key);
    write.at.max_octets = 5; /* a script's reply has none */
    write.rotated = OCTETS("MARK");
    return write;
}

static shs_wrote_t remove_key(const rig_t *rig, const char *key, int ms)
{
    shs_write_t write = write_of(key);

    return rig_write(rig, &write, ms);
}

/* The same, however late a busy machine makes its end. */
static shs_wrote_t remove_key_untimed(const rig_t *rig, const char *key, int ms)
{
    shs_write_t write = write_of(key);

    return rig_write_untimed(rig, &write, ms);
}

/* Time for a first reply on a busy machine. */
static int reply_ms(void)
{
    return 1000 + unit_slack_ms();
}

#define ck_done(rig, key)                                                   \
    do {                                                                    \
        shs_wrote_t wrote_ = remove_key((rig), (key), 10000);               \
        ck_assert_msg(wrote_ == DONE, "%d: %s", wrote_, rig_result.reason); \
    } while (0)

/* EVAL as the transcript has it. */
static const char *eval(const char *key)
{
    shs_write_t write = write_of(key);
    const char *command = shs_script_build(&write, p).data;
    const char *script = strchr(strstr(command, "EVAL\r\n$") + 7, '\n') + 1;
    const char *end = strstr(script, "\r\n$");

    return apr_psprintf(p, "EVAL %.*s 1 %s 0 MARK", (int)(end - script), script,
                        key);
}

#define SEEN(...) apr_pstrcat(p, __VA_ARGS__, NULL)

START_TEST(store_redis_write__is_one_command_on_a_pooled_connection)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "", NULL);

    ck_done(rig, "s:k");
    ck_done(rig, "s:l");
    ck_assert_str_eq(actor_transcript(one),
                     SEEN(eval("s:k"), "|", eval("s:l"), "|"));
    ck_assert_int_eq(actor_accepted(one), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_CONFLICTS), 0);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    actor_stop(one);
}
END_TEST

START_TEST(store_redis_load__counts_no_writes)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "", NULL);

    ck_assert_int_eq(rig_load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 0);
    actor_stop(one);
}
END_TEST

/* ------------------------------------------------------- a dead connection */

START_TEST(store_redis_write__retries_once_after_a_dead_connection)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "", NULL);

    ck_done(rig, "s:k");
    actor_replies_once(one, "EVAL", actor_close);
    ck_done(rig, "s:l");
    ck_assert_str_eq(actor_transcript(one), SEEN(eval("s:k"), "|", eval("s:l"),
                                                 "|", eval("s:l"), "|"));
    ck_assert_int_eq(actor_accepted(one), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_RETRIES), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    actor_stop(one);
}
END_TEST

START_TEST(store_redis_write__does_not_retry_twice)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=off", NULL);

    ck_done(rig, "s:k");
    actor_replies(one, "EVAL", actor_close);
    ck_assert_int_eq(remove_key(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_received(one, eval("s:l")), 2);
    /* A new connection that dies is not retried at all. */
    ck_assert_int_eq(remove_key(rig, "s:m", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_received(one, eval("s:m")), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNREACHABLE), 2);
    actor_stop(one);
}
END_TEST

START_TEST(store_redis_write__does_not_retry_with_retry_0)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "retry=0 breaker=off", NULL);

    ck_done(rig, "s:k");
    actor_replies_once(one, "EVAL", actor_close);
    ck_assert_int_eq(remove_key(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_received(one, eval("s:l")), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_RETRIES), 0);
    actor_stop(one);
}
END_TEST

/* ------------------------------------------------------------- the table */

#define NO_CAUSE SHS_COUNTER_COUNT

static const struct {
    const char *reply;
    shs_wrote_t wrote;
    shs_counter_t cause; /* of UNAVAILABLE */
    int is_refusal;
    int may_stay_open; /* the connection */
    const char *why;
} replies[] = {
    { ":1\r\n", DONE, NO_CAUSE, 0, 1, "done" },
    { ":0\r\n", SHS_WROTE_GONE, NO_CAUSE, 0, 1, "there is no such session" },
    { ":-1\r\n", SHS_WROTE_CONFLICT, NO_CAUSE, 0, 1, "another was faster" },
    { ":-2\r\n", SHS_WROTE_TOO_LARGE, NO_CAUSE, 0, 1, "it would be too large" },
    { "-WRONGTYPE SECRET\r\n", SHS_WROTE_MALFORMED, NO_CAUSE, 0, 1,
      "it is about the key" },
    { "-OOM SECRET\r\n", UNAVAILABLE, SHS_COUNTER_OUT_OF_MEMORY, 0, 1,
      "it has no memory left" },
    { "-NOPERM SECRET\r\n", UNAVAILABLE, SHS_COUNTER_REFUSED, 1, 1,
      "the user may not EVAL" },
    { "-NOAUTH SECRET\r\n", UNAVAILABLE, SHS_COUNTER_REFUSED, 1, 0,
      "it wants a password" },
    { "-NOREPLICAS SECRET\r\n", UNAVAILABLE, SHS_COUNTER_NO_REPLICAS, 0, 1,
      "too few replicas to write" },
    { "-MISCONF SECRET\r\n", UNAVAILABLE, SHS_COUNTER_MISCONF, 0, 1,
      "it cannot save to its disk" },
    { "-ERR The user executing the script can't run this command or subcommand"
      "\r\n",
      UNAVAILABLE, SHS_COUNTER_REFUSED, 1, 1,
      "the user may EVAL, and not what it calls" },
    { "-ERR unknown command 'EVAL', with args beginning with: 'SECRET'\r\n",
      UNAVAILABLE, SHS_COUNTER_OTHER_ERRORS, 0, 1, "it has no EVAL" },
    { "-ERR SECRET\r\n", UNAVAILABLE, SHS_COUNTER_OTHER_ERRORS, 0, 1,
      "anything else" },
    { "-READONLY SECRET\r\n", UNAVAILABLE, SHS_COUNTER_READ_ONLY, 0, 0,
      "a single server that is a replica" },
    { "-MOVED 1 SECRET:1\r\n", UNAVAILABLE, SHS_COUNTER_OTHER_ERRORS, 0, 1,
      "the URL names no cluster" },
    { ":2\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0,
      "no script gives that: out of step" },
    { ":-3\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0, "nor that" },
    { ":5000\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0, "a PTTL's" },
    { "+OK\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0, "a status" },
    { "$-1\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0, "a GET's" },
    { "$5\r\nSECRE\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0,
      "a session" },
    { "$6\r\nSECRET\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0,
      "one that is too large" },
    { "*2\r\n:1\r\n:1\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0,
      "a longer list than may come" },
    { "*1\r\n:1\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0, "a list" },
    { ":1\r\n:1\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0,
      "two replies to one command" },
    { "SECRET\r\n", UNAVAILABLE, SHS_COUNTER_UNREACHABLE, 0, 0, "no Redis" },
};

START_TEST(store_redis_write__distinguishes_replies)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=off", NULL);
    int is_conflict = replies[_i].wrote == SHS_WROTE_CONFLICT;
    int is_unavailable = replies[_i].wrote == UNAVAILABLE;

    actor_replies(one, "EVAL", replies[_i].reply);
    ck_assert_msg(remove_key(rig, "s:k", 5000) == replies[_i].wrote, "%s: %s",
                  replies[_i].why, rig_result.reason);
    ck_assert_msg(rig_result.is_refusal == replies[_i].is_refusal, "%s",
                  replies[_i].why);
    ck_assert_msg((rig_result.reason == NULL) == (replies[_i].wrote == DONE),
                  "%s", replies[_i].why);
    ck_assert(!rig_result.reason || !strstr(rig_result.reason, "SECRE"));
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_CONFLICTS), is_conflict);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE),
                      is_unavailable);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES_FAILED),
                      is_unavailable);
    ck_assert_msg(!is_unavailable || rig_counter(rig, replies[_i].cause) == 1,
                  "%s", replies[_i].why);
    ck_assert_msg(actor_received(one, "EVAL") == 1, "%s", replies[_i].why);
    actor_replies(one, "EVAL", NULL);
    ck_done(rig, "s:l");
    ck_assert_msg(actor_accepted(one) == (replies[_i].may_stay_open ? 1 : 2),
                  "%s", replies[_i].why);
    actor_stop(one);
}
END_TEST

static const char *const not_ready[] = { "-LOADING x\r\n", "-MASTERDOWN x\r\n",
                                         "-CLUSTERDOWN x\r\n",
                                         "-TRYAGAIN x\r\n" };

START_TEST(store_redis_write__waits_for_a_server_that_is_not_ready)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "", NULL);

    actor_replies_once(one, "EVAL", not_ready[_i]);
    actor_replies_once(one, "EVAL", not_ready[_i]);
    ck_done(rig, "s:k");
    ck_assert_int_eq(actor_received(one, "EVAL"), 3);
    ck_assert_int_eq(actor_accepted(one), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 1);
    actor_stop(one);
}
END_TEST

static const struct {
    const char *command;
    const char *reply;
    const char *why;
} slow[] = {
    { "AUTH", actor_stall, "does not reply to the handshake" },
    { "EVAL", actor_stall, "does not reply" },
    { "EVAL", ":1", "sends half a reply" },
    { "EVAL", "-LOADING x\r\n", "is never ready" },
};

START_TEST(store_redis_write__keeps_the_deadline)
{
    actor_t *one = actor_start("a");
    rig_t *rig =
        rig_create(apr_psprintf(p, "redis://:pw@127.0.0.1:%d", actor_port(one)),
                   "breaker=off", NULL);

    actor_replies(one, slow[_i].command, slow[_i].reply);
    ck_assert_msg(remove_key(rig, "s:k", 100) == UNAVAILABLE, "%s",
                  slow[_i].why);
    actor_replies(one, slow[_i].command, NULL);
    ck_done(rig, "s:l");
    actor_stop(one);
}
END_TEST

/* ------------------------------------------------------------ the breaker */

/* A server that accepts no writes can still be read from: it is full, its user
 * may not EVAL, it is a replica, or it has too few replicas. */
static const char *const refusing[] = {
    "-OOM x\r\n",      "-NOPERM x\r\n",  "-NOREPLICAS x\r\n", "-ERR x\r\n",
    "-READONLY x\r\n", "-LOADING x\r\n", "-WRONGTYPE x\r\n",  ":-1\r\n",
};

START_TEST(store_redis_write__does_not_open_the_breaker_for_an_error)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=2/1h", NULL);
    /* After LOADING it is sent again until the deadline. */
    int ms = strstr(refusing[_i], "LOADING") ? reply_ms() : 5000;
    int i;

    actor_replies(one, "EVAL", refusing[_i]);
    for (i = 0; i < 3; i++) {
        ck_assert_int_ne(remove_key_untimed(rig, "s:k", ms), DONE);
        ck_assert_int_ne(rig_result.transition, SHS_TRANSITION_DOWN);
    }
    ck_breaker(rig, "closed");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_OUTAGES), 0);
    ck_assert_int_eq(rig_load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    actor_stop(one);
}
END_TEST

/* Less time may be left for the last attempt than a reply takes. */
START_TEST(store_redis_write__an_error_before_silence_opens_no_breaker)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=2/1h", NULL);
    int i;

    actor_replies(one, "EVAL", actor_stall);
    for (i = 0; i < 3; i++) {
        actor_replies_once(one, "EVAL", "-CLUSTERDOWN x\r\n");
        ck_assert_int_eq(remove_key_untimed(rig, "s:k", reply_ms()),
                         UNAVAILABLE);
        ck_assert_int_eq(rig_result.transition, i == 0
                                                    ? SHS_TRANSITION_UNWRITABLE
                                                    : SHS_TRANSITION_NONE);
        ck_assert_int_eq(actor_received(one, "EVAL"), 2 * (i + 1));
    }
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 3);
    ck_breaker(rig, "closed");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_OUTAGES), 0);
    ck_assert_int_eq(rig_load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    actor_stop(one);
}
END_TEST

/* --------------------------------------- what the breaker does not report */

static const struct {
    const char *reply;
    const char *words;
} unwritable[] = {
    { "-OOM command not allowed when used memory > 'maxmemory'.\r\n", "OOM" },
    { "-NOREPLICAS Not enough good replicas to write.\r\n", "NOREPLICAS" },
    { "-MISCONF Redis is configured to save RDB snapshots, but\r\n",
      "MISCONF" },
    { "-READONLY You can't write against a read only replica.\r\n",
      "READONLY" },
    { "-ERR unknown command 'EVAL', with args beginning with: 'x'\r\n",
      "unknown command 'EVAL'" },
};

START_TEST(store_redis_write__reports_failing_writes_once_a_minute)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=2/1h", NULL);
    rig_t *sibling = rig_on_server(one, "", rig);
    int i;

    actor_replies(one, "EVAL", unwritable[_i].reply);
    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(remove_key(i % 2 ? sibling : rig, "s:k", 5000),
                         UNAVAILABLE);
        ck_assert_int_eq(rig_result.transition, i == 0
                                                    ? SHS_TRANSITION_UNWRITABLE
                                                    : SHS_TRANSITION_NONE);
        ck_assert_msg(
            i > 0 || strstr(rig_result.transition_reason, unwritable[_i].words),
            "%s", rig_result.transition_reason);
    }
    ck_assert_int_eq(rig_load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
    actor_stop(one);
}
END_TEST

/* ... and once that they work again. REMOVE proves nothing: a server without
 * memory still deletes sessions. */
START_TEST(store_redis_write__reports_that_writes_work_again)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "", NULL);
    shs_write_t write = write_of("s:k");
    int i;

    actor_replies_once(one, "EVAL", unwritable[0].reply);
    ck_assert_int_eq(remove_key(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_UNWRITABLE);
    ck_done(rig, "s:k");
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
    write.kind = SHS_WRITE_CREATE;
    write.ttl = APR_USEC_PER_SEC;
    write.edit.string = unit_text("v");
    for (i = 0; i < 3; i++) {
        ck_assert_int_eq(rig_write(rig, &write, 5000), DONE);
        ck_assert_int_eq(rig_result.transition, i == 0 ? SHS_TRANSITION_WRITABLE
                                                       : SHS_TRANSITION_NONE);
    }
    actor_stop(one);
}
END_TEST

/* Good reads keep the breaker closed, so the breaker does not report the writes
 * that fail. */
START_TEST(store_redis_write__reports_writes_without_a_reply_between_good_reads)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=5/1h retry=0", NULL);
    int reports = 0;
    int i;

    ck_done(rig, "s:k");
    actor_replies(one, "EVAL", actor_close);
    for (i = 1; i <= 8; i++) {
        ck_assert_int_eq(remove_key(rig, "s:k", 5000), UNAVAILABLE);
        reports += rig_result.transition == SHS_TRANSITION_UNWRITABLE;
        ck_assert_int_eq(reports, i >= 5);
        ck_assert_int_eq(rig_load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
        ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
    }
    actor_stop(one);
}
END_TEST

START_TEST(store_redis_load__reports_loads_without_a_reply_between_good_ones)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=5/1h retry=0", NULL);
    int reports = 0;
    int i;

    ck_assert_int_eq(rig_load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    actor_replies(one, "GET s:l", actor_close);
    for (i = 1; i <= 8; i++) {
        ck_assert_int_eq(rig_load(rig, "s:l", 5000), SHS_OUTCOME_UNAVAILABLE);
        reports += rig_result.transition == SHS_TRANSITION_DEGRADED;
        ck_assert_int_eq(reports, i >= 5);
        ck_assert_int_eq(rig_load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    }
    actor_stop(one);
}
END_TEST

/* An outage has its own line. */
START_TEST(store_redis_write__reports_an_outage_once)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=5/1ms retry=0", NULL);
    apr_time_t until = unit_in_ms(10000);
    int i;

    ck_done(rig, "s:k");
    actor_replies(one, "EVAL", actor_close);
    actor_replies(one, "GET", actor_close);
    actor_replies(one, "STRLEN", actor_close);
    for (i = 1; rig_counter(rig, SHS_COUNTER_UNREACHABLE) < 20; i++) {
        ck_assert_int_lt(shs_clock_now(), until);
        ck_assert_int_eq(i % 2 ? (int)remove_key(rig, "s:k", 5000)
                               : (int)rig_load(rig, "s:k", 5000),
                         i % 2 ? (int)UNAVAILABLE
                               : (int)SHS_OUTCOME_UNAVAILABLE);
        ck_assert_int_eq(rig_result.transition,
                         i == 5 ? SHS_TRANSITION_DOWN : SHS_TRANSITION_NONE);
    }
    actor_stop(one);
}
END_TEST

START_TEST(store_redis_write__opens_the_breaker_without_a_reply)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=2/1h retry=0", NULL);

    ck_done(rig, "s:k");
    actor_replies(one, "EVAL", actor_close);
    ck_assert_int_eq(remove_key(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_NONE);
    ck_assert_int_eq(remove_key(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_DOWN);
    ck_assert_ptr_nonnull(rig_result.transition_reason);
    ck_breaker(rig, "open");
    ck_assert_int_eq(remove_key(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_received(one, eval("s:l")), 0);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 4);
    actor_stop(one);
}
END_TEST

START_TEST(store_redis_write__closes_the_breaker_with_a_reply)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=1/10ms retry=0", NULL);
    apr_time_t until = unit_in_ms(10000);

    actor_replies_once(one, "EVAL", actor_close);
    ck_assert_int_eq(remove_key(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_DOWN);
    while (remove_key(rig, "s:l", 5000) != DONE) {
        ck_assert_int_lt(shs_clock_now(), until);
    }
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_UP);
    ck_breaker(rig, "closed");
    actor_stop(one);
}
END_TEST

START_TEST(store_redis_write__reports_a_refusal_once_a_minute)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on_server(one, "breaker=2/1h", NULL);
    int i;

    actor_replies(one, "EVAL", "-NOPERM x\r\n");
    for (i = 0; i < 3; i++) {
        ck_assert_int_eq(remove_key(rig, "s:k", 5000), UNAVAILABLE);
        ck_assert(rig_result.is_refusal);
        ck_assert_int_eq(rig_result.transition,
                         i == 0 ? SHS_TRANSITION_REFUSED : SHS_TRANSITION_NONE);
    }
    actor_stop(one);
}
END_TEST

/* -------------------------------------------------------------- a cluster */

static rig_t *start_cluster(const char *options)
{
    stage_start_cluster();
    return rig_on_cluster(a, options, NULL);
}

START_TEST(store_redis_write__goes_to_the_master_of_the_slot)
{
    rig_t *rig = start_cluster("");

    ck_done(rig, "{a}1");
    ck_done(rig, "{b}1");
    ck_assert_int_eq(actor_received(a, eval("{a}1")), 1);
    ck_assert_str_eq(actor_transcript(b), SEEN(eval("{b}1"), "|"));
    stage_stop_cluster();
}
END_TEST

START_TEST(store_redis_write__follows_moved_and_remembers_it)
{
    rig_t *rig = start_cluster("");

    actor_replies(a, "EVAL", actor_redirect_error("MOVED", slot_of_a, b));
    ck_done(rig, "{a}1");
    stage_set_slots(b, b);
    ck_done(rig, "{a}2");
    ck_assert_int_eq(actor_received(a, "EVAL"), 1);
    ck_assert_str_eq(actor_transcript(b),
                     SEEN(eval("{a}1"), "|", eval("{a}2"), "|"));
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_REDIRECTIONS), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 2);
    stage_stop_cluster();
}
END_TEST

/* An error reply of the old member does not excuse the silence of the new one.
 */
START_TEST(store_redis_write__silence_of_another_member_opens_the_breaker)
{
    rig_t *rig = start_cluster("breaker=1/1h");

    ck_done(rig, "{a}1");
    ck_done(rig, "{b}1");
    actor_replies(a, "EVAL", "-CLUSTERDOWN x\r\n");
    actor_replies(b, "EVAL", actor_stall);
    stage_set_slots(b, b);
    ck_assert_int_eq(remove_key_untimed(rig, "{a}2", 2 * reply_ms()),
                     UNAVAILABLE);
    ck_assert_int_eq(actor_received(b, "EVAL"), 2);
    ck_assert_int_eq(rig_result.transition, SHS_TRANSITION_DOWN);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_TIMEOUTS), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 0);
    stage_stop_cluster();
}
END_TEST

START_TEST(store_redis_write__follows_ask_and_does_not_remember_it)
{
    rig_t *rig = start_cluster("");

    actor_replies_once(a, "EVAL", actor_redirect_error("ASK", slot_of_a, b));
    ck_done(rig, "{a}1");
    ck_assert_str_eq(actor_transcript(b), SEEN("ASKING|", eval("{a}1"), "|"));
    ck_done(rig, "{a}2");
    ck_assert_int_eq(actor_received(a, eval("{a}2")), 1);
    ck_assert_int_eq(actor_received(b, "EVAL"), 1);
    stage_stop_cluster();
}
END_TEST

START_TEST(store_redis_write__follows_no_more_than_five_redirections)
{
    rig_t *rig = start_cluster("breaker=off");

    actor_replies(a, "EVAL", actor_redirect_error("ASK", slot_of_a, b));
    actor_replies(b, "EVAL", actor_redirect_error("ASK", slot_of_a, a));
    ck_assert_int_eq(remove_key(rig, "{a}1", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_received(a, "EVAL") + actor_received(b, "EVAL"), 6);
    stage_stop_cluster();
}
END_TEST

/* A session may be read from a replica, but is never written to one. */
START_TEST(store_redis_write__never_goes_to_a_replica_of_a_cluster)
{
    rig_t *rig =
        start_cluster("retry=0 read-from=replica-on-failure breaker=off");

    actor_replies(a, "EVAL", _i ? actor_stall : actor_close);
    actor_replies(a, "GET", actor_close);
    ck_assert_int_eq(remove_key(rig, "{a}1", 300), UNAVAILABLE);
    ck_assert_int_eq(actor_received(r, "EVAL"), 0);
    ck_assert_int_eq(rig_load(rig, "{a}1", 5000), SHS_OUTCOME_FOUND);
    ck_octets_eq(rig_result.record.string, OCTETS("r {a}1"),
                 "it could be read");
    stage_stop_cluster();
}
END_TEST

/* Nor while the circuit breaker blocks the master. */
START_TEST(store_redis_write__goes_to_no_replica_while_the_breaker_is_open)
{
    rig_t *rig =
        start_cluster("retry=0 read-from=replica-on-failure breaker=1/1h");

    actor_replies(a, "EVAL", actor_close);
    ck_assert_int_eq(remove_key(rig, "{a}1", 5000), UNAVAILABLE);
    ck_assert_int_eq(remove_key(rig, "{a}2", 5000), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 1);
    ck_assert_int_eq(actor_received(r, "EVAL"), 0);
    ck_assert_int_eq(actor_received(a, eval("{a}2")), 0);
    stage_stop_cluster();
}
END_TEST

/* ------------------------------------------------------------- a Sentinel */

static rig_t *start_sentinel(const char *options)
{
    stage_start_sentinel();
    return rig_on_sentinel(s, options, NULL);
}

START_TEST(store_redis_write__sends_role_after_the_write)
{
    rig_t *rig = start_sentinel("");

    ck_done(rig, "k");
    ck_done(rig, "l");
    ck_assert_str_eq(actor_transcript(x),
                     SEEN("ROLE|", eval("k"), "|ROLE|", eval("l"), "|ROLE|"));
    ck_assert_int_eq(actor_accepted(x), 1);
    stage_stop_sentinel();
}
END_TEST

/* How a demoted master replies. */
static const struct {
    const char *command;
    const char *reply;
    const char *why;
} demoted[] = {
    { "EVAL", "-READONLY x\r\n", "it accepts no writes" },
    { "ROLE", ACTOR_SLAVE, "its ROLE is slave: its write is lost" },
    { "EVAL", actor_close, "it closes the connection" },
};

START_TEST(store_redis_write__finds_the_new_master_in_the_same_command)
{
    rig_t *rig = start_sentinel("");

    ck_done(rig, "k");
    actor_replies(x, demoted[_i].command, demoted[_i].reply);
    stage_fail_over();
    ck_done(rig, "l");
    ck_assert_msg(actor_received(y, eval("l")) == 1, "%s", demoted[_i].why);
    ck_done(rig, "m");
    ck_assert_msg(actor_received(x, eval("m")) == 0, "%s", demoted[_i].why);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 3);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    stage_stop_sentinel();
}
END_TEST

START_TEST(store_redis_write__rejects_the_reply_of_a_demoted_master)
{
    rig_t *rig = start_sentinel("breaker=off");

    ck_done(rig, "k");
    actor_replies(x, "ROLE", ACTOR_SLAVE);
    ck_assert_int_eq(remove_key(rig, "l", 500), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    stage_stop_sentinel();
}
END_TEST

START_TEST(store_redis_write__never_goes_to_a_replica_behind_sentinels)
{
    rig_t *rig =
        start_sentinel("retry=0 read-from=replica-on-failure breaker=off");

    actor_replies(y, "ROLE", ACTOR_SLAVE);
    actor_set_replica(s, y);
    actor_replies(x, "EVAL", actor_close);
    ck_assert_int_eq(remove_key(rig, "k", 500), UNAVAILABLE);
    ck_assert_int_eq(actor_received(y, "EVAL"), 0);
    stage_stop_sentinel();
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc,
                   store_redis_write__is_one_command_on_a_pooled_connection);
    tcase_add_test(tc, store_redis_load__counts_no_writes);
    tcase_add_test(tc, store_redis_write__retries_once_after_a_dead_connection);
    tcase_add_test(tc, store_redis_write__does_not_retry_twice);
    tcase_add_test(tc, store_redis_write__does_not_retry_with_retry_0);
    tcase_add_loop_test(tc, store_redis_write__distinguishes_replies, 0,
                        ROWS(replies));
    tcase_add_loop_test(tc,
                        store_redis_write__waits_for_a_server_that_is_not_ready,
                        0, ROWS(not_ready));
    tcase_add_loop_test(tc, store_redis_write__keeps_the_deadline, 0,
                        ROWS(slow));
    tcase_add_loop_test(
        tc, store_redis_write__does_not_open_the_breaker_for_an_error, 0,
        ROWS(refusing));
    tcase_add_test(tc,
                   store_redis_write__an_error_before_silence_opens_no_breaker);
    tcase_add_loop_test(tc,
                        store_redis_write__reports_failing_writes_once_a_minute,
                        0, ROWS(unwritable));
    tcase_add_test(tc, store_redis_write__reports_that_writes_work_again);
    tcase_add_test(
        tc,
        store_redis_write__reports_writes_without_a_reply_between_good_reads);
    tcase_add_test(
        tc, store_redis_load__reports_loads_without_a_reply_between_good_ones);
    tcase_add_test(tc, store_redis_write__reports_an_outage_once);
    tcase_add_test(tc, store_redis_write__opens_the_breaker_without_a_reply);
    tcase_add_test(tc, store_redis_write__closes_the_breaker_with_a_reply);
    tcase_add_test(tc, store_redis_write__reports_a_refusal_once_a_minute);
    tcase_add_test(tc, store_redis_write__goes_to_the_master_of_the_slot);
    tcase_add_test(
        tc, store_redis_write__silence_of_another_member_opens_the_breaker);
    tcase_add_test(tc, store_redis_write__follows_moved_and_remembers_it);
    tcase_add_test(tc, store_redis_write__follows_ask_and_does_not_remember_it);
    tcase_add_test(tc,
                   store_redis_write__follows_no_more_than_five_redirections);
    tcase_add_loop_test(
        tc, store_redis_write__never_goes_to_a_replica_of_a_cluster, 0, 2);
    tcase_add_test(
        tc, store_redis_write__goes_to_no_replica_while_the_breaker_is_open);
    tcase_add_test(tc, store_redis_write__sends_role_after_the_write);
    tcase_add_loop_test(
        tc, store_redis_write__finds_the_new_master_in_the_same_command, 0,
        ROWS(demoted));
    tcase_add_test(tc,
                   store_redis_write__rejects_the_reply_of_a_demoted_master);
    tcase_add_test(tc,
                   store_redis_write__never_goes_to_a_replica_behind_sentinels);
}

int main(void)
{
    return unit_main("store_redis_write", add);
}
