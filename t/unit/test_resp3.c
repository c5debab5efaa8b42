/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/resp3.h"

#include <stdlib.h>

#include "unit.h"

/* Translates in parts of so many octets; NULL: it is refused. */
static const char *translate(const char *text, apr_size_t len, apr_size_t part)
{
    shs_resp3_t resp3 = { 0 };
    char *all = apr_pcalloc(p, SHS_RESP3_ROOM(len) + 1);
    apr_size_t made = 0;
    apr_size_t i;

    for (i = 0; i < len; i += part) {
        apr_size_t taken = part < len - i ? part : len - i;
        /* Its own memory, so that a sanitizer sees one octet too many. */
        char *out = malloc(SHS_RESP3_ROOM(taken));
        char *in = malloc(taken);
        apr_ssize_t some;

        memcpy(in, text + i, taken);
        some = shs_resp3_translate(out, &resp3, in, taken);
        if (some >= 0) {
            memcpy(all + made, out, (size_t)some);
            made += (apr_size_t)some;
        }
        free(in);
        free(out);
        if (some < 0) {
            return NULL;
        }
    }
    return all;
}

static const struct {
    const char *text;
    const char *is;
    const char *why;
} rows[] = {
    { "+OK\r\n", "+OK\r\n", "a status" },
    { "-ERR no\r\n", "-ERR no\r\n", "an error" },
    { ":-12\r\n", ":-12\r\n", "an integer" },
    { "$3\r\nabc\r\n", "$3\r\nabc\r\n", "a text" },
    { "$0\r\n\r\n+x\r\n", "$0\r\n\r\n+x\r\n", "an empty one" },
    { "$-1\r\n_\r\n", "$-1\r\n$-1\r\n", "nil, both ways" },
    { "$9\r\n_\r\n%2\r\n#t\r\n", "$9\r\n_\r\n%2\r\n#t\r\n",
      "a text that looks like the protocol" },
    { "*2\r\n:1\r\n:2\r\n", "*2\r\n:1\r\n:2\r\n", "an array" },
    { "~1\r\n:1\r\n>1\r\n:1\r\n", "*1\r\n:1\r\n*1\r\n:1\r\n", "set, push" },
    { "%9\r\n", "*18\r\n", "a map has twice as many" },
    { "#t\r\n#f\r\n", ":1\r\n:0\r\n", "booleans" },
    { ",1.5\r\n", "+1.5\r\n", "a double" },
    { "=7\r\ntxt:abc\r\n", "$7\r\ntxt:abc\r\n", "a verbatim text" },
    { "$?\r\n", NULL, "a stream" },
    { "*?\r\n", NULL, "likewise" },
    { "|1\r\n", NULL, "attributes" },
    { "(123\r\n", NULL, "a big number" },
    { "!3\r\nabc\r\n", NULL, "a long error" },
    { "$-2\r\n", NULL, "no length" },
    { "*-1\r\n", NULL, "RESP3 has another nil" },
    { "$1x\r\n", NULL, "no number" },
    { "$99999999999\r\n", NULL, "more than any length" },
    { "%123456789012345678901234567890\r\n", NULL, "a line without end" },
    { "_x\r\n", NULL, "more than nil" },
    { "#x\r\n", NULL, "no boolean" },
    { "_\n", NULL, "half a line end" },
    { "%12\n", NULL, "... behind a number, whose last digit is none of it" },
    { "\n", NULL, "... of an empty line" },
    { "\r\n", NULL, "no type" },
    { "HTTP/1.1 400 Bad\r\n", NULL, "another protocol" },
};

/* In one part, octet by octet, and anything between. */
START_TEST(resp3_translate__translates_to_resp2)
{
    apr_size_t len = strlen(rows[_i].text);
    apr_size_t part;

    for (part = 1; part <= len; part++) {
        const char *is = translate(rows[_i].text, len, part);

        ck_assert_msg(rows[_i].is ? is && !strcmp(is, rows[_i].is) : !is,
                      "%s, by %d: %s", rows[_i].why, (int)part,
                      is ? is : "refused");
    }
}
END_TEST

/* Lines that grow the most. */
START_TEST(resp3_translate__has_room_enough)
{
    static const char *const lines[] = { "_\r\n", "%9\r\n", "%50000\r\n",
                                         "#t\r\n" };
    char *text = apr_palloc(p, 4096);
    apr_size_t len = 0;
    apr_size_t part;

    while (len + 16 < 4096) {
        strcpy(text + len, lines[_i]);
        len += strlen(lines[_i]);
    }
    for (part = 1; part <= len; part += part < 64 ? 1 : 500) {
        ck_assert_ptr_nonnull(translate(text, len, part));
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, resp3_translate__translates_to_resp2, 0,
                        ROWS(rows));
    tcase_add_loop_test(tc, resp3_translate__has_room_enough, 0, 4);
}

int main(void)
{
    return unit_main("resp3", add);
}
