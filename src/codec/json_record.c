/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json_record.h"

#include <string.h>

#include "session/json/json_scan.h"
#include "session/json/json_twins.h"

/* Most sessions have one value for so many octets, or fewer. */
#define OCTETS_PER_VALUE 24

/* Room for the framework's own values: a cookie has up to ten. */
#define EXPECTED_OWN 12

static int is_own(const char *const names[], shs_octets_t name)
{
    for (; *names; ++names) {
        if (shs_octets_are_text(name, *names)) {
            return 1;
        }
    }
    return 0;
}

static void read_member(shs_json_scan_t *scan, shs_session_t *session,
                        const shs_wanted_t *wanted, shs_octets_t name)
{
    if (!shs_wanted_has(wanted, name)) {
        shs_json_scan_skip(scan, 1);
    }
    else if (shs_metadata_is_reserved(name)) {
        shs_json_scan_skip(scan, 1);
        shs_session_append_opaque(session, name,
                                  "an attribute's name begins with '@'");
    }
    else {
        shs_json_scan_value(scan, session, name, 1);
    }
}

const char *shs_json_record_decode(shs_session_t **out,
                                   const shs_record_t *record,
                                   const shs_wanted_t *wanted,
                                   const char *const names[],
                                   shs_json_record_fn read, apr_pool_t *p)
{
    shs_session_t *session =
        shs_session_create(record->string.len / OCTETS_PER_VALUE + 1, p);
    shs_session_t *own = shs_session_create(EXPECTED_OWN, p);
    const char *wrong;
    shs_json_scan_t scan;
    shs_octets_t name;

    shs_json_scan_open(&scan, record->string, p);
    while (shs_json_scan_next(&scan, &name)) {
        if (is_own(names, name)) {
            shs_json_scan_value(&scan, own, name, 1);
        }
        else {
            read_member(&scan, session, wanted, name);
        }
    }
    wrong = shs_json_scan_close(&scan);
    if (!wrong) {
        shs_json_twins_remove(session, 0, p);
        shs_json_twins_remove(own, 0, p);
        wrong = read(session, own);
    }
    if (!wrong) {
        *out = session;
    }
    return wrong;
}

const shs_value_t *shs_json_record_own(const shs_session_t *own,
                                       const char *name)
{
    apr_size_t count;

    shs_session_values(own, &count);
    return shs_session_find(own, 0, count, name, strlen(name));
}

const shs_value_t *shs_json_record_member(const shs_session_t *own,
                                          const shs_value_t *of,
                                          const char *name)
{
    apr_size_t count;
    const shs_value_t *values = shs_session_values(own, &count);

    if (!of || of->kind != SHS_KIND_OBJECT) {
        return NULL;
    }
    return shs_session_find(own, (apr_size_t)(of - values) + 1, of->end, name,
                            strlen(name));
}
