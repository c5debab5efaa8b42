/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/slot.h"

#include <string.h>

/* Eight steps of the shift register at once: for this polynomial they are these
 * shifts, and no table of 256 numbers is needed. */
static apr_uint16_t crc16(shs_octets_t octets)
{
    unsigned int crc = 0;
    apr_size_t i;

    for (i = 0; i < octets.len; ++i) {
        unsigned int x = (crc >> 8) ^ (unsigned char)octets.data[i];

        x ^= x >> 4;
        crc = ((crc << 8) ^ (x << 12) ^ (x << 5) ^ x) & 0xffff;
    }
    return (apr_uint16_t)crc;
}

static shs_octets_t tag_of(shs_octets_t key)
{
    const char *open = key.len ? memchr(key.data, '{', key.len) : NULL;
    const char *close;
    shs_octets_t tag;

    if (!open) {
        return key;
    }
    tag.data = open + 1;
    close = memchr(tag.data, '}', key.len - (apr_size_t)(tag.data - key.data));
    if (!close || close == tag.data) {
        return key;
    }
    tag.len = (apr_size_t)(close - tag.data);
    return tag;
}

int shs_slot_of_key(shs_octets_t key)
{
    return crc16(tag_of(key)) % SHS_SLOT_COUNT;
}
