/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"

#include "unit.h"

static const char *decode(shs_session_t **out, shs_octets_t string)
{
    shs_record_t record = { 0 };

    *out = NULL;
    record.shape = SHS_SHAPE_STRING;
    record.string = string;
    record.ttl = SHS_TTL_FOREVER;
    return shs_codec_decode(out, &shs_codec_form, &record, p);
}

static shs_session_t *decoded(const char *text)
{
    shs_session_t *session;
    const char *wrong = decode(&session, unit_text(text));

    ck_assert_msg(!wrong, "%s: %s", text, wrong);
    return session;
}

static const struct {
    const char *text;
    const char *name;
    apr_size_t name_len; /* 0: strlen */
    const char *value;   /* NULL: no such attribute */
    apr_size_t value_len;
    const char *why;
} pairs[] = {
    { "n=v", "n", 0, "v", 0, "one pair" },
    { "a=1&n=v&b=2", "n", 0, "v", 0, "among others" },
    { "n=a+b", "n", 0, "a b", 0, "a plus is a space" },
    { "n=a%2Bb", "n", 0, "a+b", 0, "a plus that was meant" },
    { "n=%C3%A9", "n", 0, "\xc3\xa9", 0, "UTF-8" },
    { "n=%ff", "n", 0, "\xff", 0, "lower-case digits, no UTF-8" },
    { "n=a%00b", "n", 0, "a\0b", 3, "a NUL is an octet" },
    { "n=%0D%0A", "n", 0, "\r\n", 0, "judged by others" },
    { "n=a%26b%3Dc", "n", 0, "a&b=c", 0, "separators that were meant" },
    { "n=a=b", "n", 0, "a=b", 0, "the first equals sign separates" },
    { "a%20b=v", "a b", 0, "v", 0, "a name is decoded too" },
    { "a+b=v", "a b", 0, "v", 0, "a name is decoded too" },
    { "a%00b=v", "a\0b", 3, "v", 0, "a NUL in a name" },
    { "a%3Db=v", "a=b", 0, "v", 0, "an equals sign in a name" },
    { "n=", "n", 0, "", 0, "an empty value" },
    { "n=1&n=2", "n", 0, "2", 0, "the last of two equal names" },
    { "N=v", "n", 0, NULL, 0, "case counts" },
    { "n=v&expiry=1700000000000000", "expiry", 0, NULL, 0,
      "mod_session's own, no attribute" },
    { "&&n=v&&", "n", 0, "v", 0, "empty pairs" },
};

START_TEST(codec_form__reads_pairs)
{
    shs_session_t *session = decoded(pairs[_i].text);
    apr_size_t count;
    const shs_node_t *nodes = shs_session_nodes(session, &count);
    apr_size_t name_len =
        pairs[_i].name_len ? pairs[_i].name_len : strlen(pairs[_i].name);
    const shs_node_t *node =
        shs_session_find(session, 0, count, pairs[_i].name, name_len);
    shs_octets_t wanted;

    ck_assert(nodes || !count);
    if (!pairs[_i].value) {
        ck_assert_msg(!node, "%s", pairs[_i].why);
        return;
    }
    ck_assert_msg(node && node->kind == SHS_KIND_STRING, "%s", pairs[_i].why);
    wanted.data = pairs[_i].value;
    wanted.len =
        pairs[_i].value_len ? pairs[_i].value_len : strlen(pairs[_i].value);
    ck_octets_eq(node->text, wanted, pairs[_i].why);
}
END_TEST

static const struct {
    const char *text;
    int len; /* 0: strlen(text) */
    const char *why;
} malformed[] = {
    { "n=%", 0, "no digits" },
    { "n=%4", 0, "one digit" },
    { "n=%zz", 0, "no hexadecimal digits" },
    { "%=v", 0, "no digits in a name" },
    { "n=%4&m=1", 0, "digits do not reach over a separator" },
    { "a=1&SECRET=%SE", 0, "behind a good pair" },
    { "n=v&expiry=SECRET", 0, "an expiry that is no number" },
    { "n=v&expiry=", 0, "an expiry that says nothing" },
    { "n=v&expiry=17e9", 0, "an expiry that is no whole number" },
    { "n=v&expiry=99999999999999999999999", 0, "an expiry that overflows" },
};

START_TEST(codec_form__calls_malformed_what_is_no_form)
{
    shs_session_t *session;
    const char *wrong = decode(&session, unit_text(malformed[_i].text));

    ck_assert_msg(wrong && *wrong, "\"%s\" was taken: %s", malformed[_i].text,
                  malformed[_i].why);
    ck_assert_msg(!strstr(wrong, "SE"), "the reason tells: %s", wrong);
}
END_TEST

static const struct {
    const char *text;
    apr_time_t expiry;
    apr_size_t count;
    const char *why;
} expiries[] = {
    { "n=v", 0, 1, "none is said" },
    { "expiry=1700000000123456&n=v", 1700000000123456, 1, "first" },
    { "n=v&expiry=1700000000123456", 1700000000123456, 1, "last" },
    { "expiry=1700000000123456", 1700000000123456, 0, "alone" },
    { "xexpiry=1700000000123456", 0, 1, "another name" },
    { "expiryx=1700000000123456", 0, 1, "another name" },
    { "n=expiry%3D1700000000123456", 0, 1, "a value" },
};

START_TEST(codec_form__takes_the_expiry_as_mod_session_writes_it)
{
    shs_session_t *session = decoded(expiries[_i].text);

    ck_assert_msg(shs_session_expiry(session) == expiries[_i].expiry, "%s",
                  expiries[_i].why);
    ck_assert_msg(shs_session_count(session) == expiries[_i].count, "%s",
                  expiries[_i].why);
}
END_TEST

START_TEST(codec_form__keeps_the_order)
{
    shs_session_t *session = decoded("z=1&a=2&m=3");
    apr_size_t count;
    const shs_node_t *nodes = shs_session_nodes(session, &count);

    ck_assert_uint_eq(count, 3);
    ck_octets_eq(nodes[0].name, OCTETS("z"), "first");
    ck_octets_eq(nodes[1].name, OCTETS("a"), "second");
    ck_octets_eq(nodes[2].name, OCTETS("m"), "third");
}
END_TEST

START_TEST(codec_form__leaves_no_name_twice)
{
    shs_session_t *session = decoded("n=1&a=2&%6e=3&n=4&N=5");
    apr_size_t count;
    const shs_node_t *nodes = shs_session_nodes(session, &count);

    ck_assert_uint_eq(count, 3);
    ck_octets_eq(nodes[0].name, OCTETS("n"), "where it was first");
    ck_octets_eq(nodes[0].text, OCTETS("4"), "the last one counts");
    ck_octets_eq(nodes[1].text, OCTETS("2"), "the others are untouched");
    ck_octets_eq(nodes[2].text, OCTETS("5"), "another name");
}
END_TEST

START_TEST(codec_form__leaves_the_record_as_it_is)
{
    shs_octets_t text = unit_text("a%20b=c%20d&e+f=g+h");
    shs_octets_t copy = unit_exact(text.data, text.len);
    shs_session_t *session;

    ck_assert_pstr_eq(decode(&session, text), NULL);
    ck_octets_eq(text, copy, "a decoder is pure");
}
END_TEST

START_TEST(codec_form__takes_a_thousand_pairs)
{
    const int many = 1000;
    char *text = apr_pcalloc(p, (apr_size_t)many * 16);
    int i;

    for (i = 0; i < many; i++) {
        apr_snprintf(text + strlen(text), 16, "%sn%d=v%%20%d", i ? "&" : "", i,
                     i);
    }
    ck_assert_uint_eq(shs_session_count(decoded(text)), many);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, codec_form__reads_pairs, 0, ROWS(pairs));
    tcase_add_loop_test(tc, codec_form__calls_malformed_what_is_no_form, 0,
                        ROWS(malformed));
    tcase_add_loop_test(tc,
                        codec_form__takes_the_expiry_as_mod_session_writes_it,
                        0, ROWS(expiries));
    tcase_add_test(tc, codec_form__keeps_the_order);
    tcase_add_test(tc, codec_form__leaves_no_name_twice);
    tcase_add_test(tc, codec_form__leaves_the_record_as_it_is);
    tcase_add_test(tc, codec_form__takes_a_thousand_pairs);
}

int main(void)
{
    return unit_main("codec_form", add);
}
