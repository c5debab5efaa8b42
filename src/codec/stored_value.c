/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/stored_value.h"

#include <apr_strings.h>

#include "codec/jackson.h"

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

const char *shs_stored_value_append(shs_stored_values_t *values,
                                    shs_session_t *session, shs_octets_t name,
                                    shs_octets_t stored)
{
    if (shs_stored_value_is_java(stored)) {
        return append_java(values, session, name, stored);
    }
    return shs_jackson_append(session, name, stored, values->p);
}
