/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/stored_number.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "codec/java/java_boxed.h"
#include "codec/java/kryo.h"

/* What Jackson's default typing writes before and behind a number. */
static const char *const wrappings[] = { "[\"java.lang.Long\",",
                                         "[\"java.lang.Integer\"," };

#define MOST_DIGITS 16

static const shs_octets_t nothing = { NULL, 0 };

static int read_decimal(apr_int64_t *out, shs_octets_t text)
{
    apr_size_t is_negative = text.len > 0 && text.data[0] == '-';
    apr_int64_t number = 0;
    apr_size_t i;

    if (text.len == is_negative || text.len - is_negative > MOST_DIGITS) {
        return 0;
    }
    for (i = is_negative; i < text.len; ++i) {
        if (!apr_isdigit(text.data[i])) {
            return 0;
        }
        number = 10 * number + (text.data[i] - '0');
    }
    *out = is_negative ? -number : number;
    return 1;
}

/* The number between a wrapping and its "]", or the text itself; *wrapping is
 * what stands before it. */
static shs_octets_t unwrap(const char **wrapping, shs_octets_t text)
{
    apr_size_t i;

    *wrapping = NULL;
    for (i = 0; i < sizeof(wrappings) / sizeof(wrappings[0]); ++i) {
        apr_size_t len = strlen(wrappings[i]);

        if (text.len > len + 1 && !memcmp(text.data, wrappings[i], len)
            && text.data[text.len - 1] == ']') {
            *wrapping = wrappings[i];
            text.data += len;
            text.len -= len + 1;
            break;
        }
    }
    return text;
}

int shs_stored_number_read(apr_int64_t *out, shs_octets_t stored)
{
    const char *wrapping;

    return shs_java_boxed_read(out, stored)
           || shs_kryo_read_integer(out, stored)
           || read_decimal(out, unwrap(&wrapping, stored));
}

shs_octets_t shs_stored_number_write(apr_int64_t number, shs_octets_t like,
                                     apr_pool_t *p)
{
    char *out = apr_palloc(p, SHS_JAVA_BOXED_MAX);
    shs_octets_t stored = { out, shs_java_boxed_write(out, number, like) };
    const char *wrapping;
    apr_int64_t was;

    if (stored.len == 0) {
        stored.len = shs_kryo_write_integer(out, number, like);
    }
    if (stored.len > 0) {
        return stored;
    }
    if (!read_decimal(&was, unwrap(&wrapping, like))) {
        return nothing;
    }
    return shs_octets_of(
        wrapping ? apr_psprintf(p, "%s%" APR_INT64_T_FMT "]", wrapping, number)
                 : apr_psprintf(p, "%" APR_INT64_T_FMT, number));
}
