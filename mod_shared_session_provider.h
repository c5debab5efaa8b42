/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_shared_session_provider.h: the interface of a store provider. A provider
 * reads and writes the sessions of mod_shared_session in one kind of store. It
 * is an httpd module that registers a shs_provider_t under the scheme of its
 * URLs, usually where it registers its hooks (ap_provider.h):
 *
 *   ap_register_provider(p, SHS_PROVIDER_GROUP, "mem", SHS_PROVIDER_VERSION,
 *                        &provider);
 *
 * "SharedSessionStore mem://..." then uses it. The order in which the modules
 * are loaded does not matter. The Redis store registers itself in the same way.
 * docs/providers.md has an example and a checklist.
 *
 * Version: SHS_PROVIDER_VERSION changes with every change of a type or of a
 * rule in this file. A provider that was compiled with another version is never
 * called: the configuration is refused, with both versions in the message.
 *
 * Ownership: what a function is given is borrowed for the duration of the call,
 * unless its comment says otherwise. What a provider returns lives in the pool
 * that the function was given, or longer.
 *
 * Time: a deadline is an absolute time in microseconds of CLOCK_MONOTONIC:
 * tv_sec * 1000000 + tv_nsec / 1000. An interval is in microseconds.
 *
 * Secrets: no text for logs or people may contain keys, values or credentials.
 *
 * Valid C99 and C++. Includes mod_shared_session_record.h and headers of APR.
 */
#ifndef MOD_SHARED_SESSION_PROVIDER_H
#define MOD_SHARED_SESSION_PROVIDER_H

#include <apr.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "mod_shared_session_record.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SHS_PROVIDER_GROUP   "shared_session_store"
#define SHS_PROVIDER_VERSION "2"

/* ---- outcomes */

/* The outcome of a lookup. These are different outcomes everywhere; nothing may
 * turn one into another. In particular UNAVAILABLE (the store did not answer)
 * is never ABSENT (the store answered that there is none): taking one for the
 * other logs people out, or lets them in. */
typedef enum shs_outcome_t {
    SHS_OUTCOME_NONE,       /* no lookup was made. Never of a provider */
    SHS_OUTCOME_FOUND,      /* there is a value of the shape that was asked for,
                             * and it is complete */
    SHS_OUTCOME_ABSENT,     /* the store has answered: there is no such key, or
                             * it has expired */
    SHS_OUTCOME_MALFORMED,  /* the value is of the other shape, is larger than
                             * the query allows, or is damaged */
    SHS_OUTCOME_UNAVAILABLE /* no answer within the deadline, or a refusal */
} shs_outcome_t;

/* The result of a write. DONE: it was written. UNAVAILABLE: it may have been
 * written or not. All others: nothing was written. A provider never returns
 * ROTATED, INVALID, FORBIDDEN, FOREIGN or LATE: the module finds these out
 * before. */
typedef enum shs_wrote_t {
    SHS_WROTE_DONE,
    SHS_WROTE_GONE,      /* there is no such session (any more) */
    SHS_WROTE_ROTATED,   /* it has another id by now, and this is the old one */
    SHS_WROTE_CONFLICT,  /* another writer won */
    SHS_WROTE_INVALID,   /* the format cannot hold the change */
    SHS_WROTE_TOO_LARGE, /* it would be larger than SharedSessionMaxSize */
    SHS_WROTE_MALFORMED, /* the stored value is of the other shape, is damaged,
                          * or is no session */
    SHS_WROTE_FORBIDDEN, /* only .htaccess has SharedSession On here */
    SHS_WROTE_FOREIGN,   /* the session is another program's: it can be touched
                          * and ended, nothing else */
    SHS_WROTE_LATE,      /* the headers were sent, so no new id can be given */
    SHS_WROTE_UNAVAILABLE /* no answer within the deadline, or a refusal */
} shs_wrote_t;

/* A change of the store's health that the module logs. A provider returns each
 * change to exactly one caller of all children of the host; the state that this
 * needs belongs into the host state. A provider that always returns NONE is
 * correct: its failures are then only in the log lines of single requests. */
typedef enum shs_transition_t {
    SHS_TRANSITION_NONE,
    SHS_TRANSITION_DOWN,       /* it does not answer any more */
    SHS_TRANSITION_UP,         /* it answers again */
    SHS_TRANSITION_REFUSED,    /* it refuses our credentials; once a minute */
    SHS_TRANSITION_UNWRITABLE, /* it can be read but refuses writes; once a
                                * minute */
    SHS_TRANSITION_WRITABLE,   /* it takes writes again */
    SHS_TRANSITION_DEGRADED,   /* lookups fail now and then, but it is not down;
                                * once a minute */
    SHS_TRANSITION_MASTER,     /* another server is a master now */
    SHS_TRANSITION_UNTRACKED,  /* it answers, but invalidation tracking is down:
                                * the near-cache serves nothing. Never of a
                                * provider */
    SHS_TRANSITION_TRACKED     /* tracking is up again. Never of a provider */
} shs_transition_t;

/* What a read or a write returns beside its outcome. Zeroed by the caller. */
typedef struct shs_result_t {
    shs_record_t record;    /* of a read, if FOUND */
    const char *reason;     /* words for the log; must be set unless FOUND or
                          * DONE */
    apr_uint32_t server_id; /* of a read: the server that replied, by a number
                             * of set_servers() below. The near-cache holds the
                             * outcome only if that server is tracked; 0: the
                             * near-cache does not hold it */
    int is_refusal; /* UNAVAILABLE because the store refuses us (password,
                     * permission): for the administrator */
    shs_transition_t transition;
    const char *transition_reason; /* of DOWN, REFUSED, UNWRITABLE, DEGRADED and
                                    * UNTRACKED, as `reason`; of MASTER: the new
                                    * and the old one */
} shs_result_t;

/* ---- reads */

/* How a provider reports what happens to a read or a write on its way: a retry,
 * another server, a pause. The module logs it at LogLevel trace1. `event` is
 * static text: "follow MOVED". `detail` is a server or a reason, as `reason`
 * above, or NULL. To be called in the thread of the read or write. */
typedef void (*shs_trace_fn)(void *baton, const char *event,
                             const char *detail);

typedef struct shs_trace_t {
    shs_trace_fn report;
    void *baton;
} shs_trace_t;

/* The key that is read or written. */
typedef struct shs_query_t {
    shs_octets_t key; /* at least one octet */
    shs_shape_t shape;
    apr_size_t max_octets; /* a larger value is refused and not held in memory:
                            * the length of a string, the sum of names and
                            * values of fields */
    apr_time_t deadline;   /* the call returns by then */
    const shs_trace_t *trace; /* NULL: nothing is reported */
    int without_ttl; /* of a read: the record's time to live is not needed */
    /* Of a read of SHS_SHAPE_FIELDS: the record has those of these fields that
     * exist, in this order; max_octets is for them alone. ABSENT if none
     * exists. Distinct, at most SHS_STORE_MAX_FIELDS. NULL: all fields. */
    const shs_octets_t *names;
    apr_size_t name_count;
} shs_query_t;

/* ---- writes */

/* What a change means for the store. With SHS_SHAPE_FIELDS: fields to set and
 * names to remove, on the condition that the `expected` fields have these
 * values. With SHS_SHAPE_STRING: the whole new value. */
typedef struct shs_edit_t {
    const shs_record_field_t *fields; /* to set; CREATE has at least one */
    apr_size_t count;
    const shs_octets_t *names; /* to remove, if they exist */
    apr_size_t name_count;
    const shs_record_field_t *expected; /* a value without data: no such field
                                         * is expected */
    apr_size_t expected_count;
    shs_octets_t string;
} shs_edit_t;

/* A member of a set under another key. */
typedef struct shs_member_t {
    shs_octets_t key;
    shs_octets_t member;
    int is_sorted; /* Redis: ZREM; else SREM */
} shs_member_t;

/* For TOUCH and REMOVE of a session that another program owns: what has to be
 * there, and what is written beside the expiry, so that this program sees a
 * session that it has touched or ended itself. Creates no key; only `keeps`
 * gives a key an expiry that has none. A store that cannot write several keys
 * in one step: TOUCH the companion first; REMOVE the session's key first, whose
 * result counts. */
typedef struct shs_foreign_t {
    /* SHS_SHAPE_FIELDS: the fields that must have these values; a value without
     * data: the field must exist. Else GONE, and nothing is written. */
    const shs_record_field_t *expected;
    apr_size_t expected_count;
    const shs_record_field_t *fields; /* to set; REMOVE: if it keeps the key */
    apr_size_t count;
    apr_interval_time_t keeps; /* REMOVE: the key lives on so long; 0: not */
    /* Another key that lives and ends together with the session; empty: none.
     * TOUCH: gets companion_ttl, at least 1; GONE if it does not exist. REMOVE:
     * it is removed, also if the session's key does not exist. */
    shs_octets_t companion;
    apr_interval_time_t companion_ttl;
    const shs_member_t *members; /* REMOVE: removed from their sets, likewise,
                                  * unless the key has another type */
    apr_size_t member_count;
} shs_foreign_t;

/* The kinds of write. Each is one atomic step on one key, for all threads,
 * processes and hosts that share the store: it happens as a whole or not at
 * all. Each can be repeated with the same result, because a client of the store
 * may have to send it again: a write whose effect is already there is DONE.
 * Only CREATE creates a key. "Rotated" means: fields with a field @rotated; or
 * a string that begins with the prefix `rotated` below. */
typedef enum shs_write_kind_t {
    /* Stores the edit with `ttl`. CONFLICT if the key exists, unless it has
     * this edit's string, or this edit's first field with that value. */
    SHS_WRITE_CREATE,

    /* Applies the edit. The expiry of the key stays.
     *  Fields: sets @accessed to accessed_at_ms too. CONFLICT if the session is
     *  rotated, or if an expected field is different and the fields to set do
     *  not all have their new values already (if they have: DONE). TOO_LARGE if
     *  the result exceeds max_octets or SHS_STORE_MAX_FIELDS.
     *  String: replaces was->string, which must be what is stored; DONE if the
     *  new string is stored already, else CONFLICT.
     * GONE if there is no such key. */
    SHS_WRITE_CHANGE,

    /* Sets the expiry to `ttl` from now if at most `due` is left, or if the key
     * has no expiry; fields: then sets @accessed too. DONE also if there was
     * nothing to do. GONE if there is no such key, or if it is rotated.
     * `foreign`: only if at most `due` is left; then the rest too. */
    SHS_WRITE_TOUCH,

    /* Marks the session as rotated. It then lives for `ttl` or what it has
     * left, whichever is less; with a ttl of 0 the key is removed instead.
     *  Fields: the stored fields must be those of `was`, without regard to
     *  @accessed, else CONFLICT. Sets @rotated to the value of edit.fields[0],
     *  the key of the successor; removes all other fields unless `keeps`. If it
     *  is rotated already: DONE if @rotated has that value, else CONFLICT.
     *  String: as CHANGE.
     * GONE if there is no such key. */
    SHS_WRITE_FORWARD,

    /* Removes the key. CONFLICT if it is rotated, unless `knows_rotated`: the
     * caller then ends the successor too. GONE if there is no such key.
     * `foreign`: as it says. */
    SHS_WRITE_REMOVE
} shs_write_kind_t;

typedef struct shs_write_t {
    shs_query_t at; /* the key; its trace and its deadline are the write's */
    shs_write_kind_t kind;
    shs_edit_t edit;            /* CREATE, CHANGE, FORWARD */
    const shs_record_t *was;    /* CHANGE of a string, and FORWARD: what the
                                 * caller has read; its ttl is not compared */
    apr_interval_time_t ttl;    /* CREATE, TOUCH: at least 1; FORWARD: or 0. A
                                 * store with coarser times rounds up */
    apr_interval_time_t due;    /* TOUCH */
    apr_int64_t accessed_at_ms; /* CHANGE, TOUCH of fields: for @accessed */
    int knows_rotated;          /* REMOVE: the caller knows of the rotation */
    shs_octets_t rotated;       /* TOUCH and REMOVE of a string: the prefix of
                                 * every rotated value and of no other; empty:
                                 * there are none */
    int keeps; /* FORWARD of fields: the old fields stay, for clients that have
                * only the old id; 0: they are removed */
    const shs_foreign_t *foreign; /* TOUCH and REMOVE: the session is another
                                   * program's, which knows neither @accessed
                                   * nor "rotated": neither is read or written.
                                   * NULL: it is of a format of this module */
} shs_write_t;

/* ---- invalidations */

/* With more prefixes than this, all keys are tracked. */
#define SHS_INVALIDATION_SINK_PREFIXES 16

/* Where a provider delivers invalidations to the near-cache, which the children
 * of the host share. A thread of each child calls lead() again and again. In
 * the one child that is the leader, that thread tracks the store and calls the
 * other functions. It calls one function at a time. The functions do not block.
 * The sink lives as long as the process. */
typedef struct shs_invalidation_sink_t {
    void *baton; /* for the functions below */
    /* The prefixes of the keys to track; none begins with another. */
    const char *prefixes[SHS_INVALIDATION_SINK_PREFIXES];
    int prefix_count;          /* 0: track all keys */
    apr_interval_time_t lease; /* how long entries are valid after the time of
                                * the last extend_lease() */

    /* This key has changed; any key may have changed. Calls without need cost
     * only near-cache hits. A write by this host needs no call. */
    void (*invalidate)(void *baton, shs_octets_t key);
    void (*flush)(void *baton);
    /* Every invalidation from before that time (of CLOCK_MONOTONIC, as a
     * deadline) has been delivered. To be called several times per lease. A
     * time earlier than the last one has no effect. */
    void (*extend_lease)(void *baton, apr_time_t at);
    /* The servers that are tracked from now on, at most 64, by the numbers that
     * results have as server_id: the same in all children, and not 0. To be
     * called once at the beginning of each term, after flush(), and whenever
     * they change. */
    void (*set_servers)(void *baton, const apr_uint32_t *server_ids, int count);
    /* Takes the leadership unless another child has it. Returns the number of
     * the term in which this child is the leader, which tracks; 0 if it is not.
     * To be called at least four times a second, with the current time: a
     * leader that does not call for a second loses the leadership. What was set
     * in another term is forgotten. */
    apr_uint32_t (*lead)(void *baton, apr_time_t now);
    /* Why tracking is down, for a status page; the text is copied. NULL: it is
     * up. */
    void (*set_down)(void *baton, const char *reason);
} shs_invalidation_sink_t;

/* ---- the provider */

/* What create() says of a store. All four are set, and live as long as the
 * store. */
typedef struct shs_provider_words_t {
    const char *identity; /* equal for equal stores, which then share one
                           * object; may hold secrets, and is never shown */
    const char *url;      /* for people, without secrets */
    const char *options;  /* likewise: options with their effective values */
    const char *location; /* likewise: equal if sessions of two stores lie in
                           * the same place, whatever the options */
} shs_provider_words_t;

/* How monitoring has to read a figure. */
typedef enum shs_metric_kind_t {
    SHS_METRIC_TEXT,     /* words, for people only */
    SHS_METRIC_COUNTER,  /* only rises, until httpd restarts */
    SHS_METRIC_GAUGE,    /* the current value */
    SHS_METRIC_HISTOGRAM /* one bucket of a distribution */
} shs_metric_kind_t;

/* A figure of a store. Static. */
typedef struct shs_metric_t {
    const char *name; /* one word of letters: "Timeouts" */
    shs_metric_kind_t kind;
    const char *help; /* one sentence */
} shs_metric_t;

/* Takes one figure. The value is a decimal number, except of a TEXT. */
typedef void (*shs_report_fn)(void *baton, const shs_metric_t *metric,
                              const char *value);

/* Static. create, load, write and timeout are required; the others may be NULL.
 * `self` is the provider's own object of one store, made by create(). */
typedef struct shs_provider_t {
    /* Makes a store of a URL and its options ("key=value", const char *), in p,
     * which lives as long as the configuration. Called while the configuration
     * is read, by `httpd -t` too, and several times for equal stores: opens no
     * connection and starts no thread. Returns NULL and sets *self and *words,
     * or returns what is wrong and the cure. The URL begins with the scheme
     * under which the provider is registered, and "://". Paths after
     * password-file=, sentinel-password-file=, ca=, cert= and key= are
     * absolute. */
    const char *(*create)(void **self, shs_provider_words_t *words,
                          const char *url, const apr_array_header_t *options,
                          apr_pool_t *p);

    /* The octets of memory that the children of the host share, the "host
     * state": zeroed, aligned to 64 octets, lost at a restart. All children may
     * use it at once, and any of them may die in between. NULL: none. */
    apr_size_t (*host_state_size)(const void *self);

    /* Prepares the store in a child, before its first read and in one thread.
     * `threads` is the number of threads that may call at once. `pchild` ends
     * with the child, maybe while requests still run. Returns 0 when out of
     * memory: the child then ends. NULL: nothing to prepare, and no use for the
     * host state. */
    int (*start_child)(void *self, void *host_state, int threads,
                       apr_pool_t *pchild);

    /* Reads a key. FOUND, ABSENT, MALFORMED or UNAVAILABLE. The record of FOUND
     * has the query's shape, and lives in p, which ends with the request and
     * belongs to the calling thread. Called by many threads at once. Must
     * return by the query's deadline. */
    shs_outcome_t (*load)(shs_result_t *result, void *self,
                          const shs_query_t *query, apr_pool_t *p);

    /* Writes. DONE, GONE, CONFLICT, TOO_LARGE, MALFORMED or UNAVAILABLE;
     * otherwise as load. */
    shs_wrote_t (*write)(shs_result_t *result, void *self,
                         const shs_write_t *write, apr_pool_t *p);

    /* The longest that a read or a write may take: deadlines are this far
     * away. */
    apr_interval_time_t (*timeout)(const void *self);

    /* Delivers invalidations to the sink from a thread that a cleanup of
     * `pchild` ends and joins. Called once in a child, after start_child.
     * Returns 0 when the thread cannot be started: the child then ends. NULL:
     * the provider cannot track, and its stores have no near-cache. */
    int (*track)(void *self, const shs_invalidation_sink_t *sink,
                 apr_pool_t *pchild);

    /* Reports state and counters, for a status page and for monitoring, in any
     * process of the host. NULL: nothing. */
    void (*report)(shs_report_fn report, void *baton, const void *self,
                   const void *host_state, apr_pool_t *p);
} shs_provider_t;

#ifdef __cplusplus
}
#endif

#endif
