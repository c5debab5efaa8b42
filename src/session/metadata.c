/* SPDX-License-Identifier: Apache-2.0 */
#include "session/metadata.h"

#include "base/octets.h"

/* A longer number is not a time. */
#define MOST_DIGITS 15

/* In seconds: the idle timeout and a touch interval can be added up. */
#define MOST_IDLE (APR_INT64_MAX / APR_USEC_PER_SEC / 2)

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

    if (shs_octets_are_text(name, SHS_METADATA_CREATED)) {
        number = read_number(text);
        metadata->created_at = number * 1000;
    }
    else if (shs_octets_are_text(name, SHS_METADATA_MAX)) {
        number = read_number(text);
        metadata->idle = number <= MOST_IDLE ? apr_time_from_sec(number) : 0;
    }
    else if (shs_octets_are_text(name, SHS_METADATA_PREVIOUS)) {
        metadata->previous = text;
    }
    else if (shs_octets_are_text(name, SHS_METADATA_ROTATED)) {
        metadata->is_rotated = 1;
        metadata->successor = text;
    }
}
