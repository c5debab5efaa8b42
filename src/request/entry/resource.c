/* SPDX-License-Identifier: Apache-2.0 */
#include "request/entry/resource.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "base/octets.h"
#include "config/log.h"
#include "request/entry/origin.h"
#include "request/flow.h"
#include "request/response_filter.h"
#include "request/session_ops.h"
#include "session/json/json_patch.h"
#include "session/json/json_text.h"

APLOG_USE_MODULE(shared_session);

#define HANDLER SHS_SETTINGS_HANDLER

/* ---------------------------------------------------------------- responses */

static int send_octets(request_rec *r, int status, const char *type,
                       shs_octets_t octets)
{
    r->status = status;
    ap_set_content_type(r, type);
    ap_set_content_length(r, (apr_off_t)octets.len);
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    if (!r->header_only) {
        ap_rwrite(octets.data, (int)octets.len, r);
    }
    return OK;
}

/* RFC 9457. The texts are constants and need no escaping. */
static int refuse(request_rec *r, int status, const char *detail)
{
    if (status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(r->headers_out, "Retry-After", SHS_FLOW_RETRY_AFTER_S);
    }
    return send_octets(r, status, "application/problem+json",
                       shs_octets_of(apr_psprintf(
                           r->pool,
                           "{\"title\":\"%s\",\"status\":%d,"
                           "\"detail\":\"%s\"}\n",
                           ap_get_status_line(status) + 4, status, detail)));
}

static int refuse_outcome(request_rec *r, shs_outcome_t outcome)
{
    switch (outcome) {
    case SHS_OUTCOME_NONE:
        return refuse(r, HTTP_NOT_FOUND, "the request has no session id");
    case SHS_OUTCOME_ABSENT:
        return refuse(r, HTTP_NOT_FOUND, "there is no such session");
    case SHS_OUTCOME_MALFORMED:
        return refuse(r, HTTP_INTERNAL_SERVER_ERROR,
                      "the stored value is not a readable session");
    case SHS_OUTCOME_UNAVAILABLE:
    case SHS_OUTCOME_FOUND:
        break;
    }
    /* The log says why. */
    return refuse(r, HTTP_SERVICE_UNAVAILABLE,
                  "the session store is not available at present");
}

static int forbid(request_rec *r)
{
    return refuse(r, HTTP_FORBIDDEN, "the configuration forbids it here");
}

static int send_session(request_rec *r, int status)
{
    const shs_lookup_t *lookup = shs_session_ops_find(r);

    if (lookup->outcome != SHS_OUTCOME_FOUND) {
        return refuse_outcome(r, lookup->outcome);
    }
    return send_octets(r, status, "application/json",
                       shs_json_text_write_session(lookup->session, r->pool));
}

/* The response for the result of a write; DONE: the session with that
 * status. */
static int send_written(request_rec *r, const shs_written_t *written,
                        int status)
{
    switch (written->status) {
    case SHS_WROTE_DONE:
        return send_session(r, status);
    case SHS_WROTE_GONE:
        return refuse(r, HTTP_NOT_FOUND, "there is no such session");
    case SHS_WROTE_ROTATED:
        return refuse(r, HTTP_CONFLICT, "the session has another id by now");
    case SHS_WROTE_CONFLICT:
        return refuse(r, HTTP_CONFLICT, "the session changed too often");
    case SHS_WROTE_INVALID:
        return refuse(r, HTTP_UNPROCESSABLE_ENTITY,
                      "the session's format cannot hold that");
    case SHS_WROTE_TOO_LARGE:
        return refuse(r, HTTP_REQUEST_ENTITY_TOO_LARGE, "it is too large");
    case SHS_WROTE_MALFORMED:
        return refuse_outcome(r, SHS_OUTCOME_MALFORMED);
    case SHS_WROTE_FORBIDDEN:
        return forbid(r);
    case SHS_WROTE_FOREIGN:
        apr_table_setn(r->headers_out, "Allow", "GET, HEAD, DELETE");
        return refuse(r, HTTP_METHOD_NOT_ALLOWED,
                      "the session is another program's");
    case SHS_WROTE_LATE:
        return OK; /* nothing can follow the response that was sent */
    case SHS_WROTE_UNAVAILABLE:
        break;
    }
    return refuse_outcome(r, SHS_OUTCOME_UNAVAILABLE);
}

/* --------------------------------------------------------------- requests */

static int is_type(request_rec *r, const char *wanted)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    apr_size_t len = strlen(wanted);

    return type && !strncasecmp(type, wanted, len)
           && (!type[len] || type[len] == ';' || apr_isspace(type[len]));
}

/* Whether the body is still encoded. Ask after it was read: an input filter
 * that decodes it (mod_deflate) removes the header. */
static int is_encoded(request_rec *r)
{
    const char *encoding = apr_table_get(r->headers_in, "Content-Encoding");

    return encoding && *encoding && strcasecmp(encoding, "identity");
}

/* Returns OK and *body; or a status if the body is invalid. */
static int read_body(shs_octets_t *body, request_rec *r)
{
    char *buffer = apr_palloc(r->pool, SHS_RESOURCE_MAX_BODY + 1);
    apr_size_t len = 0;
    long got = 1;
    int status = ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK);

    if (status != OK) {
        return status;
    }
    if (ap_should_client_block(r)) {
        while (len <= SHS_RESOURCE_MAX_BODY && got > 0) {
            got = ap_get_client_block(r, buffer + len,
                                      SHS_RESOURCE_MAX_BODY + 1 - len);
            len += got > 0 ? (apr_size_t)got : 0;
        }
    }
    body->data = buffer;
    body->len = len;
    return got < 0                       ? HTTP_BAD_REQUEST
           : len > SHS_RESOURCE_MAX_BODY ? HTTP_REQUEST_ENTITY_TOO_LARGE
                                         : OK;
}

/* The change in the body; or NULL, and the response is sent and in *rv. */
static shs_change_t *read_change(int *rv, request_rec *r)
{
    shs_change_t *change = shs_change_create(r->pool);
    shs_octets_t body = { "", 0 };
    const char *error;
    int status = read_body(&body, r);

    if (status != OK) {
        *rv = refuse(r, status,
                     status == HTTP_REQUEST_ENTITY_TOO_LARGE
                         ? "a body has 65536 octets at most"
                         : "the body cannot be read");
        return NULL;
    }
    if (is_encoded(r)) {
        apr_table_setn(r->headers_out, "Accept-Encoding", "identity");
        *rv = refuse(r, HTTP_UNSUPPORTED_MEDIA_TYPE,
                     "a body is taken without Content-Encoding");
        return NULL;
    }
    error = shs_json_patch_read(change, body, r->pool);
    if (error) {
        *rv = refuse(r, HTTP_BAD_REQUEST, error);
        return NULL;
    }
    error = shs_change_check(change);
    if (error) {
        *rv = refuse(r, HTTP_UNPROCESSABLE_ENTITY, error);
        return NULL;
    }
    return change;
}

/* ----------------------------------------------------------- preconditions */

static int is_any(const char *tags)
{
    return !strcmp(tags, "*");
}

/* Whether the request's preconditions (RFC 9110 section 13.1) hold for a
 * session that exists, or does not. The resource has no entity tag, because a
 * change to a hash cannot depend on the rest of the hash: only "*" can
 * match. */
static int holds_for(const request_rec *r, int is_there)
{
    const char *match = apr_table_get(r->headers_in, "If-Match");
    const char *none_match = apr_table_get(r->headers_in, "If-None-Match");

    if (match && !(is_any(match) && is_there)) {
        return 0;
    }
    return !none_match || !is_any(none_match) || !is_there;
}

/* A session that does not exist or cannot be read gets that response
 * instead. */
static int fails_condition(request_rec *r)
{
    return shs_session_ops_find(r)->outcome == SHS_OUTCOME_FOUND
           && !holds_for(r, 1);
}

/* What cannot be read can be ended. */
static int fails_condition_to_end(request_rec *r)
{
    return fails_condition(r)
           || (shs_session_ops_find(r)->outcome == SHS_OUTCOME_MALFORMED
               && !holds_for(r, 1));
}

static int refuse_condition(request_rec *r)
{
    return refuse(r, HTTP_PRECONDITION_FAILED,
                  "a precondition failed: the resource has no entity tags, so"
                  " that If-Match and If-None-Match only accept *");
}

/* ---------------------------------------------------------------- methods */

static int get(request_rec *r)
{
    if (fails_condition(r)) {
        if (apr_table_get(r->headers_in, "If-Match")) {
            return refuse_condition(r);
        }
        r->status = HTTP_NOT_MODIFIED;
        return OK;
    }
    return send_session(r, HTTP_OK);
}

static int post(request_rec *r)
{
    int was_there = shs_session_ops_find(r)->outcome == SHS_OUTCOME_FOUND;
    shs_written_t written;
    shs_change_t *change;
    int rv = OK;

    if (!is_type(r, "application/json")) {
        return refuse(r, HTTP_UNSUPPORTED_MEDIA_TYPE,
                      "POST takes application/json");
    }
    change = read_change(&rv, r);
    if (!change) {
        return rv;
    }
    if (!holds_for(r, was_there)) {
        return refuse_condition(r);
    }
    written = shs_session_ops_begin(r, change);
    return send_written(r, &written, was_there ? HTTP_OK : HTTP_CREATED);
}

static int patch(request_rec *r)
{
    shs_written_t written;
    shs_change_t *change;
    int rv = OK;

    if (!is_type(r, "application/merge-patch+json")
        && !is_type(r, "application/json")) {
        return refuse(r, HTTP_UNSUPPORTED_MEDIA_TYPE,
                      "PATCH takes application/merge-patch+json");
    }
    change = read_change(&rv, r);
    if (!change) {
        return rv;
    }
    if (fails_condition(r)) {
        return refuse_condition(r);
    }
    written = shs_session_ops_change(r, change);
    return send_written(r, &written, HTTP_OK);
}

static int remove_session(request_rec *r)
{
    shs_written_t written;

    if (fails_condition_to_end(r)) {
        return refuse_condition(r);
    }
    written = shs_session_ops_end(r);
    if (written.status != SHS_WROTE_DONE) {
        return send_written(r, &written, HTTP_NO_CONTENT);
    }
    r->status = HTTP_NO_CONTENT;
    return OK;
}

static int answer_change(request_rec *r)
{
    if (shs_origin_is_foreign(r)) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      SHS_TAG_FOREIGN "refused a request that comes from"
                                      " another site's page");
        return refuse(r, HTTP_FORBIDDEN,
                      "the request comes from another site's page");
    }
    switch (r->method_number) {
    case M_POST:
        return post(r);
    case M_PATCH:
        return patch(r);
    default:
        return remove_session(r);
    }
}

/* A client that reaches the resource can log in as any user. So only the
 * administrator decides where it is, not everything that can name a handler
 * (.htaccess, AddHandler, RewriteRule, the content type). */
static int is_granted(request_rec *r)
{
    const shs_settings_t *settings = shs_settings_of(r);

    return settings->granted.value && settings->resource.value;
}

/* httpd cuts each response with status 200 by the request's Range header,
 * whatever the method. But ranges are defined for GET only (RFC 9110 section
 * 14.2), and a part of the JSON is useless. For a part of a page (r->main), the
 * filter is the page's, and stays. */
static void ignore_ranges(request_rec *r)
{
    apr_table_setn(r->headers_out, "Accept-Ranges", "none");
    if (!r->main) {
        ap_remove_output_filter_byhandle(r->output_filters, "BYTERANGE");
    }
}

int shs_resource_serve(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, HANDLER)) {
        return DECLINED;
    }
    if (!shs_session_ops_find(r)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      SHS_TAG_RESOURCE "SetHandler " HANDLER
                                       " needs SharedSession On in the"
                                       " same place, and SharedSessionStore");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    shs_response_filter_mark(r, 1);
    shs_response_filter_forbid(r);
    ignore_ranges(r);
    if (!is_granted(r)) {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, r,
            SHS_TAG_FORBIDDEN
            "the session is not served here: this needs SharedSession On and"
            " SetHandler " HANDLER " in the server's configuration;"
            " .htaccess, AddHandler and others do not count");
        return forbid(r);
    }
    switch (r->method_number) {
    case M_GET:
        return get(r);
    case M_POST:
    case M_PATCH:
    case M_DELETE:
        return answer_change(r);
    default:
        apr_table_setn(r->headers_out, "Allow",
                       shs_codec_is_foreign(shs_settings_of(r)->codec.value)
                           ? "GET, HEAD, DELETE"
                           : "GET, HEAD, POST, PATCH, DELETE");
        return refuse(r, HTTP_METHOD_NOT_ALLOWED, "Allow names the methods");
    }
}
