/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_scalar.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "codec/java/java_field.h"
#include "codec/java/java_input.h"
#include "codec/java/java_text.h"

static int set_string(shs_java_view_t *view, const char *text)
{
    return shs_java_view_set_text(view, SHS_KIND_STRING, shs_octets_of(text));
}

int shs_java_scalar_of_text(shs_java_view_t *view,
                            const shs_java_item_t *object,
                            const shs_java_level_t *level, const char *field,
                            unsigned form, apr_pool_t *p)
{
    shs_octets_t text;

    (void)object;
    (void)form;
    (void)p;
    return shs_java_field_text(&text, level, field)
           && shs_java_view_set_text(view, SHS_KIND_STRING, text);
}

int shs_java_scalar_uuid(shs_java_view_t *view, const shs_java_item_t *object,
                         const shs_java_level_t *level, const char *field,
                         unsigned form, apr_pool_t *p)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *half[2];
    char text[36];
    char *to = text;
    shs_octets_t out;
    int i;

    (void)object;
    (void)field;
    (void)form;
    if (!shs_java_field_primitive(&half[0], level, "mostSigBits", 'J')
        || !shs_java_field_primitive(&half[1], level, "leastSigBits", 'J')) {
        return 0;
    }
    for (i = 0; i < 16; ++i) {
        unsigned char c = half[i / 8][i % 8];

        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *to++ = '-';
        }
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    out.data = apr_pmemdup(p, text, sizeof(text));
    out.len = sizeof(text);
    return shs_java_view_set_text(view, SHS_KIND_STRING, out);
}

/* A field that is a String, or the empty text; as a C string from p. */
static const char *get_text(const shs_java_level_t *level, const char *field,
                            apr_pool_t *p)
{
    shs_octets_t text;

    return shs_java_field_text(&text, level, field)
               ? apr_pstrmemdup(p, text.data, text.len)
               : "";
}

int shs_java_scalar_url(shs_java_view_t *view, const shs_java_item_t *object,
                        const shs_java_level_t *level, const char *field,
                        unsigned form, apr_pool_t *p)
{
    const char *protocol = get_text(level, "protocol", p);
    const char *authority = get_text(level, "authority", p);
    const char *file = get_text(level, "file", p);
    shs_octets_t ref;
    int has_ref = shs_java_field_text(&ref, level, "ref");

    (void)object;
    (void)field;
    (void)form;
    if (!*protocol) {
        return 0;
    }
    return set_string(
        view, apr_pstrcat(p, protocol, ":", *authority ? "//" : "", authority,
                          file, has_ref ? "#" : "",
                          has_ref ? get_text(level, "ref", p) : "", NULL));
}

/* ---- locales (BCP 47) */

static int is_subtag(const char *text, apr_size_t len)
{
    apr_size_t i;

    for (i = 0; i < len; ++i) {
        if (!apr_isalnum(text[i]) || text[i] & 0x80) {
            return 0;
        }
    }
    return len >= 1 && len <= 8;
}

static int is_variant(const char *text, apr_size_t len)
{
    return is_subtag(text, len)
           && (len >= 5 || (len == 4 && apr_isdigit(*text)));
}

/* The subtags of a variant, each after a hyphen. From the first that BCP 47
 * does not have on, they are private: "-x-lvariant-WIN". */
static const char *write_variant(const char **private_use, const char *variant,
                                 apr_pool_t *p)
{
    const char *out = "";
    const char *rest = "";
    char *last;
    char *subtag = apr_strtok(apr_pstrdup(p, variant), "_-", &last);

    for (; subtag; subtag = apr_strtok(NULL, "_-", &last)) {
        apr_size_t len = strlen(subtag);

        if (!*rest && is_variant(subtag, len)) {
            out = apr_pstrcat(p, out, "-", subtag, NULL);
        }
        else if (is_subtag(subtag, len)) {
            rest = apr_pstrcat(p, rest, "-", subtag, NULL);
        }
        else {
            break;
        }
    }
    *private_use = *rest ? apr_pstrcat(p, "x-lvariant", rest, NULL) : "";
    return out;
}

/* No locale has so long a variant. */
#define MOST_VARIANT 64

int shs_java_scalar_locale(shs_java_view_t *view, const shs_java_item_t *object,
                           const shs_java_level_t *level, const char *field,
                           unsigned form, apr_pool_t *p)
{
    const char *language = get_text(level, "language", p);
    const char *script = get_text(level, "script", p);
    const char *country = get_text(level, "country", p);
    const char *variant = get_text(level, "variant", p);
    const char *extensions = get_text(level, "extensions", p);
    const char *private_use;

    (void)object;
    (void)field;
    (void)form;
    if (strlen(variant) > MOST_VARIANT) {
        return 0;
    }
    variant = write_variant(&private_use, variant, p);
    if (!*language) {
        language = "und";
        if (!*script && !*country && !*variant && !*extensions
            && *private_use) {
            return set_string(view, private_use);
        }
    }
    return set_string(view,
                      apr_pstrcat(p, language, *script ? "-" : "", script,
                                  *country ? "-" : "", country, variant,
                                  *extensions ? "-" : "", extensions,
                                  *private_use ? "-" : "", private_use, NULL));
}

/* ---- addresses */

/* The class itself is written for IPv4 only, with a family that does not say
 * so. */
int shs_java_scalar_inet4(shs_java_view_t *view, const shs_java_item_t *object,
                          const shs_java_level_t *level, const char *field,
                          unsigned form, apr_pool_t *p)
{
    const unsigned char *address;

    (void)object;
    (void)field;
    (void)form;
    if (!shs_java_field_primitive(&address, level, "address", 'I')) {
        return 0;
    }
    return set_string(view, apr_psprintf(p, "%d.%d.%d.%d", address[0],
                                         address[1], address[2], address[3]));
}

int shs_java_scalar_inet6(shs_java_view_t *view, const shs_java_item_t *object,
                          const shs_java_level_t *level, const char *field,
                          unsigned form, apr_pool_t *p)
{
    shs_java_item_t *octets;
    const unsigned char *a;
    const unsigned char *has_scope;
    apr_int32_t scope;
    const char *name = get_text(level, "ifname", p);
    char text[64];

    (void)object;
    (void)field;
    (void)form;
    if (!shs_java_field_item(&octets, level, "ipaddress")
        || octets->kind != SHS_JAVA_PRIMITIVES || octets->u.text.len != 16) {
        return 0;
    }
    a = (const unsigned char *)octets->u.text.data;
    apr_snprintf(text, sizeof(text), "%x:%x:%x:%x:%x:%x:%x:%x",
                 a[0] << 8 | a[1], a[2] << 8 | a[3], a[4] << 8 | a[5],
                 a[6] << 8 | a[7], a[8] << 8 | a[9], a[10] << 8 | a[11],
                 a[12] << 8 | a[13], a[14] << 8 | a[15]);
    if (*name) {
        return set_string(view, apr_pstrcat(p, text, "%", name, NULL));
    }
    if (shs_java_field_primitive(&has_scope, level, "scope_id_set", 'Z')
        && *has_scope && shs_java_field_int(&scope, level, "scope_id")) {
        return set_string(view, apr_psprintf(p, "%s%%%d", text, scope));
    }
    return set_string(view, apr_pstrdup(p, text));
}

/* ---- StringBuilder and StringBuffer */

static int set_units(shs_java_view_t *view, const shs_java_item_t *array,
                     apr_int64_t count, apr_pool_t *p)
{
    const shs_octets_t *units;

    if (!array || array->kind != SHS_JAVA_PRIMITIVES
        || !shs_octets_are_text(array->cls->name, "[C")) {
        return 0;
    }
    units = &array->u.text;
    if (count < 0 || (apr_uint64_t)count > units->len / 2) {
        return 0;
    }
    return shs_java_view_set_text(
        view, SHS_KIND_STRING,
        shs_java_text_of_units((const unsigned char *)units->data,
                               (apr_size_t)count, p));
}

int shs_java_scalar_builder(shs_java_view_t *view,
                            const shs_java_item_t *object,
                            const shs_java_level_t *level, const char *field,
                            unsigned form, apr_pool_t *p)
{
    const shs_java_items_t *notes = &level->notes;
    const shs_java_item_t *count = notes->count == 2 ? notes->at[0] : NULL;

    (void)object;
    (void)field;
    (void)form;
    if (!count || count->kind != SHS_JAVA_BLOCK || count->u.text.len != 4) {
        return 0;
    }
    return set_units(
        view, notes->at[1],
        (apr_int64_t)shs_java_input_number(
            (const unsigned char *)count->u.text.data, count->u.text.len),
        p);
}

int shs_java_scalar_buffer(shs_java_view_t *view, const shs_java_item_t *object,
                           const shs_java_level_t *level, const char *field,
                           unsigned form, apr_pool_t *p)
{
    apr_int32_t count;
    shs_java_item_t *array;

    (void)object;
    (void)field;
    (void)form;
    return shs_java_field_int(&count, level, "count")
           && shs_java_field_item(&array, level, "value")
           && set_units(view, array, count, p);
}
