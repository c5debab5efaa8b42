/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys and arguments of the scripts. t/20-foreign-writes.t runs the scripts on
 * a real Redis.
 */
#include "redis/command/pipeline/script_foreign.h"

#include "unit.h"

static const shs_record_field_t expected[] = {
    { { "any", 3 }, { NULL, 0 } },
    { { "same", 4 }, { "\0v", 2 } },
    { { "empty", 5 }, { "", 0 } },
};
static const shs_record_field_t fields[] = { { { "f", 1 }, { "1", 1 } },
                                             { { "g", 1 }, { "", 0 } } };
static const shs_member_t members[] = {
    { { "set", 3 }, { "m", 1 }, 0 },
    { { "sorted", 6 }, { "n", 1 }, 1 },
    { { "set", 3 }, { "o", 1 }, 0 },
};

enum { EXPECTS = 1, SETS = 2, COMPANION = 4, MEMBERS = 8, KEEPS = 16 };

static const shs_foreign_t *foreign_of(int parts)
{
    shs_foreign_t *foreign = apr_pcalloc(p, sizeof(*foreign));

    foreign->expected = expected;
    foreign->expected_count = parts & EXPECTS ? 3 : 0;
    foreign->fields = fields;
    foreign->count = parts & SETS ? 2 : 0;
    if (parts & COMPANION) {
        foreign->companion = OCTETS("comp");
        foreign->companion_ttl = 1500001;
    }
    foreign->members = members;
    foreign->member_count = parts & MEMBERS ? 3 : 0;
    foreign->keeps = parts & KEEPS ? 300000000 : 0;
    return foreign;
}

static shs_write_t write_of(shs_write_kind_t kind, int parts)
{
    shs_write_t write;

    memset(&write, 0, sizeof(write));
    write.kind = kind;
    write.at.key = OCTETS("s:k");
    write.at.shape = SHS_SHAPE_FIELDS;
    write.ttl = 1800000000;
    write.due = 1700000000;
    write.accessed_at_ms = 1700000000123;
    write.rotated = OCTETS("MARK");
    write.foreign = foreign_of(parts);
    return write;
}

static const char *show(const apr_array_header_t *octets)
{
    const char *shown = "";
    int i;

    for (i = 0; i < octets->nelts; i++) {
        shown = apr_pstrcat(p, shown,
                            unit_show(APR_ARRAY_IDX(octets, i, shs_octets_t)),
                            "|", NULL);
    }
    return shown;
}

#define TOUCH  SHS_WRITE_TOUCH
#define REMOVE SHS_WRITE_REMOVE

static const struct {
    shs_write_kind_t kind;
    int parts;
    const char *keys;
    const char *arguments;
    const char *why;
} fills[] = {
    { TOUCH, 0, "s:k|", "1800000|1700000|0|0|0|",
      "ttl, due, no companion, no fields" },
    { TOUCH, EXPECTS, "s:k|",
      "1800000|1700000|0|3|0|any|?||same|=|\\x00v|empty|=||",
      "any value, this value, the empty value" },
    { TOUCH, SETS | COMPANION, "s:k|comp|", "1800000|1700000|1501|0|2|f|1|g||",
      "the companion's ttl, rounded up" },
    { TOUCH, EXPECTS | SETS | MEMBERS | KEEPS, "s:k|",
      "1800000|1700000|0|3|2|any|?||same|=|\\x00v|empty|=||f|1|g||",
      "members and keeps are of an end" },
    { REMOVE, 0, "s:k|", "0|0|0|0|", "no time to keep, no companion" },
    { REMOVE, COMPANION, "s:k|comp|", "0|1|0|0|", "a companion" },
    { REMOVE, MEMBERS, "s:k|set|sorted|set|", "0|0|0|0|SREM|m|ZREM|n|SREM|o|",
      "a command for each member" },
    { REMOVE, EXPECTS | SETS | COMPANION | MEMBERS | KEEPS,
      "s:k|comp|set|sorted|set|",
      "300000|1|3|2|any|?||same|=|\\x00v|empty|=||f|1|g||SREM|m|ZREM|n|SREM|o|",
      "all of it" },
    { SHS_WRITE_CHANGE, MEMBERS, "s:k|", "SREM|m|",
      "a step in a Cluster: one member, of the write's own key" },
};

START_TEST(script_foreign_fill__passes_the_keys_and_arguments)
{
    shs_write_t write = write_of(fills[_i].kind, fills[_i].parts);
    shs_eval_t eval;

    shs_eval_begin(&eval, p);
    shs_script_foreign_fill(&eval, &write);
    ck_assert_msg(!strcmp(show(eval.keys), fills[_i].keys), "%s: %s",
                  show(eval.keys), fills[_i].why);
    ck_assert_msg(!strcmp(show(eval.arguments), fills[_i].arguments), "%s: %s",
                  show(eval.arguments), fills[_i].why);
}
END_TEST

/* A server caches every script that it has ever received. */
START_TEST(script_foreign_fill__uses_one_script_for_each_kind)
{
    const char *scripts[3] = { NULL, NULL, NULL };
    int i, k;

    for (i = 0; i < ROWS(fills); i++) {
        shs_write_t write = write_of(fills[i].kind, fills[i].parts);
        int kind = fills[i].kind == TOUCH ? 0 : fills[i].kind == REMOVE ? 1 : 2;
        shs_eval_t eval;
        const char *script;

        shs_eval_begin(&eval, p);
        script = shs_script_foreign_fill(&eval, &write);
        ck_assert_msg(!scripts[kind] || !strcmp(script, scripts[kind]), "%s",
                      fills[i].why);
        scripts[kind] = script;
    }
    for (i = 0; i < 3; i++) {
        for (k = 0; k < i; k++) {
            ck_assert_str_ne(scripts[i], scripts[k]);
        }
    }
}
END_TEST

/* The program that owns the session knows neither field. */
START_TEST(script_foreign_fill__knows_no_field_of_this_module)
{
    shs_write_t write = write_of(fills[_i].kind, fills[_i].parts);
    shs_eval_t eval;

    shs_eval_begin(&eval, p);
    ck_assert_ptr_null(strchr(shs_script_foreign_fill(&eval, &write), '@'));
    ck_assert_ptr_null(strstr(show(eval.arguments), "MARK"));
    ck_assert_ptr_null(strstr(show(eval.arguments), "1700000000123"));
}
END_TEST

START_TEST(eval_build__counts_the_keys)
{
    shs_eval_t eval;

    shs_eval_begin(&eval, p);
    shs_eval_add_key(&eval, OCTETS("a"));
    shs_eval_add_number(&eval, -7);
    shs_eval_add_key(&eval, OCTETS("b"));
    shs_eval_add(&eval, OCTETS("\r\n"));
    ck_octets_eq(shs_eval_build(&eval, "return 1"),
                 OCTETS("*7\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n2\r\n"
                        "$1\r\na\r\n$1\r\nb\r\n$2\r\n-7\r\n$2\r\n\r\n\r\n"),
                 "keys before arguments");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, script_foreign_fill__passes_the_keys_and_arguments,
                        0, ROWS(fills));
    tcase_add_test(tc, script_foreign_fill__uses_one_script_for_each_kind);
    tcase_add_loop_test(tc, script_foreign_fill__knows_no_field_of_this_module,
                        0, ROWS(fills));
    tcase_add_test(tc, eval_build__counts_the_keys);
}

int main(void)
{
    return unit_main("script_foreign", add);
}
