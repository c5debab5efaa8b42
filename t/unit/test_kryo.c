/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/kryo.h"

#include <stdio.h>

#include "java_check.h"
#include "session/json/json_read.h"
#include "unit.h"

static shs_octets_t exact(shs_octets_t octets)
{
    return unit_exact(octets.data, octets.len);
}

/* Also that each beginning of a value is refused. */
static void check_value(const char *name, shs_octets_t stored, const char *json)
{
    shs_session_t *session = shs_session_create(1, p);
    shs_session_t *wanted = shs_json_read_structure(
        shs_octets_of(apr_pstrcat(p, "[", json, "]", NULL)), p);
    const char *wrong = shs_kryo_append(session, shs_octets_of("a"), stored, p);
    apr_size_t len;

    ck_assert_msg(!wrong, "%s: %s", name, wrong);
    wrong = java_check_values(session, 0, wanted, 1, p);
    ck_assert_msg(!wrong, "%s: %s", name, wrong);
    for (len = 0; len < stored.len; ++len) {
        ck_assert_msg(shs_kryo_append(session, shs_octets_of("b"),
                                      unit_exact(stored.data, len), p)
                          != NULL,
                      "%s: %d octets of it", name, (int)len);
    }
    ck_assert_uint_eq(shs_session_count(session), 1);
}

/* t/fixtures/README.md: as Redisson has written them. */
START_TEST(kryo_append__reads_what_redisson_writes)
{
    const char *srcdir = getenv("srcdir");
    FILE *file = fopen(apr_pstrcat(p, srcdir ? srcdir : ".",
                                   "/t/fixtures/kryo-values.txt", NULL),
                       "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    int count = 0;

    ck_assert_ptr_nonnull(file);
    while ((len = getline(&line, &room, file)) > 0) {
        char *last;
        char *name = apr_strtok(line, " ", &last);
        char *base64 = apr_strtok(NULL, " ", &last);

        last[strlen(last) - 1] = '\0';
        check_value(name, java_check_octets(base64, strlen(base64), p), last);
        ++count;
    }
    free(line);
    fclose(file);
    ck_assert_int_ge(count, 150);
}
END_TEST

static const struct {
    shs_octets_t stored;
    const char *why;
} opaque[] = {
    { { "", 0 }, "nothing" },
    { { "\0x", 2 }, "null and more" },
    { { "\1\0java.util.Hash", 16 }, "a class by its name" },
    { { "\x0b\0", 2 }, "a class that is registered" },
    { { "\xff\xff", 2 }, "a large number" },
    { { "\2", 1 }, "an Integer without octets" },
    { { "\2\x80", 2 }, "without an end" },
    { { "\2\0\0", 3 }, "with more behind it" },
    { { "\2\xff\xff\xff\xff\x1f", 6 }, "of 33 bits" },
    { { "\2\xff\xff\xff\xff\x80\x01", 7 }, "of six octets" },
    { { "\x09\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
      "a Long of ten octets" },
    { { "\3", 1 }, "a String without octets" },
    { { "\3\x80", 2 }, "a String that is null" },
    { { "\3abc", 4 }, "ASCII without an end" },
    { { "\3a\xe2z", 4 }, "ASCII with the end before the end" },
    { { "\3\x83\x61", 3 }, "two letters, of which one is missing" },
    { { "\3\x82\x61\x61", 4 }, "one letter too many" },
    { { "\3\xc2", 2 }, "a length without its end" },
    { { "\3\xff\xff\xff\xff\xff\xff", 7 }, "a length of too many octets" },
    { { "\3\x82\xff", 3 }, "an octet that no text has" },
    { { "\3\x81\x80", 3 }, "an octet that continues nothing" },
    { { "\5", 1 }, "a Boolean without an octet" },
    { { "\5\1\1", 3 }, "with two" },
    { { "\x0a\0\0\0\0\0\0\0", 8 }, "a Double of seven octets" },
};

START_TEST(kryo_append__refuses_what_it_cannot_read)
{
    shs_session_t *session = shs_session_create(1, p);
    const char *wrong = shs_kryo_append(session, shs_octets_of("a"),
                                        exact(opaque[_i].stored), p);

    ck_assert_msg(wrong && *wrong, "%s", opaque[_i].why);
    ck_assert_uint_eq(shs_session_count(session), 0);
}
END_TEST

START_TEST(kryo_append__reads_nul_in_a_text)
{
    shs_session_t *session = shs_session_create(2, p);
    apr_size_t count;

    ck_assert_ptr_null(shs_kryo_append(session, shs_octets_of("a"),
                                       exact(OCTETS("\3\0\xe2")), p));
    ck_assert_ptr_null(shs_kryo_append(session, shs_octets_of("b"),
                                       exact(OCTETS("\3\x82\0")), p));
    ck_octets_eq(shs_session_values(session, &count)[0].text, OCTETS("\0b"),
                 "ASCII");
    ck_octets_eq(shs_session_values(session, &count)[1].text, OCTETS("\0"),
                 "with a length");
}
END_TEST

START_TEST(kryo_append__reads_null)
{
    shs_session_t *session = shs_session_create(1, p);
    apr_size_t count;

    ck_assert_ptr_null(
        shs_kryo_append(session, shs_octets_of("a"), exact(OCTETS("\0")), p));
    ck_assert_int_eq(shs_session_values(session, &count)[0].kind,
                     SHS_KIND_NULL);
}
END_TEST

static const struct {
    apr_int64_t value;
    shs_octets_t as_long;
    shs_octets_t as_integer; /* empty: it does not fit */
} integers[] = {
    { 0, { "\x09\0", 2 }, { "\x02\0", 2 } },
    { -1, { "\x09\x01", 2 }, { "\x02\x01", 2 } },
    { 1800, { "\x09\x90\x1c", 3 }, { "\x02\x90\x1c", 3 } },
    { APR_INT64_C(1700000000000),
      { "\x09\x80\xa0\xab\xfe\xf9\x62", 7 },
      { "", 0 } },
    { 2147483647,
      { "\x09\xfe\xff\xff\xff\x0f", 6 },
      { "\x02\xfe\xff\xff\xff\x0f", 6 } },
    { APR_INT64_C(2147483648), { "\x09\x80\x80\x80\x80\x10", 6 }, { "", 0 } },
    { APR_INT64_MAX,
      { "\x09\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 10 },
      { "", 0 } },
    { APR_INT64_MIN,
      { "\x09\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10 },
      { "", 0 } },
};

static void check_write(apr_int64_t value, shs_octets_t like,
                        shs_octets_t wanted)
{
    char out[SHS_KRYO_INTEGER_MAX];
    shs_octets_t written = { out, shs_kryo_write_integer(out, value, like) };
    apr_int64_t read;

    ck_octets_eq(written, wanted, "as Kryo writes it");
    if (written.len > 0) {
        ck_assert(shs_kryo_read_integer(&read, exact(written)));
        ck_assert_int_eq(read, value);
    }
}

START_TEST(kryo_write_integer__writes_the_class_that_was_there)
{
    check_write(integers[_i].value, exact(OCTETS("\x09\0")),
                integers[_i].as_long);
    check_write(integers[_i].value, exact(OCTETS("\x02\0")),
                integers[_i].as_integer);
    check_write(integers[_i].value, exact(OCTETS("\x08\0\0")), OCTETS(""));
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_test(tc, kryo_append__reads_what_redisson_writes);
    tcase_add_loop_test(tc, kryo_append__refuses_what_it_cannot_read, 0,
                        ROWS(opaque));
    tcase_add_test(tc, kryo_append__reads_nul_in_a_text);
    tcase_add_test(tc, kryo_append__reads_null);
    tcase_add_loop_test(tc, kryo_write_integer__writes_the_class_that_was_there,
                        0, ROWS(integers));
}

int main(void)
{
    return unit_main("kryo", add_tests);
}
