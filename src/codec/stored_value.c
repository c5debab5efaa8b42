/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/stored_value.h"

#include <apr_strings.h>

#include "codec/jackson.h"
#include "codec/java/kryo.h"

static const char *append_java(shs_stored_values_t *values,
                               shs_session_t *session, shs_octets_t name,
                               shs_octets_t stored)
{
    const char *wrong;
    apr_size_t from;

    shs_session_values(session, &from);
    if (!values->java) {
        values->java = shs_java_read_create(values->p);
    }
    wrong = shs_java_read_open(values->java, stored);
    if (!wrong) {
        wrong = shs_java_read_value(values->java, session, name);
    }
    if (!wrong && shs_java_read_peek(values->java) != SHS_JAVA_NEXT_END) {
        wrong = "more than one object";
    }
    if (wrong) {
        shs_session_truncate(session, from);
        wrong = apr_psprintf(values->p,
                             "%s (at octet %" APR_SIZE_T_FMT " of its stream)",
                             wrong, shs_java_read_offset(values->java));
    }
    return wrong;
}

static int is_kryo(shs_octets_t stored)
{
    return stored.len > 0 && (unsigned char)stored.data[0] < 0x20;
}

const char *shs_stored_value_append(shs_stored_values_t *values,
                                    shs_session_t *session, shs_octets_t name,
                                    shs_octets_t stored)
{
    if (shs_stored_value_is_java(stored)) {
        return append_java(values, session, name, stored);
    }
    if (is_kryo(stored)) {
        return shs_kryo_append(session, name, stored, values->p);
    }
    return shs_jackson_append(session, name, stored, values->p);
}

/* What the JDK writes before the octet of a Boolean (java.lang.Boolean, field
 * `value`). */
static const char boolean[] = "\xac\xed\0\5sr\0\21java.lang.Boolean\xcd r\x80"
                              "\xd5\x9c\xfa\xee\2\0\1Z\0\5valuexp";

int shs_stored_value_read_bool(int *out, shs_octets_t stored)
{
    apr_size_t len = sizeof(boolean) - 1;

    if (stored.len == len + 1 && !memcmp(stored.data, boolean, len)) {
        *out = stored.data[len] != 0;
        return 1;
    }
    if (stored.len == 2 && stored.data[0] == 5) {
        *out = stored.data[1] != 0;
        return 1;
    }
    *out = shs_octets_are_text(stored, "true");
    return *out || shs_octets_are_text(stored, "false");
}
