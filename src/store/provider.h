/* SPDX-License-Identifier: Apache-2.0
 *
 * provider: what stands behind a store: how the sessions of a kind of URL are
 * asked for, written to and listened to.
 */
#ifndef SHS_STORE_PROVIDER_H
#define SHS_STORE_PROVIDER_H

#include "store/store.h"
#include "store/watch.h"

typedef struct shs_store_words_t {
    const char *identity; /* equal for equal stores; may hold secrets */
    const char *url;      /* neither this ... */
    const char *options;  /* ... nor this does ... */
    const char *location; /* ... nor this: as shs_store_location() */
} shs_store_words_t;

struct shs_store_provider_t {
    const char *const *schemes; /* NULL-terminated, without "://" */

    /* As shs_store_create(). *self is the provider's own; *words are not to
     * be changed. */
    const char *(*create)(void **self, shs_store_words_t *words,
                          const char *url, const apr_array_header_t *options,
                          apr_pool_t *p);
    /* How much memory the host's children share; zeroed before use. */
    apr_size_t (*shared_size)(const void *self);
    int (*start_child)(void *self, void *shared, int threads,
                       apr_pool_t *pchild);
    /* As shs_store_load(). Must return by the query's deadline, be safe for
     * concurrent callers and leave answer->reason set unless FOUND. */
    shs_outcome_t (*load)(shs_answer_t *answer, void *self,
                          const shs_query_t *query, apr_pool_t *p);
    /* As shs_store_write(). Must return by the deadline of write->at. */
    shs_wrote_t (*write)(shs_answer_t *answer, void *self,
                         const shs_write_t *write, apr_pool_t *p);
    apr_interval_time_t (*timeout)(const void *self);
    /* Tells the watch, which lasts as long as the process, what changes, in a
     * thread that ends with `pchild`. 0: there is none. NULL: it cannot. */
    int (*listen)(void *self, const shs_watch_t *watch, apr_pool_t *pchild);
    void (*report)(shs_store_report_fn tell, void *baton, const void *self,
                   const void *shared, apr_pool_t *p);
};

#endif
