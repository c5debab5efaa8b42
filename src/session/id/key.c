/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/key.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* How many new ids are tried until the key of one belongs to no other
 * template. */
#define MOST_IDS 64

struct shs_key_t {
    const char *text; /* as configured */
    shs_octets_t prefix;
    shs_octets_t suffix;
    int is_hashed;
};

/* Reads a literal up to the next placeholder or the end, with %% undone.
 * Returns what is wrong, or NULL. */
static const char *parse_literal(shs_octets_t *out, const char **cursor,
                                 apr_pool_t *p)
{
    char *text = apr_palloc(p, strlen(*cursor) + 1);
    const char *c = *cursor;
    char *end = text;

    while (*c && !(c[0] == '%' && c[1] == '{')) {
        if (*c == '%' && c[1] != '%') {
            return "a single '%' stands before something else than '{': write"
                   " '%%' for a percent sign";
        }
        c += *c == '%';
        *end++ = *c++;
    }
    *end = '\0';
    out->data = text;
    out->len = (apr_size_t)(end - text);
    *cursor = c;
    return NULL;
}

static const char *parse_placeholder(shs_key_t *key, const char **cursor,
                                     apr_pool_t *p)
{
    static const char id[] = "%{id}";
    static const char hashed[] = "%{sha256:id}";

    if (!strncmp(*cursor, id, sizeof(id) - 1)) {
        *cursor += sizeof(id) - 1;
        return NULL;
    }
    if (!strncmp(*cursor, hashed, sizeof(hashed) - 1)) {
        *cursor += sizeof(hashed) - 1;
        key->is_hashed = 1;
        return NULL;
    }
    if (!**cursor) {
        return "it has no placeholder, so all users would share one session:"
               " add %{id} or %{sha256:id}";
    }
    return apr_psprintf(p,
                        "'%s' begins with an unknown placeholder: there are"
                        " %%{id} and %%{sha256:id}",
                        *cursor);
}

const char *shs_key_parse(const shs_key_t **out, const char *text,
                          apr_pool_t *p)
{
    shs_key_t *key = apr_pcalloc(p, sizeof(*key));
    const char *error;

    key->text = text;
    if ((error = parse_literal(&key->prefix, &text, p)) != NULL
        || (error = parse_placeholder(key, &text, p)) != NULL) {
        return error;
    }
    if (key->prefix.len == 0) {
        return "a literal prefix is required before the placeholder, as in"
               " 'session:%{id}': without it a cookie could name any key";
    }
    if ((error = parse_literal(&key->suffix, &text, p)) != NULL) {
        return error;
    }
    if (*text) {
        return "it has two placeholders; one is enough";
    }
    *out = key;
    return NULL;
}

const shs_key_t *shs_key_create_bare(const char *prefix, apr_pool_t *p)
{
    shs_key_t *key = apr_pcalloc(p, sizeof(*key));
    char *text = apr_palloc(p, 2 * strlen(prefix) + sizeof("%{id}"));
    char *end = text;
    const char *c;

    for (c = prefix; *c; ++c) {
        if (*c == '%') {
            *end++ = '%';
        }
        *end++ = *c;
    }
    memcpy(end, "%{id}", sizeof("%{id}"));
    key->text = text;
    key->prefix = shs_octets_of(prefix);
    key->suffix = shs_octets_of("");
    return key;
}

const shs_key_t *shs_key_default(void)
{
    static const shs_key_t key = {
        "session:%{id}", { "session:", 8 }, { "", 0 }, 0
    };

    return &key;
}

shs_octets_t shs_key_build(const shs_key_t *key, const shs_session_id_t *sid,
                           apr_pool_t *p)
{
    char digest[SHS_SESSION_ID_DIGEST_SIZE];
    shs_octets_t middle = shs_session_id_octets(sid);
    shs_octets_t built = { "", 0 };
    char *data;

    if (key->is_hashed) {
        if (!shs_session_id_digest(digest, sid)) {
            return built;
        }
        middle.data = digest;
        middle.len = sizeof(digest) - 1;
    }
    built.len = key->prefix.len + middle.len + key->suffix.len;
    data = apr_palloc(p, built.len + 1);
    memcpy(data, key->prefix.data, key->prefix.len);
    memcpy(data + key->prefix.len, middle.data, middle.len);
    memcpy(data + key->prefix.len + middle.len, key->suffix.data,
           key->suffix.len);
    data[built.len] = '\0';
    built.data = data;
    return built;
}

const char *shs_key_prefix(const shs_key_t *key)
{
    return key->prefix.data;
}

apr_size_t shs_key_prefix_len(const shs_key_t *key)
{
    return key->prefix.len;
}

int shs_key_is_of(const shs_key_t *key, shs_octets_t built)
{
    return built.len > key->prefix.len + key->suffix.len
           && !memcmp(built.data, key->prefix.data, key->prefix.len)
           && !memcmp(built.data + built.len - key->suffix.len,
                      key->suffix.data, key->suffix.len);
}

int shs_key_is_equal(const shs_key_t *a, const shs_key_t *b)
{
    return a == b
           || (a->is_hashed == b->is_hashed
               && !strcmp(a->prefix.data, b->prefix.data)
               && !strcmp(a->suffix.data, b->suffix.data));
}

static int has_prefix(shs_octets_t text, shs_octets_t with)
{
    return text.len >= with.len && !memcmp(text.data, with.data, with.len);
}

static int has_suffix(shs_octets_t text, shs_octets_t with)
{
    return text.len >= with.len
           && !memcmp(text.data + text.len - with.len, with.data, with.len);
}

static int is_digest(const char *text, apr_size_t len)
{
    apr_size_t i;

    for (i = 0; i < len; ++i) {
        if (!apr_isdigit(text[i]) && (text[i] < 'a' || text[i] > 'f')) {
            return 0;
        }
    }
    return len == SHS_SESSION_ID_DIGEST_SIZE - 1;
}

/* Whether the template can make that key from any id. */
static int can_make(const shs_key_t *key, shs_octets_t built)
{
    apr_size_t literal = key->prefix.len + key->suffix.len;

    if (built.len < literal + SHS_SESSION_ID_MIN
        || !has_prefix(built, key->prefix) || !has_suffix(built, key->suffix)) {
        return 0;
    }
    return key->is_hashed
               ? is_digest(built.data + key->prefix.len, built.len - literal)
               : built.len - literal <= SHS_SESSION_ID_MAX;
}

/* Whether a key that both templates can make belongs to `a`. */
static int is_more_specific(const shs_key_t *a, const shs_key_t *b)
{
    if (a->prefix.len != b->prefix.len) {
        return a->prefix.len > b->prefix.len;
    }
    if (a->suffix.len != b->suffix.len) {
        return a->suffix.len > b->suffix.len;
    }
    return a->is_hashed > b->is_hashed;
}

int shs_key_overlaps(const shs_key_t *a, const shs_key_t *b)
{
    return !shs_key_is_equal(a, b)
           && (has_prefix(a->prefix, b->prefix)
               || has_prefix(b->prefix, a->prefix))
           && (has_suffix(a->suffix, b->suffix)
               || has_suffix(b->suffix, a->suffix));
}

int shs_key_is_of_another(const shs_key_t *key, shs_octets_t built,
                          const shs_key_t *const *all)
{
    int i;

    for (i = 0; all && all[i]; ++i) {
        if (is_more_specific(all[i], key) && can_make(all[i], built)) {
            return 1;
        }
    }
    return 0;
}

const char *shs_key_create_id(shs_session_id_t *out, shs_octets_t *built,
                              const shs_key_t *key, const shs_key_t *const *all,
                              apr_pool_t *p)
{
    int i;

    for (i = 0; i < MOST_IDS; ++i) {
        if (!shs_session_id_create(out, p)) {
            break;
        }
        *built = shs_key_build(key, out, p);
        if (built->len == 0) {
            return SHS_KEY_NO_DIGEST;
        }
        if (!shs_key_is_of_another(key, *built, all)) {
            return NULL;
        }
    }
    return "the system has no random octets for an id";
}

const char *shs_key_describe(const shs_key_t *key)
{
    return key->text;
}
