/* SPDX-License-Identifier: Apache-2.0 */
#include "session/metadata.h"

#include "unit.h"

#define SECOND ((apr_interval_time_t)1000000)

static shs_metadata_t metadata_of(const char *name, shs_octets_t text)
{
    shs_metadata_t metadata;

    memset(&metadata, 0, sizeof(metadata));
    shs_metadata_read(&metadata, unit_text(name), text);
    return metadata;
}

static const struct {
    const char *name;
    int is_reserved;
    const char *why;
} names[] = {
    { "@created", 1, "known" },
    { "@whatever", 1, "reserved for later" },
    { "@", 1, "the sign alone" },
    { "", 0, "no name at all" },
    { "created", 0, "without the sign" },
    { "a@b", 0, "a sign inside" },
    { " @created", 0, "it begins with a space" },
};

START_TEST(metadata_is_reserved__is_true_behind_an_at_sign)
{
    ck_assert_msg(!!shs_metadata_is_reserved(unit_text(names[_i].name))
                      == names[_i].is_reserved,
                  "\"%s\": %s", names[_i].name, names[_i].why);
}
END_TEST

static const struct {
    const char *text;
    apr_time_t created_at; /* 0: not understood */
    const char *why;
} created[] = {
    { "1700000000123", 1700000000123000, "milliseconds become microseconds" },
    { "1700000000123.0", 1700000000123000, "as a language of doubles says it" },
    { "999999999999999", 999999999999999000, "the longest number" },
    { "9999999999999999", 0, "a longer one, which would overflow" },
    { "99999999999999999999999999", 0, "one that overflows everything" },
    { "", 0, "nothing" },
    { "-1", 0, "before the epoch" },
    { "+1", 0, "a sign" },
    { " 1", 0, "white space" },
    { "1700000000123x", 0, "something behind" },
    { "1.7e12", 1000, "no exponents, but that is 1 and a fraction" },
    { "yesterday", 0, "words" },
};

START_TEST(metadata_read__created_is_milliseconds)
{
    shs_metadata_t metadata =
        metadata_of("@created", unit_text(created[_i].text));

    ck_assert_msg(metadata.created_at == created[_i].created_at,
                  "\"%s\" is %" APR_TIME_T_FMT ": %s", created[_i].text,
                  metadata.created_at, created[_i].why);
    ck_assert_int_eq(metadata.idle, 0);
    ck_assert_int_eq(metadata.is_rotated, 0);
}
END_TEST

static const struct {
    const char *text;
    apr_interval_time_t idle; /* 0: not understood */
    const char *why;
} idles[] = {
    { "1800", 1800 * SECOND, "seconds become microseconds" },
    { "1800.0", 1800 * SECOND, "as a language of doubles says it" },
    { "0", 0, "none" },
    { "4611686018427", 4611686018427 * SECOND,
      "with a touch interval it can still be counted" },
    { "4611686018428", 0, "one second more" },
    { "9223372036855", 0, "a time in the past" },
    { "999999999999999", 0, "the longest number" },
    { "-1", 0, "a sign" },
    { "30m", 0, "a unit" },
    { "", 0, "nothing" },
};

START_TEST(metadata_read__max_is_seconds)
{
    shs_metadata_t metadata = metadata_of("@max", unit_text(idles[_i].text));

    ck_assert_msg(metadata.idle == idles[_i].idle,
                  "\"%s\" is %" APR_TIME_T_FMT ": %s", idles[_i].text,
                  metadata.idle, idles[_i].why);
    ck_assert_int_eq(metadata.created_at, 0);
    ck_assert_int_eq(metadata.is_rotated, 0);
}
END_TEST

START_TEST(metadata_read__rotated_has_a_successor_or_none)
{
    shs_octets_t key = unit_text("session:next");
    shs_metadata_t metadata = metadata_of("@rotated", key);

    ck_assert_int_ne(metadata.is_rotated, 0);
    ck_assert_ptr_eq(metadata.successor.data, key.data);
    ck_assert_uint_eq(metadata.successor.len, key.len);
    metadata = metadata_of("@rotated", unit_text(""));
    ck_assert_int_ne(metadata.is_rotated, 0);
    ck_assert_uint_eq(metadata.successor.len, 0);
}
END_TEST

static const char *const unknown[] = { "@accessed", "@user", "@max2",    "@ma",
                                       "@CREATED",  "@",     "@rotated " };

START_TEST(metadata_read__ignores_unknown_names)
{
    shs_metadata_t metadata =
        metadata_of(unknown[_i], unit_text("1700000000123"));
    shs_metadata_t nothing;

    memset(&nothing, 0, sizeof(nothing));
    ck_assert_int_eq(memcmp(&metadata, &nothing, sizeof(metadata)), 0);
}
END_TEST

/* A session that was written by hand may have one malformed member. */
START_TEST(metadata_read__ignores_a_malformed_member_only)
{
    shs_metadata_t metadata = metadata_of("@created", unit_text("1000"));

    shs_metadata_read(&metadata, unit_text("@max"), unit_text("x"));
    shs_metadata_read(&metadata, unit_text("@rotated"), unit_text("k"));
    ck_assert_int_eq(metadata.created_at, SECOND);
    ck_assert_int_eq(metadata.idle, 0);
    ck_assert_int_ne(metadata.is_rotated, 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, metadata_is_reserved__is_true_behind_an_at_sign, 0,
                        ROWS(names));
    tcase_add_loop_test(tc, metadata_read__created_is_milliseconds, 0,
                        ROWS(created));
    tcase_add_loop_test(tc, metadata_read__max_is_seconds, 0, ROWS(idles));
    tcase_add_test(tc, metadata_read__rotated_has_a_successor_or_none);
    tcase_add_loop_test(tc, metadata_read__ignores_unknown_names, 0,
                        ROWS(unknown));
    tcase_add_test(tc, metadata_read__ignores_a_malformed_member_only);
}

int main(void)
{
    return unit_main("metadata", add);
}
