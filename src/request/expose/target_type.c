/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/target_type.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* PREFIX and the attribute's octets in one string. */
static char *join(shs_octets_t prefix, shs_octets_t attribute, apr_pool_t *p)
{
    char *name = apr_palloc(p, prefix.len + attribute.len + 1);

    memcpy(name, prefix.data, prefix.len);
    memcpy(name + prefix.len, attribute.data, attribute.len);
    name[prefix.len + attribute.len] = '\0';
    return name;
}

/* Keeps letters and digits of the attribute's name; replaces the rest, a NUL
 * too, by `other`. */
static char *join_plain(shs_octets_t prefix, shs_octets_t attribute, char other,
                        apr_pool_t *p)
{
    char *name = join(prefix, attribute, p);
    char *c = name + prefix.len;
    apr_size_t i;

    for (i = 0; i < attribute.len; ++i) {
        if (!apr_isascii(c[i]) || !apr_isalnum(c[i])) {
            c[i] = other;
        }
    }
    return name;
}

static const char *make_note_name(shs_octets_t prefix,
                                  const shs_value_t *attribute, apr_pool_t *p)
{
    return (attribute->known & SHS_KNOWN_NAME_IS_PLAIN)
                   || !shs_octets_have_control(attribute->name)
               ? join(prefix, attribute->name, p)
               : NULL;
}

static const char *make_env_name(shs_octets_t prefix,
                                 const shs_value_t *attribute, apr_pool_t *p)
{
    return join_plain(prefix, attribute->name, '_', p);
}

static const char *make_header_name(shs_octets_t prefix,
                                    const shs_value_t *attribute, apr_pool_t *p)
{
    return join_plain(prefix, attribute->name, '-', p);
}

/* The text itself if it is known to need no change; else NULL. */
static const char *borrow(const shs_text_t *text, unsigned is_right)
{
    unsigned wanted = is_right | SHS_KNOWN_TEXT_IS_ENDED;

    return (text->known & wanted) == wanted ? text->octets.data : NULL;
}

static const char *make_raw_value(const shs_text_t *text, apr_pool_t *p)
{
    const char *value = borrow(text, SHS_KNOWN_TEXT_IS_PLAIN);

    return value ? value : shs_octets_encode(text->octets, SHS_ENCODING_RAW, p);
}

static const char *make_plain_value(const shs_text_t *text,
                                    shs_encoding_t encoding, apr_pool_t *p)
{
    (void)encoding;
    return make_raw_value(text, p);
}

static const char *make_header_value(const shs_text_t *text,
                                     shs_encoding_t encoding, apr_pool_t *p)
{
    const char *value = NULL;

    switch (encoding) {
    case SHS_ENCODING_RAW:
        return make_raw_value(text, p);
    case SHS_ENCODING_PERCENT:
        value = borrow(text, SHS_KNOWN_TEXT_IS_VISIBLE);
        break;
    case SHS_ENCODING_BASE64:
        break;
    }
    return value ? value : shs_octets_encode(text->octets, encoding, p);
}

const shs_target_type_t shs_target_type_notes = {
    "note", 1, 0, shs_names_is_reserved_note, make_note_name, make_plain_value
};
const shs_target_type_t shs_target_type_env = {
    "variable", 0, 0, shs_names_is_reserved_env, make_env_name, make_plain_value
};
const shs_target_type_t shs_target_type_headers = {
    "header",         0, 1, shs_names_is_control_header, make_header_name,
    make_header_value
};

int shs_target_type_is_same(const shs_target_type_t *type, const char *a,
                            const char *b)
{
    while (*a && *b
           && shs_target_type_fold(type, *a)
                  == shs_target_type_fold(type, *b)) {
        ++a;
        ++b;
    }
    return !*a && !*b;
}
