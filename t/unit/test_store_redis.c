/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/store_redis.h"

#include <pthread.h>
#include <unistd.h>

#include "fake.h"
#include "store/clock.h"
#include "unit.h"

static apr_time_t in_ms(int ms)
{
    return shs_clock_now() + ms * (apr_time_t)1000;
}

static const char *create(shs_store_t **store, const char *url,
                          const char *option)
{
    apr_array_header_t *options = apr_array_make(p, 2, sizeof(const char *));

    if (option) {
        APR_ARRAY_PUSH(options, const char *) = option;
    }
    shs_store_register(&shs_store_redis);
    return shs_store_create(store, url, options, p);
}

/* A store on the fake; `credentials` stand before the host, `db` behind. */
static shs_store_t *store_on(fake_t *fake, const char *credentials,
                             const char *db, const char *option)
{
    shs_store_t *store = NULL;
    const char *wrong = create(&store,
                               apr_psprintf(p, "redis://%s127.0.0.1:%d%s",
                                            credentials, fake_port(fake), db),
                               option);

    ck_assert_msg(!wrong, "%s", wrong);
    shs_store_start_child(store, 16, p);
    return store;
}

static shs_query_t query_of(const char *key, shs_shape_t shape, int ms)
{
    shs_query_t query;

    query.key = unit_text(key);
    query.shape = shape;
    query.max_octets = 65536;
    query.deadline = in_ms(ms);
    return query;
}

static shs_outcome_t load(shs_answer_t *answer, shs_store_t *store,
                          const char *key, int ms)
{
    shs_query_t query = query_of(key, SHS_SHAPE_STRING, ms);

    memset(answer, 0, sizeof(*answer));
    return shs_store_load(answer, store, &query, p);
}

#define ck_found(store, key_, value_)                                       \
    do {                                                                    \
        shs_answer_t found_;                                                \
        shs_outcome_t outcome_ = load(&found_, (store), (key_), 10000);     \
        ck_assert_msg(outcome_ == SHS_OUTCOME_FOUND, "%d: %s", outcome_,    \
                      found_.reason);                                       \
        ck_octets_eq(found_.record.string, unit_text(value_), "the value"); \
    } while (0)

/* -------------------------------------------------------------- the server */

/* What it says to GET or HGETALL, to PTTL, and to AUTH and SELECT. */
typedef struct redis_t {
    const char *value;
    const char *pttl;
    const char *auth;
    const char *select;
    int pause_ms; /* dripping */
    char seen[4096];
} redis_t;

static void note(redis_t *redis, const fake_peer_t *peer)
{
    int i;

    for (i = 0; i < peer->count; i++) {
        strncat(redis->seen, peer->arguments[i],
                sizeof(redis->seen) - strlen(redis->seen) - 1);
        strncat(redis->seen, i + 1 < peer->count ? " " : "|",
                sizeof(redis->seen) - strlen(redis->seen) - 1);
    }
}

static void say(fake_peer_t *peer, const redis_t *redis, const char *text)
{
    if (redis->pause_ms) {
        fake_drip(peer, text, strlen(text), redis->pause_ms);
    }
    else {
        fake_say(peer, text);
    }
}

/* Answers a value only when its PTTL has been asked for too: whoever waits
 * between the two would wait for ever. */
static void redis(fake_peer_t *peer, void *baton)
{
    redis_t *self = baton;

    while (fake_read_command(peer)) {
        note(self, peer);
        if (!strcmp(peer->arguments[0], "AUTH")) {
            say(peer, self, self->auth ? self->auth : "+OK\r\n");
        }
        else if (!strcmp(peer->arguments[0], "SELECT")) {
            say(peer, self, self->select ? self->select : "+OK\r\n");
        }
        else if (!strcmp(peer->arguments[0], "PTTL")) {
            say(peer, self, self->value);
            say(peer, self, self->pttl);
        }
    }
}

/* ---------------------------------------------------------------- answers */

#define FOUND       SHS_OUTCOME_FOUND
#define ABSENT      SHS_OUTCOME_ABSENT
#define MALFORMED   SHS_OUTCOME_MALFORMED
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE
#define STRING      SHS_SHAPE_STRING
#define FIELDS      SHS_SHAPE_FIELDS

static const struct {
    shs_shape_t shape;
    const char *value;
    const char *pttl;
    shs_outcome_t outcome;
    int is_refusal;
    const char *why;
} answers[] = {
    { STRING, "$6\r\nSECRET\r\n", ":30000\r\n", FOUND, 0, "a session" },
    { STRING, "$6\r\nSECRET\r\n", ":-1\r\n", FOUND, 0, "without expiry" },
    { STRING, "$0\r\n\r\n", ":-1\r\n", FOUND, 0, "empty is something" },
    { STRING, "$-1\r\n", ":-2\r\n", ABSENT, 0, "no such key" },
    { STRING, "$6\r\nSECRET\r\n", ":-2\r\n", ABSENT, 0,
      "expired between the two" },
    { STRING, "$-1\r\n", ":100\r\n", ABSENT, 0, "made between the two" },
    { FIELDS, "*2\r\n$1\r\nn\r\n$6\r\nSECRET\r\n", ":30000\r\n", FOUND, 0,
      "a session" },
    { FIELDS, "*0\r\n", ":-2\r\n", ABSENT, 0, "no such key" },
    { STRING, "-WRONGTYPE SECRET\r\n", ":30000\r\n", MALFORMED, 0,
      "a hash where a string should be" },
    { FIELDS, "-WRONGTYPE SECRET\r\n", ":30000\r\n", MALFORMED, 0,
      "a string where a hash should be" },
    { STRING, "-NOAUTH SECRET\r\n", "-NOAUTH SECRET\r\n", UNAVAILABLE, 1,
      "wants a password" },
    { STRING, "-NOPERM SECRET\r\n", "-NOPERM SECRET\r\n", UNAVAILABLE, 1,
      "may not read that key" },
    { STRING, "$6\r\nSECRET\r\n", "-NOPERM SECRET\r\n", UNAVAILABLE, 1,
      "may not ask for the time to live" },
    { STRING, "-LOADING SECRET\r\n", "-LOADING SECRET\r\n", UNAVAILABLE, 0,
      "has only just started" },
    { STRING, "-MASTERDOWN SECRET\r\n", ":1\r\n", UNAVAILABLE, 0,
      "a replica without its master" },
    { STRING, "-ERR SECRET\r\n", ":1\r\n", UNAVAILABLE, 0, "anything else" },
    { STRING, "-SECRET\r\n", ":1\r\n", UNAVAILABLE, 0, "no code we know" },
    { STRING, "$6\r\nSECRET\r\n", "-ERR SECRET\r\n", UNAVAILABLE, 0,
      "half an answer is none" },
    { STRING, "+OK\r\n", ":1\r\n", UNAVAILABLE, 0, "GET gives no status" },
    { STRING, ":5\r\n", ":1\r\n", UNAVAILABLE, 0, "GET gives no number" },
    { STRING, "*0\r\n", ":1\r\n", UNAVAILABLE, 0, "GET gives no array" },
    { STRING, "$6\r\nSECRET\r\n", "$1\r\n1\r\n", UNAVAILABLE, 0,
      "PTTL gives no string" },
    { STRING, "$6\r\nSECRET\r\n", "$-1\r\n", UNAVAILABLE, 0,
      "PTTL gives no nothing" },
    { FIELDS, "$6\r\nSECRET\r\n", ":1\r\n", UNAVAILABLE, 0,
      "HGETALL gives no string" },
    { FIELDS, "*3\r\n$1\r\na\r\n$1\r\nb\r\n$6\r\nSECRET\r\n", ":1\r\n",
      UNAVAILABLE, 0, "a name without a value" },
    { FIELDS, "*2\r\n$1\r\na\r\n:5\r\n", ":1\r\n", UNAVAILABLE, 0,
      "a value that is a number" },
    { FIELDS, "*2\r\n$1\r\na\r\n$-1\r\n", ":1\r\n", UNAVAILABLE, 0,
      "a value that is nothing" },
    { FIELDS, "*2\r\n*0\r\n$1\r\na\r\n", ":1\r\n", UNAVAILABLE, 0,
      "a name that is an array" },
    { STRING, "SECRET\r\n", ":1\r\n", UNAVAILABLE, 0, "garbage" },
    { STRING, "$-7\r\n", ":1\r\n", UNAVAILABLE, 0, "a lie" },
    { STRING, "$6\r\nSECRET\r\n", ":1\r\n+SECRET\r\n", UNAVAILABLE, 0,
      "three replies to two commands" },
};

START_TEST(store_redis_load__tells_the_outcomes_apart)
{
    redis_t self = { answers[_i].value, answers[_i].pttl, NULL, NULL, 0, "" };
    fake_t *fake = fake_start(redis, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_query_t query = query_of("session:KEYSECRET", answers[_i].shape, 5000);
    shs_answer_t answer = { 0 };
    shs_outcome_t outcome = shs_store_load(&answer, store, &query, p);

    ck_assert_msg(outcome == answers[_i].outcome, "%d, not %d (%s): %s",
                  outcome, answers[_i].outcome, answer.reason, answers[_i].why);
    if (outcome != FOUND) {
        ck_assert_msg(answer.reason && *answer.reason, "no reason: %s",
                      answers[_i].why);
        ck_assert_msg(!strstr(answer.reason, "SECRET")
                          || !strcmp(answers[_i].why, "no code we know"),
                      "the reason tells: %s", answer.reason);
    }
    if (outcome == UNAVAILABLE) {
        ck_assert_msg(!!answer.is_refusal == answers[_i].is_refusal, "%s",
                      answers[_i].why);
    }
    fake_stop(fake);
}
END_TEST

/* Answers each connection's first question with numbers, which are no answer,
 * and every later one with the value that was asked for before. */
static void shift(fake_peer_t *peer, void *baton)
{
    char before[512] = "";

    (void)baton;
    while (fake_read_command(peer)) {
        char reply[600];

        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        apr_cpystrn(reply, ":0\r\n:0\r\n", sizeof(reply));
        if (*before) {
            apr_snprintf(reply, sizeof(reply),
                         "*2\r\n$4\r\nuser\r\n$%d\r\n%s\r\n:-1\r\n",
                         (int)strlen(before), before);
        }
        fake_say(peer, reply);
        apr_cpystrn(before, peer->arguments[1], sizeof(before));
    }
}

START_TEST(store_redis_load__asks_nothing_where_the_answer_was_of_another_kind)
{
    static const char *const keys[] = { "s:alice", "s:bob", "s:carol" };
    fake_t *fake = fake_start(shift, NULL);
    shs_store_t *store = store_on(fake, "", "", NULL);
    int i;

    for (i = 0; i < 3; i++) {
        shs_query_t query = query_of(keys[i], FIELDS, 5000);
        shs_answer_t answer = { 0 };

        ck_assert_int_eq(shs_store_load(&answer, store, &query, p),
                         UNAVAILABLE);
        ck_assert_msg(answer.record.count == 0, "%s got a session", keys[i]);
        ck_assert_int_eq(fake_accepted(fake), i + 1);
    }
    fake_stop(fake);
}
END_TEST

/* What the server says before it closes, without being asked to. */
static const struct {
    const char *words;
    const char *reason;
} farewells[] = {
    { "-ERR max number of clients reached\r\n", "maxclients" },
    { "-DENIED Redis is running in protected mode SECRET\r\n", "DENIED" },
    { "-LOADING SECRET\r\n", "LOADING" },
};

static void say_farewell(fake_peer_t *peer, void *baton)
{
    /* GET and PTTL: what is unread when it closes would make it a reset. */
    if (fake_read_command(peer) && fake_read_command(peer)) {
        fake_say(peer, baton);
    }
}

START_TEST(store_redis_load__says_why_it_was_turned_away)
{
    char words[128];
    fake_t *fake;
    shs_store_t *store;
    shs_answer_t answer;

    apr_cpystrn(words, farewells[_i].words, sizeof(words));
    fake = fake_start(say_farewell, words);
    store = store_on(fake, "", "", NULL);
    ck_assert_int_eq(load(&answer, store, "s:k", 5000), UNAVAILABLE);
    ck_assert_msg(strstr(answer.reason, farewells[_i].reason) != NULL, "%s",
                  answer.reason);
    ck_assert_msg(!strstr(answer.reason, "SECRET"), "%s", answer.reason);
    fake_stop(fake);
}
END_TEST

/* Promises a long string and then sends only the first part of it. */
typedef struct boast_t {
    const char *promise;
    int sent;
} boast_t;

static void boast(fake_peer_t *peer, void *baton)
{
    const boast_t *self = baton;
    char piece[1000];
    int sent;

    memset(piece, 'x', sizeof(piece));
    while (fake_read_command(peer)) {
        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        fake_say(peer, self->promise);
        for (sent = 0; sent < self->sent; sent += (int)sizeof(piece)) {
            fake_send(peer, piece, sizeof(piece));
        }
        fake_stall(peer);
    }
}

/* Whoever still wanted more than was sent would wait until the deadline, and
 * say UNAVAILABLE then. */
START_TEST(store_redis_load__reads_no_more_of_a_string_than_it_may_have)
{
    static const char *const promises[] = { "$300000\r\n", "$52428800\r\n" };
    boast_t self = { promises[_i], 70000 };
    fake_t *fake = fake_start(boast, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_answer_t answer;

    ck_assert_int_eq(load(&answer, store, "s:k", 4 * unit_slack_ms()),
                     MALFORMED);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__gives_the_fields_in_order)
{
    redis_t self = { "*4\r\n$1\r\nz\r\n$2\r\n\r\n\r\n$1\r\na\r\n$0\r\n\r\n",
                     ":1500\r\n",
                     NULL,
                     NULL,
                     0,
                     "" };
    fake_t *fake = fake_start(redis, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_query_t query = query_of("s:k", FIELDS, 5000);
    shs_answer_t answer = { 0 };

    ck_assert_int_eq(shs_store_load(&answer, store, &query, p), FOUND);
    ck_assert_int_eq(answer.record.shape, FIELDS);
    ck_assert_uint_eq(answer.record.count, 2);
    ck_octets_eq(answer.record.fields[0].name, OCTETS("z"), "first");
    ck_octets_eq(answer.record.fields[0].value, OCTETS("\r\n"), "any octet");
    ck_octets_eq(answer.record.fields[1].name, OCTETS("a"), "second");
    ck_octets_eq(answer.record.fields[1].value, OCTETS(""), "empty");
    ck_assert_int_eq(answer.record.ttl, 1500000);
    fake_stop(fake);
}
END_TEST

static const struct {
    const char *pttl;
    apr_interval_time_t ttl;
} ttls[] = {
    { ":30000\r\n", 30000000 },
    { ":1\r\n", 1000 },
    { ":-1\r\n", SHS_TTL_FOREVER },
    { ":9007199254740\r\n", 9007199254740000 },
};

START_TEST(store_redis_load__gives_the_time_to_live)
{
    redis_t self = { "$1\r\nv\r\n", ttls[_i].pttl, NULL, NULL, 0, "" };
    fake_t *fake = fake_start(redis, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_answer_t answer;

    ck_assert_int_eq(load(&answer, store, "s:k", 5000), FOUND);
    ck_assert_int_eq(answer.record.ttl, ttls[_i].ttl);
    fake_stop(fake);
}
END_TEST

/* Whatever it makes of such a number, it makes no negative and no crash. */
START_TEST(store_redis_load__does_not_overflow_a_time_to_live)
{
    redis_t self = {
        "$1\r\nv\r\n", ":9223372036854775807\r\n", NULL, NULL, 0, ""
    };
    fake_t *fake = fake_start(redis, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_answer_t answer;
    shs_outcome_t outcome = load(&answer, store, "s:k", 5000);

    ck_assert(outcome == FOUND || outcome == UNAVAILABLE);
    if (outcome == FOUND) {
        ck_assert(answer.record.ttl > 0
                  || answer.record.ttl == SHS_TTL_FOREVER);
    }
    fake_stop(fake);
}
END_TEST

static const struct {
    shs_shape_t shape;
    const char *value;
    apr_size_t max_octets;
    shs_outcome_t outcome;
    const char *why;
} sizes[] = {
    { STRING, "$5\r\nhello\r\n", 5, FOUND, "exactly met" },
    { STRING, "$5\r\nhello\r\n", 4, MALFORMED, "exceeded by one" },
    { FIELDS, "*4\r\n$1\r\na\r\n$2\r\nbc\r\n$1\r\nd\r\n$1\r\ne\r\n", 5, FOUND,
      "names and values, exactly met" },
    { FIELDS, "*4\r\n$1\r\na\r\n$2\r\nbc\r\n$1\r\nd\r\n$1\r\ne\r\n", 4,
      MALFORMED, "names and values, exceeded by one" },
};

START_TEST(store_redis_load__keeps_the_largest_size_to_the_octet)
{
    redis_t self = { sizes[_i].value, ":-1\r\n", NULL, NULL, 0, "" };
    fake_t *fake = fake_start(redis, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_query_t query = query_of("s:k", sizes[_i].shape, 5000);
    shs_answer_t answer = { 0 };

    query.max_octets = sizes[_i].max_octets;
    ck_assert_msg(shs_store_load(&answer, store, &query, p)
                      == sizes[_i].outcome,
                  "%s", sizes[_i].why);
    fake_stop(fake);
}
END_TEST

/* An error is words, not the value: a small limit does not hide it. */
START_TEST(store_redis_load__reads_an_error_whatever_the_limit)
{
    redis_t self = { "-WRONGTYPE Operation against a key holding the wrong "
                     "kind of value\r\n",
                     ":-1\r\n",
                     NULL,
                     NULL,
                     0,
                     "" };
    fake_t *fake;
    shs_store_t *store;
    shs_query_t query;
    shs_answer_t answer = { 0 };

    if (_i) {
        self.value = "-NOPERM this user has no permissions to run the 'get' "
                     "command\r\n";
        self.pttl = self.value;
    }
    fake = fake_start(redis, &self);
    store = store_on(fake, "", "", NULL);
    query = query_of("s:k", STRING, 5000);
    query.max_octets = 1;
    ck_assert_int_eq(shs_store_load(&answer, store, &query, p),
                     _i ? UNAVAILABLE : MALFORMED);
    if (_i) {
        ck_assert(answer.is_refusal);
    }
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__takes_4096_fields_and_not_one_more)
{
    const int count = SHS_STORE_MAX_FIELDS + _i;
    char *value = apr_palloc(p, (apr_size_t)count * 24 + 64);
    char *at = value + apr_snprintf(value, 32, "*%d\r\n", 2 * count);
    redis_t self = { NULL, ":-1\r\n", NULL, NULL, 0, "" };
    fake_t *fake;
    shs_store_t *store;
    shs_query_t query;
    shs_answer_t answer = { 0 };
    int i;

    for (i = 0; i < count; i++) {
        at += apr_snprintf(at, 32, "$5\r\n%05d\r\n$1\r\nv\r\n", i);
    }
    self.value = value;
    fake = fake_start(redis, &self);
    store = store_on(fake, "", "", NULL);
    query = query_of("s:k", FIELDS, 10000);
    ck_assert_int_eq(shs_store_load(&answer, store, &query, p),
                     _i ? MALFORMED : FOUND);
    fake_stop(fake);
}
END_TEST

/* --------------------------------------------------------------- commands */

static const struct {
    const char *credentials;
    const char *db;
    shs_shape_t shape;
    const char *seen;
    const char *why;
} dialogues[] = {
    { "", "", STRING, "GET s:k|PTTL s:k|GET s:k|PTTL s:k|",
      "no greeting where none is needed" },
    { "", "/0", FIELDS, "HGETALL s:k|PTTL s:k|HGETALL s:k|PTTL s:k|",
      "database 0 is where one is" },
    { ":pass%20word@", "", STRING,
      "AUTH pass word|GET s:k|PTTL s:k|GET s:k|PTTL s:k|",
      "once a connection" },
    { "alice:pw@", "", STRING,
      "AUTH alice pw|GET s:k|PTTL s:k|GET s:k|PTTL s:k|", "Redis 6 users" },
    { "alice:pw@", "/7", STRING,
      "AUTH alice pw|SELECT 7|GET s:k|PTTL s:k|GET s:k|PTTL s:k|",
      "first the password, then the database" },
};

START_TEST(store_redis_load__asks_in_this_order)
{
    redis_t self = { "$-1\r\n", ":-2\r\n", NULL, NULL, 0, "" };
    fake_t *fake;
    shs_store_t *store;
    shs_answer_t answer = { 0 };
    int i;

    if (dialogues[_i].shape == FIELDS) {
        self.value = "*0\r\n";
    }
    fake = fake_start(redis, &self);
    store = store_on(fake, dialogues[_i].credentials, dialogues[_i].db, NULL);
    for (i = 0; i < 2; i++) {
        shs_query_t query = query_of("s:k", dialogues[_i].shape, 5000);

        ck_assert_int_eq(shs_store_load(&answer, store, &query, p), ABSENT);
    }
    ck_assert_int_eq(fake_accepted(fake), 1);
    fake_stop(fake);
    ck_assert_msg(!strcmp(self.seen, dialogues[_i].seen), "%s: %s", self.seen,
                  dialogues[_i].why);
}
END_TEST

static const struct {
    const char *auth;
    const char *select;
    int is_refusal;
    const char *why;
} greetings[] = {
    { "-WRONGPASS SECRET\r\n", NULL, 1, "a wrong password" },
    { "-ERR AUTH <SECRET> called without any password configured\r\n", NULL, 1,
      "Redis before 6: no password is wanted" },
    { "-NOPERM SECRET\r\n", NULL, 1, "may not even that" },
    { NULL, "-NOPERM SECRET\r\n", 1, "may not use that database" },
    { NULL, "-ERR DB index is out of range\r\n", 0, "no such database" },
    { ":5\r\n", NULL, 0, "garbage" },
    { "$6\r\nSECRET\r\n", NULL, 0, "garbage" },
    { "SECRET\r\n", NULL, 0, "garbage" },
};

START_TEST(store_redis_load__a_refused_greeting_is_unavailable)
{
    redis_t self = { "$1\r\nv\r\n",        ":-1\r\n", greetings[_i].auth,
                     greetings[_i].select, 0,         "" };
    fake_t *fake = fake_start(redis, &self);
    shs_store_t *store = store_on(fake, "alice:SECRET@", "/3", NULL);
    shs_answer_t answer;

    ck_assert_msg(load(&answer, store, "s:k", 3000) == UNAVAILABLE, "%s",
                  greetings[_i].why);
    ck_assert_msg(answer.reason && *answer.reason, "no reason: %s",
                  greetings[_i].why);
    ck_assert_msg(!strstr(answer.reason, "SECRET"), "%s", answer.reason);
    if (greetings[_i].is_refusal) {
        ck_assert_msg(answer.is_refusal, "%s", greetings[_i].why);
    }
    fake_stop(fake);
    ck_assert_msg(!strstr(self.seen, "GET"), "asked all the same: %s",
                  self.seen);
}
END_TEST

/* --------------------------------------------------------- slow and lying */

START_TEST(store_redis_load__is_patient_with_single_octets)
{
    redis_t self = { "$5\r\nhello\r\n", ":30000\r\n", NULL, NULL, 1, "" };
    fake_t *fake = fake_start(redis, &self);

    ck_found(store_on(fake, "alice:pw@", "/1", NULL), "s:k", "hello");
    fake_stop(fake);
}
END_TEST

typedef struct slow_t {
    const char *text; /* to the first pair on the first connection */
    int pause_ms;
    int is_greeting_slow;
    const char *why;
} slow_t;

static const slow_t slow[] = {
    { "", 0, 0, "accepts and never answers" },
    { "", 0, 1, "accepts and never answers the greeting" },
    { "$5\r\nhel", 0, 0, "stalls half way through the value" },
    { "$5\r\nhello\r\n", 0, 0, "stalls between the replies" },
    { "$5\r\nhello\r\n:3", 0, 0, "stalls half way through the number" },
    { "*-1\r\n", 0, 0, "a nothing of the wrong kind, then silence" },
    { "$99\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 5,
      0, "drips past the deadline" },
    { "$2147483647\r\nx", 0, 0, "a huge bulk length" },
    { "$400\r\n", 0, 0, "a length and nothing more" },
};

/* On the first connection it is slow; on all others it answers keys. */
static void slow_then_good(fake_peer_t *peer, void *baton)
{
    const slow_t *self = baton;

    while (fake_read_command(peer)) {
        const char *key = peer->arguments[1];

        if (!strcmp(peer->arguments[0], "AUTH")) {
            if (peer->nth == 0 && self->is_greeting_slow) {
                fake_stall(peer);
                return;
            }
            fake_say(peer, "+OK\r\n");
        }
        else if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        else if (peer->nth == 0) {
            if (self->pause_ms) {
                fake_drip(peer, self->text, strlen(self->text), self->pause_ms);
            }
            else {
                fake_say(peer, self->text);
            }
            fake_stall(peer);
            return;
        }
        else {
            char reply[600];

            apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                         (int)strlen(key), key);
            fake_say(peer, reply);
        }
    }
}

START_TEST(store_redis_load__a_slow_redis_costs_one_deadline)
{
    slow_t self = slow[_i];
    fake_t *fake = fake_start(slow_then_good, &self);
    shs_store_t *store = store_on(fake, "alice:pw@", "", NULL);
    shs_answer_t answer;
    apr_time_t begun = shs_clock_now();
    shs_outcome_t outcome = load(&answer, store, "s:alice", 100);
    apr_time_t spent = shs_clock_now() - begun;

    ck_assert_msg(outcome == UNAVAILABLE, "%d: %s", outcome, self.why);
    ck_assert_msg(answer.reason && !answer.is_refusal, "%s", self.why);
    ck_assert_msg(spent <= (100 + unit_slack_ms()) * (apr_time_t)1000,
                  "%d ms: %s", (int)(spent / 1000), self.why);
    /* Its connection is thrown away, and the next one is as good as new. */
    ck_found(store, "s:bob", "s:bob");
    ck_assert_int_eq(fake_accepted(fake), 2);
    fake_stop(fake);
}
END_TEST

/* Answers the first connection's pair when it is told to: too late. */
static void answer_late(fake_peer_t *peer, void *baton)
{
    (void)baton;
    while (fake_read_command(peer)) {
        char reply[600];

        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        if (peer->nth == 0) {
            fake_wait(peer);
        }
        apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                     (int)strlen(peer->arguments[1]), peer->arguments[1]);
        fake_say(peer, reply);
    }
}

/* The worst bug there is: user A's session in the hands of user B. */
START_TEST(store_redis_load__a_late_reply_never_answers_the_next_query)
{
    fake_t *fake = fake_start(answer_late, NULL);
    shs_store_t *store = store_on(fake, "", "", "pool=1");
    shs_answer_t answer;
    int i;

    ck_assert_int_eq(load(&answer, store, "s:alice", 60), UNAVAILABLE);
    fake_go(fake);
    for (i = 0; i < 20; i++) {
        ck_found(store, "s:bob", "s:bob");
        ck_found(store, "s:carol", "s:carol");
    }
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__says_why_nobody_listens)
{
    fake_t *fake = fake_start(answer_late, NULL);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_answer_t answer;

    fake_stop(fake);
    ck_assert_int_eq(load(&answer, store, "s:k", 3000), UNAVAILABLE);
    ck_assert_msg(answer.reason && *answer.reason, "no reason");
    ck_assert(!answer.is_refusal);
}
END_TEST

START_TEST(store_redis_load__says_why_a_socket_is_not_there)
{
    shs_store_t *store = NULL;
    shs_answer_t answer;

    ck_assert_pstr_eq(create(&store, "unix:///nonexistent/shs-unit.sock", NULL),
                      NULL);
    shs_store_start_child(store, 4, p);
    ck_assert_int_eq(load(&answer, store, "s:k", 1000), UNAVAILABLE);
    ck_assert_msg(answer.reason && *answer.reason, "no reason");
}
END_TEST

/* ---------------------------------------------------------- dead and again */

typedef struct dying_t {
    int mortal;      /* so many connections die */
    int is_dead_now; /* atomic: once set, they die at their next command */
    int is_waiting;  /* their first answer waits for a go */
    const char *last_words;
} dying_t;

static void die(fake_peer_t *peer, void *baton)
{
    dying_t *self = baton;
    int is_first = 1;

    while (fake_read_command(peer)) {
        char reply[600];

        /* Of a key that shares its place with another one. */
        if (!strcmp(peer->arguments[0], "STRLEN")) {
            fake_say(peer, ":1\r\n");
            continue;
        }
        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        if (peer->nth < self->mortal
            && __atomic_load_n(&self->is_dead_now, __ATOMIC_SEQ_CST)) {
            fake_say(peer, self->last_words);
            return;
        }
        if (is_first && peer->nth < self->mortal && self->is_waiting) {
            fake_wait(peer);
        }
        is_first = 0;
        apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                     (int)strlen(peer->arguments[1]), peer->arguments[1]);
        fake_say(peer, reply);
    }
}

START_TEST(store_redis_load__asks_a_dead_connections_question_once_more)
{
    dying_t self = { 1, 0, 0, "" };
    fake_t *fake = fake_start(die, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);

    ck_found(store, "s:alice", "s:alice");
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_found(store, "s:bob", "s:bob");
    ck_assert_int_eq(fake_accepted(fake), 2);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__asks_no_third_time)
{
    dying_t self = { 1000, 0, 0, "" };
    fake_t *fake = fake_start(die, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_answer_t answer;

    ck_found(store, "s:alice", "s:alice");
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_assert_int_eq(load(&answer, store, "s:bob", 3000), UNAVAILABLE);
    ck_assert_int_le(fake_accepted(fake), 2);
    ck_assert_ptr_nonnull(answer.reason);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__does_not_ask_again_once_an_octet_came)
{
    dying_t self = { 1, 0, 0, "$" };
    fake_t *fake = fake_start(die, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_answer_t answer;

    ck_found(store, "s:alice", "s:alice");
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_assert_int_eq(load(&answer, store, "s:bob", 3000), UNAVAILABLE);
    fake_stop(fake);
}
END_TEST

typedef struct asker_t {
    shs_store_t *store;
    apr_pool_t *own;
    int nth;
    int rounds;
    int timeout_ms;
    int strangers;
    int found;
} asker_t;

static void *ask_many(void *data)
{
    asker_t *asker = data;
    int i;

    for (i = 0; i < asker->rounds; i++) {
        char key[64];
        shs_query_t query = { { key, 0 }, STRING, 65536, 0 };
        shs_answer_t answer;

        query.key.len = (apr_size_t)apr_snprintf(key, sizeof(key), "s:%d-%d",
                                                 asker->nth, i);
        query.deadline = in_ms(asker->timeout_ms);
        memset(&answer, 0, sizeof(answer));
        if (shs_store_load(&answer, asker->store, &query, asker->own)
            == FOUND) {
            asker->found++;
            if (!unit_is_equal(answer.record.string, query.key)) {
                asker->strangers++;
            }
        }
        apr_pool_clear(asker->own);
    }
    return NULL;
}

static void ask_at_once(asker_t *askers, int count, shs_store_t *store,
                        int rounds, int timeout_ms, fake_t *going, int expected)
{
    pthread_t threads[16];
    int i;

    for (i = 0; i < count; i++) {
        memset(&askers[i], 0, sizeof(askers[i]));
        askers[i].store = store;
        askers[i].nth = i;
        askers[i].rounds = rounds;
        askers[i].timeout_ms = timeout_ms;
        apr_pool_create(&askers[i].own, NULL);
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, ask_many, &askers[i]), 0);
    }
    if (going) {
        apr_time_t until = in_ms(10000);

        while (fake_accepted(going) < expected) {
            ck_assert_msg(shs_clock_now() < until, "nobody came");
            usleep(1000);
        }
        for (i = 0; i < expected; i++) {
            fake_go(going);
        }
    }
    for (i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        apr_pool_destroy(askers[i].own);
    }
}

START_TEST(store_redis_load__one_dead_connection_flushes_the_rest)
{
    dying_t self = { 5, 0, 1, "" };
    fake_t *fake = fake_start(die, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    asker_t askers[5];
    int commands;

    ask_at_once(askers, 5, store, 1, 20000, fake, 5);
    commands = fake_commands(fake);
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_found(store, "s:a", "s:a");
    ck_found(store, "s:b", "s:b");
    /* One pair was lost; the four others that were idle were not tried. */
    ck_assert_int_eq(fake_accepted(fake), 6);
    ck_assert_int_eq(fake_commands(fake), commands + 3 * 2);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_start_child__connects_to_nothing)
{
    fake_t *fake = fake_start(answer_late, NULL);

    store_on(fake, "alice:pw@", "/1", NULL);
    usleep(20 * 1000);
    ck_assert_int_eq(fake_accepted(fake), 0);
    fake_stop(fake);
}
END_TEST

/* ----------------------------------------------------------------- threads */

static int asked;

/* What is asked within and answered after; longer where all is slow. */
static int short_ms(void)
{
    return 25 + (unit_slack_ms() - 250) / 10;
}


static void late(void)
{
    usleep((unsigned)(short_ms() + 15) * 1000);
}

/* Does everything wrong in turn: stalls, closes, answers late, drips. */
static void misbehave(fake_peer_t *peer, void *baton)
{
    (void)baton;
    while (fake_read_command(peer)) {
        char reply[600];
        int turn;
        int len;

        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        turn = __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST);
        len = apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                           (int)strlen(peer->arguments[1]), peer->arguments[1]);
        switch (turn % 23) {
        case 3:
            late(); /* and then all of it */
            fake_say(peer, reply);
            break;
        case 7:
            fake_send(peer, reply, (size_t)len / 2);
            return;
        case 11:
            fake_reset(peer);
            return;
        case 15:
            fake_send(peer, reply, (size_t)len - 1);
            late();
            fake_send(peer, reply + len - 1, 1);
            break;
        case 19:
            fake_say(peer, reply);
            fake_say(peer, "$8\r\nstranger\r\n");
            break;
        default:
            fake_say(peer, reply);
        }
    }
}

START_TEST(store_redis_load__gives_no_session_to_a_stranger)
{
    fake_t *fake = fake_start(misbehave, NULL);
    shs_store_t *store = store_on(fake, "", "", "pool=6");
    asker_t askers[16];
    int found = 0;
    int i;

    ask_at_once(askers, 16, store, 60, short_ms(), NULL, 0);
    for (i = 0; i < 16; i++) {
        ck_assert_int_eq(askers[i].strangers, 0);
        found += askers[i].found;
    }
    ck_assert_msg(found > 100, "only %d of %d were answered", found, 16 * 60);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__keeps_to_its_pool_under_sixteen_threads)
{
    dying_t self = { 0, 0, 0, "" };
    fake_t *fake = fake_start(die, &self);
    shs_store_t *store = store_on(fake, "", "", "pool=3");
    asker_t askers[16];
    int i;

    ask_at_once(askers, 16, store, 40, 20000, NULL, 0);
    for (i = 0; i < 16; i++) {
        ck_assert_int_eq(askers[i].found, 40);
        ck_assert_int_eq(askers[i].strangers, 0);
    }
    ck_assert_int_le(fake_accepted(fake), 3);
    fake_stop(fake);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, store_redis_load__tells_the_outcomes_apart, 0,
                        ROWS(answers));
    tcase_add_test(
        tc,
        store_redis_load__asks_nothing_where_the_answer_was_of_another_kind);
    tcase_add_loop_test(tc, store_redis_load__says_why_it_was_turned_away, 0,
                        ROWS(farewells));
    tcase_add_loop_test(
        tc, store_redis_load__reads_no_more_of_a_string_than_it_may_have, 0, 2);
    tcase_add_test(tc, store_redis_load__gives_the_fields_in_order);
    tcase_add_loop_test(tc, store_redis_load__gives_the_time_to_live, 0,
                        ROWS(ttls));
    tcase_add_test(tc, store_redis_load__does_not_overflow_a_time_to_live);
    tcase_add_loop_test(tc,
                        store_redis_load__keeps_the_largest_size_to_the_octet,
                        0, ROWS(sizes));
    tcase_add_loop_test(tc, store_redis_load__reads_an_error_whatever_the_limit,
                        0, 2);
    tcase_add_loop_test(
        tc, store_redis_load__takes_4096_fields_and_not_one_more, 0, 2);
    tcase_add_loop_test(tc, store_redis_load__asks_in_this_order, 0,
                        ROWS(dialogues));
    tcase_add_loop_test(tc, store_redis_load__a_refused_greeting_is_unavailable,
                        0, ROWS(greetings));
    tcase_add_test(tc, store_redis_load__is_patient_with_single_octets);
    tcase_add_loop_test(tc, store_redis_load__a_slow_redis_costs_one_deadline,
                        0, ROWS(slow));
    tcase_add_test(tc,
                   store_redis_load__a_late_reply_never_answers_the_next_query);
    tcase_add_test(tc, store_redis_load__says_why_nobody_listens);
    tcase_add_test(tc, store_redis_load__says_why_a_socket_is_not_there);
    tcase_add_test(
        tc, store_redis_load__asks_a_dead_connections_question_once_more);
    tcase_add_test(tc, store_redis_load__asks_no_third_time);
    tcase_add_test(tc, store_redis_load__does_not_ask_again_once_an_octet_came);
    tcase_add_test(tc, store_redis_load__one_dead_connection_flushes_the_rest);
    tcase_add_test(tc, store_redis_start_child__connects_to_nothing);
    tcase_add_test(tc, store_redis_load__gives_no_session_to_a_stranger);
    tcase_add_test(tc,
                   store_redis_load__keeps_to_its_pool_under_sixteen_threads);
}

int main(void)
{
    return unit_main("store_redis", add);
}
