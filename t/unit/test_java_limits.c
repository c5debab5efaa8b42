/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_limits.h"

#include "codec/java/java_read.h"
#include "unit.h"

/* A stream that grows. Handles are counted by hand, in the comments. */
typedef struct stream_t {
    char *data;
    apr_size_t len;
} stream_t;

#define ROOM 262144

static void add_octets(stream_t *s, const char *data, apr_size_t len)
{
    ck_assert_uint_le(s->len + len, ROOM);
    memcpy(s->data + s->len, data, len);
    s->len += len;
}

#define ADD(s, literal) add_octets(s, literal, sizeof(literal) - 1)

static void add_number(stream_t *s, unsigned number, int octets)
{
    for (; octets > 0; --octets) {
        char c = (char)(number >> (8 * (octets - 1)));

        add_octets(s, &c, 1);
    }
}

static void add_reference(stream_t *s, unsigned handle)
{
    ADD(s, "\x71");
    add_number(s, 0x7E0000 + handle, 4);
}

static void add_text(stream_t *s, const char *text)
{
    add_number(s, (unsigned)strlen(text), 2);
    add_octets(s, text, strlen(text));
}

/* A class, without its fields: one handle. */
static void add_class(stream_t *s, const char *name, int flags, unsigned fields)
{
    ADD(s, "\x72");
    add_text(s, name);
    ADD(s, "\0\0\0\0\0\0\0\0");
    add_number(s, (unsigned)flags, 1);
    add_number(s, fields, 2);
}

/* Handles 0 and 1: the class Object[], and an array of so many. */
static stream_t begin(unsigned count)
{
    stream_t s = { apr_palloc(p, ROOM), 0 };

    ADD(&s, "\xac\xed\0\5\x75");
    add_class(&s, "[Ljava.lang.Object;", 2, 0);
    ADD(&s, "\x78\x70");
    add_number(&s, count, 4);
    return s;
}

static shs_java_reader_t *open_stream(const stream_t *s)
{
    shs_java_reader_t *reader = shs_java_read_create(p);

    ck_assert_ptr_null(shs_java_read_open(reader, unit_exact(s->data, s->len)));
    return reader;
}

static const char *read_stream(const stream_t *s)
{
    shs_session_t *session = shs_session_create(1, p);
    const char *wrong =
        shs_java_read_value(open_stream(s), session, shs_octets_of("x"));

    return wrong ? wrong : "it was read";
}

#define STEPS "it needs more steps than are allowed"

/* Handle 2: the class HashMap; 3: a map whose entries follow. */
static void add_map(stream_t *s)
{
    ADD(s, "\x73");
    add_class(s, "java.util.HashMap", 3, 0);
    ADD(s, "\x78\x70\x77\x08\0\0\0\0\0\0\0\0");
}

/* A map that has itself as a value is made again at each reference. Its keys
 * are all the text "". */
START_TEST(java_limits__counts_the_entries_of_a_map_that_is_made_again)
{
    stream_t s = begin(1000);
    int i;

    add_map(&s);
    ADD(&s, "\x74\0\0"); /* handle 4 */
    add_reference(&s, 3);
    for (i = 0; i < 1000; ++i) {
        add_reference(&s, 4);
        ADD(&s, "\x70");
    }
    add_reference(&s, 4);
    add_reference(&s, 3);
    ADD(&s, "\x78");
    for (i = 1; i < 1000; ++i) {
        add_reference(&s, 3);
    }
    ck_assert_str_eq(read_stream(&s), STEPS);
}
END_TEST

/* The superclass is not Serializable, so that its fields are in no object. */
START_TEST(java_limits__counts_the_fields_of_each_subclass)
{
    stream_t s = begin(500);
    int i;

    ADD(&s, "\x73");
    add_class(&s, "S", 2, 0); /* handle 2 */
    ADD(&s, "\x78");
    add_class(&s, "B", 0, 1000); /* handle 3 */
    for (i = 0; i < 1000; ++i) {
        ADD(&s, "B\0\0");
    }
    ADD(&s, "\x78\x70");
    for (i = 1; i < 500; ++i) {
        ADD(&s, "\x73");
        add_class(&s, "S", 2, 0);
        ADD(&s, "\x78");
        add_reference(&s, 3);
    }
    ck_assert_str_eq(read_stream(&s), STEPS);
}
END_TEST

START_TEST(java_limits__counts_members_that_are_not_in_the_stream)
{
    stream_t s = begin(1500);
    unsigned i;

    ADD(&s, "\x73");
    add_class(&s, "B", 0, 1500); /* handle 2 */
    for (i = 0; i < 1500; ++i) {
        ADD(&s, "B\0\2");
        add_number(&s, 0x2121 + (i / 90) * 256 + i % 90, 2);
    }
    ADD(&s, "\x78\x70");
    for (i = 1; i < 1500; ++i) {
        ADD(&s, "\x73");
        add_reference(&s, 2);
    }
    ck_assert_str_eq(read_stream(&s), STEPS);
}
END_TEST

/* As keys of a map, so that they cost no value's text. */
START_TEST(java_limits__counts_the_copies_of_queues_over_one_array)
{
    stream_t s = begin(2);
    int i;

    ADD(&s, "\x75");
    add_reference(&s, 0);
    add_number(&s, 2000, 4); /* handle 2 */
    for (i = 0; i < 2000; ++i) {
        ADD(&s, "\x70");
    }
    add_map(&s); /* 3, 4 */
    for (i = 0; i < 1000; ++i) {
        ADD(&s, "\x73");
        if (i == 0) {
            add_class(&s, "java.util.concurrent.ArrayBlockingQueue", 2, 3);
            ADD(&s, "I\0\5countI\0\x9takeIndex[\0\5items\x74\0\2L;\x78\x70");
        }
        else {
            add_reference(&s, 5);
        }
        add_number(&s, 2000, 4);
        add_number(&s, 1, 4);
        add_reference(&s, 2);
        ADD(&s, "\x70");
    }
    ADD(&s, "\x78");
    ck_assert_str_eq(read_stream(&s), STEPS);
}
END_TEST

/* A text of that length, to which 1000 objects refer, which are keys. */
static stream_t refer_to_text(const char *name, const char *field)
{
    stream_t s = begin(2);
    char *text = apr_palloc(p, 6001);
    int i;

    memset(text, 'x', 6000);
    text[6000] = '\0';
    ADD(&s, "\x74");
    add_text(&s, text); /* handle 2 */
    add_map(&s);        /* 3, 4 */
    for (i = 0; i < 1000; ++i) {
        ADD(&s, "\x73");
        if (i == 0) {
            add_class(&s, name, 2, 1); /* 5 */
            ADD(&s, "L");
            add_text(&s, field);
            ADD(&s, "\x74\0\2L;\x78\x70");
        }
        else {
            add_reference(&s, 5);
        }
        add_reference(&s, 2);
        ADD(&s, "\x70");
    }
    ADD(&s, "\x78");
    return s;
}

static const struct {
    const char *name;
    const char *field;
    const char *why;
} shared[] = {
    { "java.util.Locale", "variant", "a variant that is too long" },
    { "java.net.URL", "file", "no protocol" },
    { "java.net.Inet6Address", "ifname", "no address" },
};

START_TEST(java_limits__counts_the_copies_of_a_text)
{
    stream_t s = refer_to_text(shared[_i].name, shared[_i].field);

    ck_assert_msg(strcmp(read_stream(&s), STEPS) == 0, "%s", shared[_i].why);
}
END_TEST

/* The magnitude is shared. The numbers are objects at the top, of which only
 * the scalar is asked for. */
START_TEST(java_limits__counts_the_digits_of_numbers)
{
    stream_t s = { apr_palloc(p, ROOM), 0 };
    shs_java_reader_t *reader;
    int i, read = 0;
    shs_kind_t kind;
    shs_octets_t text;

    ADD(&s, "\xac\xed\0\5\x75");
    add_class(&s, "[B", 2, 0);
    ADD(&s, "\x78\x70\0\0\2\0"); /* handle 1 */
    for (i = 0; i < 512; ++i) {
        ADD(&s, "\xfe");
    }
    for (i = 0; i < 1000; ++i) {
        ADD(&s, "\x73");
        if (i == 0) {
            add_class(&s, "java.math.BigInteger", 2, 2); /* 2 */
            ADD(&s, "I\0\6signum[\0\x9magnitude\x74\0\2[B\x78\x70");
        }
        else {
            add_reference(&s, 2);
        }
        ADD(&s, "\0\0\0\1");
        add_reference(&s, 1);
    }
    reader = open_stream(&s);
    ck_assert_ptr_null(shs_java_read_skip(reader));
    for (i = 0; i < 1000; ++i) {
        read += !shs_java_read_scalar(reader, &kind, &text);
    }
    ck_assert_int_ge(read, 50);
    ck_assert_int_lt(read, 500);
}
END_TEST

/* Each array says that it has all that is left. */
START_TEST(java_limits__reserves_no_item_for_two_arrays)
{
    stream_t s = begin(1000);
    int i;

    ADD(&s, "\x75");
    add_reference(&s, 0);
    add_number(&s, 1000, 4);
    for (i = 0; i < 1500; ++i) {
        ADD(&s, "\x70");
    }
    ck_assert_str_eq(read_stream(&s), "more items than the stream has");
}
END_TEST

/* What programs store is far below the limit. */
START_TEST(java_limits__read_a_map_of_ten_thousand_texts)
{
    stream_t s = begin(1);
    unsigned i;

    add_map(&s);
    for (i = 0; i < 10000; ++i) {
        ADD(&s, "\x74\0\4");
        add_number(&s,
                   0x30303030 + (i / 1000) * 0x1000000 + i / 100 % 10 * 0x10000
                       + i / 10 % 10 * 256 + i % 10,
                   4);
        ADD(&s, "\x74\0\1y");
    }
    ADD(&s, "\x78");
    ck_assert_str_eq(read_stream(&s), "it was read");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc,
                   java_limits__counts_the_entries_of_a_map_that_is_made_again);
    tcase_add_test(tc, java_limits__counts_the_fields_of_each_subclass);
    tcase_add_test(tc, java_limits__counts_members_that_are_not_in_the_stream);
    tcase_add_test(tc, java_limits__counts_the_copies_of_queues_over_one_array);
    tcase_add_loop_test(tc, java_limits__counts_the_copies_of_a_text, 0,
                        ROWS(shared));
    tcase_add_test(tc, java_limits__counts_the_digits_of_numbers);
    tcase_add_test(tc, java_limits__reserves_no_item_for_two_arrays);
    tcase_add_test(tc, java_limits__read_a_map_of_ten_thousand_texts);
}

int main(void)
{
    return unit_main("java_limits", add);
}
