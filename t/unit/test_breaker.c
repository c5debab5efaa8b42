/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/breaker.h"

#include <pthread.h>
#include <sched.h>

#include "unit.h"

#define SECOND APR_USEC_PER_SEC
#define NOW    (1000 * SECOND)

#define X          2 /* a server, and others */
#define Y          3
#define Z          4
#define NO_SUBJECT SHS_BREAKER_NO_SUBJECT

static const shs_breaker_policy_t policy = { 3, SECOND, SECOND / 2, 0 };
static const shs_breaker_policy_t off = { 3, SECOND, SECOND / 2, 1 };

static shs_breaker_t breaker;

static void reset(void)
{
    memset(&breaker, 0, sizeof(breaker));
}

static shs_breaker_pass_t admit(apr_uint32_t subject, apr_time_t now)
{
    return shs_breaker_admit(&breaker, &policy, subject, now);
}

static shs_breaker_alert_t note(shs_breaker_pass_t pass,
                                shs_breaker_result_t result,
                                apr_uint32_t subject, apr_time_t now)
{
    return shs_breaker_note(&breaker, &policy, pass, result, subject, 0, now);
}

#define succeed(pass, now) note((pass), SHS_BREAKER_OK, X, (now))
#define failed(pass, now)  note((pass), SHS_BREAKER_FAILED, X, (now))

/* A breaker whose server replied once and then failed until it opened. */
static void open_it(apr_time_t now)
{
    int i;

    succeed(SHS_BREAKER_PASS, now);
    for (i = 0; i < policy.failures; i++) {
        failed(SHS_BREAKER_PASS, now);
    }
    ck_assert_str_eq(shs_breaker_describe(&breaker, now), "open");
}

/* ------------------------------------------------------------------ states */

START_TEST(breaker__opens_at_the_last_of_so_many_failures)
{
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW), "closed");
    succeed(SHS_BREAKER_PASS, NOW);
    ck_assert_int_eq(failed(SHS_BREAKER_PASS, NOW), SHS_BREAKER_NO_ALERT);
    ck_assert_int_eq(failed(SHS_BREAKER_PASS, NOW), SHS_BREAKER_NO_ALERT);
    ck_assert_int_eq(admit(X, NOW), SHS_BREAKER_PASS);
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW), "closed");
    ck_assert_int_eq(failed(SHS_BREAKER_PASS, NOW), SHS_BREAKER_DOWN);
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW), "open");
    ck_assert_int_eq(admit(X, NOW), SHS_BREAKER_BLOCK);
    ck_assert_int_eq(admit(X, NOW + SECOND - 1), SHS_BREAKER_BLOCK);
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW + SECOND - 1), "open");
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW + SECOND), "half-open");
}
END_TEST

START_TEST(breaker__counts_failures_in_a_row_only)
{
    int i;

    for (i = 0; i < 10; i++) {
        succeed(SHS_BREAKER_PASS, NOW);
        failed(SHS_BREAKER_PASS, NOW);
        failed(SHS_BREAKER_PASS, NOW);
    }
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW), "closed");
    /* Nor does an unknown result count, either way. */
    note(SHS_BREAKER_PASS, SHS_BREAKER_UNKNOWN, X, NOW);
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW), "closed");
    ck_assert_int_eq(failed(SHS_BREAKER_PASS, NOW), SHS_BREAKER_DOWN);
}
END_TEST

START_TEST(breaker__lets_one_probe_through_at_a_time)
{
    open_it(NOW);
    ck_assert_int_eq(admit(X, NOW + SECOND), SHS_BREAKER_PROBE);
    ck_assert_int_eq(admit(X, NOW + SECOND), SHS_BREAKER_BLOCK);
    ck_assert_int_eq(admit(X, NOW + SECOND + policy.probe_for - 1),
                     SHS_BREAKER_BLOCK);
}
END_TEST

START_TEST(breaker__sends_another_probe_when_one_is_lost)
{
    open_it(NOW);
    ck_assert_int_eq(admit(X, NOW + SECOND), SHS_BREAKER_PROBE);
    ck_assert_int_eq(admit(X, NOW + SECOND + policy.probe_for),
                     SHS_BREAKER_PROBE);
    ck_assert_int_eq(admit(X, NOW + SECOND + policy.probe_for),
                     SHS_BREAKER_BLOCK);
}
END_TEST

START_TEST(breaker__closes_when_the_probe_succeeds)
{
    open_it(NOW);
    ck_assert_int_eq(admit(X, NOW + SECOND), SHS_BREAKER_PROBE);
    ck_assert_int_eq(succeed(SHS_BREAKER_PROBE, NOW + SECOND), SHS_BREAKER_UP);
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW + SECOND), "closed");
    ck_assert_int_eq(admit(X, NOW + SECOND), SHS_BREAKER_PASS);
    ck_assert_int_eq(succeed(SHS_BREAKER_PASS, NOW + SECOND),
                     SHS_BREAKER_NO_ALERT);
    /* It allows as many failures as before. */
    failed(SHS_BREAKER_PASS, NOW + SECOND);
    failed(SHS_BREAKER_PASS, NOW + SECOND);
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW + SECOND), "closed");
}
END_TEST

/* A request that was admitted before it opened comes back late. */
START_TEST(breaker__closes_on_a_late_success)
{
    open_it(NOW);
    ck_assert_int_eq(succeed(SHS_BREAKER_PASS, NOW + 1), SHS_BREAKER_UP);
    ck_assert_int_eq(admit(X, NOW + 1), SHS_BREAKER_PASS);
    /* A pending probe's failure opens nothing then. */
    ck_assert_int_eq(failed(SHS_BREAKER_PROBE, NOW + 2), SHS_BREAKER_NO_ALERT);
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW + 2), "closed");
}
END_TEST

START_TEST(breaker__a_late_failure_postpones_no_probe)
{
    int i;

    open_it(NOW);
    for (i = 0; i < 10; i++) {
        ck_assert_int_eq(failed(SHS_BREAKER_PASS, NOW + SECOND - 1),
                         SHS_BREAKER_NO_ALERT);
    }
    ck_assert_int_eq(admit(X, NOW + SECOND), SHS_BREAKER_PROBE);
}
END_TEST

START_TEST(breaker__a_probe_that_came_to_nothing_is_given_up)
{
    open_it(NOW);
    ck_assert_int_eq(admit(X, NOW + SECOND), SHS_BREAKER_PROBE);
    ck_assert_int_eq(
        note(SHS_BREAKER_PROBE, SHS_BREAKER_UNKNOWN, X, NOW + SECOND + 1),
        SHS_BREAKER_NO_ALERT);
    ck_assert_int_eq(admit(X, NOW + SECOND + 1), SHS_BREAKER_PROBE);
    ck_assert_int_eq(admit(X, NOW + SECOND + 1), SHS_BREAKER_BLOCK);
}
END_TEST

/* A request that holds no probe gives none up. */
START_TEST(breaker__a_late_unknown_result_brings_no_probe_forward)
{
    open_it(NOW);
    note(SHS_BREAKER_PASS, SHS_BREAKER_UNKNOWN, X, NOW + 1);
    ck_assert_int_eq(admit(X, NOW + 2), SHS_BREAKER_BLOCK);
}
END_TEST

/* A failover names a new master. */
START_TEST(breaker__another_server_may_be_probed_at_once)
{
    open_it(NOW);
    ck_assert_int_eq(admit(Y, NOW + 1), SHS_BREAKER_PROBE);
    ck_assert_int_eq(admit(Y, NOW + 2), SHS_BREAKER_BLOCK);
    ck_assert_int_eq(note(SHS_BREAKER_PROBE, SHS_BREAKER_OK, Y, NOW + 3),
                     SHS_BREAKER_UP);
    ck_assert_int_eq(admit(Y, NOW + 3), SHS_BREAKER_PASS);
}
END_TEST

START_TEST(breaker__postpones_another_server_that_fails_too)
{
    open_it(NOW);
    ck_assert_int_eq(admit(Y, NOW + 1), SHS_BREAKER_PROBE);
    ck_assert_int_eq(note(SHS_BREAKER_PROBE, SHS_BREAKER_FAILED, Y, NOW + 2),
                     SHS_BREAKER_NO_ALERT);
    ck_assert_int_eq(admit(Y, NOW + 2 + SECOND - 1), SHS_BREAKER_BLOCK);
    ck_assert_int_eq(admit(Y, NOW + 2 + 3 * SECOND), SHS_BREAKER_PROBE);
}
END_TEST

/* Children of one host may know different servers. */
START_TEST(breaker__sends_one_early_probe_while_servers_alternate)
{
    int probed = 0;
    int i;

    open_it(NOW);
    for (i = 1; i <= 100; i++) {
        apr_uint32_t subject = i % 2 ? Y : X;
        shs_breaker_pass_t pass = admit(subject, NOW + i);

        if (pass == SHS_BREAKER_PROBE) {
            note(pass, SHS_BREAKER_FAILED, subject, NOW + i);
            probed++;
        }
    }
    ck_assert_int_eq(probed, 1);
}
END_TEST

/* While no server replies, each probe waits for so long, and all children ask
 * all the time. */
START_TEST(breaker__sends_one_probe_at_a_time_from_all_children)
{
    static const apr_uint32_t subjects[] = { X, Y, NO_SUBJECT, Z, X };
    const apr_interval_time_t waits = SECOND / 3;
    apr_time_t probed_at = 0;
    apr_uint32_t probed = 0;
    int probes = 0;
    int i;

    open_it(NOW);
    for (i = 1; i <= 60000; i++) {
        apr_time_t now = NOW + i * (SECOND / 1000);
        apr_uint32_t subject = subjects[i % ROWS(subjects)];

        if (probed && now - probed_at >= waits) {
            note(SHS_BREAKER_PROBE, SHS_BREAKER_FAILED, probed, now);
            probed = 0;
        }
        if (admit(subject, now) == SHS_BREAKER_PROBE) {
            ck_assert_msg(!probed && now - probed_at >= waits + SECOND,
                          "probe %d %d ms after the last", probes,
                          (int)((now - probed_at) / 1000));
            probed = subject;
            probed_at = now;
            probes++;
        }
    }
    ck_assert_int_eq(probes, 41);
}
END_TEST

START_TEST(breaker__another_server_is_probed_at_once_in_each_outage)
{
    int i;

    for (i = 0; i < 3; i++) {
        apr_time_t now = NOW + i * (SECOND / 10);

        open_it(now);
        /* Its time has come, and nothing has changed yet. */
        failed(SHS_BREAKER_PROBE, now);
        ck_assert_int_eq(admit(Y, now + 1), SHS_BREAKER_PROBE);
        ck_assert_int_eq(note(SHS_BREAKER_PROBE, SHS_BREAKER_OK, Y, now + 2),
                         SHS_BREAKER_UP);
    }
}
END_TEST

START_TEST(breaker__a_regular_probe_does_not_delay_another_server)
{
    open_it(NOW);
    ck_assert_int_eq(admit(X, NOW + SECOND), SHS_BREAKER_PROBE);
    failed(SHS_BREAKER_PROBE, NOW + SECOND + 1);
    ck_assert_int_eq(admit(Y, NOW + SECOND + 2), SHS_BREAKER_PROBE);
}
END_TEST

/* A child that does not know the server yet sends no early probe, and does not
 * change which server failed. */
START_TEST(breaker__sends_no_early_probe_without_a_subject)
{
    open_it(NOW);
    ck_assert_int_eq(admit(NO_SUBJECT, NOW + 1), SHS_BREAKER_BLOCK);
    ck_assert_int_eq(admit(NO_SUBJECT, NOW + SECOND - 1), SHS_BREAKER_BLOCK);
    ck_assert_int_eq(admit(NO_SUBJECT, NOW + SECOND), SHS_BREAKER_PROBE);
    note(SHS_BREAKER_PROBE, SHS_BREAKER_FAILED, NO_SUBJECT, NOW + SECOND);
    ck_assert_int_eq(admit(X, NOW + SECOND + 1), SHS_BREAKER_BLOCK);
    ck_assert_int_eq(admit(Y, NOW + SECOND + 1), SHS_BREAKER_PROBE);
}
END_TEST

/* No server was known, and now there is one. */
START_TEST(breaker__the_first_known_server_may_be_probed_at_once)
{
    int i;

    for (i = 0; i < policy.failures; i++) {
        note(SHS_BREAKER_PASS, SHS_BREAKER_FAILED, NO_SUBJECT, NOW);
    }
    ck_assert_int_eq(admit(NO_SUBJECT, NOW + 1), SHS_BREAKER_BLOCK);
    ck_assert_int_eq(admit(X, NOW + 1), SHS_BREAKER_PROBE);
    ck_assert_int_eq(admit(NO_SUBJECT, NOW + 2), SHS_BREAKER_BLOCK);
}
END_TEST

/* ----------------------------------------------------------------- backoff */

/* After the n-th failed probe: first_probe_after, plus less than so many times
 * it. */
static const struct {
    int rounds;
    int most;
} backoffs[] = { { 1, 2 }, { 2, 4 }, { 3, 4 }, { 10, 4 } };

static apr_interval_time_t put_off_by(int rounds, apr_time_t now)
{
    apr_time_t at = NOW + SECOND;
    int i;

    reset();
    open_it(NOW);
    for (i = 1; i < rounds; i++) {
        ck_assert_int_eq(admit(X, at), SHS_BREAKER_PROBE);
        failed(SHS_BREAKER_PROBE, at);
        at += 6 * SECOND;
    }
    now += at;
    ck_assert_int_eq(admit(X, now), SHS_BREAKER_PROBE);
    failed(SHS_BREAKER_PROBE, now);
    return (apr_interval_time_t)atomic_load(&breaker.probe_at) - now;
}

START_TEST(breaker__postpones_the_next_probe_within_bounds)
{
    apr_interval_time_t most = SECOND * (1 + backoffs[_i].most);
    apr_interval_time_t lowest = most;
    apr_interval_time_t highest = 0;
    int tenths[10] = { 0 };
    int i;

    /* Microseconds, milliseconds, and steps that a clock may like. */
    for (i = 0; i < 6000; i++) {
        static const int steps[] = { 1, 1000, 4096 };
        apr_interval_time_t by =
            put_off_by(backoffs[_i].rounds, (apr_time_t)(i / 3) * steps[i % 3]);
        apr_interval_time_t tenth =
            (by - SECOND) * 10 / (backoffs[_i].most * SECOND);

        ck_assert_msg(by >= SECOND && by < most, "%d ms", (int)(by / 1000));
        lowest = by < lowest ? by : lowest;
        highest = by > highest ? by : highest;
        tenths[tenth]++;
    }
    /* They are spread over the whole range. */
    ck_assert_int_lt(lowest, SECOND + SECOND / 20);
    ck_assert_int_gt(highest, most - SECOND / 20);
    for (i = 0; i < 10; i++) {
        ck_assert_msg(tenths[i] > 300, "%d of 6000 in tenth %d", tenths[i], i);
    }
}
END_TEST

START_TEST(breaker__forgets_the_backoff_when_it_closes)
{
    put_off_by(5, 0);
    succeed(SHS_BREAKER_PASS, NOW);
    ck_assert_int_lt(put_off_by(1, 12345), 3 * SECOND);
    ck_assert_int_eq(atomic_load(&breaker.rounds), 1);
    open_it(NOW);
    ck_assert_int_eq(atomic_load(&breaker.rounds), 0);
}
END_TEST

/* ---------------------------------------------------------------- evidence */

/* Failures in a row: of a key, 0: of the server itself; and OK, a success
 * between. */
#define OK 99

static const struct {
    int failures;
    apr_uint32_t keys[12];
    int count;
    const char *state;
    const char *why;
} rows_of_failures[] = {
    { 3, { 7, 7, 7, 7, 7, 7 }, 6, "closed", "one key, as often as it may be" },
    { 3, { 7, 8, 7, 8, 7, 8 }, 6, "closed", "two are two failures" },
    { 3, { 7, 8, 9 }, 3, "open", "three are three" },
    { 3, { 7, 0, 0 }, 3, "open", "a key, and then how large it is" },
    { 3, { 7, 0, 7, 7 }, 4, "closed", "the key again says nothing new" },
    { 3, { 0, 0, 0 }, 3, "open", "the server each time" },
    { 3, { 7, 8, OK, 9, 7 }, 5, "closed", "a success ends the row" },
    { 3, { 7, 8, OK, 7, 8, 9 }, 6, "open", "then each counts again" },
    { 1, { 7, 7, 7 }, 3, "closed", "one key alone never opens it" },
    { 1, { 7, 8 }, 2, "open", "a second one does" },
    { 1, { 7, 0 }, 2, "open", "so does the server" },
    { 1, { 0 }, 1, "open", "the server at once" },
    { 8, { 1, 2, 3, 4, 5, 6, 7, 1 }, 8, "closed", "all of them are known" },
    { 8, { 1, 2, 3, 4, 5, 6, 7, 8 }, 8, "open", "as many as are told apart" },
};

START_TEST(breaker__opens_by_the_rules_of_evidence)
{
    shs_breaker_policy_t some = policy;
    int i;

    some.failures = rows_of_failures[_i].failures;
    shs_breaker_note(&breaker, &some, SHS_BREAKER_PASS, SHS_BREAKER_OK, X, 0,
                     NOW);
    for (i = 0; i < rows_of_failures[_i].count; i++) {
        apr_uint32_t key = rows_of_failures[_i].keys[i];

        shs_breaker_note(&breaker, &some, SHS_BREAKER_PASS,
                         key == OK ? SHS_BREAKER_OK : SHS_BREAKER_FAILED, X,
                         key == OK ? 0 : key, NOW);
    }
    ck_assert_msg(!strcmp(shs_breaker_describe(&breaker, NOW),
                          rows_of_failures[_i].state),
                  "%s", rows_of_failures[_i].why);
}
END_TEST

/* --------------------------------------------------------------- being off */

START_TEST(breaker__that_is_off_only_reports)
{
    int down = 0;
    int i;

    shs_breaker_note(&breaker, &off, SHS_BREAKER_PASS, SHS_BREAKER_OK, X, 0,
                     NOW);
    for (i = 0; i < 100; i++) {
        ck_assert_int_eq(shs_breaker_admit(&breaker, &off, X + (i & 1),
                                           NOW + i * SECOND / 10),
                         SHS_BREAKER_PASS);
        down +=
            shs_breaker_note(&breaker, &off, SHS_BREAKER_PASS,
                             SHS_BREAKER_FAILED, X, 0, NOW + i * SECOND / 10)
            == SHS_BREAKER_DOWN;
        ck_assert_int_eq(down, i >= 2);
    }
    ck_assert_int_eq(shs_breaker_note(&breaker, &off, SHS_BREAKER_PASS,
                                      SHS_BREAKER_OK, X, 0, NOW + 20 * SECOND),
                     SHS_BREAKER_UP);
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW + 20 * SECOND),
                     "closed");
}
END_TEST

/* -------------------------------------------------------- never yet proven */

START_TEST(breaker__reports_a_server_that_never_replied_at_once)
{
    ck_assert_int_eq(failed(SHS_BREAKER_PASS, NOW), SHS_BREAKER_DOWN);
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW), "closed");
    ck_assert_int_eq(failed(SHS_BREAKER_PASS, NOW), SHS_BREAKER_NO_ALERT);
    /* It opens, and that is not reported again. */
    ck_assert_int_eq(failed(SHS_BREAKER_PASS, NOW), SHS_BREAKER_NO_ALERT);
    ck_assert_str_eq(shs_breaker_describe(&breaker, NOW), "open");
    ck_assert_int_eq(succeed(SHS_BREAKER_PROBE, NOW), SHS_BREAKER_UP);
    /* From now on a single failure is not reported. */
    ck_assert_int_eq(failed(SHS_BREAKER_PASS, NOW), SHS_BREAKER_NO_ALERT);
}
END_TEST

/* ----------------------------------------------------------------- threads */

#define THREADS 8
#define ROUNDS  2000

static pthread_barrier_t barrier;
static int reports, probes;

/* What a thread does in each round. */
typedef void (*act_fn)(int nth, apr_time_t now);

static void act_fail(int nth, apr_time_t now)
{
    (void)nth;
    if (failed(SHS_BREAKER_PASS, now) == SHS_BREAKER_DOWN) {
        __atomic_add_fetch(&reports, 1, __ATOMIC_SEQ_CST);
    }
}

static void act_admit(int nth, apr_time_t now)
{
    (void)nth;
    if (admit(X, now + SECOND) == SHS_BREAKER_PROBE) {
        __atomic_add_fetch(&probes, 1, __ATOMIC_SEQ_CST);
    }
}

static void act_admit_another(int nth, apr_time_t now)
{
    (void)nth;
    if (admit(Y, now + 1) == SHS_BREAKER_PROBE) {
        __atomic_add_fetch(&probes, 1, __ATOMIC_SEQ_CST);
    }
}

static void act_succeed(int nth, apr_time_t now)
{
    if (succeed(nth ? SHS_BREAKER_PASS : SHS_BREAKER_PROBE, now)
        == SHS_BREAKER_UP) {
        __atomic_add_fetch(&reports, 1, __ATOMIC_SEQ_CST);
    }
}

typedef struct actor_t {
    int nth;
    act_fn act;
} actor_t;

static void *act_often(void *data)
{
    const actor_t *actor = data;
    int round;

    for (round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&barrier); /* ready */
        actor->act(actor->nth, NOW + round * 100 * SECOND);
        pthread_barrier_wait(&barrier); /* done */
    }
    return NULL;
}

/* All at once, in many rounds; `prepare` and `check` run before and after
 * each. */
static void act_at_once(act_fn act, void (*prepare)(apr_time_t now),
                        void (*check)(apr_time_t now))
{
    pthread_t threads[THREADS];
    actor_t actors[THREADS];
    int i;

    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (i = 0; i < THREADS; i++) {
        actors[i].nth = i;
        actors[i].act = act;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, act_often, &actors[i]), 0);
    }
    for (i = 0; i < ROUNDS; i++) {
        apr_time_t now = NOW + i * 100 * SECOND;

        reset();
        reports = probes = 0;
        prepare(now);
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        check(now);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&barrier);
}

static void prove_it(apr_time_t now)
{
    succeed(SHS_BREAKER_PASS, now);
}

static void leave_it(apr_time_t now)
{
    (void)now;
}

static void was_told_once(apr_time_t now)
{
    (void)now;
    ck_assert_int_eq(reports, 1);
}

static void was_opened_once(apr_time_t now)
{
    was_told_once(now);
    ck_assert_str_eq(shs_breaker_describe(&breaker, now), "open");
    ck_assert_int_eq(admit(X, now + SECOND - 1), SHS_BREAKER_BLOCK);
}

static void was_probed_once(apr_time_t now)
{
    (void)now;
    ck_assert_int_eq(probes, 1);
}

static void was_closed_once(apr_time_t now)
{
    was_told_once(now);
    ck_assert_str_eq(shs_breaker_describe(&breaker, now), "closed");
}

START_TEST(breaker__reports_once_that_it_opened)
{
    act_at_once(act_fail, prove_it, was_opened_once);
}
END_TEST

START_TEST(breaker__reports_the_first_failure_once)
{
    act_at_once(act_fail, leave_it, was_opened_once);
}
END_TEST

START_TEST(breaker__lets_exactly_one_of_many_probe)
{
    act_at_once(act_admit, open_it, was_probed_once);
}
END_TEST

START_TEST(breaker__lets_exactly_one_of_many_probe_another_server)
{
    act_at_once(act_admit_another, open_it, was_probed_once);
}
END_TEST

START_TEST(breaker__reports_once_that_it_closed)
{
    act_at_once(act_succeed, open_it, was_closed_once);
}
END_TEST

/* A barrier releases its threads one after the other; two that spin start
 * closer together. */
static int going, probed_by_other;

static void *probe_another(void *data)
{
    const int rounds = *(int *)data;
    int round;

    for (round = 1; round <= rounds; round++) {
        while (__atomic_load_n(&going, __ATOMIC_SEQ_CST) != round) {
            sched_yield();
        }
        __atomic_store_n(&probed_by_other, admit(Y, NOW) == SHS_BREAKER_PROBE,
                         __ATOMIC_SEQ_CST);
        __atomic_store_n(&going, 0, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

START_TEST(breaker__lets_one_of_two_probe_another_server)
{
    int rounds = 20000;
    pthread_t thread;
    int round;

    ck_assert_int_eq(pthread_create(&thread, NULL, probe_another, &rounds), 0);
    for (round = 1; round <= rounds; round++) {
        shs_breaker_pass_t pass;

        reset();
        open_it(NOW);
        __atomic_store_n(&going, round, __ATOMIC_SEQ_CST);
        pass = admit(Y, NOW);
        while (__atomic_load_n(&going, __ATOMIC_SEQ_CST) != 0) {
            sched_yield();
        }
        ck_assert_msg((pass == SHS_BREAKER_PROBE) + probed_by_other == 1,
                      "%d probes in round %d",
                      (pass == SHS_BREAKER_PROBE) + probed_by_other, round);
    }
    pthread_join(thread, NULL);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, reset, NULL);
    tcase_add_test(tc, breaker__opens_at_the_last_of_so_many_failures);
    tcase_add_test(tc, breaker__counts_failures_in_a_row_only);
    tcase_add_test(tc, breaker__lets_one_probe_through_at_a_time);
    tcase_add_test(tc, breaker__sends_another_probe_when_one_is_lost);
    tcase_add_test(tc, breaker__closes_when_the_probe_succeeds);
    tcase_add_test(tc, breaker__closes_on_a_late_success);
    tcase_add_test(tc, breaker__a_late_failure_postpones_no_probe);
    tcase_add_test(tc, breaker__a_probe_that_came_to_nothing_is_given_up);
    tcase_add_test(tc, breaker__a_late_unknown_result_brings_no_probe_forward);
    tcase_add_test(tc, breaker__another_server_may_be_probed_at_once);
    tcase_add_test(tc, breaker__postpones_another_server_that_fails_too);
    tcase_add_test(tc, breaker__sends_one_early_probe_while_servers_alternate);
    tcase_add_test(tc, breaker__sends_one_probe_at_a_time_from_all_children);
    tcase_add_test(tc,
                   breaker__another_server_is_probed_at_once_in_each_outage);
    tcase_add_test(tc, breaker__a_regular_probe_does_not_delay_another_server);
    tcase_add_test(tc, breaker__sends_no_early_probe_without_a_subject);
    tcase_add_test(tc, breaker__the_first_known_server_may_be_probed_at_once);
    tcase_add_loop_test(tc, breaker__postpones_the_next_probe_within_bounds, 0,
                        ROWS(backoffs));
    tcase_add_test(tc, breaker__forgets_the_backoff_when_it_closes);
    tcase_add_loop_test(tc, breaker__opens_by_the_rules_of_evidence, 0,
                        ROWS(rows_of_failures));
    tcase_add_test(tc, breaker__that_is_off_only_reports);
    tcase_add_test(tc, breaker__reports_a_server_that_never_replied_at_once);
    tcase_add_test(tc, breaker__reports_once_that_it_opened);
    tcase_add_test(tc, breaker__reports_the_first_failure_once);
    tcase_add_test(tc, breaker__lets_exactly_one_of_many_probe);
    tcase_add_test(tc, breaker__lets_exactly_one_of_many_probe_another_server);
    tcase_add_test(tc, breaker__lets_one_of_two_probe_another_server);
    tcase_add_test(tc, breaker__reports_once_that_it_closed);
}

int main(void)
{
    return unit_main("breaker", add);
}
