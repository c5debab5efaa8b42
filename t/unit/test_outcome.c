/* SPDX-License-Identifier: Apache-2.0 */
#include "session/outcome.h"

#include "unit.h"

static const struct {
    shs_outcome_t outcome;
    const char *word;
} words[] = {
    { SHS_OUTCOME_NONE, "none" },
    { SHS_OUTCOME_FOUND, "found" },
    { SHS_OUTCOME_ABSENT, "absent" },
    { SHS_OUTCOME_MALFORMED, "malformed" },
    { SHS_OUTCOME_UNAVAILABLE, "unavailable" },
};

START_TEST(outcome_describe__returns_the_documented_word)
{
    ck_assert_str_eq(shs_outcome_describe(words[_i].outcome), words[_i].word);
}
END_TEST

START_TEST(outcome__zeroed_memory_is_no_session)
{
    shs_outcome_t zero;

    memset(&zero, 0, sizeof(zero));
    ck_assert_int_eq(zero, SHS_OUTCOME_NONE);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, outcome_describe__returns_the_documented_word, 0,
                        ROWS(words));
    tcase_add_test(tc, outcome__zeroed_memory_is_no_session);
}

int main(void)
{
    return unit_main("outcome", add);
}
