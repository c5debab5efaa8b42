/* SPDX-License-Identifier: Apache-2.0
 *
 * provider: the interface behind a store: how to read, write and track the
 * sessions of one kind of URL.
 */
#ifndef SHS_STORE_PROVIDER_H
#define SHS_STORE_PROVIDER_H

#include "store/store.h"
#include "store/cache/invalidation_sink.h"

typedef struct shs_store_words_t {
    const char *identity; /* equal for equal stores; may hold secrets */
    const char *url;      /* for people, without secrets */
    const char *options;  /* likewise */
} shs_store_words_t;

struct shs_store_provider_t {
    const char *const *schemes; /* NULL-terminated, without "://" */

    /* As shs_store_create(). *self is the provider's own. *words must not
     * change afterwards. */
    const char *(*create)(void **self, shs_store_words_t *words,
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
    void (*report)(shs_store_report_fn report, void *baton, const void *self,
                   const void *host_state, apr_pool_t *p);
};

#endif
