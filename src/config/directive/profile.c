/* SPDX-License-Identifier: Apache-2.0
 *
 * Sources: the documentation and the code of each framework, named in
 * docs/guide/frameworks.md, and sessions that they have written
 * (t/fixtures/frameworks.json).
 */
#include "config/directive/profile.h"

#include <string.h>

#include <apr_strings.h>

#include "base/option.h"
#include "base/option_table.h"
#include "config/defaults.h"
#include "config/directive/cookie_options.h"

/* What the options of a profile say. */
typedef struct draft_t {
    const char *cookie;
    const char *secret_file; /* "secret-file=PATH" */
    const char *sign;        /* "sign=none" */
    const char *prefix;
    const char *namespace;
    int is_indexed;
    apr_interval_time_t timeout;
} draft_t;

/* The options that a profile has, beside cookie=. */
#define HAS_PREFIX    1
#define HAS_SECRETS   2
#define HAS_NAMESPACE 4
#define HAS_TIMEOUT   8
#define HAS_SIGN      16

typedef struct kind_t {
    const char *name;
    const char *cookie;
    const char *options[3]; /* of SharedSessionCookie */
    shs_id_pattern_t pattern;
    const char *prefix; /* of the key, where prefix= or namespace= sets none */
    const char *format;
    const char *expiry;
    int idle_s; /* 0: each session says it itself */
    int has;    /* of HAS_* */
} kind_t;

static const kind_t kinds[] = {
    { "spring",
      "SESSION",
      { "decode=base64" },
      { SHS_ID_TOKEN, 0, 0, NULL },
      "spring:session",
      "spring",
      "spring",
      0,
      HAS_NAMESPACE },
    /* The key is the id as Tomcat makes it, with its jvmRoute. */
    { "tomcat",
      "JSESSIONID",
      { "route=none" },
      { SHS_ID_HEX_ROUTE, 32, 0, NULL },
      "",
      "tomcat",
      "expire",
      0,
      0 },
    { "redisson",
      "JSESSIONID",
      { "route=none" },
      { SHS_ID_HEX_ROUTE, 32, 0, NULL },
      "",
      "redisson",
      "redisson",
      0,
      HAS_PREFIX },
    { "express",
      "connect.sid",
      { "decode=percent", "sign=express", "route=none" },
      { SHS_ID_ANY, 0, 0, NULL },
      "sess:",
      "express",
      "expire",
      24 * 60 * 60,
      HAS_PREFIX | HAS_SECRETS },
    { "fastify",
      "sessionId",
      { "decode=percent", "sign=fastify", "route=none" },
      { SHS_ID_ANY, 0, 0, NULL },
      "sess:",
      "fastify",
      "fixed",
      0,
      HAS_PREFIX | HAS_SECRETS },
    { "koa",
      "koa.sess",
      { "sign=koa", "route=none" },
      { SHS_ID_UUID, 32, 0, NULL },
      "",
      "koa",
      "fixed",
      0,
      HAS_PREFIX | HAS_SECRETS | HAS_SIGN },
    { "lemonldap",
      "lemonldap",
      { "route=none" },
      { SHS_ID_HEX, 32, 0, NULL },
      "",
      "lemonldap",
      "fixed",
      0,
      HAS_TIMEOUT },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ------------------------------------------------------------------ options */

static const char *set_cookie(void *draft, const char *value, apr_pool_t *p)
{
    (void)p;
    ((draft_t *)draft)->cookie = value;
    return *value ? NULL : "write the cookie's name";
}

static const char *set_secret_file(void *draft, const char *value,
                                   apr_pool_t *p)
{
    ((draft_t *)draft)->secret_file =
        apr_pstrcat(p, "secret-file=", value, NULL);
    return *value ? NULL : "write the path of a file";
}

static const char *set_sign(void *draft, const char *value, apr_pool_t *p)
{
    (void)p;
    ((draft_t *)draft)->sign = "sign=none";
    return !strcasecmp(value, "none")
               ? NULL
               : "write none, for an application that does not sign its cookie";
}

/* A key's prefix is literal here: SharedSessionKey has placeholders. */
static const char *set_prefix(void *draft, const char *value, apr_pool_t *p)
{
    (void)p;
    ((draft_t *)draft)->prefix = value;
    return NULL;
}

static const char *set_namespace(void *draft, const char *value, apr_pool_t *p)
{
    (void)p;
    ((draft_t *)draft)->namespace = value;
    return *value ? NULL
                  : "write what spring.session.redis.namespace says, as in"
                    " namespace=spring:session";
}

static const char *set_repository(void *draft, const char *value, apr_pool_t *p)
{
    (void)p;
    ((draft_t *)draft)->is_indexed = !strcasecmp(value, "indexed");
    return ((draft_t *)draft)->is_indexed || !strcasecmp(value, "default")
               ? NULL
               : "write default or indexed, as"
                 " spring.session.redis.repository-type says";
}

static const char *set_timeout(void *draft, const char *value, apr_pool_t *p)
{
    return shs_option_parse_lifetime(&((draft_t *)draft)->timeout, value, p);
}

/* The tag: which profiles have the option; 0: all. */
static const shs_option_t known_options[] = {
    { "cookie=", set_cookie, 0 },
    { "secret-file=", set_secret_file, HAS_SECRETS },
    { "sign=", set_sign, HAS_SIGN },
    { "prefix=", set_prefix, HAS_PREFIX },
    { "namespace=", set_namespace, HAS_NAMESPACE },
    { "repository=", set_repository, HAS_NAMESPACE },
    { "timeout=", set_timeout, HAS_TIMEOUT },
    { NULL, NULL, 0 },
};

static const shs_option_table_t table = { known_options, 1, NULL, NULL };

static const char *check_options(const kind_t *kind, unsigned given,
                                 apr_pool_t *p)
{
    int i;

    for (i = 0; known_options[i].name; ++i) {
        if ((given & 1U << i) && known_options[i].tag
            && !(kind->has & known_options[i].tag)) {
            return apr_psprintf(p, "the profile %s has no option %s",
                                kind->name, known_options[i].name);
        }
    }
    return NULL;
}

/* ------------------------------------------------------------- the profiles */

/* The prefix of the keys. */
static const char *prefix_of(const kind_t *kind, const draft_t *draft,
                             apr_pool_t *p)
{
    if (kind->has & HAS_NAMESPACE) {
        return apr_pstrcat(p,
                           draft->namespace ? draft->namespace : kind->prefix,
                           ":sessions:", NULL);
    }
    if (!strcmp(kind->name, "redisson")) {
        return apr_pstrcat(p, draft->prefix ? draft->prefix : "",
                           draft->prefix && *draft->prefix ? ":" : "",
                           "redisson:tomcat_session:", NULL);
    }
    return draft->prefix ? draft->prefix : kind->prefix;
}

/* The profile as arguments of SharedSessionCookie. */
static const char *set_cookie_options(shs_profile_t *out, const kind_t *kind,
                                      const draft_t *draft, apr_pool_t *p)
{
    const char *words[6];
    const char *error;
    int count = 0;
    apr_size_t i;

    words[count++] = draft->cookie ? draft->cookie : kind->cookie;
    for (i = 0; i < 3 && kind->options[i]; ++i) {
        int is_sign = !strncmp(kind->options[i], "sign=", 5);

        out->is_unsigned |= is_sign && !draft->secret_file && !draft->sign;
        if (!is_sign || (draft->secret_file && !draft->sign)) {
            words[count++] = kind->options[i];
        }
    }
    if (draft->secret_file && !draft->sign) {
        words[count++] = draft->secret_file;
    }
    error =
        shs_cookie_options_parse(&out->cookie_options, NULL, count, words, p);
    out->cookie_options.given = 0;
    out->cookie_options.steps.pattern = kind->pattern;
    if (kind->pattern.characters == SHS_ID_UUID && draft->prefix) {
        out->cookie_options.steps.pattern.prefix = draft->prefix;
    }
    return error;
}

static const char *describe_kinds(apr_pool_t *p)
{
    const char *names = "none";
    apr_size_t i;

    for (i = 0; i < KINDS; ++i) {
        names = apr_pstrcat(p, names, ", ", kinds[i].name, NULL);
    }
    return names;
}

static const kind_t *find_kind(const char *name)
{
    apr_size_t i;

    for (i = 0; i < KINDS; ++i) {
        if (!strcasecmp(name, kinds[i].name)) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* The module's own sessions. */
static const char *set_none(shs_profile_t *out, int count, apr_pool_t *p)
{
    static const char *const name[] = { SHS_DEFAULT_COOKIE_NAME };

    if (count > 1) {
        return "none has no options";
    }
    out->key = shs_key_default();
    out->codec = &shs_codec_hash;
    out->expiry = shs_expiry_rule_default();
    out->idle = SHS_DEFAULT_IDLE_TIMEOUT;
    out->absolute = SHS_DEFAULT_ABSOLUTE_TIMEOUT;
    return shs_cookie_options_parse(&out->cookie_options, NULL, 1, name, p);
}

const char *shs_profile_parse(shs_profile_t *out, int count,
                              char *const words[], apr_pool_t *p)
{
    const kind_t *kind;
    const char *error;
    draft_t draft;
    unsigned given;

    memset(out, 0, sizeof(*out));
    memset(&draft, 0, sizeof(draft));
    if (count < 1) {
        return apr_pstrcat(p, "a profile is needed: ", describe_kinds(p), NULL);
    }
    if (!strcasecmp(words[0], "none")) {
        return set_none(out, count, p);
    }
    kind = find_kind(words[0]);
    if (!kind) {
        return apr_psprintf(p, "unknown profile '%s'; there are %s", words[0],
                            describe_kinds(p));
    }
    if ((error = shs_option_table_parse(&given, &table, &draft, count - 1,
                                        (const char *const *)words + 1, p))
            != NULL
        || (error = check_options(kind, given, p)) != NULL
        || (error = set_cookie_options(out, kind, &draft, p)) != NULL) {
        return error;
    }
    out->key = shs_key_create_bare(prefix_of(kind, &draft, p), p);
    out->codec = shs_codec_find(kind->format);
    out->expiry = shs_expiry_rule_find(draft.is_indexed ? "spring-indexed"
                                                        : kind->expiry);
    if (!out->codec || !out->expiry) {
        return "this build does not have its format";
    }
    out->idle = kind->idle_s ? apr_time_from_sec(kind->idle_s)
                             : SHS_DEFAULT_IDLE_TIMEOUT;
    out->absolute =
        kind->has & HAS_TIMEOUT
            ? (draft.timeout ? draft.timeout : apr_time_from_sec(20 * 60 * 60))
            : SHS_PROFILE_NO_ABSOLUTE;
    return NULL;
}
