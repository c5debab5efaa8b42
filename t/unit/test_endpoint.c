/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/endpoint.h"

#include <stdio.h>
#include <unistd.h>

#include "unit.h"

#define MS ((apr_interval_time_t)1000)

static const char *parse(shs_endpoint_t **out, const char *url,
                         const char *option)
{
    apr_array_header_t *options = apr_array_make(p, 1, sizeof(const char *));

    if (option) {
        APR_ARRAY_PUSH(options, const char *) = option;
    }
    *out = NULL;
    return shs_endpoint_parse(out, url, options, p);
}

static shs_endpoint_t *endpoint_of(const char *url, const char *option)
{
    shs_endpoint_t *endpoint;
    const char *wrong = parse(&endpoint, url, option);

    ck_assert_msg(!wrong, "%s %s: %s", url, option ? option : "", wrong);
    ck_assert_ptr_nonnull(endpoint);
    return endpoint;
}

static const struct {
    const char *url;
    const char *host;
    int port;
    const char *path;
    const char *user;
    const char *password;
    int db;
    const char *why;
} urls[] = {
    { "redis://h", "h", 6379, NULL, NULL, NULL, 0, "the port Redis has" },
    { "redis://h/", "h", 6379, NULL, NULL, NULL, 0, "an empty database" },
    { "redis://h:6380", "h", 6380, NULL, NULL, NULL, 0, "a port" },
    { "redis://h:65535", "h", 65535, NULL, NULL, NULL, 0, "the last port" },
    { "redis://h:", "h", 6379, NULL, NULL, NULL, 0,
      "an empty port is the default one, RFC 3986 section 3.2.3" },
    { "redis://h/3", "h", 6379, NULL, NULL, NULL, 3, "a database" },
    { "redis://h:1/15", "h", 1, NULL, NULL, NULL, 15, "both" },
    { "redis://10.0.0.1:6379", "10.0.0.1", 6379, NULL, NULL, NULL, 0,
      "an address" },
    { "redis://[::1]", "::1", 6379, NULL, NULL, NULL, 0, "an IPv6 address" },
    { "redis://[fe80::1]:6380/2", "fe80::1", 6380, NULL, NULL, NULL, 2,
      "an IPv6 address and the rest" },
    { "redis://:secret@h", "h", 6379, NULL, NULL, "secret", 0,
      "a password of the default user" },
    { "redis://u:secret@h:1", "h", 1, NULL, "u", "secret", 0, "both" },
    { "redis://u:a%40b%3Ac%2F@h", "h", 6379, NULL, "u", "a@b:c/", 0,
      "percent-encoded" },
    { "redis://u:a:b@h", "h", 6379, NULL, "u", "a:b", 0,
      "the first colon separates" },
    { "redis://us%65r:s@h", "h", 6379, NULL, "user", "s", 0,
      "a user is decoded too" },
    { "redis://u:a+b@h", "h", 6379, NULL, "u", "a+b", 0,
      "a plus in a URL is a plus" },
    { "unix:///run/redis.sock", NULL, 0, "/run/redis.sock", NULL, NULL, 0,
      "a socket" },
    { "unix:///run/redis.sock?db=4", NULL, 0, "/run/redis.sock", NULL, NULL, 4,
      "a socket and a database" },
};

START_TEST(endpoint_parse__reads_a_url)
{
    const char *why = urls[_i].why;
    shs_endpoint_t *e = endpoint_of(urls[_i].url, NULL);

    ck_assert_msg(urls[_i].path || e->port == urls[_i].port, "%d: %s", e->port,
                  why);
    ck_assert_pstr_eq(e->host, urls[_i].host);
    ck_assert_pstr_eq(e->path, urls[_i].path);
    ck_assert_pstr_eq(e->user, urls[_i].user);
    ck_assert_pstr_eq(e->password, urls[_i].password);
    ck_assert_int_eq(e->db, urls[_i].db);
}
END_TEST

START_TEST(endpoint_parse__fills_the_defaults_in)
{
    shs_endpoint_t *e = endpoint_of("redis://h", NULL);

    ck_assert_int_eq(e->connect_timeout, 200 * MS);
    ck_assert_int_eq(e->timeout, 200 * MS);
    ck_assert_int_eq(e->idle, 60000 * MS);
    ck_assert_int_eq(e->pool_size, 0);
}
END_TEST

START_TEST(endpoint_parse__reads_each_option)
{
    ck_assert_int_eq(
        endpoint_of("redis://h", "connect-timeout=50ms")->connect_timeout,
        50 * MS);
    ck_assert_int_eq(endpoint_of("redis://h", "timeout=1s")->timeout,
                     1000 * MS);
    ck_assert_int_eq(endpoint_of("redis://h", "idle=5m")->idle, 300000 * MS);
    ck_assert_int_eq(endpoint_of("redis://h", "pool=7")->pool_size, 7);
    ck_assert_int_eq(
        endpoint_of("unix:///s", "connect-timeout=50ms")->connect_timeout,
        50 * MS);
}
END_TEST

static const struct {
    const char *url;
    const char *option;
    const char *why;
} refused[] = {
    { "redis://u@h", NULL, "a user without a password" },
    { "redis://", NULL, "no host" },
    { "redis:///1", NULL, "no host" },
    { "redis://:6379", NULL, "no host" },
    { "redis://u:SECRET@", NULL, "no host" },
    { "redis://u:SECRET@:1", NULL, "no host" },
    { "redis://h:0", NULL, "port 0" },
    { "redis://h:65536", NULL, "one past the last port" },
    { "redis://h:4295032198", NULL, "a port in 16 bits" },
    { "redis://h:x", NULL, "a port is a number" },
    { "redis://u:SECRET@h:x", NULL, "a port is a number" },
    { "redis://h:-1", NULL, "a sign" },
    { "redis://h:6379x", NULL, "something behind the port" },
    { "redis://h/x", NULL, "a database is a number" },
    { "redis://h/-1", NULL, "a sign" },
    { "redis://h/1/2", NULL, "something behind the database" },
    { "redis://h/1x", NULL, "something behind the database" },
    { "redis://u:SECRET@h/99999999999", NULL, "overflow" },
    { "redis://[::1", NULL, "an open bracket" },
    { "redis://[]", NULL, "an empty bracket" },
    { "redis://[::1]x", NULL, "something behind the bracket" },
    { "redis://u:SECRET%@h", NULL, "half an escape" },
    { "redis://u:SECRET%zz@h", NULL, "no hexadecimal digits" },
    { "redis://u:SECRET%00x@h", NULL, "a NUL would cut the password" },
    { "redis://u%00:SECRET@h", NULL, "a NUL would cut the user" },
    { "redis://u:SECRET@h h", NULL, "a space in a host" },
    { "unix://", NULL, "no path" },
    { "unix://run/redis.sock", NULL, "two slashes: a host, no path" },
    { "unix:///s?db=x", NULL, "a database is a number" },
    { "unix:///s?x=1", NULL, "an unknown parameter" },
    { "unix:///s?db=-1", NULL, "a sign" },
    { "redis://h", "timeout", "no value" },
    { "redis://h", "timeout=", "no value" },
    { "redis://h", "timeout=200", "no unit" },
    { "redis://h", "timeout=0ms", "no time" },
    { "redis://h", "connect-timeout=x", "no duration" },
    { "redis://h", "idle=forever", "no duration" },
    { "redis://h", "pool=0", "no connection" },
    { "redis://h", "pool=-1", "a sign" },
    { "redis://h", "pool=many", "no number" },
    { "redis://h", "tiemout=200ms", "misspelt" },
    { "redis://h", "TIMEOUT=200ms", "options are lower case" },
    { "redis://h", "=1", "no name" },
    { "redis://h", "password=SECRET", "passwords come from the URL or a file" },
    { "redis://h", "password-file=", "no file" },
    { "redis://h", "password-file=/nonexistent/file", "no such file" },
    { "redis://h", "password-file=/", "a directory" },
    { "redis://h", "ca=/ca.pem", "TLS without rediss://" },
    { "redis://h", "verify=off", "TLS without rediss://" },
    { "unix:///s", "servername=h", "TLS without rediss://" },
    { "rediss://h", "verify=yes", "neither on nor off" },
    { "rediss://h", "name=a b", "a space in a client's name" },
    { "rediss://h", "name=a\nb", "a line end in a client's name" },
    { "rediss://u:SECRET@", NULL, "no host" },
};

START_TEST(endpoint_parse__refuses_with_words_and_without_credentials)
{
    shs_endpoint_t *endpoint;
    const char *wrong = parse(&endpoint, refused[_i].url, refused[_i].option);

    ck_assert_msg(wrong && *wrong, "%s %s was taken: %s", refused[_i].url,
                  refused[_i].option ? refused[_i].option : "",
                  refused[_i].why);
    ck_assert_msg(!strstr(wrong, "SECRET"), "the message tells: %s", wrong);
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

START_TEST(endpoint_parse__reads_what_is_said_about_tls)
{
    shs_endpoint_t *endpoint;
    apr_array_header_t *options = apr_array_make(p, 4, sizeof(const char *));

    ck_assert_ptr_null(parse(&endpoint, "redis://h", "name=web-1"));
    ck_assert_int_eq(endpoint->is_tls, 0);
    ck_assert_str_eq(endpoint->client_name, "web-1");
    ck_assert_ptr_null(parse(&endpoint, "rediss://u:pw@h:6380/2", NULL));
    ck_assert_int_eq(endpoint->is_tls, 1);
    ck_assert_int_eq(endpoint->port, 6380);
    ck_assert_str_eq(endpoint->tls.name, "h");
    ck_assert_int_eq(endpoint->tls.is_unverified, 0);
    ck_assert_str_eq(shs_endpoint_describe(endpoint, p), "rediss://h:6380/2");
    APR_ARRAY_PUSH(options, const char *) = "ca=/a";
    APR_ARRAY_PUSH(options, const char *) = "cert=/b";
    APR_ARRAY_PUSH(options, const char *) = "key=/c";
    APR_ARRAY_PUSH(options, const char *) = "servername=d";
    APR_ARRAY_PUSH(options, const char *) = "verify=off";
    ck_assert_ptr_null(shs_endpoint_parse(&endpoint, "rediss://h", options, p));
    ck_assert_str_eq(endpoint->tls.ca, "/a");
    ck_assert_str_eq(endpoint->tls.cert, "/b");
    ck_assert_str_eq(endpoint->tls.key, "/c");
    ck_assert_str_eq(endpoint->tls.name, "d");
    ck_assert_int_eq(endpoint->tls.is_unverified, 1);
}
END_TEST

/* Each of them makes another connection, so none may be shared. */
START_TEST(endpoint_identity__tells_every_option_of_tls_apart)
{
    static const char *const options[] = { NULL,           "ca=/a",
                                           "cert=/a",      "key=/a",
                                           "servername=a", "verify=off",
                                           "name=a" };
    const char *seen[ROWS(options)];
    shs_endpoint_t *endpoint;
    int i, j;

    for (i = 0; i < ROWS(options); ++i) {
        ck_assert_ptr_null(parse(&endpoint, "rediss://h", options[i]));
        seen[i] = shs_endpoint_identity(endpoint, p);
        for (j = 0; j < i; ++j) {
            ck_assert_str_ne(seen[i], seen[j]);
        }
    }
}
END_TEST

/* sun_path has room for 107 and a NUL: a longer one cannot be connected to. */
START_TEST(endpoint_parse__refuses_a_socket_path_that_no_socket_can_have)
{
    char *name = apr_palloc(p, 200);
    shs_endpoint_t *endpoint;

    memset(name, 'a', 199);
    name[199] = '\0';
    ck_assert_ptr_nonnull(
        parse(&endpoint, apr_pstrcat(p, "unix:///", name, NULL), NULL));
    name[106] = '\0';
    ck_assert_ptr_null(
        parse(&endpoint, apr_pstrcat(p, "unix:///", name, NULL), NULL));
}
END_TEST

static char *file_with(const char *content, size_t len)
{
    char *name = apr_pstrdup(p, "/tmp/shs-unit-XXXXXX");
    int fd = mkstemp(name);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, len), (ssize_t)len);
    close(fd);
    return name;
}

static const struct {
    const char *content;
    const char *password; /* NULL: refused */
    const char *why;
} files[] = {
    { "secret", "secret", "no line end" },
    { "secret\n", "secret", "what an editor writes" },
    { "secret\r\n", "secret", "what another editor writes" },
    { "se cret:@/%41\n", "se cret:@/%41", "taken as it is, not decoded" },
    { "", NULL, "an empty file protects nothing" },
    { "\n", NULL, "an empty line protects nothing" },
};

START_TEST(endpoint_parse__reads_the_password_file)
{
    char *name = file_with(files[_i].content, strlen(files[_i].content));
    shs_endpoint_t *endpoint;
    const char *wrong = parse(&endpoint, "redis://h",
                              apr_pstrcat(p, "password-file=", name, NULL));

    unlink(name);
    if (!files[_i].password) {
        ck_assert_msg(wrong != NULL, "%s", files[_i].why);
        return;
    }
    ck_assert_msg(!wrong, "%s: %s", wrong, files[_i].why);
    ck_assert_pstr_eq(endpoint->password, files[_i].password);
}
END_TEST

START_TEST(endpoint_parse__gives_the_file_to_the_urls_user)
{
    char *name = file_with("secret\n", 7);
    shs_endpoint_t *endpoint;
    const char *wrong = parse(&endpoint, "redis://alice@h",
                              apr_pstrcat(p, "password-file=", name, NULL));

    unlink(name);
    ck_assert_msg(!wrong, "%s", wrong);
    ck_assert_pstr_eq(endpoint->user, "alice");
    ck_assert_pstr_eq(endpoint->password, "secret");
}
END_TEST

static const struct {
    const char *url;
    const char *description;
} described[] = {
    { "redis://h", "redis://h:6379/0" },
    { "redis://alice:SECRET@h:1/2", "redis://h:1/2" },
    { "redis://:SECRET@h:1", "redis://h:1/0" },
    { "redis://[::1]:1", "redis://[::1]:1/0" },
    { "unix:///run/r.sock?db=3", "unix:///run/r.sock" },
};

/* Whether a default is written out is the describer's business; where it leads
 * to is told, and the credentials are not. */
START_TEST(endpoint_describe__tells_where_but_no_credentials)
{
    const char *got =
        shs_endpoint_describe(endpoint_of(described[_i].url, NULL), p);

    ck_assert_msg(!strstr(got, "SECRET") && !strchr(got, '@'), "%s", got);
    ck_assert_msg(!strncmp(got, described[_i].description, 9), "%s", got);
    if (strstr(described[_i].url, "::1")) {
        ck_assert_ptr_nonnull(strstr(got, "[::1]:1"));
    }
    if (strchr(described[_i].url, '=')) {
        ck_assert_ptr_nonnull(strstr(got, "db=3"));
    }
}
END_TEST

static const struct {
    const char *url;
    const char *option;
    int is_equal;
    const char *why;
} identities[] = {
    { "redis://u:s@h:6379/1", NULL, 1, "the same" },
    { "redis://u:%73@h:6379/1", NULL, 1, "the same, written otherwise" },
    { "redis://u:s@h/1", NULL, 1, "the default port written out" },
    { "redis://u:s@h:6379/1", "timeout=200ms", 1, "a default written out" },
    { "redis://u:t@h:6379/1", NULL, 0, "another password" },
    { "redis://v:s@h:6379/1", NULL, 0, "another user" },
    { "redis://:s@h:6379/1", NULL, 0, "no user" },
    { "redis://u:s@g:6379/1", NULL, 0, "another host" },
    { "redis://u:s@h:6380/1", NULL, 0, "another port" },
    { "redis://u:s@h:6379/0", NULL, 0, "another database" },
    { "redis://u:s@h:6379/1", "timeout=300ms", 0, "another deadline" },
    { "redis://u:s@h:6379/1", "connect-timeout=1s", 0, "another deadline" },
    { "redis://u:s@h:6379/1", "idle=1s", 0, "another idle time" },
    { "redis://u:s@h:6379/1", "pool=3", 0, "another bound" },
    { "unix:///h?db=1", NULL, 0, "a socket" },
};

START_TEST(endpoint_identity__is_equal_for_what_may_share_connections)
{
    const char *a =
        shs_endpoint_identity(endpoint_of("redis://u:s@h:6379/1", NULL), p);
    const char *b = shs_endpoint_identity(
        endpoint_of(identities[_i].url, identities[_i].option), p);

    ck_assert_msg((strcmp(a, b) == 0) == identities[_i].is_equal, "%s: %s, %s",
                  identities[_i].why, a, b);
}
END_TEST

/* A separator in a password must not make two endpoints look like one. */
START_TEST(endpoint_identity__cannot_be_forged_by_a_password)
{
    const char *a =
        shs_endpoint_identity(endpoint_of("redis://u:x%20y@h", NULL), p);
    const char *b =
        shs_endpoint_identity(endpoint_of("redis://u%20x:y@h", NULL), p);
    const char *c =
        shs_endpoint_identity(endpoint_of("redis://u%3Ax:y@h", NULL), p);
    const char *d =
        shs_endpoint_identity(endpoint_of("redis://u:x%3Ay@h", NULL), p);
    const char *e =
        shs_endpoint_identity(endpoint_of("redis://u:x%0Ay@h", NULL), p);
    const char *f =
        shs_endpoint_identity(endpoint_of("redis://u%0Ax:y@h", NULL), p);

    ck_assert_str_ne(a, b);
    ck_assert_str_ne(c, d);
    ck_assert_str_ne(e, f);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, endpoint_pool_size__follows_the_threads_up_to_64, 0,
                        ROWS(sizes));
    tcase_add_test(tc, endpoint_parse__reads_what_is_said_about_tls);
    tcase_add_test(tc, endpoint_identity__tells_every_option_of_tls_apart);
    tcase_add_loop_test(tc, endpoint_parse__reads_a_url, 0, ROWS(urls));
    tcase_add_test(tc, endpoint_parse__fills_the_defaults_in);
    tcase_add_test(tc, endpoint_parse__reads_each_option);
    tcase_add_loop_test(
        tc, endpoint_parse__refuses_with_words_and_without_credentials, 0,
        ROWS(refused));
    tcase_add_test(
        tc, endpoint_parse__refuses_a_socket_path_that_no_socket_can_have);
    tcase_add_loop_test(tc, endpoint_parse__reads_the_password_file, 0,
                        ROWS(files));
    tcase_add_test(tc, endpoint_parse__gives_the_file_to_the_urls_user);
    tcase_add_loop_test(tc, endpoint_describe__tells_where_but_no_credentials,
                        0, ROWS(described));
    tcase_add_loop_test(
        tc, endpoint_identity__is_equal_for_what_may_share_connections, 0,
        ROWS(identities));
    tcase_add_test(tc, endpoint_identity__cannot_be_forged_by_a_password);
}

int main(void)
{
    return unit_main("endpoint", add);
}
