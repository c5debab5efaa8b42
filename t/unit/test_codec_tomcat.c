/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"

/* With the StandardSession of each: none, two and four objects of
 * authentication. */
static const char *const captures[] = { "tomcat-redis/7.0.109",
                                        "tomcat-redis/8.5.100",
                                        "tomcat-redis/10.1.49" };

START_TEST(codec_tomcat__reads_captured_sessions)
{
    const json_t *capture = foreign_capture("frameworks.json", captures[_i]);
    shs_session_t *session = foreign_captured("tomcat", capture, NULL);
    const shs_metadata_t *metadata = shs_session_metadata(session);

    ck_assert_int_eq(metadata->idle, apr_time_from_sec(1800));
    ck_assert_int_ge(metadata->created_at,
                     foreign_integer(capture, "begun_ms") * 1000);
    ck_assert_int_ge(foreign_integer(capture, "captured_ms") * 1000,
                     metadata->created_at);
    ck_assert_int_eq(shs_session_expiry(session), 0);
    ck_assert_pstr_eq(shs_session_opaque(session), NULL);
    ck_assert_pstr_eq(foreign_path(session, "userInfo.userNm"),
                      "Alice Kim \xea\xb9\x80");
    session = foreign_captured("tomcat", capture, "userInfo none");
    ck_assert_uint_eq(shs_session_count(session), 1);
    ck_assert_pstr_eq(foreign_path(session, "userInfo.userId"), "alice");
    ck_assert_int_eq(shs_session_metadata(session)->idle,
                     apr_time_from_sec(1800));
}
END_TEST

/* A session of which the end is missing is not one with fewer attributes. */
START_TEST(codec_tomcat__refuses_each_beginning)
{
    const json_t *capture = foreign_capture("frameworks.json", captures[_i]);
    shs_octets_t value =
        foreign_base64(json_object_get(capture, "value_base64"));
    shs_session_t *session;
    apr_size_t i;

    for (i = 0; i < value.len; ++i) {
        shs_octets_t begin = unit_exact(value.data, i);

        ck_assert_msg(foreign_decode(&session, "tomcat", begin, NULL) != NULL
                          && foreign_decode(&session, "tomcat", begin, "none")
                                 != NULL,
                      "%d octets", (int)i);
    }
}
END_TEST

START_TEST(codec_tomcat__takes_a_reservation_as_a_session_that_is_over)
{
    shs_session_t *session = foreign_session("tomcat", "null", NULL);

    ck_assert_pstr_eq(foreign_show(session), "{}");
    ck_assert_int_eq(shs_session_expiry(session), 1);
}
END_TEST

#define BEGIN "\xac\xed\0\5"
#define LONG                                                               \
    "sr\0\16java.lang.Long;\x8b\xe4\x90\xcc\x8f#\xdf\2\0\1J\0\5"           \
    "valuexr\0\20java.lang.Number\x86\xac\x95\x1d\x0b\x94\xe0\x8b\2\0\0xp" \
    "\0\0\1\xa1\xfd\x5b\x17\xe6"
/* Handles: class Long 0, class Number 1, the first Long 2. */
#define SAME_LONG "q\0\x7e\0\2"
#define INTEGER                                            \
    "sr\0\21java.lang.Integer\x12\xe2\xa0\xa4\xf7\x81\x87" \
    "8\2\0\1I\0\5valuexq\0\x7e\0\1\0\0\7\x08"
/* Handles: class Integer 3, the Integer 4. */
#define BOOLEAN(value) \
    "sr\0\21java.lang.Boolean\xcd r\x80\xd5\x9c\xfa\xee\2\0\1Z\0\5valuexp" value
/* Handles: class Boolean 5, the Boolean 6. */
#define AGAIN(value) "sq\0\x7e\0\5" value
#define ID           "t\0\2id"
#define COUNT(n)     "sq\0\x7e\0\3\0\0\0" n
#define HEAD         BEGIN LONG SAME_LONG INTEGER BOOLEAN("\0")
#define SOUND        HEAD AGAIN("\1") SAME_LONG ID

/* Object[1], which ends with an exception before its item. */
#define ABORTED                                                      \
    "ur\0\23[Ljava.lang.Object;\x90\xceX\x9f\x10s)l\2\0\0xp\0\0\0\1" \
    "\x7bsr\0\1E\0\0\0\0\0\0\0\0\2\0\0xp"

static const struct {
    shs_octets_t stream;
    const char *text; /* NULL: it is malformed */
    apr_time_t expiry;
    const char *why;
} streams[] = {
#define STREAM(literal)              \
    {                                \
        literal, sizeof(literal) - 1 \
    }
    { STREAM(SOUND COUNT("\0")), "{}", 0, "no attribute, and no metadata" },
    { STREAM(SOUND COUNT("\1") "t\0\1at\0\1b"), "{\"a\":\"b\"}", 0,
      "an attribute" },
    { STREAM(HEAD AGAIN("\0") SAME_LONG ID COUNT("\0")), "{}", 1,
      "a session that is not valid" },
    { STREAM(SOUND "pp" COUNT("\1") "t\0\1ap"), "{\"a\":null}", 0,
      "no authentication, and null" },
    { STREAM(SOUND "t\0\4FORMp" COUNT("\1") "t\0\1at\0\1b"), "{\"a\":\"b\"}", 0,
      "how the user has logged in" },
    { STREAM(SOUND COUNT("\2") "t\0\1at\0\1bt\0\1at\0\1c"), "{\"a\":\"c\"}", 0,
      "of two attributes of a name the last counts" },
    { STREAM(SOUND COUNT("\2") "t\0\5@usert\0\1bt\0\1ct\0\1d"), "{\"c\":\"d\"}",
      0, "a reserved name" },
    { STREAM(SOUND COUNT("\2") "t\0\1at\0 ___NOT_SERIALIZABLE_EXCEPTION___"
                               "t\0\1ct\0\1d"),
      "{\"c\":\"d\"}", 0, "an attribute that was not serialized" },
    { STREAM(SOUND COUNT("\1") "t\0\1at\0\1bw\0"), "{\"a\":\"b\"}", 0,
      "a block behind" },
    { STREAM(SOUND COUNT("\2") "t\0\1at\0\1b"), NULL, 0,
      "fewer attributes than it says" },
    { STREAM(SOUND COUNT("\1") "pt\0\1b"), NULL, 0, "a name that is null" },
    { STREAM(SOUND COUNT("\1") SAME_LONG "t\0\1b"), NULL, 0,
      "a name that is a number" },
    { STREAM(SOUND COUNT("\1") "vq\0\x7e\0\0t\0\1b"), NULL, 0,
      "a name that is no String, but would be a text" },
    { STREAM(SOUND COUNT("\3") "t\0\1a" ABORTED "t\0\1ct\0\1d"
                               "t\0\1eq\0\x7e\0\1"),
      "{\"c\":\"d\",\"e\":\"d\"}", 0,
      "an attribute that its writer could not serialize" },
    { STREAM(SOUND COUNT("\1") "t\0\1a\x7b\x70"), NULL, 0,
      "an exception that is null" },
    { STREAM(SOUND COUNT("\1") "t\0\1a\x7b\x7b\x70"), NULL, 0,
      "an exception of an exception" },
    { STREAM(SOUND COUNT("\1") "\x7bsr\0\1E\0\0\0\0\0\0\0\0\2\0\0xp"
                               "t\0\1b"),
      NULL, 0, "an exception for a name" },
    { STREAM(SOUND "sq\0\x7e\0\3\xff\xff\xff\xff"), NULL, 0,
      "a negative number of attributes" },
    { STREAM(SOUND "sq\0\x7e\0\3\x7f\xff\xff\xff"), NULL, 0,
      "too large a number of attributes" },
    { STREAM(SOUND), NULL, 0, "no number of attributes" },
    { STREAM(SOUND "ppppppppp" COUNT("\0")), NULL, 0,
      "too many objects before it" },
    { STREAM(HEAD), NULL, 0, "the stream ends early" },
    { STREAM(BEGIN LONG SAME_LONG SAME_LONG SAME_LONG), NULL, 0,
      "a number for a boolean value" },
    { STREAM(BEGIN "t\0\1at\0\1b"), NULL, 0, "texts" },
    { STREAM(BEGIN), NULL, 0, "nothing in the stream" },
    { STREAM(""), NULL, 0, "nothing" },
    { STREAM("{\"a\":1}"), NULL, 0, "JSON" },
    { STREAM("NULL"), NULL, 0, "no reservation" },
};

START_TEST(codec_tomcat__reads_and_refuses_streams)
{
    shs_octets_t stream =
        unit_exact(streams[_i].stream.data, streams[_i].stream.len);
    shs_session_t *session;
    const char *wrong = foreign_decode(&session, "tomcat", stream, NULL);

    ck_assert_msg((wrong == NULL) == (streams[_i].text != NULL), "%s: %s",
                  streams[_i].why, wrong ? wrong : "it was read");
    if (!wrong) {
        ck_assert_pstr_eq(foreign_show(session), streams[_i].text);
        ck_assert_int_eq(shs_session_expiry(session), streams[_i].expiry);
        ck_assert_int_eq(shs_session_metadata(session)->idle,
                         apr_time_from_sec(1800));
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, codec_tomcat__reads_captured_sessions, 0,
                        ROWS(captures));
    tcase_add_loop_test(tc, codec_tomcat__refuses_each_beginning, 0,
                        ROWS(captures));
    tcase_add_test(tc,
                   codec_tomcat__takes_a_reservation_as_a_session_that_is_over);
    tcase_add_loop_test(tc, codec_tomcat__reads_and_refuses_streams, 0,
                        ROWS(streams));
}

int main(void)
{
    return unit_main("codec_tomcat", add);
}
