/* SPDX-License-Identifier: Apache-2.0 */
#include "request/access/expression.h"

#include <string.h>
#include <strings.h>

#include <ap_expr.h>
#include <apr_strings.h>
#include <http_request.h>

#include "base/octets.h"
#include "config/log.h"
#include "config/settings.h"
#include "request/access/attribute.h"
#include "request/client_request.h"
#include "request/session_ops.h"

APLOG_USE_MODULE(shared_session);

/* Whether an expression of this process's configuration reads a session. */
static int is_used;

/* Notes what the expression has seen, for the answer (access.h, rule 2). What
 * is evaluated later than the fixups decides nothing any more. A page that
 * depends on a decision is private, even if the decision was made without a
 * session: another condition may have led to it. */
static void note(request_rec *r, const shs_lookup_t *lookup)
{
    shs_request_context_t *context = shs_client_request_context_of(r);
    shs_access_t *access = &context->access;

    context->client_request->is_marked = 1;
    context->client_request->is_private |=
        lookup->outcome != SHS_OUTCOME_NONE || !access->is_settled;
    if (access->is_settled) {
        return;
    }
    if (lookup->outcome == SHS_OUTCOME_FOUND) {
        context->client_request->is_opened |= access->is_inner;
    }
    else if (lookup->outcome != SHS_OUTCOME_UNAVAILABLE
             || shs_settings_of(r)->decides_without.value) {
        access->saw_none |= access->is_inner;
    }
    else {
        access->is_void = 1;
    }
}

/* TRACE shows no session, because its answer repeats the request. What is
 * decided without one does not count. */
static void note_trace(request_rec *r)
{
    shs_request_context_t *context = shs_client_request_context_of(r);

    if (!context) {
        context = shs_client_request_create_context(r);
    }
    if (!context->access.is_settled) {
        context->access.is_void = 1;
    }
}

/* An attribute that was not read, or not understood: what an expression decides
 * by it does not count. */
static void check_known(request_rec *r, const shs_attribute_t *attribute,
                        const shs_lookup_t *lookup)
{
    shs_access_t *access = &shs_client_request_context_of(r)->access;

    if (access->is_settled || lookup->outcome != SHS_OUTCOME_FOUND
        || shs_attribute_is_known(attribute, lookup, r)) {
        return;
    }
    access->is_void = 1;
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  SHS_TAG_ACCESS
                  "an expression asks for the attribute %s, which"
                  " SharedSessionAttributes does not name, or which cannot be"
                  " understood (SHS039)",
                  shs_attribute_name(attribute));
}

/* The lookup for an expression; NULL: it sees no session. */
static const shs_lookup_t *lookup_of(const ap_expr_eval_ctx_t *ctx,
                                     const shs_attribute_t *attribute)
{
    const shs_lookup_t *lookup;

    if (!ctx->r) {
        return NULL;
    }
    lookup = shs_attribute_lookup(attribute, ctx->r);
    if (lookup) {
        note(ctx->r, lookup);
        if (attribute) {
            check_known(ctx->r, attribute, lookup);
        }
    }
    else if (ctx->r->method_number == M_TRACE
             && shs_settings_of(ctx->r)->enabled.value) {
        note_trace(ctx->r);
    }
    return lookup;
}

/* The attribute: parsed at start if the argument is a constant, else here. */
static const shs_attribute_t *attribute_of(const ap_expr_eval_ctx_t *ctx,
                                           const void *data, const char *arg)
{
    const shs_attribute_t *attribute = data;
    const char *error;

    if (attribute) {
        return attribute;
    }
    error = shs_attribute_parse(&attribute, apr_pstrdup(ctx->p, arg), ctx->p);
    if (!error) {
        return attribute;
    }
    if (ctx->r) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, ctx->r,
                      SHS_TAG_LEFT_OUT "session() in an expression: %s", error);
    }
    return NULL;
}

/* A text as expressions carry it; NULL: it has a control character. */
static const char *carry(const ap_expr_eval_ctx_t *ctx, shs_octets_t text)
{
    if (!shs_octets_have_control(text)) {
        return apr_pstrmemdup(ctx->r->pool, text.data, text.len);
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, ctx->r,
                  SHS_TAG_LEFT_OUT
                  "an expression does not get a value of the session: it has a"
                  " control character");
    return NULL;
}

static const char *find_text(ap_expr_eval_ctx_t *ctx, const void *data,
                             const char *arg)
{
    const shs_attribute_t *attribute = attribute_of(ctx, data, arg);
    const shs_lookup_t *lookup = lookup_of(ctx, attribute);
    shs_octets_t text;

    return attribute && lookup
                   && shs_attribute_text(&text, attribute, lookup, ctx->r)
               ? carry(ctx, text)
               : NULL;
}

static apr_array_header_t *make_texts(const ap_expr_eval_ctx_t *ctx,
                                      const apr_array_header_t *values)
{
    apr_array_header_t *texts =
        apr_array_make(ctx->r->pool, values->nelts, sizeof(const char *));
    int i;

    for (i = 0; i < values->nelts; ++i) {
        const char *text = carry(ctx, APR_ARRAY_IDX(values, i, shs_octets_t));

        if (text) {
            APR_ARRAY_PUSH(texts, const char *) = text;
        }
    }
    return texts;
}

/* ap_expr reads the list and does not change it. */
static apr_array_header_t *find_list(ap_expr_eval_ctx_t *ctx, const void *data,
                                     const char *arg)
{
    const shs_attribute_t *attribute = attribute_of(ctx, data, arg);
    const shs_lookup_t *lookup = lookup_of(ctx, attribute);
    shs_attribute_list_t *list;

    if (!attribute || !lookup) {
        return NULL;
    }
    list = shs_attribute_list(attribute, lookup, ctx->r);
    if (!list->texts) {
        list->texts = make_texts(ctx, list->values);
    }
    return list->texts;
}

/* Parses a constant argument. */
static int parse(ap_expr_lookup_parms *parms)
{
    const shs_attribute_t *attribute;
    const char *error;

    is_used = 1;
    *parms->data = NULL;
    if (!parms->arg) {
        return OK;
    }
    error = shs_attribute_parse(
        &attribute, apr_pstrdup(parms->pool, parms->arg), parms->pool);
    if (error) {
        *parms->err = apr_pstrcat(parms->ptemp, parms->name, "('", parms->arg,
                                  "'): ", error, NULL);
        return !OK;
    }
    *parms->data = attribute;
    return OK;
}

/* memcpy(): ISO C does not convert a pointer to a function to one to data. */
static int find_function(ap_expr_lookup_parms *parms)
{
    if (parms->type == AP_EXPR_FUNC_STRING
        && !strcasecmp(parms->name, "session")) {
        ap_expr_string_func_t *function = find_text;

        memcpy(parms->func, &function, sizeof(function));
        return parse(parms);
    }
    if (parms->type == AP_EXPR_FUNC_LIST
        && !strcasecmp(parms->name, "session_values")) {
        ap_expr_list_func_t *function = find_list;

        memcpy(parms->func, &function, sizeof(function));
        return parse(parms);
    }
    return DECLINED;
}

void shs_expression_register(void)
{
    ap_hook_expr_lookup(find_function, NULL, NULL, APR_HOOK_MIDDLE);
}

int shs_expression_is_used(void)
{
    return is_used;
}
