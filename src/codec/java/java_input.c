/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_input.h"

#include <string.h>

#include "codec/java/java_text.h"

/* ObjectStreamConstants.baseWireHandle */
#define FIRST_HANDLE 0x7E0000

int shs_java_input_borrow(const unsigned char **out, shs_java_input_t *input,
                          apr_size_t len)
{
    if (len > shs_java_input_left(input)) {
        return shs_java_input_fail(input, "the stream ends too early");
    }
    *out = input->data + input->at;
    input->at += len;
    return 1;
}

int shs_java_input_read(apr_uint64_t *out, shs_java_input_t *input,
                        apr_size_t len)
{
    const unsigned char *data;

    if (!shs_java_input_borrow(&data, input, len)) {
        return 0;
    }
    *out = shs_java_input_number(data, len);
    return 1;
}

int shs_java_input_text(shs_octets_t *out, shs_java_input_t *input,
                        apr_uint64_t len)
{
    shs_octets_t modified;

    if (len > shs_java_input_left(input)) {
        return shs_java_input_fail(input, "a text is longer than the stream");
    }
    modified.data = (const char *)input->data + input->at;
    modified.len = (apr_size_t)len;
    if (!shs_java_text_read(out, modified, input->p)) {
        return shs_java_input_fail(input, "a text is not modified UTF-8");
    }
    input->at += modified.len;
    return 1;
}

int shs_java_input_utf(shs_octets_t *out, shs_java_input_t *input)
{
    apr_uint64_t len;

    return shs_java_input_read(&len, input, 2)
           && shs_java_input_text(out, input, len);
}

int shs_java_input_count(shs_java_input_t *input, apr_size_t nodes)
{
    if (nodes > input->nodes_left) {
        return shs_java_input_fail(input, "the stream has too many objects");
    }
    input->nodes_left -= nodes;
    return 1;
}

shs_java_item_t *shs_java_input_create_item(shs_java_input_t *input,
                                            shs_java_kind_t kind,
                                            shs_java_class_t *cls)
{
    shs_java_item_t *item;

    if (!shs_java_input_count(input, 1)) {
        return NULL;
    }
    item = apr_pcalloc(input->p, sizeof(*item));
    item->kind = kind;
    item->cls = cls;
    return item;
}

void shs_java_input_push(shs_java_input_t *input, shs_java_list_t *list,
                         shs_java_item_t *item)
{
    if (list->count == list->room) {
        apr_size_t room = list->room ? 2 * list->room : 64;
        shs_java_item_t **at =
            apr_palloc(input->p, room * sizeof(shs_java_item_t *));

        if (list->count > 0) {
            memcpy(at, list->at, list->count * sizeof(shs_java_item_t *));
        }
        list->at = at;
        list->room = room;
    }
    list->at[list->count++] = item;
}

int shs_java_input_reference(shs_java_item_t **out, shs_java_input_t *input)
{
    apr_uint64_t handle;

    if (!shs_java_input_read(&handle, input, 4)) {
        return 0;
    }
    if (handle < FIRST_HANDLE
        || handle - FIRST_HANDLE >= input->handles.count) {
        return shs_java_input_fail(input, "a reference leads nowhere");
    }
    *out = input->handles.at[handle - FIRST_HANDLE];
    return 1;
}
