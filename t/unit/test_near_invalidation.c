/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/near_invalidation.h"

#include "near.h"

#define SECOND APR_USEC_PER_SEC

static const apr_time_t now = 1000 * SECOND;
static const apr_uint32_t sources[] = { NEAR_SERVER, 8 };
static shs_near_policy_t policy;
static shs_near_cache_t *one, *two, *three;

static void make_children(void)
{
    void *memory;

    policy = near_policy();
    memory = near_memory(&policy);
    one = near_attach(memory, &policy, 1001);
    two = near_attach(memory, &policy, 1002);
    three = near_attach(memory, &policy, 1003);
}

START_TEST(near_invalidation_lead__takes_the_first_caller)
{
    ck_assert(shs_near_invalidation_lead(one, now));
    ck_assert(!shs_near_invalidation_lead(two, now));
    ck_assert(shs_near_invalidation_lead(one, now + 1));
    ck_assert(!shs_near_invalidation_lead(three, now + 2));
}
END_TEST

START_TEST(near_invalidation_lead__keeps_a_leader_that_calls_again)
{
    apr_time_t at;

    for (at = now; at < now + 20 * SECOND; at += SHS_NEAR_LEADER_TIMEOUT - 1) {
        ck_assert(shs_near_invalidation_lead(one, at));
        ck_assert(
            !shs_near_invalidation_lead(two, at + SHS_NEAR_LEADER_TIMEOUT - 2));
    }
}
END_TEST

START_TEST(near_invalidation_lead__replaces_a_leader_that_stops_calling)
{
    ck_assert(shs_near_invalidation_lead(one, now));
    ck_assert(
        !shs_near_invalidation_lead(two, now + SHS_NEAR_LEADER_TIMEOUT - 1));
    ck_assert(shs_near_invalidation_lead(two, now + SHS_NEAR_LEADER_TIMEOUT));
    ck_assert(
        !shs_near_invalidation_lead(three, now + SHS_NEAR_LEADER_TIMEOUT));
    /* The former leader goes on, and is not the leader any more. */
    ck_assert(
        !shs_near_invalidation_lead(one, now + SHS_NEAR_LEADER_TIMEOUT + 1));
    ck_assert(
        shs_near_invalidation_lead(two, now + SHS_NEAR_LEADER_TIMEOUT + 1));
}
END_TEST

/* A new child may get the pid of one that was killed. */
START_TEST(near_invalidation_lead__tells_a_new_process_of_the_same_pid_apart)
{
    shs_near_cache_t *again = near_attach(one->head, &policy, 1001);

    ck_assert(shs_near_invalidation_lead(one, now));
    ck_assert(!shs_near_invalidation_lead(again, now + 1));
    ck_assert(shs_near_invalidation_lead(again, now + SHS_NEAR_LEADER_TIMEOUT));
    ck_assert(!shs_near_invalidation_lead(one, now + SHS_NEAR_LEADER_TIMEOUT));
}
END_TEST

/* Even of the same child: what it set before is of another term. */
START_TEST(near_invalidation_lead__tells_one_term_from_another)
{
    apr_uint32_t first = shs_near_invalidation_lead(one, now);

    ck_assert_uint_ne(first, 0);
    ck_assert_uint_eq(shs_near_invalidation_lead(one, now + 1), first);
    ck_assert(
        shs_near_invalidation_lead(two, now + 1 + SHS_NEAR_LEADER_TIMEOUT));
    ck_assert_uint_gt(
        shs_near_invalidation_lead(one, now + 1 + 2 * SHS_NEAR_LEADER_TIMEOUT),
        first);
}
END_TEST

static int tracks(shs_near_cache_t *cache, apr_uint32_t source)
{
    return shs_near_memory_is_tracked(cache, source);
}

START_TEST(near_invalidation_set_servers__has_an_effect_for_the_leader_only)
{
    shs_near_invalidation_set_servers(two, sources, 2);
    ck_assert(!tracks(two, NEAR_SERVER));
    shs_near_invalidation_lead(one, now);
    shs_near_invalidation_set_servers(one, sources, 2);
    ck_assert(tracks(two, NEAR_SERVER) && tracks(two, 8) && !tracks(two, 9));
    ck_assert(!tracks(two, 0));
    shs_near_invalidation_set_servers(one, sources, 1);
    ck_assert(tracks(two, NEAR_SERVER) && !tracks(two, 8));
    shs_near_invalidation_set_servers(one, NULL, 0);
    ck_assert(!tracks(two, NEAR_SERVER));
}
END_TEST

START_TEST(near_invalidation_set_servers__ends_with_the_term)
{
    shs_near_invalidation_lead(one, now);
    shs_near_invalidation_set_servers(one, sources, 2);
    shs_near_invalidation_lead(two, now + SHS_NEAR_LEADER_TIMEOUT);
    ck_assert_msg(!tracks(three, NEAR_SERVER),
                  "the new leader tracks no server yet");
}
END_TEST

/* A former leader gives its subscriptions up when it finds that it lost the
 * leadership. It must neither remove the servers of the new leader nor add one,
 * which would be untracked. */
START_TEST(near_invalidation_set_servers__of_a_former_leader_has_no_effect)
{
    static const apr_uint32_t old[] = { 21, 22, 23 };

    shs_near_invalidation_lead(one, now);
    shs_near_invalidation_set_servers(one, old, 3);
    shs_near_invalidation_lead(two, now + SHS_NEAR_LEADER_TIMEOUT);
    shs_near_invalidation_set_servers(one, old, 3);
    ck_assert(!tracks(three, 21));
    shs_near_invalidation_set_servers(two, sources, 2);
    shs_near_invalidation_set_servers(one, old, 3);
    ck_assert(!tracks(three, 21) && tracks(three, NEAR_SERVER));
    shs_near_invalidation_set_servers(one, NULL, 0);
    ck_assert(tracks(three, NEAR_SERVER) && tracks(three, 8));
}
END_TEST

START_TEST(near_invalidation_set_servers__takes_as_many_as_fit)
{
    apr_uint32_t many[SHS_NEAR_SERVERS + 5];
    int i;

    for (i = 0; i < ROWS(many); i++) {
        many[i] = 100 + (apr_uint32_t)i;
    }
    shs_near_invalidation_lead(one, now);
    shs_near_invalidation_set_servers(one, many, ROWS(many));
    ck_assert(tracks(one, 100 + SHS_NEAR_SERVERS - 1));
    ck_assert(!tracks(one, 100 + SHS_NEAR_SERVERS));
}
END_TEST

START_TEST(near_invalidation_extend_lease__has_an_effect_for_the_leader_only)
{
    shs_near_invalidation_extend_lease(one, now);
    ck_assert(!shs_near_cache_is_live(three, now));
    shs_near_invalidation_lead(one, now);
    shs_near_invalidation_extend_lease(one, now);
    ck_assert(shs_near_cache_is_live(three, now));
    shs_near_invalidation_lead(two, now + SHS_NEAR_LEADER_TIMEOUT);
    shs_near_invalidation_extend_lease(one, now + 10 * SECOND);
    ck_assert(!shs_near_cache_is_live(three, now + 10 * SECOND));
}
END_TEST

START_TEST(near_invalidation_describe__says_why_tracking_is_down)
{
    ck_assert_str_eq(shs_near_invalidation_describe(one, now),
                     "tracking is not up yet");
    shs_near_invalidation_lead(one, now);
    shs_near_invalidation_set_down(one, "the server refuses CLIENT TRACKING");
    ck_assert_str_eq(shs_near_invalidation_describe(two, now),
                     "the server refuses CLIENT TRACKING");
    shs_near_invalidation_extend_lease(one, now);
    ck_assert_str_eq(shs_near_invalidation_describe(two, now), "live");
    shs_near_invalidation_set_down(
        one, apr_pstrcat(p, "a very long reason ", "that has no end ",
                         "that has no end ", "that has no end ",
                         "that has no end ", "that has no end ",
                         "that has no end ", "that has no end ", NULL));
    ck_assert_uint_lt(
        strlen(shs_near_invalidation_describe(two, now + 9 * SECOND)), 128);
}
END_TEST

/* Monitoring publishes the name, the kind and the help text. */
START_TEST(near_counter_metric__has_a_name_and_a_sentence)
{
    const shs_metric_t *metric = shs_near_counter_metric(_i);

    ck_assert_int_eq(strncmp(metric->name, "Cache", 5), 0);
    ck_assert_int_eq(metric->kind, SHS_METRIC_COUNTER);
    ck_assert_int_eq(metric->help[strlen(metric->help) - 1], '.');
}
END_TEST

START_TEST(near_cache_counted__adds_up_all_children)
{
    shs_near_invalidation_flush(one);
    shs_near_invalidation_flush(two);
    shs_near_cache_count(three, SHS_NEAR_STALE_HITS);
    ck_assert_uint_eq(shs_near_cache_counted(three, SHS_NEAR_FLUSHES), 2);
    ck_assert_uint_eq(shs_near_cache_counted(one, SHS_NEAR_STALE_HITS), 1);
    ck_assert_str_eq(shs_near_counter_metric(SHS_NEAR_STALE_HITS)->name,
                     "CacheStaleHits");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_children, NULL);
    tcase_add_test(tc, near_invalidation_lead__tells_one_term_from_another);
    tcase_add_test(tc, near_invalidation_lead__takes_the_first_caller);
    tcase_add_test(tc, near_invalidation_lead__keeps_a_leader_that_calls_again);
    tcase_add_test(
        tc, near_invalidation_lead__replaces_a_leader_that_stops_calling);
    tcase_add_test(
        tc, near_invalidation_lead__tells_a_new_process_of_the_same_pid_apart);
    tcase_add_test(
        tc, near_invalidation_set_servers__has_an_effect_for_the_leader_only);
    tcase_add_test(tc, near_invalidation_set_servers__ends_with_the_term);
    tcase_add_test(
        tc, near_invalidation_set_servers__of_a_former_leader_has_no_effect);
    tcase_add_test(tc, near_invalidation_set_servers__takes_as_many_as_fit);
    tcase_add_test(
        tc, near_invalidation_extend_lease__has_an_effect_for_the_leader_only);
    tcase_add_test(tc, near_invalidation_describe__says_why_tracking_is_down);
    tcase_add_test(tc, near_cache_counted__adds_up_all_children);
    tcase_add_loop_test(tc, near_counter_metric__has_a_name_and_a_sentence, 0,
                        SHS_NEAR_COUNTER_COUNT);
}

int main(void)
{
    return unit_main("near_invalidation", add);
}
