/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_provider_probe: reads and writes a store through its provider, without
 * mod_shared_session between them:
 *
 *   ProviderProbe redis://127.0.0.1 [option...]
 *   SetHandler provider-probe
 *
 * A request's query is "kind&key=KEY&...", with each part percent-encoded:
 * load, touch or remove; `string` for a string instead of fields; name=N for
 * reads; equal=N:V, exists=N, set=N:V, keeps=MS, companion=KEY, srem=KEY:MEMBER,
 * zrem=KEY:MEMBER for the foreign part of a write (":" is what stands between
 * two encoded parts); ttl=MS, due=MS, companion-ttl=MS, max=OCTETS.
 *
 * The answer has one line for the result ("DONE", "FOUND 1500"; then the
 * reason), one for each field ("N:V", or "V"), and one for each event of the
 * trace ("trace EVENT").
 */
#include <string.h>
#include <time.h>

#include <ap_provider.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

#include "mod_shared_session_provider.h"

/* One store for the whole server. */
static const shs_provider_t *provider;
static void *self;

static const char *set_store(cmd_parms *cmd, void *config, int argc,
                             char *const argv[])
{
    apr_array_header_t *options = apr_array_make(cmd->pool, 4, sizeof(char *));
    shs_provider_words_t words;
    const char *end;
    int i;

    (void)config;
    end = argc > 0 ? strstr(argv[0], "://") : NULL;
    if (!end) {
        return "ProviderProbe needs a URL";
    }
    provider = ap_lookup_provider(
        SHS_PROVIDER_GROUP, apr_pstrmemdup(cmd->pool, argv[0], end - argv[0]),
        SHS_PROVIDER_VERSION);
    if (!provider) {
        return "there is no such provider";
    }
    for (i = 1; i < argc; ++i) {
        APR_ARRAY_PUSH(options, const char *) = argv[i];
    }
    return provider->create(&self, &words, argv[0], options, cmd->pool);
}

static void on_child(apr_pool_t *pchild, server_rec *s)
{
    apr_size_t size;
    char *state;

    (void)s;
    if (provider && provider->start_child) {
        size = provider->host_state_size ? provider->host_state_size(self) : 0;
        state = apr_pcalloc(pchild, size + 64);
        provider->start_child(
            self, state + (64 - (apr_uintptr_t)state % 64) % 64, 4, pchild);
    }
}

/* ----------------------------------------------------------------- request */

#define MAX 64

typedef struct probe_t {
    request_rec *r;
    int is_load;
    shs_write_t write;
    shs_foreign_t foreign;
    shs_octets_t names[MAX];
    shs_record_field_t expected[MAX];
    shs_record_field_t fields[MAX];
    shs_member_t members[MAX];
} probe_t;

static int digit(char c)
{
    return apr_isdigit(c) ? c - '0' : (apr_tolower(c) - 'a' + 10) & 15;
}

/* Decodes "%41". */
static shs_octets_t decode(const char *text, apr_pool_t *p)
{
    char *out = apr_pstrdup(p, text);
    shs_octets_t octets = { out, 0 };

    for (; *text; ++text) {
        if (text[0] == '%' && text[1] && text[2]) {
            out[octets.len++] = (char)(16 * digit(text[1]) + digit(text[2]));
            text += 2;
        }
        else {
            out[octets.len++] = *text;
        }
    }
    return octets;
}

static void decode_pair(shs_octets_t *first, shs_octets_t *second, char *text,
                        apr_pool_t *p)
{
    char *colon = strchr(text, ':');

    if (colon) {
        *colon = '\0';
        *second = decode(colon + 1, p);
    }
    *first = decode(text, p);
}

static apr_interval_time_t ms_of(const char *text)
{
    return apr_atoi64(text) * 1000;
}

static void add_member(probe_t *probe, char *text, int is_sorted)
{
    shs_member_t *member = &probe->members[probe->foreign.member_count++];

    member->is_sorted = is_sorted;
    decode_pair(&member->key, &member->member, text, probe->r->pool);
}

static void read_foreign(probe_t *probe, const char *name, char *value)
{
    shs_foreign_t *foreign = &probe->foreign;
    apr_pool_t *p = probe->r->pool;
    shs_record_field_t *field;

    if (!strcmp(name, "equal") || !strcmp(name, "exists")) {
        field = &probe->expected[foreign->expected_count++];
        decode_pair(&field->name, &field->value, value, p);
    }
    else if (!strcmp(name, "set")) {
        field = &probe->fields[foreign->count++];
        decode_pair(&field->name, &field->value, value, p);
    }
    else if (!strcmp(name, "keeps")) {
        foreign->keeps = ms_of(value);
    }
    else if (!strcmp(name, "companion")) {
        foreign->companion = decode(value, p);
    }
    else if (!strcmp(name, "companion-ttl")) {
        foreign->companion_ttl = ms_of(value);
    }
    else if (!strcmp(name, "srem") || !strcmp(name, "zrem")) {
        add_member(probe, value, *name == 'z');
    }
}

static void read_part(probe_t *probe, const char *name, char *value)
{
    shs_write_t *write = &probe->write;

    if (!strcmp(name, "load")) {
        probe->is_load = 1;
    }
    else if (!strcmp(name, "remove")) {
        write->kind = SHS_WRITE_REMOVE;
    }
    else if (!strcmp(name, "string")) {
        write->at.shape = SHS_SHAPE_STRING;
    }
    else if (!strcmp(name, "key")) {
        write->at.key = decode(value, probe->r->pool);
    }
    else if (!strcmp(name, "name")) {
        probe->names[write->at.name_count++] = decode(value, probe->r->pool);
        write->at.names = probe->names;
    }
    else if (!strcmp(name, "ttl")) {
        write->ttl = ms_of(value);
    }
    else if (!strcmp(name, "due")) {
        write->due = ms_of(value);
    }
    else if (!strcmp(name, "max")) {
        write->at.max_octets = (apr_size_t)apr_atoi64(value);
    }
    else {
        read_foreign(probe, name, value);
    }
}

static apr_time_t now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (apr_time_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void trace(void *baton, const char *event, const char *detail)
{
    ap_rprintf(baton, "trace %s%s%s\n", event, detail ? ": " : "",
               detail ? detail : "");
}

static void read_query(probe_t *probe, shs_trace_t *tracer)
{
    char *rest = apr_pstrdup(probe->r->pool, probe->r->args);
    char *part, *state;

    tracer->report = trace;
    tracer->baton = probe->r;
    probe->write.kind = SHS_WRITE_TOUCH;
    probe->write.at.shape = SHS_SHAPE_FIELDS;
    probe->write.at.max_octets = 65536;
    probe->write.at.trace = tracer;
    probe->write.at.deadline = now() + provider->timeout(self);
    probe->write.foreign = &probe->foreign;
    probe->foreign.expected = probe->expected;
    probe->foreign.fields = probe->fields;
    probe->foreign.members = probe->members;
    for (part = apr_strtok(rest, "&", &state); part;
         part = apr_strtok(NULL, "&", &state)) {
        char *value = strchr(part, '=');

        if (value) {
            *value++ = '\0';
        }
        read_part(probe, part, value ? value : part + strlen(part));
    }
}

/* ------------------------------------------------------------------ answer */

static void print(request_rec *r, shs_octets_t octets, const char *end)
{
    apr_size_t i;

    for (i = 0; i < octets.len; ++i) {
        unsigned char c = (unsigned char)octets.data[i];

        ap_rprintf(r, apr_isalnum(c) || c == '-' ? "%c" : "%%%02x", c);
    }
    ap_rputs(end, r);
}

static void answer_load(probe_t *probe)
{
    static const char *const words[] = { "NONE", "FOUND", "ABSENT", "MALFORMED",
                                         "UNAVAILABLE" };
    request_rec *r = probe->r;
    shs_result_t result;
    shs_outcome_t outcome;
    apr_size_t i;

    memset(&result, 0, sizeof(result));
    outcome = provider->load(&result, self, &probe->write.at, r->pool);
    if (outcome != SHS_OUTCOME_FOUND) {
        ap_rprintf(r, "%s %s\n", words[outcome], result.reason);
        return;
    }
    ap_rprintf(r, "FOUND %" APR_TIME_T_FMT "\n", result.record.ttl / 1000);
    for (i = 0; i < result.record.count; ++i) {
        print(r, result.record.fields[i].name, ":");
        print(r, result.record.fields[i].value, "\n");
    }
    if (result.record.shape == SHS_SHAPE_STRING) {
        print(r, result.record.string, "\n");
    }
}

static void answer_write(probe_t *probe)
{
    static const char *const words[] = { "DONE",      "GONE",       "ROTATED",
                                         "CONFLICT",  "INVALID",    "TOO_LARGE",
                                         "MALFORMED", "FORBIDDEN",  "FOREIGN",
                                         "LATE",      "UNAVAILABLE" };
    shs_result_t result;
    shs_wrote_t wrote;

    memset(&result, 0, sizeof(result));
    wrote = provider->write(&result, self, &probe->write, probe->r->pool);
    ap_rprintf(probe->r, "%s%s%s\n", words[wrote], result.reason ? " " : "",
               result.reason ? result.reason : "");
}

static int on_handler(request_rec *r)
{
    shs_trace_t tracer;
    probe_t *probe;

    if (!r->handler || strcmp(r->handler, "provider-probe") || !r->args) {
        return DECLINED;
    }
    ap_set_content_type(r, "text/plain");
    probe = apr_pcalloc(r->pool, sizeof(*probe));
    probe->r = r;
    read_query(probe, &tracer);
    if (probe->is_load) {
        answer_load(probe);
    }
    else {
        answer_write(probe);
    }
    return OK;
}

static const command_rec commands[] = {
    AP_INIT_TAKE_ARGV("ProviderProbe", set_store, NULL, RSRC_CONF,
                      "a store's URL and options"),
    { NULL, { NULL }, NULL, 0, 0, NULL }
};

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_child_init(on_child, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(on_handler, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(provider_probe) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands, register_hooks,
};
