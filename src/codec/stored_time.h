/* SPDX-License-Identifier: Apache-2.0
 *
 * stored_time: times as frameworks store them: milliseconds since the epoch as
 * a number, or as the text that ECMAScript's Date.toJSON() makes (ISO 8601).
 */
#ifndef SHS_CODEC_STORED_TIME_H
#define SHS_CODEC_STORED_TIME_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/octets.h"

/* The latest time of ECMAScript (ECMA-262, TimeClip), in milliseconds. Later
 * and earlier ones are none. */
#define SHS_STORED_TIME_MOST APR_INT64_C(8640000000000000)

/* Reads a number of at most SHS_STORED_TIME_MOST, without its fraction. Returns
 * 0 if the text is no such decimal number: with an exponent it is none. */
int shs_stored_time_read_number(apr_int64_t *out, shs_octets_t text);

/* Reads "2026-11-22T09:16:03.344Z", in milliseconds; an offset such as +09:00
 * may stand for the Z, and the fraction may be of any length or missing.
 * Returns 0 if the text is no such time. */
int shs_stored_time_read_iso(apr_int64_t *out_ms, shs_octets_t text);

/* The time as an expiry: never 0, which would be none. */
apr_time_t shs_stored_time_expiry(apr_int64_t ms);

#endif
