/* SPDX-License-Identifier: Apache-2.0
 *
 * run_id: what INFO says about the server. When it is loaded:
 * test_store_redis_load and test_tracker.
 */
#include "redis/connection/run_id.h"

#include "base/octets.h"
#include "unit.h"

static apr_uint32_t read_text(const char *text)
{
    shs_reply_t reply = { .kind = SHS_REPLY_STRING,
                          .text = shs_octets_of(text) };

    return shs_run_id_parse(&reply);
}

START_TEST(run_id_parse__tells_servers_apart)
{
    apr_uint32_t is = read_text("# Server\r\nrun_id:0011\r\ntcp_port:1\r\n");

    ck_assert_uint_gt(is, SHS_RUN_ID_UNKNOWN);
    ck_assert_uint_eq(is, read_text("run_id:0011\r\n"));
    ck_assert_uint_eq(is, read_text("a:1\nrun_id:0011"));
    ck_assert_uint_ne(is, read_text("# Server\r\nrun_id:0012\r\n"));
}
END_TEST

static const struct {
    const char *text;
    const char *why;
} unknown[] = {
    { "", "nothing" },
    { "# Server\r\n", "no such line" },
    { "run_id:\r\nx:1\r\n", "no value" },
    { "run_id:", "nor a line end" },
    { "master_run_id:0011\r\n", "the name of another line" },
    { "x:run_id:0011\r\n", "in a value" },
};

START_TEST(run_id_parse__knows_when_there_is_none)
{
    ck_assert_msg(read_text(unknown[_i].text) == SHS_RUN_ID_UNKNOWN, "%s",
                  unknown[_i].why);
}
END_TEST

START_TEST(run_id_parse__reads_nothing_else)
{
    shs_reply_t reply = { .text = OCTETS("run_id:0011\r\n") };
    int kind;

    for (kind = SHS_REPLY_NIL; kind <= SHS_REPLY_ARRAY; kind++) {
        reply.kind = (shs_reply_kind_t)kind;
        ck_assert_int_eq(shs_run_id_parse(&reply) == SHS_RUN_ID_UNKNOWN,
                         kind != SHS_REPLY_STRING);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, run_id_parse__tells_servers_apart);
    tcase_add_loop_test(tc, run_id_parse__knows_when_there_is_none, 0,
                        ROWS(unknown));
    tcase_add_test(tc, run_id_parse__reads_nothing_else);
}

int main(void)
{
    return unit_main("run_id", add);
}
