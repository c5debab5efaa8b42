/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/pipeline/pipeline.h"

#include "actor.h"
#include "fake.h"
#include "redis/command/pipeline/script.h"
#include "base/clock.h"
#include "unit.h"

#define PLAIN  SHS_PIPELINE_PLAIN
#define ASKING SHS_PIPELINE_ASKING
#define ROLE   SHS_PIPELINE_ROLE
#define INFO   SHS_PIPELINE_INFO

static shs_write_t some_write(void)
{
    shs_write_t write;

    memset(&write, 0, sizeof(write));
    write.kind = SHS_WRITE_REMOVE;
    write.at.key = OCTETS("s:k");
    write.at.max_octets = 5;
    write.at.deadline = shs_clock_now() + 5 * APR_USEC_PER_SEC;
    return write;
}

/* ------------------------------------------------------------------ build */

#define ASKING_WIRE  "*1\r\n$6\r\nASKING\r\n"
#define ROLE_WIRE    "*1\r\n$4\r\nROLE\r\n"
#define INFO_WIRE    "*2\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n"
#define INFO_MASTER  "$13\r\nrole:master\r\n\r\n"
#define INFO_SLAVE   "$12\r\nrole:slave\r\n\r\n"
#define GET_WIRE     "*2\r\n$3\r\nGET\r\n$3\r\ns:k\r\n"
#define HGETALL_WIRE "*2\r\n$7\r\nHGETALL\r\n$3\r\ns:k\r\n"
#define PTTL_WIRE    "*2\r\n$4\r\nPTTL\r\n$3\r\ns:k\r\n"

static const struct {
    shs_pipeline_form_t form;
    const char *before; /* the script */
    const char *behind;
    const char *reading; /* instead of a write */
    const char *reading_without_ttl;
    const char *why;
} forms[] = {
    { PLAIN, "", "", GET_WIRE PTTL_WIRE, GET_WIRE, "nothing else" },
    { ASKING, ASKING_WIRE, "", ASKING_WIRE GET_WIRE ASKING_WIRE PTTL_WIRE,
      ASKING_WIRE GET_WIRE, "it holds for one command" },
    { ROLE, "", ROLE_WIRE, GET_WIRE PTTL_WIRE ROLE_WIRE, GET_WIRE ROLE_WIRE,
      "after the value, so that it is the later one" },
    { INFO, "", INFO_WIRE, GET_WIRE PTTL_WIRE INFO_WIRE, GET_WIRE INFO_WIRE,
      "likewise" },
};

START_TEST(pipeline_build__sends_the_script_in_one_write)
{
    shs_write_t write = some_write();
    shs_octets_t script = shs_script_build(&write, p);
    shs_pipeline_t pipeline;

    shs_pipeline_build(&pipeline, &write.at, &write, forms[_i].form, p);
    ck_octets_eq(
        pipeline.commands,
        unit_text(apr_pstrcat(p, forms[_i].before,
                              apr_pstrmemdup(p, script.data, script.len),
                              forms[_i].behind, NULL)),
        forms[_i].why);
    ck_assert_ptr_eq(pipeline.query, &write.at);
    ck_assert_ptr_eq(pipeline.write, &write);
}
END_TEST

START_TEST(pipeline_build__loads_the_value_without_a_write)
{
    shs_write_t write = some_write();
    shs_pipeline_t pipeline;

    shs_pipeline_build(&pipeline, &write.at, NULL, forms[_i].form, p);
    ck_octets_eq(pipeline.commands, unit_text(forms[_i].reading),
                 forms[_i].why);
    ck_assert_ptr_null(pipeline.write);
}
END_TEST

START_TEST(pipeline_build__loads_no_time_to_live_if_none_is_needed)
{
    shs_write_t write = some_write();
    shs_pipeline_t pipeline;

    write.at.without_ttl = 1;
    shs_pipeline_build(&pipeline, &write.at, NULL, forms[_i].form, p);
    ck_octets_eq(pipeline.commands, unit_text(forms[_i].reading_without_ttl),
                 forms[_i].why);
}
END_TEST

#define STRING SHS_SHAPE_STRING
#define FIELDS SHS_SHAPE_FIELDS

/* The fields "ab" and "c". */
#define NAMED (-1)

static void set_shape(shs_query_t *query, int shape)
{
    static const shs_octets_t names[] = { { "ab", 2 }, { "c", 1 } };

    query->shape = shape == NAMED ? FIELDS : (shs_shape_t)shape;
    query->names = shape == NAMED ? names : NULL;
    query->name_count = shape == NAMED ? 2 : 0;
}

#define HMGET_WIRE "*4\r\n$5\r\nHMGET\r\n$3\r\ns:k\r\n$2\r\nab\r\n$1\r\nc\r\n"

static const struct {
    shs_pipeline_form_t form;
    int without_ttl;
    const char *commands;
} partial[] = {
    { PLAIN, 0, HMGET_WIRE PTTL_WIRE },
    { PLAIN, 1, HMGET_WIRE },
    { ASKING, 0, ASKING_WIRE HMGET_WIRE ASKING_WIRE PTTL_WIRE },
    { ROLE, 0, HMGET_WIRE PTTL_WIRE ROLE_WIRE },
    { INFO, 1, HMGET_WIRE INFO_WIRE },
};

START_TEST(pipeline_build__loads_only_the_fields_of_the_query)
{
    shs_write_t write = some_write();
    shs_pipeline_t pipeline;

    set_shape(&write.at, NAMED);
    write.at.without_ttl = partial[_i].without_ttl;
    shs_pipeline_build(&pipeline, &write.at, NULL, partial[_i].form, p);
    ck_octets_eq(pipeline.commands, unit_text(partial[_i].commands), "HMGET");
}
END_TEST

/* A batch adds ROLE itself. */
static const struct {
    int shape; /* or NAMED */
    int without_ttl;
    const char *commands;
    const char *types;
} loads_of_batches[] = {
    { STRING, 0, GET_WIRE PTTL_WIRE, "$:" },
    { STRING, 1, GET_WIRE, "$" },
    { FIELDS, 0, HGETALL_WIRE PTTL_WIRE, "*:" },
    { FIELDS, 1, HGETALL_WIRE, "*" },
    { NAMED, 0, HMGET_WIRE PTTL_WIRE, "v:" },
    { NAMED, 1, HMGET_WIRE, "v" },
};

START_TEST(pipeline_build_load__has_a_reply_of_each_type_for_a_batch)
{
    shs_write_t write = some_write();
    shs_pipeline_t pipeline;

    set_shape(&write.at, loads_of_batches[_i].shape);
    write.at.without_ttl = loads_of_batches[_i].without_ttl;
    shs_pipeline_build_load(&pipeline, &write.at, ROLE, p);
    ck_octets_eq(pipeline.commands, unit_text(loads_of_batches[_i].commands),
                 "for a batch");
    ck_assert_str_eq(shs_pipeline_load_types(&pipeline),
                     loads_of_batches[_i].types);
}
END_TEST

/* ------------------------------------------------------------------- read */

/* Of a load of 5 octets at most. */
static const struct {
    int shape; /* or NAMED */
    int without_ttl;
    shs_pipeline_form_t form;
    const char *text;
    shs_conn_status_t status;
    const char *why;
} loads[] = {
    { STRING, 0, PLAIN, "$1\r\nv\r\n:5\r\n", SHS_CONN_OK, "both" },
    { STRING, 0, PLAIN, "$1\r\nv\r\n", SHS_CONN_FAILED, "one is missing" },
    { STRING, 1, PLAIN, "$1\r\nv\r\n", SHS_CONN_OK, "the value alone" },
    { STRING, 1, PLAIN, "$-1\r\n", SHS_CONN_OK, "no such key" },
    { STRING, 1, PLAIN, "-WRONGTYPE x\r\n", SHS_CONN_OK, "an error" },
    { STRING, 1, PLAIN, "$1\r\nv\r\n:5\r\n", SHS_CONN_FAILED,
      "a reply to PTTL, which was not sent" },
    { STRING, 1, PLAIN, ":5\r\n", SHS_CONN_FAILED, "only that" },
    { FIELDS, 1, PLAIN, "*2\r\n$1\r\na\r\n$1\r\nb\r\n", SHS_CONN_OK,
      "fields alone" },
    { FIELDS, 1, PLAIN, "*0\r\n", SHS_CONN_OK, "no such key" },
    { FIELDS, 1, PLAIN, "*0\r\n:-2\r\n", SHS_CONN_FAILED, "one too many" },
    { STRING, 1, ROLE, "$1\r\nv\r\n" ACTOR_MASTER, SHS_CONN_OK,
      "of the master" },
    { STRING, 1, ROLE, "$6\r\n123456\r\n" ACTOR_MASTER, SHS_CONN_TOO_LARGE,
      "more than 5 octets" },
    { STRING, 1, ROLE, "$1\r\nv\r\n:5\r\n" ACTOR_MASTER, SHS_CONN_FAILED,
      "a number is no role" },
    { NAMED, 0, PLAIN, "*2\r\n$1\r\nv\r\n$-1\r\n:5\r\n", SHS_CONN_OK,
      "one field of two" },
    { NAMED, 1, PLAIN, "*2\r\n$-1\r\n$-1\r\n", SHS_CONN_OK, "none" },
    { NAMED, 1, PLAIN, "*2\r\n$3\r\nvwx\r\n$-1\r\n", SHS_CONN_OK,
      "5 octets with the name; a name without a value does not count" },
    { NAMED, 1, PLAIN, "*2\r\n$4\r\nvwxy\r\n$-1\r\n", SHS_CONN_TOO_LARGE,
      "6 octets with the name" },
    { NAMED, 1, PLAIN, "*2\r\n$1\r\nv\r\n$1\r\nw\r\n", SHS_CONN_OK,
      "5 octets with both names" },
    { NAMED, 1, PLAIN, "*2\r\n$1\r\nv\r\n$2\r\nwx\r\n", SHS_CONN_TOO_LARGE,
      "6 octets with both names" },
    { NAMED, 1, PLAIN, "*2\r\n$9\r\n123456789\r\n$-1\r\n", SHS_CONN_FAILED,
      "the parser stops at a text that is larger by itself" },
    { NAMED, 1, PLAIN, "*1\r\n$1\r\nv\r\n", SHS_CONN_FAILED,
      "a value too few" },
    { NAMED, 1, PLAIN, "*3\r\n$-1\r\n$-1\r\n$-1\r\n", SHS_CONN_FAILED,
      "one too many" },
    { NAMED, 1, ROLE, "*2\r\n$1\r\nv\r\n$-1\r\n" ACTOR_MASTER, SHS_CONN_OK,
      "of the master" },
    { NAMED, 1, ROLE,
      "*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n" ACTOR_MASTER,
      SHS_CONN_FAILED, "fields of HGETALL" },
    { NAMED, 0, ASKING, "+OK\r\n*2\r\n$1\r\nv\r\n$-1\r\n+OK\r\n:5\r\n",
      SHS_CONN_OK, "of a slot that moves" },
    { NAMED, 0, ASKING, "*2\r\n$1\r\nv\r\n$-1\r\n+OK\r\n:5\r\n+OK\r\n",
      SHS_CONN_FAILED, "in another order" },
};

START_TEST(pipeline_read__accepts_the_replies_of_a_load_and_no_others)
{
    shs_write_t write = some_write();
    shs_resp_t *parser = shs_resp_create();
    const char *reason = NULL;
    shs_pipeline_reply_t reply;
    shs_pipeline_t pipeline;
    shs_conn_status_t status;

    set_shape(&write.at, loads[_i].shape);
    write.at.without_ttl = loads[_i].without_ttl;
    shs_pipeline_build(&pipeline, &write.at, NULL, loads[_i].form, p);
    status = shs_pipeline_read(&reply, &pipeline, unit_text(loads[_i].text),
                               parser, &reason, p);
    ck_assert_msg(status == loads[_i].status, "%d (%s): %s", status, reason,
                  loads[_i].why);
    if (status == SHS_CONN_OK) {
        ck_assert_ptr_nonnull(reply.replies[0]);
        ck_assert_msg((reply.replies[1] == NULL) == loads[_i].without_ttl, "%s",
                      loads[_i].why);
        ck_assert_int_eq(reply.is_demoted, 0);
    }
    shs_resp_destroy(parser);
}
END_TEST

/* ---------------------------------------------------------------- execute */

typedef struct script_t {
    int commands;
    const char *text;
} script_t;

static void reply_after(fake_peer_t *peer, void *baton)
{
    const script_t *script = baton;
    int i;

    for (i = 0; i < script->commands; i++) {
        if (!fake_read_command(peer)) {
            return;
        }
    }
    fake_send_text(peer, script->text);
    fake_stall(peer);
}

#define OK      SHS_CONN_OK
#define FAILED  SHS_CONN_FAILED
#define TIMEOUT SHS_CONN_TIMEOUT

static const struct {
    shs_pipeline_form_t form;
    const char *text;
    shs_conn_status_t status;
    int integer;       /* of an OK without an error */
    const char *error; /* its first word */
    int is_demoted;
    const char *why;
} replies[] = {
    { PLAIN, ":1\r\n", OK, 1, NULL, 0, "done" },
    { PLAIN, ":-2\r\n", OK, -2, NULL, 0, "too large" },
    { PLAIN, "-WRONGTYPE x\r\n", OK, 0, "WRONGTYPE", 0, "an error" },
    { PLAIN, ":2\r\n", FAILED, 0, NULL, 0, "no script gives that" },
    { PLAIN, "+OK\r\n", FAILED, 0, NULL, 0, "nor a status" },
    { PLAIN, "$1\r\n1\r\n", FAILED, 0, NULL, 0, "nor a string" },
    { PLAIN, "$6\r\nSECRET\r\n", FAILED, 0, NULL, 0,
      "nor one past the session's size" },
    { PLAIN, "*1\r\n:1\r\n", FAILED, 0, NULL, 0, "nor an array" },
    { PLAIN, "*0\r\n", FAILED, 0, NULL, 0, "nor an empty one" },
    { PLAIN, ":1\r\n:1\r\n", FAILED, 0, NULL, 0, "two replies to one" },
    { ASKING, "+OK\r\n:1\r\n", OK, 1, NULL, 0, "done" },
    { ASKING, "+OK\r\n:0\r\n", OK, 0, NULL, 0, "gone" },
    { ASKING, "+OK\r\n-MOVED 1 x:1\r\n", OK, 0, "MOVED", 0,
      "the slot has moved on" },
    { ASKING, "-ERR x\r\n:1\r\n", OK, 0, "ERR", 0, "it is no cluster" },
    { ASKING, ":1\r\n+OK\r\n", FAILED, 0, NULL, 0, "in another order" },
    { ASKING, "+OK\r\n+OK\r\n", FAILED, 0, NULL, 0, "a read's" },
    { ROLE, ":1\r\n" ACTOR_MASTER, OK, 1, NULL, 0, "the master" },
    { ROLE, ":-1\r\n" ACTOR_MASTER, OK, -1, NULL, 0, "a conflict" },
    { ROLE, ":1\r\n" ACTOR_SLAVE, OK, 1, NULL, 1, "demoted meanwhile" },
    { ROLE, "-READONLY x\r\n" ACTOR_SLAVE, OK, 0, "READONLY", 1,
      "demoted before" },
    { ROLE, "-OOM x\r\n" ACTOR_MASTER, OK, 0, "OOM", 0, "an error" },
    { ROLE, "-OOM x\r\n-NOPERM x\r\n", OK, 0, "NOPERM", 0,
      "without ROLE no other reply counts" },
    { ROLE, ":1\r\n-NOPERM x\r\n", OK, 0, "NOPERM", 0, "not even this one" },
    { ROLE, ":1\r\n:1\r\n", FAILED, 0, NULL, 0, "ROLE gives no number" },
    { INFO, ":1\r\n" INFO_MASTER, OK, 1, NULL, 0, "the master, by INFO" },
    { INFO, ":1\r\n" INFO_SLAVE, OK, 1, NULL, 1, "demoted, by INFO" },
    { INFO, ":1\r\n-NOPERM x\r\n", OK, 0, "NOPERM", 0, "INFO refused" },
    { INFO, ":1\r\n" ACTOR_MASTER, FAILED, 0, NULL, 0, "INFO gives no array" },
    { ROLE, ":1\r\n$6\r\nmaster\r\n", FAILED, 0, NULL, 0, "nor a string" },
};

START_TEST(pipeline_execute__accepts_a_scripts_reply_and_no_other)
{
    script_t script = { replies[_i].form == PLAIN ? 1 : 2, replies[_i].text };
    fake_t *fake = fake_start(reply_after, &script);
    shs_write_t write = some_write();
    const char *reason = NULL;
    shs_pipeline_reply_t reply;
    shs_pipeline_t pipeline;
    shs_conn_status_t status;
    shs_conn_t *conn = fake_open(fake);

    shs_pipeline_build(&pipeline, &write.at, &write, replies[_i].form, p);
    status = shs_pipeline_execute(&reply, &pipeline, conn, &reason, p);
    ck_assert_msg(status == replies[_i].status, "%d (%s): %s", status, reason,
                  replies[_i].why);
    if (status == FAILED) {
        ck_assert(reason && !strstr(reason, "SECRET"));
    }
    else {
        ck_assert_msg((reply.error != NULL) == (replies[_i].error != NULL),
                      "%s", replies[_i].why);
        ck_assert_ptr_null(reply.replies[1]);
        ck_assert_msg(reply.is_demoted == replies[_i].is_demoted, "%s",
                      replies[_i].why);
    }
    if (replies[_i].error && reply.error) {
        ck_assert_str_eq(shs_resp_error_code(reply.error, p),
                         replies[_i].error);
    }
    else if (status == OK) {
        ck_assert_int_eq(reply.replies[0]->kind, SHS_REPLY_INTEGER);
        ck_assert_int_eq(reply.replies[0]->integer, replies[_i].integer);
    }
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* ------------------------------------------------------------------- size */

#define STRLEN_WIRE "*2\r\n$6\r\nSTRLEN\r\n$3\r\ns:k\r\n"
#define HLEN_WIRE   "*2\r\n$4\r\nHLEN\r\n$3\r\ns:k\r\n"
#define MEMORY_WIRE                                                       \
    "*5\r\n$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n$3\r\ns:k\r\n$7\r\nSAMPLES\r\n" \
    "$4\r\n4096\r\n"

/* Of "ab" and of "c". */
#define AB_WIRE "*3\r\n$7\r\nHSTRLEN\r\n$3\r\ns:k\r\n$2\r\nab\r\n"
#define C_WIRE  "*3\r\n$7\r\nHSTRLEN\r\n$3\r\ns:k\r\n$1\r\nc\r\n"

/* Of a session of 1000 octets at most. */
static const struct {
    int shape; /* or NAMED */
    shs_pipeline_form_t form;
    const char *commands;
    int count;
    const char *text;
    shs_conn_status_t status;
    int is_too_large;
    const char *error; /* its first word */
    const char *why;
} sizes[] = {
    { STRING, PLAIN, STRLEN_WIRE, 1, ":1000\r\n", OK, 0, NULL, "the most" },
    { STRING, PLAIN, STRLEN_WIRE, 1, ":1001\r\n", OK, 1, NULL, "one more" },
    { STRING, PLAIN, STRLEN_WIRE, 1, ":0\r\n", OK, 0, NULL, "no such key" },
    { STRING, PLAIN, STRLEN_WIRE, 1, "-WRONGTYPE x\r\n", OK, 0, "WRONGTYPE",
      "what the value's would be" },
    { STRING, PLAIN, STRLEN_WIRE, 1, "-NOPERM x\r\n", OK, 0, NULL,
      "STRLEN is not allowed: the value is loaded" },
    { STRING, PLAIN, STRLEN_WIRE, 1, "-ERR unknown command\r\n", OK, 0, NULL,
      "nor here" },
    { STRING, PLAIN, STRLEN_WIRE, 1, "-LOADING x\r\n", OK, 0, "LOADING",
      "of the server" },
    { STRING, PLAIN, STRLEN_WIRE, 1, "$1\r\n1\r\n", FAILED, 0, NULL,
      "no number" },
    { STRING, PLAIN, STRLEN_WIRE, 1, ":1\r\n:1\r\n", FAILED, 0, NULL,
      "one reply too many" },
    { STRING, ROLE, STRLEN_WIRE ROLE_WIRE, 2, ":1001\r\n" ACTOR_MASTER, OK, 1,
      NULL, "of the master" },
    { STRING, ASKING, ASKING_WIRE STRLEN_WIRE, 2, "+OK\r\n:1001\r\n", OK, 1,
      NULL, "of a slot that moves" },
    { FIELDS, PLAIN, HLEN_WIRE MEMORY_WIRE, 2, ":4096\r\n:700000\r\n", OK, 0,
      NULL, "the most" },
    { FIELDS, PLAIN, HLEN_WIRE MEMORY_WIRE, 2, ":4097\r\n:700000\r\n", OK, 1,
      NULL, "a field more" },
    { FIELDS, PLAIN, HLEN_WIRE MEMORY_WIRE, 2, ":1\r\n:500000000\r\n", OK, 1,
      NULL, "one field of half a gigabyte" },
    { FIELDS, PLAIN, HLEN_WIRE MEMORY_WIRE, 2, ":4096\r\n:2200000\r\n", OK, 0,
      NULL, "what so many fields may take" },
    { FIELDS, PLAIN, HLEN_WIRE MEMORY_WIRE, 2, ":300\r\n:300000\r\n", OK, 1,
      NULL, "fewer fields take less" },
    { FIELDS, PLAIN, HLEN_WIRE MEMORY_WIRE, 2, ":-1\r\n:300000\r\n", OK, 1,
      NULL, "of no fields" },
    { FIELDS, PLAIN, HLEN_WIRE MEMORY_WIRE, 2, ":0\r\n$-1\r\n", OK, 0, NULL,
      "no such key" },
    { FIELDS, PLAIN, HLEN_WIRE MEMORY_WIRE, 2, ":4097\r\n-NOPERM x\r\n", OK, 1,
      NULL, "only HLEN is allowed" },
    { FIELDS, PLAIN, HLEN_WIRE MEMORY_WIRE, 2, ":1\r\n-ERR unknown x\r\n", OK,
      0, NULL, "and the hash is small" },
    { FIELDS, PLAIN, HLEN_WIRE MEMORY_WIRE, 2, "-NOPERM x\r\n:500000000\r\n",
      OK, 1, NULL, "only MEMORY USAGE is allowed" },
    { FIELDS, PLAIN, HLEN_WIRE MEMORY_WIRE, 2, ":1\r\n*0\r\n", FAILED, 0, NULL,
      "no number" },
    { FIELDS, ASKING, ASKING_WIRE HLEN_WIRE ASKING_WIRE MEMORY_WIRE, 4,
      "+OK\r\n:4097\r\n+OK\r\n:1\r\n", OK, 1, NULL, "of a slot that moves" },
    { FIELDS, ROLE, HLEN_WIRE MEMORY_WIRE ROLE_WIRE, 3,
      ":4097\r\n:1\r\n" ACTOR_MASTER, OK, 1, NULL, "of the master" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, ":998\r\n:0\r\n", OK, 0, NULL,
      "the most for one field with its name" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, ":999\r\n:0\r\n", OK, 1, NULL,
      "one more" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, ":0\r\n:1000\r\n", OK, 1, NULL,
      "one more, of the other" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, ":500\r\n:497\r\n", OK, 0, NULL,
      "the most for both" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, ":500\r\n:498\r\n", OK, 1, NULL,
      "one more" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2,
      ":9223372036854775807\r\n:9223372036854775807\r\n", OK, 1, NULL,
      "the sum overflows" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, ":0\r\n:0\r\n", OK, 0, NULL,
      "no such key" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, "-WRONGTYPE x\r\n-WRONGTYPE x\r\n", OK,
      0, "WRONGTYPE", "what the value's would be" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, ":1\r\n-MOVED 1 x:1\r\n", OK, 0, "MOVED",
      "the slot moves meanwhile" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, ":1\r\n-WRONGTYPE x\r\n", OK, 0,
      "WRONGTYPE", "the key changes meanwhile" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, "-NOPERM x\r\n-NOPERM x\r\n", OK, 0,
      NULL, "HSTRLEN is not allowed: the value is loaded" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, ":1\r\n", TIMEOUT, 0, NULL,
      "a reply too few" },
    { NAMED, PLAIN, AB_WIRE C_WIRE, 2, ":1\r\n$-1\r\n", FAILED, 0, NULL,
      "HSTRLEN gives no nil" },
    { NAMED, ASKING, ASKING_WIRE AB_WIRE ASKING_WIRE C_WIRE, 4,
      "+OK\r\n:1\r\n+OK\r\n:999\r\n", OK, 1, NULL, "of a slot that moves" },
    { NAMED, ROLE, AB_WIRE C_WIRE ROLE_WIRE, 3, ":1\r\n:999\r\n" ACTOR_MASTER,
      OK, 1, NULL, "of the master" },
};

START_TEST(pipeline_execute__detects_a_size_that_no_session_may_have)
{
    script_t script = { sizes[_i].count, sizes[_i].text };
    fake_t *fake = fake_start(reply_after, &script);
    shs_query_t query = { OCTETS("s:k"), FIELDS, 1000,
                          unit_in_ms(sizes[_i].status == TIMEOUT ? 200
                                                                 : 5000) };
    const char *reason = NULL;
    shs_pipeline_reply_t reply;
    shs_pipeline_t pipeline;
    shs_conn_status_t status;
    shs_conn_t *conn = fake_open(fake);

    set_shape(&query, sizes[_i].shape);
    shs_pipeline_build_size(&pipeline, &query, sizes[_i].form, p);
    ck_octets_eq(pipeline.commands, unit_text(sizes[_i].commands),
                 sizes[_i].why);
    status = shs_pipeline_execute(&reply, &pipeline, conn, &reason, p);
    ck_assert_msg(status == sizes[_i].status, "%d (%s): %s", status, reason,
                  sizes[_i].why);
    if (status == OK) {
        ck_assert_msg(reply.is_too_large == sizes[_i].is_too_large, "%s",
                      sizes[_i].why);
        ck_assert_msg((reply.error != NULL) == (sizes[_i].error != NULL), "%s",
                      sizes[_i].why);
    }
    if (reply.error && sizes[_i].error) {
        ck_assert_str_eq(shs_resp_error_code(reply.error, p), sizes[_i].error);
        ck_assert_ptr_eq(reply.replies[0], reply.error);
    }
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, pipeline_build__loads_only_the_fields_of_the_query,
                        0, ROWS(partial));
    tcase_add_loop_test(
        tc, pipeline_execute__detects_a_size_that_no_session_may_have, 0,
        ROWS(sizes));
    tcase_add_loop_test(tc, pipeline_build__sends_the_script_in_one_write, 0,
                        ROWS(forms));
    tcase_add_loop_test(tc, pipeline_build__loads_the_value_without_a_write, 0,
                        ROWS(forms));
    tcase_add_loop_test(tc,
                        pipeline_build__loads_no_time_to_live_if_none_is_needed,
                        0, ROWS(forms));
    tcase_add_loop_test(
        tc, pipeline_build_load__has_a_reply_of_each_type_for_a_batch, 0,
        ROWS(loads_of_batches));
    tcase_add_loop_test(
        tc, pipeline_read__accepts_the_replies_of_a_load_and_no_others, 0,
        ROWS(loads));
    tcase_add_loop_test(tc,
                        pipeline_execute__accepts_a_scripts_reply_and_no_other,
                        0, ROWS(replies));
}

int main(void)
{
    return unit_main("pipeline", add);
}
