/* SPDX-License-Identifier: Apache-2.0
 *
 * string_edit: changes to a session in a codec whose record is a string.
 */
#ifndef T_UNIT_STRING_EDIT_H
#define T_UNIT_STRING_EDIT_H

#include "codec/codec.h"

/* Returns NULL and the edited string, or an error. `old` NULL: no session. */
const char *string_edit(shs_octets_t *out, const shs_codec_t *codec,
                        const char *old, const shs_change_t *change,
                        shs_codec_extent_t extent);

/* The edited string is `wanted`. A string is always written as a whole, with
 * either extent. */
void ck_edited(const shs_codec_t *codec, const char *old,
               const shs_change_t *change, const char *wanted, const char *why);

/* One change; from p. */
shs_change_t *string_change(shs_change_kind_t kind, shs_octets_t name,
                            shs_octets_t value);

#endif
