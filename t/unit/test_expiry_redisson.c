/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/expiry/expiry_rule.h"

#include "codec/stored_number.h"

#include "foreign.h"

#define IDLE     apr_time_from_sec(1800)
#define INTERVAL apr_time_from_sec(180)
#define NOW      APR_INT64_C(1795900000123456)

static const char *const captures[] = { "redisson/Kryo5Codec",
                                        "redisson/JsonJacksonCodec",
                                        "redisson/SerializationCodec" };

static const shs_expiry_rule_t *rule(void)
{
    const shs_expiry_rule_t *found = shs_expiry_rule_find("redisson");

    ck_assert_ptr_nonnull(found);
    return found;
}

static shs_expiry_subject_t *subject_of(const shs_record_field_t *fields,
                                        apr_size_t count)
{
    shs_record_t *record = apr_pcalloc(p, sizeof(*record));
    shs_expiry_subject_t *subject = apr_pcalloc(p, sizeof(*subject));

    record->shape = SHS_SHAPE_FIELDS;
    record->fields = fields;
    record->count = count;
    subject->key = OCTETS("redisson:tomcat_session:2FDF");
    subject->prefix = 24;
    subject->record = record;
    return subject;
}

static shs_octets_t get(const shs_record_t *record, shs_octets_t name)
{
    apr_size_t i;

    for (i = 0; i < record->count; ++i) {
        if (unit_is_equal(record->fields[i].name, name)) {
            return record->fields[i].value;
        }
    }
    ck_abort_msg("no field %s", unit_show(name));
    return name;
}

/* With each codec, both times keep the form that Redisson has written. */
START_TEST(expiry_redisson_touch__writes_the_fields_as_redisson_does)
{
    const json_t *capture = foreign_capture("frameworks.json", captures[_i]);
    apr_size_t count;
    const shs_record_field_t *fields = foreign_fields(&count, capture);
    shs_expiry_subject_t *subject = subject_of(fields, count);
    shs_write_t write = { 0 };
    const shs_foreign_t *foreign;
    apr_size_t i;

    ck_assert_pstr_eq(shs_expiry_rule_plan_touch(&write, rule(), subject, IDLE,
                                                 INTERVAL, NOW, p),
                      NULL);
    foreign = write.foreign;
    ck_assert_int_eq(write.ttl, IDLE + apr_time_from_sec(60));
    ck_assert_int_eq(write.due, IDLE + apr_time_from_sec(60) - INTERVAL);
    ck_assert_uint_eq(foreign->companion.len, 0);
    ck_assert_uint_eq(foreign->expected_count, 2);
    ck_octets_eq(foreign->expected[0].name, OCTETS("session:isValid"), "true");
    ck_octets_eq(foreign->expected[1].name,
                 OCTETS("session:maxInactiveInterval"), "as it was read");
    for (i = 0; i < 2; ++i) {
        ck_octets_eq(foreign->expected[i].value,
                     get(subject->record, foreign->expected[i].name),
                     "as it was read");
    }
    ck_assert_uint_eq(foreign->count, 2);
    ck_octets_eq(foreign->fields[0].name, OCTETS("session:lastAccessedTime"),
                 "now");
    ck_octets_eq(foreign->fields[1].name, OCTETS("session:thisAccessedTime"),
                 "now");
    for (i = 0; i < 2; ++i) {
        shs_octets_t was = get(subject->record, foreign->fields[i].name);
        shs_octets_t is = foreign->fields[i].value;
        apr_int64_t ms;

        ck_assert(shs_stored_number_read(&ms, is));
        ck_assert_int_eq(ms, NOW / 1000);
        ck_assert_uint_eq(is.len, was.len);
        ck_assert_int_eq(is.data[0], was.data[0]);
    }
}
END_TEST

static const struct {
    const char *max;
    const char *accessed;
    const char *reason;
} impossible[] = {
    { "-1", "5", "it has no idle timeout" },
    { "0", "5", "it has no idle timeout" },
    { "x", "5", "its fields have an unknown form" },
    { "5", "x", "its fields have an unknown form" },
    { "5", "", "its fields have an unknown form" },
};

START_TEST(expiry_redisson_touch__says_why_it_is_impossible)
{
    const shs_record_field_t fields[] = {
        { OCTETS("session:isValid"), OCTETS("true") },
        { OCTETS("session:maxInactiveInterval"),
          unit_text(impossible[_i].max) },
        { OCTETS("session:lastAccessedTime"), OCTETS("5") },
        { OCTETS("session:thisAccessedTime"),
          unit_text(impossible[_i].accessed) },
    };
    shs_write_t write = { 0 };

    ck_assert_pstr_eq(shs_expiry_rule_plan_touch(
                          &write, rule(), subject_of(fields, ROWS(fields)),
                          IDLE, INTERVAL, NOW, p),
                      impossible[_i].reason);
    ck_assert_pstr_eq(shs_expiry_rule_plan_touch(&write, rule(),
                                                 subject_of(fields + 1, 3),
                                                 IDLE, INTERVAL, NOW, p),
                      "its fields have an unknown form");
}
END_TEST

START_TEST(expiry_redisson_end__removes_the_key)
{
    shs_write_t write = { 0 };

    ck_assert_pstr_eq(
        shs_expiry_rule_plan_end(&write, rule(), subject_of(NULL, 0), p), NULL);
    ck_assert_int_eq(write.foreign->keeps, 0);
    ck_assert_uint_eq(write.foreign->expected_count, 0);
    ck_assert_uint_eq(write.foreign->count, 0);
}
END_TEST

START_TEST(expiry_redisson_check__needs_hashes)
{
    const char *wrong = shs_expiry_rule_check(rule(), SHS_SHAPE_STRING, "x");

    ck_assert_ptr_nonnull(strstr(wrong, "SharedSessionFormat redisson"));
    ck_assert_pstr_eq(shs_expiry_rule_check(rule(), SHS_SHAPE_FIELDS, ""),
                      NULL);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, expiry_redisson_touch__writes_the_fields_as_redisson_does, 0,
        ROWS(captures));
    tcase_add_loop_test(tc, expiry_redisson_touch__says_why_it_is_impossible, 0,
                        ROWS(impossible));
    tcase_add_test(tc, expiry_redisson_end__removes_the_key);
    tcase_add_test(tc, expiry_redisson_check__needs_hashes);
}

int main(void)
{
    return unit_main("expiry_redisson", add);
}
