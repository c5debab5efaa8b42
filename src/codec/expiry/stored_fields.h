/* SPDX-License-Identifier: Apache-2.0
 *
 * stored_fields: fields of a hash that a touch or an end reads and writes, in
 * the form in which the framework has stored them (codec/stored_number.h).
 */
#ifndef SHS_CODEC_EXPIRY_STORED_FIELDS_H
#define SHS_CODEC_EXPIRY_STORED_FIELDS_H

#include <apr_pools.h>

#include "../mod_shared_session_provider.h"

/* The value of a field, borrowed. No data: there is none. */
shs_octets_t shs_stored_fields_get(const shs_record_t *record,
                                   const char *name);

/* The number in a field. Returns 0 if there is none. */
int shs_stored_fields_get_number(apr_int64_t *out, const shs_record_t *record,
                                 const char *name);

/* Makes *out the field with another number, in its present form; from p.
 * Returns 0 if it has no number now, or cannot hold this one. */
int shs_stored_fields_make(shs_record_field_t *out, const shs_record_t *record,
                           const char *name, apr_int64_t number, apr_pool_t *p);

/* The same of a time in milliseconds, which does not go back: if the field has
 * a later one, because the clocks of two hosts differ, it keeps it. */
int shs_stored_fields_make_time(shs_record_field_t *out,
                                const shs_record_t *record, const char *name,
                                apr_int64_t ms, apr_pool_t *p);

/* Makes *out the field with the value that it has now. Returns 0 if there is
 * none. */
int shs_stored_fields_keep(shs_record_field_t *out, const shs_record_t *record,
                           const char *name);

#endif
