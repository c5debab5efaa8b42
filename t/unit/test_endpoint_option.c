/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/endpoint/endpoint_option.h"

#include <unistd.h>

#include "redis/endpoint/endpoint_url.h"
#include "unit.h"

#define MS     ((apr_interval_time_t)1000)
#define SINGLE "redis://h"
#define SENT   "redis+sentinel://h/m"
#define CLUST  "redis+cluster://h"

/* `words`: the options. */
static const char *parse(shs_endpoint_t *endpoint, const char *url,
                         const char *words)
{
    memset(endpoint, 0, sizeof(*endpoint));
    ck_assert_pstr_eq(shs_endpoint_url_parse(endpoint, url, p), NULL);
    return shs_endpoint_option_parse(endpoint, unit_words(words), p);
}

static void parse_well(shs_endpoint_t *endpoint, const char *url,
                       const char *words)
{
    const char *wrong = parse(endpoint, url, words);

    ck_assert_msg(!wrong, "%s %s: %s", url, words ? words : "", wrong);
}

START_TEST(endpoint_option_parse__fills_the_defaults_in)
{
    shs_endpoint_t e;

    parse_well(&e, SINGLE, NULL);
    ck_assert_int_eq(e.connect_timeout, 200 * MS);
    ck_assert_int_eq(e.timeout, 200 * MS);
    ck_assert_int_eq(e.idle, 60000 * MS);
    ck_assert_int_eq(e.pool_size, 0);
    ck_assert_int_eq(e.retries, 1);
    ck_assert_int_eq(e.reads_replicas, 0);
    ck_assert_int_eq(e.breaker.failures, 5);
    ck_assert_int_eq(e.breaker.first_probe_after, 1000 * MS);
    ck_assert_int_eq(e.breaker.probe_for, 300 * MS);
    ck_assert_int_eq(e.breaker.is_off, 0);
    ck_assert_pstr_eq(e.client_name, NULL);
    ck_assert_pstr_eq(e.tls.name, NULL);
    ck_assert_int_eq(e.tls.is_unverified, 0);
    ck_assert_ptr_null(e.sentinel_credentials);
    memset(&e, 0, sizeof(e));
    ck_assert_pstr_eq(shs_endpoint_url_parse(&e, SINGLE, p), NULL);
    ck_assert_pstr_eq(shs_endpoint_option_parse(&e, NULL, p), NULL);
}
END_TEST

START_TEST(endpoint_option_parse__reads_each_option)
{
    shs_endpoint_t e;

    parse_well(&e, SINGLE,
               "connect-timeout=50ms timeout=1s idle=5m pool=7 name=web-1"
               " retry=0 share=off");
    ck_assert_int_eq(e.connect_timeout, 50 * MS);
    ck_assert_int_eq(e.timeout, 1000 * MS);
    ck_assert_int_eq(e.idle, 300000 * MS);
    ck_assert_int_eq(e.pool_size, 7);
    ck_assert_str_eq(e.client_name, "web-1");
    ck_assert_int_eq(e.retries, 0);
    ck_assert_int_eq(e.may_share, 0);
    parse_well(&e, "unix:///s",
               "connect-timeout=50ms breaker=1/1ms retry=1"
               " share=on");
    ck_assert_int_eq(e.connect_timeout, 50 * MS);
    ck_assert_int_eq(e.retries, 1);
    ck_assert_int_eq(e.may_share, 1);
    parse_well(&e, SINGLE, "timeout=50ms");
    ck_assert_int_eq(e.connect_timeout, 50 * MS);
    parse_well(&e, SINGLE, "timeout=5s connect-timeout=5s");
    ck_assert_int_eq(e.connect_timeout, 5000 * MS);
}
END_TEST

START_TEST(endpoint_option_parse__reads_the_options_of_tls)
{
    static const char *const urls[] = { "rediss://h", "rediss+sentinel://h/m",
                                        "rediss+cluster://h" };
    shs_endpoint_t e;

    parse_well(&e, urls[_i], "cert=/b key=/c servername=d verify=off");
    ck_assert_pstr_eq(e.tls.ca, NULL);
    ck_assert_str_eq(e.tls.cert, "/b");
    ck_assert_str_eq(e.tls.key, "/c");
    ck_assert_str_eq(e.tls.name, "d");
    ck_assert_int_eq(e.tls.is_unverified, 1);
    parse_well(&e, urls[_i], "ca=/a verify=on");
    ck_assert_str_eq(e.tls.ca, "/a");
    ck_assert_int_eq(e.tls.is_unverified, 0);
    ck_assert_pstr_eq(e.tls.name, NULL);
}
END_TEST

static const struct {
    const char *words;
    int failures;
    int first_probe_after_ms;
    int probe_for_ms;
    int is_off;
    const char *why;
} breakers[] = {
    { "breaker=5/1s", 5, 1000, 300, 0, "the default, written out" },
    { "breaker=1/1ms", 1, 1, 300, 0, "the least" },
    { "breaker=1000/24h", 1000, 86400000, 300, 0, "the most" },
    { "timeout=1s breaker=3/2s", 3, 2000, 1100, 0,
      "a probe may take as long as a lookup, and a little more" },
    { "breaker=3/2s timeout=1s", 3, 2000, 1100, 0, "in any order" },
    { "connect-timeout=50ms", 5, 1000, 300, 0, "a dial is within the lookup" },
    { "breaker=off", 5, 1000, 300, 1, "it still reports, after as many" },
    { "breaker=off timeout=2s", 5, 1000, 2100, 1, "... and as long" },
};

START_TEST(endpoint_option_parse__reads_the_breakers_policy)
{
    const char *why = breakers[_i].why;
    shs_endpoint_t e;

    parse_well(&e, SINGLE, breakers[_i].words);
    ck_assert_msg(e.breaker.failures == breakers[_i].failures, "%s", why);
    ck_assert_msg(e.breaker.first_probe_after
                      == breakers[_i].first_probe_after_ms * MS,
                  "%s", why);
    ck_assert_msg(e.breaker.probe_for == breakers[_i].probe_for_ms * MS,
                  "%d: %s", (int)(e.breaker.probe_for / MS), why);
    ck_assert_msg(e.breaker.is_off == breakers[_i].is_off, "%s", why);
}
END_TEST

static const struct {
    const char *url;
    const char *words;
    int reads_replicas;
} reads[] = {
    { SENT, NULL, 0 },
    { SENT, "read-from=master", 0 },
    { SENT, "read-from=replica-on-failure", 1 },
    { CLUST, "read-from=master", 0 },
    { CLUST, "read-from=replica-on-failure", 1 },
};

START_TEST(endpoint_option_parse__reads_replicas_only_if_set)
{
    shs_endpoint_t e;

    parse_well(&e, reads[_i].url, reads[_i].words);
    ck_assert_msg(e.reads_replicas == reads[_i].reads_replicas, "%s",
                  reads[_i].words);
}
END_TEST

static const struct {
    const char *url;
    const char *words;
    const char *said;
    const char *why;
} refused[] = {
    { SINGLE, "timeout", "timeout=...", "no value" },
    { SINGLE, "timeout=", "timeout=...", "no value" },
    { SINGLE, "timeout=200", "timeout=: ", "no unit" },
    { SINGLE, "timeout=0ms", "timeout=: ", "no time" },
    { SINGLE, "connect-timeout=x", "connect-timeout=: ", "no duration" },
    { SINGLE, "idle=forever", "idle=: ", "no duration" },
    { SINGLE, "pool=0", "pool=: ", "no connection" },
    { SINGLE, "pool=1025", "pool=: ", "one too many" },
    { SINGLE, "pool=-1", "pool=: ", "a sign" },
    { SINGLE, "pool=many", "pool=: ", "no number" },
    { SINGLE, "tiemout=200ms", "'tiemout'; there are", "misspelt" },
    { SINGLE, "x=1", "read-from", "what there is, is listed" },
    { SINGLE, "TIMEOUT=200ms", "key=value", "options are lower case" },
    { SINGLE, "=1", "unknown", "no name" },
    { SINGLE, "secret", "key=value", "a word of a password with blanks" },
    { SINGLE, "12:SECRET@h", "%20", "the rest of a password with a blank" },
    { SINGLE, "password=SECRET", "password-file",
      "passwords come from the URL or a file" },
    { SINGLE, "password-file=", "password-file=...", "no file" },
    { SINGLE, "password-file=/nonexistent/file", "cannot be read",
      "no such file" },
    { SINGLE, "password-file=/", "not a regular file", "a directory" },
    { SENT, "password-file=/nonexistent/x", "password-file=: ", "any mode" },
    { SENT, "sentinel-password-file=/nonexistent/x",
      "sentinel-password-file=: password-file /nonexistent/x cannot",
      "which of the files it is" },
    { SENT, "sentinel-user=u",
      "add sentinel-password-file=", "a user without a password" },
    { SENT, "sentinel-user=", "sentinel-user=...", "no user" },
    { "redis+sentinel://:SECRET@h/m", "sentinel-user=u",
      "add sentinel-password-file=", "the URL's password is not for Sentinel" },
    { SINGLE, "sentinel-user=u", "redis+sentinel://", "no Sentinel" },
    { CLUST, "sentinel-user=u", "redis+sentinel://", "no Sentinel" },
    { SINGLE, "sentinel-password-file=/nonexistent/x", "redis+sentinel://",
      "no Sentinel, rather than no file" },
    { CLUST, "sentinel-password-file=/nonexistent/x", "redis+sentinel://",
      "no Sentinel" },
    { SENT, "read-from=replica", "replica-on-failure",
      "a replica is not read first" },
    { SENT, "read-from=Master", "neither master nor", "lower case" },
    { CLUST, "read-from=", "read-from=...", "no value" },
    { SINGLE, "read-from=replica-on-failure", "no replicas", "the reason" },
    { SINGLE, "read-from=master", "no replicas", "even what changes nothing" },
    { "unix:///s", "read-from=master", "no replicas", "nor has a socket" },
    { SINGLE, "retry=2", "retry=: ", "once at most" },
    { SINGLE, "retry=on", "retry=: ", "a number" },
    { SINGLE, "retry=-1", "retry=: ", "a sign" },
    { SINGLE, "share=1", "share=: ", "neither on nor off" },
    { SINGLE, "breaker=0/1s", "breaker=: ", "open before it began" },
    { SINGLE, "breaker=1001/1s", "breaker=: ", "one too many" },
    { SINGLE, "breaker=5", "as in 5/1s", "no time" },
    { SINGLE, "breaker=on", "as in 5/1s", "when, then?" },
    { SINGLE, "breaker=OFF", "as in 5/1s", "lower case" },
    { SINGLE, "breaker=5/", "breaker=: ", "no time" },
    { SINGLE, "breaker=/1s", "breaker=: ", "no number" },
    { SINGLE, "breaker=5/1", "breaker=: ", "no unit" },
    { SINGLE, "breaker=5/0s", "breaker=: ", "no time at all" },
    { SINGLE, "breaker=5/1s/2s", "breaker=: ", "something behind it" },
    { SINGLE, "ca=/ca.pem", "rediss://", "TLS without rediss://" },
    { SINGLE, "verify=off", "rediss://", "TLS without rediss://" },
    { SENT, "ca=/ca.pem", "rediss+sentinel://", "TLS without its scheme" },
    { CLUST, "cert=/c.pem", "rediss+cluster://", "TLS without its scheme" },
    { "unix:///s", "servername=h", "rediss://", "TLS over a socket" },
    { "rediss://h", "verify=yes", "neither on nor off", "a typing error" },
    { "redis://u@h", NULL, "password-file=", "a user without a password" },
    { "redis://u:SECRET@h", "password-file=/nonexistent/x",
      "password-file=: the URL has a password too", "which one?" },
    { "redis://:SECRET@h", "password-file=/nonexistent/x",
      "leave it in one of the two", "... without a user" },
    { "redis+sentinel://u:SECRET@h/m", "password-file=/nonexistent/x",
      "leave it in one of the two", "... in any mode" },
    { SINGLE, "timeout=1s pool=3 timeout=2s", "timeout= is given twice",
      "which one?" },
    { SINGLE, "retry=1 retry=1", "retry= is given twice", "even the same" },
    { SINGLE, "breaker=off breaker=4/1s", "breaker= is given twice",
      "in two spellings" },
    { "rediss://h", "verify=on verify=off", "verify= is given twice",
      "the last of the list" },
    { SINGLE, "connect-timeout=5s timeout=1s",
      "connect-timeout=5s is longer than timeout=1s, which",
      "a dial is within the lookup" },
    { SINGLE, "timeout=1s connect-timeout=1001ms",
      "connect-timeout=1001ms is longer than timeout=1s, which",
      "in any order, and by a millisecond" },
    { SINGLE, "connect-timeout=1s",
      "connect-timeout=1s is longer than timeout=200ms (the default), which",
      "the timeout is the default" },
    { "rediss://h", "ca=/a verify=off", "ca= beside verify=off",
      "a certificate authority that is never used" },
    { "rediss://h", "verify=off ca=/a", "remove one of the two",
      "in any order" },
    { "redis+cluster://u@h", "pool=3", "password-file=", "in any mode" },
};

START_TEST(endpoint_option_parse__refuses_with_words)
{
    shs_endpoint_t e;
    const char *wrong = parse(&e, refused[_i].url, refused[_i].words);

    ck_assert_msg(wrong != NULL, "%s was taken: %s", refused[_i].words,
                  refused[_i].why);
    ck_assert_msg(strstr(wrong, refused[_i].said) != NULL, "%s: %s: %s",
                  refused[_i].words, wrong, refused[_i].why);
    ck_assert_msg(!strstr(wrong, "SECRET") && !strstr(wrong, "secret"),
                  "the message reveals: %s", wrong);
}
END_TEST

START_TEST(endpoint_option_parse__refuses_a_name_that_redis_refuses)
{
    static const char *const names[] = { "name=a b", "name=a\nb", "name=\x7f",
                                         "name=\xc3\xa4" };
    apr_array_header_t *options = apr_array_make(p, 1, sizeof(const char *));
    shs_endpoint_t e;

    APR_ARRAY_PUSH(options, const char *) = names[_i];
    memset(&e, 0, sizeof(e));
    ck_assert_pstr_eq(shs_endpoint_url_parse(&e, SINGLE, p), NULL);
    ck_assert_ptr_nonnull(shs_endpoint_option_parse(&e, options, p));
}
END_TEST

/* ------------------------------------------------------------ credentials */

/* In the options, "@" is the path of a file with "master", "$" of one with
 * "watch". */
static const struct {
    const char *url;
    const char *words;
    const char *user;
    const char *password;
    const char *sentinel_user;
    const char *sentinel_password;
    const char *why;
} logins[] = {
    { "redis://alice@h", "password-file=@", "alice", "master", NULL, NULL,
      "the file is for the URL's user" },
    { "unix:///s", "password-file=@", NULL, "master", NULL, NULL,
      "a socket has a password too" },
    { "redis+cluster://alice@h", "password-file=@", "alice", "master", NULL,
      NULL, "a cluster's" },
    { SENT, NULL, NULL, NULL, NULL, NULL, "no password" },
    { "redis+sentinel://alice:x@h/m", NULL, "alice", "x", NULL, NULL,
      "the URL's credentials are for Redis alone" },
    { "redis+sentinel://alice@h/m", "password-file=@", "alice", "master", NULL,
      NULL, "and so are the file's" },
    { SENT, "sentinel-password-file=$", NULL, NULL, NULL, "watch",
      "requirepass of a Sentinel alone" },
    { "redis+sentinel://alice@h/m",
      "password-file=@ sentinel-user=bob sentinel-password-file=$", "alice",
      "master", "bob", "watch", "both" },
    { "redis+sentinel://alice@h/m",
      "sentinel-password-file=$ sentinel-user=bob password-file=@", "alice",
      "master", "bob", "watch", "in another order" },
};

static const char *with_files(const char *words, const char *master,
                              const char *sink)
{
    const char *out = "";

    for (; words && *words; ++words) {
        out = apr_pstrcat(p, out,
                          *words == '@'   ? master
                          : *words == '$' ? sink
                                          : apr_pstrmemdup(p, words, 1),
                          NULL);
    }
    return out;
}

START_TEST(endpoint_option_parse__gives_each_server_its_own_credentials)
{
    char *master = unit_file("master\n", 7);
    char *sink = unit_file("watch\n", 6);
    shs_endpoint_t e;
    const char *wrong =
        parse(&e, logins[_i].url, with_files(logins[_i].words, master, sink));

    unlink(master);
    unlink(sink);
    ck_assert_msg(!wrong, "%s: %s", wrong, logins[_i].why);
    ck_assert_pstr_eq(shs_credentials_user(e.credentials), logins[_i].user);
    ck_assert_pstr_eq(shs_credentials_password(e.credentials, p),
                      logins[_i].password);
    ck_assert_int_eq(e.sentinel_credentials != NULL,
                     e.mode == SHS_ENDPOINT_SENTINEL);
    if (e.sentinel_credentials) {
        ck_assert_pstr_eq(shs_credentials_user(e.sentinel_credentials),
                          logins[_i].sentinel_user);
        ck_assert_pstr_eq(shs_credentials_password(e.sentinel_credentials, p),
                          logins[_i].sentinel_password);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, endpoint_option_parse__fills_the_defaults_in);
    tcase_add_test(tc, endpoint_option_parse__reads_each_option);
    tcase_add_loop_test(tc, endpoint_option_parse__reads_the_options_of_tls, 0,
                        3);
    tcase_add_loop_test(tc, endpoint_option_parse__reads_the_breakers_policy, 0,
                        ROWS(breakers));
    tcase_add_loop_test(tc, endpoint_option_parse__reads_replicas_only_if_set,
                        0, ROWS(reads));
    tcase_add_loop_test(tc, endpoint_option_parse__refuses_with_words, 0,
                        ROWS(refused));
    tcase_add_loop_test(
        tc, endpoint_option_parse__refuses_a_name_that_redis_refuses, 0, 4);
    tcase_add_loop_test(
        tc, endpoint_option_parse__gives_each_server_its_own_credentials, 0,
        ROWS(logins));
}

int main(void)
{
    return unit_main("endpoint_option", add);
}
