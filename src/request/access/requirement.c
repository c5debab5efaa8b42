/* SPDX-License-Identifier: Apache-2.0 */
#include "request/access/requirement.h"

#include <string.h>

#include <ap_regex.h>
#include <apr_strings.h>
#include <httpd.h>

#include "request/access/attribute.h"

struct shs_requirement_t {
    const shs_attribute_t *attribute; /* NULL: any session will do */
    const ap_regex_t *pattern;        /* NULL: there is none */
    const apr_array_header_t *values; /* of shs_octets_t; NULL: none */
};

static const char *parse_values(shs_requirement_t *requirement,
                                const char *args, apr_pool_t *p)
{
    apr_array_header_t *values = apr_array_make(p, 2, sizeof(shs_octets_t));

    while (*args) {
        APR_ARRAY_PUSH(values, shs_octets_t) =
            shs_octets_of(ap_getword_conf(p, &args));
    }
    requirement->values = values;
    return NULL;
}

static const char *parse_pattern(shs_requirement_t *requirement,
                                 const char *args, apr_pool_t *p)
{
    const char *text = ap_getword_conf(p, &args);

    if (!*text || *args) {
        return "after ~ there is one regular expression; put it in quotation"
               " marks if it contains spaces";
    }
    requirement->pattern = ap_pregcomp(p, text, AP_REG_EXTENDED);
    return requirement->pattern
               ? NULL
               : apr_psprintf(p, "'%s' is no valid regular expression", text);
}

const char *shs_requirement_parse(shs_requirement_t **out, const char *args,
                                  apr_pool_t *p)
{
    shs_requirement_t *requirement = apr_pcalloc(p, sizeof(*requirement));
    const char *error;

    *out = requirement;
    if (!*args) {
        return NULL;
    }
    error = shs_attribute_parse(&requirement->attribute,
                                ap_getword_conf(p, &args), p);
    if (error || !*args) {
        return error;
    }
    if (args[0] == '~' && (!args[1] || args[1] == ' ' || args[1] == '\t')) {
        ap_getword_conf(p, &args);
        return parse_pattern(requirement, args, p);
    }
    return parse_values(requirement, args, p);
}

/* Whether the text counts as yes: not empty and not "false". */
static int is_true(shs_octets_t text)
{
    return text.len > 0 && !shs_octets_are_text(text, "false");
}

static int is_one_of(const apr_array_header_t *values, shs_octets_t text)
{
    int i;

    for (i = 0; i < values->nelts; ++i) {
        shs_octets_t value = APR_ARRAY_IDX(values, i, shs_octets_t);

        if (value.len == text.len && !memcmp(value.data, text.data, text.len)) {
            return 1;
        }
    }
    return 0;
}

static shs_requirement_result_t match(const ap_regex_t *pattern,
                                      shs_octets_t text)
{
    if (text.len > SHS_REQUIREMENT_MAX_MATCH) {
        return SHS_REQUIREMENT_UNKNOWN;
    }
    switch (ap_regexec_len(pattern, text.data, text.len, 0, NULL, 0)) {
    case 0:
        return SHS_REQUIREMENT_MET;
    case AP_REG_NOMATCH:
        return SHS_REQUIREMENT_UNMET;
    default:
        return SHS_REQUIREMENT_UNKNOWN;
    }
}

static shs_requirement_result_t check_text(const shs_requirement_t *requirement,
                                           shs_octets_t text)
{
    int is_met;

    if (requirement->pattern) {
        return match(requirement->pattern, text);
    }
    is_met = requirement->values ? is_one_of(requirement->values, text)
                                 : is_true(text);
    return is_met ? SHS_REQUIREMENT_MET : SHS_REQUIREMENT_UNMET;
}

const shs_lookup_t *shs_requirement_lookup(const shs_requirement_t *requirement,
                                           request_rec *r)
{
    return shs_attribute_lookup(requirement->attribute, r);
}

static shs_requirement_result_t check_list(const shs_requirement_t *requirement,
                                           const apr_array_header_t *texts)
{
    shs_requirement_result_t result = SHS_REQUIREMENT_UNMET;
    int i;

    for (i = 0; i < texts->nelts && result != SHS_REQUIREMENT_MET; ++i) {
        shs_requirement_result_t of_text =
            check_text(requirement, APR_ARRAY_IDX(texts, i, shs_octets_t));

        if (of_text != SHS_REQUIREMENT_UNMET) {
            result = of_text;
        }
    }
    return result;
}

shs_requirement_result_t shs_requirement_check(
    const shs_requirement_t *requirement, const shs_lookup_t *lookup,
    request_rec *r)
{
    if (!requirement->attribute) {
        return SHS_REQUIREMENT_MET;
    }
    if (!shs_attribute_is_known(requirement->attribute, lookup, r)) {
        return SHS_REQUIREMENT_UNREAD;
    }
    return check_list(
        requirement,
        shs_attribute_list(requirement->attribute, lookup, r)->values);
}
