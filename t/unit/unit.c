/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <apr_general.h>
#include <openssl/evp.h>

#include "base/clock.h"

/* A test that takes longer has failed. */
#define TEST_SECONDS 60

apr_pool_t *p;

/* Whether the tests of a file share one process. */
static int are_together(void)
{
    return getenv("SHS_UNIT_TOGETHER") != NULL;
}

static void open_pool(void)
{
    if (are_together()) {
        /* Check watches other processes only. Its handler would end this one's
         * group, and so what has started it. */
        signal(SIGALRM, SIG_DFL);
        alarm(TEST_SECONDS);
    }
    ck_assert_int_eq(apr_pool_create(&p, NULL), APR_SUCCESS);
}

static void close_pool(void)
{
    apr_pool_destroy(p);
    p = NULL;
    if (are_together()) {
        alarm(0);
    }
}

static apr_status_t free_octets(void *data)
{
    free(data);
    return APR_SUCCESS;
}

shs_octets_t unit_exact(const char *data, apr_size_t len)
{
    shs_octets_t octets;
    char *copy = malloc(len ? len : 1);

    ck_assert_ptr_nonnull(copy);
    if (len) {
        memcpy(copy, data, len);
    }
    apr_pool_cleanup_register(p, copy, free_octets, apr_pool_cleanup_null);
    octets.data = copy;
    octets.len = len;
    return octets;
}

shs_octets_t unit_text(const char *text)
{
    return unit_exact(text, strlen(text));
}

apr_array_header_t *unit_words(const char *text)
{
    apr_array_header_t *words = apr_array_make(p, 4, sizeof(const char *));
    char *rest = apr_pstrdup(p, text ? text : "");
    char *word;

    while ((word = apr_strtok(rest, " ", &rest)) != NULL) {
        APR_ARRAY_PUSH(words, const char *) = word;
    }
    return words;
}

char *unit_file(const char *content, apr_size_t len)
{
    char *path = apr_pstrdup(p, "/tmp/shs-unit-XXXXXX");
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, len), (ssize_t)len);
    close(fd);
    return path;
}

int unit_is_equal(shs_octets_t a, shs_octets_t b)
{
    return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

const char *unit_show(shs_octets_t octets)
{
    const apr_size_t most = 200;
    apr_size_t len = octets.len < most ? octets.len : most;
    char *shown = apr_palloc(p, len * 4 + 4);
    char *at = shown;
    apr_size_t i;

    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)octets.data[i];

        if (c < 0x20 || c > 0x7e) {
            at += apr_snprintf(at, 5, "\\x%02x", c);
        }
        else {
            *at++ = (char)c;
        }
    }
    strcpy(at, octets.len > most ? "..." : "");
    return shown;
}

int unit_slack_ms(void)
{
    const char *said = getenv("SHS_UNIT_SLACK_MS");

    return said ? atoi(said) : 250;
}

/* The state is the word behind the name, which may have any octet but ")". */
static int is_asleep(int tid)
{
    char path[64], text[512];
    const char *state;
    size_t len;
    FILE *file;

    apr_snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
    file = fopen(path, "r");
    if (!file) {
        return 1; /* it has ended, and waits for nothing any more */
    }
    len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[len] = '\0';
    state = strrchr(text, ')');
    return state && state[2] == 'S';
}

apr_time_t unit_in_ms(int ms)
{
    return shs_clock_now() + ms * (apr_time_t)1000;
}

int unit_poll(apr_time_t until)
{
    usleep(500);
    return shs_clock_now() < until;
}

void unit_let_pass(apr_time_t until)
{
    apr_time_t left;

    while ((left = until - shs_clock_now()) >= 0) {
        usleep(left < 1000 ? (useconds_t)left + 1 : 1000);
    }
}

void unit_await_sleeper(int tid)
{
    int seen = 0;

    /* A thread may sleep for a moment, for a lock that is soon free. */
    unit_await((seen = is_asleep(tid) ? seen + 1 : 0) == 10,
               "thread %d does not sleep", tid);
}

void unit_set_digests(int is_on)
{
    ck_assert(EVP_set_default_properties(NULL, is_on ? "" : "provider=none"));
}

int unit_is_wanted(const char *name)
{
    const char *part = getenv("SHS_UNIT_TEST");

    return !part || strstr(name, part);
}

int unit_main(const char *file, void (*add)(TCase *tc))
{
    Suite *suite = suite_create(file);
    TCase *tc = tcase_create(file);
    SRunner *runner;
    int failed;

    signal(SIGPIPE, SIG_IGN);
    apr_initialize();
    tcase_set_timeout(tc, TEST_SECONDS);
    tcase_add_checked_fixture(tc, open_pool, close_pool);
    add(tc);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    if (are_together()) {
        srunner_set_fork_status(runner, CK_NOFORK);
    }
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    if (srunner_ntests_run(runner) == 0) {
        failed = 1;
    }
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
