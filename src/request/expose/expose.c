/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/expose.h"

#include <string.h>

#include <apr_strings.h>

#include "base/table.h"
#include "config/log.h"
#include "request/expose/nameset.h"
#include "request/expose/table_sweep.h"
#include "request/expose/target.h"
#include "request/expose/value.h"

APLOG_USE_MODULE(shared_session);

/* The value as a string. If it cannot be carried, logs that and returns
 * NULL. */
static const char *make_value(const shs_target_t *target, const char *name,
                              const shs_text_t *text, shs_encoding_t encoding)
{
    const char *value =
        target->type->make_value(text, encoding, target->r->pool);

    if (!value) {
        shs_target_log_left_out(target, name,
                                "its value has a control character");
    }
    return value;
}

/* Whether a later rule has the name, or the PREFIX, of rule i. */
static int is_replaced(const shs_target_t *target, int i)
{
    const shs_rule_t *rule = shs_target_rule(target, i);

    return i + 1 < shs_target_rule_count(target)
           && shs_target_has_rule(target, rule->name, rule->is_prefix, i + 1);
}

/* Exposes the rules that name one name; they precede the others if there is not
 * room for all. If a name has two rules, the later one applies, whether it
 * finds a value or not. */
static void expose_named(shs_target_t *target)
{
    int i;

    for (i = 0; i < shs_target_rule_count(target); ++i) {
        const shs_rule_t *rule = shs_target_rule(target, i);
        const char *value;
        shs_text_t text;

        if (rule->is_prefix || is_replaced(target, i)
            || !shs_value_find(&text, rule->path, target->lookup,
                               target->inside, target->r->pool)) {
            continue;
        }
        value = make_value(target, rule->name, &text, rule->encoding);
        if (value && shs_target_reserve(target, rule->name, value)) {
            apr_table_setn(target->table, rule->name, value);
        }
        else if (!target->type->keeps_entries) {
            /* A value that others have set must not pass for the session's. */
            apr_table_unset(target->table, rule->name);
        }
    }
}

/* The name of a top-level attribute under PREFIX, or NULL if it gets none.
 * `taken` holds the names that are taken already; NULL: no two can be equal. */
static const char *choose_name(const shs_target_t *target,
                               const shs_rule_t *rule,
                               const shs_value_t *attribute,
                               shs_nameset_t *taken)
{
    const char *name = shs_target_make_name(target, rule, attribute);

    if (!name) {
        shs_target_log_left_out(target, rule->name,
                                "an attribute's name gives no allowed name");
        return NULL;
    }
    if (!taken) {
        return name;
    }
    if (shs_target_has_rule(target, name, 0, 0)) {
        return NULL;
    }
    if (!shs_nameset_add(taken, name)) {
        shs_target_log_left_out(target, name,
                                "another attribute, or another module, already"
                                " has this name");
        return NULL;
    }
    return name;
}

/* A rule with a *: adds every top-level attribute to `found`. */
static void collect_values(apr_table_t *found, shs_target_t *target,
                           const shs_rule_t *rule, shs_nameset_t *taken)
{
    const shs_session_t *session = target->lookup->session;
    int is_lead = !taken && shs_target_is_lead(target, rule);
    const shs_value_t *values;
    apr_size_t count, i;

    values = shs_session_values(session, &count);
    for (i = 0; i < count; i = values[i].end) {
        const char *name, *value;
        shs_text_t text;

        if (!shs_value_get(&text, session, &values[i], target->r->pool)) {
            continue;
        }
        name = is_lead && (values[i].known & SHS_KNOWN_NAME_IS_PLAIN)
                   ? values[i].name.data - rule->len
                   : choose_name(target, rule, &values[i], taken);
        value = name ? make_value(target, name, &text, rule->encoding) : NULL;
        if (value && shs_target_reserve(target, name, value)) {
            apr_table_addn(found, name, value);
        }
    }
}

static int is_in(void *set, const char *name)
{
    return shs_nameset_has(set, name);
}

static void sweep(apr_table_t *table, shs_nameset_t *names, apr_pool_t *p)
{
    shs_table_sweep_remove(table, is_in, names, p);
}

static int add_taken(void *taken, const char *name, const char *value)
{
    (void)value;
    shs_nameset_add(taken, name);
    return 1;
}

/* The names that no attribute may take. For notes these are the existing ones:
 * other modules have set them, and their values may not be strings. Variables
 * and headers may come from the client, so an attribute replaces them. */
static shs_nameset_t *find_taken_names(const shs_target_t *target)
{
    shs_nameset_t *taken = shs_nameset_create(target->type, target->r->pool);

    if (target->type->keeps_entries) {
        apr_table_do(add_taken, taken, target->table, NULL);
    }
    return taken;
}

/* Exposes all rules with a *. If a PREFIX has two rules, the later one applies.
 * Existing entries of these names are removed from the table first. */
static void expose_prefixes(shs_target_t *target)
{
    apr_pool_t *p = target->r->pool;
    int is_fresh = target->is_fresh || target->type->keeps_entries;
    apr_table_t *found = NULL;
    shs_nameset_t *taken = NULL;
    int i;

    for (i = 0; i < shs_target_rule_count(target); ++i) {
        const shs_rule_t *rule = shs_target_rule(target, i);

        if (!rule->is_prefix || is_replaced(target, i)) {
            continue;
        }
        if (!found) {
            found = is_fresh ? target->table : apr_table_make(p, 16);
        }
        if (!taken && !shs_target_has_distinct_names(target, rule)) {
            taken = find_taken_names(target);
        }
        collect_values(found, target, rule, taken);
    }
    if (found && !is_fresh) {
        sweep(target->table, taken, p);
        shs_table_append(target->table, found, NULL);
    }
}

/* Adds every name that a rule with a * may have set. */
static void collect_prefixed_names(shs_nameset_t *names,
                                   const shs_target_t *target,
                                   const shs_rule_t *rule, const char *before)
{
    const shs_session_t *session = target->lookup->session;
    const shs_value_t *values = NULL;
    apr_size_t count = 0, i;

    if (session) {
        values = shs_session_values(session, &count);
    }
    for (i = 0; i < count; i = values[i].end) {
        const char *name = shs_target_make_name(target, rule, &values[i]);

        if (name) {
            shs_nameset_add(names,
                            apr_pstrcat(target->r->pool, before, name, NULL));
        }
    }
}

/* Adds every name that the target may have set, prefixed by `before`, to
 * `names`. */
static void collect_names(shs_nameset_t *names, const shs_target_t *target,
                          const char *before)
{
    int i;

    for (i = 0; i < shs_target_rule_count(target); ++i) {
        const shs_rule_t *rule = shs_target_rule(target, i);

        if (rule->is_prefix) {
            collect_prefixed_names(names, target, rule, before);
        }
        else {
            shs_nameset_add(
                names, apr_pstrcat(target->r->pool, before, rule->name, NULL));
        }
    }
}

/* Once per minute and host. */
static void warn_of_left_out(request_rec *r, const shs_target_t *targets)
{
    const shs_target_t *env = &targets[SHS_TARGET_ENV];
    const shs_target_t *headers = &targets[SHS_TARGET_HEADERS];
    const shs_target_t *first = headers->left_out > 0 ? headers : env;

    shs_store_t *store = shs_settings_of_server(r->server)->store;

    if (first->left_out == 0 || !store || !shs_store_note_left_out(store)) {
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  SHS_TAG_EXPOSE_LIMIT
                  "a session exceeds SharedSessionExposeLimit: %d headers and"
                  " %d variables were left out, the first of them %s; expose"
                  " the needed attributes by name, or raise the limit",
                  headers->left_out, env->left_out, first->left_out_name);
}

void shs_expose_apply(request_rec *r, const shs_settings_t *settings,
                      const shs_lookup_t *lookup)
{
    const char *status = shs_lookup_describe(lookup);
    shs_path_inside_t inside = { NULL };
    shs_target_t targets[SHS_TARGET_COUNT];
    int i;

    /* The status first, into tables that are short yet: no rule sets it. */
    shs_target_open_all(targets, r, settings, lookup);
    apr_table_setn(r->notes, SHS_EXPOSE_STATUS, status);
    apr_table_setn(r->subprocess_env, SHS_EXPOSE_STATUS, status);
    for (i = 0; i < SHS_TARGET_COUNT; ++i) {
        targets[i].inside = &inside;
        expose_named(&targets[i]);
        if (lookup->session) {
            expose_prefixes(&targets[i]);
        }
    }
    warn_of_left_out(r, targets);
}

/* The set of variables uses the headers' folding, in which all characters but
 * letters and digits are equal. So a variable may be withdrawn without need,
 * but never stays by mistake, and X-User finds HTTP_X_USER. */
void shs_expose_withdraw(request_rec *r, const shs_settings_t *settings,
                         const shs_lookup_t *lookup)
{
    shs_nameset_t *notes = shs_nameset_create(&shs_target_type_notes, r->pool);
    shs_nameset_t *variables =
        shs_nameset_create(&shs_target_type_headers, r->pool);
    shs_nameset_t *headers =
        shs_nameset_create(&shs_target_type_headers, r->pool);
    shs_target_t targets[SHS_TARGET_COUNT];

    shs_target_open_all(targets, r, settings, lookup);
    collect_names(notes, &targets[SHS_TARGET_NOTES], "");
    shs_nameset_add(notes, SHS_EXPOSE_STATUS);
    collect_names(variables, &targets[SHS_TARGET_ENV], "");
    collect_names(variables, &targets[SHS_TARGET_ENV], "REDIRECT_");
    collect_names(variables, &targets[SHS_TARGET_HEADERS], "HTTP_");
    collect_names(variables, &targets[SHS_TARGET_HEADERS], "REDIRECT_HTTP_");
    shs_nameset_add(variables, SHS_EXPOSE_STATUS);
    shs_nameset_add(variables, "REDIRECT_" SHS_EXPOSE_STATUS);
    collect_names(headers, &targets[SHS_TARGET_HEADERS], "");
    sweep(r->notes, notes, r->pool);
    sweep(r->subprocess_env, variables, r->pool);
    sweep(r->headers_in, headers, r->pool);
}
