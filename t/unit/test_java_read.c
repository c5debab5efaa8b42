/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_read.h"

#include <stdio.h>

#include "java_check.h"
#include "session/json/json_read.h"
#include "unit.h"

/* ---- streams as programs wrote them: t/fixtures/README.md */

static void check_file(const char *name, int least)
{
    const char *srcdir = getenv("srcdir");
    const char *path =
        apr_pstrcat(p, srcdir ? srcdir : ".", "/t/fixtures/", name, NULL);
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    int count = 0;

    ck_assert_msg(file != NULL, "no %s", path);
    while ((len = getline(&line, &room, file)) > 0) {
        const char *what;
        const char *wrong;

        line[len - 1] = '\0';
        wrong = java_check_line(&what, line, p);
        ck_assert_msg(!wrong, "%s: %s", what, wrong);
        ++count;
    }
    free(line);
    fclose(file);
    ck_assert_int_ge(count, least);
}

START_TEST(java_read__reads_what_programs_wrote)
{
    check_file("java-values.txt", 40);
}
END_TEST

START_TEST(java_read__reads_random_graphs_as_the_jvm_has_them)
{
    check_file("java-graphs.txt", 200);
}
END_TEST

/* ---- streams made here */

#define MAGIC "\xac\xed\x00\x05"

/* Of java.lang.Object[], with room for a count. */
#define ARRAY                                                             \
    "\x75\x72\x00\x13[Ljava.lang.Object;\x90\xce\x58\x9f\x10\x73\x29\x6c" \
    "\x02\x00\x00\x78\x70"

/* The class of an object of fields: so many of the type Object. */
#define CLASS_A    \
    "\x72\x00\x01" \
    "A\x00\x00\x00\x00\x00\x00\x00\x01\x02"

static shs_java_reader_t *open_stream(shs_octets_t stream)
{
    shs_java_reader_t *reader = shs_java_read_create(p);
    const char *wrong =
        shs_java_read_open(reader, unit_exact(stream.data, stream.len));

    ck_assert_msg(!wrong, "%s", wrong);
    return reader;
}

static void check(shs_octets_t stream, const char *json, const char *why)
{
    const char *wrong =
        java_check_stream(unit_exact(stream.data, stream.len), json, p);

    ck_assert_msg(!wrong, "%s: %s", why, wrong);
}

/* Reads one object, and returns why there is no value; then the session is
 * empty. */
static const char *read_one(shs_octets_t stream)
{
    shs_java_reader_t *reader = shs_java_read_create(p);
    shs_session_t *session = shs_session_create(1, p);
    const char *wrong = shs_java_read_open(reader, stream);

    if (!wrong) {
        wrong = shs_java_read_value(reader, session, shs_octets_of("a"));
    }
    ck_assert_uint_eq(shs_session_count(session), wrong ? 0 : 1);
    ck_assert_uint_le(shs_java_read_offset(reader), stream.len);
    return wrong;
}

static const struct {
    shs_octets_t stream;
    const char *wrong;
    const char *why;
} malformed[] = {
    { { "", 0 }, "not a stream of Java serialization", "nothing" },
    { { "\xac\xed\x00", 3 }, "not a stream of Java serialization", "a part" },
    { { "\xac\xed\x00\x04p", 5 },
      "not a stream of Java serialization",
      "another version" },
    { { MAGIC, 4 }, "the stream has no such object", "no object" },
    { { MAGIC "\x6f", 5 }, "an unknown tag", "below the tags" },
    { { MAGIC "\x7f", 5 }, "an unknown tag", "above the tags" },
    { { MAGIC "\x78", 5 }, "an unknown tag", "an end of nothing" },
    { { MAGIC "\x71\x00\x7e\x00\x00", 9 },
      "a reference leads nowhere",
      "no handle yet" },
    { { MAGIC "\x71\x00\x7d\xff\xff", 9 },
      "a reference leads nowhere",
      "below the first" },
    { { MAGIC "\x74\x00\x05"
              "abcd",
        11 },
      "a text is longer than the stream",
      "a short string" },
    { { MAGIC "\x7c\xff\xff\xff\xff\xff\xff\xff\xff"
              "a",
        14 },
      "a text is longer than the stream",
      "2^64 octets" },
    { { MAGIC "\x74\x00\x01\xff", 8 },
      "a text is not modified UTF-8",
      "an octet that it has not" },
    { { MAGIC "\x74\x00\x04\xf0\x9f\x98\x80", 11 },
      "a text is not modified UTF-8",
      "four octets of UTF-8" },
    { { MAGIC "\x73\x70", 6 }, "an object has no class", "null for a class" },
    { { MAGIC "\x73\x74\x00\x00", 8 },
      "a class is expected",
      "a string for a class" },
    { { MAGIC "\x74\x00\x01"
              "a\x73\x71\x00\x7e\x00\x00",
        14 },
      NULL,
      "what follows is not looked at" },
    { { MAGIC "\x7b\x79\x70\x79", 8 },
      "the writer of the stream has failed",
      "an exception" },
    { { MAGIC ARRAY "\x7f\xff\xff\xff\x70", 4 + 36 + 5 },
      "more items than the stream has",
      "2^31 items" },
    { { MAGIC ARRAY "\x00\x00\x00\x01\x79\x70", 4 + 36 + 6 },
      "a reset within an object",
      "a reset in an array" },
    { { MAGIC "\x75\x72\x00\x02[J\x78\x20\x04\xb5\x12\xb1\x75\x93\x02\x00\x00"
              "\x78\x70\x40\x00\x00\x00",
        4 + 1 + 19 + 4 },
      "more elements than the stream has",
      "2^30 longs" },
    { { MAGIC "\x75" CLASS_A "\x00\x00\x78\x70\x00\x00\x00\x00", 4 + 22 },
      "an array is of no array class",
      "an array of an object's class" },
    { { MAGIC "\x73" CLASS_A "\xff\xff", 4 + 1 + 15 },
      "more fields than the stream has",
      "65535 fields" },
    { { MAGIC "\x73" CLASS_A "\x00\x01X\x00\x01"
              "a\x78\x70",
        4 + 1 + 15 + 6 },
      "a field has an unknown type",
      "the type X" },
    { { MAGIC "\x73" CLASS_A "\x00\x01L\x00\x01"
              "a\x70\x78\x70\x70",
        4 + 1 + 15 + 8 },
      "a field has no type",
      "null for a type" },
    { { MAGIC "\x73" CLASS_A "\x00\x02L\x00\x01"
              "a\x74\x00\x01LI\x00\x01"
              "b"
              "\x78\x70\x70\x00\x00\x00\x01",
        4 + 1 + 15 + 19 },
      "fields are in a wrong order",
      "an int behind an object" },
    { { MAGIC "\x73" CLASS_A "\x00\x00\x78\x71\x00\x7e\x00\x00",
        4 + 1 + 15 + 6 },
      "a class leads to something else",
      "a class that extends itself" },
    { { MAGIC "\x73\x72\x00\x01"
              "A\x00\x00\x00\x00\x00\x00\x00\x01\x04\x00\x00"
              "\x78\x70",
        4 + 1 + 15 + 2 },
      "an object has an unknown end",
      "an externalizable object of protocol 1" },
    { { MAGIC "\x7e" CLASS_A "\x00\x00\x78\x70\x70", 4 + 1 + 15 + 3 },
      "a constant has no name",
      "an enum constant whose name is null" },
    { { MAGIC "\x7d\x7f\xff\xff\xff", 9 },
      "more interfaces than the stream has",
      "2^31 interfaces" },
};

START_TEST(java_read_value__refuses_what_is_malformed)
{
    shs_octets_t stream = malformed[_i].stream;
    const char *wrong = read_one(unit_exact(stream.data, stream.len));

    if (!malformed[_i].wrong) {
        ck_assert_msg(!wrong, "%s: %s", malformed[_i].why, wrong);
        return;
    }
    ck_assert_msg(wrong && !strcmp(wrong, malformed[_i].wrong),
                  "%s: got \"%s\", not \"%s\"", malformed[_i].why,
                  wrong ? wrong : "a value", malformed[_i].wrong);
}
END_TEST

/* ---- a stream that is built piece by piece */

typedef struct builder_t {
    char *data;
    apr_size_t len;
    apr_size_t room;
} builder_t;

static void add(builder_t *b, const char *data, apr_size_t len)
{
    if (b->len + len > b->room) {
        char *more = apr_palloc(p, 2 * (b->len + len));

        memcpy(more, b->data, b->len);
        b->data = more;
        b->room = 2 * (b->len + len);
    }
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

#define ADD(b, literal) add((b), (literal), sizeof(literal) - 1)

static void add_number(builder_t *b, unsigned long number, int octets)
{
    while (octets > 0) {
        char c = (char)(number >> (8 * --octets));

        add(b, &c, 1);
    }
}

static builder_t begin(void)
{
    builder_t b = { apr_palloc(p, 4), 0, 4 };

    ADD(&b, MAGIC);
    return b;
}

static void add_reference(builder_t *b, unsigned handle)
{
    ADD(b, "\x71");
    add_number(b, 0x7e0000 + handle, 4);
}

static shs_octets_t built(const builder_t *b)
{
    return unit_exact(b->data, b->len);
}

/* An Object[] with so many elements, which follow. Its class is handle 0, and
 * it is handle 1, if it is the first. */
static void add_array(builder_t *b, unsigned count, int is_first)
{
    if (is_first) {
        ADD(b, ARRAY);
    }
    else {
        ADD(b, "\x75");
        add_reference(b, 0);
    }
    add_number(b, count, 4);
}

START_TEST(java_read__cuts_a_cycle)
{
    builder_t b = begin();

    add_array(&b, 3, 1);
    add_reference(&b, 1);
    add_array(&b, 2, 0); /* handle 2 */
    add_reference(&b, 1);
    ADD(&b, "\x74\x00\x01x");
    add_reference(&b, 2);
    check(built(&b), "[null,[null,\"x\"],[null,\"x\"]]",
          "what a reference leads back to is null");
}
END_TEST

START_TEST(java_read__gives_a_part_of_a_cycle_the_same_wherever_it_begins)
{
    builder_t b = begin();
    shs_java_reader_t *reader;
    shs_session_t *session = shs_session_create(1, p);
    shs_session_t *wanted = shs_json_read_structure(
        shs_octets_of("[[[null]],[[null]],[[null]]]"), p);

    add_array(&b, 1, 1); /* handle 1: an array that has the array 2 */
    add_array(&b, 1, 0); /* handle 2: which has the array 1 */
    add_reference(&b, 1);
    add_reference(&b, 2);
    add_reference(&b, 1);
    reader = open_stream(built(&b));
    ck_assert_ptr_null(
        shs_java_read_value(reader, session, shs_octets_of("a")));
    ck_assert_ptr_null(
        shs_java_read_value(reader, session, shs_octets_of("b")));
    ck_assert_ptr_null(
        shs_java_read_value(reader, session, shs_octets_of("c")));
    ck_assert_int_eq(shs_java_read_peek(reader), SHS_JAVA_NEXT_END);
    ck_assert_ptr_null(java_check_values(session, 0, wanted, 1, p));
    ck_assert_ptr_null(java_check_values(session, 3, wanted, 4, p));
    ck_assert_ptr_null(java_check_values(session, 6, wanted, 7, p));
}
END_TEST

/* Each array has the one before twice: 2^n values. */
START_TEST(java_read__limits_the_values_that_references_multiply)
{
    builder_t b = begin();
    const char *wrong;
    unsigned i;

    add_array(&b, 30, 1);
    ADD(&b, ARRAY); /* another class, handle 2; the array is handle 3 */
    add_number(&b, 0, 4);
    for (i = 1; i < 30; ++i) {
        add_array(&b, 2, 0);
        add_reference(&b, 2 + i);
        add_reference(&b, 2 + i);
    }
    wrong = read_one(built(&b));
    ck_assert_ptr_nonnull(wrong);
    ck_assert_str_eq(wrong, "too many values");
}
END_TEST

START_TEST(java_read__limits_the_texts_that_references_multiply)
{
    builder_t b = begin();
    char *text = apr_palloc(p, 60000);
    const char *wrong;
    int i;

    memset(text, 'x', 60000);
    add_array(&b, 10001, 1);
    ADD(&b, "\x74");
    add_number(&b, 60000, 2);
    add(&b, text, 60000);
    for (i = 0; i < 10000; ++i) {
        add_reference(&b, 2);
    }
    wrong = read_one(built(&b));
    ck_assert_ptr_nonnull(wrong);
    ck_assert_str_eq(wrong, "the texts of all values are too long");
}
END_TEST

START_TEST(java_read__limits_texts_by_the_length_of_a_long_stream)
{
    builder_t b = begin();
    char *text = apr_palloc(p, 400000);
    int i;

    memset(text, 'x', 400000);
    add_array(&b, 3, 1);
    ADD(&b, "\x7c");
    add_number(&b, 400000, 8);
    add(&b, text, 400000);
    for (i = 0; i < 2; ++i) {
        add_reference(&b, 2);
    }
    ck_assert_ptr_null(read_one(built(&b)));
}
END_TEST

/* Two arrays, one in the other, are copied into so many others. */
static shs_octets_t build_copied(int depth)
{
    builder_t b = begin();
    int i;

    add_array(&b, 2, 1);
    add_array(&b, 1, 0); /* handle 2 */
    add_array(&b, 0, 0);
    for (i = 1; i < depth; ++i) {
        add_array(&b, 1, 0);
    }
    add_reference(&b, 2);
    return built(&b);
}

START_TEST(java_read__limits_the_depth_of_copies)
{
    ck_assert_ptr_null(read_one(build_copied(61)));
    ck_assert_ptr_nonnull(read_one(build_copied(62)));
}
END_TEST

/* An array of so many doubles that are 0. */
static shs_octets_t build_doubles(unsigned count)
{
    builder_t b = begin();

    ADD(&b, "\x75\x72\x00\x02[D\x3e\xa6\x8c\x14\xab\x63\x5a\x1e\x02\x00"
            "\x00\x78\x70");
    add_number(&b, count, 4);
    for (; count > 0; --count) {
        add_number(&b, 0, 8);
    }
    return built(&b);
}

START_TEST(java_read__limits_the_time_that_doubles_take)
{
    ck_assert_ptr_null(read_one(build_doubles(4000)));
    ck_assert_ptr_nonnull(read_one(build_doubles(4200)));
}
END_TEST

/* The description of a class whose fields are Strings. What it extends, or
 * null, follows. */
static void add_class(builder_t *b, const char *name, const char *flags,
                      const char *fields)
{
    apr_array_header_t *words = unit_words(fields);
    int i;

    ADD(b, "\x72");
    add_number(b, strlen(name), 2);
    add(b, name, strlen(name));
    add_number(b, 1, 8);
    add(b, flags, 1);
    add_number(b, (unsigned long)words->nelts, 2);
    for (i = 0; i < words->nelts; ++i) {
        const char *field = APR_ARRAY_IDX(words, i, const char *);

        ADD(b, "L");
        add_number(b, strlen(field), 2);
        add(b, field, strlen(field));
        ADD(b, "\x74\x00\x01S");
    }
    ADD(b, "\x78");
}

START_TEST(java_read__shows_a_field_of_the_subclass_for_one_of_the_same_name)
{
    builder_t b = begin();

    ADD(&b, "\x73");
    add_class(&b, "Sub", "\x02", "name more");
    add_class(&b, "Base", "\x02", "id name");
    ADD(&b, "\x70\x74\x00\x01"
            "1\x74\x00\x01"
            "b\x74\x00\x01s\x70");
    check(built(&b), "{\"id\":\"1\",\"name\":\"s\",\"more\":null}",
          "the subclass is read behind its superclass");
}
END_TEST

START_TEST(java_read__reads_the_fields_of_a_known_class_of_another_form)
{
    builder_t b = begin();

    ADD(&b, "\x73");
    add_class(&b, "java.util.UUID", "\x02", "text");
    ADD(&b, "\x70\x74\x00\x01x");
    check(built(&b), "{\"text\":\"x\"}", "no UUID of the JDK");
    b = begin();
    ADD(&b, "\x73");
    add_class(&b, "java.util.HashMap", "\x03", "f");
    ADD(&b, "\x70\x74\x00\x01x\x77\x08\x00\x00\x00\x01\x00\x00\x00\x01"
            "\x70\x78");
    check(built(&b), "{\"f\":\"x\"}", "a map with half an entry");
}
END_TEST

START_TEST(java_read__takes_the_last_of_entries_whose_keys_have_one_text)
{
    builder_t b = begin();
    int i;

    ADD(&b, "\x73");
    add_class(&b, "java.util.HashMap", "\x03", "");
    ADD(&b, "\x70\x77\x08\x00\x00\x00\x20\x00\x00\x00\x14");
    for (i = 0; i < 20; ++i) {
        ADD(&b, "\x74\x00\x01");
        add_number(&b, (unsigned long)('a' + i % 10), 1);
        ADD(&b, "\x74\x00\x01");
        add_number(&b, (unsigned long)('A' + i), 1);
    }
    ADD(&b, "\x78");
    check(built(&b),
          "{\"a\":\"K\",\"b\":\"L\",\"c\":\"M\",\"d\":\"N\",\"e\":\"O\","
          "\"f\":\"P\",\"g\":\"Q\",\"h\":\"R\",\"i\":\"S\",\"j\":\"T\"}",
          "each name twice");
}
END_TEST

static shs_octets_t build_nested(int depth)
{
    builder_t b = begin();
    int i;

    add_array(&b, 1, 1);
    for (i = 1; i < depth; ++i) {
        add_array(&b, 1, 0);
    }
    ADD(&b, "\x70\x74\x00\x01x");
    return built(&b);
}

static const struct {
    int depth;
    const char *wrong;
    int is_next; /* whether the next object can be read */
    const char *why;
} depths[] = {
    { 62, NULL, 1, "as deep as a session may be" },
    { 63, "values are nested too deeply", 1, "deeper" },
    { 127, "values are nested too deeply", 1, "as deep as a stream may be" },
    { 128, "objects are nested too deeply", 0, "too deep to be passed" },
    { 30000, "objects are nested too deeply", 0, "no recursion is so deep" },
};

START_TEST(java_read__limits_the_depth)
{
    shs_java_reader_t *reader = open_stream(build_nested(depths[_i].depth));
    shs_session_t *session = shs_session_create(1, p);
    const char *wrong =
        shs_java_read_value(reader, session, shs_octets_of("a"));

    if (depths[_i].wrong) {
        ck_assert_msg(wrong != NULL, "%s", depths[_i].why);
        ck_assert_str_eq(wrong, depths[_i].wrong);
    }
    else {
        ck_assert_msg(!wrong, "%s: %s", depths[_i].why, wrong);
    }
    wrong = shs_java_read_value(reader, session, shs_octets_of("b"));
    ck_assert_msg((wrong == NULL) == depths[_i].is_next, "%s", depths[_i].why);
}
END_TEST

/* A class may have 65535 superclasses, by what the format says. */
START_TEST(java_read__limits_the_superclasses)
{
    builder_t b = begin();
    const char *wrong;
    int i;

    ADD(&b, "\x73");
    for (i = 0; i < 1000; ++i) {
        ADD(&b, CLASS_A "\x00\x00\x78");
    }
    ADD(&b, "\x70");
    wrong = read_one(built(&b));
    ck_assert_ptr_nonnull(wrong);
    ck_assert_str_eq(wrong, "too many superclasses");
}
END_TEST

/* Two fields of the type Object, and an array between the objects. */
START_TEST(java_read_skip__leaves_what_later_references_need)
{
    builder_t b = begin();
    shs_java_reader_t *reader;
    shs_session_t *session = shs_session_create(1, p);
    shs_session_t *wanted =
        shs_json_read_structure(shs_octets_of("[[\"x\",[\"x\"]],[\"x\"]]"), p);

    add_array(&b, 2, 1);      /* handle 1 */
    ADD(&b, "\x74\x00\x01x"); /* handle 2 */
    add_array(&b, 1, 0);      /* handle 3 */
    add_reference(&b, 2);
    add_reference(&b, 1);
    add_reference(&b, 3);
    reader = open_stream(built(&b));
    ck_assert_ptr_null(shs_java_read_skip(reader));
    ck_assert_ptr_null(
        shs_java_read_value(reader, session, shs_octets_of("b")));
    ck_assert_ptr_null(
        shs_java_read_value(reader, session, shs_octets_of("c")));
    ck_assert_ptr_nonnull(shs_java_read_skip(reader));
    ck_assert_ptr_null(java_check_values(session, 0, wanted, 1, p));
    ck_assert_ptr_null(java_check_values(session, 4, wanted, 5, p));
}
END_TEST

START_TEST(java_read_value__leaves_nothing_of_a_value_that_is_impossible)
{
    builder_t b = begin();
    shs_java_reader_t *reader;
    shs_session_t *session = shs_session_create(1, p);
    apr_size_t count;
    int i;

    add_array(&b, 2, 1);
    ADD(&b, "\x74\x00\x01x");
    for (i = 1; i < 100; ++i) {
        add_array(&b, 1, 0);
    }
    ADD(&b, "\x70\x74\x00\x01y");
    reader = open_stream(built(&b));
    ck_assert_ptr_nonnull(
        shs_java_read_value(reader, session, shs_octets_of("a")));
    ck_assert_uint_eq(shs_session_count(session), 0);
    ck_assert_ptr_null(
        shs_java_read_value(reader, session, shs_octets_of("b")));
    (void)shs_session_values(session, &count);
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(java_read__forgets_the_handles_at_a_reset)
{
    shs_octets_t stream =
        OCTETS(MAGIC "\x74\x00\x01x\x79\x79\x74\x00\x01y\x71\x00\x7e\x00\x00"
                     "\x71\x00\x7e\x00\x01");
    shs_java_reader_t *reader = open_stream(stream);
    shs_kind_t kind;
    shs_octets_t text;

    ck_assert_ptr_null(shs_java_read_scalar(reader, &kind, &text));
    ck_octets_eq(text, OCTETS("x"), "before the reset");
    ck_assert_ptr_null(shs_java_read_scalar(reader, &kind, &text));
    ck_octets_eq(text, OCTETS("y"), "behind it");
    ck_assert_ptr_null(shs_java_read_scalar(reader, &kind, &text));
    ck_octets_eq(text, OCTETS("y"), "the handle 0");
    ck_assert_ptr_nonnull(shs_java_read_scalar(reader, &kind, &text));
}
END_TEST

START_TEST(java_read_block__reads_what_stands_between_objects)
{
    shs_octets_t stream = OCTETS(MAGIC "\x77\x03"
                                       "abc\x70\x7a\x00\x00\x00\x01"
                                       "d\x74\x00\x01x");
    shs_java_reader_t *reader = open_stream(stream);
    shs_octets_t block;

    ck_assert_int_eq(shs_java_read_peek(reader), SHS_JAVA_NEXT_BLOCK);
    ck_assert_ptr_nonnull(shs_java_read_skip(reader));
    ck_assert_ptr_null(shs_java_read_block(reader, &block));
    ck_octets_eq(block, OCTETS("abc"), "a short one");
    ck_assert_int_eq(shs_java_read_peek(reader), SHS_JAVA_NEXT_OBJECT);
    ck_assert_ptr_nonnull(shs_java_read_block(reader, &block));
    ck_assert_ptr_null(shs_java_read_skip(reader));
    ck_assert_ptr_null(shs_java_read_block(reader, &block));
    ck_octets_eq(block, OCTETS("d"), "a long one");
    ck_assert_ptr_null(shs_java_read_skip(reader));
    ck_assert_int_eq(shs_java_read_peek(reader), SHS_JAVA_NEXT_END);
}
END_TEST

/* Every beginning of every stream of the fixtures ends too early. */
START_TEST(java_read__refuses_every_beginning_of_a_stream)
{
    shs_octets_t whole = build_nested(20);
    apr_size_t len;

    for (len = 0; len < whole.len - 4; ++len) {
        ck_assert_ptr_nonnull(read_one(unit_exact(whole.data, len)));
    }
    ck_assert_ptr_null(read_one(whole));
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_test(tc, java_read__reads_what_programs_wrote);
    tcase_add_test(tc, java_read__reads_random_graphs_as_the_jvm_has_them);
    tcase_add_loop_test(tc, java_read_value__refuses_what_is_malformed, 0,
                        ROWS(malformed));
    tcase_add_test(tc, java_read__cuts_a_cycle);
    tcase_add_test(
        tc, java_read__gives_a_part_of_a_cycle_the_same_wherever_it_begins);
    tcase_add_test(tc, java_read__limits_the_values_that_references_multiply);
    tcase_add_test(tc, java_read__limits_the_texts_that_references_multiply);
    tcase_add_test(tc, java_read__limits_texts_by_the_length_of_a_long_stream);
    tcase_add_test(tc, java_read__limits_the_depth_of_copies);
    tcase_add_test(tc, java_read__limits_the_time_that_doubles_take);
    tcase_add_test(
        tc, java_read__shows_a_field_of_the_subclass_for_one_of_the_same_name);
    tcase_add_test(
        tc, java_read__reads_the_fields_of_a_known_class_of_another_form);
    tcase_add_test(
        tc, java_read__takes_the_last_of_entries_whose_keys_have_one_text);
    tcase_add_loop_test(tc, java_read__limits_the_depth, 0, ROWS(depths));
    tcase_add_test(tc, java_read__limits_the_superclasses);
    tcase_add_test(tc, java_read_skip__leaves_what_later_references_need);
    tcase_add_test(
        tc, java_read_value__leaves_nothing_of_a_value_that_is_impossible);
    tcase_add_test(tc, java_read__forgets_the_handles_at_a_reset);
    tcase_add_test(tc, java_read_block__reads_what_stands_between_objects);
    tcase_add_test(tc, java_read__refuses_every_beginning_of_a_stream);
}

int main(void)
{
    return unit_main("java_read", add_tests);
}
