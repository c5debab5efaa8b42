/* SPDX-License-Identifier: Apache-2.0 */
#include "session/json/json_scan.h"

#include <string.h>

#include <apr_strings.h>

#include "session/json/json_number.h"
#include "session/json/json_string.h"
#include "session/json/json_twins.h"

static const shs_octets_t nothing = { "", 0 };

static int fail(shs_json_scan_t *scan, const char *wrong)
{
    if (!scan->wrong) {
        scan->wrong = wrong;
    }
    return 0;
}

static int fail_here(shs_json_scan_t *scan)
{
    return scan->wrong
               ? 0
               : fail(scan,
                      apr_psprintf(
                          scan->p,
                          "not readable as JSON (at octet %" APR_SIZE_T_FMT ")",
                          (apr_size_t)(scan->at - scan->begin)));
}

static void skip_space(shs_json_scan_t *scan)
{
    while (scan->at < scan->end
           && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n'
               || *scan->at == '\r')) {
        ++scan->at;
    }
}

/* Takes that character and the space before it, if it is there. */
static int take(shs_json_scan_t *scan, char c)
{
    if (scan->at < scan->end && *scan->at <= ' ') {
        skip_space(scan);
    }
    if (scan->at == scan->end || *scan->at != c) {
        return 0;
    }
    ++scan->at;
    return 1;
}

/* Text is NULL: its octets are not needed. */
static int take_string(shs_json_scan_t *scan, shs_octets_t *text)
{
    return (take(scan, '"')
            && shs_json_string_take(text, &scan->at, scan->end, scan->p))
           || fail_here(scan);
}

static int take_word(shs_json_scan_t *scan, shs_octets_t *text,
                     const char *word)
{
    text->data = scan->at;
    text->len = strlen(word);
    if ((apr_size_t)(scan->end - scan->at) < text->len
        || memcmp(scan->at, word, text->len) != 0) {
        return fail_here(scan);
    }
    scan->at += text->len;
    return 1;
}

static int take_number(shs_json_scan_t *scan, shs_octets_t *text)
{
    shs_octets_t rest = { scan->at, (apr_size_t)(scan->end - scan->at) };

    text->data = scan->at;
    text->len = shs_json_number_measure(rest);
    scan->at += text->len;
    return text->len > 0 || fail_here(scan);
}

/* Takes a value that is no structure. `is_kept` 0: its text is not needed. */
static int take_scalar(shs_json_scan_t *scan, shs_kind_t *kind,
                       shs_octets_t *text, int is_kept)
{
    switch (*scan->at) {
    case '"':
        *kind = SHS_KIND_STRING;
        return take_string(scan, is_kept ? text : NULL);
    case 't':
        *kind = SHS_KIND_BOOL;
        return take_word(scan, text, "true");
    case 'f':
        *kind = SHS_KIND_BOOL;
        return take_word(scan, text, "false");
    case 'n':
        *kind = SHS_KIND_NULL;
        if (!take_word(scan, text, "null")) {
            return 0;
        }
        *text = nothing;
        return 1;
    default:
        *kind = SHS_KIND_NUMBER;
        return take_number(scan, text);
    }
}

static int read_value(shs_json_scan_t *scan, shs_session_t *session,
                      shs_octets_t name, int depth);

/* The members at that depth, behind the opening bracket. */
static int read_members(shs_json_scan_t *scan, shs_session_t *session,
                        int is_object, int depth)
{
    char closing = is_object ? '}' : ']';

    if (take(scan, closing)) {
        return 1;
    }
    do {
        shs_octets_t name = nothing;

        if (is_object
            && (!take_string(scan, session ? &name : NULL)
                || !(take(scan, ':') || fail_here(scan)))) {
            return 0;
        }
        if (!read_value(scan, session, name, depth)) {
            return 0;
        }
    } while (take(scan, ','));
    return take(scan, closing) || fail_here(scan);
}

#define TOO_DEEP \
    "JSON nested deeper than " APR_STRINGIFY(SHS_SESSION_MAX_DEPTH) " levels"

static int read_structure(shs_json_scan_t *scan, shs_session_t *session,
                          shs_octets_t name, int depth)
{
    int is_object = *scan->at++ == '{';
    apr_size_t index = 0;

    if (depth >= SHS_SESSION_MAX_DEPTH) {
        return fail(scan, TOO_DEEP);
    }
    if (session) {
        index = shs_session_append(session,
                                   is_object ? SHS_KIND_OBJECT : SHS_KIND_ARRAY,
                                   name, nothing);
    }
    if (!read_members(scan, session, is_object, depth + 1)) {
        return 0;
    }
    if (session) {
        if (is_object) {
            shs_json_twins_remove(session, index + 1, scan->p);
        }
        shs_session_close(session, index);
    }
    return 1;
}

/* Without a session the value is passed over. */
static int read_value(shs_json_scan_t *scan, shs_session_t *session,
                      shs_octets_t name, int depth)
{
    shs_octets_t text = nothing;
    shs_kind_t kind;

    skip_space(scan);
    if (scan->at == scan->end) {
        return fail_here(scan);
    }
    if (scan->values_left-- == 0) {
        scan->values_left = 0;
        return fail(scan, "JSON with too many values");
    }
    if (*scan->at == '{' || *scan->at == '[') {
        return read_structure(scan, session, name, depth);
    }
    if (!take_scalar(scan, &kind, &text, session != NULL)) {
        return 0;
    }
    if (session) {
        shs_session_append(session, kind, name, text);
    }
    return 1;
}

void shs_json_scan_open(shs_json_scan_t *scan, shs_octets_t text, apr_pool_t *p)
{
    memset(scan, 0, sizeof(*scan));
    scan->begin = scan->at = text.data;
    scan->end = text.data + text.len;
    scan->values_left = SHS_JSON_SCAN_MAX_VALUES;
    scan->p = p;
}

int shs_json_scan_next(shs_json_scan_t *scan, shs_octets_t *name)
{
    if (scan->wrong) {
        return 0;
    }
    if (scan->members++ == 0) {
        if (!take(scan, '{')) {
            return fail(scan, "not a JSON object");
        }
        if (take(scan, '}')) {
            return 0;
        }
    }
    else if (!take(scan, ',')) {
        return take(scan, '}') ? 0 : fail_here(scan);
    }
    return take_string(scan, name) && (take(scan, ':') || fail_here(scan));
}

int shs_json_scan_value(shs_json_scan_t *scan, shs_session_t *session,
                        shs_octets_t name, int depth)
{
    return !scan->wrong && read_value(scan, session, name, depth);
}

int shs_json_scan_skip(shs_json_scan_t *scan, int depth)
{
    return !scan->wrong && read_value(scan, NULL, nothing, depth);
}

const char *shs_json_scan_close(shs_json_scan_t *scan)
{
    skip_space(scan);
    if (!scan->wrong && scan->at < scan->end) {
        fail_here(scan);
    }
    return scan->wrong;
}

const char *shs_json_scan_text(shs_session_t *session, shs_octets_t name,
                               shs_octets_t text, apr_pool_t *p)
{
    shs_json_scan_t scan;
    apr_size_t count;

    shs_session_values(session, &count);
    shs_json_scan_open(&scan, text, p);
    shs_json_scan_value(&scan, session, name, 1);
    if (shs_json_scan_close(&scan)) {
        shs_session_truncate(session, count);
    }
    return scan.wrong;
}
