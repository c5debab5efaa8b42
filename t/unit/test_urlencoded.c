/* SPDX-License-Identifier: Apache-2.0 */
#include "session/urlencoded.h"

#include "unit.h"

#define MOST 4096

typedef struct taken_t {
    shs_record_field_t pairs[MOST];
    int count;
    int refused; /* the pair that ends the reading, or -1 */
} taken_t;

static taken_t taken;

static const char *take(void *baton, shs_octets_t name, shs_octets_t value)
{
    taken_t *into = baton;

    if (into->count == into->refused) {
        return "that is enough";
    }
    ck_assert_int_lt(into->count, MOST);
    into->pairs[into->count].name = name;
    into->pairs[into->count++].value = value;
    return NULL;
}

static const char *read_up_to(shs_octets_t text, int refused)
{
    memset(&taken, 0, sizeof(taken));
    taken.refused = refused;
    return shs_urlencoded_decode(text, take, &taken, p);
}

static const char *read_all(shs_octets_t text)
{
    return read_up_to(text, -1);
}

/* The pairs that were decoded, as "name~value|", octets as unit_show() does. */
static const char *show_taken(void)
{
    const char *shown = "";
    int i;

    for (i = 0; i < taken.count; i++) {
        shown = apr_pstrcat(p, shown, unit_show(taken.pairs[i].name), "~",
                            unit_show(taken.pairs[i].value), "|", NULL);
    }
    return shown;
}

static const struct {
    const char *text;
    const char *pairs;
    const char *why;
} texts[] = {
    { "", "", "nothing" },
    { "n=v", "n~v|", "one pair" },
    { "userId=alice&userNm=Alice+Kim", "userId~alice|userNm~Alice Kim|",
      "two, in order" },
    { "b=1&a=2&b=3", "b~1|a~2|b~3|", "a name twice is taken twice" },
    { "n", "n~|", "no equals sign" },
    { "n=", "n~|", "an empty value" },
    { "n=a=b", "n~a=b|", "the first equals sign separates" },
    { "&&n=v&&m=w&", "n~v|m~w|", "empty pairs are passed over" },
    { "&", "", "an empty pair alone" },
    { "a%26b%3Dc=d%26e%3Df", "a&b=c~d&e=f|", "separators that were meant" },
    { "a+b=c%2Bd", "a b~c+d|", "a plus is a space, unless it was meant" },
    { "n=%00%ff%0d%0A", "n~\\x00\\xff\\x0d\\x0a|", "any octet" },
    { "%00=v", "\\x00~v|", "in a name too" },
};

START_TEST(urlencoded_decode__takes_each_pair_decoded_and_in_order)
{
    const char *wrong = read_all(unit_text(texts[_i].text));

    ck_assert_msg(!wrong, "%s: %s", texts[_i].why, wrong);
    ck_assert_msg(!strcmp(show_taken(), texts[_i].pairs), "%s: %s",
                  show_taken(), texts[_i].why);
}
END_TEST

static const struct {
    const char *text;
    int before; /* so many pairs are taken before */
    const char *why;
} malformed[] = {
    { "=SECRET", 0, "no name" },
    { "a=1&=SECRET&b=2", 1, "no name, among others" },
    { "=", 0, "neither name nor value" },
    { "n=SECRET%", 0, "no digits" },
    { "n=SECRET%4", 0, "one digit" },
    { "n=SECRET%g0", 0, "no hexadecimal digit" },
    { "SECRET%4=v", 0, "in a name" },
    { "n=%4&SECRET=1", 0, "digits do not reach over a separator" },
    { "a=1&b=2&c=%zz", 2, "behind good pairs" },
};

START_TEST(urlencoded_decode__refuses_with_a_reason)
{
    const char *wrong = read_all(unit_text(malformed[_i].text));

    ck_assert_msg(wrong && *wrong, "\"%s\" was taken: %s", malformed[_i].text,
                  malformed[_i].why);
    ck_assert_msg(!strstr(wrong, "SECRET"), "the reason repeats: %s", wrong);
    ck_assert_msg(taken.count == malformed[_i].before, "%s", malformed[_i].why);
}
END_TEST

START_TEST(urlencoded_decode__ends_at_an_error)
{
    ck_assert_pstr_eq(read_up_to(unit_text("a=1&b=2&c=3"), 1),
                      "that is enough");
    ck_assert_str_eq(show_taken(), "a~1|");
}
END_TEST

START_TEST(urlencoded_decode__copies_every_pair)
{
    ck_assert_pstr_eq(read_all(unit_text("a&b&c=&d=x&e")), NULL);
    ck_assert_str_eq(show_taken(), "a~|b~|c~|d~x|e~|");
    ck_assert_ptr_nonnull(taken.pairs[0].value.data);
}
END_TEST

START_TEST(urlencoded_decode__does_not_change_the_text)
{
    shs_octets_t text = unit_text("a%20b=c+d");
    shs_octets_t copy = unit_exact(text.data, text.len);

    ck_assert_pstr_eq(read_all(text), NULL);
    ck_octets_eq(text, copy, "it is the store's");
}
END_TEST

static shs_octets_t written(shs_octets_t name, shs_octets_t value)
{
    shs_record_field_t pair = { name, value };

    return shs_urlencoded_encode(&pair, 1, p);
}

/* As the standard says, letters, digits and these are not escaped. */
START_TEST(urlencoded_encode__escapes_no_more_than_needed)
{
    char octet = (char)_i;
    shs_octets_t one = unit_exact(&octet, 1);
    int is_plain = (_i >= '0' && _i <= '9') || (_i >= 'A' && _i <= 'Z')
                   || (_i >= 'a' && _i <= 'z') || (_i && strchr("-._*", _i));
    const char *wanted = _i == ' '  ? "+"
                         : is_plain ? apr_psprintf(p, "%c", _i)
                                    : apr_psprintf(p, "%%%02X", _i);

    ck_octets_eq(written(one, OCTETS("")),
                 unit_text(apr_pstrcat(p, wanted, "=", NULL)), "in a name");
    ck_octets_eq(written(OCTETS("n"), one),
                 unit_text(apr_pstrcat(p, "n=", wanted, NULL)), "in a value");
}
END_TEST

START_TEST(urlencoded_encode__separates_pairs_and_omits_removed_ones)
{
    shs_record_field_t pairs[] = {
        { OCTETS("x"), { NULL, 0 } },   { OCTETS("a"), OCTETS("1") },
        { OCTETS("y"), { NULL, 0 } },   { OCTETS("b"), OCTETS("") },
        { OCTETS("c"), OCTETS("x y") }, { OCTETS("z"), { NULL, 0 } },
    };

    ck_octets_eq(shs_urlencoded_encode(pairs, ROWS(pairs), p),
                 OCTETS("a=1&b=&c=x+y"), "one & between two");
    ck_octets_eq(shs_urlencoded_encode(pairs, 1, p), OCTETS(""),
                 "nothing is left");
    ck_octets_eq(shs_urlencoded_encode(NULL, 0, p), OCTETS(""),
                 "nothing at all");
}
END_TEST

START_TEST(urlencoded_encode__decodes_to_the_same)
{
    shs_record_field_t pairs[256];
    char octets[256];
    int i;

    for (i = 0; i < 256; i++) {
        octets[i] = (char)i;
        pairs[i].name.data = octets + i;
        pairs[i].name.len = (apr_size_t)(256 - i);
        pairs[i].value.data = octets;
        pairs[i].value.len = (apr_size_t)i;
    }
    ck_assert_pstr_eq(read_all(shs_urlencoded_encode(pairs, 256, p)), NULL);
    ck_assert_int_eq(taken.count, 256);
    for (i = 0; i < 256; i++) {
        ck_octets_eq(taken.pairs[i].name, pairs[i].name, "the name");
        ck_octets_eq(taken.pairs[i].value, pairs[i].value, "the value");
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc,
                        urlencoded_decode__takes_each_pair_decoded_and_in_order,
                        0, ROWS(texts));
    tcase_add_loop_test(tc, urlencoded_decode__refuses_with_a_reason, 0,
                        ROWS(malformed));
    tcase_add_test(tc, urlencoded_decode__ends_at_an_error);
    tcase_add_test(tc, urlencoded_decode__copies_every_pair);
    tcase_add_test(tc, urlencoded_decode__does_not_change_the_text);
    tcase_add_loop_test(tc, urlencoded_encode__escapes_no_more_than_needed, 0,
                        256);
    tcase_add_test(tc,
                   urlencoded_encode__separates_pairs_and_omits_removed_ones);
    tcase_add_test(tc, urlencoded_encode__decodes_to_the_same);
}

int main(void)
{
    return unit_main("urlencoded", add);
}
