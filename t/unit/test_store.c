/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"
#include "store/provider.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "near.h"
#include "store/clock.h"
#include "unit.h"

/* ------------------------------------------------- a provider of our own */

typedef struct fake_store_t {
    int threads;
    char *shared;
    int is_without_memory;
    int loads;
    const shs_query_t *asked;
    shs_answer_t answer;
    shs_outcome_t outcome;
    shs_wrote_t wrote;
    int is_silent; /* it leaves the answer as it is */
} fake_store_t;

static fake_store_t *last_created;

/* How much each store shares, in the order in which they were created. */
#define SHARED_SIZE 100

static const char *fake_create(void **self, shs_store_words_t *words,
                               const char *url,
                               const apr_array_header_t *options,
                               apr_pool_t *pool)
{
    int i;

    if (strstr(url, "wrong")) {
        return "the host is wrong";
    }
    last_created = apr_pcalloc(pool, sizeof(*last_created));
    *self = last_created;
    words->identity = url;
    for (i = 0; i < options->nelts; i++) {
        words->identity =
            apr_pstrcat(pool, words->identity, " ",
                        APR_ARRAY_IDX(options, i, const char *), NULL);
    }
    words->url = "a fake";
    words->options = "x=0";
    words->location = "anywhere";
    return NULL;
}

static apr_size_t fake_shared_size(const void *self)
{
    (void)self;
    return SHARED_SIZE;
}

static int fake_start_child(void *self, void *shared, int threads,
                            apr_pool_t *pchild)
{
    fake_store_t *store = self;

    (void)pchild;
    store->threads = threads;
    store->shared = shared;
    return !store->is_without_memory;
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

static shs_wrote_t fake_write(shs_answer_t *answer, void *self,
                              const shs_write_t *write, apr_pool_t *pool)
{
    fake_store_t *store = self;

    (void)pool;
    store->asked = &write->at;
    if (!store->is_silent) {
        *answer = store->answer;
    }
    return store->wrote;
}

static apr_interval_time_t fake_timeout(const void *self)
{
    (void)self;
    return 123456;
}

static const shs_watch_t *watched;
static int cannot_listen;

static int fake_listen(void *self, const shs_watch_t *watch, apr_pool_t *pchild)
{
    (void)self;
    (void)pchild;
    watched = watch;
    return !cannot_listen;
}

/* Tells the first octet that is shared. */
static void fake_report(shs_store_report_fn tell, void *baton, const void *self,
                        const void *shared, apr_pool_t *pool)
{
    (void)self;
    tell(baton, "First", apr_psprintf(pool, "%d", *(const char *)shared));
}

static const char *const fake_schemes[] = { "fake", "fakes", NULL };
static const shs_store_provider_t fake = {
    fake_schemes, fake_create,  fake_shared_size, fake_start_child, fake_load,
    fake_write,   fake_timeout, fake_listen,      fake_report
};

static const char *const deaf_schemes[] = { "deaf", NULL };
static const shs_store_provider_t deaf = { deaf_schemes,     fake_create,
                                           fake_shared_size, fake_start_child,
                                           fake_load,        fake_write,
                                           fake_timeout,     NULL,
                                           fake_report };

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
    ck_assert_str_eq(shs_store_describe_options(store_of("fakes://h")), "x=0");
    ck_assert_str_eq(shs_store_location(store_of("fakes://h")), "anywhere");
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

    ck_assert_int_ne(shs_store_start_child(store, 25, p), 0);
    ck_assert_int_eq(last_created->threads, 25);
    ck_assert_int_eq(last_created->loads, 0);
    last_created->is_without_memory = 1;
    ck_assert_int_eq(shs_store_start_child(store, 25, p), 0);
}
END_TEST

/* ----------------------------------------------------------------- sharing */

static int is_zero(const char *octets, int count)
{
    while (count > 0 && octets[count - 1] == 0) {
        count--;
    }
    return count == 0;
}

/* What a test has without it, every child of a real host has of its own. */
START_TEST(store_start_child__gives_zeroed_memory_to_a_store_that_shares_none)
{
    shs_store_t *store = store_of("fake://h");

    shs_store_start_child(store, 1, p);
    ck_assert_ptr_nonnull(last_created->shared);
    ck_assert(is_zero(last_created->shared, SHARED_SIZE));
    memset(last_created->shared, 1, SHARED_SIZE);
}
END_TEST

START_TEST(store_share__gives_each_store_a_part_of_its_own)
{
    enum { STORES = 5 };
    fake_store_t *stores[STORES];
    int i, j;

    for (i = 0; i < STORES; i++) {
        store_of(apr_psprintf(p, "fake://%d", i));
        stores[i] = last_created;
    }
    ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
    for (i = 0; i < STORES; i++) {
        shs_store_start_child(
            APR_ARRAY_IDX(shs_store_list(p), i, shs_store_t *), 1, p);
        ck_assert(is_zero(stores[i]->shared, SHARED_SIZE));
        ck_assert_msg((apr_uintptr_t)stores[i]->shared % sizeof(apr_int64_t)
                          == 0,
                      "an atomic counter cannot lie there");
        memset(stores[i]->shared, i + 1, SHARED_SIZE);
    }
    for (i = 0; i < STORES; i++) {
        for (j = 0; j < SHARED_SIZE; j++) {
            ck_assert_int_eq(stores[i]->shared[j], i + 1);
        }
    }
}
END_TEST

START_TEST(store_share__is_seen_by_another_process)
{
    shs_store_t *store = store_of("fake://h");
    fake_store_t *self = last_created;
    int status = -1;
    pid_t child;

    ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
    child = fork();
    if (child == 0) {
        shs_store_start_child(store, 1, p);
        self->shared[0] = 42;
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    shs_store_start_child(store, 1, p);
    ck_assert_int_eq(self->shared[0], 42);
}
END_TEST

START_TEST(store_share__needs_no_memory_for_no_stores)
{
    ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
}
END_TEST

static void remember(void *baton, const char *name, const char *value)
{
    const char **told = baton;

    *told = apr_psprintf(p, "%s%s%s=%s", *told ? *told : "", *told ? " " : "",
                         name, value);
}

START_TEST(store_report__tells_what_is_shared_in_any_process)
{
    shs_store_t *store = store_of("fake://h");
    const char *told = NULL;

    /* Nothing is known yet, and nothing is made up. */
    shs_store_report(remember, &told, store, p);
    ck_assert_ptr_null(told);
    shs_store_share(p);
    shs_store_report(remember, &told, store, p);
    ck_assert_str_eq(told, "First=0 LeftOut=0");
    shs_store_start_child(store, 1, p);
    last_created->shared[0] = 7;
    told = NULL;
    shs_store_report(remember, &told, store, p);
    ck_assert_str_eq(told, "First=7 LeftOut=0");
}
END_TEST

/* Also without shared memory, as where it could not be had. */
START_TEST(store_note_excess__counts_and_tells_one)
{
    shs_store_t *store = store_of("fake://h");
    const char *told = NULL;

    if (_i) {
        shs_store_share(p);
    }
    shs_store_start_child(store, 1, p);
    ck_assert(shs_store_note_excess(store));
    ck_assert(!shs_store_note_excess(store));
    shs_store_report(remember, &told, store, p);
    ck_assert_str_eq(told, "First=0 LeftOut=2");
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

/* ----------------------------------------------------------------- write */

static const struct {
    shs_wrote_t wrote;
    const char *reason;
} wrotes[] = {
    { SHS_WROTE_DONE, NULL },
    { SHS_WROTE_GONE, "it is gone" },
    { SHS_WROTE_CONFLICT, "another was faster" },
    { SHS_WROTE_TOO_LARGE, "it is too much" },
    { SHS_WROTE_MALFORMED, "it is no session" },
    { SHS_WROTE_UNAVAILABLE, "no answer" },
};

static shs_write_t write_of(shs_write_kind_t kind, apr_interval_time_t ttl)
{
    shs_write_t write;

    memset(&write, 0, sizeof(write));
    write.kind = kind;
    write.at.key = OCTETS("key");
    write.at.max_octets = 100;
    write.ttl = ttl;
    return write;
}

START_TEST(store_write__turns_no_outcome_into_another)
{
    shs_store_t *store = store_of("fake://h");
    shs_write_t write = write_of(SHS_WRITE_CREATE, 1000);
    shs_answer_t answer;

    shs_store_start_child(store, 1, p);
    last_created->wrote = wrotes[_i].wrote;
    last_created->answer.reason = wrotes[_i].reason;
    last_created->answer.transition = SHS_TRANSITION_UP;
    ck_assert_int_eq(shs_store_write(&answer, store, &write, p),
                     wrotes[_i].wrote);
    ck_assert_pstr_eq(answer.reason, wrotes[_i].reason);
    ck_assert_int_eq(answer.transition, SHS_TRANSITION_UP);
    ck_assert_ptr_eq(last_created->asked, &write.at);
    ck_assert_int_eq(last_created->loads, 0);
}
END_TEST

/* A provider sets only what it has to say. */
START_TEST(store_write__begins_with_an_empty_answer)
{
    shs_store_t *store = store_of("fake://h");
    shs_write_t write = write_of(SHS_WRITE_REMOVE, 0);
    shs_answer_t answer, nothing;

    shs_store_start_child(store, 1, p);
    last_created->is_silent = 1;
    last_created->wrote = SHS_WROTE_DONE;
    memset(&answer, 1, sizeof(answer));
    memset(&nothing, 0, sizeof(nothing));
    shs_store_write(&answer, store, &write, p);
    ck_assert_int_eq(memcmp(&answer, &nothing, sizeof(answer)), 0);
}
END_TEST

/* Whose ttl is 0: CHANGE keeps it, FORWARD and REMOVE end the session. */
static const struct {
    shs_write_kind_t kind;
    int may_have_none;
} ttls[] = {
    { SHS_WRITE_CREATE, 0 },  { SHS_WRITE_CHANGE, 1 }, { SHS_WRITE_TOUCH, 0 },
    { SHS_WRITE_FORWARD, 1 }, { SHS_WRITE_REMOVE, 1 },
};

START_TEST(store_write__asserts_that_what_lives_has_a_ttl)
{
    shs_store_t *store = store_of("fake://h");
    shs_write_t write = write_of(ttls[_i].kind, 0);
    shs_answer_t answer;
    int status = -1;
    pid_t child;

    shs_store_start_child(store, 1, p);
    last_created->wrote = SHS_WROTE_DONE;
    child = fork();
    if (child == 0) {
        fclose(stderr); /* where assert() would shout */
        shs_store_write(&answer, store, &write, p);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status == 0, ttls[_i].may_have_none);
    ck_assert(status == 0 || WIFSIGNALED(status));
}
END_TEST

/* -------------------------------------------------------- its near-cache */

static const char *prefixes_of(const shs_watch_t *watch)
{
    const char *text = "";
    int i;

    for (i = 0; i < watch->prefix_count; i++) {
        text = apr_pstrcat(p, text, watch->prefixes[i], "|", NULL);
    }
    return text;
}

static shs_store_t *cached_store(void)
{
    shs_near_policy_t policy = near_policy();
    shs_store_t *store = store_of("fake://h");

    watched = NULL;
    cannot_listen = 0;
    ck_assert(shs_store_set_cache(store, &policy));
    ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
    ck_assert_int_eq(shs_store_share_cache(store, 0, p), APR_SUCCESS);
    return store;
}

START_TEST(store_cache__is_none_where_none_is_wanted_or_possible)
{
    shs_near_policy_t policy = near_policy();
    shs_store_t *off, *cannot = NULL;

    shs_store_register(&deaf);
    off = store_of("fake://h");
    shs_store_create(&cannot, "deaf://h", options(NULL, NULL), p);
    ck_assert(shs_store_set_cache(cannot, &policy));
    policy.is_on = 0;
    ck_assert(shs_store_set_cache(off, &policy));
    ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
    ck_assert_int_eq(shs_store_share_cache(off, 0, p), APR_SUCCESS);
    ck_assert_int_eq(shs_store_share_cache(cannot, 0, p), APR_SUCCESS);
    watched = NULL;
    ck_assert(shs_store_start_child(off, 1, p));
    ck_assert(shs_store_start_child(cannot, 1, p));
    ck_assert_ptr_null(shs_store_cache(off));
    ck_assert_ptr_null(shs_store_flights(off));
    ck_assert_ptr_null(shs_store_cache(cannot));
    ck_assert_ptr_null(watched);
}
END_TEST

START_TEST(store_set_cache__refuses_another_policy)
{
    shs_near_policy_t policy = near_policy();
    shs_store_t *store = store_of("fake://h");

    ck_assert(shs_store_set_cache(store, &policy));
    ck_assert(shs_store_set_cache(store, &policy));
    policy.lease++;
    ck_assert(!shs_store_set_cache(store, &policy));
}
END_TEST

static const struct {
    const char *added[4];
    const char *come_to;
    const char *why;
} prefixes[] = {
    { { "session:" }, "session:|", "one" },
    { { "a:", "b:", "a:" }, "a:|b:|", "one twice" },
    { { "a:", "a:b:", "c:" }, "a:|c:|", "one within another" },
    { { "a:b:", "c:", "a:" }, "c:|a:|", "one around another" },
    { { "a:b:", "a:c:", "a:" }, "a:|", "one around two" },
    { { "a:", "" }, "|", "everything" },
    { { "", "a:" }, "|", "everything first" },
};

START_TEST(store_add_prefix__leaves_none_that_begins_with_another)
{
    shs_store_t *store = cached_store();
    int i;

    for (i = 0; i < 4 && prefixes[_i].added[i]; i++) {
        shs_store_add_prefix(store, prefixes[_i].added[i]);
    }
    ck_assert(shs_store_start_child(store, 1, p));
    ck_assert_msg(!strcmp(prefixes_of(watched), prefixes[_i].come_to), "%s: %s",
                  prefixes[_i].why, prefixes_of(watched));
}
END_TEST

START_TEST(store_add_prefix__of_too_many_means_all)
{
    shs_store_t *store = cached_store();
    int i;

    for (i = 0; i <= SHS_WATCH_PREFIXES; i++) {
        shs_store_add_prefix(store, apr_psprintf(p, "%c:", 'a' + i));
    }
    ck_assert(shs_store_start_child(store, 1, p));
    ck_assert_int_eq(watched->prefix_count, 0);
}
END_TEST

static shs_near_ticket_t ticket_for(shs_store_t *store, const char *key)
{
    shs_near_name_t name = near_name(shs_store_cache(store), key);
    shs_near_ticket_t ticket;

    ck_assert(shs_near_cache_begin(&ticket, shs_store_cache(store), &name,
                                   shs_clock_now()));
    return ticket;
}

static void keep(shs_store_t *store, const char *key,
                 const shs_near_ticket_t *ticket)
{
    shs_near_name_t name = near_name(shs_store_cache(store), key);

    shs_near_cache_put(shs_store_cache(store), &name, ticket, NEAR_SOURCE,
                       OCTETS("value"), SHS_TTL_FOREVER);
}

static const char *found(shs_store_t *store, const char *key)
{
    return near_find(shs_store_cache(store), key, shs_clock_now());
}

/* As the listener's thread calls. */
static shs_store_t *live_store(void)
{
    static const apr_uint32_t source = NEAR_SOURCE;
    shs_store_t *store = cached_store();

    ck_assert(shs_store_start_child(store, 1, p));
    ck_assert_ptr_nonnull(shs_store_flights(store));
    ck_assert(watched->elected(watched->baton, shs_clock_now()));
    watched->listening(watched->baton, &source, 1);
    watched->lively(watched->baton, shs_clock_now());
    return store;
}

START_TEST(store_cache__is_told_what_the_watch_is_told)
{
    shs_store_t *store = live_store();
    shs_near_ticket_t ticket = ticket_for(store, "k");

    keep(store, "k", &ticket);
    ck_assert_str_eq(found(store, "k"), "value");
    watched->changed(watched->baton, unit_text("k"));
    ck_assert_str_eq(found(store, "k"), "MISS");
    ticket = ticket_for(store, "k");
    keep(store, "k", &ticket);
    ck_assert_str_eq(found(store, "k"), "value");
    watched->flushed(watched->baton);
    ck_assert_str_eq(found(store, "k"), "MISS");
    watched->listening(watched->baton, NULL, 0);
    ticket = ticket_for(store, "k");
    keep(store, "k", &ticket);
    ck_assert_str_eq(found(store, "k"), "MISS");
    ck_assert_int_eq(watched->lease, near_policy().lease);
}
END_TEST

static const shs_wrote_t wrote[] = { SHS_WROTE_DONE, SHS_WROTE_UNAVAILABLE };

/* Nobody has heard of it yet: it may be written though no answer came. */
START_TEST(store_write__drops_what_is_near_whatever_came_of_it)
{
    shs_store_t *store = live_store();
    shs_near_ticket_t before = ticket_for(store, "k");
    shs_answer_t answer;
    shs_write_t write;

    keep(store, "k", &before);
    keep(store, "other", &before);
    memset(&write, 0, sizeof(write));
    write.kind = SHS_WRITE_REMOVE;
    write.at.key = unit_text("k");
    write.at.max_octets = 100;
    last_created->wrote = wrote[_i];
    last_created->answer.reason = "a reason";
    ck_assert_int_eq(shs_store_write(&answer, store, &write, p), wrote[_i]);
    ck_assert_str_eq(found(store, "k"), "MISS");
    /* Who has asked before the write and is late. */
    keep(store, "k", &before);
    ck_assert_str_eq(found(store, "k"), "MISS");
}
END_TEST

/* Asks until that is told, and says for what reason. */
static const char *load_until(shs_store_t *store, shs_transition_t transition,
                              int is_live)
{
    apr_time_t end = shs_clock_now() + apr_time_from_sec(20);
    shs_query_t query = { OCTETS("k"), SHS_SHAPE_FIELDS, 100, 0 };
    shs_answer_t answer;

    do {
        ck_assert(shs_clock_now() < end);
        if (is_live) {
            watched->lively(watched->baton, shs_clock_now());
        }
        shs_store_load(&answer, store, &query, p);
    } while (answer.transition == SHS_TRANSITION_NONE);
    ck_assert_int_eq(answer.transition, transition);
    return answer.transition_reason;
}

/* The address space of the test's own process has room for so much more; 0: as
 * much as there is. */
static void limit_memory(apr_size_t more)
{
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    struct rlimit limit;

    ck_assert_ptr_nonnull(statm);
    ck_assert_int_eq(fscanf(statm, "%lu", &pages), 1);
    fclose(statm);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = more > 0 ? pages * (rlim_t)sysconf(_SC_PAGESIZE) + more
                              : limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

START_TEST(store_share_cache__fails_or_takes_as_much_as_can_be_had)
{
    static const struct {
        apr_size_t room; /* KiB */
        int may_be_less;
        const char *words;
    } rows[] = { { 64 * 1024, 0, "near-cache of 512M, lease 2000ms" },
                 { 64 * 1024, 1, "near-cache of 32M, lease 2000ms" },
                 { 1024 * 1024, 1, "near-cache of 512M, lease 2000ms" },
                 { 512, 1, "no near-cache" } };
    shs_near_policy_t policy = near_policy();
    shs_store_t *store = store_of("fake://h");
    apr_status_t rv;
    int is_whole = rows[_i].room > (apr_size_t)512 * 1024;

    policy.size = (apr_size_t)512 * 1024 * 1024;
    policy.lease = apr_time_from_sec(2);
    cannot_listen = 0;
    watched = NULL;
    ck_assert(shs_store_set_cache(store, &policy));
    ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
    limit_memory(rows[_i].room * 1024);
    rv = shs_store_share_cache(store, rows[_i].may_be_less, p);
    limit_memory(0);
    ck_assert_int_eq(rv == APR_SUCCESS, is_whole);
    ck_assert_str_eq(shs_store_describe_cache(store, p), rows[_i].words);
    if (rows[_i].may_be_less) {
        ck_assert(shs_store_start_child(store, 1, p));
        ck_assert_int_eq(shs_store_cache(store) != NULL, rows[_i].room > 512);
    }
}
END_TEST

START_TEST(store_load__tells_that_nothing_is_kept_near_and_when_it_is_again)
{
    static const apr_uint32_t source = NEAR_SOURCE;
    shs_near_policy_t policy = near_policy();
    shs_store_t *store = store_of("fake://h");

    policy.lease = 100 * 1000;
    cannot_listen = 0;
    ck_assert(shs_store_set_cache(store, &policy));
    ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
    ck_assert_int_eq(shs_store_share_cache(store, 0, p), APR_SUCCESS);
    ck_assert(shs_store_start_child(store, 1, p));
    last_created->outcome = SHS_OUTCOME_ABSENT;
    last_created->answer.reason = "nothing is there";
    watched->silent(watched->baton, "it may not listen");
    ck_assert_str_eq(load_until(store, SHS_TRANSITION_SILENT, 0),
                     "it may not listen");
    ck_assert(watched->elected(watched->baton, shs_clock_now()));
    watched->listening(watched->baton, &source, 1);
    load_until(store, SHS_TRANSITION_TELLING, 1);
}
END_TEST

START_TEST(store_describe_cache__says_how_large_and_how_old)
{
    shs_near_policy_t policy = near_policy();
    shs_store_t *on = store_of("fake://on"), *off = store_of("fake://off");

    ck_assert(shs_store_set_cache(on, &policy));
    policy.is_on = 0;
    ck_assert(shs_store_set_cache(off, &policy));
    ck_assert_str_eq(shs_store_describe_cache(on, p),
                     "near-cache of 1M, lease 2000ms");
    ck_assert_str_eq(shs_store_describe_cache(off, p), "no near-cache");
}
END_TEST

START_TEST(store_start_child__fails_with_the_listener)
{
    shs_store_t *store = cached_store();

    cannot_listen = 1;
    ck_assert(!shs_store_start_child(store, 1, p));
}
END_TEST

static void gather(void *baton, const char *name, const char *value)
{
    const char **text = baton;

    *text = apr_pstrcat(p, *text, name, "=", value, "|", NULL);
}

START_TEST(store_report__tells_of_the_cache_in_any_process)
{
    shs_store_t *store = cached_store();
    const char *text = "";

    shs_store_report(gather, &text, store, p);
    ck_assert_msg(strstr(text, "Cache=no child listens yet|CacheHits=0|"), "%s",
                  text);
    ck_assert(shs_store_start_child(store, 1, p));
    watched->silent(watched->baton, "a reason");
    watched->flushed(watched->baton);
    text = "";
    shs_store_report(gather, &text, store, p);
    ck_assert_msg(strstr(text, "Cache=a reason|"), "%s", text);
    ck_assert_msg(strstr(text, "CacheFlushes=1|"), "%s", text);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, store_share_cache__fails_or_takes_as_much_as_can_be_had, 0, 4);
    tcase_add_test(tc, store_cache__is_none_where_none_is_wanted_or_possible);
    tcase_add_test(tc, store_set_cache__refuses_another_policy);
    tcase_add_loop_test(tc,
                        store_add_prefix__leaves_none_that_begins_with_another,
                        0, ROWS(prefixes));
    tcase_add_test(tc, store_add_prefix__of_too_many_means_all);
    tcase_add_test(tc, store_cache__is_told_what_the_watch_is_told);
    tcase_add_loop_test(tc, store_write__drops_what_is_near_whatever_came_of_it,
                        0, ROWS(wrote));
    tcase_add_test(
        tc, store_load__tells_that_nothing_is_kept_near_and_when_it_is_again);
    tcase_add_test(tc, store_describe_cache__says_how_large_and_how_old);
    tcase_add_test(tc, store_start_child__fails_with_the_listener);
    tcase_add_loop_test(tc, store_note_excess__counts_and_tells_one, 0, 2);
    tcase_add_test(tc, store_report__tells_of_the_cache_in_any_process);
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
    tcase_add_test(
        tc, store_start_child__gives_zeroed_memory_to_a_store_that_shares_none);
    tcase_add_test(tc, store_share__gives_each_store_a_part_of_its_own);
    tcase_add_test(tc, store_share__is_seen_by_another_process);
    tcase_add_test(tc, store_share__needs_no_memory_for_no_stores);
    tcase_add_loop_test(tc, store_note_excess__counts_and_tells_one, 0, 2);
    tcase_add_test(tc, store_report__tells_what_is_shared_in_any_process);
    tcase_add_test(tc, store_timeout__is_the_providers);
    tcase_add_loop_test(tc, store_load__turns_no_outcome_into_another, 0,
                        ROWS(outcomes));
    tcase_add_loop_test(tc, store_write__turns_no_outcome_into_another, 0,
                        ROWS(wrotes));
    tcase_add_test(tc, store_write__begins_with_an_empty_answer);
    tcase_add_loop_test(tc, store_write__asserts_that_what_lives_has_a_ttl, 0,
                        ROWS(ttls));
}

int main(void)
{
    return unit_main("store", add);
}
