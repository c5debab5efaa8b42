/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/expose.h"

#include <string.h>

#include <apr_strings.h>

#include "config/log.h"
#include "request/expose/nameset.h"
#include "request/expose/target.h"
#include "request/expose/table_sweep.h"

APLOG_USE_MODULE(shared_session);

/* The value as a string, or NULL, and said so, when it cannot be carried. */
static const char *make_value(const shs_target_t *outlet, const char *name,
                              shs_octets_t value, shs_encoding_t encoding)
{
    const char *text =
        outlet->channel->make_value(value, encoding, outlet->r->pool);

    if (!text) {
        shs_target_leave_out(outlet, name, "its value has a control character");
    }
    return text;
}

/* The value that a rule's ATTRIBUTE has now. Returns 0 when it has none. */
static int find_value(shs_octets_t *value, const shs_target_t *outlet,
                      const shs_path_t *path)
{
    const shs_lookup_t *lookup = outlet->lookup;
    apr_pool_t *p = outlet->r->pool;
    int is_found = lookup->outcome == SHS_OUTCOME_FOUND;
    const char *reason;
    char *label;

    switch (shs_path_kind(path)) {
    case SHS_PATH_ATTRIBUTE:
        return is_found
               && shs_path_text(value, path, lookup->session, outlet->inside,
                                p);
    case SHS_PATH_ID:
        *value = shs_session_id_octets(&lookup->ident);
        return is_found;
    case SHS_PATH_STATUS:
        *value = shs_octets_of(shs_lookup_describe(lookup));
        return 1;
    case SHS_PATH_TTL:
        if (!is_found || lookup->ttl == SHS_TTL_FOREVER) {
            return 0;
        }
        *value = shs_octets_of(
            apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_sec(lookup->ttl)));
        return 1;
    case SHS_PATH_LABEL:
        if (!lookup->has_ident) {
            return 0;
        }
        label = apr_palloc(p, SHS_SESSION_ID_LABEL_SIZE);
        shs_session_id_label(label, &lookup->ident);
        *value = shs_octets_of(label);
        return 1;
    case SHS_PATH_REASON:
        reason = shs_lookup_explain(lookup, p);
        if (!reason) {
            return 0;
        }
        *value = shs_octets_of(reason);
        return 1;
    case SHS_PATH_EVERY:
        break;
    }
    return 0;
}

/* The rules that name one name, which come first where there is not room for
 * all. One given twice belongs to the later rule, whether that finds a value or
 * not. */
static void put_named(shs_target_t *outlet)
{
    int i;

    for (i = 0; i < shs_target_rule_count(outlet); ++i) {
        const shs_rule_t *rule = shs_target_rule(outlet, i);
        const char *text;
        shs_octets_t value;

        if (rule->is_prefix || shs_target_has_rule(outlet, rule->name, 0, i + 1)
            || !find_value(&value, outlet, rule->path)) {
            continue;
        }
        text = make_value(outlet, rule->name, value, rule->encoding);
        if (text && shs_target_take_room(outlet, rule->name, text)) {
            apr_table_setn(outlet->table, rule->name, text);
        }
        else if (!outlet->channel->is_others) {
            /* Nor is what others have set there taken for it. */
            apr_table_unset(outlet->table, rule->name);
        }
    }
}

/* The name that a top-level attribute gets under PREFIX, or NULL when it gets
 * none. `taken` are the names that other attributes have got before. */
static const char *take_name(const shs_target_t *outlet, const shs_rule_t *rule,
                             const shs_node_t *node, int can_clash,
                             shs_nameset_t *taken)
{
    const char *name = shs_target_make_name(outlet, rule, node, can_clash);

    if (!name) {
        shs_target_leave_out(outlet, rule->name,
                             "an attribute's name makes none that is allowed");
        return NULL;
    }
    if (outlet->has_names && shs_target_has_rule(outlet, name, 0, 0)) {
        return NULL;
    }
    if (!shs_nameset_add(taken, name)) {
        shs_target_leave_out(outlet, name,
                             "another attribute, or another module, already"
                             " has this name");
        return NULL;
    }
    return name;
}

/* A rule with a *: adds every top-level attribute to `found`. */
static void find_every(apr_table_t *found, shs_target_t *outlet,
                       const shs_rule_t *rule, shs_nameset_t *taken)
{
    const shs_session_t *session = outlet->lookup->session;
    int can_clash = shs_target_may_clash(outlet, rule);
    const shs_node_t *nodes;
    apr_size_t count, i;

    nodes = shs_session_nodes(session, &count);
    for (i = 0; i < count; i = nodes[i].end) {
        const char *name, *text;
        shs_octets_t value;

        if (!shs_session_text(&value, session, &nodes[i], outlet->r->pool)) {
            continue;
        }
        name = take_name(outlet, rule, &nodes[i], can_clash, taken);
        text = name ? make_value(outlet, name, value, rule->encoding) : NULL;
        if (text && shs_target_take_room(outlet, name, text)) {
            apr_table_addn(found, name, text);
        }
    }
}

static int add_entry(void *table, const char *name, const char *value)
{
    apr_table_addn(table, name, value);
    return 1;
}

static int is_in(void *set, const char *name)
{
    return shs_nameset_has(set, name);
}

static void sweep(apr_table_t *table, shs_nameset_t *names, apr_pool_t *p)
{
    shs_table_sweep_table(table, is_in, names, p);
}

static int take_own(void *taken, const char *name, const char *value)
{
    (void)value;
    shs_nameset_add(taken, name);
    return 1;
}

/* The names that no attribute gets: of notes those that are there, which other
 * modules have set, and may read as no string. Variables and headers may come
 * from the client, so that an attribute takes their place. */
static shs_nameset_t *find_taken(const shs_target_t *outlet)
{
    shs_nameset_t *taken = shs_nameset_create(outlet->channel, outlet->r->pool);

    if (outlet->channel->is_others) {
        apr_table_do(take_own, taken, outlet->table, NULL);
    }
    return taken;
}

/* The rules with a *, all together. A PREFIX given twice belongs to the later
 * rule. Where the table has anything, entries of these names leave it first. */
static void put_every(shs_target_t *outlet)
{
    apr_pool_t *p = outlet->r->pool;
    int is_fresh = outlet->is_fresh || outlet->channel->is_others;
    apr_table_t *found = NULL;
    shs_nameset_t *taken = NULL;
    int i;

    for (i = 0; i < shs_target_rule_count(outlet); ++i) {
        const shs_rule_t *rule = shs_target_rule(outlet, i);

        if (!rule->is_prefix
            || shs_target_has_rule(outlet, rule->name, 1, i + 1)) {
            continue;
        }
        if (!found) {
            found = is_fresh ? outlet->table : apr_table_make(p, 16);
            taken = find_taken(outlet);
        }
        find_every(found, outlet, rule, taken);
    }
    if (found && !is_fresh) {
        sweep(outlet->table, taken, p);
        apr_table_do(add_entry, outlet->table, found, NULL);
    }
}

/* Adds every name that a rule with a * may have set. */
static void collect_every(shs_nameset_t *names, const shs_target_t *outlet,
                          const shs_rule_t *rule, const char *before)
{
    const shs_session_t *session = outlet->lookup->session;
    int can_clash = shs_target_may_clash(outlet, rule);
    const shs_node_t *nodes = NULL;
    apr_size_t count = 0, i;

    if (session) {
        nodes = shs_session_nodes(session, &count);
    }
    for (i = 0; i < count; i = nodes[i].end) {
        const char *name =
            shs_target_make_name(outlet, rule, &nodes[i], can_clash);

        if (name) {
            shs_nameset_add(names,
                            apr_pstrcat(outlet->r->pool, before, name, NULL));
        }
    }
}

/* Adds every name that the outlet may have set to `names`, each behind
 * `before`. */
static void collect_names(shs_nameset_t *names, const shs_target_t *outlet,
                          const char *before)
{
    int i;

    for (i = 0; i < shs_target_rule_count(outlet); ++i) {
        const shs_rule_t *rule = shs_target_rule(outlet, i);

        if (rule->is_prefix) {
            collect_every(names, outlet, rule, before);
        }
        else {
            shs_nameset_add(
                names, apr_pstrcat(outlet->r->pool, before, rule->name, NULL));
        }
    }
}

/* Once a minute for the whole host. */
static void tell_of_left_out(request_rec *r, const shs_target_t *outlets)
{
    const shs_target_t *env = &outlets[SHS_TARGET_ENV];
    const shs_target_t *headers = &outlets[SHS_TARGET_HEADERS];
    const shs_target_t *first = headers->left_out > 0 ? headers : env;

    shs_store_t *store = shs_settings_of_server(r->server)->store;

    if (first->left_out == 0 || !store || !shs_store_note_excess(store)) {
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  SHS_TAG_EXCESS
                  "a session is larger than SharedSessionExposeLimit lets a"
                  " request have of it: %d headers and %d variables were left"
                  " out, the first of them %s; expose the attributes that are"
                  " needed by name, or raise the limit",
                  headers->left_out, env->left_out, first->left_out_name);
}

void shs_expose_apply(request_rec *r, const shs_settings_t *settings,
                      const shs_lookup_t *lookup)
{
    const char *status = shs_lookup_describe(lookup);
    shs_path_inside_t inside = { NULL };
    shs_target_t outlets[SHS_TARGET_COUNT];
    int i;

    shs_target_open_all(outlets, r, settings, lookup);
    for (i = 0; i < SHS_TARGET_COUNT; ++i) {
        outlets[i].inside = &inside;
        put_named(&outlets[i]);
        if (lookup->session) {
            put_every(&outlets[i]);
        }
    }
    apr_table_setn(r->notes, SHS_EXPOSE_STATUS, status);
    apr_table_setn(r->subprocess_env, SHS_EXPOSE_STATUS, status);
    tell_of_left_out(r, outlets);
}

/* The variables' set is made with the headers' folding, for which every
 * character but letters and digits is one: a variable is withdrawn too often
 * rather than not, and HTTP_X_USER is found by X-User. */
void shs_expose_withdraw(request_rec *r, const shs_settings_t *settings,
                         const shs_lookup_t *lookup)
{
    shs_nameset_t *notes = shs_nameset_create(&shs_target_type_notes, r->pool);
    shs_nameset_t *variables =
        shs_nameset_create(&shs_target_type_headers, r->pool);
    shs_nameset_t *headers = shs_nameset_create(&shs_target_type_headers, r->pool);
    shs_target_t outlets[SHS_TARGET_COUNT];

    shs_target_open_all(outlets, r, settings, lookup);
    collect_names(notes, &outlets[SHS_TARGET_NOTES], "");
    shs_nameset_add(notes, SHS_EXPOSE_STATUS);
    collect_names(variables, &outlets[SHS_TARGET_ENV], "");
    collect_names(variables, &outlets[SHS_TARGET_ENV], "REDIRECT_");
    collect_names(variables, &outlets[SHS_TARGET_HEADERS], "HTTP_");
    collect_names(variables, &outlets[SHS_TARGET_HEADERS], "REDIRECT_HTTP_");
    shs_nameset_add(variables, SHS_EXPOSE_STATUS);
    shs_nameset_add(variables, "REDIRECT_" SHS_EXPOSE_STATUS);
    collect_names(headers, &outlets[SHS_TARGET_HEADERS], "");
    sweep(r->notes, notes, r->pool);
    sweep(r->subprocess_env, variables, r->pool);
    sweep(r->headers_in, headers, r->pool);
}
