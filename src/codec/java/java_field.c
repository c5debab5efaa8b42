/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_field.h"

#include "codec/java/java_input.h"

static const shs_java_field_t *find(const shs_java_level_t *level,
                                    const char *name)
{
    const shs_java_class_t *cls = level->cls;
    apr_size_t i;

    for (i = 0; i < cls->field_count; ++i) {
        if (shs_octets_are_text(cls->fields[i].name, name)) {
            return &cls->fields[i];
        }
    }
    return NULL;
}

int shs_java_field_slot(shs_java_item_t *const **out,
                        const shs_java_level_t *level, const char *name)
{
    const shs_java_field_t *field = find(level, name);

    if (!field || (field->type != 'L' && field->type != '[')
        || field->place >= level->references.count) {
        return 0;
    }
    *out = &level->references.at[field->place];
    return 1;
}

int shs_java_field_item(shs_java_item_t **out, const shs_java_level_t *level,
                        const char *name)
{
    shs_java_item_t *const *slot;

    if (!shs_java_field_slot(&slot, level, name) || !*slot) {
        return 0;
    }
    *out = *slot;
    return 1;
}

int shs_java_field_text(shs_octets_t *out, const shs_java_level_t *level,
                        const char *name)
{
    shs_java_item_t *item;

    if (!shs_java_field_item(&item, level, name)
        || item->kind != SHS_JAVA_STRING) {
        return 0;
    }
    *out = item->u.text;
    return 1;
}

int shs_java_field_primitive(const unsigned char **out,
                             const shs_java_level_t *level, const char *name,
                             char type)
{
    const shs_java_field_t *field = find(level, name);

    if (!field || field->type != type || !level->primitives) {
        return 0;
    }
    *out = level->primitives + field->place;
    return 1;
}

int shs_java_field_int(apr_int32_t *out, const shs_java_level_t *level,
                       const char *name)
{
    const unsigned char *data;

    if (!shs_java_field_primitive(&data, level, name, 'I')) {
        return 0;
    }
    *out = (apr_int32_t)shs_java_input_number(data, 4);
    return 1;
}

int shs_java_field_long(apr_int64_t *out, const shs_java_level_t *level,
                        const char *name)
{
    const unsigned char *data;

    if (!shs_java_field_primitive(&data, level, name, 'J')) {
        return 0;
    }
    *out = (apr_int64_t)shs_java_input_number(data, 8);
    return 1;
}
