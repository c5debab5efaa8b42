/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose.h"

#include <string.h>

#include <apr_strings.h>

#include "request/channel.h"
#include "request/log.h"
#include "request/nameset.h"
#include "request/sweep.h"

APLOG_USE_MODULE(shared_session);

enum { NOTES, ENV, HEADERS };

/* One channel of one request. */
typedef struct outlet_t {
    const shs_channel_t *channel;
    request_rec *r;
    apr_table_t *table;
    const apr_array_header_t *rules; /* may be NULL */
    int has_names;                   /* one of them names a name */
    const shs_lookup_t *lookup;
} outlet_t;

static void leave_out(const outlet_t *outlet, const char *name, const char *why)
{
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, outlet->r,
                  SHS_TAG_LEFT_OUT "%s %s is left out: %s",
                  outlet->channel->noun, name, why);
}

/* The value as a string, or NULL, and said so, when it cannot be carried. */
static const char *make_value(const outlet_t *outlet, const char *name,
                              shs_octets_t value, shs_encoding_t encoding)
{
    const char *text =
        outlet->channel->make_value(value, encoding, outlet->r->pool);

    if (!text) {
        leave_out(outlet, name, "its value has a control character");
    }
    return text;
}

/* The value that a rule's ATTRIBUTE has now. Returns 0 when it has none. */
static int find_value(shs_octets_t *value, const shs_path_t *path,
                      const shs_lookup_t *lookup, apr_pool_t *p)
{
    int is_found = lookup->outcome == SHS_OUTCOME_FOUND;
    const shs_node_t *node;
    char *label;

    switch (shs_path_kind(path)) {
    case SHS_PATH_ATTRIBUTE:
        node = is_found ? shs_path_find(path, lookup->session) : NULL;
        return node && shs_session_text(value, lookup->session, node, p);
    case SHS_PATH_ID:
        *value = shs_ident_octets(&lookup->ident);
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
        label = apr_palloc(p, SHS_IDENT_LABEL_SIZE);
        shs_ident_label(label, &lookup->ident);
        *value = shs_octets_of(label);
        return 1;
    case SHS_PATH_EVERY:
        break;
    }
    return 0;
}

static const shs_rule_t *rule_at(const outlet_t *outlet, int i)
{
    return &APR_ARRAY_IDX(outlet->rules, i, shs_rule_t);
}

static int rule_count(const outlet_t *outlet)
{
    return outlet->rules ? outlet->rules->nelts : 0;
}

/* Whether, from position `from` on, a rule has this name (or, of the rules with
 * a *, this PREFIX). */
static int is_named(const outlet_t *outlet, const char *name, int is_prefix,
                    int from)
{
    int i;

    for (i = from; i < rule_count(outlet); ++i) {
        const shs_rule_t *rule = rule_at(outlet, i);

        if (rule->is_prefix == is_prefix
            && shs_channel_is_same(outlet->channel, rule->name, name)) {
            return 1;
        }
    }
    return 0;
}

/* Whether an attribute's name could make one of the rule's PREFIX that is
 * reserved: asked once, for nearly always none could. */
static int may_clash(const outlet_t *outlet, const shs_rule_t *rule)
{
    const shs_channel_t *channel = outlet->channel;

    return channel->is_reserved && channel->is_reserved(rule->name, 1);
}

/* PREFIX and an attribute's name as a name that it may have, or NULL. */
static const char *make_name(const outlet_t *outlet, const shs_rule_t *rule,
                             const shs_node_t *node, int can_clash)
{
    const shs_channel_t *channel = outlet->channel;
    const char *name =
        channel->make_name(rule->name, node->name, outlet->r->pool);

    return name && can_clash && channel->is_reserved(name, 0) ? NULL : name;
}

/* The name that a top-level attribute gets under PREFIX, or NULL when it gets
 * none. `taken` are the names that other attributes have got before. */
static const char *take_name(const outlet_t *outlet, const shs_rule_t *rule,
                             const shs_node_t *node, int can_clash,
                             shs_nameset_t *taken)
{
    const char *name = make_name(outlet, rule, node, can_clash);

    if (!name) {
        leave_out(outlet, rule->name,
                  "an attribute's name makes none that is allowed");
        return NULL;
    }
    if (outlet->has_names && is_named(outlet, name, 0, 0)) {
        return NULL;
    }
    if (!shs_nameset_add(taken, name)) {
        leave_out(outlet, name,
                  "another attribute, or another module, already has this"
                  " name");
        return NULL;
    }
    return name;
}

/* A rule with a *: adds every top-level attribute to `found`. */
static void find_every(apr_table_t *found, const outlet_t *outlet,
                       const shs_rule_t *rule, shs_nameset_t *taken)
{
    const shs_session_t *session = outlet->lookup->session;
    int can_clash = may_clash(outlet, rule);
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
        if (text) {
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
    shs_sweep_table(table, is_in, names, p);
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
static shs_nameset_t *find_taken(const outlet_t *outlet)
{
    shs_nameset_t *taken = shs_nameset_create(outlet->channel, outlet->r->pool);

    if (outlet->channel->is_others) {
        apr_table_do(take_own, taken, outlet->table, NULL);
    }
    return taken;
}

/* The rules with a *, all together. A PREFIX given twice belongs to the later
 * rule. Where the table has anything, entries of these names leave it first. */
static void put_every(const outlet_t *outlet)
{
    apr_pool_t *p = outlet->r->pool;
    int is_fresh =
        outlet->channel->is_others || apr_is_empty_table(outlet->table);
    apr_table_t *found = NULL;
    shs_nameset_t *taken = NULL;
    int i;

    for (i = 0; i < rule_count(outlet); ++i) {
        const shs_rule_t *rule = rule_at(outlet, i);

        if (!rule->is_prefix || is_named(outlet, rule->name, 1, i + 1)) {
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

/* The rules that name one name. One given twice belongs to the later rule,
 * whether that finds a value or not. */
static void put_named(const outlet_t *outlet)
{
    int i;

    for (i = 0; i < rule_count(outlet); ++i) {
        const shs_rule_t *rule = rule_at(outlet, i);
        const char *text;
        shs_octets_t value;

        if (rule->is_prefix || is_named(outlet, rule->name, 0, i + 1)
            || !find_value(&value, rule->path, outlet->lookup,
                           outlet->r->pool)) {
            continue;
        }
        text = make_value(outlet, rule->name, value, rule->encoding);
        if (text) {
            apr_table_setn(outlet->table, rule->name, text);
        }
    }
}

/* Adds every name that a rule with a * may have set. */
static void collect_every(shs_nameset_t *names, const outlet_t *outlet,
                          const shs_rule_t *rule, const char *before)
{
    const shs_session_t *session = outlet->lookup->session;
    int can_clash = may_clash(outlet, rule);
    const shs_node_t *nodes = NULL;
    apr_size_t count = 0, i;

    if (session) {
        nodes = shs_session_nodes(session, &count);
    }
    for (i = 0; i < count; i = nodes[i].end) {
        const char *name = make_name(outlet, rule, &nodes[i], can_clash);

        if (name) {
            shs_nameset_add(names,
                            apr_pstrcat(outlet->r->pool, before, name, NULL));
        }
    }
}

/* Adds every name that the outlet may have set to `names`, each behind
 * `before`. */
static void collect_names(shs_nameset_t *names, const outlet_t *outlet,
                          const char *before)
{
    int i;

    for (i = 0; i < rule_count(outlet); ++i) {
        const shs_rule_t *rule = rule_at(outlet, i);

        if (rule->is_prefix) {
            collect_every(names, outlet, rule, before);
        }
        else {
            shs_nameset_add(
                names, apr_pstrcat(outlet->r->pool, before, rule->name, NULL));
        }
    }
}

static int has_names(const outlet_t *outlet)
{
    int i = 0;

    while (i < rule_count(outlet) && rule_at(outlet, i)->is_prefix) {
        ++i;
    }
    return i < rule_count(outlet);
}

static void open_outlets(outlet_t outlets[3], request_rec *r,
                         const shs_settings_t *settings,
                         const shs_lookup_t *lookup)
{
    int i;

    outlets[NOTES].channel = &shs_channel_notes;
    outlets[NOTES].table = r->notes;
    outlets[NOTES].rules = shs_settings_notes(settings);
    outlets[ENV].channel = &shs_channel_env;
    outlets[ENV].table = r->subprocess_env;
    outlets[ENV].rules = settings->env.list;
    outlets[HEADERS].channel = &shs_channel_headers;
    outlets[HEADERS].table = r->headers_in;
    outlets[HEADERS].rules = settings->headers.list;
    for (i = 0; i < 3; ++i) {
        outlets[i].r = r;
        outlets[i].lookup = lookup;
        outlets[i].has_names = has_names(&outlets[i]);
    }
}

void shs_expose_apply(request_rec *r, const shs_settings_t *settings,
                      const shs_lookup_t *lookup)
{
    const char *status = shs_lookup_describe(lookup);
    outlet_t outlets[3];
    int i;

    open_outlets(outlets, r, settings, lookup);
    for (i = 0; i < 3; ++i) {
        if (lookup->session) {
            put_every(&outlets[i]);
        }
        put_named(&outlets[i]);
    }
    apr_table_setn(r->notes, SHS_EXPOSE_STATUS, status);
    apr_table_setn(r->subprocess_env, SHS_EXPOSE_STATUS, status);
}

/* The variables' set is made with the headers' folding, for which every
 * character but letters and digits is one: a variable is withdrawn too often
 * rather than not, and HTTP_X_USER is found by X-User. */
void shs_expose_withdraw(request_rec *r, const shs_settings_t *settings,
                         const shs_lookup_t *lookup)
{
    shs_nameset_t *notes = shs_nameset_create(&shs_channel_notes, r->pool);
    shs_nameset_t *variables =
        shs_nameset_create(&shs_channel_headers, r->pool);
    shs_nameset_t *headers = shs_nameset_create(&shs_channel_headers, r->pool);
    outlet_t outlets[3];

    open_outlets(outlets, r, settings, lookup);
    collect_names(notes, &outlets[NOTES], "");
    shs_nameset_add(notes, SHS_EXPOSE_STATUS);
    collect_names(variables, &outlets[ENV], "");
    collect_names(variables, &outlets[ENV], "REDIRECT_");
    collect_names(variables, &outlets[HEADERS], "HTTP_");
    collect_names(variables, &outlets[HEADERS], "REDIRECT_HTTP_");
    shs_nameset_add(variables, SHS_EXPOSE_STATUS);
    shs_nameset_add(variables, "REDIRECT_" SHS_EXPOSE_STATUS);
    collect_names(headers, &outlets[HEADERS], "");
    sweep(r->notes, notes, r->pool);
    sweep(r->subprocess_env, variables, r->pool);
    sweep(r->headers_in, headers, r->pool);
}
