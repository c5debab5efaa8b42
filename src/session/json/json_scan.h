/* SPDX-License-Identifier: Apache-2.0
 *
 * json_scan: reads JSON text (RFC 8259) into values of a session in one pass,
 * without a tree and without malloc(): what a program does not want is passed
 * over. All of the RFC is read: escapes, surrogates, UTF-8, which is checked.
 * Texts without an escape are borrowed from the JSON text, others are from the
 * pool. Numbers keep their text (json_number.h). A surrogate without its other
 * half is U+FFFD: JSON.stringify() writes such escapes. Of members of one name
 * the last one counts.
 * In the outermost object the caller sees to that (json_twins.h).
 *
 * A scan that fails stays so: each further call fails too.
 */
#ifndef SHS_SESSION_JSON_JSON_SCAN_H
#define SHS_SESSION_JSON_JSON_SCAN_H

#include "session/session.h"

/* The most values that one scan appends. */
#define SHS_JSON_SCAN_MAX_VALUES 65536

/* Filled in by shs_json_scan_open(). */
typedef struct shs_json_scan_t {
    const char *begin;
    const char *at;
    const char *end;
    const char *wrong; /* why the text cannot be read, or NULL */
    apr_size_t values_left;
    int members; /* of the outermost object that were read */
    apr_pool_t *p;
} shs_json_scan_t;

/* Starts to read a text, which must outlive the session that is made of it. */
void shs_json_scan_open(shs_json_scan_t *scan, shs_octets_t text,
                        apr_pool_t *p);

/* Goes to the next member of the object that the text is. Returns 0 behind the
 * last one, and if the text cannot be read. */
int shs_json_scan_next(shs_json_scan_t *scan, shs_octets_t *name);

/* Appends the next value as one of that name. `depth`: how deep the value lies;
 * a member of the outermost object is at 1. Returns 0 if the
 * text cannot be read: a part of the value may then have been appended. */
int shs_json_scan_value(shs_json_scan_t *scan, shs_session_t *session,
                        shs_octets_t name, int depth);

/* Passes over the next value. Returns 0 if the text cannot be read. */
int shs_json_scan_skip(shs_json_scan_t *scan, int depth);

/* Ends the scan: nothing but white space may follow. Returns NULL, or what is
 * wrong with the text and where, in words that contain none of it. */
const char *shs_json_scan_close(shs_json_scan_t *scan);

/* A text as a whole: appends its value as an attribute of that name. Returns as
 * shs_json_scan_close(); then nothing was appended. */
const char *shs_json_scan_text(shs_session_t *session, shs_octets_t name,
                               shs_octets_t text, apr_pool_t *p);

#endif
