/* SPDX-License-Identifier: Apache-2.0
 *
 * stored_number: an integer that a Java framework has stored as one value: a
 * Long or an Integer of Java Object Serialization (codec/java/java_boxed.h) or
 * of Kryo (codec/java/kryo.h), a decimal number, or ["java.lang.Long",5] as
 * Jackson's default typing has it.
 */
#ifndef SHS_CODEC_STORED_NUMBER_H
#define SHS_CODEC_STORED_NUMBER_H

#include <apr_pools.h>

#include "base/octets.h"

/* Reads a stored integer of at most 16 digits. Returns 0 if the value is not
 * one. */
int shs_stored_number_read(apr_int64_t *out, shs_octets_t stored);

/* Another number in the form of one that was read, as the framework itself
 * would write it; from p. No data: `like` has no form, or its form cannot hold
 * the number. */
shs_octets_t shs_stored_number_write(apr_int64_t number, shs_octets_t like,
                                     apr_pool_t *p);

#endif
