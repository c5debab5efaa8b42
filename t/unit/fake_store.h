/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_store: a store whose single server is a fake, and loads from it.
 */
#ifndef T_UNIT_FAKE_STORE_H
#define T_UNIT_FAKE_STORE_H

#include "fake.h"
#include "store/store.h"
#include "unit.h"

/* Returns NULL and the store, or an error. `words`: options, or NULL. */
const char *fake_store_create(shs_store_t **store, const char *url,
                              const char *words);

/* A store on the fake, of a child of 16 threads; `credentials` stand before the
 * host, `db` after it. */
shs_store_t *fake_store_on(fake_t *fake, const char *credentials,
                           const char *db, const char *words);

/* A query with a deadline in so many milliseconds. */
shs_query_t fake_store_query(const char *key, shs_shape_t shape, int ms);

/* Loads a string. */
shs_outcome_t fake_store_load(shs_result_t *result, shs_store_t *store,
                              const char *key, int ms);

/* The key is FOUND, with this value. */
#define ck_found(store, key_, value_)                                       \
    do {                                                                    \
        shs_result_t found_;                                                \
        shs_outcome_t outcome_ =                                            \
            fake_store_load(&found_, (store), (key_), 10000);               \
        ck_assert_msg(outcome_ == SHS_OUTCOME_FOUND, "%d: %s", outcome_,    \
                      found_.reason);                                       \
        ck_octets_eq(found_.record.string, unit_text(value_), "the value"); \
    } while (0)

/* What fake_redis() replies, and the commands it has received. */
typedef struct fake_redis_t {
    const char *value;  /* to GET or HGETALL */
    const char *pttl;   /* to PTTL */
    const char *auth;   /* NULL: +OK */
    const char *select; /* likewise */
    int pause_ms;       /* between two octets; 0: none */
    char seen[4096];    /* "GET k|PTTL k|" */
} fake_redis_t;

/* Sends the value only after PTTL has come too: a client that waits between the
 * two commands would wait forever. */
void fake_redis(fake_peer_t *peer, void *baton);

#endif
