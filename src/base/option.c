/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#define SECOND APR_USEC_PER_SEC

/* No number in range reaches this, in any unit. */
#define MOST 100000000

/* Parses up to ten digits. Returns their number; 0: there are none, or more. */
static int parse_digits(apr_int64_t *out, const char *text)
{
    int digits = 0;

    *out = 0;
    while (apr_isdigit(text[digits])) {
        if (digits == 10) {
            return 0;
        }
        *out = *out * 10 + (text[digits++] - '0');
    }
    return digits;
}

/* The last unit of a list has no name. */
typedef struct unit_t {
    const char *name;
    apr_int64_t scale;
} unit_t;

/* Parses a number and a unit. Returns microseconds; -1: it is malformed; 0: it
 * is too large. */
static apr_interval_time_t parse_time(const char *text, const unit_t *units)
{
    apr_int64_t number;
    int digits = parse_digits(&number, text);

    for (; digits > 0 && units->name; ++units) {
        if (!strcmp(text + digits, units->name)) {
            return number < MOST ? number * units->scale : 0;
        }
    }
    return -1;
}

const char *shs_option_parse_duration(apr_interval_time_t *out,
                                      const char *text, apr_pool_t *p)
{
    static const unit_t units[] = { { "ms", 1000 },
                                    { "s", SECOND },
                                    { "m", 60 * SECOND },
                                    { "h", 3600 * SECOND },
                                    { NULL, 0 } };
    apr_interval_time_t time = parse_time(text, units);

    if (time < 0) {
        return apr_psprintf(p,
                            "'%s' is not a duration: write a number and ms, s,"
                            " m or h, as in 200ms",
                            text);
    }
    if (time < 1000 || time > 24 * 3600 * SECOND) {
        return apr_psprintf(p, "'%s' is out of range: 1ms to 24h", text);
    }
    *out = time;
    return NULL;
}

const char *shs_option_parse_lifetime(apr_interval_time_t *out,
                                      const char *text, apr_pool_t *p)
{
    static const unit_t units[] = { { "s", SECOND },
                                    { "m", 60 * SECOND },
                                    { "h", 3600 * SECOND },
                                    { "d", 24 * 3600 * SECOND },
                                    { NULL, 0 } };
    apr_interval_time_t time = parse_time(text, units);

    if (time < 0) {
        return apr_psprintf(p,
                            "'%s' is not a time: write a number and s, m, h or"
                            " d, as in 30m",
                            text);
    }
    if (time < SECOND || time > 400 * 24 * 3600 * SECOND) {
        return apr_psprintf(p, "'%s' is out of range: 1s to 400d", text);
    }
    *out = time;
    return NULL;
}

const char *shs_option_parse_number(int *out, const char *text, int least,
                                    int most, apr_pool_t *p)
{
    apr_int64_t number;
    int digits = parse_digits(&number, text);

    if (digits == 0 || text[digits] || number < least || number > most) {
        return apr_psprintf(p, "'%s' is not a whole number from %d to %d", text,
                            least, most);
    }
    *out = (int)number;
    return NULL;
}

const char *shs_option_parse_size(apr_size_t *out, const char *text,
                                  apr_pool_t *p)
{
    apr_int64_t number;
    int digits = parse_digits(&number, text);
    const char *unit = text + digits;

    if (!strcmp(unit, "K") || !strcmp(unit, "k")) {
        number *= 1024;
    }
    else if (!strcmp(unit, "M") || !strcmp(unit, "m")) {
        number *= 1024 * 1024;
    }
    else if (*unit) {
        digits = 0;
    }
    if (digits == 0 || number < 1 || number > 512 * 1024 * 1024) {
        return apr_psprintf(p,
                            "'%s' is not a size from 1 to 512M: write octets,"
                            " or a number with K or M",
                            text);
    }
    *out = (apr_size_t)number;
    return NULL;
}

const char *shs_option_describe_duration(apr_interval_time_t duration,
                                         apr_pool_t *p)
{
    if (duration % APR_USEC_PER_SEC == 0) {
        return apr_psprintf(p, "%" APR_INT64_T_FMT "s",
                            (apr_int64_t)apr_time_sec(duration));
    }
    return apr_psprintf(p, "%" APR_INT64_T_FMT "ms",
                        (apr_int64_t)(duration / 1000));
}
