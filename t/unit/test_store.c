/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <pthread.h>

#include "unit.h"

/* ------------------------------------------------- a provider of our own */

typedef struct fake_store_t {
    int threads;
    int loads;
    const shs_query_t *asked;
    shs_answer_t answer;
    shs_outcome_t outcome;
} fake_store_t;

static fake_store_t *last_created;

static const char *fake_create(void **self, const char **identity,
                               const char **description, const char *url,
                               const apr_array_header_t *options,
                               apr_pool_t *pool)
{
    int i;

    if (strstr(url, "wrong")) {
        return "the host is wrong";
    }
    last_created = apr_pcalloc(pool, sizeof(*last_created));
    *self = last_created;
    *identity = url;
    for (i = 0; i < options->nelts; i++) {
        *identity = apr_pstrcat(pool, *identity, " ",
                                APR_ARRAY_IDX(options, i, const char *), NULL);
    }
    *description = "a fake";
    return NULL;
}

static void fake_start_child(void *self, int threads, apr_pool_t *pchild)
{
    (void)pchild;
    ((fake_store_t *)self)->threads = threads;
}

static shs_outcome_t fake_load(shs_answer_t *answer, void *self,
                               const shs_query_t *query, apr_pool_t *pool)
{
    fake_store_t *store = self;

    (void)pool;
    store->loads++;
    store->asked = query;
    *answer = store->answer;
    return store->outcome;
}

static apr_interval_time_t fake_timeout(const void *self)
{
    (void)self;
    return 123456;
}

static const char *const fake_schemes[] = { "fake", "fakes", NULL };
static const shs_store_provider_t fake = { fake_schemes, fake_create,
                                           fake_start_child, fake_load,
                                           fake_timeout };

static apr_array_header_t *options(const char *one, const char *two)
{
    apr_array_header_t *list = apr_array_make(p, 2, sizeof(const char *));

    if (one) {
        APR_ARRAY_PUSH(list, const char *) = one;
    }
    if (two) {
        APR_ARRAY_PUSH(list, const char *) = two;
    }
    return list;
}

static shs_store_t *store_of(const char *url)
{
    shs_store_t *store = NULL;

    shs_store_register(&fake);
    ck_assert_pstr_eq(shs_store_create(&store, url, options(NULL, NULL), p),
                      NULL);
    ck_assert_ptr_nonnull(store);
    return store;
}

/* ---------------------------------------------------------------- create */

START_TEST(store_create__chooses_the_provider_by_the_scheme)
{
    ck_assert_str_eq(shs_store_describe(store_of("fake://h")), "a fake");
    ck_assert_str_eq(shs_store_describe(store_of("fakes://h")), "a fake");
}
END_TEST

static const struct {
    const char *url;
    const char *why;
} refused[] = {
    { "", "nothing" },
    { "fake", "no scheme at all" },
    { "fake:", "no scheme at all" },
    { "fake:/h", "one slash" },
    { "://h", "an empty scheme" },
    { "fak://h", "a beginning of a scheme" },
    { "fakex://h", "a scheme and more" },
    { "http://alice:SECRET@h", "an unknown one" },
    { "fake://wrong", "what the provider refuses" },
};

START_TEST(store_create__refuses_with_words_and_without_credentials)
{
    shs_store_t *store = NULL;
    const char *wrong;

    shs_store_register(&fake);
    wrong = shs_store_create(&store, refused[_i].url, options(NULL, NULL), p);
    ck_assert_msg(wrong && *wrong, "\"%s\" was taken: %s", refused[_i].url,
                  refused[_i].why);
    ck_assert_msg(!strstr(wrong, "SECRET"), "%s", wrong);
    ck_assert_int_eq(shs_store_list(p)->nelts, 0);
}
END_TEST

START_TEST(store_create__finds_the_one_created_from_the_same_before)
{
    shs_store_t *a;
    shs_store_t *b;

    shs_store_register(&fake);
    shs_store_create(&a, "fake://h", options("x=1", NULL), p);
    shs_store_create(&b, "fake://h", options("x=1", NULL), p);
    ck_assert_ptr_eq(a, b);
    ck_assert_int_eq(shs_store_list(p)->nelts, 1);
}
END_TEST

START_TEST(store_create__makes_another_for_other_options_or_pools)
{
    shs_store_t *a;
    shs_store_t *b;
    shs_store_t *c;
    apr_pool_t *other;

    shs_store_register(&fake);
    shs_store_create(&a, "fake://h", options("x=1", NULL), p);
    shs_store_create(&b, "fake://h", options("x=2", NULL), p);
    ck_assert_ptr_ne(a, b);
    /* A restart reads the configuration into a pool that is new or cleared:
     * what an old one held is gone. */
    apr_pool_create(&other, p);
    shs_store_create(&c, "fake://h", options("x=1", NULL), other);
    ck_assert_ptr_ne(a, c);
    ck_assert_int_eq(shs_store_list(other)->nelts, 1);
    apr_pool_clear(other);
    ck_assert_int_eq(shs_store_list(other)->nelts, 0);
    apr_pool_destroy(other);
    ck_assert_int_eq(shs_store_list(p)->nelts, 2);
}
END_TEST

START_TEST(store_list__is_oldest_first)
{
    shs_store_t *a = store_of("fake://a");
    shs_store_t *b = store_of("fake://b");
    shs_store_t *again = store_of("fake://a");
    const apr_array_header_t *list = shs_store_list(p);

    ck_assert_ptr_eq(again, a);
    ck_assert_int_eq(list->nelts, 2);
    ck_assert_ptr_eq(APR_ARRAY_IDX(list, 0, shs_store_t *), a);
    ck_assert_ptr_eq(APR_ARRAY_IDX(list, 1, shs_store_t *), b);
}
END_TEST

START_TEST(store_register__may_be_called_again)
{
    int i;

    for (i = 0; i < 100; i++) {
        shs_store_register(&fake);
    }
    ck_assert_str_eq(shs_store_describe(store_of("fake://h")), "a fake");
}
END_TEST

/* ------------------------------------------------------------------ load */

START_TEST(store_start_child__tells_the_provider_how_many_threads)
{
    shs_store_t *store = store_of("fake://h");

    shs_store_start_child(store, 25, p);
    ck_assert_int_eq(last_created->threads, 25);
    ck_assert_int_eq(last_created->loads, 0);
}
END_TEST

START_TEST(store_timeout__is_the_providers)
{
    ck_assert_int_eq(shs_store_timeout(store_of("fake://h")), 123456);
}
END_TEST

static const shs_outcome_t outcomes[] = { SHS_OUTCOME_FOUND, SHS_OUTCOME_ABSENT,
                                          SHS_OUTCOME_MALFORMED,
                                          SHS_OUTCOME_UNAVAILABLE };

START_TEST(store_load__turns_no_outcome_into_another)
{
    shs_store_t *store = store_of("fake://h");
    shs_query_t query = { OCTETS("key"), SHS_SHAPE_STRING, 100, 0 };
    shs_answer_t answer;

    shs_store_start_child(store, 1, p);
    last_created->outcome = outcomes[_i];
    last_created->answer.reason = _i ? "a reason" : NULL;
    last_created->answer.record.shape = SHS_SHAPE_STRING;
    last_created->answer.record.string = OCTETS("v");
    last_created->answer.record.ttl = SHS_TTL_FOREVER;
    ck_assert_int_eq(shs_store_load(&answer, store, &query, p), outcomes[_i]);
    ck_assert_pstr_eq(answer.reason, _i ? "a reason" : NULL);
    ck_assert_int_eq(last_created->loads, 1);
    ck_assert_ptr_eq(last_created->asked, &query);
}
END_TEST

/* ------------------------------------------------------------------ note */

#define NOW apr_time_from_sec(1000)

START_TEST(store_note__tells_of_a_fall_and_a_recovery_once)
{
    shs_store_t *store = store_of("fake://h");
    const shs_transition_t none = SHS_TRANSITION_NONE;

    ck_assert_int_eq(shs_store_note(store, SHS_OUTCOME_FOUND, NOW), none);
    ck_assert_int_eq(shs_store_note(store, SHS_OUTCOME_UNAVAILABLE, NOW + 1),
                     SHS_TRANSITION_DOWN);
    ck_assert_int_eq(shs_store_note(store, SHS_OUTCOME_UNAVAILABLE, NOW + 2),
                     none);
    ck_assert_int_eq(shs_store_note(store, SHS_OUTCOME_UNAVAILABLE,
                                    NOW + apr_time_from_sec(60)),
                     none);
    ck_assert_int_eq(
        shs_store_note(store, SHS_OUTCOME_FOUND, NOW + apr_time_from_sec(61)),
        SHS_TRANSITION_UP);
    ck_assert_int_eq(
        shs_store_note(store, SHS_OUTCOME_FOUND, NOW + apr_time_from_sec(62)),
        none);
}
END_TEST

START_TEST(store_note__a_store_that_never_answered_is_down_too)
{
    shs_store_t *store = store_of("fake://h");

    ck_assert_int_eq(shs_store_note(store, SHS_OUTCOME_UNAVAILABLE, NOW),
                     SHS_TRANSITION_DOWN);
}
END_TEST

/* A store that says "nothing there" or "not like that" is alive. */
START_TEST(store_note__every_answer_is_an_answer)
{
    shs_store_t *store = store_of("fake://h");

    ck_assert_int_eq(shs_store_note(store, outcomes[_i], NOW),
                     SHS_TRANSITION_NONE);
    ck_assert_int_eq(shs_store_note(store, SHS_OUTCOME_UNAVAILABLE, NOW + 1),
                     SHS_TRANSITION_DOWN);
    ck_assert_int_eq(
        shs_store_note(store, outcomes[_i], NOW + apr_time_from_sec(2)),
        SHS_TRANSITION_UP);
}
END_TEST

START_TEST(store_note__reports_a_flapping_store_at_most_once_a_second)
{
    shs_store_t *store = store_of("fake://h");
    int down = 0;
    int up = 0;
    int i;

    for (i = 0; i < 3000; i++) {
        shs_outcome_t outcome =
            i % 2 ? SHS_OUTCOME_FOUND : SHS_OUTCOME_UNAVAILABLE;

        switch (shs_store_note(store, outcome, NOW + i * 1000)) {
        case SHS_TRANSITION_DOWN:
            down++;
            break;
        case SHS_TRANSITION_UP:
            up++;
            break;
        case SHS_TRANSITION_NONE:
            break;
        }
    }
    ck_assert_msg(down >= 2 && down <= 4, "%d times in three seconds", down);
    ck_assert_msg(up <= down, "%d times up, %d times down", up, down);
}
END_TEST

static shs_store_t *shared;
static pthread_barrier_t barrier;

static void *note_once(void *told)
{
    pthread_barrier_wait(&barrier);
    *(shs_transition_t *)told =
        shs_store_note(shared, SHS_OUTCOME_UNAVAILABLE, NOW);
    return NULL;
}

START_TEST(store_note__tells_exactly_one_of_many_threads)
{
    enum { THREADS = 16 };
    pthread_t threads[THREADS];
    shs_transition_t told[THREADS];
    int round;
    int i;

    pthread_barrier_init(&barrier, NULL, THREADS);
    for (round = 0; round < 20; round++) {
        int down = 0;

        shared = store_of(apr_psprintf(p, "fake://%d", round));
        for (i = 0; i < THREADS; i++) {
            ck_assert_int_eq(
                pthread_create(&threads[i], NULL, note_once, &told[i]), 0);
        }
        for (i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
            down += told[i] == SHS_TRANSITION_DOWN;
        }
        ck_assert_int_eq(down, 1);
    }
    pthread_barrier_destroy(&barrier);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, store_create__chooses_the_provider_by_the_scheme);
    tcase_add_loop_test(
        tc, store_create__refuses_with_words_and_without_credentials, 0,
        ROWS(refused));
    tcase_add_test(tc,
                   store_create__finds_the_one_created_from_the_same_before);
    tcase_add_test(tc, store_create__makes_another_for_other_options_or_pools);
    tcase_add_test(tc, store_list__is_oldest_first);
    tcase_add_test(tc, store_register__may_be_called_again);
    tcase_add_test(tc, store_start_child__tells_the_provider_how_many_threads);
    tcase_add_test(tc, store_timeout__is_the_providers);
    tcase_add_loop_test(tc, store_load__turns_no_outcome_into_another, 0,
                        ROWS(outcomes));
    tcase_add_test(tc, store_note__tells_of_a_fall_and_a_recovery_once);
    tcase_add_test(tc, store_note__a_store_that_never_answered_is_down_too);
    tcase_add_loop_test(tc, store_note__every_answer_is_an_answer, 0, 3);
    tcase_add_test(tc,
                   store_note__reports_a_flapping_store_at_most_once_a_second);
    tcase_add_test(tc, store_note__tells_exactly_one_of_many_threads);
}

int main(void)
{
    return unit_main("store", add);
}
