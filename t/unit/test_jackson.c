/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/jackson.h"

#include "session/json/json_text.h"

#include "unit.h"

static const struct {
    const char *text;
    const char *read; /* NULL: as it was */
    const char *why;
} texts[] = {
    { "\"alice\"", NULL, "a string" },
    { "5", NULL, "a number" },
    { "true", NULL, "a boolean" },
    { "null", NULL, "null" },
    { "{\"a\":[1,\"b\"]}", NULL, "plain JSON" },
    { "{\"@class\":\"app.User\",\"userId\":\"alice\"}",
      "{\"userId\":\"alice\"}", "an object" },
    { "{\"userId\":\"alice\",\"@class\":\"app.User\"}",
      "{\"userId\":\"alice\"}", "the class need not be the first" },
    { "{\"@class\":\"app.Nothing\"}", "{}", "without members" },
    { "[\"java.util.ArrayList\",[\"a\",\"b\"]]", "[\"a\",\"b\"]", "a list" },
    { "[\"java.util.ArrayList\",[]]", "[]", "an empty list" },
    { "[\"java.util.Collections$UnmodifiableRandomAccessList\",[{\"@class\":"
      "\"app.Role\",\"role\":\"ADMIN\"}]]",
      "[{\"role\":\"ADMIN\"}]", "a list of objects" },
    { "[\"java.lang.Long\",1700000000123]", "1700000000123", "a Long" },
    { "[\"java.math.BigDecimal\",1.50]", "1.50", "a decimal keeps its text" },
    { "[\"java.util.UUID\",\"3b144897\"]", "\"3b144897\"", "a text" },
    { "[\"app.Color\",\"RED\"]", "\"RED\"", "a constant" },
    { "[\"[Ljava.lang.String;\",[\"a\",\"b\"]]", "[\"a\",\"b\"]", "an array" },
    { "[\"[B\",\"AAEC\"]", "\"AAEC\"", "octets" },
    { "[\"java.util.Date\",1700000000123]", "\"2023-11-14T22:13:20.123Z\"",
      "a date" },
    { "[\"java.sql.Timestamp\",-1]", "\"1969-12-31T23:59:59.999Z\"",
      "a time before the epoch" },
    { "[\"java.util.Date\",0]", "\"1970-01-01T00:00:00Z\"", "a full second" },
    { "[\"java.sql.Date\",\"2023-11-14\"]", "\"2023-11-14\"",
      "a date that is a text" },
    { "[\"java.util.Date\",1e300]", "1e300", "no date" },
    { "[\"app.Box\",{\"@class\":\"app.Other\",\"a\":[\"java.lang.Long\",5]}]",
      "{\"a\":5}", "an object in an array" },
    { "{\"@class\":\"java.util.LinkedHashMap\",\"a\":[\"java.util.ArrayList\","
      "[1,[\"java.lang.Long\",2],{\"@class\":\"java.util.LinkedHashMap\",\"b\":"
      "null}]],\"c\":[\"java.util.Date\",0]}",
      "{\"a\":[1,2,{\"b\":null}],\"c\":\"1970-01-01T00:00:00Z\"}",
      "all of it" },
    { "[\"java.util.ArrayList\",[\"app.User\",\"b\"]]", "[\"app.User\",\"b\"]",
      "a list whose first text is like a class" },
    { "{\"@class\":\"app.User\",\"ids\":[\"a\",\"b\"],\"n\":[1,2]}",
      "{\"ids\":[\"a\",\"b\"],\"n\":[1,2]}", "arrays without a class" },
    { "[\"a.txt\",\"b\"]", NULL, "a name of a file is not one of a class" },
    { "[\"Foo.Bar\",\"b\"]", NULL, "nor is this" },
    { "[\"User\",\"b\"]", NULL, "nor is one without a package" },
    { "[\"app.User\"]", NULL, "one value" },
    { "[\"app.User\",1,2]", NULL, "three values" },
    { "[1,\"app.User\"]", NULL, "the class has to be the first" },
    { "[\"app.\",1]", NULL, "nothing behind the dot" },
    { "[\".User\",1]", NULL, "nothing before the dot" },
    { "[\"app.User x\",1]", NULL, "a blank" },
    { "{\"a\":{\"@class\":\"app.User\"}}", NULL,
      "the outermost value says whether there are classes" },
};

START_TEST(jackson_append__undoes_the_names_of_classes)
{
    shs_session_t *session = shs_session_create(0, p);
    const char *wanted = texts[_i].read ? texts[_i].read : texts[_i].text;
    const shs_value_t *values;
    apr_size_t count;

    shs_session_append(session, SHS_KIND_STRING, OCTETS("a"), OCTETS("b"));
    ck_assert_pstr_eq(
        shs_jackson_append(session, OCTETS("v"), unit_text(texts[_i].text), p),
        NULL);
    values = shs_session_values(session, &count);
    ck_assert_uint_eq(values[0].end, 1);
    ck_assert_uint_eq(values[1].end, count);
    ck_octets_eq(values[1].name, OCTETS("v"), "the name");
    ck_octets_eq(shs_json_text_write(session, &values[1], p), unit_text(wanted),
                 texts[_i].why);
}
END_TEST

START_TEST(jackson_append__leaves_nothing_of_what_it_cannot_read)
{
    shs_session_t *session = shs_session_create(0, p);
    apr_size_t count;

    ck_assert_ptr_nonnull(shs_jackson_append(
        session, OCTETS("v"), unit_text("[\"java.util.ArrayList\",[1,2}"), p));
    shs_session_values(session, &count);
    ck_assert_uint_eq(count, 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, jackson_append__undoes_the_names_of_classes, 0,
                        ROWS(texts));
    tcase_add_test(tc, jackson_append__leaves_nothing_of_what_it_cannot_read);
}

int main(void)
{
    return unit_main("jackson", add);
}
