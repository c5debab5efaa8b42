/* SPDX-License-Identifier: Apache-2.0
 *
 * config/cache_policy.c needs nothing of httpd, so it is compiled into this
 * test.
 */
#include "config/cache_policy.h"

#include "unit.h"

/* Returns NULL, or what is wrong with the arguments. */
static const char *parse(shs_near_policy_t *out, const char *words)
{
    char **list;
    int count = 0;

    ck_assert_int_eq(apr_tokenize_to_argv(words, &list, p), APR_SUCCESS);
    while (list[count]) {
        ++count;
    }
    return shs_cache_policy_parse(out, count, list, p);
}

/* As the documents and conf/shared_session.conf say. */
START_TEST(cache_policy_default__is_on_with_16_mb_and_a_lease_of_two_seconds)
{
    shs_near_policy_t policy;

    memset(&policy, 0xa5, sizeof(policy));
    shs_cache_policy_default(&policy);
    ck_assert_int_eq(policy.is_on, 1);
    ck_assert_uint_eq(policy.size, 16 * 1024 * 1024);
    ck_assert_uint_eq(policy.max_entry, 4 * 1024);
    ck_assert_int_eq(policy.ttl, apr_time_from_sec(300));
    ck_assert_int_eq(policy.lease, apr_time_from_sec(2));
    ck_assert_int_eq(policy.negative, apr_time_from_sec(1));
}
END_TEST

START_TEST(cache_policy_parse__of_on_alone_is_the_default)
{
    shs_near_policy_t policy, wanted;

    shs_cache_policy_default(&wanted);
    ck_assert_ptr_null(parse(&policy, "On"));
    ck_assert(shs_near_policy_is_equal(&policy, &wanted));
}
END_TEST

static const struct {
    const char *words;
    int is_on;
    int lease_ms;
    int size_mb;
    const char *why;
} accepted[] = {
    { "Off", 0, 2000, 16, "the word alone" },
    { "off", 0, 2000, 16, "in any case" },
    { "ON", 1, 2000, 16, "in any case" },
    { "On lease=1500ms size=512M", 1, 1500, 512, "options" },
    { "Off lease=5s", 0, 5000, 16, "Off stays so, whatever follows" },
    { "On size=64M max-entry=1M", 1, 2000, 64, "entries as large as can be" },
};

START_TEST(cache_policy_parse__accepts)
{
    shs_near_policy_t policy;
    const char *error = parse(&policy, accepted[_i].words);

    ck_assert_msg(!error, "%s: %s", accepted[_i].why, error);
    ck_assert_msg(policy.is_on == accepted[_i].is_on, "%s", accepted[_i].why);
    ck_assert_int_eq(policy.lease, accepted[_i].lease_ms * 1000);
    ck_assert_uint_eq(policy.size / 1024 / 1024,
                      (apr_size_t)accepted[_i].size_mb);
}
END_TEST

static const struct {
    const char *words;
    const char *error;
    const char *why;
} refused[] = {
    { "", "On or Off", "nothing at all" },
    { "size=16M", "On or Off", "options alone" },
    { "Maybe", "On or Off", "another word" },
    { "On lease=999ms", "1s to 60s",
      "a lease too short to be extended in time" },
    { "On lease=61s", "1s to 60s", "a lease too long to matter" },
    { "On size=512K", "1024K to 512M", "too small to hold anything" },
    { "On size=513M", "512M", "too large" },
    { "On size=1M max-entry=64K", "64 times", "no room for entries so large" },
    { "On size=32M ttl=1m size=64M", "size= is given twice: keep one",
      "two values" },
    { "On lease=2s lease=2s", "lease= is given twice",
      "even with the same value" },
    { "On colour=red", "lease=", "an unknown option, with those there are" },
};

START_TEST(cache_policy_parse__refuses)
{
    shs_near_policy_t policy;
    const char *error = parse(&policy, refused[_i].words);

    ck_assert_msg(error && strstr(error, refused[_i].error), "%s: %s",
                  refused[_i].why, error ? error : "accepted");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(
        tc, cache_policy_default__is_on_with_16_mb_and_a_lease_of_two_seconds);
    tcase_add_test(tc, cache_policy_parse__of_on_alone_is_the_default);
    tcase_add_loop_test(tc, cache_policy_parse__accepts, 0, ROWS(accepted));
    tcase_add_loop_test(tc, cache_policy_parse__refuses, 0, ROWS(refused));
}

int main(void)
{
    return unit_main("cache_policy", add);
}
