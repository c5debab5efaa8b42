/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/sentinel_reply.h"

#include "unit.h"
#include "wire.h"

static const struct {
    const char *text;
    int found;
    shs_address_t server;
    const char *why;
} masters[] = {
    { "*2\r\n$9\r\n127.0.0.1\r\n$5\r\n34081\r\n",
      1,
      { "127.0.0.1", 34081 },
      "Redis 7's own" },
    { "*-1\r\n", 0, { NULL, 0 }, "Redis 7's own: an unknown name" },
    { "$-1\r\n", 0, { NULL, 0 }, "the other nil" },
    { "['::1' '6379']", 1, { "::1", 6379 }, "IPv6" },
    { "['r1.example.org' '1']", 1, { "r1.example.org", 1 }, "a name" },
    { "-ERR x\r\n", -1, { NULL, 0 }, "an error does not say it is unknown" },
    { "-NOAUTH x\r\n", -1, { NULL, 0 }, "nor does this one" },
    { "+OK\r\n", -1, { NULL, 0 }, "a status" },
    { "'h'", -1, { NULL, 0 }, "a string" },
    { "[]", -1, { NULL, 0 }, "nothing in it" },
    { "['h']", -1, { NULL, 0 }, "no port" },
    { "['h' '1' 'x']", -1, { NULL, 0 }, "one too many" },
    { "['h' 6379]", -1, { NULL, 0 }, "the port is a text here" },
    { "[1 '6379']", -1, { NULL, 0 }, "no host" },
    { "[_ '6379']", -1, { NULL, 0 }, "nil for a host" },
    { "['h' _]", -1, { NULL, 0 }, "nil for a port" },
    { "*2\r\n+h\r\n$4\r\n6379\r\n", -1, { NULL, 0 }, "a status for a host" },
    { "*2\r\n$1\r\nh\r\n+6379\r\n", -1, { NULL, 0 }, "a status for a port" },
    { "['' '6379']", -1, { NULL, 0 }, "not where the Sentinel is" },
    { "['?' '6379']", -1, { NULL, 0 }, "no host" },
    { "['h i' '6379']", -1, { NULL, 0 }, "not a host" },
    { "['h' '0']", -1, { NULL, 0 }, "no port" },
    { "['h' '65536']", -1, { NULL, 0 }, "no port" },
    { "['h' '6379x']", -1, { NULL, 0 }, "no port" },
    { "['h' '']", -1, { NULL, 0 }, "no port" },
};

START_TEST(sentinel_reply_parse_master__distinguishes_unknown_and_garbage)
{
    shs_address_t server = { NULL, 0 };
    int found = shs_sentinel_reply_parse_master(
        &server, wire_reply(masters[_i].text), p);

    ck_assert_msg(found == masters[_i].found, "%d for %s: %s", found,
                  masters[_i].text, masters[_i].why);
    if (found == 1) {
        ck_assert_str_eq(server.host, masters[_i].server.host);
        ck_assert_int_eq(server.port, masters[_i].server.port);
    }
}
END_TEST

static const struct {
    const char *text;
    apr_int64_t epoch;
    const char *why;
} epochs[] = {
    { "*4\r\n$4\r\nname\r\n$1\r\nm\r\n$12\r\nconfig-epoch\r\n$1\r\n0\r\n", 0,
      "before the first failover" },
    { "['config-epoch' '17' 'flags' 'master']", 17, "wherever it stands" },
    { "['config-epoch' '9223372036854775807']", APR_INT64_MAX, "the highest" },
    { "['config-epoch' '9223372036854775808']", -1, "higher than we count" },
    { "['config-epoch' '1' 'config-epoch' '2']", 1, "the first of two" },
    { "['name' 'config-epoch' '5' 'x']", -1, "a value of that name" },
    { "['config-epoch']", -1, "without a value" },
    { "['a' 'b' 'config-epoch']", -1, "without a value, at the end" },
    { "['config-epoch' '']", -1, "an empty value" },
    { "['config-epoch' '-1']", -1, "negative" },
    { "['config-epoch' '1e3']", -1, "no number" },
    { "['config-epoch' 5]", -1, "values are texts here" },
    { "['config-epoch' _]", -1, "nil" },
    { "*2\r\n$12\r\nconfig-epoch\r\n+5\r\n", -1, "a status for a value" },
    { "*2\r\n+config-epoch\r\n$1\r\n5\r\n", -1, "a status for a field" },
    { "['config-epochs' '5']", -1, "another field" },
    { "['config' '5']", -1, "another field" },
    { "[1 2 [] '3' 'config-epoch' '5']", 5, "behind what is no field" },
    { "[]", -1, "nothing in it" },
    { "-ERR No such master with that name\r\n", -1, "Redis 7's own" },
    { "_", -1, "nil" },
    { "'config-epoch'", -1, "a string" },
};

START_TEST(sentinel_reply_parse_epoch__finds_the_field)
{
    ck_assert_msg(shs_sentinel_reply_parse_epoch(wire_reply(epochs[_i].text))
                      == epochs[_i].epoch,
                  "%s: %s", epochs[_i].text, epochs[_i].why);
}
END_TEST

#define REPLICA(host, flags) \
    "['ip' '" host "' 'port' '6379' 'flags' '" flags "']"

static const struct {
    const char *text;
    int most;
    const char *hosts;
    const char *why;
} replicas[] = {
    { "*1\r\n*8\r\n$4\r\nname\r\n$15\r\n127.0.0.1:48819\r\n"
      "$2\r\nip\r\n$9\r\n127.0.0.1\r\n$4\r\nport\r\n$5\r\n48819\r\n"
      "$5\r\nflags\r\n$5\r\nslave\r\n",
      8, "127.0.0.1:48819 ", "Redis 7's own" },
    { "[" REPLICA("a", "s_down,slave,disconnected") "]", 8, "",
      "Redis 7's own after its end" },
    { "[" REPLICA("a", "slave") REPLICA("b", "slave") "]", 8, "a:6379 b:6379 ",
      "in their order" },
    { "[" REPLICA("a", "slave,s_down") REPLICA("b", "slave") "]", 8, "b:6379 ",
      "a later flag" },
    { "[" REPLICA("a", "o_down,slave") "]", 8, "", "all say it is down" },
    { "[" REPLICA("a", "slave,disconnected") "]", 8, "", "not reached" },
    { "[" REPLICA("a", "slave,s_downs,not_o_down") "]", 8, "a:6379 ",
      "whole words" },
    { "[" REPLICA("a", ",slave,,") "]", 8, "a:6379 ", "empty words" },
    { "[" REPLICA("a", "") "]", 8, "a:6379 ", "no flag at all" },
    { "[" REPLICA("a", "slave") REPLICA("b", "slave") "]", 1, "a:6379 ",
      "no more than there is room for" },
    { "[" REPLICA("a", "s_down") REPLICA("b", "slave") "]", 1, "b:6379 ",
      "what is left out takes no room" },
    { "[" REPLICA("a", "slave") "]", 0, "", "no room" },
    { "[" REPLICA("?", "slave") REPLICA("b", "slave") "]", 8, "b:6379 ",
      "no usable address" },
    { "[" REPLICA("", "slave") "]", 8, "", "no address" },
    { "[['ip' 'a' 'port' '6379']]", 8, "", "no flags" },
    { "[['ip' 'a' 'port' '6379' 'flags' _]]", 8, "", "flags that are nil" },
    { "[['port' '6379' 'flags' 'slave']]", 8, "", "no address" },
    { "[['ip' 'a' 'flags' 'slave']]", 8, "", "no port" },
    { "[['flags' 'slave' 'ip' 'a' 'port']]", 8, "", "a port without a value" },
    { "[['ip' 'a' 'port' '0' 'flags' 'slave']]", 8, "", "no such port" },
    { "[['ip' 'a' 'port' 6379 'flags' 'slave']]", 8, "", "a port is a text" },
    { "[5 _ 'a' [] " REPLICA("b", "slave") "]", 8, "b:6379 ",
      "what is no replica" },
    { "['ip' 'a' 'port' '6379' 'flags' 'slave']", 8, "",
      "a replica instead of an array of them" },
    { "[]", 8, "", "none" },
    { "_", 8, "", "nil" },
    { "-ERR No such master with that name\r\n", 8, "", "an error" },
};

START_TEST(sentinel_reply_parse_replicas__lists_the_usable_replicas)
{
    shs_address_t servers[9];
    const char *hosts = "";
    int count;
    int i;

    for (i = 0; i < 9; i++) {
        servers[i].host = "untouched";
        servers[i].port = 0;
    }
    count = shs_sentinel_reply_parse_replicas(servers, replicas[_i].most,
                                              wire_reply(replicas[_i].text), p);
    ck_assert_int_le(count, replicas[_i].most);
    for (i = 0; i < count; i++) {
        hosts = apr_psprintf(p, "%s%s:%d ", hosts, servers[i].host,
                             servers[i].port);
    }
    ck_assert_msg(!strcmp(hosts, replicas[_i].hosts), "%s for %s: %s", hosts,
                  replicas[_i].text, replicas[_i].why);
    ck_assert_str_eq(servers[replicas[_i].most].host, "untouched");
}
END_TEST

static const struct {
    const char *text;
    int is_master;
    const char *why;
} roles[] = {
    { "*3\r\n$6\r\nmaster\r\n:277\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n"
      "$5\r\n48819\r\n$3\r\n277\r\n",
      1, "Redis 7's own" },
    { "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n", 1, "without replicas" },
    { "['slave' '127.0.0.1' 34081 'connected' 277]", 0, "Redis 7's own" },
    { "['sentinel' ['m']]", 0, "Redis 7's own" },
    { "['masters' 0 []]", 0, "a longer word" },
    { "['maste' 0 []]", 0, "a shorter word" },
    { "['']", 0, "an empty word" },
    { "['slave' 'master']", 0, "not the first word" },
    { "[['master']]", 0, "deeper" },
    { "[1]", 0, "no word" },
    { "[_]", 0, "nil" },
    { "[]", 0, "nothing" },
    { "*1\r\n+master\r\n", 0, "a status: not what ROLE sends" },
    { "'master'", 0, "a value: the reply to another command" },
    { "+master\r\n", 0, "a status" },
    { "-master x\r\n", 0, "an error" },
    { "_", 0, "nil" },
};

START_TEST(sentinel_reply_is_master__reads_the_first_word)
{
    ck_assert_msg(shs_sentinel_reply_is_master(wire_reply(roles[_i].text))
                      == roles[_i].is_master,
                  "%s: %s", roles[_i].text, roles[_i].why);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, sentinel_reply_parse_master__distinguishes_unknown_and_garbage, 0,
        ROWS(masters));
    tcase_add_loop_test(tc, sentinel_reply_parse_epoch__finds_the_field, 0,
                        ROWS(epochs));
    tcase_add_loop_test(
        tc, sentinel_reply_parse_replicas__lists_the_usable_replicas, 0,
        ROWS(replicas));
    tcase_add_loop_test(tc, sentinel_reply_is_master__reads_the_first_word, 0,
                        ROWS(roles));
}

int main(void)
{
    return unit_main("sentinel_reply", add);
}
