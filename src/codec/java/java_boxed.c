/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_boxed.h"

#include "codec/java/java_input.h"

/* What stands before the number: the class, its field, its superclass. */
static const char before_long[] =
    "\xac\xed\x00\x05\x73\x72\x00\x0ejava.lang.Long\x3b\x8b\xe4\x90\xcc\x8f"
    "\x23\xdf\x02\x00\x01J\x00\x05value\x78\x72\x00\x10java.lang.Number\x86\xac"
    "\x95\x1d\x0b\x94\xe0\x8b\x02\x00\x00\x78\x70";
static const char before_integer[] =
    "\xac\xed\x00\x05\x73\x72\x00\x11java.lang.Integer\x12\xe2\xa0\xa4\xf7\x81"
    "\x87\x38\x02\x00\x01I\x00\x05value\x78\x72\x00\x10java.lang.Number\x86\xac"
    "\x95\x1d\x0b\x94\xe0\x8b\x02\x00\x00\x78\x70";

typedef struct form_t {
    const char *before;
    apr_size_t len;    /* of `before` */
    apr_size_t octets; /* of the number */
} form_t;

static const form_t forms[] = {
    { before_long, sizeof(before_long) - 1, 8 },
    { before_integer, sizeof(before_integer) - 1, 4 },
};

static const form_t *find_form(shs_octets_t stream)
{
    apr_size_t i;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); ++i) {
        if (stream.len == forms[i].len + forms[i].octets
            && !memcmp(stream.data, forms[i].before, forms[i].len)) {
            return &forms[i];
        }
    }
    return NULL;
}

int shs_java_boxed_read(apr_int64_t *out, shs_octets_t stream)
{
    const form_t *form = find_form(stream);
    apr_uint64_t bits;

    if (!form) {
        return 0;
    }
    bits = shs_java_input_number((const unsigned char *)stream.data + form->len,
                                 form->octets);
    *out = form->octets == 8 ? (apr_int64_t)bits : (apr_int32_t)bits;
    return 1;
}

apr_size_t shs_java_boxed_write(char out[SHS_JAVA_BOXED_MAX], apr_int64_t value,
                                shs_octets_t like)
{
    const form_t *form = find_form(like);
    apr_uint64_t bits = (apr_uint64_t)value;
    apr_size_t i;

    if (!form || (form->octets == 4 && value != (apr_int32_t)value)) {
        return 0;
    }
    memcpy(out, form->before, form->len);
    for (i = form->octets; i > 0; --i, bits >>= 8) {
        out[form->len + i - 1] = (char)(bits & 0xFF);
    }
    return form->len + form->octets;
}
