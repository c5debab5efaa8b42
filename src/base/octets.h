/* SPDX-License-Identifier: Apache-2.0
 *
 * octets: the check whether a note, variable or header may carry some octets,
 * and the encodings that make them fit.
 */
#ifndef SHS_BASE_OCTETS_H
#define SHS_BASE_OCTETS_H

#include <string.h>

#include <apr_pools.h>

#include "../mod_shared_session_provider.h"

/* The encoding of a value in a request header. */
typedef enum shs_encoding_t {
    SHS_ENCODING_PERCENT, /* RFC 3986 section 2.1 for controls, DEL, "%",
                           * octets from 0x80, and a space at either end */
    SHS_ENCODING_RAW,     /* unchanged; control characters are refused */
    SHS_ENCODING_BASE64   /* RFC 4648 section 4, padded */
} shs_encoding_t;

/* The octets of a C string, borrowed. */
shs_octets_t shs_octets_of(const char *text);

/* Whether the octets are those of a C string. Inline, so that the length of a
 * literal is a constant. */
static inline int shs_octets_are_text(shs_octets_t octets, const char *text)
{
    return octets.len == strlen(text) && !memcmp(octets.data, text, octets.len);
}

/* Whether the octets contain a character that no variable, note or header
 * should carry: an octet below 0x20 other than TAB, or 0x7F (DEL). These cause
 * response splitting and truncated C strings. */
int shs_octets_have_control(shs_octets_t octets);

/* Whether SHS_ENCODING_PERCENT changes the octets. If not, they have no control
 * character either. */
int shs_octets_need_percent(shs_octets_t octets);

/* The octets in that encoding as a C string from p; NULL when it cannot carry
 * them (RAW with a control character; BASE64 past a gigabyte). */
const char *shs_octets_encode(shs_octets_t octets, shs_encoding_t encoding,
                              apr_pool_t *p);

/* Decodes %XX (and, with `plus`, "+" as space) from data into out, which has
 * room for len octets. Returns 0 and sets *out_len, or -1 when a "%" is not
 * followed by two hexadecimal digits. */
int shs_octets_unescape(char *out, apr_size_t *out_len, const char *data,
                        apr_size_t len, int plus);

#endif
