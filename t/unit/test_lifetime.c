/* SPDX-License-Identifier: Apache-2.0
 *
 * The clock here is a number, and so is the expiry of the key: a story says
 * what each request has to find and to do, to the microsecond.
 */
#include "session/lifetime.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define SECOND  APR_INT64_C(1000000)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define FOREVER SHS_TTL_FOREVER
#define SIXTH   SHS_LIFETIME_SIXTH

/* ---- tables */

static shs_lifetime_t lifetime_of(apr_interval_time_t touch)
{
    shs_lifetime_t lifetime = { 30 * MINUTE, 0, 12 * HOUR, touch };

    return lifetime;
}

static const struct {
    apr_interval_time_t touch;
    apr_interval_time_t idle;
    apr_interval_time_t interval;
    const char *why;
} intervals[] = {
    { SIXTH, 30 * MINUTE, 5 * MINUTE, "not configured: a sixth" },
    { SIXTH, HOUR, 10 * MINUTE, "... of the session's own timeout" },
    { SIXTH, SECOND, 166666, "... also of the shortest" },
    { SIXTH, 400 * 24 * HOUR, 1600 * HOUR, "... and of the longest" },
    { MINUTE, 30 * MINUTE, MINUTE, "configured" },
    { 15 * MINUTE, 30 * MINUTE, 15 * MINUTE, "as long as it may be" },
    { 15 * MINUTE + 1, 30 * MINUTE, 15 * MINUTE, "longer than that" },
    { 2 * HOUR, 30 * MINUTE, 15 * MINUTE, "longer than the idle timeout" },
    { SECOND, SECOND, SECOND / 2, "the shortest of both" },
    { 0, 30 * MINUTE, 0, "Off" },
};

START_TEST(lifetime_interval__is_configured_or_a_sixth_and_at_most_a_half)
{
    shs_lifetime_t lifetime = lifetime_of(intervals[_i].touch);

    ck_assert_msg(shs_lifetime_interval(&lifetime, intervals[_i].idle)
                      == intervals[_i].interval,
                  "%s", intervals[_i].why);
}
END_TEST

static const struct {
    apr_interval_time_t idle;
    apr_interval_time_t absolute;
    apr_interval_time_t touch;
    apr_interval_time_t ttl;
    const char *why;
} firsts[] = {
    { 30 * MINUTE, 12 * HOUR, SIXTH, 35 * MINUTE, "the defaults" },
    { 30 * MINUTE, 12 * HOUR, MINUTE, 31 * MINUTE, "a touch each minute" },
    { 30 * MINUTE, 12 * HOUR, 0, 30 * MINUTE, "no touches" },
    { 30 * MINUTE, 35 * MINUTE, SIXTH, 35 * MINUTE, "just inside both" },
    { 30 * MINUTE, 34 * MINUTE, SIXTH, 34 * MINUTE, "the interval is cut" },
    { 2 * HOUR, HOUR, SIXTH, HOUR, "the absolute timeout alone" },
};

START_TEST(lifetime_of_new__is_idle_timeout_and_interval_within_the_absolute)
{
    shs_lifetime_t lifetime = { firsts[_i].idle, 0, firsts[_i].absolute,
                                firsts[_i].touch };

    ck_assert_msg(shs_lifetime_of_new(&lifetime) == firsts[_i].ttl, "%s",
                  firsts[_i].why);
}
END_TEST

/* `now` is 100 h; the place's timeouts are 30 min and 12 h. */
static const struct {
    apr_interval_time_t max; /* 0: it does not say */
    apr_interval_time_t age; /* -1: it does not say */
    int adopts;
    apr_interval_time_t left;
    apr_interval_time_t ttl;
    const char *why;
} copies[] = {
    { HOUR, 0, 0, 1, 70 * MINUTE, "as one that is used now" },
    { HOUR, -1, 0, 1, 70 * MINUTE, "... of no known age" },
    { HOUR, 0, 0, FOREVER, 70 * MINUTE, "one that had no end gets one" },
    { HOUR, 0, 0, 24 * HOUR, 70 * MINUTE, "one with a longer life loses it" },
    { HOUR, 11 * HOUR, 0, 1, HOUR, "not past the absolute timeout" },
    { HOUR, 12 * HOUR, 0, HOUR, 0, "just over" },
    { HOUR, 14 * HOUR, 0, HOUR, -2 * HOUR, "long over" },
    { HOUR, -HOUR, 0, 1, 70 * MINUTE, "by a host whose clock is ahead" },
    { 0, -1, 0, 7, 7, "another program's: as long as it has" },
    { 0, -1, 0, 24 * HOUR, 24 * HOUR, "... however long" },
    { 0, 11 * HOUR, 0, 24 * HOUR, HOUR, "... within the absolute timeout" },
    { 0, -1, 0, FOREVER, 30 * MINUTE, "... no touch follows: no interval" },
    { 0, -1, 1, 7, 35 * MINUTE, "adopted" },
    { HOUR, -1, 1, 7, 70 * MINUTE, "what the session says counts more" },
};

START_TEST(lifetime_of_copy__is_that_of_a_session_that_is_used_now)
{
    shs_lifetime_t lifetime = lifetime_of(SIXTH);
    shs_metadata_t metadata;
    apr_interval_time_t ttl;

    memset(&metadata, 0, sizeof(metadata));
    lifetime.adopts = copies[_i].adopts;
    metadata.idle = copies[_i].max;
    if (copies[_i].age != -1) {
        metadata.created_at = 100 * HOUR - copies[_i].age;
    }
    ttl =
        shs_lifetime_of_copy(&lifetime, &metadata, copies[_i].left, 100 * HOUR);
    ck_assert_msg(ttl == copies[_i].ttl, "%" APR_TIME_T_FMT ": %s", ttl,
                  copies[_i].why);
}
END_TEST

/* Without it the time that is left need not be known. */
START_TEST(lifetime_copies_left__is_true_for_a_session_without_idle_timeout)
{
    shs_lifetime_t lifetime = lifetime_of(SIXTH);
    shs_metadata_t metadata;

    memset(&metadata, 0, sizeof(metadata));
    ck_assert_int_eq(shs_lifetime_copies_left(&lifetime, &metadata), 1);
    lifetime.adopts = 1;
    ck_assert_int_eq(shs_lifetime_copies_left(&lifetime, &metadata), 0);
    ck_assert(shs_lifetime_of_copy(&lifetime, &metadata, SHS_TTL_UNKNOWN, HOUR)
              == 35 * MINUTE);
    lifetime.adopts = 0;
    metadata.idle = HOUR;
    ck_assert_int_eq(shs_lifetime_copies_left(&lifetime, &metadata), 0);
    ck_assert(shs_lifetime_of_copy(&lifetime, &metadata, SHS_TTL_UNKNOWN, HOUR)
              == 70 * MINUTE);
}
END_TEST

/* Whether it fails an assertion. */
static int aborts(void (*run)(void))
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        fclose(stderr); /* where assert() would shout */
        run();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void copy_what_is_unknown(void)
{
    shs_lifetime_t lifetime = lifetime_of(SIXTH);
    shs_metadata_t metadata;

    memset(&metadata, 0, sizeof(metadata));
    shs_lifetime_of_copy(&lifetime, &metadata, SHS_TTL_UNKNOWN, HOUR);
}

static void touch_what_is_unknown(void)
{
    shs_lifetime_t lifetime = lifetime_of(SIXTH);
    shs_metadata_t metadata;

    memset(&metadata, 0, sizeof(metadata));
    shs_lifetime_is_low(&lifetime, &metadata, SHS_TTL_UNKNOWN);
}

/* A time to live that was not read must not pass for a time, or for none. */
START_TEST(lifetime__asserts_that_the_time_that_counts_is_known)
{
    ck_assert(aborts(copy_what_is_unknown));
    ck_assert(aborts(touch_what_is_unknown));
}
END_TEST

START_TEST(lifetime_is_low__is_false_without_a_time_where_nothing_is_touched)
{
    shs_lifetime_t lifetime = lifetime_of(0);
    shs_metadata_t metadata;

    memset(&metadata, 0, sizeof(metadata));
    metadata.idle = HOUR;
    ck_assert(!shs_lifetime_is_low(&lifetime, &metadata, SHS_TTL_UNKNOWN));
}
END_TEST

/* The place's idle timeout is 30 min. */
static const struct {
    apr_interval_time_t touch;
    apr_interval_time_t max; /* 0: it does not say */
    int adopts;
    int is_rotated;
    apr_interval_time_t left;
    apr_interval_time_t ttl; /* 0: no touch is due */
    apr_interval_time_t due;
    const char *why;
} touches[] = {
    { SIXTH, HOUR, 0, 0, HOUR + 1, 0, 0, "more than the idle timeout left" },
    { SIXTH, HOUR, 0, 0, HOUR, 70 * MINUTE, HOUR, "just that" },
    { SIXTH, HOUR, 0, 0, 0, 70 * MINUTE, HOUR, "the last moment" },
    { SIXTH, HOUR, 0, 0, FOREVER, 70 * MINUTE, HOUR, "no end" },
    { SIXTH, HOUR, 0, 0, 100 * HOUR, 0, 0, "a longer life stays" },
    { MINUTE, HOUR, 0, 0, HOUR, 61 * MINUTE, HOUR, "another interval" },
    { HOUR, HOUR, 0, 0, HOUR, 90 * MINUTE, HOUR, "one that is too long" },
    { 0, HOUR, 0, 0, 1, 0, 0, "Off" },
    { 0, HOUR, 0, 0, FOREVER, 0, 0, "Off, and no end" },
    { SIXTH, HOUR, 0, 1, 1, 0, 0, "an old id" },
    { SIXTH, HOUR, 1, 1, FOREVER, 0, 0, "an old id without an end" },
    { SIXTH, 0, 0, 0, 1, 0, 0, "another program's" },
    { SIXTH, 0, 0, 0, FOREVER, 0, 0, "another program's without an end" },
    { SIXTH, 0, 1, 0, 30 * MINUTE, 35 * MINUTE, 30 * MINUTE, "adopted" },
    { SIXTH, 0, 1, 0, 30 * MINUTE + 1, 0, 0, "adopted, not due" },
    { SIXTH, SECOND, 0, 0, SECOND, SECOND + 166666, SECOND, "the shortest" },
    { SIXTH, APR_INT64_MAX / SECOND / 2 * SECOND, 0, 0, 1,
      APR_INT64_MAX / SECOND / 2 * SECOND / 6 * 7,
      APR_INT64_MAX / SECOND / 2 * SECOND, "the longest that is read" },
};

START_TEST(lifetime_plan_touch__is_due_when_the_idle_timeout_or_less_is_left)
{
    shs_lifetime_t lifetime = lifetime_of(touches[_i].touch);
    shs_metadata_t metadata;
    apr_interval_time_t ttl = 0, due = 0;
    int is_due;

    memset(&metadata, 0, sizeof(metadata));
    lifetime.adopts = touches[_i].adopts;
    metadata.idle = touches[_i].max;
    metadata.is_rotated = touches[_i].is_rotated;
    is_due = shs_lifetime_plan_touch(&ttl, &due, &lifetime, &metadata,
                                     touches[_i].left, 100 * HOUR);
    ck_assert_msg(is_due == (touches[_i].ttl > 0), "%s", touches[_i].why);
    ck_assert_msg(ttl == touches[_i].ttl && due == touches[_i].due,
                  "%" APR_TIME_T_FMT " if at most %" APR_TIME_T_FMT ": %s", ttl,
                  due, touches[_i].why);
}
END_TEST

/* `rest` is what the absolute timeout leaves. The idle timeout is an hour. */
static const struct {
    apr_interval_time_t rest;
    apr_interval_time_t left;
    apr_interval_time_t ttl; /* 0: no touch is due */
    const char *why;
} rests[] = {
    { 70 * MINUTE, HOUR, 70 * MINUTE, "just far enough away" },
    { 69 * MINUTE, HOUR, 69 * MINUTE, "the interval is cut" },
    { HOUR + SECOND, HOUR, HOUR + SECOND, "a second is gained" },
    { HOUR + SECOND - 1, HOUR, 0, "less than a second would be" },
    { HOUR, HOUR, 0, "it ends at the right time" },
    { 20 * MINUTE, 20 * MINUTE, 0, "it still does" },
    { 20 * MINUTE, 20 * MINUTE - SECOND + 1, 0, "by clocks that differ" },
    { 20 * MINUTE, 20 * MINUTE - SECOND, 20 * MINUTE, "... by a second" },
    { 20 * MINUTE, 30 * MINUTE, 0, "another has written more" },
    { 20 * MINUTE, FOREVER, 20 * MINUTE, "it has no end" },
    { 1, FOREVER, 1, "the last moment" },
    { 0, FOREVER, 0, "it is over" },
    { -HOUR, 1, 0, "long over" },
};

START_TEST(lifetime_plan_touch__does_not_pass_the_absolute_timeout)
{
    shs_lifetime_t lifetime = lifetime_of(SIXTH);
    shs_metadata_t metadata;
    apr_interval_time_t ttl = 0, due = 0;
    int is_due;

    memset(&metadata, 0, sizeof(metadata));
    metadata.idle = HOUR;
    metadata.created_at = 100 * HOUR - lifetime.absolute + rests[_i].rest;
    is_due = shs_lifetime_plan_touch(&ttl, &due, &lifetime, &metadata,
                                     rests[_i].left, 100 * HOUR);
    ck_assert_msg(is_due == (rests[_i].ttl > 0), "%s", rests[_i].why);
    ck_assert_msg(!is_due || ttl == rests[_i].ttl, "%" APR_TIME_T_FMT ": %s",
                  ttl, rests[_i].why);
    ck_assert_int_ge(due, 0);
}
END_TEST

/* ---- stories */

/* A key of a store that executes touches as script.c does. */
typedef struct fake_key_t {
    apr_time_t now;
    apr_time_t ends_at; /* APR_INT64_MAX: never */
    shs_metadata_t metadata;
} fake_key_t;

static apr_interval_time_t left_of(const fake_key_t *key)
{
    return key->ends_at == APR_INT64_MAX ? FOREVER : key->ends_at - key->now;
}

static int is_there(const fake_key_t *key, const shs_lifetime_t *lifetime)
{
    return key->ends_at > key->now
           && (key->metadata.created_at == 0
               || key->metadata.created_at + lifetime->absolute > key->now);
}

/* A request of a host that has read `left`, and whose clock says `now`. Returns
 * whether it extends the expiry. */
static int use_by(fake_key_t *key, const shs_lifetime_t *lifetime,
                  apr_interval_time_t left, apr_time_t now)
{
    apr_interval_time_t ttl, due;

    if (!shs_lifetime_plan_touch(&ttl, &due, lifetime, &key->metadata, left,
                                 now)
        || (key->ends_at != APR_INT64_MAX && key->ends_at - key->now > due)) {
        return 0;
    }
    key->ends_at = key->now + ttl;
    return 1;
}

static int use(fake_key_t *key, const shs_lifetime_t *lifetime)
{
    return use_by(key, lifetime, left_of(key), key->now);
}

/* The law of the version before: the expiry is the idle timeout, and a touch is
 * due a minute after the last one. */
static int use_of_old_version(fake_key_t *key)
{
    apr_interval_time_t idle = key->metadata.idle;
    apr_interval_time_t step = idle / 2 < MINUTE ? idle / 2 : MINUTE;

    if (left_of(key) > idle - step) {
        return 0;
    }
    key->ends_at = key->now + idle;
    return 1;
}

/* A story is a list of: a time in seconds, a host, and what happens there.
 *
 *   hosts   plain: not configured; minute: a touch each minute; off: none; old:
 *           the version before; other: another program
 *   what    login: it creates the session; other sets its expiry to 30 min
 *           use: the session is there, and its expiry is not written
 *           touch: ... and it is
 *           gone: there is no session
 *           day, never: other sets its expiry to a day; removes it
 *
 * The idle timeout is 30 min, the absolute timeout as given. */
static const struct {
    apr_interval_time_t absolute;
    const char *text;
    const char *why;
} stories[] = {
    /* The borders of idle timeout and interval. */
    { 12 * HOUR, "0 plain login 2099.999999 plain touch",
      "an unused session lives for both" },
    { 12 * HOUR, "0 plain login 2100 plain gone", "... and no longer" },
    { 12 * HOUR, "0 plain login 299.999999 plain use 2099.999999 plain touch",
      "a request that need not touch leaves the idle timeout and more" },
    { 12 * HOUR, "0 plain login 299.999999 plain use 2100 plain gone",
      "... by less than the interval" },
    { 12 * HOUR, "0 plain login 300 plain touch 2399.999999 plain touch",
      "one that touches leaves both" },
    { 12 * HOUR, "0 plain login 300 plain touch 2400 plain gone",
      "... and no more" },
    { 12 * HOUR,
      "0 plain login 300 plain touch 300 plain use 599.999999 plain use"
      " 600 plain touch 899.999999 plain use 900 plain touch",
      "one touch each interval" },
    { 12 * HOUR, "0 plain login 2000 plain touch 4099.999999 plain touch",
      "a request near the end gives it all its time again" },

    /* Hosts with different intervals. */
    { 12 * HOUR,
      "0 minute login 59.999999 plain use 60 plain touch 119 minute use"
      " 359.999999 minute use 360 minute touch 419.999999 plain use"
      " 420 plain touch",
      "who wrote the expiry does not matter" },
    { 12 * HOUR, "0 minute login 1860 plain gone", "the shorter of two" },
    { 12 * HOUR, "0 plain login 300 minute touch 2160 plain gone",
      "... after a touch" },

    /* Where requests do not count. */
    { 12 * HOUR, "0 off login 1799.999999 off use 1800 off gone",
      "created there: no more than the idle timeout" },
    { 12 * HOUR, "0 off login 0 plain touch 2099.999999 plain touch",
      "... until another place uses it" },
    { 12 * HOUR, "0 plain login 2099.999999 off use 2100 off gone",
      "a use there extends nothing" },

    /* A rolling upgrade: each has its own law, and they do not contend. */
    { 12 * HOUR,
      "0 old login 0 plain touch 359.999999 old use 359.999999 plain touch"
      " 719 old use 719 plain touch 1078 old use 1079 old touch"
      " 1079 plain touch 1138 old use 1379 plain touch",
      "the new version touches once what the old one has written" },
    { 12 * HOUR, "0 old login 0 plain touch 2100 old gone",
      "the old version finds it as long" },
    { 12 * HOUR, "0 plain login 360 old touch 2160 plain gone",
      "what the old version has touched lives by the old law" },

    /* Other programs. */
    { 12 * HOUR,
      "0 other login 0 plain touch 300 other login 301 plain touch"
      " 302 plain use",
      "one that sets the idle timeout: one touch for each time" },
    { 12 * HOUR, "0 other login 1800 plain gone", "it was never used here" },
    { 48 * HOUR,
      "0 other day 84599.999999 plain use 84600 plain touch 86700 plain gone",
      "a longer life is not cut short" },
    { 12 * HOUR, "0 other never 5 plain touch 2105 plain gone",
      "one without an end gets one" },
    { 12 * HOUR, "0 other never 5 off use 43200 off gone",
      "... but not there" },

    /* The absolute timeout. */
    { HOUR,
      "0 plain login 1500 plain touch 1800 plain use 3599.999999 plain use"
      " 3600 plain gone",
      "the last touch reaches it, and there is no other" },
    { HOUR, "0 plain login 1499 plain touch 1799 plain touch 3599 plain use",
      "a last touch gains a second" },
    { HOUR,
      "0 plain login 1499.5 plain touch 1799.5 plain use 3599.5 plain gone",
      "... but is not made for less" },
    { HOUR, "0 plain login 1200 plain touch 3300 plain gone",
      "an unused session ends before" },
    { HOUR, "0 other never 1800 plain touch 3600 plain gone",
      "one without an end" },
    { 20 * MINUTE, "0 plain login 1199.999999 plain use 1200 plain gone",
      "shorter than the idle timeout: no touch at all" },
};

/* What the key does not have before the story begins. */
static void login(fake_key_t *key, const char *host,
                  const shs_lifetime_t *lifetime)
{
    key->metadata.idle = lifetime->idle;
    key->metadata.created_at =
        key->metadata.created_at != 0 ? key->metadata.created_at : key->now;
    key->ends_at = key->now
                   + (strcmp(host, "old") && strcmp(host, "other")
                          ? shs_lifetime_of_new(lifetime)
                          : lifetime->idle);
}

static const char *happen(fake_key_t *key, const char *host, const char *what,
                          const shs_lifetime_t *lifetime)
{
    int is_old = !strcmp(host, "old");

    if (!strcmp(what, "login") || !strcmp(what, "day")
        || !strcmp(what, "never")) {
        login(key, host, lifetime);
        key->ends_at = !strcmp(what, "day")     ? key->now + 24 * HOUR
                       : !strcmp(what, "never") ? APR_INT64_MAX
                                                : key->ends_at;
        return what;
    }
    if (!is_there(key, lifetime)) {
        return "gone";
    }
    return (is_old ? use_of_old_version(key) : use(key, lifetime)) ? "touch"
                                                                   : "use";
}

START_TEST(lifetime__keeps_the_law_to_the_microsecond)
{
    apr_array_header_t *words = unit_words(stories[_i].text);
    fake_key_t key;
    int i;

    memset(&key, 0, sizeof(key));
    ck_assert_int_eq(words->nelts % 3, 0);
    for (i = 0; i < words->nelts; i += 3) {
        const char *at = APR_ARRAY_IDX(words, i, char *);
        const char *host = APR_ARRAY_IDX(words, i + 1, char *);
        const char *what = APR_ARRAY_IDX(words, i + 2, char *);
        shs_lifetime_t lifetime = lifetime_of(!strcmp(host, "minute") ? MINUTE
                                              : !strcmp(host, "off")  ? 0
                                                                      : SIXTH);
        const char *got;

        lifetime.absolute = stories[_i].absolute;
        /* Far from 0, which means that a time is not known. */
        key.now = 1000 * HOUR + (apr_time_t)(strtod(at, NULL) * 1e6 + 0.5);
        got = happen(&key, host, what, &lifetime);
        ck_assert_msg(!strcmp(got, what), "%s: %s at %s s, not %s: %s",
                      stories[_i].text, got, at, what, stories[_i].why);
    }
}
END_TEST

/* ---- at random */

#define HOSTS 6

static const apr_interval_time_t host_touches[HOSTS] = {
    SIXTH, SIXTH, MINUTE, 5 * SECOND, 25 * MINUTE, SECOND
};
static const apr_interval_time_t maxes[] = { SECOND, 2 * SECOND,  7 * SECOND,
                                             MINUTE, 30 * MINUTE, 2 * HOUR };

/* Pseudo-random, and the same in each run. */
static apr_uint64_t draw(apr_uint64_t *state)
{
    *state = *state * APR_UINT64_C(6364136223846793005)
             + APR_UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Hosts use a session at random times, with what they have read a moment ago:
 * it lives at least the idle timeout after each use, and at most the longest
 * interval more; and touches are the shortest interval apart. */
START_TEST(lifetime__keeps_the_law_whatever_the_hosts_do)
{
    apr_interval_time_t idle = maxes[_i], longest = 0, shortest = idle;
    apr_uint64_t seed = 42 + (apr_uint64_t)_i;
    apr_time_t touched_at = -HOUR;
    fake_key_t key;
    int i, touch_count = 0;

    memset(&key, 0, sizeof(key));
    key.metadata.idle = idle;
    key.ends_at = idle;
    for (i = 0; i < HOSTS; i++) {
        shs_lifetime_t lifetime = lifetime_of(host_touches[i]);
        apr_interval_time_t interval = shs_lifetime_interval(&lifetime, idle);

        longest = interval > longest ? interval : longest;
        shortest = interval < shortest ? interval : shortest;
    }
    for (i = 0; i < 20000; i++) {
        apr_interval_time_t pause =
            (apr_interval_time_t)(draw(&seed)
                                  % (apr_uint64_t)(i % 7 ? idle / 50 : idle));
        shs_lifetime_t lifetime =
            lifetime_of(host_touches[draw(&seed) % HOSTS]);
        apr_interval_time_t late =
            (apr_interval_time_t)(draw(&seed) % (idle / 100));

        key.now += pause;
        ck_assert_int_gt(left_of(&key), 0);
        if (use_by(&key, &lifetime, left_of(&key) - late, key.now)) {
            ck_assert_int_ge(key.now - touched_at, shortest);
            touched_at = key.now;
            touch_count++;
        }
        ck_assert_int_ge(left_of(&key), idle);
        ck_assert_int_le(left_of(&key), idle + longest);
    }
    ck_assert_int_gt(touch_count, 100);
}
END_TEST

/* The clocks of two hosts and of Redis differ, and Redis' is the fastest: the
 * last half hour takes few touches. */
START_TEST(lifetime__is_not_touched_for_the_difference_of_clocks)
{
    shs_lifetime_t lifetime = lifetime_of(SIXTH);
    fake_key_t key;
    int i, touch_count = 0;

    memset(&key, 0, sizeof(key));
    key.now = 1000 * HOUR;
    key.metadata.idle = lifetime.idle;
    key.metadata.created_at = key.now - lifetime.absolute + 29 * MINUTE;
    key.ends_at = key.now + 10 * MINUTE;
    for (i = 0; i < 28 * 60 * 10; i++) {
        key.now += SECOND / 10;
        key.ends_at -= 50; /* by 500 ppm */
        touch_count += use_by(&key, &lifetime, left_of(&key),
                              key.now + (i % 2 ? -300000 : 300000));
    }
    ck_assert_int_ge(touch_count, 1);
    ck_assert_int_le(touch_count, 5);
}
END_TEST

static const struct {
    apr_interval_time_t of_session; /* its own idle timeout */
    int adopts;
    apr_interval_time_t touch;
    apr_interval_time_t left;
    int is_due;
    const char *why;
} foreign[] = {
    { 30 * MINUTE, 0, SIXTH, 25 * MINUTE, 1, "an interval ago, to the us" },
    { 30 * MINUTE, 0, SIXTH, 25 * MINUTE + 1, 0, "a moment before" },
    { 30 * MINUTE, 0, SIXTH, 1, 1, "nearly over" },
    { 30 * MINUTE, 0, SIXTH, 30 * MINUTE, 0, "just used" },
    { 30 * MINUTE, 0, SIXTH, 31 * MINUTE, 0, "a clock that is ahead" },
    { 30 * MINUTE, 0, MINUTE, 29 * MINUTE, 1, "a configured interval" },
    { 30 * MINUTE, 0, 0, 1, 0, "never touched here" },
    { 30 * MINUTE, 0, SIXTH, FOREVER, 0, "it has no end, and gets none" },
    { 30 * MINUTE, 0, SIXTH, SHS_TTL_UNKNOWN, 0, "nothing is known of it" },
    { 0, 0, SIXTH, 1, 0, "it says nothing of its idle timeout" },
    { 0, 1, SIXTH, 25 * MINUTE, 1, "... but the place does" },
};

START_TEST(lifetime_is_foreign_due__is_true_an_interval_after_the_last_touch)
{
    shs_lifetime_t lifetime = lifetime_of(foreign[_i].touch);
    apr_interval_time_t idle, interval;
    shs_metadata_t metadata;

    memset(&metadata, 0, sizeof(metadata));
    metadata.idle = foreign[_i].of_session;
    lifetime.adopts = foreign[_i].adopts;
    ck_assert_msg(shs_lifetime_is_foreign_due(&idle, &interval, &lifetime,
                                              &metadata, foreign[_i].left)
                      == foreign[_i].is_due,
                  "%s", foreign[_i].why);
    if (foreign[_i].is_due) {
        ck_assert_int_eq(idle, 30 * MINUTE);
        ck_assert_int_gt(interval, 0);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, lifetime_interval__is_configured_or_a_sixth_and_at_most_a_half, 0,
        ROWS(intervals));
    tcase_add_loop_test(
        tc, lifetime_of_new__is_idle_timeout_and_interval_within_the_absolute,
        0, ROWS(firsts));
    tcase_add_loop_test(tc,
                        lifetime_of_copy__is_that_of_a_session_that_is_used_now,
                        0, ROWS(copies));
    tcase_add_loop_test(
        tc, lifetime_plan_touch__is_due_when_the_idle_timeout_or_less_is_left,
        0, ROWS(touches));
    tcase_add_loop_test(tc,
                        lifetime_plan_touch__does_not_pass_the_absolute_timeout,
                        0, ROWS(rests));
    tcase_add_loop_test(tc, lifetime__keeps_the_law_to_the_microsecond, 0,
                        ROWS(stories));
    tcase_add_loop_test(tc, lifetime__keeps_the_law_whatever_the_hosts_do, 0,
                        ROWS(maxes));
    tcase_add_test(
        tc, lifetime_copies_left__is_true_for_a_session_without_idle_timeout);
    tcase_add_test(tc, lifetime__asserts_that_the_time_that_counts_is_known);
    tcase_add_test(
        tc, lifetime_is_low__is_false_without_a_time_where_nothing_is_touched);
    tcase_add_test(tc, lifetime__is_not_touched_for_the_difference_of_clocks);
    tcase_add_loop_test(
        tc, lifetime_is_foreign_due__is_true_an_interval_after_the_last_touch,
        0, ROWS(foreign));
}

int main(void)
{
    return unit_main("lifetime", add);
}
