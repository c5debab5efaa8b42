/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/address.h"

#include "unit.h"

#define A10  "aaaaaaaaaa"
#define A50  A10 A10 A10 A10 A10
#define A255 A50 A50 A50 A50 A50 "aaaaa"

static const struct {
    shs_octets_t host;
    apr_int64_t port;
    int is_one;
    const char *why;
} addresses[] = {
    { { "127.0.0.1", 9 }, 6379, 1, "an IPv4 address" },
    { { "::1", 3 }, 6379, 1, "an IPv6 address" },
    { { "fe80::1", 7 }, 6379, 1, "another" },
    { { "::ffff:10.0.0.1", 15 }, 6379, 1, "IPv4 in IPv6" },
    { { "r1.example.org", 14 }, 6379, 1, "a name" },
    { { "r1.example.org.", 15 }, 6379, 1, "a name from the root" },
    { { "redis_1", 7 }, 6379, 1, "what containers are called" },
    { { "LOCALHOST", 9 }, 6379, 1, "capitals" },
    { { "h", 1 }, 1, 1, "the lowest port" },
    { { "h", 1 }, 65535, 1, "the highest port" },
    { { A255, 255 }, 1, 1, "as long as a name may be" },
    { { A255 "a", 256 }, 1, 0, "longer than a name may be" },
    { { "h", 1 }, 0, 0, "no port: TLS only, or the other way round" },
    { { "h", 1 }, 65536, 0, "past the ports" },
    { { "h", 1 }, -1, 0, "below the ports" },
    { { "h", 1 }, APR_INT64_C(0x100000001), 0, "1 once it is cut to an int" },
    { { "", 0 }, 1, 0, "nothing" },
    { { NULL, 0 }, 1, 0, "nothing at all" },
    { { "?", 1 }, 1, 0, "Redis does not know" },
    { { "h\0i", 3 }, 1, 0, "a NUL, which would cut it" },
    { { "h\0", 2 }, 1, 0, "a NUL at the end" },
    { { "::1\0", 4 }, 1, 0, "a NUL behind an address" },
    { { "h\ni", 3 }, 1, 0, "a second line in the log" },
    { { "h i", 3 }, 1, 0, "a space" },
    { { "h/i", 3 }, 1, 0, "a path" },
    { { "h\x7f", 2 }, 1, 0, "DEL" },
    { { "h\xc3\xa9", 3 }, 1, 0, "not ASCII" },
    { { "%s%n", 4 }, 1, 0, "a format" },
    { { "fe80::1%eth0", 12 }, 1, 0, "a zone of the other machine" },
    { { "[::1]", 5 }, 1, 0, "brackets" },
    { { "h:1", 3 }, 1, 0, "colons are for IPv6" },
    { { ":::1", 4 }, 1, 0, "not an IPv6 address" },
    { { "1:2:3:4:5:6:7:8:9", 17 }, 1, 0, "too many groups" },
    { { "0000:0000:0000:0000:0000:0000:000.000.000.000:", 46 },
      1,
      0,
      "longer than an IPv6 address may be" },
    { { "-h", 2 }, 1, 0, "looks like an option" },
    { { ".h", 2 }, 1, 0, "an empty label" },
};

START_TEST(address_parse__accepts_what_can_be_connected_to)
{
    shs_octets_t host =
        addresses[_i].host.data
            ? unit_exact(addresses[_i].host.data, addresses[_i].host.len)
            : addresses[_i].host;
    shs_address_t server = { "before", 5 };
    int is_one = shs_address_parse(&server, host, addresses[_i].port, NULL, p);

    ck_assert_msg(is_one == addresses[_i].is_one, "%s", addresses[_i].why);
    if (is_one) {
        ck_octets_eq(unit_text(server.host), host, addresses[_i].why);
        ck_assert_int_eq(server.port, addresses[_i].port);
        ck_assert_ptr_ne(server.host, host.data);
    }
    else {
        ck_assert_str_eq(server.host, "before");
        ck_assert_int_eq(server.port, 5);
    }
}
END_TEST

static const struct {
    shs_octets_t host;
    apr_int64_t port;
    const char *wanted; /* NULL: none */
    const char *why;
} empty_hosts[] = {
    { { "", 0 }, 7000, "fe80::1%eth0", "as the configuration has it" },
    { { NULL, 0 }, 7000, "fe80::1%eth0", "nil is empty too" },
    { { "h", 1 }, 7000, "h", "a host counts more" },
    { { "?", 1 }, 7000, NULL, "unknown is not empty" },
    { { "", 0 }, 0, NULL, "but not the port" },
};

START_TEST(address_parse__replaces_an_empty_host_by_the_senders)
{
    const shs_address_t sender = { "fe80::1%eth0", 6379 };
    shs_address_t server;
    int is_one = shs_address_parse(&server, empty_hosts[_i].host,
                                   empty_hosts[_i].port, &sender, p);

    ck_assert_msg(is_one == !!empty_hosts[_i].wanted, "%s",
                  empty_hosts[_i].why);
    if (is_one) {
        ck_assert_msg(!strcmp(server.host, empty_hosts[_i].wanted), "%s",
                      empty_hosts[_i].why);
        ck_assert_ptr_ne(server.host, sender.host);
        ck_assert_int_eq(server.port, 7000);
    }
}
END_TEST

static const struct {
    const char *digits;
    apr_int64_t most;
    apr_int64_t number;
    const char *why;
} numbers[] = {
    { "0", 9, 0, "the least" },
    { "9", 9, 9, "the most" },
    { "10", 9, -1, "past the most" },
    { "9", 5, -1, "past the most in one digit" },
    { "16383", 16383, 16383, "the most" },
    { "16384", 16383, -1, "past the most" },
    { "00012", 16383, 12, "zeros" },
    { "9223372036854775807", APR_INT64_MAX, APR_INT64_MAX, "the most of all" },
    { "9223372036854775808", APR_INT64_MAX, -1, "would be negative" },
    { "18446744073709551617", APR_INT64_MAX, -1, "would be 1" },
    { "", 9, -1, "nothing" },
    { "-1", 9, -1, "a sign" },
    { "+1", 9, -1, "a sign" },
    { " 1", 9, -1, "a space" },
    { "1 ", 9, -1, "a space behind it" },
    { "1x", 99, -1, "a letter" },
    { "0x1", 99, -1, "hexadecimal" },
};

START_TEST(address_parse_number__accepts_digits_only)
{
    ck_assert_msg(shs_address_parse_number(unit_text(numbers[_i].digits),
                                           numbers[_i].most)
                      == numbers[_i].number,
                  "%s: %s", numbers[_i].digits, numbers[_i].why);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, address_parse__accepts_what_can_be_connected_to, 0,
                        ROWS(addresses));
    tcase_add_loop_test(tc,
                        address_parse__replaces_an_empty_host_by_the_senders, 0,
                        ROWS(empty_hosts));
    tcase_add_loop_test(tc, address_parse_number__accepts_digits_only, 0,
                        ROWS(numbers));
}

int main(void)
{
    return unit_main("address", add);
}
