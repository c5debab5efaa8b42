/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"

#include "unit.h"

static const shs_node_t *decode(apr_size_t *count,
                                const shs_record_field_t *fields,
                                apr_size_t fields_count)
{
    shs_record_t record = { 0 };
    shs_session_t *session = NULL;

    record.shape = SHS_SHAPE_FIELDS;
    record.fields = fields;
    record.count = fields_count;
    record.ttl = SHS_TTL_FOREVER;
    ck_assert_pstr_eq(shs_codec_decode(&session, &shs_codec_hash, &record, p),
                      NULL);
    ck_assert_int_eq(shs_session_expiry(session), 0);
    return shs_session_nodes(session, count);
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
    const shs_node_t *nodes = decode(&count, fields, ROWS(fields));
    int i;

    ck_assert_uint_eq(count, ROWS(fields));
    for (i = 0; i < ROWS(fields); i++) {
        ck_assert_int_eq(nodes[i].kind, SHS_KIND_STRING);
        ck_octets_eq(nodes[i].name, fields[i].name, "name");
        ck_octets_eq(nodes[i].text, fields[i].value, "value");
        ck_assert_uint_eq(nodes[i].end, i + 1);
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
    const shs_node_t *nodes = decode(&count, fields, ROWS(fields));

    ck_assert_msg(count == 2 + (apr_size_t)names[_i].is_attribute, "%s: %s",
                  names[_i].name, names[_i].why);
    ck_octets_eq(nodes[count - 1].name, OCTETS("b"), "the rest is whole");
    ck_assert_uint_eq(nodes[count - 1].end, count);
}
END_TEST

START_TEST(codec_hash__borrows_any_octets)
{
    shs_record_field_t field = { unit_exact("n\0m", 3),
                                 unit_exact("\0\r\n\xff\xc3", 5) };
    apr_size_t count;
    const shs_node_t *nodes = decode(&count, &field, 1);

    ck_assert_uint_eq(count, 1);
    ck_octets_eq(nodes[0].name, field.name, "a NUL in a name");
    ck_assert_ptr_eq(nodes[0].text.data, field.value.data);
    ck_assert_uint_eq(nodes[0].text.len, 5);
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

START_TEST(codec_hash__an_empty_one_is_a_session_without_attributes)
{
    apr_size_t count;

    decode(&count, NULL, 0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, codec_hash__makes_each_field_a_string_in_stored_order);
    tcase_add_loop_test(tc, codec_hash__keeps_reserved_fields_out, 0,
                        ROWS(names));
    tcase_add_test(tc, codec_hash__borrows_any_octets);
    tcase_add_test(tc, codec_hash__takes_a_thousand_fields);
    tcase_add_test(tc,
                   codec_hash__an_empty_one_is_a_session_without_attributes);
}

int main(void)
{
    return unit_main("codec_hash", add);
}
