/* SPDX-License-Identifier: Apache-2.0 */
#include "store/near_news.h"

#include <unistd.h>

#include "near.h"

#define SECOND APR_USEC_PER_SEC

static const apr_time_t now = 1000 * SECOND;
static const apr_uint32_t sources[] = { NEAR_SOURCE, 8 };
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

START_TEST(news_elect__takes_the_first_that_comes)
{
    ck_assert(shs_near_news_elect(one, now));
    ck_assert(!shs_near_news_elect(two, now));
    ck_assert(shs_near_news_elect(one, now + 1));
    ck_assert(!shs_near_news_elect(three, now + 2));
}
END_TEST

START_TEST(news_elect__keeps_the_one_that_calls_again)
{
    apr_time_t at;

    for (at = now; at < now + 20 * SECOND; at += SHS_NEAR_PATIENCE - 1) {
        ck_assert(shs_near_news_elect(one, at));
        ck_assert(!shs_near_news_elect(two, at + SHS_NEAR_PATIENCE - 2));
    }
}
END_TEST

START_TEST(news_elect__replaces_one_that_is_silent)
{
    ck_assert(shs_near_news_elect(one, now));
    ck_assert(!shs_near_news_elect(two, now + SHS_NEAR_PATIENCE - 1));
    ck_assert(shs_near_news_elect(two, now + SHS_NEAR_PATIENCE));
    ck_assert(!shs_near_news_elect(three, now + SHS_NEAR_PATIENCE));
    /* Who was stopped comes back, and is not it any more. */
    ck_assert(!shs_near_news_elect(one, now + SHS_NEAR_PATIENCE + 1));
    ck_assert(shs_near_news_elect(two, now + SHS_NEAR_PATIENCE + 1));
}
END_TEST

/* A child may get the number of one that was killed. */
START_TEST(news_elect__takes_another_process_of_the_same_number_for_new)
{
    shs_near_cache_t *again = near_attach(one->head, &policy, 1001);

    ck_assert(shs_near_news_elect(one, now));
    ck_assert(!shs_near_news_elect(again, now + 1));
    ck_assert(shs_near_news_elect(again, now + SHS_NEAR_PATIENCE));
    ck_assert(!shs_near_news_elect(one, now + SHS_NEAR_PATIENCE));
}
END_TEST

/* Also of the same child: what it had told before is of another term. */
START_TEST(news_elect__tells_one_term_from_another)
{
    apr_uint32_t first = shs_near_news_elect(one, now);

    ck_assert_uint_ne(first, 0);
    ck_assert_uint_eq(shs_near_news_elect(one, now + 1), first);
    ck_assert(shs_near_news_elect(two, now + 1 + SHS_NEAR_PATIENCE));
    ck_assert_uint_gt(shs_near_news_elect(one, now + 1 + 2 * SHS_NEAR_PATIENCE),
                      first);
}
END_TEST

static int keeps(shs_near_cache_t *cache, apr_uint32_t source)
{
    return shs_near_memory_is_source(cache, source);
}

START_TEST(news_listen_to__counts_from_the_one_that_is_elected)
{
    shs_near_news_listen_to(two, sources, 2);
    ck_assert(!keeps(two, NEAR_SOURCE));
    shs_near_news_elect(one, now);
    shs_near_news_listen_to(one, sources, 2);
    ck_assert(keeps(two, NEAR_SOURCE) && keeps(two, 8) && !keeps(two, 9));
    ck_assert(!keeps(two, 0));
    shs_near_news_listen_to(one, sources, 1);
    ck_assert(keeps(two, NEAR_SOURCE) && !keeps(two, 8));
    shs_near_news_listen_to(one, NULL, 0);
    ck_assert(!keeps(two, NEAR_SOURCE));
}
END_TEST

START_TEST(news_listen_to__ends_with_the_term)
{
    shs_near_news_elect(one, now);
    shs_near_news_listen_to(one, sources, 2);
    shs_near_news_elect(two, now + SHS_NEAR_PATIENCE);
    ck_assert_msg(!keeps(three, NEAR_SOURCE), "the new one listens to nobody");
}
END_TEST

/* It gives its feeds up when it finds that it is not it any more, and must not
 * take the other's away. Nor may it add one, which nobody listens to. */
START_TEST(news_listen_to__of_one_that_was_stopped_has_no_effect)
{
    static const apr_uint32_t old[] = { 21, 22, 23 };

    shs_near_news_elect(one, now);
    shs_near_news_listen_to(one, old, 3);
    shs_near_news_elect(two, now + SHS_NEAR_PATIENCE);
    shs_near_news_listen_to(one, old, 3);
    ck_assert(!keeps(three, 21));
    shs_near_news_listen_to(two, sources, 2);
    shs_near_news_listen_to(one, old, 3);
    ck_assert(!keeps(three, 21) && keeps(three, NEAR_SOURCE));
    shs_near_news_listen_to(one, NULL, 0);
    ck_assert(keeps(three, NEAR_SOURCE) && keeps(three, 8));
}
END_TEST

START_TEST(news_listen_to__takes_no_more_than_there_is_room_for)
{
    apr_uint32_t many[SHS_NEAR_SOURCES + 5];
    int i;

    for (i = 0; i < ROWS(many); i++) {
        many[i] = 100 + (apr_uint32_t)i;
    }
    shs_near_news_elect(one, now);
    shs_near_news_listen_to(one, many, ROWS(many));
    ck_assert(keeps(one, 100 + SHS_NEAR_SOURCES - 1));
    ck_assert(!keeps(one, 100 + SHS_NEAR_SOURCES));
}
END_TEST

START_TEST(news_lease__is_given_by_the_one_that_is_elected)
{
    shs_near_news_lease(one, now);
    ck_assert(!shs_near_cache_is_live(three, now));
    shs_near_news_elect(one, now);
    shs_near_news_lease(one, now);
    ck_assert(shs_near_cache_is_live(three, now));
    shs_near_news_elect(two, now + SHS_NEAR_PATIENCE);
    shs_near_news_lease(one, now + 10 * SECOND);
    ck_assert(!shs_near_cache_is_live(three, now + 10 * SECOND));
}
END_TEST

START_TEST(news_describe__says_why_nobody_listens)
{
    ck_assert_str_eq(shs_near_news_describe(one, now), "no child listens yet");
    shs_near_news_elect(one, now);
    shs_near_news_say(one, "the server refuses CLIENT TRACKING");
    ck_assert_str_eq(shs_near_news_describe(two, now),
                     "the server refuses CLIENT TRACKING");
    shs_near_news_lease(one, now);
    ck_assert_str_eq(shs_near_news_describe(two, now), "live");
    shs_near_news_say(one, apr_pstrcat(p, "a very long reason ",
                                       "that has no end ", "that has no end ",
                                       "that has no end ", "that has no end ",
                                       "that has no end ", "that has no end ",
                                       "that has no end ", NULL));
    ck_assert_uint_lt(strlen(shs_near_news_describe(two, now + 9 * SECOND)),
                      128);
}
END_TEST

START_TEST(news_count__adds_up_what_all_children_did)
{
    shs_near_news_flush(one);
    shs_near_news_flush(two);
    shs_near_news_note(three, SHS_NEAR_STALE_HITS);
    ck_assert_uint_eq(shs_near_news_count(three, SHS_NEAR_FLUSHES), 2);
    ck_assert_uint_eq(shs_near_news_count(one, SHS_NEAR_STALE_HITS), 1);
    ck_assert_str_eq(shs_near_news_counter_name(SHS_NEAR_STALE_HITS),
                     "CacheStaleHits");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_children, NULL);
    tcase_add_test(tc, news_elect__tells_one_term_from_another);
    tcase_add_test(tc, news_elect__takes_the_first_that_comes);
    tcase_add_test(tc, news_elect__keeps_the_one_that_calls_again);
    tcase_add_test(tc, news_elect__replaces_one_that_is_silent);
    tcase_add_test(
        tc, news_elect__takes_another_process_of_the_same_number_for_new);
    tcase_add_test(tc, news_listen_to__counts_from_the_one_that_is_elected);
    tcase_add_test(tc, news_listen_to__ends_with_the_term);
    tcase_add_test(tc, news_listen_to__of_one_that_was_stopped_has_no_effect);
    tcase_add_test(tc, news_listen_to__takes_no_more_than_there_is_room_for);
    tcase_add_test(tc, news_lease__is_given_by_the_one_that_is_elected);
    tcase_add_test(tc, news_describe__says_why_nobody_listens);
    tcase_add_test(tc, news_count__adds_up_what_all_children_did);
}

int main(void)
{
    return unit_main("near_news", add);
}
