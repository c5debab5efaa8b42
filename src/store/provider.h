/* SPDX-License-Identifier: Apache-2.0
 *
 * provider: the interface behind a store: how to read, write and track the
 * sessions of one kind of URL. Callers use store.h, which checks what a
 * provider promises here.
 */
#ifndef SHS_STORE_PROVIDER_H
#define SHS_STORE_PROVIDER_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "store/cache/invalidation_sink.h"
#include "store/query.h"
#include "store/result.h"

typedef struct shs_provider_words_t {
    const char *identity; /* equal for equal stores; may hold secrets */
    const char *url;      /* for people, without secrets */
    const char *options;  /* likewise */
    const char *location; /* likewise: shs_store_location() */
} shs_provider_words_t;

typedef struct shs_provider_t {
    const char *const *schemes; /* NULL-terminated, without "://" */

    /* As shs_store_create(). *self is the provider's own. *words must not
     * change afterwards. */
    const char *(*create)(void **self, shs_provider_words_t *words,
                          const char *url, const apr_array_header_t *options,
                          apr_pool_t *p);
    /* Octets of memory that the host's children share; zeroed before use. */
    apr_size_t (*host_state_size)(const void *self);
    int (*start_child)(void *self, void *host_state, int threads,
                       apr_pool_t *pchild);
    /* As shs_store_load(). Must return by the query's deadline, be safe for
     * concurrent callers and set result->reason unless FOUND. */
    shs_outcome_t (*load)(shs_result_t *result, void *self,
                          const shs_query_t *query, apr_pool_t *p);
    /* As shs_store_write(). Must return by the deadline of write->at. */
    shs_wrote_t (*write)(shs_result_t *result, void *self,
                         const shs_write_t *write, apr_pool_t *p);
    apr_interval_time_t (*timeout)(const void *self);
    /* Delivers invalidations to the sink, which lives as long as the process,
     * from a thread that ends with `pchild`. Returns 0 when the thread cannot
     * be started. NULL: the provider cannot track. */
    int (*track)(void *self, const shs_invalidation_sink_t *sink,
                 apr_pool_t *pchild);
    void (*report)(shs_result_report_fn report, void *baton, const void *self,
                   const void *host_state, apr_pool_t *p);
} shs_provider_t;

/* Registers a provider (static; may be called again with the same one). */
void shs_provider_register(const shs_provider_t *provider);

/* The provider of a URL's scheme, or NULL. */
const shs_provider_t *shs_provider_find(const char *url);

/* The schemes of all providers: "redis://, rediss://". From p. */
const char *shs_provider_describe_schemes(apr_pool_t *p);

#endif
