/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/jackson.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "codec/java/java_iso.h"
#include "codec/stored_time.h"
#include "session/json/json_scan.h"

#define CLASS_MEMBER "@class"

/* A copy of values, and the index that its first value had in its session. */
typedef struct copy_t {
    const shs_value_t *values;
    apr_size_t origin;
} copy_t;

static apr_size_t end_of(const copy_t *copy, apr_size_t i)
{
    return copy->values[i].end - copy->origin;
}

/* Whether the text is the name of a class: "java.util.ArrayList", "[B". The
 * names of packages begin with a small letter, those of classes do not. */
static int is_class_name(shs_octets_t text)
{
    apr_size_t last = 0;
    apr_size_t i;

    if (text.len >= 2 && text.data[0] == '[') {
        return strchr("[BCDFIJLSZ", text.data[1]) != NULL;
    }
    for (i = 0; i < text.len; ++i) {
        if (text.data[i] == '.') {
            last = i + 1;
        }
        else if (!apr_isalnum(text.data[i]) && text.data[i] != '_'
                 && text.data[i] != '$' && !(text.data[i] & 0x80)) {
            return 0;
        }
    }
    return last > 1 && last < text.len && apr_islower(text.data[0])
           && apr_isupper(text.data[last]);
}

/* Whether value i is an array of the name of a class and one more value. */
static int is_wrapped(const copy_t *copy, apr_size_t i)
{
    const shs_value_t *value = &copy->values[i];

    return value->kind == SHS_KIND_ARRAY && end_of(copy, i) > i + 2
           && value[1].kind == SHS_KIND_STRING && is_class_name(value[1].text)
           && end_of(copy, i + 2) == end_of(copy, i);
}

static int has_class(const copy_t *copy, apr_size_t i)
{
    apr_size_t k;

    if (copy->values[i].kind == SHS_KIND_OBJECT) {
        for (k = i + 1; k < end_of(copy, i); k = end_of(copy, k)) {
            if (shs_octets_are_text(copy->values[k].name, CLASS_MEMBER)) {
                return 1;
            }
        }
    }
    return 0;
}

/* Classes that Jackson writes as milliseconds since the epoch. */
static int is_date(shs_octets_t class_name)
{
    static const char *const names[] = { "java.util.Date", "java.sql.Timestamp",
                                         "java.sql.Date", "java.util.Calendar",
                                         "java.util.GregorianCalendar" };
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        if (shs_octets_are_text(class_name, names[i])) {
            return 1;
        }
    }
    return 0;
}

/* As the decoder of Java's own serialization has it. */
static shs_octets_t write_date(apr_int64_t ms, apr_pool_t *p)
{
    apr_int64_t seconds = shs_java_iso_floor(ms, 1000);
    shs_java_iso_t iso = { "", 0 };
    shs_octets_t text;

    shs_java_iso_instant(&iso, seconds, (int)(ms - seconds * 1000) * 1000000);
    text.data = apr_pstrmemdup(p, iso.text, iso.len);
    text.len = iso.len;
    return text;
}

static void append(shs_session_t *session, const copy_t *copy, apr_size_t i,
                   shs_octets_t name, apr_pool_t *p);

/* Value i, which itself is not wrapped. */
static void append_bare(shs_session_t *session, const copy_t *copy,
                        apr_size_t i, shs_octets_t name, apr_pool_t *p)
{
    const shs_value_t *value = &copy->values[i];
    apr_size_t index =
        shs_session_append(session, value->kind, name, value->text);
    apr_size_t k;

    for (k = i + 1; k < end_of(copy, i); k = end_of(copy, k)) {
        const shs_octets_t of_member = copy->values[k].name;

        if (value->kind == SHS_KIND_ARRAY
            || !shs_octets_are_text(of_member, CLASS_MEMBER)) {
            append(session, copy, k, of_member, p);
        }
    }
    shs_session_close(session, index);
}

static void append(shs_session_t *session, const copy_t *copy, apr_size_t i,
                   shs_octets_t name, apr_pool_t *p)
{
    const shs_value_t *value = &copy->values[i];
    apr_int64_t ms;

    if (!is_wrapped(copy, i)) {
        append_bare(session, copy, i, name, p);
    }
    else if (value[2].kind == SHS_KIND_NUMBER && is_date(value[1].text)
             && shs_stored_time_read_number(&ms, value[2].text)) {
        shs_session_append(session, SHS_KIND_STRING, name, write_date(ms, p));
    }
    else {
        append_bare(session, copy, i + 2, name, p);
    }
}

const char *shs_jackson_append(shs_session_t *session, shs_octets_t name,
                               shs_octets_t text, apr_pool_t *p)
{
    const char *wrong;
    apr_size_t from, to;
    copy_t copy;

    shs_session_values(session, &from);
    wrong = shs_json_scan_text(session, name, text, p);
    if (wrong) {
        return wrong;
    }
    copy.values = shs_session_values(session, &to) + from;
    copy.origin = from;
    if (is_wrapped(&copy, 0) || has_class(&copy, 0)) {
        copy.values =
            apr_pmemdup(p, copy.values, (to - from) * sizeof(*copy.values));
        shs_session_truncate(session, from);
        append(session, &copy, 0, name, p);
    }
    return NULL;
}
