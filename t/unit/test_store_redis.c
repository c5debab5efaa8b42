/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/store_redis.h"
#include "store/store.h"

#include <pthread.h>

#include "fake.h"
#include "base/clock.h"
#include "unit.h"

static const char *create(shs_store_t **store, const char *url,
                          const char *option)
{
    apr_array_header_t *options = apr_array_make(p, 2, sizeof(const char *));

    if (option) {
        APR_ARRAY_PUSH(options, const char *) = option;
    }
    return shs_store_create(store, &shs_store_redis, url, options, p);
}

/* A store on the fake; `credentials` stand before the host, `db` after it. */
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

    memset(&query, 0, sizeof(query));
    query.key = unit_text(key);
    query.shape = shape;
    query.max_octets = 65536;
    query.deadline = unit_in_ms(ms);
    return query;
}

static shs_outcome_t load(shs_result_t *result, shs_store_t *store,
                          const char *key, int ms)
{
    shs_query_t query = query_of(key, SHS_SHAPE_STRING, ms);

    memset(result, 0, sizeof(*result));
    return shs_store_load(result, store, &query, p);
}

#define ck_found(store, key_, value_)                                       \
    do {                                                                    \
        shs_result_t found_;                                                \
        shs_outcome_t outcome_ = load(&found_, (store), (key_), 10000);     \
        ck_assert_msg(outcome_ == SHS_OUTCOME_FOUND, "%d: %s", outcome_,    \
                      found_.reason);                                       \
        ck_octets_eq(found_.record.string, unit_text(value_), "the value"); \
    } while (0)

/* -------------------------------------------------------------- the server */

/* Its replies to GET or HGETALL, to PTTL, and to AUTH and SELECT. */
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

static void send_reply(fake_peer_t *peer, const redis_t *redis,
                       const char *text)
{
    if (redis->pause_ms) {
        fake_drip(peer, text, strlen(text), redis->pause_ms);
    }
    else {
        fake_send_text(peer, text);
    }
}

/* Sends the value only after PTTL has come too: a client that waits between the
 * two commands would wait forever. */
static void redis(fake_peer_t *peer, void *baton)
{
    redis_t *self = baton;

    while (fake_read_command(peer)) {
        note(self, peer);
        if (!strcmp(peer->arguments[0], "AUTH")) {
            send_reply(peer, self, self->auth ? self->auth : "+OK\r\n");
        }
        else if (!strcmp(peer->arguments[0], "SELECT")) {
            send_reply(peer, self, self->select ? self->select : "+OK\r\n");
        }
        else if (!strcmp(peer->arguments[0], "PTTL")) {
            send_reply(peer, self, self->value);
            send_reply(peer, self, self->pttl);
        }
    }
}

/* ---------------------------------------------------------------- replies */

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
} replies[] = {
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
      "one reply of two is not enough" },
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

START_TEST(store_redis_load__distinguishes_the_outcomes)
{
    redis_t self = { replies[_i].value, replies[_i].pttl, NULL, NULL, 0, "" };
    fake_t *fake = fake_start(redis, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_query_t query = query_of("session:KEYSECRET", replies[_i].shape, 5000);
    shs_result_t result = { 0 };
    shs_outcome_t outcome = shs_store_load(&result, store, &query, p);

    ck_assert_msg(outcome == replies[_i].outcome, "%d, not %d (%s): %s",
                  outcome, replies[_i].outcome, result.reason, replies[_i].why);
    if (outcome != FOUND) {
        ck_assert_msg(result.reason && *result.reason, "no reason: %s",
                      replies[_i].why);
        ck_assert_msg(!strstr(result.reason, "SECRET")
                          || !strcmp(replies[_i].why, "no code we know"),
                      "the reason leaks: %s", result.reason);
    }
    if (outcome == UNAVAILABLE) {
        ck_assert_msg(!!result.is_refusal == replies[_i].is_refusal, "%s",
                      replies[_i].why);
    }
    fake_stop(fake);
}
END_TEST

/* Replies to the first commands of a connection with numbers, which fit no
 * load, and to all later ones with the value of the key before. */
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
        fake_send_text(peer, reply);
        apr_cpystrn(before, peer->arguments[1], sizeof(before));
    }
}

START_TEST(store_redis_load__drops_a_connection_after_a_reply_of_another_kind)
{
    static const char *const keys[] = { "s:alice", "s:bob", "s:carol" };
    fake_t *fake = fake_start(shift, NULL);
    shs_store_t *store = store_on(fake, "", "", NULL);
    int i;

    for (i = 0; i < 3; i++) {
        shs_query_t query = query_of(keys[i], FIELDS, 5000);
        shs_result_t result = { 0 };

        ck_assert_int_eq(shs_store_load(&result, store, &query, p),
                         UNAVAILABLE);
        ck_assert_msg(result.record.count == 0, "%s got a session", keys[i]);
        ck_assert_int_eq(fake_accepted(fake), i + 1);
    }
    fake_stop(fake);
}
END_TEST

/* Errors that the server sends unasked, before it closes. */
static const struct {
    const char *words;
    const char *reason;
} last_errors[] = {
    { "-ERR max number of clients reached\r\n", "maxclients" },
    { "-DENIED Redis is running in protected mode SECRET\r\n", "DENIED" },
    { "-LOADING SECRET\r\n", "LOADING" },
};

static void send_last_error(fake_peer_t *peer, void *baton)
{
    /* GET and PTTL: unread octets would turn the close into a reset. */
    if (fake_read_command(peer) && fake_read_command(peer)) {
        fake_send_text(peer, baton);
    }
}

START_TEST(store_redis_load__reports_the_error_before_the_close)
{
    char words[128];
    fake_t *fake;
    shs_store_t *store;
    shs_result_t result;

    apr_cpystrn(words, last_errors[_i].words, sizeof(words));
    fake = fake_start(send_last_error, words);
    store = store_on(fake, "", "", NULL);
    ck_assert_int_eq(load(&result, store, "s:k", 5000), UNAVAILABLE);
    ck_assert_msg(strstr(result.reason, last_errors[_i].reason) != NULL, "%s",
                  result.reason);
    ck_assert_msg(!strstr(result.reason, "SECRET"), "%s", result.reason);
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
        fake_send_text(peer, self->promise);
        for (sent = 0; sent < self->sent; sent += (int)sizeof(piece)) {
            fake_send(peer, piece, sizeof(piece));
        }
        fake_stall(peer);
    }
}

/* A client that waited for the rest would run into the deadline, and the
 * outcome would be UNAVAILABLE. */
START_TEST(store_redis_load__stops_reading_a_string_at_the_limit)
{
    static const char *const promises[] = { "$300000\r\n", "$52428800\r\n" };
    boast_t self = { promises[_i], 70000 };
    fake_t *fake = fake_start(boast, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_result_t result;

    ck_assert_int_eq(load(&result, store, "s:k", 4 * unit_slack_ms()),
                     MALFORMED);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__returns_the_fields_in_order)
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
    shs_result_t result = { 0 };

    ck_assert_int_eq(shs_store_load(&result, store, &query, p), FOUND);
    ck_assert_int_eq(result.record.shape, FIELDS);
    ck_assert_uint_eq(result.record.count, 2);
    ck_octets_eq(result.record.fields[0].name, OCTETS("z"), "first");
    ck_octets_eq(result.record.fields[0].value, OCTETS("\r\n"), "any octet");
    ck_octets_eq(result.record.fields[1].name, OCTETS("a"), "second");
    ck_octets_eq(result.record.fields[1].value, OCTETS(""), "empty");
    ck_assert_int_eq(result.record.ttl, 1500000);
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

START_TEST(store_redis_load__returns_the_time_to_live)
{
    redis_t self = { "$1\r\nv\r\n", ttls[_i].pttl, NULL, NULL, 0, "" };
    fake_t *fake = fake_start(redis, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_result_t result;

    ck_assert_int_eq(load(&result, store, "s:k", 5000), FOUND);
    ck_assert_int_eq(result.record.ttl, ttls[_i].ttl);
    fake_stop(fake);
}
END_TEST

/* Whatever the result, it is neither negative nor a crash. */
START_TEST(store_redis_load__does_not_overflow_a_time_to_live)
{
    redis_t self = {
        "$1\r\nv\r\n", ":9223372036854775807\r\n", NULL, NULL, 0, ""
    };
    fake_t *fake = fake_start(redis, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_result_t result;
    shs_outcome_t outcome = load(&result, store, "s:k", 5000);

    ck_assert(outcome == FOUND || outcome == UNAVAILABLE);
    if (outcome == FOUND) {
        ck_assert(result.record.ttl > 0
                  || result.record.ttl == SHS_TTL_FOREVER);
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

START_TEST(store_redis_load__enforces_the_size_limit_to_the_octet)
{
    redis_t self = { sizes[_i].value, ":-1\r\n", NULL, NULL, 0, "" };
    fake_t *fake = fake_start(redis, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_query_t query = query_of("s:k", sizes[_i].shape, 5000);
    shs_result_t result = { 0 };

    query.max_octets = sizes[_i].max_octets;
    ck_assert_msg(shs_store_load(&result, store, &query, p)
                      == sizes[_i].outcome,
                  "%s", sizes[_i].why);
    fake_stop(fake);
}
END_TEST

/* An error is not the value: a small limit does not hide it. */
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
    shs_result_t result = { 0 };

    if (_i) {
        self.value = "-NOPERM this user has no permissions to run the 'get' "
                     "command\r\n";
        self.pttl = self.value;
    }
    fake = fake_start(redis, &self);
    store = store_on(fake, "", "", NULL);
    query = query_of("s:k", STRING, 5000);
    query.max_octets = 1;
    ck_assert_int_eq(shs_store_load(&result, store, &query, p),
                     _i ? UNAVAILABLE : MALFORMED);
    if (_i) {
        ck_assert(result.is_refusal);
    }
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__accepts_4096_fields_and_no_more)
{
    const int count = SHS_STORE_MAX_FIELDS + _i;
    char *value = apr_palloc(p, (apr_size_t)count * 24 + 64);
    char *at = value + apr_snprintf(value, 32, "*%d\r\n", 2 * count);
    redis_t self = { NULL, ":-1\r\n", NULL, NULL, 0, "" };
    fake_t *fake;
    shs_store_t *store;
    shs_query_t query;
    shs_result_t result = { 0 };
    int i;

    for (i = 0; i < count; i++) {
        at += apr_snprintf(at, 32, "$5\r\n%05d\r\n$1\r\nv\r\n", i);
    }
    self.value = value;
    fake = fake_start(redis, &self);
    store = store_on(fake, "", "", NULL);
    query = query_of("s:k", FIELDS, 10000);
    ck_assert_int_eq(shs_store_load(&result, store, &query, p),
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
      "no handshake where none is needed" },
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

START_TEST(store_redis_load__sends_the_commands_in_this_order)
{
    redis_t self = { "$-1\r\n", ":-2\r\n", NULL, NULL, 0, "" };
    fake_t *fake;
    shs_store_t *store;
    shs_result_t result = { 0 };
    int i;

    if (dialogues[_i].shape == FIELDS) {
        self.value = "*0\r\n";
    }
    fake = fake_start(redis, &self);
    store = store_on(fake, dialogues[_i].credentials, dialogues[_i].db, NULL);
    for (i = 0; i < 2; i++) {
        shs_query_t query = query_of("s:k", dialogues[_i].shape, 5000);

        ck_assert_int_eq(shs_store_load(&result, store, &query, p), ABSENT);
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
} handshakes[] = {
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

START_TEST(store_redis_load__is_unavailable_after_a_failed_handshake)
{
    redis_t self = { "$1\r\nv\r\n",         ":-1\r\n", handshakes[_i].auth,
                     handshakes[_i].select, 0,         "" };
    fake_t *fake = fake_start(redis, &self);
    shs_store_t *store = store_on(fake, "alice:SECRET@", "/3", NULL);
    shs_result_t result;

    ck_assert_msg(load(&result, store, "s:k", 3000) == UNAVAILABLE, "%s",
                  handshakes[_i].why);
    ck_assert_msg(result.reason && *result.reason, "no reason: %s",
                  handshakes[_i].why);
    ck_assert_msg(!strstr(result.reason, "SECRET"), "%s", result.reason);
    if (handshakes[_i].is_refusal) {
        ck_assert_msg(result.is_refusal, "%s", handshakes[_i].why);
    }
    fake_stop(fake);
    ck_assert_msg(!strstr(self.seen, "GET"), "sent all the same: %s",
                  self.seen);
}
END_TEST

/* --------------------------------------------------------- slow and lying */

START_TEST(store_redis_load__reads_single_octets)
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
    int is_handshake_slow;
    const char *why;
} slow_t;

static const slow_t slow[] = {
    { "", 0, 0, "accepts and never replies" },
    { "", 0, 1, "accepts and never replies to the handshake" },
    { "$5\r\nhel", 0, 0, "stalls half way through the value" },
    { "$5\r\nhello\r\n", 0, 0, "stalls between the replies" },
    { "$5\r\nhello\r\n:3", 0, 0, "stalls half way through the number" },
    { "*-1\r\n", 0, 0, "a nothing of the wrong kind, then silence" },
    { "$99\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 5,
      0, "drips past the deadline" },
    { "$2147483647\r\nx", 0, 0, "a huge bulk length" },
    { "$400\r\n", 0, 0, "a length and nothing more" },
};

/* Slow on the first connection; on all others it replies with the key. */
static void slow_then_good(fake_peer_t *peer, void *baton)
{
    const slow_t *self = baton;

    while (fake_read_command(peer)) {
        const char *key = peer->arguments[1];

        if (!strcmp(peer->arguments[0], "AUTH")) {
            if (peer->nth == 0 && self->is_handshake_slow) {
                fake_stall(peer);
                return;
            }
            fake_send_text(peer, "+OK\r\n");
        }
        else if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        else if (peer->nth == 0) {
            if (self->pause_ms) {
                fake_drip(peer, self->text, strlen(self->text), self->pause_ms);
            }
            else {
                fake_send_text(peer, self->text);
            }
            fake_stall(peer);
            return;
        }
        else {
            char reply[600];

            apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                         (int)strlen(key), key);
            fake_send_text(peer, reply);
        }
    }
}

START_TEST(store_redis_load__ends_at_the_deadline_with_a_slow_server)
{
    slow_t self = slow[_i];
    fake_t *fake = fake_start(slow_then_good, &self);
    shs_store_t *store = store_on(fake, "alice:pw@", "", NULL);
    shs_result_t result;
    apr_time_t begun = shs_clock_now();
    shs_outcome_t outcome = load(&result, store, "s:alice", 100);
    apr_time_t spent = shs_clock_now() - begun;

    ck_assert_msg(outcome == UNAVAILABLE, "%d: %s", outcome, self.why);
    ck_assert_msg(result.reason && !result.is_refusal, "%s", self.why);
    ck_assert_msg(spent <= (100 + unit_slack_ms()) * (apr_time_t)1000,
                  "%d ms: %s", (int)(spent / 1000), self.why);
    /* The connection is closed, and the next one is good. */
    ck_found(store, "s:bob", "s:bob");
    ck_assert_int_eq(fake_accepted(fake), 2);
    fake_stop(fake);
}
END_TEST

/* Sends the replies of the first connection after fake_resume(): too late. */
static void reply_late(fake_peer_t *peer, void *baton)
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
        fake_send_text(peer, reply);
    }
}

/* The worst bug: user B gets the session of user A. */
START_TEST(store_redis_load__never_takes_a_late_reply_for_the_next_one)
{
    fake_t *fake = fake_start(reply_late, NULL);
    shs_store_t *store = store_on(fake, "", "", "pool=1");
    shs_result_t result;
    int i;

    ck_assert_int_eq(load(&result, store, "s:alice", 60), UNAVAILABLE);
    fake_resume(fake);
    for (i = 0; i < 20; i++) {
        ck_found(store, "s:bob", "s:bob");
        ck_found(store, "s:carol", "s:carol");
    }
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__reports_a_refused_connection)
{
    fake_t *fake = fake_start(reply_late, NULL);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_result_t result;

    fake_stop(fake);
    ck_assert_int_eq(load(&result, store, "s:k", 3000), UNAVAILABLE);
    ck_assert_msg(result.reason && *result.reason, "no reason");
    ck_assert(!result.is_refusal);
}
END_TEST

START_TEST(store_redis_load__reports_a_missing_socket)
{
    shs_store_t *store = NULL;
    shs_result_t result;

    ck_assert_pstr_eq(create(&store, "unix:///nonexistent/shs-unit.sock", NULL),
                      NULL);
    shs_store_start_child(store, 4, p);
    ck_assert_int_eq(load(&result, store, "s:k", 1000), UNAVAILABLE);
    ck_assert_msg(result.reason && *result.reason, "no reason");
}
END_TEST

/* -------------------------------------------------------- dead connections */

typedef struct dying_t {
    int mortal;      /* so many connections die */
    int is_dead_now; /* atomic: once set, they die at their next command */
    int is_waiting;  /* their first reply waits for fake_resume() */
    const char *last_reply;
} dying_t;

static void run_dying(fake_peer_t *peer, void *baton)
{
    dying_t *self = baton;
    int is_first = 1;

    while (fake_read_command(peer)) {
        char reply[600];

        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        if (peer->nth < self->mortal
            && __atomic_load_n(&self->is_dead_now, __ATOMIC_SEQ_CST)) {
            fake_send_text(peer, self->last_reply);
            return;
        }
        if (is_first && peer->nth < self->mortal && self->is_waiting) {
            fake_wait(peer);
        }
        is_first = 0;
        apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                     (int)strlen(peer->arguments[1]), peer->arguments[1]);
        fake_send_text(peer, reply);
    }
}

START_TEST(store_redis_load__retries_once_after_a_dead_connection)
{
    dying_t self = { 1, 0, 0, "" };
    fake_t *fake = fake_start(run_dying, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);

    ck_found(store, "s:alice", "s:alice");
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_found(store, "s:bob", "s:bob");
    ck_assert_int_eq(fake_accepted(fake), 2);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__does_not_retry_twice)
{
    dying_t self = { 1000, 0, 0, "" };
    fake_t *fake = fake_start(run_dying, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_result_t result;

    ck_found(store, "s:alice", "s:alice");
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_assert_int_eq(load(&result, store, "s:bob", 3000), UNAVAILABLE);
    ck_assert_int_le(fake_accepted(fake), 2);
    ck_assert_ptr_nonnull(result.reason);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__does_not_retry_after_the_first_octet)
{
    dying_t self = { 1, 0, 0, "$" };
    fake_t *fake = fake_start(run_dying, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    shs_result_t result;

    ck_found(store, "s:alice", "s:alice");
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_assert_int_eq(load(&result, store, "s:bob", 3000), UNAVAILABLE);
    fake_stop(fake);
}
END_TEST

typedef struct loader_t {
    shs_store_t *store;
    apr_pool_t *own;
    int nth;
    int rounds;
    int timeout_ms;
    int strangers;
    int found;
} loader_t;

static void *load_many(void *data)
{
    loader_t *loader = data;
    int i;

    for (i = 0; i < loader->rounds; i++) {
        char key[64];
        shs_query_t query = { { key, 0 }, STRING, 65536, 0 };
        shs_result_t result;

        query.key.len = (apr_size_t)apr_snprintf(key, sizeof(key), "s:%d-%d",
                                                 loader->nth, i);
        query.deadline = unit_in_ms(loader->timeout_ms);
        memset(&result, 0, sizeof(result));
        if (shs_store_load(&result, loader->store, &query, loader->own)
            == FOUND) {
            loader->found++;
            if (!unit_is_equal(result.record.string, query.key)) {
                loader->strangers++;
            }
        }
        apr_pool_clear(loader->own);
    }
    return NULL;
}

static void load_at_once(loader_t *loaders, int count, shs_store_t *store,
                         int rounds, int timeout_ms, fake_t *going,
                         int expected)
{
    pthread_t threads[16];
    int i;

    for (i = 0; i < count; i++) {
        memset(&loaders[i], 0, sizeof(loaders[i]));
        loaders[i].store = store;
        loaders[i].nth = i;
        loaders[i].rounds = rounds;
        loaders[i].timeout_ms = timeout_ms;
        apr_pool_create(&loaders[i].own, NULL);
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, load_many, &loaders[i]), 0);
    }
    if (going) {
        unit_await(fake_accepted(going) >= expected, "no connection came");
        for (i = 0; i < expected; i++) {
            fake_resume(going);
        }
    }
    for (i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        apr_pool_destroy(loaders[i].own);
    }
}

START_TEST(store_redis_load__flushes_the_pool_after_a_dead_connection)
{
    dying_t self = { 5, 0, 1, "" };
    fake_t *fake = fake_start(run_dying, &self);
    shs_store_t *store = store_on(fake, "", "", NULL);
    loader_t loaders[5];
    int commands;

    load_at_once(loaders, 5, store, 1, 20000, fake, 5);
    commands = fake_commands(fake);
    __atomic_store_n(&self.is_dead_now, 1, __ATOMIC_SEQ_CST);
    ck_found(store, "s:a", "s:a");
    ck_found(store, "s:b", "s:b");
    /* One pair was lost; the four other idle connections were not tried. */
    ck_assert_int_eq(fake_accepted(fake), 6);
    ck_assert_int_eq(fake_commands(fake), commands + 3 * 2);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_start_child__connects_to_nothing)
{
    redis_t self = { "$1\r\nv\r\n", ":-1\r\n", NULL, NULL, 0, "" };
    fake_t *fake = fake_start(redis, &self);

    store_on(fake, "alice:pw@", "/1", NULL);
    /* Connections are accepted in order: that of another child is the first. */
    ck_found(store_on(fake, "", "", NULL), "s:k", "v");
    ck_assert_int_eq(fake_accepted(fake), 1);
    fake_stop(fake);
}
END_TEST

/* ----------------------------------------------------------------- threads */

static int turns;

/* The deadline of a load; longer on a slow machine. */
static int short_ms(void)
{
    return 25 + (unit_slack_ms() - 250) / 10;
}

static void late(void)
{
    unit_let_pass(unit_in_ms(short_ms() + 15));
}

/* Does everything wrong in turn: stalls, closes, replies late, drips. */
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
        turn = __atomic_add_fetch(&turns, 1, __ATOMIC_SEQ_CST);
        len = apr_snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n:5000\r\n",
                           (int)strlen(peer->arguments[1]), peer->arguments[1]);
        switch (turn % 23) {
        case 3:
            late(); /* and then all of it */
            fake_send_text(peer, reply);
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
            fake_send_text(peer, reply);
            fake_send_text(peer, "$8\r\nstranger\r\n");
            break;
        default:
            fake_send_text(peer, reply);
        }
    }
}

START_TEST(store_redis_load__never_returns_another_keys_session)
{
    fake_t *fake = fake_start(misbehave, NULL);
    shs_store_t *store = store_on(fake, "", "", "pool=6");
    loader_t loaders[16];
    int found = 0;
    int i;

    load_at_once(loaders, 16, store, 60, short_ms(), NULL, 0);
    for (i = 0; i < 16; i++) {
        ck_assert_int_eq(loaders[i].strangers, 0);
        found += loaders[i].found;
    }
    ck_assert_msg(found > 100, "only %d of %d were found", found, 16 * 60);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__keeps_to_its_pool_with_sixteen_threads)
{
    dying_t self = { 0, 0, 0, "" };
    fake_t *fake = fake_start(run_dying, &self);
    shs_store_t *store = store_on(fake, "", "", "pool=3");
    loader_t loaders[16];
    int i;

    load_at_once(loaders, 16, store, 40, 20000, NULL, 0);
    for (i = 0; i < 16; i++) {
        ck_assert_int_eq(loaders[i].found, 40);
        ck_assert_int_eq(loaders[i].strangers, 0);
    }
    ck_assert_int_le(fake_accepted(fake), 3);
    fake_stop(fake);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, store_redis_load__distinguishes_the_outcomes, 0,
                        ROWS(replies));
    tcase_add_test(
        tc, store_redis_load__drops_a_connection_after_a_reply_of_another_kind);
    tcase_add_loop_test(tc,
                        store_redis_load__reports_the_error_before_the_close, 0,
                        ROWS(last_errors));
    tcase_add_loop_test(
        tc, store_redis_load__stops_reading_a_string_at_the_limit, 0, 2);
    tcase_add_test(tc, store_redis_load__returns_the_fields_in_order);
    tcase_add_loop_test(tc, store_redis_load__returns_the_time_to_live, 0,
                        ROWS(ttls));
    tcase_add_test(tc, store_redis_load__does_not_overflow_a_time_to_live);
    tcase_add_loop_test(tc,
                        store_redis_load__enforces_the_size_limit_to_the_octet,
                        0, ROWS(sizes));
    tcase_add_loop_test(tc, store_redis_load__reads_an_error_whatever_the_limit,
                        0, 2);
    tcase_add_loop_test(tc, store_redis_load__accepts_4096_fields_and_no_more,
                        0, 2);
    tcase_add_loop_test(tc, store_redis_load__sends_the_commands_in_this_order,
                        0, ROWS(dialogues));
    tcase_add_loop_test(
        tc, store_redis_load__is_unavailable_after_a_failed_handshake, 0,
        ROWS(handshakes));
    tcase_add_test(tc, store_redis_load__reads_single_octets);
    tcase_add_loop_test(
        tc, store_redis_load__ends_at_the_deadline_with_a_slow_server, 0,
        ROWS(slow));
    tcase_add_test(tc,
                   store_redis_load__never_takes_a_late_reply_for_the_next_one);
    tcase_add_test(tc, store_redis_load__reports_a_refused_connection);
    tcase_add_test(tc, store_redis_load__reports_a_missing_socket);
    tcase_add_test(tc, store_redis_load__retries_once_after_a_dead_connection);
    tcase_add_test(tc, store_redis_load__does_not_retry_twice);
    tcase_add_test(tc, store_redis_load__does_not_retry_after_the_first_octet);
    tcase_add_test(tc,
                   store_redis_load__flushes_the_pool_after_a_dead_connection);
    tcase_add_test(tc, store_redis_start_child__connects_to_nothing);
    tcase_add_test(tc, store_redis_load__never_returns_another_keys_session);
    tcase_add_test(tc,
                   store_redis_load__keeps_to_its_pool_with_sixteen_threads);
}

int main(void)
{
    return unit_main("store_redis", add);
}
