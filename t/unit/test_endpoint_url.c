/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/endpoint/endpoint_url.h"

#include <stdio.h>

#include "unit.h"

static const char *parse(shs_endpoint_t *endpoint, const char *url)
{
    memset(endpoint, 0, sizeof(*endpoint));
    return shs_endpoint_url_parse(endpoint, url, p);
}

static void parse_well(shs_endpoint_t *endpoint, const char *url)
{
    const char *wrong = parse(endpoint, url);

    ck_assert_msg(!wrong, "%s: %s", url, wrong);
}

/* "h:6379 ::1:6380" */
static const char *list_servers(const shs_endpoint_t *endpoint)
{
    const char *words = "";
    int i;

    for (i = 0; i < endpoint->server_count; ++i) {
        words =
            apr_psprintf(p, "%s%s%s:%d", words, i > 0 ? " " : "",
                         endpoint->servers[i].host, endpoint->servers[i].port);
    }
    return words;
}

static const struct {
    const char *url;
    const char *servers; /* "" for a socket */
    const char *path;
    const char *user;
    const char *password;
    int db;
    const char *why;
} singles[] = {
    { "redis://h", "h:6379", NULL, NULL, NULL, 0, "the port Redis has" },
    { "redis://h/", "h:6379", NULL, NULL, NULL, 0, "an empty database" },
    { "redis://h:6380", "h:6380", NULL, NULL, NULL, 0, "a port" },
    { "redis://h:65535", "h:65535", NULL, NULL, NULL, 0, "the last port" },
    { "redis://h:", "h:6379", NULL, NULL, NULL, 0,
      "an empty port is the default one, RFC 3986 section 3.2.3" },
    { "redis://h/3", "h:6379", NULL, NULL, NULL, 3, "a database" },
    { "redis://h:1/15", "h:1", NULL, NULL, NULL, 15, "both" },
    { "redis://a-b_c.d0", "a-b_c.d0:6379", NULL, NULL, NULL, 0,
      "all that names have; the underscore is Docker's" },
    { "redis://10.0.0.1:6379", "10.0.0.1:6379", NULL, NULL, NULL, 0,
      "an address" },
    { "redis://[::1]", "::1:6379", NULL, NULL, NULL, 0, "an IPv6 address" },
    { "redis://[::1]:", "::1:6379", NULL, NULL, NULL, 0,
      "... with an empty port" },
    { "redis://[fe80::1]:6380/2", "fe80::1:6380", NULL, NULL, NULL, 2,
      "an IPv6 address and the rest" },
    { "redis://[fe80::1%eth0]", "fe80::1%eth0:6379", NULL, NULL, NULL, 0,
      "a link's address has a zone" },
    { "redis://@h", "h:6379", NULL, NULL, NULL, 0, "an empty user" },
    { "redis://u@h", "h:6379", NULL, "u", NULL, 0,
      "the password may come from a file" },
    { "redis://u:@h", "h:6379", NULL, "u", "", 0,
      "a user with nopass takes any password" },
    { "redis://:secret@h", "h:6379", NULL, NULL, "secret", 0,
      "a password of the default user" },
    { "redis://u:secret@h:1", "h:1", NULL, "u", "secret", 0, "both" },
    { "redis://u:a%40b%3Ac%2F@h", "h:6379", NULL, "u", "a@b:c/", 0,
      "percent-encoded" },
    { "redis://u:a:b@h", "h:6379", NULL, "u", "a:b", 0,
      "the first colon separates" },
    { "redis://us%65r:s@h", "h:6379", NULL, "user", "s", 0,
      "a user is decoded too" },
    { "redis://u:a+b@h", "h:6379", NULL, "u", "a+b", 0,
      "a plus in a URL is a plus" },
    { "redis://u:a,b@h", "h:6379", NULL, "u", "a,b", 0,
      "a comma in a password makes no list" },
    { "redis://u:[@h", "h:6379", NULL, "u", "[", 0,
      "a bracket in a password makes no address" },
    { "unix:///run/redis.sock", "", "/run/redis.sock", NULL, NULL, 0,
      "a socket" },
    { "unix:///run/redis.sock?db=4", "", "/run/redis.sock", NULL, NULL, 4,
      "a socket and a database" },
    { "unix:///run/a,b@c:1", "", "/run/a,b@c:1", NULL, NULL, 0,
      "a path is a path" },
};

START_TEST(endpoint_url_parse__reads_the_url_of_one_server)
{
    shs_endpoint_t e;

    parse_well(&e, singles[_i].url);
    ck_assert_int_eq(e.mode, SHS_ENDPOINT_SINGLE);
    ck_assert_int_eq(e.is_tls, 0);
    ck_assert_msg(!strcmp(list_servers(&e), singles[_i].servers), "%s: %s",
                  list_servers(&e), singles[_i].why);
    ck_assert_int_eq(e.server_count, singles[_i].path ? 0 : 1);
    ck_assert_int_eq(e.servers == NULL, singles[_i].path != NULL);
    ck_assert_pstr_eq(e.path, singles[_i].path);
    ck_assert_pstr_eq(shs_credentials_user(e.credentials), singles[_i].user);
    ck_assert_pstr_eq(shs_credentials_password(e.credentials, p),
                      singles[_i].password);
    ck_assert_int_eq(e.db, singles[_i].db);
    ck_assert_pstr_eq(e.master_name, NULL);
    ck_assert_pstr_eq(e.tls.name, NULL);
}
END_TEST

static const struct {
    const char *url;
    shs_endpoint_mode_t mode;
    const char *servers;
    const char *master_name;
    int db;
    const char *user;
    const char *password;
    const char *why;
} several[] = {
    { "redis+sentinel://a,b,c/m", SHS_ENDPOINT_SENTINEL,
      "a:26379 b:26379 c:26379", "m", 0, NULL, NULL, "the port Sentinel has" },
    { "redis+sentinel://a/m", SHS_ENDPOINT_SENTINEL, "a:26379", "m", 0, NULL,
      NULL, "one is no high availability, but a list" },
    { "redis+sentinel://a:1,b:,c:65535/my.Master-1_x/7", SHS_ENDPOINT_SENTINEL,
      "a:1 b:26379 c:65535", "my.Master-1_x", 7, NULL, NULL,
      "ports, all of a name's characters, a database" },
    { "redis+sentinel://a/m/", SHS_ENDPOINT_SENTINEL, "a:26379", "m", 0, NULL,
      NULL, "an empty database, as in redis://h/" },
    { "redis+sentinel://a/0/0", SHS_ENDPOINT_SENTINEL, "a:26379", "0", 0, NULL,
      NULL, "a name that is a number" },
    { "redis+sentinel://u:p%2Cq@a,b/m", SHS_ENDPOINT_SENTINEL,
      "a:26379 b:26379", "m", 0, "u", "p,q", "credentials stand once, first" },
    { "redis+sentinel://u:p,q@a,b/m", SHS_ENDPOINT_SENTINEL, "a:26379 b:26379",
      "m", 0, "u", "p,q", "a comma of theirs divides no list" },
    { "redis+sentinel://[::1],[fe80::1%eth0]:26380,10.0.0.1/m",
      SHS_ENDPOINT_SENTINEL, "::1:26379 fe80::1%eth0:26380 10.0.0.1:26379", "m",
      0, NULL, NULL, "IPv6 addresses in a list" },
    { "redis+sentinel://a:1,a:2/m", SHS_ENDPOINT_SENTINEL, "a:1 a:2", "m", 0,
      NULL, NULL, "one host, two Sentinels" },
    { "redis+cluster://a,b:7001", SHS_ENDPOINT_CLUSTER, "a:6379 b:7001", NULL,
      0, NULL, NULL, "the port a node has" },
    { "redis+cluster://:p@a,[::1]", SHS_ENDPOINT_CLUSTER, "a:6379 ::1:6379",
      NULL, 0, NULL, "p", "credentials and an address" },
    { "redis+cluster://a/", SHS_ENDPOINT_CLUSTER, "a:6379", NULL, 0, NULL, NULL,
      "one name, as ElastiCache has it; a slash says nothing" },
    { "redis+cluster://a/0", SHS_ENDPOINT_CLUSTER, "a:6379", NULL, 0, NULL,
      NULL, "the only database there is" },
};

START_TEST(endpoint_url_parse__reads_the_url_of_several_servers)
{
    const char *why = several[_i].why;
    int is_tls;

    for (is_tls = 0; is_tls <= 1; ++is_tls) {
        shs_endpoint_t e;

        parse_well(&e, apr_pstrcat(p, is_tls ? "rediss" : "redis",
                                   several[_i].url + 5, NULL));
        ck_assert_int_eq(e.mode, several[_i].mode);
        ck_assert_int_eq(e.is_tls, is_tls);
        ck_assert_msg(!strcmp(list_servers(&e), several[_i].servers), "%s: %s",
                      list_servers(&e), why);
        ck_assert_pstr_eq(e.master_name, several[_i].master_name);
        ck_assert_int_eq(e.db, several[_i].db);
        ck_assert_pstr_eq(shs_credentials_user(e.credentials),
                          several[_i].user);
        ck_assert_pstr_eq(shs_credentials_password(e.credentials, p),
                          several[_i].password);
        ck_assert_pstr_eq(e.path, NULL);
    }
}
END_TEST

START_TEST(endpoint_url_parse__reads_a_url_over_tls)
{
    shs_endpoint_t e;

    parse_well(&e, "rediss://u:pw@h:6380/2");
    ck_assert_int_eq(e.mode, SHS_ENDPOINT_SINGLE);
    ck_assert_int_eq(e.is_tls, 1);
    ck_assert_str_eq(list_servers(&e), "h:6380");
    ck_assert_int_eq(e.db, 2);
    /* The name that is dialled and checked is not known here. */
    ck_assert_pstr_eq(e.tls.name, NULL);
}
END_TEST

/* What could be part of a password is in capitals here. */
static const struct {
    const char *url;
    const char *words; /* of the message */
    const char *why;
} refused[] = {
    { "redis:h", "scheme", "no slashes" },
    { "unix:/s", "scheme", "one slash" },
    { "http://u:SECRET@h", "scheme", "no Redis" },
    { "REDIS://h", "scheme", "schemes are found by their exact name" },
    { "redis+sentinels://h/m", "scheme", "misspelt" },
    { "redis://", "server is missing", "no host" },
    { "redis:///1", "server is missing", "no host" },
    { "redis://:6379", "server is missing", "no host" },
    { "redis://u:SECRET@", "server is missing", "no host" },
    { "redis://u:SECRET@:1", "server is missing", "no host" },
    { "redis+sentinel://", "host[:port],host[:port]/MASTER", "no Sentinel" },
    { "redis+sentinel:///m", "server is missing", "no Sentinel" },
    { "redis+sentinel://u:SECRET@/m", "server is missing", "no Sentinel" },
    { "redis+cluster://", "host[:port],host[:port];", "no node" },
    { "redis+cluster://u:SECRET@:1,a", "server is missing", "a port alone" },
    { "redis://h:0", "from 1 to 65535", "port 0" },
    { "redis://h:65536", "from 1 to 65535", "one past the last port" },
    { "redis://h:4295032198", "from 1 to 65535", "a port in 16 bits" },
    { "redis://h:x", "from 1 to 65535", "a port is a number" },
    { "redis://u:SECRET@h:x", "from 1 to 65535", "a port is a number" },
    { "redis://h:-1", "from 1 to 65535", "a sign" },
    { "redis://h:6379x", "from 1 to 65535", "something behind the port" },
    { "redis+sentinel://a:1,b:0/m", "from 1 to 65535", "every port counts" },
    { "redis+cluster://a:1,b:SECRET/x@h", "from 1 to 65535",
      "a slash in a password that looks like a list" },
    { "redis://h/x", "database", "a database is a number" },
    { "redis://h/-1", "database", "a sign" },
    { "redis://h/1/2", "database", "something behind the database" },
    { "redis://h/1x", "database", "something behind the database" },
    { "redis://u:SECRET@h/99999999999", "database", "overflow" },
    { "redis://h?db=1", "'?'", "no query" },
    { "redis://h/1?db=1", "'?'", "no query" },
    { "redis://h/1#x", "'#'", "no fragment" },
    { "redis://u:12?SECRET@h", "%XX", "a question mark in a password" },
    { "redis://u:12#SECRET@h", "%XX", "a hash in a password" },
    { "redis://u:12/SECRET@h", "%XX", "a slash in a password" },
    { "redis://u/SECRET@h", "%XX", "a slash for a colon" },
    { "redis://u:SECRET@SECRET@h", "'@'", "an at sign in a password" },
    { "redis+cluster://u:SECRET@a,u:SECRET@b", "once",
      "credentials with every server" },
    { "redis://u:SEC%RET@h", "%25", "a percent sign in a password" },
    { "redis://[::1", "[::1]:6379", "an open bracket" },
    { "redis://[]", "[::1]:6379", "an empty bracket" },
    { "redis://[::1]x", "only a port", "something behind the bracket" },
    { "redis://[::1]6379", "only a port", "a port without a colon" },
    { "redis://[h]", "[::1]:6379", "a name in brackets" },
    { "redis://[10.0.0.1]", "[::1]:6379", "an IPv4 address in brackets" },
    { "redis://[fe80::1%]", "[::1]:6379", "an empty zone" },
    { "redis://[fe80::1%e$]", "[::1]:6379", "no interface is called that" },
    { "redis://::1", "[::1]:6379", "an IPv6 address without brackets" },
    { "redis://fe80::1:6379", "[::1]:6379", "... and a port, or not" },
    { "redis+sentinel://[::1,a/m", "[::1]:6379", "an open bracket in a list" },
    { "redis+sentinel://[::1],::2/m", "[::1]:6379", "no brackets in a list" },
    { "redis://u:SECRET%@h", "%25", "half an escape" },
    { "redis://u:SECRET%zz@h", "%25", "no hexadecimal digits" },
    { "redis://u:SECRET%00x@h", "%00", "a NUL would cut the password" },
    { "redis://u%00:SECRET@h", "%00", "a NUL would cut the user" },
    { "redis://u:SECRET@h h", "character", "a space in a host" },
    { "redis://h1,h2", "redis+sentinel://", "several need a mode" },
    { "redis://h,", "redis+sentinel://", "a comma is a list" },
    { "redis+sentinel://a,,b/m", "comma", "nothing between two commas" },
    { "redis+sentinel://a,/m", "comma", "nothing behind the last" },
    { "redis+sentinel://,a/m", "comma", "nothing before the first" },
    { "redis+cluster://,", "comma", "nothing at all" },
    { "redis+sentinel://a;b/m", "character", "a semicolon for a comma" },
    { "redis+sentinel://a,b,a/m", "twice", "it would count twice" },
    { "redis+sentinel://a,b,A:26379/m", "twice",
      "names have no case, and the default port is a port" },
    { "redis+cluster://[::1],a,[::1]:6379", "twice", "addresses too" },
    { "redis+sentinel://a,b", "master's name", "which of them?" },
    { "redis+sentinel://a,b/", "master's name", "which of them?" },
    { "redis+sentinel://a,b//0", "master's name", "which of them?" },
    { "redis+sentinel://a/m,n", "letters", "a comma in a name" },
    { "redis+sentinel://a/m%41", "letters", "it is not decoded" },
    { "redis+sentinel://u:12/SECRET@a/m", "letters",
      "a slash in a password makes a name of the rest" },
    { "redis+sentinel://a/m/x", "database", "a database is a number" },
    { "redis+sentinel://a/m/1/2", "database", "two of them" },
    { "redis+sentinel://a/m?db=1", "'?'", "no query" },
    { "redis+cluster://a/1", "database 0 only", "the reason is said" },
    { "redis+cluster://a/mymaster", "database 0 only", "a name for Sentinel" },
    { "redis+cluster://u:12/SECRET@a", "%XX", "a slash in a password" },
    { "redis+cluster://a/0/", "database 0 only", "something behind it" },
    { "unix://", "three slashes", "no path" },
    { "unix://run/redis.sock", "three slashes", "two slashes: a host" },
    { "unix:///s?db=x", "database", "a database is a number" },
    { "unix:///s?x=1", "db=N", "an unknown parameter" },
    { "unix:///s?db=-1", "database", "a sign" },
};

START_TEST(endpoint_url_parse__refuses_with_words_and_without_credentials)
{
    shs_endpoint_t endpoint;
    const char *wrong = parse(&endpoint, refused[_i].url);

    ck_assert_msg(wrong != NULL, "%s was taken: %s", refused[_i].url,
                  refused[_i].why);
    ck_assert_msg(strstr(wrong, refused[_i].words) != NULL, "%s: %s: %s",
                  refused[_i].url, wrong, refused[_i].why);
    ck_assert_msg(!strstr(wrong, "SEC"), "the message reveals: %s", wrong);
}
END_TEST

START_TEST(endpoint_url_parse__takes_sixteen_servers_and_no_more)
{
    const char *url = "redis+cluster://h1";
    shs_endpoint_t endpoint;
    const char *wrong;
    int i;

    for (i = 2; i <= SHS_ENDPOINT_MAX_SERVERS; ++i) {
        url = apr_psprintf(p, "%s,h%d", url, i);
    }
    parse_well(&endpoint, url);
    ck_assert_int_eq(endpoint.server_count, SHS_ENDPOINT_MAX_SERVERS);
    ck_assert_str_eq(endpoint.servers[SHS_ENDPOINT_MAX_SERVERS - 1].host,
                     "h16");
    wrong = parse(&endpoint, apr_pstrcat(p, url, ",h17", NULL));
    ck_assert_msg(wrong && strstr(wrong, "more than 16"), "%s", wrong);
}
END_TEST

/* sun_path has room for 107 and a NUL: a longer one cannot be connected to. */
START_TEST(endpoint_url_parse__refuses_a_path_that_no_socket_can_have)
{
    char *name = apr_palloc(p, 200);
    shs_endpoint_t endpoint;

    memset(name, 'a', 199);
    name[199] = '\0';
    ck_assert_ptr_nonnull(
        parse(&endpoint, apr_pstrcat(p, "unix:///", name, NULL)));
    name[106] = '\0';
    parse_well(&endpoint, apr_pstrcat(p, "unix:///", name, NULL));
    name[106] = 'a';
    name[107] = '\0';
    ck_assert_ptr_nonnull(
        parse(&endpoint, apr_pstrcat(p, "unix:///", name, NULL)));
}
END_TEST

START_TEST(endpoint_url_parse__refuses_a_password_without_room)
{
    char *password = apr_palloc(p, SHS_CREDENTIALS_ROOM + 1);
    shs_endpoint_t endpoint;

    memset(password, 'a', SHS_CREDENTIALS_ROOM);
    password[SHS_CREDENTIALS_ROOM - 1] = '\0';
    parse_well(&endpoint, apr_pstrcat(p, "redis://:", password, "@h", NULL));
    password[SHS_CREDENTIALS_ROOM - 1] = 'a';
    password[SHS_CREDENTIALS_ROOM] = '\0';
    ck_assert_ptr_nonnull(
        parse(&endpoint, apr_pstrcat(p, "redis://:", password, "@h", NULL)));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, endpoint_url_parse__reads_the_url_of_one_server, 0,
                        ROWS(singles));
    tcase_add_loop_test(tc,
                        endpoint_url_parse__reads_the_url_of_several_servers, 0,
                        ROWS(several));
    tcase_add_test(tc, endpoint_url_parse__reads_a_url_over_tls);
    tcase_add_loop_test(
        tc, endpoint_url_parse__refuses_with_words_and_without_credentials, 0,
        ROWS(refused));
    tcase_add_test(tc, endpoint_url_parse__takes_sixteen_servers_and_no_more);
    tcase_add_test(tc,
                   endpoint_url_parse__refuses_a_path_that_no_socket_can_have);
    tcase_add_test(tc, endpoint_url_parse__refuses_a_password_without_room);
}

int main(void)
{
    return unit_main("endpoint_url", add);
}
