/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/resp.h"

#include <stdio.h>

#include "unit.h"

static const shs_resp_limits_t roomy = { 65536, 8192 };


/* A reply as text, for comparison: +OK  $5:hello  :7  -ERR x  _  [a b]. */
static const char *shown(const shs_reply_t *reply)
{
    const char *list = "";
    apr_size_t i;

    switch (reply->kind) {
    case SHS_REPLY_NIL:
        return "_";
    case SHS_REPLY_STRING:
        return apr_psprintf(p, "$%d:%s", (int)reply->text.len,
                            unit_show(reply->text));
    case SHS_REPLY_STATUS:
        return apr_pstrcat(p, "+", unit_show(reply->text), NULL);
    case SHS_REPLY_ERROR:
        return apr_pstrcat(p, "-", unit_show(reply->text), NULL);
    case SHS_REPLY_INTEGER:
        return apr_psprintf(p, ":%" APR_INT64_T_FMT, reply->integer);
    case SHS_REPLY_ARRAY:
        for (i = 0; i < reply->count; i++) {
            list = apr_pstrcat(p, list, i ? " " : "", shown(reply->elements[i]),
                               NULL);
        }
        return apr_psprintf(p, "[%s]", list);
    }
    return "?";
}

/* Reads the complete replies, and notes whether octets were left after the last
 * one. */
static const char *take(const char *sofar, shs_resp_t *resp,
                        shs_resp_status_t *last, int *is_drained)
{
    shs_reply_t *reply = NULL;

    while ((*last = shs_resp_next(&reply, resp)) == SHS_RESP_REPLY) {
        sofar = apr_pstrcat(p, sofar, shown(reply), ";", NULL);
        *is_drained = shs_resp_is_drained(resp);
    }
    return sofar;
}

static const char *word(shs_resp_status_t status)
{
    switch (status) {
    case SHS_RESP_REPLY:
        return "REPLY";
    case SHS_RESP_MORE:
        return "MORE";
    case SHS_RESP_TOO_LARGE:
        return "LARGE";
    case SHS_RESP_GARBAGE:
        return "GARBAGE";
    }
    return "?";
}

/* Feeds the octets in pieces of these lengths, and then the rest, and returns
 * the replies as text. */
static const char *fed(shs_octets_t octets, const apr_size_t *lens, int count,
                       shs_resp_limits_t limits)
{
    shs_resp_t *resp = shs_resp_create();
    shs_resp_status_t last = SHS_RESP_MORE;
    const char *sofar = "";
    apr_size_t at = 0;
    int is_drained = 0;
    int i;

    ck_assert_ptr_nonnull(resp);
    shs_resp_begin(resp, limits, p);
    for (i = 0; last == SHS_RESP_MORE && (i <= count || at < octets.len); i++) {
        apr_size_t len = i < count ? lens[i] : i == count ? octets.len - at : 0;
        shs_octets_t piece;

        if (at + len > octets.len) {
            len = octets.len - at;
        }
        piece = unit_exact(octets.data + at, len);
        at += len;
        last = shs_resp_feed(resp, piece.data, piece.len);
        if (last == SHS_RESP_MORE) {
            sofar = take(sofar, resp, &last, &is_drained);
        }
    }
    sofar = apr_pstrcat(p, sofar, word(last),
                        last == SHS_RESP_MORE && is_drained ? " drained" : "",
                        NULL);
    shs_resp_destroy(resp);
    return sofar;
}

static const char *fed_octet_by_octet(shs_octets_t octets,
                                      shs_resp_limits_t limits)
{
    apr_size_t *ones = apr_palloc(p, (octets.len + 1) * sizeof(*ones));
    apr_size_t i;

    for (i = 0; i < octets.len; i++) {
        ones[i] = 1;
    }
    return fed(octets, ones, (int)octets.len, limits);
}

/* ---------------------------------------------------------------- replies */

static const struct {
    const char *text;
    int len; /* 0: strlen */
    const char *result;
    const char *why;
} replies[] = {
    { "$5\r\nhello\r\n", 0, "$5:hello;MORE drained", "a bulk string" },
    { "$0\r\n\r\n", 0, "$0:;MORE drained", "an empty one" },
    { "$-1\r\n", 0, "_;MORE drained", "nothing there" },
    { "*-1\r\n", 0, "_;MORE drained", "nothing there, as an array" },
    { "+OK\r\n", 0, "+OK;MORE drained", "a status" },
    { "+\r\n", 0, "+;MORE drained", "an empty status" },
    { "-WRONGTYPE no\r\n", 0, "-WRONGTYPE no;MORE drained", "an error" },
    { ":0\r\n", 0, ":0;MORE drained", "zero" },
    { ":-2\r\n", 0, ":-2;MORE drained", "PTTL of no key" },
    { ":9223372036854775807\r\n", 0, ":9223372036854775807;MORE drained",
      "the largest" },
    { ":-9223372036854775808\r\n", 0, ":-9223372036854775808;MORE drained",
      "the smallest" },
    { "*0\r\n", 0, "[];MORE drained", "a hash that is not there" },
    { "*2\r\n$1\r\na\r\n$1\r\nb\r\n", 0, "[$1:a $1:b];MORE drained",
      "a hash of one field" },
    { "*3\r\n:1\r\n$-1\r\n*1\r\n+x\r\n", 0, "[:1 _ [+x]];MORE drained",
      "nested" },
    { "*1\r\n*1\r\n*1\r\n*0\r\n", 0, "[[[[]]]];MORE drained", "deeper" },
    { "$5\r\na\r\nb\0\r\n", 11, "$5:a\\x0d\\x0ab\\x00;MORE drained",
      "a NUL at the end" },
    { "$4\r\n\0\r\n\xff\r\n", 10, "$4:\\x00\\x0d\\x0a\\xff;MORE drained",
      "any octet, line ends too" },
    { "$5\r\n$-1\r\n\r\n", 0, "$5:$-1\\x0d\\x0a;MORE drained",
      "a value that looks like a reply" },
    { "$1\r\nx\r\n:30000\r\n", 0, "$1:x;:30000;MORE drained",
      "GET and PTTL in one packet" },
    { "+a\r\n+b\r\n+c\r\n+d\r\n", 0, "+a;+b;+c;+d;MORE drained",
      "four replies" },
};

START_TEST(resp_next__reads_replies_in_one_piece)
{
    shs_octets_t octets = unit_exact(
        replies[_i].text, replies[_i].len ? (apr_size_t)replies[_i].len
                                          : strlen(replies[_i].text));

    if (replies[_i].result) {
        const char *got = fed(octets, NULL, 0, roomy);

        ck_assert_msg(!strcmp(got, replies[_i].result), "%s: %s", got,
                      replies[_i].why);
    }
}
END_TEST

START_TEST(resp_next__reads_the_same_one_octet_at_a_time)
{
    shs_octets_t octets = unit_exact(
        replies[_i].text, replies[_i].len ? (apr_size_t)replies[_i].len
                                          : strlen(replies[_i].text));

    ck_assert_str_eq(fed_octet_by_octet(octets, roomy),
                     replies[_i].result ? replies[_i].result
                                        : fed(octets, NULL, 0, roomy));
}
END_TEST

START_TEST(resp_next__reads_the_same_split_at_each_position)
{
    shs_octets_t octets = unit_exact(
        replies[_i].text, replies[_i].len ? (apr_size_t)replies[_i].len
                                          : strlen(replies[_i].text));
    const char *whole = fed(octets, NULL, 0, roomy);
    apr_size_t at;

    for (at = 0; at <= octets.len; at++) {
        const char *got = fed(octets, &at, 1, roomy);

        ck_assert_msg(!strcmp(got, whole), "split at %d: %s, not %s", (int)at,
                      got, whole);
    }
}
END_TEST

/* No beginning of a reply is a reply. */
START_TEST(resp_next__returns_nothing_of_an_incomplete_reply)
{
    shs_octets_t octets;
    apr_size_t len;

    if (replies[_i].len || strchr(strchr(replies[_i].result, ';') + 1, ';')) {
        return;
    }
    octets = unit_text(replies[_i].text);
    for (len = 0; len < octets.len; len++) {
        ck_assert_msg(
            !strncmp(fed(unit_exact(octets.data, len), NULL, 0, roomy), "MORE",
                     4),
            "a reply after %d octets: %s", (int)len, replies[_i].why);
    }
}
END_TEST

/* ---------------------------------------------------------- lies, garbage */

/* A length alone is neither a reply nor garbage: the parser waits, and accepts
 * octets only up to the limit. */
static const struct {
    const char *text;
    const char *why;
} long_promises[] = {
    { "$2147483647\r\n", "2 GiB" },
    { "$536870913\r\n", "more than Redis keeps" },
    { "$4294967295\r\n", "-1 in 32 bits" },
    { "$4294967301\r\n", "5 in 32 bits" },
    { "$9223372036854775807\r\n", "overflows when the line end is added" },
    { "*1\r\n$2147483647\r\n", "inside an array" },
};

START_TEST(resp_feed__stops_a_long_promise_at_the_limit)
{
    shs_resp_limits_t few = { 65536, 16 };
    shs_octets_t text = unit_text(long_promises[_i].text);
    shs_resp_t *resp = shs_resp_create();
    shs_resp_status_t status;
    shs_reply_t *reply = NULL;
    char piece[4096];
    int sent = 0;

    memset(piece, 'x', sizeof(piece));
    shs_resp_begin(resp, few, p);
    status = shs_resp_feed(resp, text.data, text.len);
    while (status == SHS_RESP_MORE && sent < 10 * 65536) {
        status = shs_resp_next(&reply, resp);
        if (status == SHS_RESP_MORE) {
            status = shs_resp_feed(resp, piece, sizeof(piece));
            sent += (int)sizeof(piece);
        }
    }
    shs_resp_destroy(resp);
    ck_assert_msg(status == SHS_RESP_TOO_LARGE || status == SHS_RESP_GARBAGE,
                  "%s: %s", word(status), long_promises[_i].why);
    ck_assert_msg(sent < 2 * 65536, "%d octets were taken: %s", sent,
                  long_promises[_i].why);
}
END_TEST

static const struct {
    const char *text;
    int len; /* 0: strlen */
    const char *why;
} false_replies[] = {
    { "$18446744073709551615\r\n", 0, "-1 in 64 bits" },
    { "$99999999999999999999999999\r\n", 0, "overflows everything" },
    { "*536870912\r\n", 0, "4 GiB of pointers" },
    { "*2147483647\r\n", 0, "16 GiB of pointers" },
    { "*4294967297\r\n", 0, "1 in 32 bits" },
    { "*2305843009213693953\r\n", 0, "8 octets when multiplied" },
    { "*9223372036854775807\r\n", 0, "overflows when multiplied" },
    { "$-5\r\n", 0, "a negative length" },
    { "$-7\r\n", 0, "a negative length" },
    { "$-2147483648\r\n", 0, "a negative length" },
    { "*-5\r\n", 0, "a negative count" },
    { "*-2\r\n", 0, "a negative count" },
    { "$x\r\n", 0, "no number" },
    { "$5x\r\n", 0, "no number" },
    { "$\r\n", 0, "no number" },
    { "*\r\n", 0, "no number" },
    { "*x\r\n", 0, "no number" },
    { ":\r\n", 0, "no number" },
    { ":x\r\n", 0, "no number" },
    { ":1x\r\n", 0, "no number" },
    { ":9223372036854775808\r\n", 0, "overflows" },
    { "HTTP/1.1 200 OK\r\n", 0, "another protocol" },
    { "\r\n", 0, "an empty line" },
    { "\0\0\0\0\r\n", 6, "noughts" },
    { "\x15\x03\x03\x00\x02\x02\x28\r\n", 9, "a TLS alert" },
    { "%1\r\n+a\r\n+b\r\n", 0, "a RESP3 map without HELLO" },
    { ">1\r\n+a\r\n", 0, "a RESP3 push without HELLO" },
    { "*1\r\n$-7\r\n", 0, "a lie inside an array" },
    { "*1\r\n*-5\r\n", 0, "a lie inside an array" },
    { "*2\r\n+a\r\n*536870912\r\n", 0, "a lie inside an array" },
};

START_TEST(resp_next__refuses_false_lengths_and_garbage)
{
    shs_octets_t octets =
        unit_exact(false_replies[_i].text,
                   false_replies[_i].len ? (apr_size_t)false_replies[_i].len
                                         : strlen(false_replies[_i].text));
    const char *whole = fed(octets, NULL, 0, roomy);
    const char *drip = fed_octet_by_octet(octets, roomy);

    ck_assert_msg(!strcmp(whole, "GARBAGE") || !strcmp(whole, "LARGE"),
                  "\"%s\": %s, %s", unit_show(octets), whole,
                  false_replies[_i].why);
    ck_assert_msg(!strcmp(drip, "GARBAGE") || !strcmp(drip, "LARGE"),
                  "\"%s\" dripped: %s, %s", unit_show(octets), drip,
                  false_replies[_i].why);
}
END_TEST

START_TEST(resp_next__refuses_endless_nesting)
{
    const int depth = 20000;
    char *text = apr_palloc(p, (apr_size_t)depth * 4 + 1);
    const char *got;
    int i;

    for (i = 0; i < depth; i++) {
        memcpy(text + 4 * i, "*1\r\n", 4);
    }
    got = fed((shs_octets_t){ text, (apr_size_t)depth * 4 }, NULL, 0, roomy);
    ck_assert_msg(!strcmp(got, "GARBAGE") || !strcmp(got, "LARGE"), "%s", got);
}
END_TEST

/* A line that never ends must not be buffered forever. */
START_TEST(resp_next__refuses_an_endless_line)
{
    static const char kinds[] = "+-:$*";
    shs_resp_limits_t limits = { 1024, 16 };
    const apr_size_t len = 4 * 1024 * 1024;
    char *text = malloc(len);
    const char *got;

    ck_assert_ptr_nonnull(text);
    memset(text,
           kinds[_i] == ':' || kinds[_i] == '$' || kinds[_i] == '*' ? '1' : 'x',
           len);
    text[0] = kinds[_i];
    got = fed((shs_octets_t){ text, len }, NULL, 0, limits);
    free(text);
    ck_assert_msg(!strcmp(got, "GARBAGE") || !strcmp(got, "LARGE"), "%s", got);
}
END_TEST

/* ----------------------------------------------------------------- limits */

static const struct {
    const char *text;
    shs_resp_limits_t limits;
    int fits;
    const char *why;
} limits[] = {
    { "$5\r\nhello\r\n", { 5, 1 }, 1, "octets exactly met" },
    { "$5\r\nhello\r\n", { 4, 1 }, 0, "octets exceeded by one" },
    { "$0\r\n\r\n", { 0, 0 }, 1, "nothing fits in nothing" },
    { "$1\r\nx\r\n", { 0, 0 }, 0, "one octet does not" },
    { "*2\r\n$2\r\nab\r\n$3\r\ncde\r\n", { 5, 2 }, 1, "the sum exactly met" },
    { "*2\r\n$2\r\nab\r\n$3\r\ncde\r\n",
      { 4, 2 },
      0,
      "the sum exceeded by one" },
    { "*3\r\n:1\r\n:2\r\n:3\r\n", { 10, 3 }, 1, "elements exactly met" },
    { "*3\r\n:1\r\n:2\r\n:3\r\n", { 10, 2 }, 0, "elements exceeded by one" },
    { "*2\r\n*2\r\n:1\r\n:2\r\n*2\r\n:3\r\n:4\r\n",
      { 10, 2 },
      1,
      "the limit is of each array" },
    { "*2\r\n*3\r\n:1\r\n:2\r\n:3\r\n:4\r\n",
      { 10, 2 },
      0,
      "an inner array is measured too" },
    { "*0\r\n", { 0, 0 }, 1, "no element needs no room" },
    { "-NOPERM this user may not\r\n",
      { 1, 0 },
      1,
      "an error matters however small a session may be" },
    { "+OK\r\n", { 1, 0 }, 1, "so does a status" },
};

START_TEST(resp_next__enforces_the_limits_to_the_octet)
{
    shs_octets_t octets = unit_text(limits[_i].text);
    const char *whole = fed(octets, NULL, 0, limits[_i].limits);
    const char *drip = fed_octet_by_octet(octets, limits[_i].limits);

    if (limits[_i].fits) {
        ck_assert_msg(!strcmp(whole, drip) && strstr(whole, "MORE drained"),
                      "%s, %s: %s", whole, drip, limits[_i].why);
    }
    else {
        ck_assert_msg(!strcmp(whole, "LARGE"), "%s: %s", whole, limits[_i].why);
        ck_assert_msg(!strcmp(drip, "LARGE"), "%s: %s", drip, limits[_i].why);
    }
}
END_TEST

/* The count alone is enough: the elements need not be received. */
START_TEST(resp_next__refuses_a_long_array_before_it_comes)
{
    ck_assert_str_eq(fed(unit_text("*8193\r\n"), NULL, 0, roomy), "LARGE");
    ck_assert_str_eq(fed(unit_text("*8192\r\n"), NULL, 0, roomy), "MORE");
}
END_TEST

START_TEST(resp_begin__applies_the_limit_to_each_reply)
{
    shs_resp_limits_t few = { 3, 2 };

    ck_assert_str_eq(
        fed(unit_text("$3\r\nabc\r\n$3\r\ndef\r\n*2\r\n:1\r\n:2\r\n"), NULL, 0,
            few),
        "$3:abc;$3:def;[:1 :2];MORE drained");
}
END_TEST

START_TEST(resp_begin__changes_the_limits_and_the_pool)
{
    shs_resp_t *resp = shs_resp_create();
    shs_reply_t *reply = NULL;
    apr_pool_t *first;
    apr_pool_t *second;
    shs_resp_limits_t small = { 2, 2 };

    apr_pool_create(&first, p);
    apr_pool_create(&second, p);
    shs_resp_begin(resp, roomy, first);
    ck_assert_int_eq(shs_resp_feed(resp, "$5\r\nhello\r\n", 11), SHS_RESP_MORE);
    ck_assert_int_eq(shs_resp_next(&reply, resp), SHS_RESP_REPLY);
    ck_assert_int_eq(shs_resp_next(&reply, resp), SHS_RESP_MORE);
    apr_pool_destroy(first);
    shs_resp_begin(resp, small, second);
    ck_assert_int_eq(shs_resp_feed(resp, "$2\r\nab\r\n", 8), SHS_RESP_MORE);
    ck_assert_int_eq(shs_resp_next(&reply, resp), SHS_RESP_REPLY);
    ck_octets_eq(reply->text, OCTETS("ab"), "in the second pool");
    ck_assert_int_eq(shs_resp_feed(resp, "$3\r\nabc\r\n", 9), SHS_RESP_MORE);
    ck_assert_int_eq(shs_resp_next(&reply, resp), SHS_RESP_TOO_LARGE);
    shs_resp_destroy(resp);
}
END_TEST

/* -------------------------------------------------------------- left over */

static const struct {
    const char *text;
    int is_drained;
    const char *why;
} leftovers[] = {
    { "+OK\r\n", 1, "nothing more" },
    { "+OK\r\n+", 0, "the beginning of another" },
    { "+OK\r\n+OK\r\n", 0, "another" },
    { "+OK\r\n\r\n", 0, "a line end" },
    { "+OK\r\n*1\r\n", 0, "an array that has begun" },
    { "+OK\r\n$5\r\nab", 0, "a string that has begun" },
};

START_TEST(resp_is_drained__detects_octets_after_a_reply)
{
    shs_resp_t *resp = shs_resp_create();
    shs_octets_t octets = unit_text(leftovers[_i].text);
    shs_reply_t *reply = NULL;

    shs_resp_begin(resp, roomy, p);
    ck_assert_int_eq(shs_resp_feed(resp, octets.data, octets.len),
                     SHS_RESP_MORE);
    ck_assert_int_eq(shs_resp_next(&reply, resp), SHS_RESP_REPLY);
    ck_assert_msg(!!shs_resp_is_drained(resp) == leftovers[_i].is_drained, "%s",
                  leftovers[_i].why);
    shs_resp_destroy(resp);
}
END_TEST

START_TEST(resp_is_drained__is_true_before_anything_came)
{
    shs_resp_t *resp = shs_resp_create();

    shs_resp_begin(resp, roomy, p);
    ck_assert(shs_resp_is_drained(resp));
    shs_resp_destroy(resp);
}
END_TEST

/* An array of which a part was read is not drained. */
START_TEST(resp_is_drained__is_false_amid_an_array)
{
    shs_resp_t *resp = shs_resp_create();
    shs_reply_t *reply = NULL;

    shs_resp_begin(resp, roomy, p);
    shs_resp_feed(resp, "*2\r\n+a\r\n", 8);
    ck_assert_int_eq(shs_resp_next(&reply, resp), SHS_RESP_MORE);
    ck_assert_msg(!shs_resp_is_drained(resp),
                  "half a reply is buffered, and would go to the next command");
    shs_resp_destroy(resp);
}
END_TEST

START_TEST(resp_destroy__frees_half_a_reply)
{
    shs_octets_t octets = unit_text("*3\r\n$5\r\nhello\r\n*2\r\n$4\r\nab");
    apr_size_t len;

    for (len = 0; len <= octets.len; len++) {
        shs_resp_t *resp = shs_resp_create();
        shs_reply_t *reply = NULL;

        shs_resp_begin(resp, roomy, p);
        shs_resp_feed(resp, octets.data, len);
        ck_assert_int_eq(shs_resp_next(&reply, resp), SHS_RESP_MORE);
        shs_resp_destroy(resp);
    }
}
END_TEST

START_TEST(resp_next__reads_64_KiB_and_4096_fields)
{
    shs_resp_limits_t large = { 65536 + 8 * 8192, 8192 };
    apr_size_t room = 65536 + 8192 * 32;
    char *text = malloc(room);
    apr_size_t at = 0;
    shs_resp_t *resp = shs_resp_create();
    shs_reply_t *reply = NULL;
    int i;

    ck_assert_ptr_nonnull(text);
    at += (apr_size_t)snprintf(text, room, "*8192\r\n$65536\r\n");
    memset(text + at, 'x', 65536);
    at += 65536;
    for (i = 1; i < 8192; i++) {
        at += (apr_size_t)snprintf(text + at, room - at, "\r\n$8\r\n%08d", i);
    }
    at += (apr_size_t)snprintf(text + at, room - at, "\r\n");
    shs_resp_begin(resp, large, p);
    ck_assert_int_eq(shs_resp_feed(resp, text, at), SHS_RESP_MORE);
    ck_assert_int_eq(shs_resp_next(&reply, resp), SHS_RESP_REPLY);
    ck_assert_uint_eq(reply->count, 8192);
    ck_assert_uint_eq(reply->elements[0]->text.len, 65536);
    ck_octets_eq(reply->elements[8191]->text, OCTETS("00008191"), "the last");
    ck_assert(shs_resp_is_drained(resp));
    shs_resp_destroy(resp);
    free(text);
}
END_TEST

/* --------------------------------------------------------------- commands */

START_TEST(resp_append__writes_arguments_with_their_lengths)
{
    shs_octets_t buffer = { NULL, 0 };
    shs_octets_t get[] = { OCTETS("GET"), unit_exact("s:\r\n$1\0x", 8) };
    shs_octets_t pttl[] = { OCTETS("PTTL"), OCTETS("") };

    shs_resp_append(&buffer, get, 2, p);
    ck_octets_eq(buffer, OCTETS("*2\r\n$3\r\nGET\r\n$8\r\ns:\r\n$1\0x\r\n"),
                 "nothing is interpreted");
    shs_resp_append(&buffer, pttl, 2, p);
    ck_octets_eq(buffer,
                 OCTETS("*2\r\n$3\r\nGET\r\n$8\r\ns:\r\n$1\0x\r\n"
                        "*2\r\n$4\r\nPTTL\r\n$0\r\n\r\n"),
                 "behind what is there");
}
END_TEST

START_TEST(resp_append__grows)
{
    shs_octets_t buffer = { NULL, 0 };
    shs_octets_t argument[1];
    char *text = apr_palloc(p, 100000);
    int i;

    memset(text, 'k', 100000);
    argument[0].data = text;
    argument[0].len = 100000;
    for (i = 0; i < 5; i++) {
        shs_resp_append(&buffer, argument, 1, p);
    }
    ck_assert_uint_eq(buffer.len,
                      5 * (100000 + strlen("*1\r\n$100000\r\n\r\n")));
}
END_TEST

static const struct {
    const char *error;
    const char *code;
    const char *why;
} codes[] = {
    { "NOAUTH Authentication required.", "NOAUTH", "the first word" },
    { "WRONGTYPE Operation against a key", "WRONGTYPE", "the first word" },
    { "LOADING", "LOADING", "nothing but the word" },
    { "", "an error", "nothing" },
    { " x", "an error", "a space" },
    { "secret-of-alice is no command", "an error",
      "a code is in capitals; anything else may be an argument" },
    { "ERR\r\nX", "an error", "a line end is no part of a word" },
};

START_TEST(resp_error_code__returns_only_the_code)
{
    shs_reply_t reply;
    const char *got;

    memset(&reply, 0, sizeof(reply));
    reply.kind = SHS_REPLY_ERROR;
    reply.text = unit_text(codes[_i].error);
    got = shs_resp_error_code(&reply, p);
    if (strchr(codes[_i].error, '\r')) {
        ck_assert_ptr_null(strpbrk(got, "\r\nX"));
        return;
    }
    ck_assert_msg(!strcmp(got, codes[_i].code), "%s: %s", got, codes[_i].why);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, resp_next__reads_replies_in_one_piece, 0,
                        ROWS(replies));
    tcase_add_loop_test(tc, resp_next__reads_the_same_one_octet_at_a_time, 0,
                        ROWS(replies));
    tcase_add_loop_test(tc, resp_next__reads_the_same_split_at_each_position, 0,
                        ROWS(replies));
    tcase_add_loop_test(tc, resp_next__returns_nothing_of_an_incomplete_reply,
                        0, ROWS(replies));
    tcase_add_loop_test(tc, resp_feed__stops_a_long_promise_at_the_limit, 0,
                        ROWS(long_promises));
    tcase_add_loop_test(tc, resp_next__refuses_false_lengths_and_garbage, 0,
                        ROWS(false_replies));
    tcase_add_test(tc, resp_next__refuses_endless_nesting);
    tcase_add_loop_test(tc, resp_next__refuses_an_endless_line, 0, 5);
    tcase_add_loop_test(tc, resp_next__enforces_the_limits_to_the_octet, 0,
                        ROWS(limits));
    tcase_add_test(tc, resp_next__refuses_a_long_array_before_it_comes);
    tcase_add_test(tc, resp_begin__applies_the_limit_to_each_reply);
    tcase_add_test(tc, resp_begin__changes_the_limits_and_the_pool);
    tcase_add_loop_test(tc, resp_is_drained__detects_octets_after_a_reply, 0,
                        ROWS(leftovers));
    tcase_add_test(tc, resp_is_drained__is_true_before_anything_came);
    tcase_add_test(tc, resp_is_drained__is_false_amid_an_array);
    tcase_add_test(tc, resp_destroy__frees_half_a_reply);
    tcase_add_test(tc, resp_next__reads_64_KiB_and_4096_fields);
    tcase_add_test(tc, resp_append__writes_arguments_with_their_lengths);
    tcase_add_test(tc, resp_append__grows);
    tcase_add_loop_test(tc, resp_error_code__returns_only_the_code, 0,
                        ROWS(codes));
}

int main(void)
{
    return unit_main("resp", add);
}
