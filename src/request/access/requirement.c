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

static int matches(const ap_regex_t *pattern, shs_octets_t text)
{
    return !memchr(text.data, 0, text.len)
           && !ap_regexec_len(pattern, text.data, text.len, 0, NULL, 0);
}

int shs_requirement_is_met(const shs_requirement_t *requirement,
                           const shs_lookup_t *lookup, apr_pool_t *p)
{
    const apr_array_header_t *texts;
    int i;

    if (!requirement->attribute) {
        return 1;
    }
    texts = shs_attribute_list(requirement->attribute, lookup, p);
    for (i = 0; i < texts->nelts; ++i) {
        shs_octets_t text = APR_ARRAY_IDX(texts, i, shs_octets_t);

        if (requirement->pattern  ? matches(requirement->pattern, text)
            : requirement->values ? is_one_of(requirement->values, text)
                                  : is_true(text)) {
            return 1;
        }
    }
    return 0;
}
