/* SPDX-License-Identifier: Apache-2.0 */
#include "config/rule.h"

#include <string.h>

#include <apr_strings.h>

static const char *parse(shs_rule_t *rule, const char *name,
                         const char *attribute, apr_pool_t *p)
{
    apr_size_t len = strlen(name);
    const char *error;

    memset(rule, 0, sizeof(*rule));
    rule->is_prefix = len > 0 && name[len - 1] == '*';
    rule->len = rule->is_prefix ? len - 1 : len;
    rule->name = rule->is_prefix ? apr_pstrmemdup(p, name, rule->len) : name;
    error = shs_path_parse(&rule->path, attribute, p);
    if (error) {
        return error;
    }
    if (rule->is_prefix != (shs_path_kind(rule->path) == SHS_PATH_EVERY)) {
        return "a name that ends in * goes with the attribute *, as in"
               " 'session.* *', and no other does";
    }
    return NULL;
}

/* A list of the same place was created here, so it may grow. */
static shs_rule_t *push(shs_rules_t *rules, apr_pool_t *p)
{
    if (!rules->list) {
        rules->list = apr_array_make(p, 4, sizeof(shs_rule_t));
    }
    return apr_array_push((apr_array_header_t *)rules->list);
}

static const char *refuse_second(const shs_rules_t *rules,
                                 const shs_rule_t *rule,
                                 const shs_rule_kind_t *kind, apr_pool_t *p)
{
    int i;

    for (i = 0; rules->list && i < rules->list->nelts; ++i) {
        const shs_rule_t *first = &APR_ARRAY_IDX(rules->list, i, shs_rule_t);

        if (first->is_prefix == rule->is_prefix
            && kind->is_same(first->name, rule->name)) {
            const char *star = rule->is_prefix ? "*" : "";

            return apr_psprintf(p,
                                "%s%s has a rule in this place already, as"
                                " %s%s, and only one can count: remove one, or"
                                " give it another name",
                                rule->name, star, first->name, star);
        }
    }
    return NULL;
}

const char *shs_rule_add(shs_rule_t **out, shs_rules_t *rules, const char *name,
                         const char *attribute, const shs_rule_kind_t *kind,
                         apr_pool_t *p)
{
    shs_rule_t rule;
    const char *error;

    *out = NULL;
    if (!attribute && !strcmp(name, "none")) {
        rules->is_cleared = 1;
        rules->list = NULL;
        return NULL;
    }
    if (!attribute) {
        return "an attribute is needed after the name; or none alone, to clear";
    }
    error = parse(&rule, name, attribute, p);
    if (!error) {
        error = kind->check(rule.name, rule.is_prefix, p);
    }
    if (!error) {
        error = refuse_second(rules, &rule, kind, p);
    }
    if (error) {
        return error;
    }
    rule.may_be_reserved = rule.is_prefix && kind->is_reserved(rule.name, 1);
    *out = push(rules, p);
    **out = rule;
    return NULL;
}

const char *shs_rule_parse_encoding(shs_encoding_t *out, const char *word,
                                    apr_pool_t *p)
{
    if (!word || !strcmp(word, "encoding=percent")) {
        *out = SHS_ENCODING_PERCENT;
    }
    else if (!strcmp(word, "encoding=raw")) {
        *out = SHS_ENCODING_RAW;
    }
    else if (!strcmp(word, "encoding=base64")) {
        *out = SHS_ENCODING_BASE64;
    }
    else {
        return apr_psprintf(p,
                            "unknown option '%s'; there are encoding=percent,"
                            " encoding=raw and encoding=base64",
                            word);
    }
    return NULL;
}
