/* SPDX-License-Identifier: Apache-2.0 */
#include "string_edit.h"

#include "unit.h"

const char *string_edit(shs_octets_t *out, const shs_codec_t *codec,
                        const char *old, const shs_change_t *change,
                        shs_codec_extent_t extent)
{
    shs_record_t record = { 0 };
    shs_edit_t made;
    const char *wrong;

    record.shape = SHS_SHAPE_STRING;
    record.string = unit_text(old ? old : "");
    memset(&made, 0xff, sizeof(made));
    wrong =
        shs_codec_edit(&made, codec, old ? &record : NULL, change, extent, p);
    if (!wrong) {
        ck_assert_uint_eq(made.count + made.name_count + made.expected_count,
                          0);
    }
    *out = made.string;
    return wrong;
}

void ck_edited(const shs_codec_t *codec, const char *old,
               const shs_change_t *change, const char *wanted, const char *why)
{
    static const shs_codec_extent_t extents[] = { SHS_CODEC_CHANGES,
                                                  SHS_CODEC_WHOLE };
    shs_octets_t got;
    int i;

    for (i = 0; i < ROWS(extents); i++) {
        const char *wrong = string_edit(&got, codec, old, change, extents[i]);

        ck_assert_msg(!wrong, "%s: %s", why, wrong);
        ck_octets_eq(got, unit_text(wanted), why);
    }
}

shs_change_t *string_change(shs_change_kind_t kind, shs_octets_t name,
                            shs_octets_t value)
{
    shs_change_t *change = shs_change_create(p);

    shs_change_add(change, kind, name, value);
    return change;
}
