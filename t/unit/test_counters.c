/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/health/counters.h"

#include <ctype.h>
#include <pthread.h>

#include "unit.h"

static shs_counters_t counters;

START_TEST(counters_add__changes_one_counter)
{
    int i;

    memset(&counters, 0, sizeof(counters));
    shs_counters_add(&counters, _i);
    shs_counters_add(&counters, _i);
    for (i = 0; i < SHS_COUNTER_COUNT; i++) {
        ck_assert_uint_eq(shs_counters_get(&counters, i), i == _i ? 2 : 0);
    }
}
END_TEST

/* A figure without a name, or with another's, misleads the reader. */
START_TEST(counters_metric__has_a_name_of_one_word_for_each)
{
    const char *name = shs_counters_metric(_i)->name;
    const char *c;
    int i;

    ck_assert_ptr_nonnull(name);
    ck_assert(isupper((unsigned char)*name));
    for (c = name; *c; c++) {
        ck_assert_msg(isalpha((unsigned char)*c), "%s", name);
    }
    for (i = 0; i < SHS_COUNTER_COUNT; i++) {
        ck_assert_msg(i == _i
                          || strcmp(shs_counters_metric(i)->name, name) != 0,
                      "%s is the name of two", name);
    }
}
END_TEST

static const struct {
    shs_counter_t counter;
    const char *name;
} names[] = {
    { SHS_COUNTER_UNAVAILABLE, "Unavailable" },
    { SHS_COUNTER_TIMEOUTS, "Timeouts" },
    { SHS_COUNTER_UNREACHABLE, "Unreachable" },
    { SHS_COUNTER_REFUSED, "Refused" },
    { SHS_COUNTER_MAX_CLIENTS, "MaxClients" },
    { SHS_COUNTER_POOL_FULL, "PoolFull" },
    { SHS_COUNTER_OUT_OF_MEMORY, "OutOfMemory" },
    { SHS_COUNTER_NO_REPLICAS, "NoReplicas" },
    { SHS_COUNTER_MISCONF, "Misconf" },
    { SHS_COUNTER_READ_ONLY, "ReadOnly" },
    { SHS_COUNTER_NOT_READY, "NotReady" },
    { SHS_COUNTER_OTHER_ERRORS, "OtherErrors" },
    { SHS_COUNTER_BLOCKED, "Blocked" },
    { SHS_COUNTER_OUTAGES, "Outages" },
    { SHS_COUNTER_RETRIES, "Retries" },
    { SHS_COUNTER_REDIRECTIONS, "Redirections" },
    { SHS_COUNTER_REPLICA_READS, "ReplicaReads" },
    { SHS_COUNTER_FAILOVERS, "Failovers" },
    { SHS_COUNTER_WRITES, "Writes" },
    { SHS_COUNTER_WRITES_FAILED, "WritesFailed" },
    { SHS_COUNTER_CONFLICTS, "Conflicts" },
};

/* Monitoring reads the names: they stay with their counters. */
START_TEST(counters_metric__keeps_the_names)
{
    ck_assert_int_eq(ROWS(names), SHS_COUNTER_COUNT);
    ck_assert_str_eq(shs_counters_metric(names[_i].counter)->name,
                     names[_i].name);
}
END_TEST

/* Metrics are published with both. */
START_TEST(counters_metric__has_a_kind_and_a_sentence_for_each)
{
    const shs_metric_t *metric = shs_counters_metric(_i);
    int i;

    ck_assert_int_ge(metric->kind, SHS_METRIC_COUNTER);
    ck_assert_int_le(metric->kind, SHS_METRIC_HISTOGRAM);
    ck_assert_msg(metric->help != NULL, "%s has no help text", metric->name);
    ck_assert(isupper((unsigned char)*metric->help));
    ck_assert_int_eq(metric->help[strlen(metric->help) - 1], '.');
    ck_assert_msg(!strpbrk(metric->help, "\"\\\n"),
                  "%s would have to be escaped", metric->help);
    for (i = 0; i < SHS_COUNTER_COUNT; i++) {
        ck_assert_msg(i == _i
                          || strcmp(shs_counters_metric(i)->help, metric->help),
                      "two counters have the text: %s", metric->help);
    }
}
END_TEST

static void *add_often(void *data)
{
    int i;

    (void)data;
    for (i = 0; i < 10000; i++) {
        shs_counters_add(&counters, SHS_COUNTER_RETRIES);
    }
    return NULL;
}

START_TEST(counters_add__loses_none_among_threads)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    int i;

    memset(&counters, 0, sizeof(counters));
    for (i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, add_often, NULL), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_uint_eq(shs_counters_get(&counters, SHS_COUNTER_RETRIES), 80000);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, counters_add__changes_one_counter, 0,
                        SHS_COUNTER_COUNT);
    tcase_add_loop_test(tc, counters_metric__has_a_name_of_one_word_for_each, 0,
                        SHS_COUNTER_COUNT);
    tcase_add_loop_test(tc, counters_metric__has_a_kind_and_a_sentence_for_each,
                        0, SHS_COUNTER_COUNT);
    tcase_add_loop_test(tc, counters_metric__keeps_the_names, 0, ROWS(names));
    tcase_add_test(tc, counters_add__loses_none_among_threads);
}

int main(void)
{
    return unit_main("counters", add);
}
