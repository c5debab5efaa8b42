/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"

static const char *const captures[] = { "redisson/Kryo5Codec",
                                        "redisson/JsonJacksonCodec",
                                        "redisson/SerializationCodec" };

/* All that Redisson has written here, with each of its codecs. */
START_TEST(codec_redisson__reads_captured_sessions)
{
    const json_t *capture = foreign_capture("frameworks.json", captures[_i]);
    shs_session_t *session = foreign_captured("redisson", capture, NULL);
    const shs_metadata_t *metadata = shs_session_metadata(session);
    apr_int64_t begun = foreign_integer(capture, "begun_ms") * 1000;
    apr_int64_t captured = foreign_integer(capture, "captured_ms") * 1000;
    apr_time_t accessed = shs_session_expiry(session) - metadata->idle;
    apr_size_t count, i;
    const shs_value_t *values = shs_session_values(session, &count);

    ck_assert_int_eq(metadata->idle, apr_time_from_sec(1800));
    ck_assert_int_ge(metadata->created_at, begun);
    ck_assert_int_ge(accessed, metadata->created_at);
    ck_assert_int_ge(captured, accessed);
    ck_assert_pstr_eq(foreign_path(session, "userNm"),
                      "Alice Kim \xea\xb9\x80");
    for (i = 0; i < count; ++i) {
        ck_assert(values[i].name.len < 8
                  || memcmp(values[i].name.data, "session:", 8) != 0);
    }
    if (_i == 0) {
        ck_assert_ptr_nonnull(shs_session_opaque(session));
        ck_assert_pstr_eq(foreign_path(session, "userInfo"), NULL);
    }
    else {
        ck_assert_pstr_eq(shs_session_opaque(session), NULL);
        ck_assert_pstr_eq(foreign_path(session, "userInfo.userId"), "alice");
    }
    session = foreign_captured("redisson", capture, "visits session:isNew");
    ck_assert_pstr_eq(foreign_show(session), "{\"visits\":3}");
}
END_TEST

#define BOOLEAN                                                               \
    "\xac\xed\0\5sr\0\21java.lang.Boolean\xcd r\x80\xd5\x9c\xfa\xee\2\0\1Z\0" \
    "\5valuexp"

/* Fields of a session; the rest is as in SOUND. */
static const struct {
    const char *name;
    shs_octets_t value; /* no data: no such field */
    apr_time_t expiry;
    const char *reason; /* NULL: it is a session */
} changes[] = {
    { "other", { "1", 1 }, 1805000000, NULL },
    { "session:thisAccessedTime", { "7000", 4 }, 1807000000, NULL },
    { "session:thisAccessedTime", { NULL, 0 }, 1804000000, NULL },
    { "session:maxInactiveInterval", { "0", 1 }, 0, NULL },
    { "session:maxInactiveInterval", { "-1", 2 }, 0, NULL },
    { "session:isExpirationLocked", { "false", 5 }, 1805000000, NULL },
    { "session:isExpirationLocked", { "\5\0", 2 }, 1805000000, NULL },
    { "session:isExpirationLocked", { "true", 4 }, 1, NULL },
    { "session:isExpirationLocked", { "\5\1", 2 }, 1, NULL },
    { "session:isValid", { "false", 5 }, 1, NULL },
    { "session:isValid", { "\5\0", 2 }, 1, NULL },
    { "session:isValid", { BOOLEAN "\0", sizeof(BOOLEAN) }, 1, NULL },
    { "session:isValid", { BOOLEAN "\1", sizeof(BOOLEAN) }, 1805000000, NULL },
    { "session:isValid",
      { "1", 1 },
      0,
      "its session:isValid or session:isExpirationLocked is not a boolean"
      " value" },
    { "session:isValid",
      { "", 0 },
      0,
      "its session:isValid or session:isExpirationLocked is not a boolean"
      " value" },
    { "session:isExpirationLocked",
      { "x", 1 },
      0,
      "its session:isValid or session:isExpirationLocked is not a boolean"
      " value" },
    { "session:creationTime",
      { NULL, 0 },
      0,
      "its session:creationTime is not a time" },
    { "session:creationTime",
      { "\"5\"", 3 },
      0,
      "its session:creationTime is not a time" },
    { "session:creationTime",
      { "0", 1 },
      0,
      "its session:creationTime is not a time" },
    { "session:thisAccessedTime",
      { "-1", 2 },
      0,
      "its session:thisAccessedTime is not a time" },
    { "session:thisAccessedTime",
      { "x", 1 },
      0,
      "its session:thisAccessedTime is not a time" },
    { "session:maxInactiveInterval",
      { NULL, 0 },
      0,
      "its session:maxInactiveInterval is not a time" },
    { "session:maxInactiveInterval",
      { "2147483648", 10 },
      0,
      "its session:maxInactiveInterval is not a time" },
};

static const shs_record_field_t sound[] = {
    { { "session:creationTime", 20 }, { "1000", 4 } },
    { { "session:lastAccessedTime", 24 }, { "4000", 4 } },
    { { "session:thisAccessedTime", 24 }, { "5000", 4 } },
    { { "session:maxInactiveInterval", 27 }, { "1800", 4 } },
    { { "session:isValid", 15 }, { "true", 4 } },
    { { "session:isNew", 13 }, { "false", 5 } },
    { { "session:principal", 17 }, { "x", 1 } },
};

START_TEST(codec_redisson__says_when_the_session_is_over)
{
    shs_record_field_t fields[ROWS(sound) + 1];
    shs_octets_t name = unit_text(changes[_i].name);
    shs_session_t *session;
    apr_size_t count = 0;
    int i;

    for (i = 0; i < ROWS(sound); ++i) {
        if (!unit_is_equal(sound[i].name, name)) {
            fields[count++] = sound[i];
        }
    }
    if (changes[_i].value.data) {
        fields[count].name = name;
        fields[count++].value = changes[_i].value;
    }
    ck_assert_pstr_eq(
        foreign_decode_fields(&session, "redisson", fields, count, "none"),
        changes[_i].reason);
    if (!changes[_i].reason) {
        ck_assert_int_eq(shs_session_expiry(session), changes[_i].expiry);
        ck_assert_int_eq(shs_session_metadata(session)->created_at, 1000000);
        ck_assert_pstr_eq(foreign_show(session), "{}");
    }
}
END_TEST

START_TEST(codec_redisson__takes_the_remainder_of_a_session_for_one_that_ended)
{
    static const shs_record_field_t remainder[] = {
        { { "session:isNew", 13 }, { "false", 5 } },
        { { "session:thisAccessedTime", 24 }, { "5000", 4 } },
        { { "session:lastAccessedTime", 24 }, { "5000", 4 } },
        { { "userId", 6 }, { "\"a\"", 3 } },
    };
    shs_session_t *session;

    ck_assert_pstr_eq(
        foreign_decode_fields(&session, "redisson", remainder, 4, NULL), NULL);
    ck_assert_int_eq(shs_session_expiry(session), 1);
    ck_assert_pstr_eq(
        foreign_decode_fields(&session, "redisson", remainder, 1, NULL),
        "no session:isValid");
}
END_TEST

START_TEST(codec_redisson__leaves_out_an_attribute_that_it_cannot_read)
{
    shs_record_field_t fields[ROWS(sound) + 6];
    shs_octets_t class = OCTETS("\1\0app.SECRE\xd4x");
    shs_session_t *session;

    memcpy(fields, sound, sizeof(sound));
    fields[ROWS(sound)].name = OCTETS("object");
    fields[ROWS(sound)].value = class;
    fields[ROWS(sound) + 1].name = OCTETS("empty");
    fields[ROWS(sound) + 1].value = OCTETS("");
    fields[ROWS(sound) + 2].name = OCTETS("@created");
    fields[ROWS(sound) + 2].value = OCTETS("\2\2");
    fields[ROWS(sound) + 3].name = OCTETS("");
    fields[ROWS(sound) + 3].value = OCTETS("\2\2");
    fields[ROWS(sound) + 4].name = OCTETS("null");
    fields[ROWS(sound) + 4].value = OCTETS("\0");
    fields[ROWS(sound) + 5].name = OCTETS("a");
    fields[ROWS(sound) + 5].value = OCTETS("\3\x82"
                                           "a");
    ck_assert_pstr_eq(
        foreign_decode_fields(&session, "redisson", fields, ROWS(fields), NULL),
        NULL);
    ck_assert_pstr_eq(foreign_show(session), "{\"null\":null,\"a\":\"a\"}");
    ck_assert_ptr_nonnull(shs_session_opaque(session));
    ck_assert(!strstr(shs_session_opaque(session), "SECRE"));
}
END_TEST

START_TEST(codec_redisson_fields__are_those_of_the_session_and_those_wanted)
{
    static const char *const names[] = { "userId", "session:isValid",
                                         "session:isNew" };
    shs_wanted_t wanted = shs_wanted_create(names, 3, p);
    apr_size_t count;
    const shs_octets_t *fields =
        shs_codec_fields(&count, shs_codec_find("redisson"), &wanted, p);

    ck_assert_uint_eq(count, 7);
    ck_octets_eq(fields[0], OCTETS("session:creationTime"), "always");
    ck_octets_eq(fields[5], OCTETS("session:isExpirationLocked"), "always");
    ck_octets_eq(fields[6], OCTETS("userId"), "wanted");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, codec_redisson__reads_captured_sessions, 0,
                        ROWS(captures));
    tcase_add_loop_test(tc, codec_redisson__says_when_the_session_is_over, 0,
                        ROWS(changes));
    tcase_add_test(
        tc,
        codec_redisson__takes_the_remainder_of_a_session_for_one_that_ended);
    tcase_add_test(tc,
                   codec_redisson__leaves_out_an_attribute_that_it_cannot_read);
    tcase_add_test(
        tc, codec_redisson_fields__are_those_of_the_session_and_those_wanted);
}

int main(void)
{
    return unit_main("codec_redisson", add);
}
