/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/target_type.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* PREFIX and the attribute's octets in one string. */
static char *join(const char *prefix, shs_octets_t attribute, apr_pool_t *p)
{
    apr_size_t len = strlen(prefix);
    char *name = apr_palloc(p, len + attribute.len + 1);

    memcpy(name, prefix, len);
    memcpy(name + len, attribute.data, attribute.len);
    name[len + attribute.len] = '\0';
    return name;
}

/* Keeps letters and digits of the attribute's name; replaces the rest, a NUL
 * too, by `other`. */
static char *join_plain(const char *prefix, shs_octets_t attribute, char other,
                        apr_pool_t *p)
{
    char *name = join(prefix, attribute, p);
    char *c = name + strlen(prefix);
    apr_size_t i;

    for (i = 0; i < attribute.len; ++i) {
        if (!apr_isascii(c[i]) || !apr_isalnum(c[i])) {
            c[i] = other;
        }
    }
    return name;
}

static const char *make_note_name(const char *prefix, shs_octets_t attribute,
                                  apr_pool_t *p)
{
    return shs_octets_have_control(attribute) ? NULL
                                              : join(prefix, attribute, p);
}

static const char *make_env_name(const char *prefix, shs_octets_t attribute,
                                 apr_pool_t *p)
{
    return join_plain(prefix, attribute, '_', p);
}

static const char *make_header_name(const char *prefix, shs_octets_t attribute,
                                    apr_pool_t *p)
{
    return join_plain(prefix, attribute, '-', p);
}

static const char *make_plain_value(shs_octets_t value, shs_encoding_t encoding,
                                    apr_pool_t *p)
{
    (void)encoding;
    return shs_octets_encode(value, SHS_ENCODING_RAW, p);
}

const shs_target_type_t shs_target_type_notes = {
    "note", 1, 0, shs_names_is_reserved_note, make_note_name, make_plain_value
};
const shs_target_type_t shs_target_type_env = {
    "variable", 0, 0, shs_names_is_reserved_env, make_env_name, make_plain_value
};
const shs_target_type_t shs_target_type_headers = {
    "header",         0, 1, shs_names_is_control_header, make_header_name,
    shs_octets_encode
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
