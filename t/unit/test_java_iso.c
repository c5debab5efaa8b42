/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_iso.h"

#include "unit.h"

static void check(const shs_java_iso_t *iso, const char *wanted,
                  const char *why)
{
    ck_octets_eq(unit_exact(iso->text, iso->len), unit_text(wanted), why);
}

/* As Instant.ofEpochSecond(seconds, nanos) prints itself. */
static const struct {
    apr_int64_t seconds;
    int nanos;
    const char *text;
    const char *why;
} instants[] = {
    { 0, 0, "1970-01-01T00:00:00Z", "the epoch" },
    { 1700000000, 123000000, "2023-11-14T22:13:20.123Z", "milliseconds" },
    { 1700000000, 123456000, "2023-11-14T22:13:20.123456Z", "microseconds" },
    { 1700000000, 1, "2023-11-14T22:13:20.000000001Z", "a nanosecond" },
    { 951782399, 0, "2000-02-28T23:59:59Z", "before a leap day" },
    { 951782400, 0, "2000-02-29T00:00:00Z", "of a century that has one" },
    { 951868800, 0, "2000-03-01T00:00:00Z", "behind it" },
    { 4107542400, 0, "2100-03-01T00:00:00Z", "of a century that has none" },
    { -1, 0, "1969-12-31T23:59:59Z", "before the epoch" },
    { -62135596800, 0, "0001-01-01T00:00:00Z", "the year 1" },
    { -62167219201, 0, "-0001-12-31T23:59:59Z", "before the year 0" },
    { 253402300799, 0, "9999-12-31T23:59:59Z", "the last without a plus" },
    { 253402300800, 0, "+10000-01-01T00:00:00Z", "the first with it" },
    { APR_INT64_C(31556889864403199), 999999999,
      "+1000000000-12-31T23:59:59.999999999Z", "Instant.MAX" },
    { APR_INT64_C(-31557014167219200), 0, "-1000000000-01-01T00:00:00Z",
      "Instant.MIN" },
    { APR_INT64_C(9223372036854775), 807000000,
      "+292278994-08-17T07:12:55.807Z", "the last java.util.Date" },
};

START_TEST(java_iso_instant__is_as_java_prints_it)
{
    shs_java_iso_t iso;

    iso.len = 0;
    shs_java_iso_instant(&iso, instants[_i].seconds, instants[_i].nanos);
    check(&iso, instants[_i].text, instants[_i].why);
}
END_TEST

static const struct {
    apr_int64_t seconds;
    int nanos;
    const char *text;
    const char *why;
} durations[] = {
    { 0, 0, "PT0S", "nothing" },
    { 1800, 0, "PT30M", "minutes" },
    { 3661, 0, "PT1H1M1S", "all three" },
    { 86400, 0, "PT24H", "no days" },
    { 1, 500000000, "PT1.5S", "a fraction" },
    { -1, 500000000, "PT-0.5S", "between -1 and 0" },
    { -2, 500000000, "PT-1.5S", "below" },
    { -3600, 1, "PT-59M-59.999999999S", "below an hour" },
    { -1, 0, "PT-1S", "a whole second" },
    { APR_INT64_MIN, 0, "PT-2562047788015215H-30M-8S", "the smallest" },
    { APR_INT64_MAX, 999999999, "PT2562047788015215H30M7.999999999S",
      "the largest" },
};

START_TEST(java_iso_duration__is_as_java_prints_it)
{
    shs_java_iso_t iso;

    iso.len = 0;
    shs_java_iso_duration(&iso, durations[_i].seconds, durations[_i].nanos);
    check(&iso, durations[_i].text, durations[_i].why);
}
END_TEST

START_TEST(java_iso_put__drops_what_does_not_fit)
{
    shs_java_iso_t iso;
    int i;

    iso.len = 0;
    for (i = 0; i < 2 * SHS_JAVA_ISO_SIZE; ++i) {
        shs_java_iso_put(&iso, 'x');
    }
    ck_assert_uint_eq(iso.len, SHS_JAVA_ISO_SIZE);
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_loop_test(tc, java_iso_instant__is_as_java_prints_it, 0,
                        ROWS(instants));
    tcase_add_loop_test(tc, java_iso_duration__is_as_java_prints_it, 0,
                        ROWS(durations));
    tcase_add_test(tc, java_iso_put__drops_what_does_not_fit);
}

int main(void)
{
    return unit_main("java_iso", add_tests);
}
