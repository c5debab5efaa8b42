/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/expiry/expiry_rule.h"

#include "codec/stored_number.h"

#include "foreign.h"

#define PREFIX   "spring:session:sessions:"
#define CAPTURES 11
#define IDLE     apr_time_from_sec(1800)
#define INTERVAL apr_time_from_sec(180)
#define NOW      APR_INT64_C(1795900000123456)

static const shs_expiry_rule_t *rule_of(const char *name)
{
    const shs_expiry_rule_t *rule = shs_expiry_rule_find(name);

    ck_assert_ptr_nonnull(rule);
    ck_assert(shs_expiry_rule_is_touchable(rule));
    ck_assert(!shs_expiry_rule_is_native(rule));
    return rule;
}

static const json_t *capture_of(int i)
{
    return APR_ARRAY_IDX(foreign_captures("spring", CAPTURES), i, json_t *);
}

/* The capture as it was read. */
static shs_expiry_subject_t *subject_of(const json_t *capture)
{
    shs_record_t *record = apr_pcalloc(p, sizeof(*record));
    shs_expiry_subject_t *subject = apr_pcalloc(p, sizeof(*subject));

    record->shape = SHS_SHAPE_FIELDS;
    record->fields = foreign_fields(&record->count, capture);
    subject->key =
        unit_text(json_string_value(json_object_get(capture, "redis_key")));
    subject->prefix = sizeof(PREFIX) - 1;
    subject->record = record;
    subject->session = foreign_captured("spring", capture, NULL);
    return subject;
}

static shs_expiry_subject_t *subject_of_fields(const shs_record_field_t *fields,
                                               apr_size_t count)
{
    shs_record_t *record = apr_pcalloc(p, sizeof(*record));
    shs_expiry_subject_t *subject = apr_pcalloc(p, sizeof(*subject));
    shs_session_t *session;

    record->shape = SHS_SHAPE_FIELDS;
    record->fields = fields;
    record->count = count;
    ck_assert_pstr_eq(
        foreign_decode_fields(&session, "spring", fields, count, NULL), NULL);
    subject->key = OCTETS(PREFIX "sid-1");
    subject->prefix = sizeof(PREFIX) - 1;
    subject->record = record;
    subject->session = session;
    return subject;
}

static shs_octets_t get(const shs_record_t *record, const char *name)
{
    apr_size_t i;

    for (i = 0; i < record->count; ++i) {
        if (unit_is_equal(record->fields[i].name, unit_text(name))) {
            return record->fields[i].value;
        }
    }
    ck_abort_msg("no field %s", name);
    return OCTETS("");
}

/* Every capture: a JDK Long stays one, a decimal number too. */
START_TEST(expiry_spring_touch__writes_the_field_as_the_application_does)
{
    shs_expiry_subject_t *subject = subject_of(capture_of(_i));
    shs_write_t write = { 0 };
    const shs_foreign_t *foreign;
    shs_octets_t was;
    apr_int64_t ms;

    ck_assert_pstr_eq(shs_expiry_rule_plan_touch(&write, rule_of("spring"),
                                                 subject, IDLE, INTERVAL, NOW,
                                                 p),
                      NULL);
    foreign = write.foreign;
    ck_assert_int_eq(write.ttl, IDLE);
    ck_assert_int_eq(write.due, IDLE - INTERVAL);
    ck_assert_uint_eq(foreign->companion.len, 0);
    ck_assert_uint_eq(foreign->expected_count, 2);
    ck_octets_eq(foreign->expected[0].name, OCTETS("creationTime"), "exists");
    ck_assert_ptr_null(foreign->expected[0].value.data);
    ck_octets_eq(foreign->expected[1].name, OCTETS("maxInactiveInterval"),
                 "as it was read");
    ck_octets_eq(foreign->expected[1].value,
                 get(subject->record, "maxInactiveInterval"), "as it was read");
    ck_assert_uint_eq(foreign->count, 1);
    ck_octets_eq(foreign->fields[0].name, OCTETS("lastAccessedTime"), "now");
    was = get(subject->record, "lastAccessedTime");
    ck_assert(shs_stored_number_read(&ms, foreign->fields[0].value));
    ck_assert_int_eq(ms, NOW / 1000);
    ck_assert_uint_eq(foreign->fields[0].value.len, was.len);
}
END_TEST

START_TEST(expiry_spring_touch__moves_the_companion_of_an_indexed_session)
{
    const json_t *capture = capture_of(_i);
    shs_expiry_subject_t *subject = subject_of(capture);
    shs_write_t write = { 0 };
    const char *id = json_string_value(json_object_get(capture, "redis_key"))
                     + sizeof(PREFIX) - 1;

    ck_assert_pstr_eq(
        shs_expiry_rule_plan_touch(&write, rule_of("spring-indexed"), subject,
                                   IDLE, INTERVAL, NOW, p),
        NULL);
    ck_assert_int_eq(write.ttl, IDLE + apr_time_from_sec(300));
    ck_assert_int_eq(write.due, IDLE + apr_time_from_sec(300) - INTERVAL);
    ck_octets_eq(write.foreign->companion,
                 unit_text(apr_pstrcat(p, PREFIX "expires:", id, NULL)),
                 "the key whose expiry the application sees");
    ck_assert_int_eq(write.foreign->companion_ttl, IDLE);
    ck_assert_uint_eq(write.foreign->count, 1);
    ck_assert_uint_eq(write.foreign->expected_count, 2);
}
END_TEST

#define FIELDS(max, accessed)                             \
    { OCTETS("creationTime"), OCTETS("1000") },           \
        { OCTETS("lastAccessedTime"), OCTETS(accessed) }, \
    {                                                     \
        OCTETS("maxInactiveInterval"), OCTETS(max)        \
    }

/* The session's own idle timeout counts, whatever the place says. */
START_TEST(expiry_spring_touch__takes_the_timeout_of_the_session)
{
    const shs_record_field_t fields[] = { FIELDS("60", "5000") };
    shs_write_t write = { 0 };

    ck_assert_pstr_eq(shs_expiry_rule_plan_touch(&write, rule_of("spring"),
                                                 subject_of_fields(fields, 3),
                                                 IDLE, apr_time_from_sec(6),
                                                 NOW, p),
                      NULL);
    ck_assert_int_eq(write.ttl, apr_time_from_sec(60));
    ck_assert_int_eq(write.due, apr_time_from_sec(54));
}
END_TEST

START_TEST(expiry_spring_touch__does_not_go_back)
{
    const shs_record_field_t fields[] = { FIELDS("60", "1795900009999") };
    shs_write_t write = { 0 };

    ck_assert_pstr_eq(shs_expiry_rule_plan_touch(&write, rule_of("spring"),
                                                 subject_of_fields(fields, 3),
                                                 IDLE, 0, NOW, p),
                      NULL);
    ck_octets_eq(write.foreign->fields[0].value, OCTETS("1795900009999"),
                 "the application's clock is ahead");
}
END_TEST

START_TEST(expiry_spring_touch__leaves_a_session_without_end_alone)
{
    const shs_record_field_t fields[] = { FIELDS("-1", "5000") };
    static const char *const names[] = { "spring", "spring-indexed" };
    shs_write_t write = { 0 };

    ck_assert_pstr_eq(shs_expiry_rule_plan_touch(&write, rule_of(names[_i]),
                                                 subject_of_fields(fields, 3),
                                                 IDLE, 0, NOW, p),
                      "it has no idle timeout");
}
END_TEST

START_TEST(expiry_spring_end__removes_the_key)
{
    shs_write_t write = { 0 };

    ck_assert_pstr_eq(shs_expiry_rule_plan_end(&write, rule_of("spring"),
                                               subject_of(capture_of(_i)), p),
                      NULL);
    ck_assert_int_eq(write.foreign->keeps, 0);
    ck_assert_uint_eq(write.foreign->count, 0);
    ck_assert_uint_eq(write.foreign->member_count, 0);
}
END_TEST

static int has_member(const shs_foreign_t *foreign, shs_octets_t key,
                      shs_octets_t member, int is_sorted)
{
    apr_size_t i;

    for (i = 0; i < foreign->member_count; ++i) {
        const shs_member_t *at = &foreign->members[i];

        if (unit_is_equal(at->key, key) && unit_is_equal(at->member, member)
            && at->is_sorted == is_sorted) {
            return 1;
        }
    }
    return 0;
}

/* Of each set that the application has listed the session in, the member that
 * it has written itself. Returns the number of these sets. */
static int check_sets(const shs_foreign_t *foreign, const json_t *capture,
                      const char *id)
{
    json_t *companions = json_object_get(capture, "companions");
    json_t *companion, *member;
    int sets = 0;
    size_t i, k;

    json_array_foreach(companions, i, companion)
    {
        const char *key =
            json_string_value(json_object_get(companion, "redis_key"));

        json_array_foreach(json_object_get(companion, "members_base64"), k,
                           member)
        {
            shs_octets_t octets = foreign_base64(member);

            if (octets.len > strlen(id)
                && memmem(octets.data, octets.len, id, strlen(id))) {
                ck_assert_msg(has_member(foreign, unit_text(key), octets, 0),
                              "%s stays in %s", unit_show(octets), key);
                ++sets;
            }
        }
    }
    return sets;
}

START_TEST(expiry_spring_end__leaves_what_the_application_leaves)
{
    const json_t *capture = capture_of(_i);
    shs_expiry_subject_t *subject = subject_of(capture);
    const char *id = json_string_value(json_object_get(capture, "redis_key"))
                     + sizeof(PREFIX) - 1;
    shs_write_t write = { 0 };
    const shs_foreign_t *foreign;
    apr_int64_t number;
    int sets;

    ck_assert_pstr_eq(
        shs_expiry_rule_plan_end(&write, rule_of("spring-indexed"), subject, p),
        NULL);
    foreign = write.foreign;
    ck_assert_int_eq(foreign->keeps, apr_time_from_sec(300));
    ck_assert_uint_eq(foreign->count, 1);
    ck_octets_eq(foreign->fields[0].name, OCTETS("maxInactiveInterval"), "0");
    ck_assert(shs_stored_number_read(&number, foreign->fields[0].value));
    ck_assert_int_eq(number, 0);
    ck_assert_int_eq(foreign->fields[0].value.len
                         != get(subject->record, "maxInactiveInterval").len,
                     foreign->fields[0].value.len == 1);
    ck_octets_eq(foreign->companion,
                 unit_text(apr_pstrcat(p, PREFIX "expires:", id, NULL)),
                 "removed");
    ck_assert_uint_eq(foreign->expected_count, 1);
    ck_octets_eq(foreign->expected[0].name, OCTETS("creationTime"), "exists");
    ck_assert_ptr_null(foreign->expected[0].value.data);
    sets = check_sets(foreign, capture, id);
    ck_assert_int_eq(
        sets, json_array_size(json_object_get(capture, "companions")) ? 2 : 0);
}
END_TEST

static const struct {
    const char *name;
    const char *value;
    const char *user; /* NULL: it is not known */
    const char *why;
} users[] = {
    { "SPRING_SECURITY_CONTEXT",
      "{\"authentication\":{\"principal\":{\"username\":\"alice\","
      "\"name\":\"other\"}}}",
      "alice", "a UserDetails" },
    { "SPRING_SECURITY_CONTEXT", "{\"authentication\":{\"principal\":\"bob\"}}",
      "bob", "a text" },
    { "SPRING_SECURITY_CONTEXT",
      "{\"authentication\":{\"principal\":{\"name\":\"\xea\xb9\x80\"}}}",
      "\xea\xb9\x80", "a Principal" },
    { "SPRING_SECURITY_CONTEXT",
      "{\"authentication\":{\"principal\":{\"id\":5}}}", NULL,
      "a class of the application" },
    { "SPRING_SECURITY_CONTEXT", "{\"authentication\":null}", NULL,
      "not logged in" },
    { "SPRING_SECURITY_CONTEXT", "\"x\"", NULL, "no context" },
    { "other", "\"x\"", NULL, "no user" },
    { "org.springframework.session.FindByIndexNameSessionRepository."
      "PRINCIPAL_NAME_INDEX_NAME",
      "\"carol\"", "carol", "set by the application" },
};

START_TEST(expiry_spring_end__finds_the_user)
{
    const shs_record_field_t fields[] = {
        FIELDS("60", "1795874878353"),
        { unit_text(apr_pstrcat(p, "sessionAttr:", users[_i].name, NULL)),
          unit_text(users[_i].value) },
    };
    const char *key = apr_pstrcat(
        p,
        "spring:session:index:org.springframework.session.FindByIndexName"
        "SessionRepository.PRINCIPAL_NAME_INDEX_NAME:",
        users[_i].user, NULL);
    shs_write_t write = { 0 };

    ck_assert_pstr_eq(
        shs_expiry_rule_plan_end(&write, rule_of("spring-indexed"),
                                 subject_of_fields(fields, ROWS(fields)), p),
        NULL);
    ck_assert(has_member(write.foreign,
                         OCTETS("spring:session:expirations:1795874940000"),
                         OCTETS("\"expires:sid-1\""), 0));
    ck_assert(has_member(write.foreign, OCTETS(PREFIX "expirations"),
                         OCTETS("\"sid-1\""), 1));
    ck_assert_uint_eq(write.foreign->member_count, users[_i].user ? 3 : 2);
    ck_assert_msg(!users[_i].user
                      || has_member(write.foreign, unit_text(key),
                                    OCTETS("\"sid-1\""), 0),
                  "%s", users[_i].why);
}
END_TEST

static const struct {
    shs_shape_t shape;
    const char *prefix;
    int fits;
} places[] = {
    { SHS_SHAPE_FIELDS, "spring:session:sessions:", 1 },
    { SHS_SHAPE_FIELDS, "myapp:sessions:", 1 },
    { SHS_SHAPE_FIELDS, "spring:session:", 0 },
    { SHS_SHAPE_FIELDS, "spring:session:sessions", 0 },
    { SHS_SHAPE_FIELDS, "sessions:", 0 },
    { SHS_SHAPE_FIELDS, "", 0 },
    { SHS_SHAPE_STRING, "spring:session:sessions:", 0 },
};

START_TEST(expiry_spring_check__needs_hashes_and_the_prefix)
{
    static const char *const names[] = { "spring", "spring-indexed" };
    int i;

    for (i = 0; i < ROWS(names); ++i) {
        const char *wrong = shs_expiry_rule_check(
            rule_of(names[i]), places[_i].shape, places[_i].prefix);

        ck_assert_msg((wrong == NULL) == places[_i].fits, "%s: %s",
                      places[_i].prefix, wrong);
        ck_assert(!wrong || strstr(wrong, "write \""));
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, expiry_spring_touch__writes_the_field_as_the_application_does, 0,
        CAPTURES);
    tcase_add_loop_test(
        tc, expiry_spring_touch__moves_the_companion_of_an_indexed_session, 0,
        CAPTURES);
    tcase_add_test(tc, expiry_spring_touch__takes_the_timeout_of_the_session);
    tcase_add_test(tc, expiry_spring_touch__does_not_go_back);
    tcase_add_loop_test(
        tc, expiry_spring_touch__leaves_a_session_without_end_alone, 0, 2);
    tcase_add_loop_test(tc, expiry_spring_end__removes_the_key, 0, CAPTURES);
    tcase_add_loop_test(
        tc, expiry_spring_end__leaves_what_the_application_leaves, 0, CAPTURES);
    tcase_add_loop_test(tc, expiry_spring_end__finds_the_user, 0, ROWS(users));
    tcase_add_loop_test(tc, expiry_spring_check__needs_hashes_and_the_prefix, 0,
                        ROWS(places));
}

int main(void)
{
    return unit_main("expiry_spring", add);
}
