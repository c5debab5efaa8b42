/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/expiry/stored_fields.h"

#include "codec/stored_number.h"

shs_octets_t shs_stored_fields_get(const shs_record_t *record, const char *name)
{
    static const shs_octets_t nothing = { NULL, 0 };
    apr_size_t i;

    for (i = 0; i < record->count; ++i) {
        if (shs_octets_are_text(record->fields[i].name, name)) {
            return record->fields[i].value;
        }
    }
    return nothing;
}

int shs_stored_fields_get_number(apr_int64_t *out, const shs_record_t *record,
                                 const char *name)
{
    shs_octets_t stored = shs_stored_fields_get(record, name);

    return stored.data && shs_stored_number_read(out, stored);
}

int shs_stored_fields_make(shs_record_field_t *out, const shs_record_t *record,
                           const char *name, apr_int64_t number, apr_pool_t *p)
{
    if (!shs_stored_fields_keep(out, record, name)) {
        return 0;
    }
    out->value = shs_stored_number_write(number, out->value, p);
    return out->value.data != NULL;
}

int shs_stored_fields_make_time(shs_record_field_t *out,
                                const shs_record_t *record, const char *name,
                                apr_int64_t ms, apr_pool_t *p)
{
    apr_int64_t was;

    if (!shs_stored_fields_get_number(&was, record, name)) {
        return 0;
    }
    return shs_stored_fields_make(out, record, name, was > ms ? was : ms, p);
}

int shs_stored_fields_keep(shs_record_field_t *out, const shs_record_t *record,
                           const char *name)
{
    out->name = shs_octets_of(name);
    out->value = shs_stored_fields_get(record, name);
    return out->value.data != NULL;
}
