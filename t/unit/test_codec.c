/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"

#include "unit.h"

static const struct {
    const char *name;
    shs_shape_t shape;
    const shs_codec_t *codec;
} formats[] = {
    { "hash", SHS_SHAPE_FIELDS, &shs_codec_hash },
    { "json", SHS_SHAPE_STRING, &shs_codec_json },
    { "form", SHS_SHAPE_STRING, &shs_codec_form },
};

START_TEST(codec_find__finds_each_format)
{
    const shs_codec_t *codec = shs_codec_find(formats[_i].name);

    ck_assert_ptr_eq(codec, formats[_i].codec);
    ck_assert_str_eq(codec->name, formats[_i].name);
    ck_assert_int_eq(shs_codec_shape(codec), formats[_i].shape);
}
END_TEST

static const char *const unknown[] = {
    "", "xml", "hashh", "has", "json ", "php"
};

START_TEST(codec_find__is_null_for_an_unknown_name)
{
    ck_assert_ptr_null(shs_codec_find(unknown[_i]));
}
END_TEST

START_TEST(codec_describe_names__names_them_all)
{
    int i;

    for (i = 0; i < ROWS(formats); i++) {
        ck_assert_ptr_nonnull(
            strstr(shs_codec_describe_names(p), formats[i].name));
    }
}
END_TEST

START_TEST(codec_decode__decodes_by_the_format)
{
    static const char *const texts[] = { NULL, "{\"n\":\"v\"}", "n=v" };
    shs_record_field_t field = { OCTETS("n"), OCTETS("v") };
    shs_record_t record = { 0 };
    shs_session_t *session = NULL;
    const shs_value_t *value;

    record.shape = formats[_i].shape;
    record.ttl = SHS_TTL_FOREVER;
    if (texts[_i]) {
        record.string = unit_text(texts[_i]);
    }
    else {
        record.fields = &field;
        record.count = 1;
    }
    ck_assert_pstr_eq(shs_codec_decode(&session, formats[_i].codec, &record,
                                       &shs_wanted_everything, p),
                      NULL);
    value = shs_session_find(session, 0, 1, "n", 1);
    ck_assert_ptr_nonnull(value);
    ck_assert_int_eq(value->kind, SHS_KIND_STRING);
    ck_octets_eq(value->text, OCTETS("v"), formats[_i].name);
}
END_TEST

/* A value that was edited decodes to the change, in every format. */
START_TEST(codec_edit__makes_a_value_that_decodes)
{
    shs_change_t *change = shs_change_create(p);
    shs_record_t record = { 0 };
    shs_session_t *session = NULL;
    const shs_value_t *values;
    apr_size_t count;
    shs_edit_t made;

    shs_change_add(change, SHS_CHANGE_JSON, OCTETS("@created"),
                   OCTETS("1700000000123"));
    shs_change_add(change, SHS_CHANGE_JSON, OCTETS("@max"), OCTETS("1800"));
    shs_change_set(change, "n", "a \"b\" &=%+");
    shs_change_add(change, SHS_CHANGE_TEXT, OCTETS("m"), OCTETS(""));
    ck_assert_pstr_eq(shs_codec_edit(&made, formats[_i].codec, NULL, change,
                                     SHS_CODEC_WHOLE, p),
                      NULL);
    record.shape = formats[_i].shape;
    record.string = made.string;
    record.fields = made.fields;
    record.count = made.count;
    ck_assert_pstr_eq(shs_codec_decode(&session, formats[_i].codec, &record,
                                       &shs_wanted_everything, p),
                      NULL);
    values = shs_session_values(session, &count);
    ck_assert_uint_eq(count, 2);
    ck_octets_eq(values[0].text, OCTETS("a \"b\" &=%+"), formats[_i].name);
    ck_assert_uint_eq(values[1].text.len, 0);
    ck_assert_int_eq(shs_session_get_metadata(session)->created_at,
                     1700000000123000);
    ck_assert_int_eq(shs_session_get_metadata(session)->idle, 1800000000);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, codec_find__finds_each_format, 0, ROWS(formats));
    tcase_add_loop_test(tc, codec_find__is_null_for_an_unknown_name, 0,
                        ROWS(unknown));
    tcase_add_test(tc, codec_describe_names__names_them_all);
    tcase_add_loop_test(tc, codec_decode__decodes_by_the_format, 0,
                        ROWS(formats));
    tcase_add_loop_test(tc, codec_edit__makes_a_value_that_decodes, 0,
                        ROWS(formats));
}

int main(void)
{
    return unit_main("codec", add);
}
