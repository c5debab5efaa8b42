/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_stream.h"

#include <string.h>

#include <apr_strings.h>

#include "codec/java/java_desc.h"

/* STREAM_MAGIC and STREAM_VERSION */
static const unsigned char magic[] = { 0xAC, 0xED, 0x00, 0x05 };

static int read_tag(apr_uint64_t *tag, shs_java_input_t *input)
{
    return shs_java_input_read(tag, input, 1);
}

/* What follows the tag of a block. */
static int read_block_of(shs_octets_t *out, shs_java_input_t *input, int tag)
{
    apr_uint64_t len;
    const unsigned char *data;

    if (!shs_java_input_read(&len, input, tag == SHS_JAVA_TC_BLOCKDATA ? 1 : 4)
        || !shs_java_input_borrow(&data, input, (apr_size_t)len)) {
        return 0;
    }
    out->data = (const char *)data;
    out->len = (apr_size_t)len;
    return 1;
}

/* A note: an item or a block. Returns 0 at the end of the notes too; then
 * *is_end is set. */
static int read_note(shs_java_item_t **out, int *is_end,
                     shs_java_input_t *input, unsigned depth)
{
    int tag = input->at < input->len ? input->data[input->at] : -1;

    if (tag == SHS_JAVA_TC_ENDBLOCKDATA) {
        ++input->at;
        *is_end = 1;
        return 0;
    }
    if (tag == SHS_JAVA_TC_BLOCKDATA || tag == SHS_JAVA_TC_BLOCKDATALONG) {
        ++input->at;
        *out = shs_java_input_create_item(input, SHS_JAVA_BLOCK, NULL);
        return *out && read_block_of(&(*out)->u.text, input, tag);
    }
    return shs_java_stream_read(out, input, depth);
}

/* What a class has written besides its fields, up to the end mark. */
static int read_notes(shs_java_items_t *out, shs_java_input_t *input,
                      unsigned depth)
{
    apr_size_t first = input->stack.count;
    shs_java_item_t *note;
    int is_end = 0;

    while (read_note(&note, &is_end, input, depth)) {
        shs_java_input_push(input, &input->stack, note);
    }
    if (out && is_end && input->stack.count > first) {
        apr_size_t size =
            (input->stack.count - first) * sizeof(shs_java_item_t *);

        out->count = input->stack.count - first;
        out->at = apr_pmemdup(input->p, input->stack.at + first, size);
    }
    input->stack.count = first;
    return is_end;
}

/* ---- classes */

/* A reference to a class that has been read as a whole. A class that is its own
 * superclass has not. */
static int read_known_class(shs_java_class_t **out, shs_java_input_t *input)
{
    shs_java_item_t *item;

    if (!shs_java_input_reference(&item, input)) {
        return 0;
    }
    if (item->kind != SHS_JAVA_DESC || item->cls->levels == 0) {
        return shs_java_input_fail(input, "a class leads to something else");
    }
    *out = item->cls;
    return 1;
}

/* The class with which the tag begins, and its annotation, which has no use. */
static int read_new_class(shs_java_class_t **out, shs_java_input_t *input,
                          int tag, unsigned depth)
{
    return (tag == SHS_JAVA_TC_CLASSDESC ? shs_java_desc_read(out, input)
                                         : shs_java_desc_read_proxy(out, input))
           && read_notes(NULL, input, depth + 1);
}

/* A class and its superclasses, of which the last is null or already known.
 * *out is NULL for null. */
static int read_class_of(shs_java_class_t **out, shs_java_input_t *input,
                         apr_uint64_t tag, unsigned depth)
{
    shs_java_class_t *read[SHS_JAVA_STREAM_MAX_LEVELS];
    shs_java_class_t *super = NULL;
    unsigned count = 0;

    while (tag == SHS_JAVA_TC_CLASSDESC || tag == SHS_JAVA_TC_PROXYCLASSDESC) {
        if (count == SHS_JAVA_STREAM_MAX_LEVELS) {
            return shs_java_input_fail(input, "too many superclasses");
        }
        if (!read_new_class(&read[count++], input, (int)tag, depth)
            || !read_tag(&tag, input)) {
            return 0;
        }
    }
    if (tag == SHS_JAVA_TC_REFERENCE) {
        if (!read_known_class(&super, input)) {
            return 0;
        }
    }
    else if (tag != SHS_JAVA_TC_NULL) {
        return shs_java_input_fail(input, "a class is expected");
    }
    while (count > 0) {
        shs_java_class_t *cls = read[--count];

        cls->super = super;
        cls->levels = 1 + (super ? super->levels : 0);
        super = cls;
    }
    if (super && super->levels > SHS_JAVA_STREAM_MAX_LEVELS) {
        return shs_java_input_fail(input, "too many superclasses");
    }
    *out = super;
    return 1;
}

/* The class of an object, which is not null. */
static int read_class(shs_java_class_t **out, shs_java_input_t *input,
                      unsigned depth)
{
    apr_uint64_t tag;

    *out = NULL;
    return read_tag(&tag, input) && read_class_of(out, input, tag, depth)
           && (*out || shs_java_input_fail(input, "an object has no class"));
}

/* ---- items */

/* So many items, one after the other. */
static int read_items(shs_java_items_t *out, shs_java_input_t *input,
                      apr_size_t count, unsigned depth)
{
    apr_size_t i;

    apr_size_t left = shs_java_input_left(input);

    /* An item takes one octet at least; so do those of the arrays around. */
    if (input->promised > left || count > left - input->promised) {
        return shs_java_input_fail(input, "more items than the stream has");
    }
    input->promised += count;
    out->count = count;
    out->at = apr_pcalloc(input->p, count * sizeof(shs_java_item_t *));
    for (i = 0; i < count; ++i) {
        --input->promised;
        if (!shs_java_stream_read(&out->at[i], input, depth)) {
            return 0;
        }
    }
    return 1;
}

/* What one class has written of an object. */
static int read_level(shs_java_level_t *level, shs_java_input_t *input,
                      unsigned depth)
{
    const shs_java_class_t *cls = level->cls;

    if (cls->flags & SHS_JAVA_IS_EXTERNAL) {
        if (!(cls->flags & SHS_JAVA_HAS_BLOCKS)) {
            return shs_java_input_fail(input, "an object has an unknown end");
        }
        return read_notes(&level->notes, input, depth);
    }
    if (!(cls->flags & SHS_JAVA_HAS_FIELDS)) {
        return 1;
    }
    return shs_java_input_borrow(&level->primitives, input, cls->primitive_len)
           && (cls->reference_count == 0
               || shs_java_desc_leaves_out(&level->references, input, cls)
               || read_items(&level->references, input, cls->reference_count,
                             depth))
           && (!(cls->flags & SHS_JAVA_HAS_NOTES)
               || read_notes(&level->notes, input, depth));
}

static int read_object(shs_java_item_t **out, shs_java_input_t *input,
                       unsigned depth)
{
    shs_java_class_t *cls;
    shs_java_level_t *levels;
    unsigned i;

    if (!read_class(&cls, input, depth)
        || !shs_java_input_count(input, cls->levels)) {
        return 0;
    }
    *out = shs_java_input_create_item(input, SHS_JAVA_OBJECT, cls);
    if (!*out) {
        return 0;
    }
    shs_java_input_push(input, &input->handles, *out);
    levels = apr_pcalloc(input->p, cls->levels * sizeof(*levels));
    (*out)->u.levels = levels;
    for (i = cls->levels; i > 0; --i, cls = cls->super) {
        levels[i - 1].cls = cls;
    }
    cls = (*out)->cls;
    if (cls->flags & SHS_JAVA_IS_EXTERNAL) {
        return read_level(&levels[cls->levels - 1], input, depth + 1);
    }
    for (i = 0; i < cls->levels; ++i) {
        if (!read_level(&levels[i], input, depth + 1)) {
            return 0;
        }
    }
    return 1;
}

static int read_array(shs_java_item_t **out, shs_java_input_t *input,
                      unsigned depth)
{
    shs_java_class_t *cls;
    shs_java_item_t *item;
    apr_uint64_t count;
    apr_size_t width;
    const unsigned char *data;

    if (!read_class(&cls, input, depth)) {
        return 0;
    }
    if (cls->name.len < 2 || cls->name.data[0] != '[') {
        return shs_java_input_fail(input, "an array is of no array class");
    }
    width = shs_java_desc_width(cls->name.data[1]);
    item = shs_java_input_create_item(
        input, width ? SHS_JAVA_PRIMITIVES : SHS_JAVA_ARRAY, cls);
    if (!item) {
        return 0;
    }
    shs_java_input_push(input, &input->handles, item);
    *out = item;
    if (!shs_java_input_read(&count, input, 4)) {
        return 0;
    }
    if (!width) {
        return read_items(&item->u.items, input, (apr_size_t)count, depth + 1);
    }
    if (count > shs_java_input_left(input) / width
        || !shs_java_input_borrow(&data, input, (apr_size_t)count * width)) {
        return shs_java_input_fail(input, "more elements than the stream has");
    }
    item->u.text.data = (const char *)data;
    item->u.text.len = (apr_size_t)count * width;
    return 1;
}

static int read_enum(shs_java_item_t **out, shs_java_input_t *input,
                     unsigned depth)
{
    shs_java_class_t *cls;
    shs_java_item_t *name;

    if (!read_class(&cls, input, depth)) {
        return 0;
    }
    *out = shs_java_input_create_item(input, SHS_JAVA_ENUM, cls);
    if (!*out) {
        return 0;
    }
    (*out)->u.text = shs_octets_of("");
    shs_java_input_push(input, &input->handles, *out);
    if (!shs_java_stream_read(&name, input, depth + 1)) {
        return 0;
    }
    if (!name || name->kind != SHS_JAVA_STRING) {
        return shs_java_input_fail(input, "a constant has no name");
    }
    (*out)->u.text = name->u.text;
    return 1;
}

/* A class, or its description, in the place of an object. The description has a
 * handle already. */
static int read_class_item(shs_java_item_t **out, shs_java_input_t *input,
                           apr_uint64_t tag, unsigned depth)
{
    int is_class = tag == SHS_JAVA_TC_CLASS;
    shs_java_class_t *cls;

    if (!(is_class ? read_class(&cls, input, depth)
                   : read_class_of(&cls, input, tag, depth))) {
        return 0;
    }
    *out = shs_java_input_create_item(
        input, is_class ? SHS_JAVA_CLASS : SHS_JAVA_DESC, cls);
    if (*out && is_class) {
        shs_java_input_push(input, &input->handles, *out);
    }
    return *out != NULL;
}

/* ---- public */

int shs_java_stream_begin(shs_java_input_t *input)
{
    if (input->len < sizeof(magic)
        || memcmp(input->data, magic, sizeof(magic)) != 0) {
        return shs_java_input_fail(input, "not a stream of Java serialization");
    }
    input->at = sizeof(magic);
    return 1;
}

shs_java_next_t shs_java_stream_peek(shs_java_input_t *input)
{
    if (input->wrong) {
        return SHS_JAVA_NEXT_WRONG;
    }
    while (input->at < input->len
           && input->data[input->at] == SHS_JAVA_TC_RESET) {
        ++input->at;
        input->handles.count = 0;
    }
    if (input->at == input->len) {
        return SHS_JAVA_NEXT_END;
    }
    switch (input->data[input->at]) {
    case SHS_JAVA_TC_BLOCKDATA:
    case SHS_JAVA_TC_BLOCKDATALONG:
        return SHS_JAVA_NEXT_BLOCK;
    default:
        return SHS_JAVA_NEXT_OBJECT;
    }
}

int shs_java_stream_read(shs_java_item_t **out, shs_java_input_t *input,
                         unsigned depth)
{
    apr_uint64_t tag;

    *out = NULL;
    if (input->wrong || !read_tag(&tag, input)) {
        return 0;
    }
    if (depth > SHS_JAVA_STREAM_MAX_DEPTH) {
        return shs_java_input_fail(input, "objects are nested too deeply");
    }
    switch (tag) {
    case SHS_JAVA_TC_NULL:
        return 1;
    case SHS_JAVA_TC_REFERENCE:
        return shs_java_input_reference(out, input);
    case SHS_JAVA_TC_STRING:
    case SHS_JAVA_TC_LONGSTRING:
        return shs_java_desc_read_string(out, input, (int)tag);
    case SHS_JAVA_TC_OBJECT:
        return read_object(out, input, depth);
    case SHS_JAVA_TC_ARRAY:
        return read_array(out, input, depth);
    case SHS_JAVA_TC_ENUM:
        return read_enum(out, input, depth);
    case SHS_JAVA_TC_CLASS:
    case SHS_JAVA_TC_CLASSDESC:
    case SHS_JAVA_TC_PROXYCLASSDESC:
        return read_class_item(out, input, tag, depth);
    case SHS_JAVA_TC_EXCEPTION:
        input->is_aborted = 1;
        return 0;
    case SHS_JAVA_TC_RESET:
        return shs_java_input_fail(input, "a reset within an object");
    default:
        return shs_java_input_fail(input, "an unknown tag");
    }
}

int shs_java_stream_read_block(shs_octets_t *out, shs_java_input_t *input)
{
    apr_uint64_t tag;

    return shs_java_stream_peek(input) == SHS_JAVA_NEXT_BLOCK
           && read_tag(&tag, input) && read_block_of(out, input, (int)tag);
}
