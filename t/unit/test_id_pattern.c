/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/id_pattern.h"

#include "unit.h"

#define HEX16 "0123456789abcDEF"
#define HEX32 HEX16 HEX16
#define UUID  "68223e70-1962-4a15-906a-70e79144d9e3"
#define X16   "xxxxxxxxxxxxxxxx"
#define X64   X16 X16 X16 X16

static const struct {
    shs_id_pattern_t pattern;
    const char *value;
    const char *id; /* NULL: refused */
    const char *why;
} values[] = {
    { { 0 }, "a.~_-" HEX16, "a.~_-" HEX16, "zeroed: as without a pattern" },
    { { 0 }, HEX16 ":", NULL, "... also in what is refused" },
    { { 0 }, "0123456789abcde", NULL, "... and in the length" },
    { { SHS_ID_TOKEN }, "aZ09_-" HEX16, "aZ09_-" HEX16, "token" },
    { { SHS_ID_TOKEN }, HEX16 ".", NULL, "token: no dot" },
    { { SHS_ID_TOKEN }, HEX16 "~", NULL, "token: no tilde" },
    { { SHS_ID_HEX }, HEX16, HEX16, "hex, in both cases" },
    { { SHS_ID_HEX }, HEX16 "g", NULL, "hex: no g" },
    { { SHS_ID_HEX }, HEX16 "-", NULL, "hex: no hyphen" },
    { { SHS_ID_HEX }, HEX16 "_LOCK", NULL, "the key of a lock" },
    { { SHS_ID_UUID }, UUID, UUID, "uuid" },
    { { SHS_ID_UUID }, UUID "_", NULL, "uuid: no underscore" },
    { { SHS_ID_UUID }, "expires:" UUID, NULL, "another kind of key of Spring" },
    { { SHS_ID_HEX_ROUTE }, HEX32, HEX32, "no route" },
    { { SHS_ID_HEX_ROUTE },
      HEX32 ".node-1_a",
      HEX32 ".node-1_a",
      "the route belongs to the id" },
    { { SHS_ID_HEX_ROUTE }, HEX32 "." X64, HEX32 "." X64, "the longest route" },
    { { SHS_ID_HEX_ROUTE }, HEX32 "." X64 "x", NULL, "a longer one" },
    { { SHS_ID_HEX_ROUTE }, HEX32 ".", NULL, "an empty route" },
    { { SHS_ID_HEX_ROUTE }, HEX32 ".a.b", NULL, "two routes" },
    { { SHS_ID_HEX_ROUTE }, HEX32 "node", NULL, "a route without a dot" },
    { { SHS_ID_HEX_ROUTE }, "." X16, NULL, "no digits" },
    { { SHS_ID_HEX, 32, 32, NULL }, HEX32, HEX32, "of exactly that length" },
    { { SHS_ID_HEX, 32, 32, NULL }, HEX16, NULL, "shorter" },
    { { SHS_ID_HEX, 17, 0, NULL }, HEX16, NULL, "shorter by one" },
    { { SHS_ID_HEX, 32, 32, NULL }, HEX32 "0", NULL, "longer" },
    { { SHS_ID_UUID, 0, 0, "koa:sess:" },
      "koa:sess:" UUID,
      UUID,
      "the prefix is cut" },
    { { SHS_ID_UUID, 0, 0, "koa:sess:" }, UUID, NULL, "the prefix is missing" },
    { { SHS_ID_UUID, 0, 0, "koa:sess:" },
      "koa:ses",
      NULL,
      "a part of the prefix" },
    { { SHS_ID_UUID, 0, 0, "koa:sess:" },
      "koa:sess:koa:sess:" UUID,
      NULL,
      "the prefix twice" },
    { { SHS_ID_UUID, 0, 0, "koa:sess:" },
      "koa:sess:",
      NULL,
      "nothing but the prefix" },
    { { SHS_ID_UUID, 0, 0, "" }, UUID, UUID, "an empty prefix" },
};

START_TEST(id_pattern_parse__takes_only_what_the_framework_makes)
{
    shs_octets_t value = unit_text(values[_i].value);
    shs_session_id_t sid;
    const char *refusal = shs_id_pattern_parse(&sid, &values[_i].pattern, value,
                                               SHS_SESSION_ID_NO_ROUTE, 0);

    ck_assert_msg(!refusal == !!values[_i].id, "%s: %s", values[_i].why,
                  refusal ? refusal : "accepted");
    if (!refusal) {
        ck_octets_eq(shs_session_id_octets(&sid), unit_text(values[_i].id),
                     values[_i].why);
    }
}
END_TEST

START_TEST(id_pattern_parse__cuts_the_route_behind_the_prefix)
{
    shs_id_pattern_t pattern = { SHS_ID_HEX, 32, 32, "a.b:" };
    shs_session_id_t sid;

    ck_assert_pstr_eq(shs_id_pattern_parse(&sid, &pattern,
                                           unit_text("a.b:" HEX32 ".node1"),
                                           '.', 0),
                      NULL);
    ck_octets_eq(shs_session_id_octets(&sid), unit_text(HEX32), "a dot in it");
}
END_TEST

static const struct {
    shs_id_pattern_t a, b;
    int is_equal;
    const char *why;
} pairs[] = {
    { { 0 }, { 0 }, 1, "zeroed" },
    { { SHS_ID_HEX, 1, 2, "p" }, { SHS_ID_HEX, 1, 2, "p" }, 1, "all equal" },
    { { SHS_ID_HEX }, { SHS_ID_UUID }, 0, "other characters" },
    { { SHS_ID_HEX, 1, 2, "p" }, { SHS_ID_HEX, 2, 2, "p" }, 0, "another min" },
    { { SHS_ID_HEX, 1, 2, "p" }, { SHS_ID_HEX, 1, 3, "p" }, 0, "another max" },
    { { SHS_ID_HEX, 1, 2, "p" }, { SHS_ID_HEX, 1, 2, "q" }, 0, "a prefix" },
    { { SHS_ID_HEX, 1, 2, "p" }, { SHS_ID_HEX, 1, 2, NULL }, 0, "or none" },
};

START_TEST(id_pattern_is_equal__compares_every_field)
{
    ck_assert_msg(!!shs_id_pattern_is_equal(&pairs[_i].a, &pairs[_i].b)
                      == pairs[_i].is_equal,
                  "%s", pairs[_i].why);
    ck_assert_msg(!!shs_id_pattern_is_equal(&pairs[_i].b, &pairs[_i].a)
                      == pairs[_i].is_equal,
                  "%s", pairs[_i].why);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc,
                        id_pattern_parse__takes_only_what_the_framework_makes,
                        0, ROWS(values));
    tcase_add_test(tc, id_pattern_parse__cuts_the_route_behind_the_prefix);
    tcase_add_loop_test(tc, id_pattern_is_equal__compares_every_field, 0,
                        ROWS(pairs));
}

int main(void)
{
    return unit_main("id_pattern", add);
}
