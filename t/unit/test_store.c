/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "near.h"
#include "base/clock.h"
#include "unit.h"

/* ------------------------------------------------- a provider of our own */

typedef struct fake_store_t {
    int threads;
    char *host_state;
    int is_without_memory;
    int loads;
    const shs_query_t *query;
    shs_result_t result;
    shs_outcome_t outcome;
    shs_wrote_t wrote;
    int leaves_result; /* it does not set the result */
} fake_store_t;

static fake_store_t *last_created;

/* The octets that each store shares. */
#define HOST_STATE_SIZE 100

static const char *fake_create(void **self, shs_provider_words_t *words,
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

static apr_size_t fake_host_state_size(const void *self)
{
    (void)self;
    return HOST_STATE_SIZE;
}

static int fake_start_child(void *self, void *host_state, int threads,
                            apr_pool_t *pchild)
{
    fake_store_t *store = self;

    (void)pchild;
    store->threads = threads;
    store->host_state = host_state;
    return !store->is_without_memory;
}

static shs_outcome_t fake_load(shs_result_t *result, void *self,
                               const shs_query_t *query, apr_pool_t *pool)
{
    fake_store_t *store = self;

    (void)pool;
    store->loads++;
    store->query = query;
    *result = store->result;
    return store->outcome;
}

static shs_wrote_t fake_write(shs_result_t *result, void *self,
                              const shs_write_t *write, apr_pool_t *pool)
{
    fake_store_t *store = self;

    (void)pool;
    store->query = &write->at;
    if (!store->leaves_result) {
        *result = store->result;
    }
    return store->wrote;
}

static apr_interval_time_t fake_timeout(const void *self)
{
    (void)self;
    return 123456;
}

static const shs_invalidation_sink_t *sink_of_provider;
static int cannot_track;

static int fake_track(void *self, const shs_invalidation_sink_t *sink,
                      apr_pool_t *pchild)
{
    (void)self;
    (void)pchild;
    sink_of_provider = sink;
    return !cannot_track;
}

static const shs_metric_t first = { "First", SHS_METRIC_GAUGE, "An octet." };

/* Reports the first shared octet. */
static void fake_report(shs_report_fn report, void *baton, const void *self,
                        const void *host_state, apr_pool_t *pool)
{
    (void)self;
    report(baton, &first, apr_psprintf(pool, "%d", *(const char *)host_state));
}

static const shs_provider_t fake = { fake_create,      fake_host_state_size,
                                     fake_start_child, fake_load,
                                     fake_write,       fake_timeout,
                                     fake_track,       fake_report };

/* It has what is required. */
static const shs_provider_t small = { .create = fake_create,
                                      .load = fake_load,
                                      .write = fake_write,
                                      .timeout = fake_timeout };

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

    ck_assert_pstr_eq(
        shs_store_create(&store, &fake, url, options(NULL, NULL), p), NULL);
    ck_assert_ptr_nonnull(store);
    return store;
}

/* ---------------------------------------------------------------- create */

START_TEST(store_create__describes_the_store_as_the_provider_does)
{
    ck_assert_str_eq(shs_store_describe(store_of("fake://h")), "a fake");
    ck_assert_str_eq(shs_store_describe_options(store_of("fake://h")), "x=0");
    ck_assert_str_eq(shs_store_location(store_of("fake://h")), "anywhere");
}
END_TEST

START_TEST(store_create__returns_the_error_of_the_provider)
{
    shs_store_t *store = NULL;

    ck_assert_str_eq(
        shs_store_create(&store, &fake, "fake://wrong", options(NULL, NULL), p),
        "the host is wrong");
    ck_assert_int_eq(shs_store_list(p)->nelts, 0);
}
END_TEST

/* A provider of another project may have forgotten something. */
static const char *(*create_of_another)(void **self,
                                        shs_provider_words_t *words,
                                        const char *url,
                                        const apr_array_header_t *options,
                                        apr_pool_t *pool);
static int forgotten;

static const char *forgetful_create(void **self, shs_provider_words_t *words,
                                    const char *url,
                                    const apr_array_header_t *list,
                                    apr_pool_t *pool)
{
    const char **all[] = { &words->identity, &words->url, &words->options,
                           &words->location };
    const char *error = create_of_another(self, words, url, list, pool);

    if (forgotten < ROWS(all)) {
        *all[forgotten] = NULL;
    }
    return error;
}

START_TEST(store_create__refuses_a_provider_that_forgets_a_word)
{
    shs_provider_t forgetful = fake;
    shs_store_t *store = NULL;
    const char *error;

    create_of_another = fake_create;
    forgetful.create = forgetful_create;
    forgotten = _i;
    error = shs_store_create(&store, &forgetful, "fake://h",
                             options(NULL, NULL), p);
    if (_i == 4) {
        ck_assert_pstr_eq(error, NULL); /* none was forgotten */
        return;
    }
    ck_assert_str_eq(error, "its provider does not describe the store");
    ck_assert_int_eq(shs_store_list(p)->nelts, 0);
}
END_TEST

START_TEST(store_create__refuses_a_provider_that_lacks_a_function)
{
    shs_provider_t lacking = small;
    shs_store_t *store = NULL;

    if (_i == 0) {
        lacking.create = NULL;
    }
    else if (_i == 1) {
        lacking.load = NULL;
    }
    else if (_i == 2) {
        lacking.write = NULL;
    }
    else {
        lacking.timeout = NULL;
    }
    ck_assert_str_eq(
        shs_store_create(&store, &lacking, "fake://h", options(NULL, NULL), p),
        "its provider lacks a function that is required");
}
END_TEST

static void refuse_report(void *baton, const shs_metric_t *metric,
                          const char *value)
{
    (void)baton;
    (void)value;
    ck_assert_str_eq(metric->name, "LeftOut");
}

START_TEST(store_create__needs_no_more_than_four_functions)
{
    shs_query_t query = { { "k", 1 }, SHS_SHAPE_STRING, 100, 0, NULL };
    shs_store_t *store = NULL;
    shs_result_t result;

    ck_assert_pstr_eq(
        shs_store_create(&store, &small, "small://h", options(NULL, NULL), p),
        NULL);
    shs_store_report(refuse_report, NULL, store, p);
    if (_i == 0) {
        ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
    }
    ck_assert(shs_store_start_child(store, 1, p));
    last_created->outcome = SHS_OUTCOME_ABSENT;
    last_created->result.reason = "nothing there";
    ck_assert_int_eq(shs_store_load(&result, store, &query, p),
                     SHS_OUTCOME_ABSENT);
    shs_store_report(refuse_report, NULL, store, p);
}
END_TEST

START_TEST(store_create__finds_an_equal_store)
{
    shs_store_t *a;
    shs_store_t *b;

    shs_store_create(&a, &fake, "fake://h", options("x=1", NULL), p);
    shs_store_create(&b, &fake, "fake://h", options("x=1", NULL), p);
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

    shs_store_create(&a, &fake, "fake://h", options("x=1", NULL), p);
    shs_store_create(&b, &fake, "fake://h", options("x=2", NULL), p);
    ck_assert_ptr_ne(a, b);
    /* A restart reads the configuration into a pool that is new or cleared:
     * what an old one held is gone. */
    apr_pool_create(&other, p);
    shs_store_create(&c, &fake, "fake://h", options("x=1", NULL), other);
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

/* ------------------------------------------------------------------ load */

START_TEST(store_start_child__passes_the_number_of_threads)
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

/* Without shs_store_share(). */
START_TEST(store_start_child__zeroes_memory_that_is_not_shared)
{
    shs_store_t *store = store_of("fake://h");

    apr_palloc(p, 8); /* the next one is not aligned by chance */
    shs_store_start_child(store, 1, p);
    ck_assert_ptr_nonnull(last_created->host_state);
    ck_assert_int_eq((apr_uintptr_t)last_created->host_state % 64, 0);
    ck_assert(is_zero(last_created->host_state, HOST_STATE_SIZE));
    memset(last_created->host_state, 1, HOST_STATE_SIZE);
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
        ck_assert(is_zero(stores[i]->host_state, HOST_STATE_SIZE));
        ck_assert_int_eq((apr_uintptr_t)stores[i]->host_state % 64, 0);
        memset(stores[i]->host_state, i + 1, HOST_STATE_SIZE);
    }
    for (i = 0; i < STORES; i++) {
        for (j = 0; j < HOST_STATE_SIZE; j++) {
            ck_assert_int_eq(stores[i]->host_state[j], i + 1);
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
        self->host_state[0] = 42;
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    shs_store_start_child(store, 1, p);
    ck_assert_int_eq(self->host_state[0], 42);
}
END_TEST

START_TEST(store_share__needs_no_memory_for_no_stores)
{
    ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
}
END_TEST

static void remember(void *baton, const shs_metric_t *metric, const char *value)
{
    const char **reported = baton;

    *reported = apr_psprintf(p, "%s%s%s=%s", *reported ? *reported : "",
                             *reported ? " " : "", metric->name, value);
}

START_TEST(store_report__works_in_any_process)
{
    shs_store_t *store = store_of("fake://h");
    const char *reported = NULL;

    /* Nothing is known yet. */
    shs_store_report(remember, &reported, store, p);
    ck_assert_ptr_null(reported);
    shs_store_share(p);
    shs_store_report(remember, &reported, store, p);
    ck_assert_str_eq(reported, "First=0 LeftOut=0");
    shs_store_start_child(store, 1, p);
    last_created->host_state[0] = 7;
    reported = NULL;
    shs_store_report(remember, &reported, store, p);
    ck_assert_str_eq(reported, "First=7 LeftOut=0");
}
END_TEST

/* Without shared memory too. */
START_TEST(store_note_left_out__counts_and_warns_once)
{
    shs_store_t *store = store_of("fake://h");
    const char *reported = NULL;

    if (_i) {
        shs_store_share(p);
    }
    shs_store_start_child(store, 1, p);
    ck_assert(shs_store_note_left_out(store));
    ck_assert(!shs_store_note_left_out(store));
    shs_store_report(remember, &reported, store, p);
    ck_assert_str_eq(reported, "First=0 LeftOut=2");
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
    shs_result_t result;

    shs_store_start_child(store, 1, p);
    last_created->outcome = outcomes[_i];
    last_created->result.reason = _i ? "a reason" : NULL;
    last_created->result.record.shape = SHS_SHAPE_STRING;
    last_created->result.record.string = OCTETS("v");
    last_created->result.record.ttl = SHS_TTL_FOREVER;
    ck_assert_int_eq(shs_store_load(&result, store, &query, p), outcomes[_i]);
    ck_assert_pstr_eq(result.reason, _i ? "a reason" : NULL);
    ck_assert_int_eq(last_created->loads, 1);
    ck_assert_ptr_eq(last_created->query, &query);
}
END_TEST

/* A provider of another project may have forgotten something here too: that
 * ends no child, and is named. */
static const struct {
    shs_outcome_t outcome;
    shs_shape_t shape;
    const char *reason;
    const char *broken;
} broken_reads[] = {
    { SHS_OUTCOME_NONE, SHS_SHAPE_STRING, "a reason",
      "an outcome that no read" },
    { (shs_outcome_t)99, SHS_SHAPE_STRING, "a reason",
      "an outcome that no read" },
    { SHS_OUTCOME_ABSENT, SHS_SHAPE_STRING, NULL, "has no reason" },
    { SHS_OUTCOME_MALFORMED, SHS_SHAPE_STRING, NULL, "has no reason" },
    { SHS_OUTCOME_UNAVAILABLE, SHS_SHAPE_STRING, NULL, "has no reason" },
    { SHS_OUTCOME_FOUND, SHS_SHAPE_FIELDS, NULL, "another shape" },
};

START_TEST(store_load__is_unavailable_by_a_broken_promise)
{
    shs_store_t *store = store_of("fake://h");
    shs_query_t query = { OCTETS("key"), SHS_SHAPE_STRING, 100, 0 };
    shs_result_t result;

    shs_store_start_child(store, 1, p);
    last_created->outcome = broken_reads[_i].outcome;
    last_created->result.reason = broken_reads[_i].reason;
    last_created->result.record.shape = broken_reads[_i].shape;
    last_created->result.server_id = 7;
    ck_assert_int_eq(shs_store_load(&result, store, &query, p),
                     SHS_OUTCOME_UNAVAILABLE);
    ck_assert_msg(strstr(result.reason, "the store's provider is in error")
                      && strstr(result.reason, broken_reads[_i].broken),
                  "%s", result.reason);
    ck_assert_uint_eq(result.server_id, 0);
    ck_assert_int_eq(result.transition, SHS_TRANSITION_DEGRADED);
    ck_assert_str_eq(result.transition_reason, result.reason);
    /* It is logged once a minute. */
    shs_store_load(&result, store, &query, p);
    ck_assert_int_eq(result.transition, SHS_TRANSITION_NONE);
}
END_TEST

static shs_record_field_t too_many[SHS_STORE_MAX_FIELDS + 1];

/* As OCTETS(), for static data. */
#define TEXT(literal) (literal), sizeof(literal) - 1

static const shs_record_field_t no_name[] = { { { NULL, 1 }, { TEXT("v") } } };
static const shs_record_field_t no_value[] = { { { TEXT("n") }, { NULL, 1 } } };
static const shs_record_field_t empty[] = { { { TEXT("n") }, { NULL, 0 } } };
static const shs_record_field_t fitting[] = {
    { { TEXT("12") }, { TEXT("345") } }, { { TEXT("6") }, { TEXT("7890") } }
};
static const shs_record_field_t large_value[] = {
    { { TEXT("12") }, { TEXT("345") } }, { { TEXT("6") }, { TEXT("7890!") } }
};
static const shs_record_field_t large_name[] = { { { TEXT("12345678901") },
                                                   { TEXT("") } } };
/* Their sum overflows. */
static const shs_record_field_t huge_value[] = { { { TEXT("12") },
                                                   { "3", APR_SIZE_MAX } } };
static const shs_record_field_t huge_name[] = { { { "1", APR_SIZE_MAX },
                                                  { TEXT("23") } } };

/* Records for a query of at most 10 octets. `broken` is NULL: no promise is
 * broken. */
static const struct {
    shs_record_t record;
    const char *broken;
} records[] = {
    { { SHS_SHAPE_STRING, { TEXT("1234567890") }, NULL, 0, 1 }, NULL },
    { { SHS_SHAPE_STRING, { NULL, 0 }, NULL, 0, 1 }, NULL },
    { { SHS_SHAPE_STRING, { TEXT("v") }, NULL, 0, SHS_TTL_FOREVER }, NULL },
    { { SHS_SHAPE_STRING, { TEXT("v") }, NULL, 0, 0 }, NULL },
    { { SHS_SHAPE_STRING, { TEXT("v") }, NULL, 0, -2 },
      "negative time to live" },
    { { SHS_SHAPE_STRING, { TEXT("v") }, NULL, 0, APR_INT64_MIN },
      "negative time to live" },
    { { SHS_SHAPE_STRING, { TEXT("12345678901") }, NULL, 0, 1 },
      "larger than its query" },
    { { SHS_SHAPE_STRING, { NULL, 1 }, NULL, 0, 1 }, "a string has no data" },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, fitting, 2, 1 }, NULL },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, empty, 1, 1 }, NULL },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, NULL, 0, 1 }, NULL },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, too_many, SHS_STORE_MAX_FIELDS, 1 },
      NULL },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, fitting, 2, -2 },
      "negative time to live" },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, NULL, 1, 1 }, "has no fields" },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, no_name, 1, 1 }, "a field has no data" },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, no_value, 1, 1 },
      "a field has no data" },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, large_value, 2, 1 },
      "larger than its query" },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, large_name, 1, 1 },
      "larger than its query" },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, huge_value, 1, 1 },
      "larger than its query" },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, huge_name, 1, 1 },
      "larger than its query" },
    { { SHS_SHAPE_FIELDS, { NULL, 0 }, too_many, SHS_STORE_MAX_FIELDS + 1, 1 },
      "too many fields" },
};

START_TEST(store_load__checks_the_record)
{
    shs_store_t *store = store_of("fake://h");
    shs_query_t query = { OCTETS("key"), records[_i].record.shape, 10, 0 };
    const char *broken = records[_i].broken;
    shs_result_t result;

    shs_store_start_child(store, 1, p);
    last_created->outcome = SHS_OUTCOME_FOUND;
    last_created->result.record = records[_i].record;
    ck_assert_int_eq(shs_store_load(&result, store, &query, p),
                     broken ? SHS_OUTCOME_UNAVAILABLE : SHS_OUTCOME_FOUND);
    if (broken) {
        ck_assert_msg(strstr(result.reason, broken), "%s", result.reason);
        ck_assert_ptr_null(result.record.fields);
        ck_assert_uint_eq(result.record.count, 0);
        ck_assert_ptr_null(result.record.string.data);
    }
}
END_TEST

#define FIELD(name)     \
    {                   \
        { TEXT(name) }, \
        {               \
            "", 0       \
        }               \
    }

static const shs_record_field_t of_all[] = { FIELD("a"), FIELD("bc"),
                                             FIELD("") };
static const shs_record_field_t of_last[] = { { { NULL, 0 }, { "v", 1 } } };
static const shs_record_field_t of_outer[] = { FIELD("a"), FIELD("") };
static const shs_record_field_t in_disorder[] = { FIELD("bc"), FIELD("a") };
static const shs_record_field_t twice[] = { FIELD("a"), FIELD("a") };
static const shs_record_field_t with_other[] = { FIELD("a"), FIELD("bd") };
static const shs_record_field_t other_first[] = { FIELD("b"), FIELD("bc") };
static const shs_record_field_t too_long[] = { FIELD("a"), FIELD("bc"),
                                               FIELD(""), FIELD("x") };

/* Records for a query of the fields "a", "bc" and "". */
static const struct {
    const shs_record_field_t *fields;
    apr_size_t count;
    const char *broken; /* NULL: no promise is broken */
} named[] = {
    { of_all, 3, NULL },
    { of_all, 1, NULL },
    { of_last, 1, NULL },
    { of_outer, 2, NULL },
    { of_all, 0, "none of the fields" },
    { in_disorder, 2, "other fields than were asked for" },
    { twice, 2, "other fields than were asked for" },
    { with_other, 2, "other fields than were asked for" },
    { other_first, 2, "other fields than were asked for" },
    { too_long, 4, "other fields than were asked for" },
};

START_TEST(store_load__accepts_only_the_fields_that_were_asked_for)
{
    static const shs_octets_t names[] = { { "a", 1 }, { "bc", 2 }, { "", 0 } };
    shs_store_t *store = store_of("fake://h");
    shs_query_t query = { OCTETS("key"), SHS_SHAPE_FIELDS, 10, 0 };
    const char *broken = named[_i].broken;
    shs_result_t result;

    query.names = names;
    query.name_count = 3;
    shs_store_start_child(store, 1, p);
    last_created->outcome = SHS_OUTCOME_FOUND;
    last_created->result.record.shape = SHS_SHAPE_FIELDS;
    last_created->result.record.fields = named[_i].fields;
    last_created->result.record.count = named[_i].count;
    ck_assert_int_eq(shs_store_load(&result, store, &query, p),
                     broken ? SHS_OUTCOME_UNAVAILABLE : SHS_OUTCOME_FOUND);
    ck_assert_msg(!broken || strstr(result.reason, broken), "%s",
                  result.reason);
}
END_TEST

/* Whatever a provider returns then, also if it sets nothing. */
static const apr_interval_time_t unasked[] = { 0, 5, SHS_TTL_FOREVER,
                                               SHS_TTL_UNKNOWN, -7 };

START_TEST(store_load__knows_no_time_to_live_that_is_not_needed)
{
    shs_store_t *store = store_of("fake://h");
    shs_query_t query = { OCTETS("key"), SHS_SHAPE_STRING, 10, 0, NULL, 1 };
    shs_result_t result;

    shs_store_start_child(store, 1, p);
    last_created->outcome = SHS_OUTCOME_FOUND;
    last_created->result.record.shape = SHS_SHAPE_STRING;
    last_created->result.record.ttl = unasked[_i];
    ck_assert_int_eq(shs_store_load(&result, store, &query, p),
                     SHS_OUTCOME_FOUND);
    ck_assert_int_eq(result.record.ttl, SHS_TTL_UNKNOWN);
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
    { SHS_WROTE_UNAVAILABLE, "no result" },
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
    shs_result_t result;

    shs_store_start_child(store, 1, p);
    last_created->wrote = wrotes[_i].wrote;
    last_created->result.reason = wrotes[_i].reason;
    last_created->result.transition = SHS_TRANSITION_UP;
    ck_assert_int_eq(shs_store_write(&result, store, &write, p),
                     wrotes[_i].wrote);
    ck_assert_pstr_eq(result.reason, wrotes[_i].reason);
    ck_assert_int_eq(result.transition, SHS_TRANSITION_UP);
    ck_assert_ptr_eq(last_created->query, &write.at);
    ck_assert_int_eq(last_created->loads, 0);
}
END_TEST

static const struct {
    shs_wrote_t wrote;
    const char *reason;
    const char *broken;
} broken_writes[] = {
    { SHS_WROTE_GONE, NULL, "has no reason" },
    { SHS_WROTE_CONFLICT, NULL, "has no reason" },
    { SHS_WROTE_TOO_LARGE, NULL, "has no reason" },
    { SHS_WROTE_MALFORMED, NULL, "has no reason" },
    { SHS_WROTE_UNAVAILABLE, NULL, "has no reason" },
    { SHS_WROTE_ROTATED, "a reason", "a result that no provider" },
    { SHS_WROTE_INVALID, "a reason", "a result that no provider" },
    { SHS_WROTE_FORBIDDEN, "a reason", "a result that no provider" },
    { SHS_WROTE_LATE, "a reason", "a result that no provider" },
    { (shs_wrote_t)99, "a reason", "a result that no provider" },
};

START_TEST(store_write__is_unavailable_by_a_broken_promise)
{
    shs_store_t *store = store_of("fake://h");
    shs_write_t write = write_of(SHS_WRITE_CREATE, 1000);
    shs_result_t result;

    shs_store_start_child(store, 1, p);
    last_created->wrote = broken_writes[_i].wrote;
    last_created->result.reason = broken_writes[_i].reason;
    ck_assert_int_eq(shs_store_write(&result, store, &write, p),
                     SHS_WROTE_UNAVAILABLE);
    ck_assert_msg(strstr(result.reason, "the store's provider is in error")
                      && strstr(result.reason, broken_writes[_i].broken),
                  "%s", result.reason);
}
END_TEST

/* A provider sets only the members that apply. */
START_TEST(store_write__begins_with_an_empty_result)
{
    shs_store_t *store = store_of("fake://h");
    shs_write_t write = write_of(SHS_WRITE_REMOVE, 0);
    shs_result_t result, nothing;

    shs_store_start_child(store, 1, p);
    last_created->leaves_result = 1;
    last_created->wrote = SHS_WROTE_DONE;
    memset(&result, 1, sizeof(result));
    memset(&nothing, 0, sizeof(nothing));
    shs_store_write(&result, store, &write, p);
    ck_assert_int_eq(memcmp(&result, &nothing, sizeof(result)), 0);
}
END_TEST

/* With a ttl of 0: CHANGE keeps it, FORWARD and REMOVE end the session. */
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
    shs_result_t result;
    int status = -1;
    pid_t child;

    shs_store_start_child(store, 1, p);
    last_created->wrote = SHS_WROTE_DONE;
    child = fork();
    if (child == 0) {
        fclose(stderr); /* where assert() would shout */
        shs_store_write(&result, store, &write, p);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status == 0, ttls[_i].may_have_none);
    ck_assert(status == 0 || WIFSIGNALED(status));
}
END_TEST

/* ------------------------------------------------------------ near-cache */

static const char *prefixes_of(const shs_invalidation_sink_t *sink)
{
    const char *text = "";
    int i;

    for (i = 0; i < sink->prefix_count; i++) {
        text = apr_pstrcat(p, text, sink->prefixes[i], "|", NULL);
    }
    return text;
}

static shs_store_t *cached_store(void)
{
    shs_near_policy_t policy = near_policy();
    shs_store_t *store = store_of("fake://h");

    sink_of_provider = NULL;
    cannot_track = 0;
    ck_assert(shs_store_set_cache(store, &policy));
    ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
    ck_assert_int_eq(shs_store_share_cache(store, 0, p), APR_SUCCESS);
    return store;
}

START_TEST(store_cache__is_null_when_off_or_untracked)
{
    shs_near_policy_t policy = near_policy();
    shs_store_t *off, *cannot = NULL;

    off = store_of("fake://h");
    shs_store_create(&cannot, &small, "small://h", options(NULL, NULL), p);
    ck_assert(shs_store_set_cache(cannot, &policy));
    policy.is_on = 0;
    ck_assert(shs_store_set_cache(off, &policy));
    ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
    ck_assert_int_eq(shs_store_share_cache(off, 0, p), APR_SUCCESS);
    ck_assert_int_eq(shs_store_share_cache(cannot, 0, p), APR_SUCCESS);
    sink_of_provider = NULL;
    ck_assert(shs_store_start_child(off, 1, p));
    ck_assert(shs_store_start_child(cannot, 1, p));
    ck_assert_ptr_null(shs_store_cache(off));
    ck_assert_ptr_null(shs_store_single_flight(off));
    ck_assert_ptr_null(shs_store_cache(cannot));
    ck_assert_ptr_null(sink_of_provider);
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
};

START_TEST(store_add_prefix__keeps_no_prefix_of_a_prefix)
{
    shs_store_t *store = cached_store();
    int i;

    for (i = 0; i < 4 && prefixes[_i].added[i]; i++) {
        shs_store_add_prefix(store, prefixes[_i].added[i]);
    }
    ck_assert(shs_store_start_child(store, 1, p));
    ck_assert_msg(!strcmp(prefixes_of(sink_of_provider), prefixes[_i].come_to),
                  "%s: %s", prefixes[_i].why, prefixes_of(sink_of_provider));
}
END_TEST

START_TEST(store_add_prefix__of_an_empty_one_tracks_all_keys)
{
    shs_store_t *store = cached_store();

    shs_store_add_prefix(store, "a:");
    shs_store_add_prefix(store, "");
    shs_store_add_prefix(store, "b:");
    ck_assert(shs_store_start_child(store, 1, p));
    ck_assert_int_eq(sink_of_provider->prefix_count, 0);
}
END_TEST

START_TEST(store_add_prefix__of_too_many_tracks_all_keys)
{
    shs_store_t *store = cached_store();
    int i;

    for (i = 0; i <= SHS_INVALIDATION_SINK_PREFIXES; i++) {
        shs_store_add_prefix(store, apr_psprintf(p, "%c:", 'a' + i));
    }
    ck_assert(shs_store_start_child(store, 1, p));
    ck_assert_int_eq(sink_of_provider->prefix_count, 0);
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

    shs_near_cache_put(shs_store_cache(store), &name, ticket, NEAR_SERVER,
                       OCTETS("value"), SHS_TTL_FOREVER);
}

static const char *found(shs_store_t *store, const char *key)
{
    return near_find(shs_store_cache(store), key, shs_clock_now());
}

/* As the tracker's thread calls the sink. */
static shs_store_t *live_store(void)
{
    static const apr_uint32_t server_id = NEAR_SERVER;
    shs_store_t *store = cached_store();

    ck_assert(shs_store_start_child(store, 1, p));
    ck_assert_ptr_nonnull(shs_store_single_flight(store));
    ck_assert(sink_of_provider->lead(sink_of_provider->baton, shs_clock_now()));
    sink_of_provider->set_servers(sink_of_provider->baton, &server_id, 1);
    sink_of_provider->extend_lease(sink_of_provider->baton, shs_clock_now());
    return store;
}

START_TEST(store_cache__follows_the_sink)
{
    shs_store_t *store = live_store();
    shs_near_ticket_t ticket = ticket_for(store, "k");

    keep(store, "k", &ticket);
    ck_assert_str_eq(found(store, "k"), "value");
    sink_of_provider->invalidate(sink_of_provider->baton, unit_text("k"));
    ck_assert_str_eq(found(store, "k"), "MISS");
    ticket = ticket_for(store, "k");
    keep(store, "k", &ticket);
    ck_assert_str_eq(found(store, "k"), "value");
    sink_of_provider->flush(sink_of_provider->baton);
    ck_assert_str_eq(found(store, "k"), "MISS");
    sink_of_provider->set_servers(sink_of_provider->baton, NULL, 0);
    ticket = ticket_for(store, "k");
    keep(store, "k", &ticket);
    ck_assert_str_eq(found(store, "k"), "MISS");
    ck_assert_int_eq(sink_of_provider->lease, near_policy().lease);
}
END_TEST

static const shs_wrote_t wrote[] = { SHS_WROTE_DONE, SHS_WROTE_UNAVAILABLE };

/* UNAVAILABLE: it may have been written, and no invalidation came yet. */
START_TEST(store_write__invalidates_whatever_the_result)
{
    shs_store_t *store = live_store();
    shs_near_ticket_t before = ticket_for(store, "k");
    shs_result_t result;
    shs_write_t write;

    keep(store, "k", &before);
    keep(store, "other", &before);
    memset(&write, 0, sizeof(write));
    write.kind = SHS_WRITE_REMOVE;
    write.at.key = unit_text("k");
    write.at.max_octets = 100;
    last_created->wrote = wrote[_i];
    last_created->result.reason = "a reason";
    ck_assert_int_eq(shs_store_write(&result, store, &write, p), wrote[_i]);
    ck_assert_str_eq(found(store, "k"), "MISS");
    /* A late reader, whose query came before the write. */
    keep(store, "k", &before);
    ck_assert_str_eq(found(store, "k"), "MISS");
}
END_TEST

/* Loads until that transition is returned. Returns its reason. */
static const char *load_until(shs_store_t *store, shs_transition_t transition,
                              int is_live)
{
    apr_time_t end = shs_clock_now() + apr_time_from_sec(20);
    shs_query_t query = { OCTETS("k"), SHS_SHAPE_FIELDS, 100, 0 };
    shs_result_t result;

    do {
        ck_assert(shs_clock_now() < end);
        if (is_live) {
            sink_of_provider->extend_lease(sink_of_provider->baton,
                                           shs_clock_now());
        }
        shs_store_load(&result, store, &query, p);
    } while (result.transition == SHS_TRANSITION_NONE);
    ck_assert_int_eq(result.transition, transition);
    return result.transition_reason;
}

/* Limits the address space of the test's process to so much more; 0: no
 * limit. */
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

START_TEST(store_share_cache__fails_or_takes_as_much_as_is_available)
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
    cannot_track = 0;
    sink_of_provider = NULL;
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

START_TEST(store_load__reports_that_tracking_is_down_and_up_again)
{
    static const apr_uint32_t server_id = NEAR_SERVER;
    shs_near_policy_t policy = near_policy();
    shs_store_t *store = store_of("fake://h");

    policy.lease = 100 * 1000;
    cannot_track = 0;
    ck_assert(shs_store_set_cache(store, &policy));
    ck_assert_int_eq(shs_store_share(p), APR_SUCCESS);
    ck_assert_int_eq(shs_store_share_cache(store, 0, p), APR_SUCCESS);
    ck_assert(shs_store_start_child(store, 1, p));
    last_created->outcome = SHS_OUTCOME_ABSENT;
    last_created->result.reason = "nothing is there";
    sink_of_provider->set_down(sink_of_provider->baton, "it may not track");
    ck_assert_str_eq(load_until(store, SHS_TRANSITION_UNTRACKED, 0),
                     "it may not track");
    ck_assert(sink_of_provider->lead(sink_of_provider->baton, shs_clock_now()));
    sink_of_provider->set_servers(sink_of_provider->baton, &server_id, 1);
    load_until(store, SHS_TRANSITION_TRACKED, 1);
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

START_TEST(store_start_child__fails_when_the_provider_cannot_track)
{
    shs_store_t *store = cached_store();

    cannot_track = 1;
    ck_assert(!shs_store_start_child(store, 1, p));
}
END_TEST

static void gather(void *baton, const shs_metric_t *metric, const char *value)
{
    const char **text = baton;

    *text = apr_pstrcat(p, *text, metric->name, "=", value, "|", NULL);
}

START_TEST(store_report__shows_the_cache_in_any_process)
{
    shs_store_t *store = cached_store();
    const char *text = "";

    shs_store_report(gather, &text, store, p);
    ck_assert_msg(strstr(text, "Cache=tracking is not up yet|CacheHits=0|"),
                  "%s", text);
    ck_assert(shs_store_start_child(store, 1, p));
    sink_of_provider->set_down(sink_of_provider->baton, "a reason");
    sink_of_provider->flush(sink_of_provider->baton);
    text = "";
    shs_store_report(gather, &text, store, p);
    ck_assert_msg(strstr(text, "Cache=a reason|"), "%s", text);
    ck_assert_msg(strstr(text, "CacheFlushes=1|"), "%s", text);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc,
                        store_load__accepts_only_the_fields_that_were_asked_for,
                        0, ROWS(named));
    tcase_add_loop_test(
        tc, store_share_cache__fails_or_takes_as_much_as_is_available, 0, 4);
    tcase_add_test(tc, store_cache__is_null_when_off_or_untracked);
    tcase_add_test(tc, store_set_cache__refuses_another_policy);
    tcase_add_loop_test(tc, store_add_prefix__keeps_no_prefix_of_a_prefix, 0,
                        ROWS(prefixes));
    tcase_add_test(tc, store_add_prefix__of_an_empty_one_tracks_all_keys);
    tcase_add_test(tc, store_add_prefix__of_too_many_tracks_all_keys);
    tcase_add_test(tc, store_cache__follows_the_sink);
    tcase_add_loop_test(tc, store_write__invalidates_whatever_the_result, 0,
                        ROWS(wrote));
    tcase_add_test(tc, store_load__reports_that_tracking_is_down_and_up_again);
    tcase_add_test(tc, store_describe_cache__says_how_large_and_how_old);
    tcase_add_test(tc, store_start_child__fails_when_the_provider_cannot_track);
    tcase_add_loop_test(tc, store_note_left_out__counts_and_warns_once, 0, 2);
    tcase_add_test(tc, store_report__shows_the_cache_in_any_process);
    tcase_add_test(tc, store_create__describes_the_store_as_the_provider_does);
    tcase_add_test(tc, store_create__returns_the_error_of_the_provider);
    tcase_add_loop_test(
        tc, store_create__refuses_a_provider_that_forgets_a_word, 0, 5);
    tcase_add_loop_test(
        tc, store_create__refuses_a_provider_that_lacks_a_function, 0, 4);
    tcase_add_loop_test(tc, store_create__needs_no_more_than_four_functions, 0,
                        2);
    tcase_add_test(tc, store_create__finds_an_equal_store);
    tcase_add_test(tc, store_create__makes_another_for_other_options_or_pools);
    tcase_add_test(tc, store_list__is_oldest_first);
    tcase_add_test(tc, store_start_child__passes_the_number_of_threads);
    tcase_add_test(tc, store_start_child__zeroes_memory_that_is_not_shared);
    tcase_add_test(tc, store_share__gives_each_store_a_part_of_its_own);
    tcase_add_test(tc, store_share__is_seen_by_another_process);
    tcase_add_test(tc, store_share__needs_no_memory_for_no_stores);
    tcase_add_loop_test(tc, store_note_left_out__counts_and_warns_once, 0, 2);
    tcase_add_test(tc, store_report__works_in_any_process);
    tcase_add_test(tc, store_timeout__is_the_providers);
    tcase_add_loop_test(tc, store_load__turns_no_outcome_into_another, 0,
                        ROWS(outcomes));
    tcase_add_loop_test(tc, store_load__is_unavailable_by_a_broken_promise, 0,
                        ROWS(broken_reads));
    tcase_add_loop_test(tc, store_load__checks_the_record, 0, ROWS(records));
    tcase_add_loop_test(tc, store_write__is_unavailable_by_a_broken_promise, 0,
                        ROWS(broken_writes));
    tcase_add_loop_test(tc, store_write__turns_no_outcome_into_another, 0,
                        ROWS(wrotes));
    tcase_add_test(tc, store_write__begins_with_an_empty_result);
    tcase_add_loop_test(tc,
                        store_load__knows_no_time_to_live_that_is_not_needed, 0,
                        ROWS(unasked));
    tcase_add_loop_test(tc, store_write__asserts_that_what_lives_has_a_ttl, 0,
                        ROWS(ttls));
}

int main(void)
{
    return unit_main("store", add);
}
