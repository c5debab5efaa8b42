/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"

#include <sys/resource.h>

#include "string_edit.h"
#include "unit.h"

static const char *decode(shs_session_t **out, shs_octets_t string)
{
    shs_record_t record = { 0 };

    *out = NULL;
    record.shape = SHS_SHAPE_STRING;
    record.string = string;
    record.ttl = SHS_TTL_FOREVER;
    return shs_codec_decode(out, &shs_codec_form, &record,
                            &shs_wanted_everything, p);
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
    const shs_value_t *values = shs_session_values(session, &count);
    apr_size_t name_len =
        pairs[_i].name_len ? pairs[_i].name_len : strlen(pairs[_i].name);
    const shs_value_t *attribute =
        shs_session_find(session, 0, count, pairs[_i].name, name_len);
    shs_octets_t wanted;

    ck_assert(values || !count);
    if (!pairs[_i].value) {
        ck_assert_msg(!attribute, "%s", pairs[_i].why);
        return;
    }
    ck_assert_msg(attribute && attribute->kind == SHS_KIND_STRING, "%s",
                  pairs[_i].why);
    wanted.data = pairs[_i].value;
    wanted.len =
        pairs[_i].value_len ? pairs[_i].value_len : strlen(pairs[_i].value);
    ck_octets_eq(attribute->text, wanted, pairs[_i].why);
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
    { "n=v&expiry=SECRET", 0, "an expiry that is not a number" },
    { "n=v&expiry=", 0, "an expiry that says nothing" },
    { "n=v&expiry=17e9", 0, "an expiry that is not a whole number" },
    { "n=v&expiry=99999999999999999999999", 0, "an expiry that overflows" },
    { "{\"name\":\"x&userId=admin&y=\"}", 0, "a JSON object with pairs in it" },
    { " \r\n\t{\"a\":1}", 0, "a JSON object behind white space" },
};

START_TEST(codec_form__refuses_a_value_that_is_no_form)
{
    shs_session_t *session;
    const char *wrong = decode(&session, unit_text(malformed[_i].text));

    ck_assert_msg(wrong && *wrong, "\"%s\" was taken: %s", malformed[_i].text,
                  malformed[_i].why);
    ck_assert_msg(!strstr(wrong, "SE"), "the reason repeats: %s", wrong);
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
    const shs_value_t *values = shs_session_values(session, &count);

    ck_assert_uint_eq(count, 3);
    ck_octets_eq(values[0].name, OCTETS("z"), "first");
    ck_octets_eq(values[1].name, OCTETS("a"), "second");
    ck_octets_eq(values[2].name, OCTETS("m"), "third");
}
END_TEST

START_TEST(codec_form__keeps_the_last_value_of_a_name)
{
    shs_session_t *session = decoded("n=1&a=2&%6e=3&n=4&N=5");
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);

    ck_assert_uint_eq(count, 3);
    ck_octets_eq(values[0].name, OCTETS("n"), "where it was first");
    ck_octets_eq(values[0].text, OCTETS("4"), "the last one counts");
    ck_octets_eq(values[1].text, OCTETS("2"), "the others are untouched");
    ck_octets_eq(values[2].text, OCTETS("5"), "another name");
}
END_TEST

START_TEST(codec_form__does_not_change_the_record)
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

static const struct {
    const char *text;
    apr_time_t created_at;
    apr_interval_time_t idle;
    const char *successor; /* NULL: it was not rotated */
    const char *why;
} lives[] = {
    { "n=v", 0, 0, NULL, "it says nothing" },
    { "%40created=1700000000123&n=v&%40max=1800", 1700000000123000, 1800000000,
      NULL, "as we write it" },
    { "n=v&@created=1700000000123", 1700000000123000, 0, NULL,
      "as another may write it" },
    { "%40max=1&n=v&%40max=2", 0, 2000000, NULL, "the last one counts" },
    { "%40rotated=session%3Anext&n=v", 0, 0, "session:next",
      "the key of its successor" },
    { "n=v&%40rotated=", 0, 0, "", "no client may follow" },
    { "n=v&%40rotated", 0, 0, "", "without an equals sign" },
    { "n=%40rotated%3Dk", 0, 0, NULL, "a value" },
};

START_TEST(codec_form__reads_the_metadata)
{
    shs_session_t *session = decoded(lives[_i].text);
    const shs_metadata_t *metadata = shs_session_get_metadata(session);

    ck_assert_msg(metadata->created_at == lives[_i].created_at, "%s",
                  lives[_i].why);
    ck_assert_msg(metadata->idle == lives[_i].idle, "%s", lives[_i].why);
    ck_assert_msg(!!metadata->is_rotated == (lives[_i].successor != NULL), "%s",
                  lives[_i].why);
    if (lives[_i].successor) {
        ck_octets_eq(metadata->successor, unit_text(lives[_i].successor),
                     lives[_i].why);
    }
    ck_assert_uint_eq(shs_session_count(session), 1);
}
END_TEST

/* ------------------------------------------------------------------- edit */

/* Changes "n" in the stored value. */
static const struct {
    const char *old; /* NULL: there is none yet */
    shs_change_kind_t kind;
    const char *value;
    const char *edited;
    const char *why;
} edits[] = {
    { "a=1&n=v&b=2", SHS_CHANGE_TEXT, "x y", "a=1&n=x+y&b=2", "in its place" },
    { "a=1", SHS_CHANGE_TEXT, "v", "a=1&n=v", "a new one" },
    { "a=1&n=v", SHS_CHANGE_TEXT, "", "a=1&n=", "empty text is something" },
    { "n=1&a=1&n=2", SHS_CHANGE_TEXT, "v", "n=v&a=1", "of two one is left" },
    { "a=1&b=1&a=2", SHS_CHANGE_TEXT, "v", "a=2&b=1&n=v",
      "of others too, and the last one counts" },
    { "a=1&n=v&b=2", SHS_CHANGE_UNSET, "", "a=1&b=2", "it goes" },
    { "n=v", SHS_CHANGE_UNSET, "", "", "the last of all" },
    { "a=1", SHS_CHANGE_UNSET, "", "a=1", "it was not there" },
    { "a=1&n=v", SHS_CHANGE_JSON, "[1,2]", "a=1&n=%5B1%2C2%5D",
      "what is no text is JSON" },
    { "n=%7B%22x%22%3A1%7D&a=1", SHS_CHANGE_MERGE, "{\"y\":2}",
      "n=%7B%22x%22%3A1%2C%22y%22%3A2%7D&a=1", "merged" },
    { "n=text", SHS_CHANGE_MERGE, "{\"y\":2}", "n=%7B%22y%22%3A2%7D",
      "text counts as an empty object" },
    { "a=1", SHS_CHANGE_MERGE, "{\"y\":2}", "a=1&n=%7B%22y%22%3A2%7D",
      "so does nothing" },
    { NULL, SHS_CHANGE_TEXT, "v", "n=v", "a session of nothing" },
    { NULL, SHS_CHANGE_MERGE, "{\"y\":null}", "n=%7B%7D",
      "merged into nothing" },
    { NULL, SHS_CHANGE_UNSET, "", "", "nothing of nothing" },
    { "", SHS_CHANGE_TEXT, "v", "n=v", "an empty one" },
    { "a&&b=%00%ff&", SHS_CHANGE_TEXT, "v", "a=&b=%00%FF&n=v",
      "the rest is written as we write it" },
    { "expiry=1700000000123456&a=1", SHS_CHANGE_TEXT, "v",
      "expiry=1700000000123456&a=1&n=v", "mod_session's time is kept" },
    { "%40created=1&a=1", SHS_CHANGE_TEXT, "v", "%40created=1&a=1&n=v",
      "what it says of itself is kept" },
};

START_TEST(codec_form_edit__changes_one_pair_only)
{
    ck_edited(
        &shs_codec_form, edits[_i].old,
        string_change(edits[_i].kind, OCTETS("n"), unit_text(edits[_i].value)),
        edits[_i].edited, edits[_i].why);
}
END_TEST

START_TEST(codec_form_edit__applies_all_entries)
{
    shs_change_t *change = shs_change_create(p);

    shs_change_add(change, SHS_CHANGE_UNSET, OCTETS("a"), OCTETS(""));
    shs_change_set(change, "@rotated", "session:next");
    shs_change_set(change, "z", "1");
    shs_change_add(change, SHS_CHANGE_MERGE, OCTETS("m"), OCTETS("{}"));
    ck_edited(&shs_codec_form, "a=1&b=2", change,
              "%40rotated=session%3Anext&b=2&z=1&m=%7B%7D",
              "one after the other, but first that it was rotated");
    ck_edited(&shs_codec_form, "x@rotated=1&a=1&%40rotated=", change,
              "%40rotated=session%3Anext&x%40rotated=1&z=1&m=%7B%7D",
              "also if it says so elsewhere");
    ck_octets_eq(shs_codec_rotated(&shs_codec_form), OCTETS("%40rotated="),
                 "how it begins then");
    ck_edited(&shs_codec_form, "a=1", shs_change_create(p), "a=1", "or none");
}
END_TEST

START_TEST(codec_form_edit__holds_any_octets)
{
    ck_edited(&shs_codec_form, "a=1",
              string_change(SHS_CHANGE_TEXT, OCTETS("\0\xff=&"),
                            OCTETS("\0\r\n\xff")),
              "a=1&%00%FF%3D%26=%00%0D%0A%FF", "in a name and a value");
}
END_TEST

static long most_kib(void)
{
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

/* The default SharedSessionMaxSize allows so many pairs, and a pool frees
 * nothing before the request ends. */
START_TEST(codec_form_edit__allocates_each_pair_once)
{
    const int many = 10000;
    char *old = apr_pcalloc(p, (apr_size_t)many * 8 + 1);
    char *at = old;
    long before;
    shs_octets_t got;
    int i;

    for (i = 0; i < many; i++) {
        at += apr_snprintf(at, 8, "%x&", i);
    }
    before = most_kib();
    ck_assert_pstr_eq(
        string_edit(&got, &shs_codec_form, old,
                    string_change(SHS_CHANGE_TEXT, OCTETS("n"), OCTETS("v")),
                    SHS_CODEC_CHANGES),
        NULL);
    ck_assert_int_lt(most_kib() - before, 32 * 1024);
}
END_TEST

static const struct {
    const char *old;
    shs_change_kind_t kind;
    const char *name;
    const char *value;
    const char *why;
} impossible[] = {
    { "a=1", SHS_CHANGE_TEXT, "expiry", "SECRET",
      "an attribute that mod_session would take for a time" },
    { "a=1", SHS_CHANGE_TEXT, "expiry", "1700000000123456",
      "even if it is one" },
    { "expiry=1700000000123456", SHS_CHANGE_UNSET, "expiry", "",
      "and the time itself" },
    { "a=1", SHS_CHANGE_MERGE, "n", "SECRET", "a patch that is no JSON" },
    { "n=%7B%22SECRET%22%3A1e400%7D", SHS_CHANGE_MERGE, "n", "{\"y\":2}",
      "an object with a number that no double holds" },
    { "a=1", SHS_CHANGE_TEXT, "", "SECRET", "a pair without a name" },
};

START_TEST(codec_form_edit__refuses_what_a_form_cannot_hold)
{
    shs_octets_t got;
    const char *wrong = string_edit(
        &got, &shs_codec_form, impossible[_i].old,
        string_change(impossible[_i].kind, unit_text(impossible[_i].name),
                      unit_text(impossible[_i].value)),
        SHS_CODEC_CHANGES);

    ck_assert_msg(wrong && *wrong, "it was taken: %s", impossible[_i].why);
    ck_assert_msg(!strstr(wrong, "SECRET"), "the reason repeats: %s", wrong);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, codec_form__reads_pairs, 0, ROWS(pairs));
    tcase_add_loop_test(tc, codec_form__refuses_a_value_that_is_no_form, 0,
                        ROWS(malformed));
    tcase_add_loop_test(tc,
                        codec_form__takes_the_expiry_as_mod_session_writes_it,
                        0, ROWS(expiries));
    tcase_add_test(tc, codec_form__keeps_the_order);
    tcase_add_test(tc, codec_form__keeps_the_last_value_of_a_name);
    tcase_add_test(tc, codec_form__does_not_change_the_record);
    tcase_add_test(tc, codec_form__takes_a_thousand_pairs);
    tcase_add_loop_test(tc, codec_form__reads_the_metadata, 0, ROWS(lives));
    tcase_add_loop_test(tc, codec_form_edit__changes_one_pair_only, 0,
                        ROWS(edits));
    tcase_add_test(tc, codec_form_edit__applies_all_entries);
    tcase_add_test(tc, codec_form_edit__holds_any_octets);
    tcase_add_test(tc, codec_form_edit__allocates_each_pair_once);
    tcase_add_loop_test(tc, codec_form_edit__refuses_what_a_form_cannot_hold, 0,
                        ROWS(impossible));
}

int main(void)
{
    return unit_main("codec_form", add);
}
