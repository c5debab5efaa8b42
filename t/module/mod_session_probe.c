/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_session_probe: another module that uses mod_shared_session by what
 * mod_shared_session.h says and nothing else. It does what a request says, in
 * this order, and writes a line "operation result" for each:
 *
 *   find  status  late  get:NAME  iterate  first  begin  begin:N=V,N=V  set:N=V
 *   unset:N  change:N=V,-N  rotate  destroy  sub:/path  redirect:/path  flush
 *
 * separated by "&", names and values urlencoded: as its query where the handler
 * is session-probe, and in the header X-Probe in the fixups hook, whose results
 * become the note "probe".
 */
#include <string.h>

#include <apr_optional.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "mod_shared_session.h"

static APR_OPTIONAL_FN_TYPE(shared_session_find) * find;
static APR_OPTIONAL_FN_TYPE(shared_session_status_word) * status;
static APR_OPTIONAL_FN_TYPE(shared_session_get) * get;
static APR_OPTIONAL_FN_TYPE(shared_session_iterate) * iterate;
static APR_OPTIONAL_FN_TYPE(shared_session_begin) * begin;
static APR_OPTIONAL_FN_TYPE(shared_session_set) * set;
static APR_OPTIONAL_FN_TYPE(shared_session_unset) * unset;
static APR_OPTIONAL_FN_TYPE(shared_session_change) * change;
static APR_OPTIONAL_FN_TYPE(shared_session_rotate) * rotate;
static APR_OPTIONAL_FN_TYPE(shared_session_destroy) * destroy;
static APR_OPTIONAL_FN_TYPE(shared_session_is_late) * is_late;

static void on_optional_fn_retrieve(void)
{
    find = APR_RETRIEVE_OPTIONAL_FN(shared_session_find);
    status = APR_RETRIEVE_OPTIONAL_FN(shared_session_status_word);
    get = APR_RETRIEVE_OPTIONAL_FN(shared_session_get);
    iterate = APR_RETRIEVE_OPTIONAL_FN(shared_session_iterate);
    begin = APR_RETRIEVE_OPTIONAL_FN(shared_session_begin);
    set = APR_RETRIEVE_OPTIONAL_FN(shared_session_set);
    unset = APR_RETRIEVE_OPTIONAL_FN(shared_session_unset);
    change = APR_RETRIEVE_OPTIONAL_FN(shared_session_change);
    rotate = APR_RETRIEVE_OPTIONAL_FN(shared_session_rotate);
    destroy = APR_RETRIEVE_OPTIONAL_FN(shared_session_destroy);
    is_late = APR_RETRIEVE_OPTIONAL_FN(shared_session_is_late);
}

static int is_complete(void)
{
    return find && status && get && iterate && begin && set && unset && change
           && rotate && destroy && is_late;
}

static const char *name_status(shared_session_status_e is)
{
    switch (is) {
    case SHARED_SESSION_OFF:
        return "OFF";
    case SHARED_SESSION_FOUND:
        return "FOUND";
    case SHARED_SESSION_NONE:
        return "NONE";
    case SHARED_SESSION_ABSENT:
        return "ABSENT";
    case SHARED_SESSION_MALFORMED:
        return "MALFORMED";
    case SHARED_SESSION_UNAVAILABLE:
        return "UNAVAILABLE";
    case SHARED_SESSION_STALE:
        return "STALE";
    }
    return "?";
}

static const char *name_result(shared_session_result_e is)
{
    switch (is) {
    case SHARED_SESSION_DONE:
        return "DONE";
    case SHARED_SESSION_GONE:
        return "GONE";
    case SHARED_SESSION_ROTATED:
        return "ROTATED";
    case SHARED_SESSION_CONFLICT:
        return "CONFLICT";
    case SHARED_SESSION_INVALID:
        return "INVALID";
    case SHARED_SESSION_TOO_LARGE:
        return "TOO_LARGE";
    case SHARED_SESSION_UNREADABLE:
        return "UNREADABLE";
    case SHARED_SESSION_FORBIDDEN:
        return "FORBIDDEN";
    case SHARED_SESSION_FOREIGN:
        return "FOREIGN";
    case SHARED_SESSION_LATE:
        return "LATE";
    case SHARED_SESSION_NO_ANSWER:
        return "NO_ANSWER";
    }
    return "?";
}

/* What `iterate` has shown. */
typedef struct listing_t {
    request_rec *r;
    const char *text;
    int most;
} listing_t;

static int list_attribute(void *baton, const char *name, const char *value,
                          apr_size_t len)
{
    listing_t *listing = baton;

    listing->text =
        apr_psprintf(listing->r->pool, "%s%s=%s(%" APR_SIZE_T_FMT ");",
                     listing->text, name, value, len);
    return --listing->most > 0;
}

static const char *list(request_rec *r, int most)
{
    listing_t listing = { r, "", most };

    iterate(r, list_attribute, &listing);
    return listing.text;
}

/* "N=V,N=V,-N" */
static void read_pairs(apr_table_t *pairs, apr_array_header_t *names,
                       char *text)
{
    char *pair;

    while ((pair = apr_strtok(text, ",", &text)) != NULL) {
        char *value = strchr(pair, '=');

        if (value) {
            *value++ = '\0';
            ap_unescape_urlencoded(pair);
            ap_unescape_urlencoded(value);
            apr_table_set(pairs, pair, value);
        }
        else {
            ap_unescape_urlencoded(++pair);
            APR_ARRAY_PUSH(names, const char *) = pair;
        }
    }
}

static const char *change_all(request_rec *r, char *text)
{
    apr_table_t *pairs = apr_table_make(r->pool, 4);
    apr_array_header_t *names = apr_array_make(r->pool, 2, sizeof(char *));

    read_pairs(pairs, names, text);
    return name_result(change(r, apr_is_empty_table(pairs) ? NULL : pairs,
                              names->nelts ? names : NULL));
}

static const char *begin_with(request_rec *r, char *text)
{
    apr_table_t *pairs = apr_table_make(r->pool, 4);
    apr_array_header_t *names = apr_array_make(r->pool, 2, sizeof(char *));

    read_pairs(pairs, names, text);
    return name_result(begin(r, pairs));
}

/* Values may hold any octet: the length says where they end. */
static const char *set_one(request_rec *r, char *text)
{
    char *value = strchr(text, '=');
    apr_size_t len = 0;
    char *from, *to;

    *value++ = '\0';
    ap_unescape_urlencoded(text);
    for (from = to = value; *from; ++from, ++len) {
        if (*from == '%' && from[1] && from[2]) {
            char hex[3] = { from[1], from[2], '\0' };

            *to++ = (char)apr_strtoi64(hex, NULL, 16);
            from += 2;
        }
        else {
            *to++ = *from;
        }
    }
    return name_result(set(r, text, value, len));
}

static const char *run_subrequest(request_rec *r, const char *path)
{
    request_rec *sub = ap_sub_req_lookup_uri(path, r, r->output_filters);
    int code = sub->status == HTTP_OK ? ap_run_sub_req(sub) : sub->status;

    ap_destroy_sub_req(sub);
    return apr_itoa(r->pool, code);
}

static const char *show(request_rec *r, const char *name)
{
    apr_size_t len = 0;
    const char *value = get(r, name, &len);

    return value ? apr_psprintf(r->pool, "%s(%" APR_SIZE_T_FMT ")", value, len)
                 : "(none)";
}

/* NULL: a redirect. */
static const char *operate(request_rec *r, const char *name, char *argument)
{
    if (!strcmp(name, "find")) {
        return name_status(find(r));
    }
    if (!strcmp(name, "status")) {
        return status(r);
    }
    if (!strcmp(name, "late")) {
        return is_late(r) ? "1" : "0";
    }
    if (!strcmp(name, "flush")) {
        ap_rputs("flush sent\n", r);
        ap_rflush(r);
        return "";
    }
    if (!strcmp(name, "get")) {
        ap_unescape_urlencoded(argument);
        return show(r, argument);
    }
    if (!strcmp(name, "iterate") || !strcmp(name, "first")) {
        return list(r, *name == 'f' ? 1 : 1000);
    }
    if (!strcmp(name, "begin")) {
        return *argument ? begin_with(r, argument)
                         : name_result(begin(r, NULL));
    }
    if (!strcmp(name, "set")) {
        return set_one(r, argument);
    }
    if (!strcmp(name, "unset")) {
        ap_unescape_urlencoded(argument);
        return name_result(unset(r, argument));
    }
    if (!strcmp(name, "change")) {
        return change_all(r, argument);
    }
    if (!strcmp(name, "rotate")) {
        return name_result(rotate(r));
    }
    if (!strcmp(name, "destroy")) {
        return name_result(destroy(r));
    }
    if (!strcmp(name, "sub")) {
        return run_subrequest(r, argument);
    }
    if (!strcmp(name, "redirect")) {
        ap_internal_redirect(argument, r);
        return NULL;
    }
    return "?";
}

/* All that a text says; NULL: it ended in a redirect. */
static const char *operate_all(request_rec *r, const char *text)
{
    char *rest = apr_pstrdup(r->pool, text);
    const char *lines = "";
    char *operation;

    if (!is_complete()) {
        return apr_psprintf(r->pool, "functions %s\n",
                            find || begin || destroy ? "missing" : "NULL");
    }
    while ((operation = apr_strtok(rest, "&", &rest)) != NULL) {
        char *argument = strchr(operation, ':');
        const char *result;

        if (argument) {
            *argument++ = '\0';
        }
        result = operate(r, operation, argument ? argument : (char *)"");
        if (!result) {
            return NULL;
        }
        lines = apr_pstrcat(r->pool, lines, operation, " ", result, "\n", NULL);
    }
    return lines;
}

static int on_fixups(request_rec *r)
{
    const char *text = apr_table_get(r->headers_in, "X-Probe");

    if (text && ap_is_initial_req(r)) {
        const char *lines = operate_all(r, text);

        apr_table_setn(r->notes, "probe", lines ? lines : "redirected");
    }
    return DECLINED;
}

static int on_request(request_rec *r)
{
    const char *lines;

    if (!r->handler || strcmp(r->handler, "session-probe")) {
        return DECLINED;
    }
    lines = operate_all(r, r->args ? r->args : "");
    if (lines) {
        ap_set_content_type(r, "text/plain");
        ap_rputs(lines, r);
    }
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    static const char *const after_it[] = { "mod_shared_session.c", NULL };

    (void)p;
    ap_hook_optional_fn_retrieve(on_optional_fn_retrieve, NULL, NULL,
                                 APR_HOOK_MIDDLE);
    ap_hook_fixups(on_fixups, after_it, NULL, APR_HOOK_LAST);
    ap_hook_handler(on_request, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(session_probe) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
};
