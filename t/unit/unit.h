/* SPDX-License-Identifier: Apache-2.0
 *
 * unit: what every unit test shares: a pool that lives as long as one test,
 * octets that end exactly where they say, and a main. A test's name is the
 * promise it keeps; a table's row ends with the reason it exists.
 */
#ifndef T_UNIT_UNIT_H
#define T_UNIT_UNIT_H

#include <stdlib.h>
#include <string.h>

#include <apr_pools.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <check.h>

#include "../mod_shared_session_provider.h"

/* This test's pool. */
extern apr_pool_t *p;

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* A literal as octets, its own NULs included. */
#define OCTETS(literal) ((shs_octets_t){ (literal), sizeof(literal) - 1 })

/* A copy in memory of its own without anything behind it, so that a sanitizer
 * sees a read past the end. Freed with p. */
shs_octets_t unit_exact(const char *data, apr_size_t len);

/* The same of a C string. */
shs_octets_t unit_text(const char *text);

/* The words of a text with a blank between them; NULL: none. From p. */
apr_array_header_t *unit_words(const char *text);

/* The path of a new file in /tmp with these octets; the test unlinks it. From
 * p. */
char *unit_file(const char *content, apr_size_t len);

int unit_is_equal(shs_octets_t a, shs_octets_t b);

/* Octets for a failure's message: what cannot be printed as \xNN. From p. */
const char *unit_show(shs_octets_t octets);

#define ck_octets_eq(got, wanted, why)                               \
    do {                                                             \
        shs_octets_t got_ = (got);                                   \
        shs_octets_t wanted_ = (wanted);                             \
        ck_assert_msg(unit_is_equal(got_, wanted_),                  \
                      "got \"%s\", not \"%s\": %s", unit_show(got_), \
                      unit_show(wanted_), (why));                    \
    } while (0)

/* By how much a deadline may be missed on a busy machine, milliseconds;
 * SHS_UNIT_SLACK_MS in the environment says more, for valgrind. */
int unit_slack_ms(void);

/* That many milliseconds from now, as a deadline. */
apr_time_t unit_in_ms(int ms);

/* ---- waits: nothing else in the unit tests sleeps */

/* Polls until the condition is true. The test fails after 40 s, with a message
 * like that of ck_assert_msg(). */
#define unit_await(condition, ...)                         \
    do {                                                   \
        apr_time_t until_ = unit_in_ms(40000);             \
        while (!(condition)) {                             \
            ck_assert_msg(unit_poll(until_), __VA_ARGS__); \
        }                                                  \
    } while (0)

/* One poll interval; returns whether it is still before that time. */
int unit_poll(apr_time_t until);

/* Returns after that time. Only for time that is itself tested (a lease that
 * expires, a retry that must not come earlier), and for the pace of a fake
 * server; anything else waits for a condition. */
void unit_let_pass(apr_time_t until);

/* Waits until that thread (gettid()) sleeps, as one does that waits for a lock
 * or a condition. */
void unit_await_sleeper(int tid);

/* Lets OpenSSL compute digests, or not, as if its configuration asked for
 * providers that are not there. */
void unit_set_digests(int is_on);

/* Whether a test of this name runs: SHS_UNIT_TEST in the environment may hold a
 * part of the names that do. */
int unit_is_wanted(const char *name);

#undef tcase_add_test
#define tcase_add_test(tc, test)                      \
    do {                                              \
        if (unit_is_wanted(#test)) {                  \
            tcase_add_test_raise_signal(tc, test, 0); \
        }                                             \
    } while (0)

#undef tcase_add_loop_test
#define tcase_add_loop_test(tc, test, first, end)                      \
    do {                                                               \
        if (unit_is_wanted(#test)) {                                   \
            tcase_add_loop_test_raise_signal(tc, test, 0, first, end); \
        }                                                              \
    } while (0)

/* Runs what `add` adds to one case. To be returned by main. Each test is a
 * process of its own; with SHS_UNIT_TOGETHER in the environment all are in one,
 * where a test finds what an earlier one left in static variables. */
int unit_main(const char *file, void (*add)(TCase *tc));

#endif
