/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/stored_number.h"

#include "unit.h"

/* What the JDK writes before the octets of a number. */
#define LONG                                                                 \
    "\xac\xed\0\5sr\0\16java.lang.Long;\x8b\xe4\x90\xcc\x8f#\xdf\2\0\1J\0\5" \
    "valuexr\0\20java.lang.Number\x86\xac\x95\x1d\x0b\x94\xe0\x8b\2\0\0xp"
#define INTEGER                                                            \
    "\xac\xed\0\5sr\0\21java.lang.Integer\x12\xe2\xa0\xa4\xf7\x81\x87"     \
    "8\2\0\1I\0\5valuexr\0\20java.lang.Number\x86\xac\x95\x1d\x0b\x94\xe0" \
    "\x8b\2\0\0xp"

#define STORED(literal)              \
    {                                \
        literal, sizeof(literal) - 1 \
    }

static const struct {
    shs_octets_t stored;
    apr_int64_t number;
    shs_octets_t other; /* 1795874056290, or 0 */
    const char *why;
} forms[] = {
    { STORED(LONG "\0\0\1\xa1\xfd\x5b\x17\xe6"), APR_INT64_C(1795251967974),
      STORED(LONG "\0\0\1\xa2\x22\x6f\x68\x62"), "a Long of the JDK" },
    { STORED(INTEGER "\0\0\7\x08"), 1800, STORED(INTEGER "\0\0\0\0"),
      "an Integer of the JDK" },
    { STORED(INTEGER "\xff\xff\xff\xff"), -1, STORED(INTEGER "\0\0\0\0"),
      "a negative one" },
    { STORED("1795251967974"), APR_INT64_C(1795251967974),
      STORED("1795874056290"), "a decimal number" },
    { STORED("-1"), -1, STORED("1795874056290"), "a negative one" },
    { STORED("[\"java.lang.Long\",1795874506483]"), APR_INT64_C(1795874506483),
      STORED("[\"java.lang.Long\",1795874056290]"),
      "as Jackson's default typing has it" },
    { STORED("\x09\x96\xbb\xe7\xa7\xc4h"), APR_INT64_C(1795874942667),
      STORED("\x09\xc4\xa1\xfb\xa6\xc4h"), "a Long of Kryo" },
    { STORED("\2\x90\x1c"), 1800, STORED("\2\0"), "an Integer of Kryo" },
};

START_TEST(stored_number__keeps_the_form)
{
    apr_int64_t other = forms[_i].other.data[forms[_i].other.len - 1] == '\0'
                            ? 0
                            : APR_INT64_C(1795874056290);
    apr_int64_t number = 0;

    ck_assert_msg(shs_stored_number_read(&number, forms[_i].stored), "%s",
                  forms[_i].why);
    ck_assert_int_eq(number, forms[_i].number);
    ck_octets_eq(shs_stored_number_write(other, forms[_i].stored, p),
                 forms[_i].other, forms[_i].why);
}
END_TEST

static const char *const refused[] = {
    "",
    "-",
    "x",
    "1x",
    "1.5",
    "1e3",
    " 1",
    "1 ",
    "\"1\"",
    "null",
    "[",
    "[1]",
    "true",
    "[\"java.lang.Long\",]",
    "[\"java.lang.Long\",1",
    "[\"java.lang.Long\",1]]",
    "[\"java.lang.Double\",1]",
    "12345678901234567",
    "\xac\xed\0\5",
};

START_TEST(stored_number__refuses_what_is_not_an_integer)
{
    shs_octets_t stored = unit_text(refused[_i]);
    apr_int64_t number;

    ck_assert_msg(!shs_stored_number_read(&number, stored), "%s", refused[_i]);
    ck_assert_ptr_null(shs_stored_number_write(5, stored, p).data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, stored_number__keeps_the_form, 0, ROWS(forms));
    tcase_add_loop_test(tc, stored_number__refuses_what_is_not_an_integer, 0,
                        ROWS(refused));
}

int main(void)
{
    return unit_main("stored_number", add);
}
