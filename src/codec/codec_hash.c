/* SPDX-License-Identifier: Apache-2.0
 *
 * The native format: a Redis hash, one field an attribute, the value as text.
 * Fields that begin with "@" are reserved (@created and @accessed in ms,
 * @max in seconds, @user) and never attributes. The key's own expiry is the
 * only truth about whether the session lives.
 */
#include "codec/codec.h"

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          apr_pool_t *p)
{
    shs_session_t *session = shs_session_create(record->count, p);
    apr_size_t i;

    for (i = 0; i < record->count; ++i) {
        const shs_record_field_t *field = &record->fields[i];

        if (field->name.len == 0 || field->name.data[0] == '@') {
            continue;
        }
        shs_session_append(session, SHS_KIND_STRING, field->name, field->value);
    }
    *out = session;
    return NULL;
}

const shs_codec_t shs_codec_hash = { "hash", SHS_SHAPE_FIELDS, decode };
