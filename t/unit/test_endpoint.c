/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/endpoint/endpoint.h"

#include <unistd.h>

#include "redis/endpoint/endpoint_url.h"
#include "unit.h"

/* `words`: the options. */
static const char *parse(shs_endpoint_t **out, const char *url,
                         const char *words)
{
    *out = NULL;
    return shs_endpoint_url_parse_with_options(out, url, unit_words(words), p);
}

static shs_endpoint_t *endpoint_of(const char *url, const char *words)
{
    shs_endpoint_t *endpoint;
    const char *wrong = parse(&endpoint, url, words);

    ck_assert_msg(!wrong, "%s %s: %s", url, words ? words : "", wrong);
    ck_assert_ptr_nonnull(endpoint);
    return endpoint;
}

START_TEST(endpoint_url_parse_with_options__reads_a_url_and_its_options)
{
    shs_endpoint_t *e =
        endpoint_of("rediss+sentinel://u:pw@a,b:1/m/2", "timeout=1s pool=3");

    ck_assert_int_eq(e->mode, SHS_ENDPOINT_SENTINEL);
    ck_assert_int_eq(e->server_count, 2);
    ck_assert_int_eq(e->db, 2);
    ck_assert_int_eq(e->is_tls, 1);
    ck_assert_int_eq(e->timeout, APR_USEC_PER_SEC);
    ck_assert_int_eq(e->breaker.probe_for, 1100 * 1000);
    ck_assert_int_eq(e->pool_size, 3);
    ck_assert_str_eq(shs_credentials_password(e->credentials, p), "pw");
    ck_assert_ptr_nonnull(e->sentinel_credentials);
}
END_TEST

static const struct {
    const char *url;
    const char *words;
    const char *why;
} refused[] = {
    { "redis://u:SECRET@h:x", NULL, "a wrong URL" },
    { "redis://u:SECRET@h:x", "tiemout=1s", "a wrong URL is reported first" },
    { "redis://u:SECRET@h", "tiemout=1s", "a wrong option" },
    { "redis://u@h", NULL, "what is wrong only together" },
};

START_TEST(endpoint_url_parse_with_options__refuses_without_credentials)
{
    shs_endpoint_t *endpoint;
    const char *wrong = parse(&endpoint, refused[_i].url, refused[_i].words);

    ck_assert_msg(wrong && *wrong && !endpoint, "%s", refused[_i].why);
    ck_assert_msg(!strstr(wrong, "SECRET"), "the message reveals: %s", wrong);
}
END_TEST

static const struct {
    int pool, threads, size;
    const char *why;
} sizes[] = {
    { 0, 25, 25, "a connection for each thread" },
    { 0, 64, 64, "as many as there may be" },
    { 0, 65, 64, "and no more" },
    { 0, 1, 1, "prefork" },
    { 0, 0, 1, "an MPM that does not say" },
    { 100, 25, 100, "pool= is taken at its word" },
    { 3, 25, 3, "fewer than threads" },
};

START_TEST(endpoint_pool_size__follows_the_threads_up_to_64)
{
    shs_endpoint_t endpoint;

    memset(&endpoint, 0, sizeof(endpoint));
    endpoint.pool_size = sizes[_i].pool;
    ck_assert_msg(shs_endpoint_pool_size(&endpoint, sizes[_i].threads)
                      == sizes[_i].size,
                  "%s", sizes[_i].why);
}
END_TEST

static const struct {
    const char *url;
    const char *description;
    const char *why;
} described[] = {
    { "redis://h", "redis://h:6379/0", "defaults are written out" },
    { "redis://alice:SECRET@h:1/2", "redis://h:1/2", "without credentials" },
    { "redis://:SECRET@h:1", "redis://h:1/0", "without a password" },
    { "redis://[::1]:1", "redis://[::1]:1/0", "brackets again" },
    { "rediss://h", "rediss://h:6379/0", "TLS is shown" },
    { "unix:///run/r.sock?db=3", "unix:///run/r.sock?db=3", "a socket" },
    { "unix:///run/r.sock", "unix:///run/r.sock?db=0", "a socket's default" },
    { "redis+sentinel://u:SECRET@10.0.0.1,10.0.0.2:1/mymaster",
      "redis+sentinel://10.0.0.1:26379,10.0.0.2:1/mymaster/0", "Sentinels" },
    { "rediss+sentinel://[::1],h/m/3",
      "rediss+sentinel://[::1]:26379,h:26379/m/3", "over TLS" },
    { "redis+cluster://:SECRET@h1,h2/0", "redis+cluster://h1:6379,h2:6379",
      "a cluster, which has no databases" },
    { "rediss+cluster://[::1]:1", "rediss+cluster://[::1]:1", "over TLS" },
};

START_TEST(endpoint_describe__names_the_servers_but_no_credentials)
{
    const char *got =
        shs_endpoint_describe(endpoint_of(described[_i].url, NULL), p);

    ck_assert_msg(!strcmp(got, described[_i].description), "%s: %s", got,
                  described[_i].why);
}
END_TEST

#define DEFAULTS                                                \
    "timeout=200ms connect-timeout=200ms pool=threads idle=60s" \
    " retry=1 share=on breaker=5/1s"

static const struct {
    const char *url;
    const char *words;
    const char *description;
    const char *why;
} effective[] = {
    { "redis://h", NULL, DEFAULTS, "what is in force unsaid" },
    { "redis+sentinel://h/m", NULL, DEFAULTS " read-from=master",
      "where there is a choice" },
    { "redis+cluster://h", "read-from=replica-on-failure",
      DEFAULTS " read-from=replica-on-failure", "that choice" },
    { "redis://h",
      "breaker=10/500ms retry=0 idle=5s pool=7 connect-timeout=50ms timeout=1s",
      "timeout=1s connect-timeout=50ms pool=7 idle=5s retry=0 share=on"
      " breaker=10/500ms",
      "all of them, as they would be written" },
    { "unix:///s", "breaker=off",
      "timeout=200ms connect-timeout=200ms pool=threads idle=60s retry=1"
      " share=on breaker=off",
      "no breaker" },
    { "redis://h", "share=off",
      "timeout=200ms connect-timeout=200ms pool=threads idle=60s retry=1"
      " share=off breaker=5/1s",
      "a connection for each lookup" },
};

START_TEST(endpoint_describe_options__lists_what_is_in_force)
{
    const char *got = shs_endpoint_describe_options(
        endpoint_of(effective[_i].url, effective[_i].words), p);

    ck_assert_msg(!strcmp(got, effective[_i].description), "%s: %s", got,
                  effective[_i].why);
}
END_TEST

/* ---------------------------------------------------------------- identity */

static const struct {
    const char *url;
    const char *words;
    const char *why;
} equal[] = {
    { "redis://u:s@h:6379/1", NULL, "the same" },
    { "redis://u:%73@h:6379/1", NULL, "the same, written otherwise" },
    { "redis://u:s@h/1", NULL, "the default port written out" },
    { "redis://u:s@h:6379/1", "timeout=200ms", "a default written out" },
    { "redis://u:s@h:6379/1", "breaker=5/1s retry=1 share=on",
      "other defaults" },
};

START_TEST(endpoint_identity__is_equal_for_what_may_share_connections)
{
    ck_assert_msg(!strcmp(shs_endpoint_identity(
                              endpoint_of("redis://u:s@h:6379/1", NULL), p),
                          shs_endpoint_identity(
                              endpoint_of(equal[_i].url, equal[_i].words), p)),
                  "%s", equal[_i].why);
}
END_TEST

/* No two of them may share connections. "@" and "$" stand for two files with
 * the same password. */
static const struct {
    const char *url;
    const char *words;
} different[] = {
    { "redis://u:s@h/1", NULL },
    { "redis://u:t@h/1", NULL },
    { "redis://v:s@h/1", NULL },
    { "redis://:s@h/1", NULL },
    { "redis://:@h/1", NULL },
    { "redis://h/1", NULL },
    { "redis://h/1", "password-file=@" },
    { "redis://h/1", "password-file=$" },
    { "redis://:samepw@h/1", NULL },
    { "redis://u:s@g/1", NULL },
    { "redis://u:s@h:6380/1", NULL },
    { "redis://u:s@h/0", NULL },
    { "redis://u:s@h/1", "timeout=300ms" },
    { "redis://u:s@h/1", "connect-timeout=100ms" },
    { "redis://u:s@h/1", "connect-timeout=150ms" },
    { "redis://u:s@h/1", "idle=1s" },
    { "redis://u:s@h/1", "pool=3" },
    { "redis://u:s@h/1", "pool=1" },
    { "redis://u:s@h/1", "retry=0" },
    { "redis://u:s@h/1", "share=off" },
    { "redis://u:s@h/1", "breaker=off" },
    { "redis://u:s@h/1", "breaker=4/1s" },
    { "redis://u:s@h/1", "breaker=5/2s" },
    { "redis://u:s@h/1", "name=a" },
    { "unix:///h?db=1", NULL },
    { "unix:///h?db=0", NULL },
    { "unix:///g?db=1", NULL },
    { "rediss://u:s@h/1", NULL },
    { "rediss://u:s@h/1", "ca=/a" },
    { "rediss://u:s@h/1", "cert=/a" },
    { "rediss://u:s@h/1", "key=/a" },
    { "rediss://u:s@h/1", "servername=a" },
    { "rediss://u:s@h/1", "servername=h" },
    { "rediss://u:s@h/1", "verify=off" },
    { "redis+cluster://h,g", NULL },
    { "redis+cluster://h", NULL },
    { "redis+cluster://g,h", NULL },
    { "redis+cluster://h,g", "read-from=replica-on-failure" },
    { "rediss+cluster://h,g", NULL },
    { "redis+sentinel://h,g/m", NULL },
    { "redis+sentinel://h,g/n", NULL },
    { "redis+sentinel://h,g/m/1", NULL },
    { "redis+sentinel://h,g/m", "read-from=replica-on-failure" },
    { "redis+sentinel://h,g/m", "password-file=@" },
    { "redis+sentinel://h,g/m", "sentinel-password-file=@" },
    { "redis+sentinel://h,g/m", "sentinel-password-file=$" },
    { "redis+sentinel://h,g/m", "sentinel-user=a sentinel-password-file=@" },
    { "redis+sentinel://h,g/m", "sentinel-user=b sentinel-password-file=@" },
    { "rediss+sentinel://h,g/m", NULL },
};

START_TEST(endpoint_identity__differs_with_each_setting)
{
    char *one = unit_file("samepw\n", 7);
    char *other = unit_file("samepw\n", 7);
    const char *seen[ROWS(different)];
    int i, j;

    for (i = 0; i < ROWS(different); ++i) {
        const char *words = different[i].words;
        size_t len = words ? strlen(words) : 0;

        if (len > 0 && strchr("@$", words[len - 1])) {
            words = apr_pstrcat(p, apr_pstrmemdup(p, words, len - 1),
                                words[len - 1] == '@' ? one : other, NULL);
        }
        seen[i] =
            shs_endpoint_identity(endpoint_of(different[i].url, words), p);
        for (j = 0; j < i; ++j) {
            ck_assert_msg(strcmp(seen[i], seen[j]) != 0, "%s: %s %s and %s %s",
                          seen[i], different[i].url, words, different[j].url,
                          different[j].words);
        }
    }
    unlink(one);
    unlink(other);
}
END_TEST

/* A separator in a password must not make two endpoints look like one. */
START_TEST(endpoint_identity__cannot_be_forged_by_a_password)
{
    static const char *const forged[][2] = {
        { "redis://u:x%20y@h", "redis://u%20x:y@h" },
        { "redis://u%3Ax:y@h", "redis://u:x%3Ay@h" },
        { "redis://u:x%0Ay@h", "redis://u%0Ax:y@h" },
        { "redis://u:-@h", "redis://u:@h" },
    };

    ck_assert_str_ne(
        shs_endpoint_identity(endpoint_of(forged[_i][0], NULL), p),
        shs_endpoint_identity(endpoint_of(forged[_i][1], NULL), p));
}
END_TEST

/* --------------------------------------------------------------- location */

static const struct {
    const char *one;
    const char *other;
    int is_same;
    const char *why;
} located[] = {
    { "redis://u:s@h/1", "redis://v:t@h:6379/1", 1, "another user" },
    { "redis://h", "redis://H/0", 1, "names are compared in any case" },
    { "redis://localhost", "redis://127.0.0.1", 1, "RFC 6761" },
    { "redis://LOCALHOST", "redis://[::1]", 1, "likewise" },
    { "redis://[0:0:0::1]", "redis://[::1]", 1, "one address" },
    { "redis+sentinel://localhost,h/m", "redis+sentinel://[::1],H/m", 1,
      "each of a list" },
    { "redis+cluster://h,localhost", "redis+cluster://h,127.0.0.1", 1,
      "each of a list" },
    { "unix:///h?db=1", "unix:///h?db=1", 1, "a socket" },
    { "unix:///h", "unix:///H", 0, "a path has its case" },
    { "unix:///localhost", "redis://localhost", 0, "not known to be one" },
    { "redis+sentinel://h/m", "redis+sentinel://h/M", 0,
      "what Sentinels call a master has its case" },
    { "redis://localhost", "redis://127.0.0.2", 0, "another address" },
    { "redis://localhost", "redis://localhost.h", 0, "another name" },
    { "redis://127.0.0.1", "redis://127.0.0.11", 0, "another address" },
    { "redis://[::1]", "redis://[::2]", 0, "another address" },
    { "redis://[fe80::1%a]", "redis://[fe80::1%b]", 0, "another zone" },
    { "redis://localhost:1", "redis://127.0.0.1:2", 0, "another port" },
    { "redis://localhost/1", "redis://127.0.0.1/2", 0, "another database" },
};

START_TEST(endpoint_location__is_equal_for_one_server_as_far_as_names_tell)
{
    const char *one =
        shs_endpoint_location(endpoint_of(located[_i].one, NULL), p);
    const char *other =
        shs_endpoint_location(endpoint_of(located[_i].other, NULL), p);

    ck_assert_msg((strcmp(one, other) == 0) == located[_i].is_same, "%s %s: %s",
                  one, other, located[_i].why);
    ck_assert(!strchr(one, '@'));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(
        tc, endpoint_url_parse_with_options__reads_a_url_and_its_options);
    tcase_add_loop_test(
        tc, endpoint_url_parse_with_options__refuses_without_credentials, 0,
        ROWS(refused));
    tcase_add_loop_test(tc, endpoint_pool_size__follows_the_threads_up_to_64, 0,
                        ROWS(sizes));
    tcase_add_loop_test(tc,
                        endpoint_describe__names_the_servers_but_no_credentials,
                        0, ROWS(described));
    tcase_add_loop_test(tc, endpoint_describe_options__lists_what_is_in_force,
                        0, ROWS(effective));
    tcase_add_loop_test(
        tc, endpoint_identity__is_equal_for_what_may_share_connections, 0,
        ROWS(equal));
    tcase_add_test(tc, endpoint_identity__differs_with_each_setting);
    tcase_add_loop_test(tc, endpoint_identity__cannot_be_forged_by_a_password,
                        0, 4);
    tcase_add_loop_test(
        tc, endpoint_location__is_equal_for_one_server_as_far_as_names_tell, 0,
        ROWS(located));
}

int main(void)
{
    return unit_main("endpoint", add);
}
