/* SPDX-License-Identifier: Apache-2.0 */
#include "store/option.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#define LONGEST (24 * 3600 * APR_USEC_PER_SEC)

/* Reads up to ten digits. Returns how many, 0 when there are none or more. */
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

const char *shs_option_parse_duration(apr_interval_time_t *out,
                                      const char *text, apr_pool_t *p)
{
    static const struct {
        const char *unit;
        apr_int64_t scale;
    } units[] = {
        { "ms", 1000 },
        { "s", APR_USEC_PER_SEC },
        { "m", 60 * APR_USEC_PER_SEC },
        { "h", 3600 * APR_USEC_PER_SEC },
    };
    apr_int64_t number;
    int digits = parse_digits(&number, text);
    apr_size_t i;

    for (i = 0; digits > 0 && i < sizeof(units) / sizeof(units[0]); ++i) {
        if (!strcmp(text + digits, units[i].unit)) {
            if (number < 1 || number > LONGEST / units[i].scale) {
                return apr_psprintf(p, "'%s' is out of range: 1ms to 24h",
                                    text);
            }
            *out = number * units[i].scale;
            return NULL;
        }
    }
    return apr_psprintf(p,
                        "'%s' is no duration: write a number and ms, s, m"
                        " or h, as in 200ms",
                        text);
}

const char *shs_option_parse_number(int *out, const char *text, int least,
                                    int most, apr_pool_t *p)
{
    apr_int64_t number;
    int digits = parse_digits(&number, text);

    if (digits == 0 || text[digits] || number < least || number > most) {
        return apr_psprintf(p, "'%s' is no whole number from %d to %d", text,
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
                            "'%s' is no size from 1 to 512M: write octets,"
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
