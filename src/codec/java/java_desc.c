/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_desc.h"

#include <string.h>

apr_size_t shs_java_desc_width(char type)
{
    switch (type) {
    case 'B':
    case 'Z':
        return 1;
    case 'C':
    case 'S':
        return 2;
    case 'F':
    case 'I':
        return 4;
    case 'D':
    case 'J':
        return 8;
    default:
        return 0;
    }
}

int shs_java_desc_read_string(shs_java_item_t **out, shs_java_input_t *input,
                              int tag)
{
    apr_uint64_t len;
    shs_octets_t text;
    shs_java_item_t *item;

    if (!shs_java_input_read(&len, input, tag == SHS_JAVA_TC_STRING ? 2 : 8)
        || !shs_java_input_text(&text, input, len)) {
        return 0;
    }
    item = shs_java_input_create_item(input, SHS_JAVA_STRING, NULL);
    if (!item) {
        return 0;
    }
    item->u.text = text;
    shs_java_input_push(input, &input->handles, item);
    *out = item;
    return 1;
}

/* The class of a field that is an item. Nothing depends on it, but it may have
 * a handle. */
static int skip_type(shs_java_input_t *input)
{
    apr_uint64_t tag;
    shs_java_item_t *type;

    if (!shs_java_input_read(&tag, input, 1)) {
        return 0;
    }
    if (tag == SHS_JAVA_TC_REFERENCE) {
        return shs_java_input_reference(&type, input)
               && (type->kind == SHS_JAVA_STRING
                   || shs_java_input_fail(input, "a field has no type"));
    }
    if (tag != SHS_JAVA_TC_STRING && tag != SHS_JAVA_TC_LONGSTRING) {
        return shs_java_input_fail(input, "a field has no type");
    }
    return shs_java_desc_read_string(&type, input, (int)tag);
}

/* Primitive fields stand before all others, as the JDK demands too: so their
 * octets are together. */
static int read_field(shs_java_class_t *cls, shs_java_input_t *input)
{
    shs_java_field_t *field = &cls->fields[cls->field_count];
    apr_uint64_t type;
    apr_size_t width;

    if (!shs_java_input_read(&type, input, 1)
        || !shs_java_input_utf(&field->name, input)) {
        return 0;
    }
    field->type = (char)type;
    width = shs_java_desc_width(field->type);
    if (width > 0) {
        if (cls->reference_count > 0) {
            return shs_java_input_fail(input, "fields are in a wrong order");
        }
        field->place = (apr_uint32_t)cls->primitive_len;
        cls->primitive_len += width;
    }
    else {
        if (type != 'L' && type != '[') {
            return shs_java_input_fail(input, "a field has an unknown type");
        }
        if (!skip_type(input)) {
            return 0;
        }
        field->place = (apr_uint32_t)cls->reference_count++;
    }
    ++cls->field_count;
    return 1;
}

static shs_java_class_t *create(shs_java_input_t *input)
{
    shs_java_class_t *cls = apr_pcalloc(input->p, sizeof(*cls));
    shs_java_item_t *item =
        shs_java_input_create_item(input, SHS_JAVA_DESC, cls);

    if (!item) {
        return NULL;
    }
    shs_java_input_push(input, &input->handles, item);
    return cls;
}

/* A field takes three octets at least. */
#define LEAST_OF_FIELD 3

int shs_java_desc_read(shs_java_class_t **out, shs_java_input_t *input)
{
    shs_java_class_t *cls;
    shs_octets_t name;
    apr_uint64_t uid, flags, count;

    if (!shs_java_input_utf(&name, input)
        || !shs_java_input_read(&uid, input, 8)) {
        return 0;
    }
    cls = create(input);
    if (!cls || !shs_java_input_read(&flags, input, 1)
        || !shs_java_input_read(&count, input, 2)) {
        return 0;
    }
    if (count > shs_java_input_left(input) / LEAST_OF_FIELD) {
        return shs_java_input_fail(input, "more fields than the stream has");
    }
    if (!shs_java_input_count(input, (apr_size_t)count)) {
        return 0;
    }
    cls->name = name;
    cls->flags = (unsigned)flags;
    cls->fields =
        apr_palloc(input->p, (apr_size_t)count * sizeof(*cls->fields));
    while (cls->field_count < count) {
        if (!read_field(cls, input)) {
            return 0;
        }
    }
    *out = cls;
    return 1;
}

/* The name that the JVM has given to the class is not in the stream. */
int shs_java_desc_read_proxy(shs_java_class_t **out, shs_java_input_t *input)
{
    shs_java_class_t *cls = create(input);
    apr_uint64_t count;
    shs_octets_t interface_name;

    if (!cls || !shs_java_input_read(&count, input, 4)) {
        return 0;
    }
    if (count > shs_java_input_left(input) / 2) {
        return shs_java_input_fail(input,
                                   "more interfaces than the stream has");
    }
    for (; count > 0; --count) {
        if (!shs_java_input_utf(&interface_name, input)) {
            return 0;
        }
    }
    cls->name = shs_octets_of("java.lang.reflect.Proxy");
    cls->flags = SHS_JAVA_HAS_FIELDS;
    *out = cls;
    return 1;
}

int shs_java_desc_leaves_out(shs_java_items_t *out, shs_java_input_t *input,
                             const shs_java_class_t *cls)
{
    int tag = shs_java_input_left(input) > 0 ? input->data[input->at] : 0;

    if (!(cls->flags & SHS_JAVA_HAS_NOTES) || cls->primitive_len > 0
        || (tag != SHS_JAVA_TC_BLOCKDATA && tag != SHS_JAVA_TC_BLOCKDATALONG
            && tag != SHS_JAVA_TC_ENDBLOCKDATA)
        || !shs_java_input_count(input, cls->reference_count)) {
        return 0;
    }
    out->count = cls->reference_count;
    out->at = apr_pcalloc(input->p, out->count * sizeof(*out->at));
    return 1;
}
