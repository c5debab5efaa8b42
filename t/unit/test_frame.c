/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/frame.h"

#include "unit.h"

static const shs_resp_limits_t roomy = { 65536, 8192 };

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

/* The replies of which all octets have come, as "$0-11 :11-15 ", appended to
 * sofar. */
static const char *take(const char *sofar, shs_frame_t *frame,
                        shs_octets_t octets, shs_resp_limits_t limits,
                        shs_resp_status_t *last)
{
    while ((*last = shs_frame_next(frame, octets.data, octets.len, limits))
           == SHS_RESP_REPLY) {
        sofar = apr_psprintf(p, "%s%c%d-%d ", sofar, frame->type,
                             (int)frame->begin, (int)frame->at);
        shs_frame_begin(frame, frame->at);
    }
    return sofar;
}

/* Scans the first lens[0] octets, then the first lens[1], and so on, at last
 * all; each time in memory of its own that ends there. */
static const char *framed(shs_octets_t octets, const apr_size_t *lens,
                          int count, shs_resp_limits_t limits)
{
    shs_resp_status_t last = SHS_RESP_MORE;
    const char *sofar = "";
    shs_frame_t frame;
    int i;

    memset(&frame, 0xee, sizeof(frame));
    shs_frame_begin(&frame, 0);
    for (i = 0; i <= count && last == SHS_RESP_MORE; i++) {
        sofar = take(sofar, &frame,
                     unit_exact(octets.data, i < count ? lens[i] : octets.len),
                     limits, &last);
    }
    return apr_pstrcat(p, sofar, word(last), NULL);
}

static const char *framed_octet_by_octet(shs_octets_t octets,
                                         shs_resp_limits_t limits)
{
    apr_size_t *lens = apr_palloc(p, (octets.len + 1) * sizeof(*lens));
    apr_size_t i;

    for (i = 0; i < octets.len; i++) {
        lens[i] = i;
    }
    return framed(octets, lens, (int)octets.len, limits);
}

/* What resp reads of exactly these octets: whether it is one reply, with
 * nothing left. */
static int is_one_reply(shs_octets_t octets, shs_resp_limits_t limits,
                        shs_reply_t **reply, apr_pool_t *of)
{
    shs_resp_t *resp = shs_resp_create();
    int is_one;

    ck_assert_ptr_nonnull(resp);
    shs_resp_begin(resp, limits, of);
    is_one = shs_resp_feed(resp, octets.data, octets.len) == SHS_RESP_MORE
             && shs_resp_next(reply, resp) == SHS_RESP_REPLY
             && shs_resp_is_drained(resp);
    shs_resp_destroy(resp);
    return is_one;
}

/* ----------------------------------------------------------------- replies */

static const struct {
    const char *text;
    int len; /* 0: strlen */
    const char *result;
    const char *why;
} replies[] = {
    { "$5\r\nhello\r\n", 0, "$0-11 MORE", "a bulk string" },
    { "$0\r\n\r\n", 0, "$0-6 MORE", "an empty one" },
    { "$10\r\n0123456789\r\n", 0, "$0-17 MORE", "a length of two digits" },
    { "$-1\r\n", 0, "$0-5 MORE", "no value" },
    { "*-1\r\n", 0, "*0-5 MORE", "no value, as an array" },
    { "+OK\r\n", 0, "+0-5 MORE", "a status" },
    { "+\r\n", 0, "+0-3 MORE", "an empty status" },
    { "-WRONGTYPE no\r\n", 0, "-0-15 MORE", "an error" },
    { ":0\r\n", 0, ":0-4 MORE", "zero" },
    { ":-2\r\n", 0, ":0-5 MORE", "PTTL of no key" },
    { ":9223372036854775807\r\n", 0, ":0-22 MORE", "the largest" },
    { ":-9223372036854775808\r\n", 0, ":0-23 MORE", "the smallest" },
    { "*0\r\n", 0, "*0-4 MORE", "a hash that is not there" },
    { "*2\r\n$1\r\na\r\n$1\r\nb\r\n", 0, "*0-18 MORE", "a hash of one field" },
    { "*3\r\n:1\r\n$-1\r\n*1\r\n+x\r\n", 0, "*0-21 MORE", "nested" },
    { "*3\r\n*0\r\n*2\r\n:1\r\n*0\r\n-x\r\n", 0, "*0-24 MORE",
      "arrays that end together, and an element after them" },
    { "*1\r\n*1\r\n*1\r\n*0\r\n", 0, "*0-16 MORE", "deeper" },
    { "*2\r\n*-1\r\n:1\r\n", 0, "*0-13 MORE", "a nil array inside" },
    { "$5\r\na\r\nb\0\r\n", 11, "$0-11 MORE", "a NUL at the end" },
    { "$4\r\n\0\r\n\xff\r\n", 10, "$0-10 MORE", "any octet, line ends too" },
    { "$5\r\n$-1\r\n\r\n", 0, "$0-11 MORE", "a value that looks like a reply" },
    { "$13\r\n\r\n$5\r\nhello\r\n\r\n", 0, "$0-20 MORE",
      "a value that looks like its end and another reply" },
    { "+a\rc\r\n", 0, "+0-6 MORE", "half a line end in a line" },
    { "$1\r\nx\r\n:30000\r\n", 0, "$0-7 :7-15 MORE",
      "GET and PTTL in one packet" },
    { "+a\r\n+b\r\n+c\r\n-d\r\n", 0, "+0-4 +4-8 +8-12 -12-16 MORE",
      "four replies" },
    { "*2\r\n$1\r\na\r\n$1\r\nb\r\n:-1\r\n*0\r\n:-2\r\n$7\r\nbatch-1\r\n", 0,
      "*0-18 :18-23 *23-27 :27-32 $32-45 MORE", "a batch" },
};

static shs_octets_t reply_row(int row)
{
    return unit_exact(replies[row].text, replies[row].len
                                             ? (apr_size_t)replies[row].len
                                             : strlen(replies[row].text));
}

START_TEST(frame_next__finds_where_each_reply_ends)
{
    const char *got = framed(reply_row(_i), NULL, 0, roomy);

    ck_assert_msg(!strcmp(got, replies[_i].result), "%s, not %s: %s", got,
                  replies[_i].result, replies[_i].why);
}
END_TEST

START_TEST(frame_next__finds_the_same_split_at_each_position)
{
    shs_octets_t octets = reply_row(_i);
    apr_size_t at;

    for (at = 0; at <= octets.len; at++) {
        const char *got = framed(octets, &at, 1, roomy);

        ck_assert_msg(!strcmp(got, replies[_i].result),
                      "split at %d: %s, not %s: %s", (int)at, got,
                      replies[_i].result, replies[_i].why);
    }
    ck_assert_str_eq(framed_octet_by_octet(octets, roomy), replies[_i].result);
}
END_TEST

START_TEST(frame_next__finds_a_reply_that_begins_anywhere)
{
    shs_octets_t octets = reply_row(_i);
    const char *text = apr_pstrcat(p, "$9\r\n", NULL);
    char *all = apr_palloc(p, octets.len + 4);
    shs_resp_status_t last;
    shs_frame_t frame;
    shs_frame_t alone;

    /* What stands before it does not count. */
    memcpy(all, text, 4);
    memcpy(all + 4, octets.data, octets.len);
    shs_frame_begin(&frame, 4);
    last = shs_frame_next(&frame, all, octets.len + 4, roomy);
    ck_assert_int_eq(last, SHS_RESP_REPLY);
    shs_frame_begin(&alone, 0);
    shs_frame_next(&alone, octets.data, octets.len, roomy);
    ck_assert_uint_eq(frame.begin, 4);
    ck_assert_uint_eq(frame.at, alone.at + 4);
    ck_assert_int_eq(frame.type, alone.type);
}
END_TEST

/* ------------------------------------------------- what a reply is made of */

static const struct {
    const char *text;
    char type;
    int is_nil;
    int elements;
    int has_texts_only;
    int has_values_only;
    const char *why;
} shapes[] = {
    { "$1\r\na\r\n", '$', 0, 0, -1, -1, "a text" },
    { "$0\r\n\r\n", '$', 0, 0, -1, -1, "an empty text is one" },
    { "$-1\r\n", '$', 1, 0, -1, -1, "no text" },
    { "*-1\r\n", '*', 1, 0, -1, -1, "no array" },
    { "*0\r\n", '*', 0, 0, 1, 1, "an empty array" },
    { "*2\r\n$1\r\na\r\n$0\r\n\r\n", '*', 0, 2, 1, 1, "a field and its value" },
    { "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", '*', 0, 3, 1, 1, "odd" },
    { "*2\r\n$1\r\na\r\n:1\r\n", '*', 0, 2, 0, 0, "a number at the end" },
    { "*2\r\n:1\r\n$1\r\na\r\n", '*', 0, 2, 0, 0, "a number at the beginning" },
    { "*2\r\n$1\r\na\r\n$-1\r\n", '*', 0, 2, 0, 1, "no text as an element" },
    { "*2\r\n$-1\r\n$1\r\na\r\n", '*', 0, 2, 0, 1, "and the array is there" },
    { "*2\r\n$1\r\na\r\n+b\r\n", '*', 0, 2, 0, 0, "a status" },
    { "*2\r\n$1\r\na\r\n-b\r\n", '*', 0, 2, 0, 0, "an error" },
    { "*2\r\n$1\r\na\r\n*0\r\n", '*', 0, 2, 0, 0, "an array" },
    { "*2\r\n$1\r\na\r\n*-1\r\n", '*', 0, 2, 0, 0, "a nil array" },
    { "*2\r\n*1\r\n$-1\r\n$-1\r\n", '*', 0, 2, 0, 0, "nil, but deeper" },
    { "*2\r\n*1\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\n", '*', 0, 2, 0, 0,
      "texts, but deeper" },
    { "*1\r\n*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n", '*', 0, 1, 0, 0,
      "elements of the outermost array" },
    { ":1\r\n", ':', 0, 0, -1, -1, "a number" },
    { "-ERR x\r\n", '-', 0, 0, -1, -1, "an error" },
};

/* Whatever the frame was used for before, and octet by octet as well. */
START_TEST(frame_next__describes_the_reply)
{
    shs_octets_t octets = unit_text(shapes[_i].text);
    shs_octets_t other = unit_text("*1\r\n$-1\r\n");
    shs_frame_t frame;
    int is_split;

    for (is_split = 0; is_split < 2; is_split++) {
        apr_size_t len = is_split ? 0 : octets.len;
        shs_resp_status_t status;

        shs_frame_begin(&frame, 0);
        shs_frame_next(&frame, other.data, other.len, roomy);
        shs_frame_begin(&frame, 0);
        do {
            status = shs_frame_next(&frame, octets.data, len, roomy);
        } while (status == SHS_RESP_MORE && len++ < octets.len);
        ck_assert_msg(status == SHS_RESP_REPLY, "%s", shapes[_i].why);
        ck_assert_msg(frame.type == shapes[_i].type, "%s", shapes[_i].why);
        ck_assert_msg(frame.is_nil == shapes[_i].is_nil, "%s", shapes[_i].why);
        if (frame.type == '*' && !frame.is_nil) {
            ck_assert_msg((int)frame.elements == shapes[_i].elements, "%s",
                          shapes[_i].why);
            ck_assert_msg(!frame.has_texts_only == !shapes[_i].has_texts_only,
                          "%s", shapes[_i].why);
            ck_assert_msg(!frame.has_values_only == !shapes[_i].has_values_only,
                          "%s", shapes[_i].why);
        }
    }
}
END_TEST

/* ------------------------------------------------------------ lies, garbage */

static const struct {
    const char *text;
    int len; /* 0: strlen */
    const char *why;
} false_replies[] = {
    { "$18446744073709551615\r\n", 0, "-1 in 64 bits" },
    { "$99999999999999999999999999\r\n", 0, "overflows everything" },
    { "$9223372036854775807\r\n", 0, "overflows when the line end is added" },
    { "$4294967301\r\n", 0, "5 in 32 bits" },
    { "*536870912\r\n", 0, "more than may come" },
    { "*4294967297\r\n", 0, "1 in 32 bits" },
    { "*2305843009213693953\r\n", 0, "8 octets when multiplied" },
    { "*9223372036854775807\r\n", 0, "the largest" },
    { "*9223372036854775808\r\n", 0, "overflows" },
    { "$-5\r\n", 0, "a negative length" },
    { "$-2147483648\r\n", 0, "a negative length" },
    { "$-0\r\n", 0, "an odd zero" },
    { "*-5\r\n", 0, "a negative count" },
    { "*-2\r\n", 0, "a negative count" },
    { "$x\r\n", 0, "no number" },
    { "$5x\r\n", 0, "no number" },
    { "$ 5\r\n", 0, "a blank before the number" },
    { "$5 \r\n", 0, "a blank behind the number" },
    { "$+5\r\n", 0, "a sign that Redis does not write" },
    { "$05\r\n", 0, "a zero that Redis does not write" },
    { "$-\r\n", 0, "a sign alone" },
    { "$\r\n", 0, "no number" },
    { "*\r\n", 0, "no number" },
    { "*x\r\n", 0, "no number" },
    { ":\r\n", 0, "no number" },
    { ":-\r\n", 0, "a sign alone" },
    { ":x\r\n", 0, "no number" },
    { ":1x\r\n", 0, "no number" },
    { ":1\r2\r\n", 0, "half a line end in a number" },
    { ":1\n2\r\n", 0, "half a line end in a number" },
    { ":9223372036854775808\r\n", 0, "overflows" },
    { ":-9223372036854775809\r\n", 0, "overflows" },
    { "$5\r\nhelloXX", 0, "a text without its end" },
    { "$5\r\nhello\rX", 0, "a text with half its end" },
    { "HTTP/1.1 200 OK\r\n", 0, "another protocol" },
    { "\r\n", 0, "an empty line" },
    { "\0\0\0\0\r\n", 6, "noughts" },
    { "\x15\x03\x03\x00\x02\x02\x28\r\n", 9, "a TLS alert" },
    { "%1\r\n+a\r\n+b\r\n", 0, "a RESP3 map" },
    { ">1\r\n+a\r\n", 0, "a RESP3 push" },
    { "_\r\n", 0, "a RESP3 null" },
    { "*1\r\n$-7\r\n", 0, "a lie inside an array" },
    { "*1\r\n*-5\r\n", 0, "a lie inside an array" },
    { "*2\r\n+a\r\n*536870912\r\n", 0, "a lie inside an array" },
    { "*1\r\nx\r\n", 0, "no reply inside an array" },
};

START_TEST(frame_next__refuses_false_lengths_and_garbage)
{
    shs_octets_t octets =
        unit_exact(false_replies[_i].text,
                   false_replies[_i].len ? (apr_size_t)false_replies[_i].len
                                         : strlen(false_replies[_i].text));
    const char *whole = framed(octets, NULL, 0, roomy);
    const char *drip = framed_octet_by_octet(octets, roomy);

    ck_assert_msg(!strcmp(whole, "GARBAGE") || !strcmp(whole, "LARGE"),
                  "\"%s\": %s, %s", unit_show(octets), whole,
                  false_replies[_i].why);
    ck_assert_msg(!strcmp(drip, "GARBAGE") || !strcmp(drip, "LARGE"),
                  "\"%s\" dripped: %s, %s", unit_show(octets), drip,
                  false_replies[_i].why);
}
END_TEST

/* A line that never ends is not waited for. */
START_TEST(frame_next__refuses_an_endless_line)
{
    static const char kinds[] = "+-:$*";
    const apr_size_t len = 65536;
    char *text = apr_palloc(p, len);
    shs_octets_t octets = { text, len };
    const char *got;

    memset(text, strchr(":$*", kinds[_i]) ? '1' : 'x', len);
    text[0] = kinds[_i];
    got = framed(octets, NULL, 0, roomy);
    ck_assert_msg(!strcmp(got, "GARBAGE") || !strcmp(got, "LARGE"), "%s", got);
}
END_TEST

/* ------------------------------------------------------------------- limits */

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
    { "*2\r\n$2\r\nab\r\n$3\r\ncde\r\n", { 4, 2 }, 0, "exceeded by one" },
    { "*2\r\n*1\r\n$3\r\nabc\r\n*1\r\n$3\r\ndef\r\n",
      { 5, 2 },
      0,
      "the sum is that of all arrays" },
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
    { "*-1\r\n", { 0, 0 }, 1, "nor does no array" },
    { "-NOPERM this user may not\r\n",
      { 1, 0 },
      1,
      "an error matters however small a session may be" },
    { "+OK\r\n", { 1, 0 }, 1, "so does a status" },
};

START_TEST(frame_next__enforces_the_limits_to_the_octet)
{
    shs_octets_t octets = unit_text(limits[_i].text);
    const char *whole = framed(octets, NULL, 0, limits[_i].limits);
    const char *drip = framed_octet_by_octet(octets, limits[_i].limits);
    const char *wanted =
        limits[_i].fits
            ? apr_psprintf(p, "%c0-%d MORE", octets.data[0], (int)octets.len)
            : "LARGE";

    ck_assert_msg(!strcmp(whole, wanted), "%s: %s", whole, limits[_i].why);
    ck_assert_msg(!strcmp(drip, wanted), "%s: %s", drip, limits[_i].why);
}
END_TEST

START_TEST(frame_next__applies_the_limits_to_each_reply)
{
    shs_resp_limits_t few = { 3, 2 };

    ck_assert_str_eq(
        framed(unit_text("$3\r\nabc\r\n$3\r\ndef\r\n*2\r\n:1\r\n:2\r\n"), NULL,
               0, few),
        "$0-9 $9-18 *18-30 MORE");
}
END_TEST

/* The length or the count is enough: the octets need not come. */
START_TEST(frame_next__refuses_what_is_too_large_before_it_comes)
{
    ck_assert_str_eq(framed(unit_text("*8193\r\n"), NULL, 0, roomy), "LARGE");
    ck_assert_str_eq(framed(unit_text("*8192\r\n"), NULL, 0, roomy), "MORE");
    ck_assert_str_eq(framed(unit_text("$65537\r\n"), NULL, 0, roomy), "LARGE");
    ck_assert_str_eq(framed(unit_text("$65536\r\n"), NULL, 0, roomy), "MORE");
}
END_TEST

/* An error or a status may have 1024 octets (resp.h). */
START_TEST(frame_next__accepts_lines_as_long_as_resp_does)
{
    shs_resp_limits_t few = { 10, 1 };
    shs_reply_t *reply;
    int len;

    for (len = 1000; len < 1100; len++) {
        char *text = apr_palloc(p, (apr_size_t)len + 3);
        shs_octets_t octets = { text, (apr_size_t)len + 3 };
        const char *got;

        memset(text, 'x', octets.len);
        text[0] = _i ? '-' : '+';
        memcpy(text + len + 1, "\r\n", 2);
        got = framed(octets, NULL, 0, few);
        ck_assert_msg(!strcmp(got, "LARGE")
                          == !is_one_reply(octets, few, &reply, p),
                      "%d octets: %s", len, got);
        ck_assert_msg(len > 1024 || strcmp(got, "LARGE") != 0, "%d octets: %s",
                      len, got);
    }
}
END_TEST

/* ------------------------------------------------------- the same as resp */

START_TEST(frame_next__accepts_arrays_as_deep_as_resp_does)
{
    const char *text = ":1\r\n";
    int accepted = 0;
    int depth;

    for (depth = 1; depth < 20; depth++) {
        shs_reply_t *reply;
        shs_octets_t octets;
        const char *got;

        text =
            apr_pstrcat(p, depth % 2 ? "*1\r\n" : "*2\r\n+x\r\n", text, NULL);
        octets = unit_text(text);
        got = framed(octets, NULL, 0, roomy);
        ck_assert_msg(!strcmp(got, "GARBAGE") || !strcmp(got, "LARGE")
                          ? !is_one_reply(octets, roomy, &reply, p)
                          : is_one_reply(octets, roomy, &reply, p)
                                && strstr(got, " MORE"),
                      "%d deep: %s", depth, got);
        accepted += strstr(got, " MORE") != NULL;
    }
    ck_assert_int_eq(accepted, SHS_FRAME_DEPTH);
}
END_TEST

/* The reply is what resp reads, as far as a frame knows it. */
static void check_reply(const shs_frame_t *frame, const shs_reply_t *reply,
                        shs_octets_t octets)
{
    apr_size_t i;
    int texts = 1;
    int values = 1;

    ck_assert_msg(frame->type
                      == (reply->kind == SHS_REPLY_NIL
                              ? frame->type
                              : "?$+-:*"[(int)reply->kind]),
                  "\"%s\"", unit_show(octets));
    ck_assert_msg((reply->kind == SHS_REPLY_NIL) == frame->is_nil, "\"%s\"",
                  unit_show(octets));
    if (reply->kind == SHS_REPLY_ARRAY) {
        for (i = 0; i < reply->count; i++) {
            texts = texts && reply->elements[i]->kind == SHS_REPLY_STRING;
            values = values
                     && (reply->elements[i]->kind == SHS_REPLY_STRING
                         || reply->elements[i]->kind == SHS_REPLY_NIL);
        }
        /* resp reads "*-1" as nil too, and no server sends it as a value. */
        ck_assert_msg(reply->count == frame->elements
                          && texts == !!frame->has_texts_only
                          && (values || !frame->has_values_only),
                      "\"%s\"", unit_show(octets));
    }
}

typedef struct search_t {
    char text[24];
    apr_size_t most;
    int seen[4]; /* by shs_resp_status_t */
    apr_pool_t *scratch;
} search_t;

/* "\n" without "\r", which no server sends: resp accepts it in a line. */
static int has_lone_end(shs_octets_t text)
{
    apr_size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '\n' && (i == 0 || text.data[i - 1] != '\r')) {
            return 1;
        }
    }
    return 0;
}

/* All texts of these octets that begin with text[0..len). Each is a reply for
 * both or for neither; what is one, or is refused, is not made longer. */
static void search(search_t *self, apr_size_t len)
{
    static const char octets[] = "$*:+-012\r\n";
    const shs_resp_limits_t few = { 3, 2 };
    shs_octets_t text = { self->text, len };
    shs_resp_status_t status;
    shs_reply_t *reply = NULL;
    shs_frame_t frame;
    int is_reply;
    int i;

    shs_frame_begin(&frame, 0);
    status = shs_frame_next(&frame, self->text, len, few);
    self->seen[status]++;
    is_reply = is_one_reply(text, few, &reply, self->scratch);
    ck_assert_msg((status == SHS_RESP_REPLY && frame.at == len) == is_reply
                      || (is_reply && has_lone_end(text)),
                  "\"%s\": %s, but resp: %d", unit_show(text), word(status),
                  is_reply);
    if (status == SHS_RESP_REPLY) {
        check_reply(&frame, reply, text);
    }
    apr_pool_clear(self->scratch);
    if (status != SHS_RESP_MORE || len == self->most) {
        return;
    }
    for (i = 0; octets[i]; i++) {
        /* Free text is tried for one octet only. */
        if (len > 1 && len < 4 && strchr("+-", self->text[0])
            && octets[i] > '\r') {
            continue;
        }
        self->text[len] = octets[i];
        search(self, len + 1);
    }
}

START_TEST(frame_next__accepts_what_resp_accepts_and_no_more)
{
    static const char *const beginnings[] = {
        "", "$1\r\n", "$2\r\n", "*1\r\n", "*2\r\n+x\r\n", "*1\r\n*2\r\n+x\r\n",
    };
    search_t self;

    memset(&self, 0, sizeof(self));
    strcpy(self.text, beginnings[_i]);
    self.most = strlen(beginnings[_i]) + 5;
    apr_pool_create(&self.scratch, p);
    search(&self, strlen(beginnings[_i]));
    ck_assert_int_gt(self.seen[SHS_RESP_REPLY], 5);
    ck_assert_int_gt(self.seen[SHS_RESP_GARBAGE], 5);
    ck_assert_int_gt(self.seen[SHS_RESP_MORE], 5);
}
END_TEST

/* What is before frame->at is not read again: here it is overwritten. So many
 * small reads cost no more than one. */
START_TEST(frame_next__does_not_scan_a_complete_element_again)
{
    const char *text = "";
    char *octets;
    shs_frame_t frame;
    shs_resp_status_t status = SHS_RESP_MORE;
    apr_size_t len, end;
    int i;

    for (i = 0; i < 20; i++) {
        text = apr_pstrcat(p, text, "*2\r\n$3\r\nabc\r\n:1\r\n", NULL);
    }
    octets = apr_pstrcat(p, "*20\r\n", text, NULL);
    end = strlen(octets);
    shs_frame_begin(&frame, 0);
    for (len = 0; len <= end; len++) {
        ck_assert_int_eq(status, SHS_RESP_MORE);
        status = shs_frame_next(&frame, octets, len, roomy);
        ck_assert_uint_le(frame.at, len);
        memset(octets, '!', frame.at);
        /* At most one element, which is not complete, is read again. */
        ck_assert_uint_le(len - frame.at, strlen("$3\r\nabc\r"));
    }
    ck_assert_int_eq(status, SHS_RESP_REPLY);
    ck_assert_uint_eq(frame.at, end);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, frame_next__finds_where_each_reply_ends, 0,
                        ROWS(replies));
    tcase_add_loop_test(tc, frame_next__finds_the_same_split_at_each_position,
                        0, ROWS(replies));
    tcase_add_loop_test(tc, frame_next__finds_a_reply_that_begins_anywhere, 0,
                        ROWS(replies));
    tcase_add_loop_test(tc, frame_next__describes_the_reply, 0, ROWS(shapes));
    tcase_add_loop_test(tc, frame_next__refuses_false_lengths_and_garbage, 0,
                        ROWS(false_replies));
    tcase_add_loop_test(tc, frame_next__refuses_an_endless_line, 0, 5);
    tcase_add_loop_test(tc, frame_next__enforces_the_limits_to_the_octet, 0,
                        ROWS(limits));
    tcase_add_test(tc, frame_next__applies_the_limits_to_each_reply);
    tcase_add_test(tc, frame_next__refuses_what_is_too_large_before_it_comes);
    tcase_add_loop_test(tc, frame_next__accepts_lines_as_long_as_resp_does, 0,
                        2);
    tcase_add_test(tc, frame_next__accepts_arrays_as_deep_as_resp_does);
    tcase_add_loop_test(tc, frame_next__accepts_what_resp_accepts_and_no_more,
                        0, 6);
    tcase_add_test(tc, frame_next__does_not_scan_a_complete_element_again);
}

int main(void)
{
    return unit_main("frame", add);
}
