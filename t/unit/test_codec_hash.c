/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"

#include "unit.h"

static const shs_value_t *decode(apr_size_t *count,
                                 const shs_record_field_t *fields,
                                 apr_size_t fields_count)
{
    shs_record_t record = { 0 };
    shs_session_t *session = NULL;

    record.shape = SHS_SHAPE_FIELDS;
    record.fields = fields;
    record.count = fields_count;
    record.ttl = SHS_TTL_FOREVER;
    ck_assert_pstr_eq(shs_codec_decode(&session, &shs_codec_hash, &record,
                                       &shs_wanted_everything, p),
                      NULL);
    ck_assert_int_eq(shs_session_expiry(session), 0);
    ck_assert(shs_session_is_untyped(session));
    return shs_session_values(session, count);
}

START_TEST(codec_hash__makes_each_field_a_string_in_stored_order)
{
    shs_record_field_t fields[] = {
        { OCTETS("userId"), OCTETS("alice") },
        { OCTETS("n"), OCTETS("7") },
        { OCTETS("json"), OCTETS("{\"a\":1}") },
        { OCTETS("empty"), OCTETS("") },
    };
    apr_size_t count;
    const shs_value_t *values = decode(&count, fields, ROWS(fields));
    int i;

    ck_assert_uint_eq(count, ROWS(fields));
    for (i = 0; i < ROWS(fields); i++) {
        ck_assert_int_eq(values[i].kind, SHS_KIND_STRING);
        ck_octets_eq(values[i].name, fields[i].name, "name");
        ck_octets_eq(values[i].text, fields[i].value, "value");
        ck_assert_uint_eq(values[i].end, i + 1);
    }
}
END_TEST

static const struct {
    const char *name;
    int is_attribute;
    const char *why;
} names[] = {
    { "@created", 0, "reserved" },
    { "@accessed", 0, "reserved" },
    { "@max", 0, "reserved" },
    { "@user", 0, "reserved" },
    { "@whatever", 0, "reserved for later" },
    { "@id", 0, "would pass for a pseudo attribute" },
    { "@", 0, "the sign alone" },
    { "a@b", 1, "a sign inside" },
    { "user@", 1, "a sign at the end" },
    { " @created", 1, "it begins with a space" },
};

START_TEST(codec_hash__keeps_reserved_fields_out)
{
    shs_record_field_t fields[] = {
        { OCTETS("a"), OCTETS("1") },
        { unit_text(names[_i].name), OCTETS("x") },
        { OCTETS("b"), OCTETS("2") },
    };
    apr_size_t count;
    const shs_value_t *values = decode(&count, fields, ROWS(fields));

    ck_assert_msg(count == 2 + (apr_size_t)names[_i].is_attribute, "%s: %s",
                  names[_i].name, names[_i].why);
    ck_octets_eq(values[count - 1].name, OCTETS("b"), "the rest is whole");
    ck_assert_uint_eq(values[count - 1].end, count);
}
END_TEST

START_TEST(codec_hash__borrows_any_octets)
{
    shs_record_field_t field = { unit_exact("n\0m", 3),
                                 unit_exact("\0\r\n\xff\xc3", 5) };
    apr_size_t count;
    const shs_value_t *values = decode(&count, &field, 1);

    ck_assert_uint_eq(count, 1);
    ck_octets_eq(values[0].name, field.name, "a NUL in a name");
    ck_assert_ptr_eq(values[0].text.data, field.value.data);
    ck_assert_uint_eq(values[0].text.len, 5);
}
END_TEST

START_TEST(codec_hash__takes_a_thousand_fields)
{
    const apr_size_t many = 4096;
    shs_record_field_t *fields = apr_palloc(p, many * sizeof(*fields));
    apr_size_t count;
    apr_size_t i;

    for (i = 0; i < many; i++) {
        fields[i].name = unit_text(apr_psprintf(p, "n%d", (int)i));
        fields[i].value = OCTETS("v");
    }
    decode(&count, fields, many);
    ck_assert_uint_eq(count, many);
}
END_TEST

START_TEST(codec_hash__reads_an_empty_hash_as_an_empty_session)
{
    apr_size_t count;

    decode(&count, NULL, 0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(codec_hash__reads_the_metadata)
{
    shs_record_field_t fields[] = {
        { OCTETS("@created"), OCTETS("1700000000123") },
        { OCTETS("n"), OCTETS("v") },
        { OCTETS("@accessed"), OCTETS("1700000001000") },
        { OCTETS("@max"), OCTETS("1800") },
        { OCTETS("@rotated"), OCTETS("session:next") },
    };
    shs_record_t record = { 0 };
    shs_session_t *session = NULL;
    const shs_metadata_t *metadata;

    record.shape = SHS_SHAPE_FIELDS;
    record.fields = fields;
    record.count = ROWS(fields);
    ck_assert_pstr_eq(shs_codec_decode(&session, &shs_codec_hash, &record,
                                       &shs_wanted_everything, p),
                      NULL);
    metadata = shs_session_get_metadata(session);
    ck_assert_int_eq(metadata->created_at, 1700000000123000);
    ck_assert_int_eq(metadata->idle, 1800000000);
    ck_assert_int_ne(metadata->is_rotated, 0);
    ck_octets_eq(metadata->successor, OCTETS("session:next"), "the successor");
    ck_assert_uint_eq(shs_session_count(session), 1);
}
END_TEST

/* ------------------------------------------------------------------- edit */

/* The stored hash of these tests; "j" holds JSON, "t" does not. */
static const shs_record_field_t stored[] = {
    { { "@created", 8 }, { "1700000000123", 13 } },
    { { "a", 1 }, { "1", 1 } },
    { { "j", 1 }, { "{\"x\":1}", 7 } },
    { { "t", 1 }, { "text", 4 } },
};

static const char *edit(shs_edit_t *out, const shs_record_field_t *old,
                        apr_size_t old_count, const shs_change_t *change,
                        shs_codec_extent_t extent)
{
    shs_record_t record = { 0 };

    record.shape = SHS_SHAPE_FIELDS;
    record.fields = old;
    record.count = old_count;
    memset(out, 0xff, sizeof(*out));
    return shs_codec_edit(out, &shs_codec_hash, old ? &record : NULL, change,
                          extent, p);
}

/* The edit as "set a=1 ... remove b ... expect c=2 d!". */
static const char *show(const shs_edit_t *made)
{
    const char *shown = "set";
    apr_size_t i;

    for (i = 0; i < made->count; i++) {
        shown = apr_pstrcat(p, shown, " ", unit_show(made->fields[i].name), "=",
                            unit_show(made->fields[i].value), NULL);
    }
    shown = apr_pstrcat(p, shown, " remove", NULL);
    for (i = 0; i < made->name_count; i++) {
        shown = apr_pstrcat(p, shown, " ", unit_show(made->names[i]), NULL);
    }
    shown = apr_pstrcat(p, shown, " expect", NULL);
    for (i = 0; i < made->expected_count; i++) {
        shs_octets_t value = made->expected[i].value;

        shown = apr_pstrcat(p, shown, " ", unit_show(made->expected[i].name),
                            value.data ? "=" : "!",
                            value.data ? unit_show(value) : "", NULL);
    }
    ck_assert_uint_eq(made->string.len, 0);
    return shown;
}

/* One entry applied to the stored hash: as a change, and as a whole. */
static const struct {
    shs_change_kind_t kind;
    const char *name;
    const char *value;
    const char *changes;
    const char *whole;
    const char *why;
} edits[] = {
    { SHS_CHANGE_TEXT, "a", "2", "set a=2 remove expect",
      "set a=2 @created=1700000000123 j={\"x\":1} t=text remove expect",
      "text replaces, whatever was there" },
    { SHS_CHANGE_TEXT, "n", "", "set n= remove expect",
      "set n= @created=1700000000123 a=1 j={\"x\":1} t=text remove expect",
      "a new one, and empty text is something" },
    { SHS_CHANGE_TEXT, "j", "x", "set j=x remove expect",
      "set j=x @created=1700000000123 a=1 t=text remove expect",
      "text in place of JSON" },
    { SHS_CHANGE_JSON, "a", "[1,2]", "set a=[1,2] remove expect",
      "set a=[1,2] @created=1700000000123 j={\"x\":1} t=text remove expect",
      "what is no text is JSON" },
    { SHS_CHANGE_UNSET, "a", "", "set remove a expect",
      "set @created=1700000000123 j={\"x\":1} t=text remove expect",
      "a new key does not get it" },
    { SHS_CHANGE_UNSET, "n", "", "set remove n expect",
      "set @created=1700000000123 a=1 j={\"x\":1} t=text remove expect",
      "one that is not there" },
    { SHS_CHANGE_MERGE, "j", "{\"y\":2}",
      "set j={\"x\":1,\"y\":2} remove expect j={\"x\":1}",
      "set j={\"x\":1,\"y\":2} @created=1700000000123 a=1 t=text remove"
      " expect",
      "merged into what must still be there" },
    { SHS_CHANGE_MERGE, "j", "{\"x\":null}",
      "set j={} remove expect j={\"x\":1}",
      "set j={} @created=1700000000123 a=1 t=text remove expect",
      "an object that becomes empty stays" },
    { SHS_CHANGE_MERGE, "t", "{\"y\":2}",
      "set t={\"y\":2} remove expect t=text",
      "set t={\"y\":2} @created=1700000000123 a=1 j={\"x\":1} remove expect",
      "text counts as an empty object" },
    { SHS_CHANGE_MERGE, "n", "{\"y\":2}", "set n={\"y\":2} remove expect n!",
      "set n={\"y\":2} @created=1700000000123 a=1 j={\"x\":1} t=text remove"
      " expect",
      "what is not there must not come meanwhile" },
    { SHS_CHANGE_TEXT, "@rotated", "k", "set @rotated=k remove expect",
      "set @rotated=k @created=1700000000123 a=1 j={\"x\":1} t=text remove"
      " expect",
      "what it says of itself is written as all else" },
};

START_TEST(codec_hash_edit__writes_the_changes_or_the_whole)
{
    shs_change_t *change = shs_change_create(p);
    const char *got;
    shs_edit_t made;

    shs_change_add(change, edits[_i].kind, unit_text(edits[_i].name),
                   unit_text(edits[_i].value));
    ck_assert_pstr_eq(
        edit(&made, stored, ROWS(stored), change, SHS_CODEC_CHANGES), NULL);
    got = show(&made);
    ck_assert_msg(!strcmp(got, edits[_i].changes), "%s: %s", got,
                  edits[_i].why);
    ck_assert_pstr_eq(
        edit(&made, stored, ROWS(stored), change, SHS_CODEC_WHOLE), NULL);
    got = show(&made);
    ck_assert_msg(!strcmp(got, edits[_i].whole), "%s: %s", got, edits[_i].why);
}
END_TEST

START_TEST(codec_hash_edit__writes_many_entries_in_their_order)
{
    shs_change_t *change = shs_change_create(p);
    shs_edit_t made;

    shs_change_set(change, "z", "1");
    shs_change_add(change, SHS_CHANGE_UNSET, OCTETS("t"), OCTETS(""));
    shs_change_add(change, SHS_CHANGE_MERGE, OCTETS("j"),
                   unit_text("{\"y\":2}"));
    shs_change_add(change, SHS_CHANGE_MERGE, OCTETS("k"),
                   unit_text("{\"y\":2}"));
    shs_change_set(change, "b", "2");
    ck_assert_pstr_eq(
        edit(&made, stored, ROWS(stored), change, SHS_CODEC_CHANGES), NULL);
    ck_assert_str_eq(show(&made),
                     "set z=1 j={\"x\":1,\"y\":2} k={\"y\":2} b=2 remove t"
                     " expect j={\"x\":1} k!");
}
END_TEST

START_TEST(codec_hash_edit__creates_a_session)
{
    shs_change_t *change = shs_change_create(p);
    shs_edit_t made;

    shs_change_set(change, "@created", "1");
    shs_change_add(change, SHS_CHANGE_MERGE, OCTETS("j"),
                   unit_text("{\"y\":2,\"z\":null}"));
    shs_change_add(change, SHS_CHANGE_UNSET, OCTETS("u"), OCTETS(""));
    ck_assert_pstr_eq(edit(&made, NULL, 0, change, SHS_CODEC_WHOLE), NULL);
    ck_assert_str_eq(show(&made), "set @created=1 j={\"y\":2} remove expect");
}
END_TEST

/* A rotation without a change copies the session. */
START_TEST(codec_hash_edit__copies_with_an_empty_change)
{
    shs_edit_t made;

    ck_assert_pstr_eq(edit(&made, stored, ROWS(stored), shs_change_create(p),
                           SHS_CODEC_WHOLE),
                      NULL);
    ck_assert_str_eq(show(&made), "set @created=1700000000123 a=1 j={\"x\":1}"
                                  " t=text remove expect");
    ck_assert_pstr_eq(edit(&made, stored, ROWS(stored), shs_change_create(p),
                           SHS_CODEC_CHANGES),
                      NULL);
    ck_assert_str_eq(show(&made), "set remove expect");
}
END_TEST

START_TEST(codec_hash_edit__holds_any_octets)
{
    shs_record_field_t old = { unit_exact("n\0m", 3), unit_exact("\xff", 1) };
    shs_change_t *change = shs_change_create(p);
    shs_edit_t made;

    shs_change_add(change, SHS_CHANGE_TEXT, unit_exact("n\0", 2),
                   unit_exact("\0\r\n\xff", 4));
    ck_assert_pstr_eq(edit(&made, &old, 1, change, SHS_CODEC_WHOLE), NULL);
    ck_assert_str_eq(show(&made), "set n\\x00=\\x00\\x0d\\x0a\\xff"
                                  " n\\x00m=\\xff remove expect");
}
END_TEST

START_TEST(codec_hash_edit__refuses_an_impossible_merge)
{
    shs_record_field_t old = { OCTETS("j"), OCTETS("{\"SECRET\":1e400}") };
    shs_change_t *change = shs_change_create(p);
    shs_edit_t made;
    const char *wrong;

    shs_change_add(change, SHS_CHANGE_MERGE, OCTETS("j"),
                   unit_text("{\"y\":2}"));
    wrong =
        edit(&made, &old, 1, change, _i ? SHS_CODEC_WHOLE : SHS_CODEC_CHANGES);
    ck_assert(wrong && *wrong);
    ck_assert_ptr_null(strstr(wrong, "SECRET"));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, codec_hash__makes_each_field_a_string_in_stored_order);
    tcase_add_loop_test(tc, codec_hash__keeps_reserved_fields_out, 0,
                        ROWS(names));
    tcase_add_test(tc, codec_hash__borrows_any_octets);
    tcase_add_test(tc, codec_hash__takes_a_thousand_fields);
    tcase_add_test(tc, codec_hash__reads_an_empty_hash_as_an_empty_session);
    tcase_add_test(tc, codec_hash__reads_the_metadata);
    tcase_add_loop_test(tc, codec_hash_edit__writes_the_changes_or_the_whole, 0,
                        ROWS(edits));
    tcase_add_test(tc, codec_hash_edit__writes_many_entries_in_their_order);
    tcase_add_test(tc, codec_hash_edit__creates_a_session);
    tcase_add_test(tc, codec_hash_edit__copies_with_an_empty_change);
    tcase_add_test(tc, codec_hash_edit__holds_any_octets);
    tcase_add_loop_test(tc, codec_hash_edit__refuses_an_impossible_merge, 0, 2);
}

int main(void)
{
    return unit_main("codec_hash", add);
}
