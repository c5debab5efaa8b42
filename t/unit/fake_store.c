/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_store.h"

#include "redis/store_redis.h"

static const char *next_word(const char **words)
{
    const char *end = strchr(*words, ' ');
    const char *word =
        end ? apr_pstrmemdup(p, *words, (apr_size_t)(end - *words))
            : apr_pstrdup(p, *words);

    *words = end ? end + 1 : "";
    return word;
}

const char *fake_store_create(shs_store_t **store, const char *url,
                              const char *words)
{
    apr_array_header_t *options = apr_array_make(p, 2, sizeof(const char *));

    while (words && *words) {
        APR_ARRAY_PUSH(options, const char *) = next_word(&words);
    }
    return shs_store_create(store, &shs_store_redis, url, options, p);
}

shs_store_t *fake_store_on(fake_t *fake, const char *credentials,
                           const char *db, const char *words)
{
    shs_store_t *store = NULL;
    const char *wrong =
        fake_store_create(&store,
                          apr_psprintf(p, "redis://%s127.0.0.1:%d%s",
                                       credentials, fake_port(fake), db),
                          words);

    ck_assert_msg(!wrong, "%s", wrong);
    shs_store_start_child(store, 16, p);
    return store;
}

shs_query_t fake_store_query(const char *key, shs_shape_t shape, int ms)
{
    shs_query_t query;

    memset(&query, 0, sizeof(query));
    query.key = unit_text(key);
    query.shape = shape;
    query.max_octets = 65536;
    query.deadline = unit_in_ms(ms);
    return query;
}

shs_outcome_t fake_store_load(shs_result_t *result, shs_store_t *store,
                              const char *key, int ms)
{
    shs_query_t query = fake_store_query(key, SHS_SHAPE_STRING, ms);

    memset(result, 0, sizeof(*result));
    return shs_store_load(result, store, &query, p);
}

static void note(fake_redis_t *redis, const fake_peer_t *peer)
{
    int i;

    for (i = 0; i < peer->count; i++) {
        strncat(redis->seen, peer->arguments[i],
                sizeof(redis->seen) - strlen(redis->seen) - 1);
        strncat(redis->seen, i + 1 < peer->count ? " " : "|",
                sizeof(redis->seen) - strlen(redis->seen) - 1);
    }
}

static void send_reply(fake_peer_t *peer, const fake_redis_t *redis,
                       const char *text)
{
    if (redis->pause_ms) {
        fake_drip(peer, text, strlen(text), redis->pause_ms);
    }
    else {
        fake_send_text(peer, text);
    }
}

void fake_redis(fake_peer_t *peer, void *baton)
{
    fake_redis_t *self = baton;

    while (fake_read_command(peer)) {
        note(self, peer);
        if (!strcmp(peer->arguments[0], "AUTH")) {
            send_reply(peer, self, self->auth ? self->auth : "+OK\r\n");
        }
        else if (!strcmp(peer->arguments[0], "SELECT")) {
            send_reply(peer, self, self->select ? self->select : "+OK\r\n");
        }
        else if (!strcmp(peer->arguments[0], "PTTL")) {
            send_reply(peer, self, self->value);
            send_reply(peer, self, self->pttl);
        }
    }
}
