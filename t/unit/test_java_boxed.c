/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_boxed.h"

#include "java_check.h"
#include "unit.h"

/* As the JDK writes them: t/fixtures/java-values.txt has them too. */
static const char a_long[] =
    "rO0ABXNyAA5qYXZhLmxhbmcuTG9uZzuL5JDMjyPfAgABSgAFdmFsdWV4cgAQamF2YS5sYW5n"
    "Lk51bWJlcoaslR0LlOCLAgAAeHAAAAGLz+VoAA==";
static const char an_integer[] =
    "rO0ABXNyABFqYXZhLmxhbmcuSW50ZWdlchLioKT3gYc4AgABSQAFdmFsdWV4cgAQamF2YS5s"
    "YW5nLk51bWJlcoaslR0LlOCLAgAAeHD/////";
static const char a_byte[] =
    "rO0ABXNyAA5qYXZhLmxhbmcuQnl0ZZxOYITuUPUcAgABQgAFdmFsdWV4cgAQamF2YS5sYW5n"
    "Lk51bWJlcoaslR0LlOCLAgAAeHAB";

static shs_octets_t get(const char *base64)
{
    return java_check_octets(base64, strlen(base64), p);
}

START_TEST(java_boxed_read__reads_a_long_and_an_integer)
{
    apr_int64_t value;

    ck_assert(shs_java_boxed_read(&value, get(a_long)));
    ck_assert_int_eq(value, APR_INT64_C(1700000000000));
    ck_assert(shs_java_boxed_read(&value, get(an_integer)));
    ck_assert_int_eq(value, -1);
}
END_TEST

START_TEST(java_boxed_read__refuses_what_is_longer_or_shorter)
{
    shs_octets_t stream = get(a_long);
    apr_int64_t value;
    apr_size_t len;

    for (len = 0; len < stream.len; ++len) {
        ck_assert(!shs_java_boxed_read(&value, unit_exact(stream.data, len)));
    }
    ck_assert(!shs_java_boxed_read(&value, get(a_byte)));
}
END_TEST

/* A value, and whether an Integer may have it. */
static const struct {
    apr_int64_t value;
    int fits;
    const char *why;
} values[] = {
    { 0, 1, "zero" },
    { 1800, 1, "a timeout" },
    { -1, 1, "no timeout" },
    { 2147483647, 1, "the largest Integer" },
    { APR_INT64_C(2147483648), 0, "one more" },
    { APR_INT64_C(-2147483648), 1, "the smallest Integer" },
    { APR_INT64_C(-2147483649), 0, "one less" },
    { APR_INT64_C(1795251967974), 0, "a time" },
    { APR_INT64_MIN, 0, "the smallest Long" },
};

static void check_write(const char *base64, apr_int64_t value, int fits,
                        const char *why)
{
    char out[SHS_JAVA_BOXED_MAX];
    shs_octets_t like = get(base64);
    apr_size_t len = shs_java_boxed_write(out, value, like);
    apr_int64_t read;

    ck_assert_msg(len == (fits ? like.len : 0), "%s", why);
    if (fits) {
        const char *wrong =
            java_check_stream(unit_exact(out, len),
                              apr_psprintf(p, "%" APR_INT64_T_FMT, value), p);

        ck_assert_msg(!wrong, "%s: %s", why, wrong);
        ck_assert(shs_java_boxed_read(&read, unit_exact(out, len)));
        ck_assert_int_eq(read, value);
    }
}

START_TEST(java_boxed_write__writes_the_class_that_was_there)
{
    check_write(a_long, values[_i].value, 1, values[_i].why);
    check_write(an_integer, values[_i].value, values[_i].fits, values[_i].why);
    check_write(a_byte, values[_i].value, 0, values[_i].why);
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_test(tc, java_boxed_read__reads_a_long_and_an_integer);
    tcase_add_test(tc, java_boxed_read__refuses_what_is_longer_or_shorter);
    tcase_add_loop_test(tc, java_boxed_write__writes_the_class_that_was_there,
                        0, ROWS(values));
}

int main(void)
{
    return unit_main("java_boxed", add_tests);
}
