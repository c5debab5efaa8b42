/* SPDX-License-Identifier: Apache-2.0 */
#include "session/metadata.h"

#include <string.h>

/* A longer number is not a time. */
#define MOST_DIGITS 15

/* In seconds: the idle timeout and a touch interval can be added up. */
#define MOST_IDLE (APR_INT64_MAX / APR_USEC_PER_SEC / 2)

static int is_named(shs_octets_t name, const char *wanted)
{
    return name.len == strlen(wanted) && !memcmp(name.data, wanted, name.len);
}

int shs_metadata_is_reserved(shs_octets_t name)
{
    return name.len > 0 && name.data[0] == '@';
}

/* Other languages may have written "1800.0" for "1800". */
static apr_int64_t read_number(shs_octets_t text)
{
    apr_int64_t number = 0;
    apr_size_t i;

    for (i = 0; i < text.len && text.data[i] != '.'; ++i) {
        if (text.data[i] < '0' || text.data[i] > '9' || i == MOST_DIGITS) {
            return 0;
        }
        number = 10 * number + (text.data[i] - '0');
    }
    return number;
}

void shs_metadata_read(shs_metadata_t *metadata, shs_octets_t name,
                       shs_octets_t text)
{
    apr_int64_t number;

    if (is_named(name, SHS_METADATA_CREATED)) {
        number = read_number(text);
        metadata->created_at = number * 1000;
    }
    else if (is_named(name, SHS_METADATA_MAX)) {
        number = read_number(text);
        metadata->idle = number <= MOST_IDLE ? apr_time_from_sec(number) : 0;
    }
    else if (is_named(name, SHS_METADATA_PREVIOUS)) {
        metadata->previous = text;
    }
    else if (is_named(name, SHS_METADATA_ROTATED)) {
        metadata->is_rotated = 1;
        metadata->successor = text;
    }
}
