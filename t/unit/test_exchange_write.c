/* SPDX-License-Identifier: Apache-2.0 *
 * exchange, where it writes. The scripts themselves run on a real Redis; here
 * one stands for all, REMOVE, and what counts is who was asked for it, how
 * often, and what the answer came to.
 */
#include "redis/exchange.h"
#include "redis/script.h"

#include "actor.h"
#include "redis/slot.h"
#include "rig.h"
#include "store/clock.h"
#include "unit.h"

#define DONE        SHS_WROTE_DONE
#define UNAVAILABLE SHS_WROTE_UNAVAILABLE

/* What the last write came to. */
static shs_answer_t got;
static apr_time_t took;

static shs_write_t write_of(const char *key)
{
    shs_write_t write;

    memset(&write, 0, sizeof(write));
    write.kind = SHS_WRITE_REMOVE;
    write.at.key = unit_text(key);
    write.at.max_octets = 5; /* a script's answer has none */
    write.rotated = OCTETS("MARK");
    return write;
}

static shs_wrote_t put_unmeasured(const rig_t *rig, const char *key, int ms)
{
    apr_time_t begun = shs_clock_now();
    shs_write_t write = write_of(key);
    shs_wrote_t wrote;

    write.at.deadline = begun + ms * (apr_time_t)1000;
    memset(&got, 0, sizeof(got));
    wrote = shs_exchange_write(&got, &rig->client, &write, p);
    took = shs_clock_now() - begun;
    ck_assert_msg(wrote == DONE || got.reason, "no reason");
    return wrote;
}

static shs_wrote_t put(const rig_t *rig, const char *key, int ms)
{
    shs_wrote_t wrote = put_unmeasured(rig, key, ms);

    ck_assert_msg(took <= (ms + unit_slack_ms()) * (apr_time_t)1000,
                  "%d of %d ms", (int)(took / 1000), ms);
    return wrote;
}

/* Time for a first answer on a busy machine, however late the last one is. */
static int answered_ms(void)
{
    return 1000 + unit_slack_ms();
}

#define ck_done(rig, key)                                            \
    do {                                                             \
        shs_wrote_t wrote_ = put((rig), (key), 10000);               \
        ck_assert_msg(wrote_ == DONE, "%d: %s", wrote_, got.reason); \
    } while (0)

static shs_outcome_t load(const rig_t *rig, const char *key, int ms)
{
    shs_query_t query = { unit_text(key), SHS_SHAPE_STRING, 65536,
                          rig_in_ms(ms) };

    memset(&got, 0, sizeof(got));
    return shs_exchange_run(&got, &rig->client, &query, p);
}

static rig_t *rig_on(const actor_t *actor, const char *options)
{
    return rig_create(
        apr_psprintf(p, "redis://127.0.0.1:%d", actor_port(actor)), options,
        NULL);
}

#define ck_breaker(rig, state)                                          \
    ck_assert_str_eq(                                                   \
        shs_breaker_describe(&(rig)->shared->breaker, shs_clock_now()), \
        (state))

/* How EVAL is seen. */
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

START_TEST(exchange_write__is_one_command_on_a_pooled_connection)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "");

    ck_done(rig, "s:k");
    ck_done(rig, "s:l");
    ck_assert_str_eq(actor_seen(one), SEEN(eval("s:k"), "|", eval("s:l"), "|"));
    ck_assert_int_eq(actor_accepted(one), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_CONFLICTS), 0);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    actor_stop(one);
}
END_TEST

START_TEST(exchange_run__counts_no_writes)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "");

    ck_assert_int_eq(load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 0);
    actor_stop(one);
}
END_TEST

/* ------------------------------------------------------- a dead connection */

START_TEST(exchange_write__writes_once_more_where_a_pooled_connection_died)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "");

    ck_done(rig, "s:k");
    actor_says_once(one, "EVAL", actor_close);
    ck_done(rig, "s:l");
    ck_assert_str_eq(actor_seen(one), SEEN(eval("s:k"), "|", eval("s:l"), "|",
                                           eval("s:l"), "|"));
    ck_assert_int_eq(actor_accepted(one), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_RETRIES), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 2);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    actor_stop(one);
}
END_TEST

START_TEST(exchange_write__writes_no_third_time)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "breaker=off");

    ck_done(rig, "s:k");
    actor_says(one, "EVAL", actor_close);
    ck_assert_int_eq(put(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(one, eval("s:l")), 2);
    /* Nor where the connection was dialled for it. */
    ck_assert_int_eq(put(rig, "s:m", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(one, eval("s:m")), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNREACHABLE), 2);
    actor_stop(one);
}
END_TEST

START_TEST(exchange_write__writes_once_where_retry_is_0)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "retry=0 breaker=off");

    ck_done(rig, "s:k");
    actor_says_once(one, "EVAL", actor_close);
    ck_assert_int_eq(put(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(one, eval("s:l")), 1);
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
      "the URL says that it is no cluster" },
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

START_TEST(exchange_write__tells_answers_apart)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "breaker=off");
    int is_conflict = replies[_i].wrote == SHS_WROTE_CONFLICT;
    int is_unavailable = replies[_i].wrote == UNAVAILABLE;

    actor_says(one, "EVAL", replies[_i].reply);
    ck_assert_msg(put(rig, "s:k", 5000) == replies[_i].wrote, "%s: %s",
                  replies[_i].why, got.reason);
    ck_assert_msg(got.is_refusal == replies[_i].is_refusal, "%s",
                  replies[_i].why);
    ck_assert_msg((got.reason == NULL) == (replies[_i].wrote == DONE), "%s",
                  replies[_i].why);
    ck_assert(!got.reason || !strstr(got.reason, "SECRE"));
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_CONFLICTS), is_conflict);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE),
                      is_unavailable);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES_FAILED),
                      is_unavailable);
    ck_assert_msg(!is_unavailable || rig_counter(rig, replies[_i].cause) == 1,
                  "%s", replies[_i].why);
    ck_assert_msg(actor_asked(one, "EVAL") == 1, "%s", replies[_i].why);
    actor_says(one, "EVAL", NULL);
    ck_done(rig, "s:l");
    ck_assert_msg(actor_accepted(one) == (replies[_i].may_stay_open ? 1 : 2),
                  "%s", replies[_i].why);
    actor_stop(one);
}
END_TEST

static const char *const not_ready[] = { "-LOADING x\r\n", "-MASTERDOWN x\r\n",
                                         "-CLUSTERDOWN x\r\n",
                                         "-TRYAGAIN x\r\n" };

START_TEST(exchange_write__waits_for_who_will_answer_soon)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "");

    actor_says_once(one, "EVAL", not_ready[_i]);
    actor_says_once(one, "EVAL", not_ready[_i]);
    ck_done(rig, "s:k");
    ck_assert_int_eq(actor_asked(one, "EVAL"), 3);
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
    { "AUTH", actor_stall, "says nothing to the greeting" },
    { "EVAL", actor_stall, "says nothing" },
    { "EVAL", ":1", "gives half an answer" },
    { "EVAL", "-LOADING x\r\n", "is never ready" },
};

START_TEST(exchange_write__keeps_the_deadline)
{
    actor_t *one = actor_start("a");
    rig_t *rig =
        rig_create(apr_psprintf(p, "redis://:pw@127.0.0.1:%d", actor_port(one)),
                   "breaker=off", NULL);

    actor_says(one, slow[_i].command, slow[_i].reply);
    ck_assert_msg(put(rig, "s:k", 100) == UNAVAILABLE, "%s", slow[_i].why);
    actor_says(one, slow[_i].command, NULL);
    ck_done(rig, "s:l");
    actor_stop(one);
}
END_TEST

/* ------------------------------------------------------------ the breaker */

/* Sessions can be read from a server that takes no writes: a full one, a user
 * without EVAL, a replica, one that has too few of its own. */
static const char *const refusing[] = {
    "-OOM x\r\n",      "-NOPERM x\r\n",  "-NOREPLICAS x\r\n", "-ERR x\r\n",
    "-READONLY x\r\n", "-LOADING x\r\n", "-WRONGTYPE x\r\n",  ":-1\r\n",
};

START_TEST(exchange_write__an_error_opens_no_breaker)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "breaker=2/1h");
    /* LOADING is asked again until the deadline. */
    int ms = strstr(refusing[_i], "LOADING") ? answered_ms() : 5000;
    int i;

    actor_says(one, "EVAL", refusing[_i]);
    for (i = 0; i < 3; i++) {
        ck_assert_int_ne(put_unmeasured(rig, "s:k", ms), DONE);
        ck_assert_int_ne(got.transition, SHS_TRANSITION_DOWN);
    }
    ck_breaker(rig, "closed");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_OUTAGES), 0);
    ck_assert_int_eq(load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    actor_stop(one);
}
END_TEST

/* What is left of the time when a server is asked for the last time may be less
 * than an answer takes. */
START_TEST(exchange_write__an_error_before_silence_opens_no_breaker)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "breaker=2/1h");
    int i;

    actor_says(one, "EVAL", actor_stall);
    for (i = 0; i < 3; i++) {
        actor_says_once(one, "EVAL", "-CLUSTERDOWN x\r\n");
        ck_assert_int_eq(put_unmeasured(rig, "s:k", answered_ms()),
                         UNAVAILABLE);
        ck_assert_int_eq(got.transition, i == 0 ? SHS_TRANSITION_UNWRITABLE
                                                : SHS_TRANSITION_NONE);
        ck_assert_int_eq(actor_asked(one, "EVAL"), 2 * (i + 1));
    }
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 3);
    ck_breaker(rig, "closed");
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_OUTAGES), 0);
    ck_assert_int_eq(load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    actor_stop(one);
}
END_TEST

/* ------------------------------------------ what no breaker has to tell of */

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

START_TEST(exchange_write__tells_once_a_minute_that_writes_fail)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "breaker=2/1h");
    rig_t *sibling = rig_create(
        apr_psprintf(p, "redis://127.0.0.1:%d", actor_port(one)), "", rig);
    int i;

    actor_says(one, "EVAL", unwritable[_i].reply);
    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(put(i % 2 ? sibling : rig, "s:k", 5000), UNAVAILABLE);
        ck_assert_int_eq(got.transition, i == 0 ? SHS_TRANSITION_UNWRITABLE
                                                : SHS_TRANSITION_NONE);
        ck_assert_msg(
            i > 0 || strstr(got.transition_reason, unwritable[_i].words), "%s",
            got.transition_reason);
    }
    ck_assert_int_eq(load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_NONE);
    actor_stop(one);
}
END_TEST

/* ... and once that they do not: a server without memory still ends sessions,
 * which proves nothing. */
START_TEST(exchange_write__tells_that_writes_work_again)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "");
    shs_write_t write = write_of("s:k");
    int i;

    actor_says_once(one, "EVAL", unwritable[0].reply);
    ck_assert_int_eq(put(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_UNWRITABLE);
    ck_done(rig, "s:k");
    ck_assert_int_eq(got.transition, SHS_TRANSITION_NONE);
    write.kind = SHS_WRITE_CREATE;
    write.ttl = APR_USEC_PER_SEC;
    write.edit.string = unit_text("v");
    for (i = 0; i < 3; i++) {
        write.at.deadline = rig_in_ms(5000);
        memset(&got, 0, sizeof(got));
        ck_assert_int_eq(shs_exchange_write(&got, &rig->client, &write, p),
                         DONE);
        ck_assert_int_eq(got.transition, i == 0 ? SHS_TRANSITION_WRITABLE
                                                : SHS_TRANSITION_NONE);
    }
    actor_stop(one);
}
END_TEST

/* Reads that are answered keep the breaker closed: of writes that are not
 * nobody else would tell. */
START_TEST(exchange_write__tells_of_silence_between_answers)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "breaker=5/1h retry=0");
    int told = 0;
    int i;

    ck_done(rig, "s:k");
    actor_says(one, "EVAL", actor_close);
    for (i = 1; i <= 8; i++) {
        ck_assert_int_eq(put(rig, "s:k", 5000), UNAVAILABLE);
        told += got.transition == SHS_TRANSITION_UNWRITABLE;
        ck_assert_int_eq(told, i >= 5);
        ck_assert_int_eq(load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
        ck_assert_int_eq(got.transition, SHS_TRANSITION_NONE);
    }
    actor_stop(one);
}
END_TEST

START_TEST(exchange_run__tells_of_silence_between_answers)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "breaker=5/1h retry=0");
    int told = 0;
    int i;

    ck_assert_int_eq(load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    actor_says(one, "GET s:l", actor_close);
    for (i = 1; i <= 8; i++) {
        ck_assert_int_eq(load(rig, "s:l", 5000), SHS_OUTCOME_UNAVAILABLE);
        told += got.transition == SHS_TRANSITION_SHAKY;
        ck_assert_int_eq(told, i >= 5);
        ck_assert_int_eq(load(rig, "s:k", 5000), SHS_OUTCOME_FOUND);
    }
    actor_stop(one);
}
END_TEST

/* An outage has its own line. */
START_TEST(exchange_write__tells_of_an_outage_once)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "breaker=5/1ms retry=0");
    apr_time_t until = rig_in_ms(10000);
    int i;

    ck_done(rig, "s:k");
    actor_says(one, "EVAL", actor_close);
    actor_says(one, "GET", actor_close);
    actor_says(one, "STRLEN", actor_close);
    for (i = 1; rig_counter(rig, SHS_COUNTER_UNREACHABLE) < 20; i++) {
        ck_assert_int_lt(shs_clock_now(), until);
        ck_assert_int_eq(
            i % 2 ? (int)put(rig, "s:k", 5000) : (int)load(rig, "s:k", 5000),
            i % 2 ? (int)UNAVAILABLE : (int)SHS_OUTCOME_UNAVAILABLE);
        ck_assert_int_eq(got.transition,
                         i == 5 ? SHS_TRANSITION_DOWN : SHS_TRANSITION_NONE);
    }
    actor_stop(one);
}
END_TEST

START_TEST(exchange_write__silence_opens_the_breaker)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "breaker=2/1h retry=0");

    ck_done(rig, "s:k");
    actor_says(one, "EVAL", actor_close);
    ck_assert_int_eq(put(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_NONE);
    ck_assert_int_eq(put(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_DOWN);
    ck_assert_ptr_nonnull(got.transition_reason);
    ck_breaker(rig, "open");
    ck_assert_int_eq(put(rig, "s:l", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(one, eval("s:l")), 0);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 4);
    actor_stop(one);
}
END_TEST

START_TEST(exchange_write__closes_the_breaker_by_an_answer)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "breaker=1/10ms retry=0");
    apr_time_t until = rig_in_ms(10000);

    actor_says_once(one, "EVAL", actor_close);
    ck_assert_int_eq(put(rig, "s:k", 5000), UNAVAILABLE);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_DOWN);
    while (put(rig, "s:l", 5000) != DONE) {
        ck_assert_int_lt(shs_clock_now(), until);
    }
    ck_assert_int_eq(got.transition, SHS_TRANSITION_UP);
    ck_breaker(rig, "closed");
    actor_stop(one);
}
END_TEST

START_TEST(exchange_write__tells_of_a_refusal_once_a_minute)
{
    actor_t *one = actor_start("a");
    rig_t *rig = rig_on(one, "breaker=2/1h");
    int i;

    actor_says(one, "EVAL", "-NOPERM x\r\n");
    for (i = 0; i < 3; i++) {
        ck_assert_int_eq(put(rig, "s:k", 5000), UNAVAILABLE);
        ck_assert(got.is_refusal);
        ck_assert_int_eq(got.transition,
                         i == 0 ? SHS_TRANSITION_REFUSED : SHS_TRANSITION_NONE);
    }
    actor_stop(one);
}
END_TEST

/* -------------------------------------------------------------- a cluster */

/* Members a and b, and the replica r of a. "{a}..." is a's, "{b}..." is b's. */
static actor_t *a, *b, *r;
static int slot_of_a, slot_of_b;

static void tell_slots(const actor_t *of_a, const actor_t *of_b)
{
    actor_range_t ranges[] = { { slot_of_a, slot_of_a, of_a, r },
                               { slot_of_b, slot_of_b, of_b, NULL } };

    actor_tells_slots(a, ranges, 2);
    actor_tells_slots(b, ranges, 2);
    actor_tells_slots(r, ranges, 2);
}

static rig_t *cluster_of(const char *options)
{
    a = actor_start("a");
    b = actor_start("b");
    r = actor_start("r");
    slot_of_a = shs_slot_of_key(OCTETS("{a}"));
    slot_of_b = shs_slot_of_key(OCTETS("{b}"));
    tell_slots(a, b);
    return rig_create(
        apr_psprintf(p, "redis+cluster://127.0.0.1:%d", actor_port(a)), options,
        NULL);
}

static void stop_all(void)
{
    actor_stop(a);
    actor_stop(b);
    actor_stop(r);
}

START_TEST(exchange_write__asks_who_serves_the_slot)
{
    rig_t *rig = cluster_of("");

    ck_done(rig, "{a}1");
    ck_done(rig, "{b}1");
    ck_assert_int_eq(actor_asked(a, eval("{a}1")), 1);
    ck_assert_str_eq(actor_seen(b), SEEN(eval("{b}1"), "|"));
    stop_all();
}
END_TEST

START_TEST(exchange_write__follows_moved_and_learns_it)
{
    rig_t *rig = cluster_of("");

    actor_says(a, "EVAL", actor_redirects("MOVED", slot_of_a, b));
    ck_done(rig, "{a}1");
    tell_slots(b, b);
    ck_done(rig, "{a}2");
    ck_assert_int_eq(actor_asked(a, "EVAL"), 1);
    ck_assert_str_eq(actor_seen(b), SEEN(eval("{a}1"), "|", eval("{a}2"), "|"));
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_REDIRECTIONS), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 2);
    stop_all();
}
END_TEST

/* What the old member said excuses no silence of the new one. */
START_TEST(exchange_write__silence_of_another_member_opens_the_breaker)
{
    rig_t *rig = cluster_of("breaker=1/1h");

    ck_done(rig, "{a}1");
    ck_done(rig, "{b}1");
    actor_says(a, "EVAL", "-CLUSTERDOWN x\r\n");
    actor_says(b, "EVAL", actor_stall);
    tell_slots(b, b);
    ck_assert_int_eq(put_unmeasured(rig, "{a}2", 2 * answered_ms()),
                     UNAVAILABLE);
    ck_assert_int_eq(actor_asked(b, "EVAL"), 2);
    ck_assert_int_eq(got.transition, SHS_TRANSITION_DOWN);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_TIMEOUTS), 1);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 0);
    stop_all();
}
END_TEST

START_TEST(exchange_write__follows_ask_by_asking_and_does_not_learn_it)
{
    rig_t *rig = cluster_of("");

    actor_says_once(a, "EVAL", actor_redirects("ASK", slot_of_a, b));
    ck_done(rig, "{a}1");
    ck_assert_str_eq(actor_seen(b), SEEN("ASKING|", eval("{a}1"), "|"));
    ck_done(rig, "{a}2");
    ck_assert_int_eq(actor_asked(a, eval("{a}2")), 1);
    ck_assert_int_eq(actor_asked(b, "EVAL"), 1);
    stop_all();
}
END_TEST

START_TEST(exchange_write__follows_no_more_than_five_redirections)
{
    rig_t *rig = cluster_of("breaker=off");

    actor_says(a, "EVAL", actor_redirects("ASK", slot_of_a, b));
    actor_says(b, "EVAL", actor_redirects("ASK", slot_of_a, a));
    ck_assert_int_eq(put(rig, "{a}1", 5000), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(a, "EVAL") + actor_asked(b, "EVAL"), 6);
    stop_all();
}
END_TEST

/* Where a session may be read from one, none is written to one. */
START_TEST(exchange_write__never_asks_a_replica_of_a_cluster)
{
    rig_t *rig = cluster_of("retry=0 read-from=replica-on-failure breaker=off");

    actor_says(a, "EVAL", _i ? actor_stall : actor_close);
    actor_says(a, "GET", actor_close);
    ck_assert_int_eq(put(rig, "{a}1", 300), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(r, "EVAL"), 0);
    ck_assert_int_eq(load(rig, "{a}1", 5000), SHS_OUTCOME_FOUND);
    ck_octets_eq(got.record.string, OCTETS("r {a}1"), "it could be read");
    stop_all();
}
END_TEST

/* Nor when the circuit breaker lets nobody ask the master. */
START_TEST(exchange_write__asks_no_replica_behind_an_open_breaker)
{
    rig_t *rig =
        cluster_of("retry=0 read-from=replica-on-failure breaker=1/1h");

    actor_says(a, "EVAL", actor_close);
    ck_assert_int_eq(put(rig, "{a}1", 5000), UNAVAILABLE);
    ck_assert_int_eq(put(rig, "{a}2", 5000), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_BLOCKED), 1);
    ck_assert_int_eq(actor_asked(r, "EVAL"), 0);
    ck_assert_int_eq(actor_asked(a, eval("{a}2")), 0);
    stop_all();
}
END_TEST

/* ------------------------------------------------------------- a Sentinel */

/* A Sentinel s that names master x, which another, y, may follow. */
static actor_t *s, *x, *y;

static rig_t *watched(const char *options)
{
    s = actor_start("s");
    x = actor_start("x");
    y = actor_start("y");
    actor_names_master(s, x, 1);
    return rig_create(
        apr_psprintf(p, "redis+sentinel://127.0.0.1:%d/m", actor_port(s)),
        options, NULL);
}

static void stop_watched(void)
{
    actor_stop(s);
    actor_stop(x);
    actor_stop(y);
}

START_TEST(exchange_write__asks_for_the_role_behind_the_write)
{
    rig_t *rig = watched("");

    ck_done(rig, "k");
    ck_done(rig, "l");
    ck_assert_str_eq(actor_seen(x),
                     SEEN("ROLE|", eval("k"), "|ROLE|", eval("l"), "|ROLE|"));
    ck_assert_int_eq(actor_accepted(x), 1);
    stop_watched();
}
END_TEST

/* What a server says that is the master no more. */
static const struct {
    const char *command;
    const char *reply;
    const char *why;
} demoted[] = {
    { "EVAL", "-READONLY x\r\n", "it writes no more" },
    { "ROLE", ACTOR_SLAVE, "it says so itself: what it wrote is lost" },
    { "EVAL", actor_close, "it ends" },
};

START_TEST(exchange_write__writes_to_the_new_master_in_the_same_write)
{
    rig_t *rig = watched("");

    ck_done(rig, "k");
    actor_says(x, demoted[_i].command, demoted[_i].reply);
    actor_names_master(s, y, 2);
    ck_done(rig, "l");
    ck_assert_msg(actor_asked(y, eval("l")) == 1, "%s", demoted[_i].why);
    ck_done(rig, "m");
    ck_assert_msg(actor_asked(x, eval("m")) == 0, "%s", demoted[_i].why);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_WRITES), 3);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_UNAVAILABLE), 0);
    stop_watched();
}
END_TEST

START_TEST(exchange_write__believes_no_master_that_was_demoted)
{
    rig_t *rig = watched("breaker=off");

    ck_done(rig, "k");
    actor_says(x, "ROLE", ACTOR_SLAVE);
    ck_assert_int_eq(put(rig, "l", 500), UNAVAILABLE);
    ck_assert_uint_eq(rig_counter(rig, SHS_COUNTER_NOT_READY), 1);
    stop_watched();
}
END_TEST

START_TEST(exchange_write__never_asks_a_replica_of_a_sentinels)
{
    rig_t *rig = watched("retry=0 read-from=replica-on-failure breaker=off");

    actor_says(y, "ROLE", ACTOR_SLAVE);
    actor_names_replica(s, y);
    actor_says(x, "EVAL", actor_close);
    ck_assert_int_eq(put(rig, "k", 500), UNAVAILABLE);
    ck_assert_int_eq(actor_asked(y, "EVAL"), 0);
    stop_watched();
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, exchange_write__is_one_command_on_a_pooled_connection);
    tcase_add_test(tc, exchange_run__counts_no_writes);
    tcase_add_test(
        tc, exchange_write__writes_once_more_where_a_pooled_connection_died);
    tcase_add_test(tc, exchange_write__writes_no_third_time);
    tcase_add_test(tc, exchange_write__writes_once_where_retry_is_0);
    tcase_add_loop_test(tc, exchange_write__tells_answers_apart, 0,
                        ROWS(replies));
    tcase_add_loop_test(tc, exchange_write__waits_for_who_will_answer_soon, 0,
                        ROWS(not_ready));
    tcase_add_loop_test(tc, exchange_write__keeps_the_deadline, 0, ROWS(slow));
    tcase_add_loop_test(tc, exchange_write__an_error_opens_no_breaker, 0,
                        ROWS(refusing));
    tcase_add_test(tc,
                   exchange_write__an_error_before_silence_opens_no_breaker);
    tcase_add_loop_test(tc,
                        exchange_write__tells_once_a_minute_that_writes_fail, 0,
                        ROWS(unwritable));
    tcase_add_test(tc, exchange_write__tells_that_writes_work_again);
    tcase_add_test(tc, exchange_write__tells_of_silence_between_answers);
    tcase_add_test(tc, exchange_run__tells_of_silence_between_answers);
    tcase_add_test(tc, exchange_write__tells_of_an_outage_once);
    tcase_add_test(tc, exchange_write__silence_opens_the_breaker);
    tcase_add_test(tc, exchange_write__closes_the_breaker_by_an_answer);
    tcase_add_test(tc, exchange_write__tells_of_a_refusal_once_a_minute);
    tcase_add_test(tc, exchange_write__asks_who_serves_the_slot);
    tcase_add_test(tc, exchange_write__follows_moved_and_learns_it);
    tcase_add_test(tc,
                   exchange_write__silence_of_another_member_opens_the_breaker);
    tcase_add_test(tc,
                   exchange_write__follows_ask_by_asking_and_does_not_learn_it);
    tcase_add_test(tc, exchange_write__follows_no_more_than_five_redirections);
    tcase_add_loop_test(tc, exchange_write__never_asks_a_replica_of_a_cluster,
                        0, 2);
    tcase_add_test(tc, exchange_write__asks_no_replica_behind_an_open_breaker);
    tcase_add_test(tc, exchange_write__asks_for_the_role_behind_the_write);
    tcase_add_loop_test(
        tc, exchange_write__writes_to_the_new_master_in_the_same_write, 0,
        ROWS(demoted));
    tcase_add_test(tc, exchange_write__believes_no_master_that_was_demoted);
    tcase_add_test(tc, exchange_write__never_asks_a_replica_of_a_sentinels);
}

int main(void)
{
    return unit_main("exchange_write", add);
}
