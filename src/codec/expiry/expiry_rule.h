/* SPDX-License-Identifier: Apache-2.0
 *
 * expiry_rule: how sessions of one kind live and end in the store: what a touch
 * writes, and what a logout leaves. A rule is found by the name in
 * SharedSessionExpiry. It makes writes (mod_shared_session_provider.h), and
 * performs none. When a session is over by what it contains, and how long its
 * idle timeout is, the decoder says: shs_session_expiry(), metadata.idle.
 */
#ifndef SHS_CODEC_EXPIRY_EXPIRY_RULE_H
#define SHS_CODEC_EXPIRY_EXPIRY_RULE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "session/session.h"
#include "session/wanted.h"
#include "../mod_shared_session_provider.h"

typedef struct shs_expiry_rule_t shs_expiry_rule_t;

/* The rule of that name, or NULL. Rules are static. */
const shs_expiry_rule_t *shs_expiry_rule_find(const char *name);

/* The names of all rules, for an error message: "ttl, expire, ...", from p. */
const char *shs_expiry_rule_describe_names(apr_pool_t *p);

/* That of the module's own formats, "ttl": lifetime.h and writer.h have it.
 * Neither of the functions below is called for it. */
const shs_expiry_rule_t *shs_expiry_rule_default(void);
int shs_expiry_rule_is_native(const shs_expiry_rule_t *rule);

/* Whether requests touch its sessions at all. */
int shs_expiry_rule_is_touchable(const shs_expiry_rule_t *rule);

/* NULL if the rule works with records of that shape, and with keys that begin
 * with this prefix of a SharedSessionKey; else what is wrong and the cure. */
const char *shs_expiry_rule_check(const shs_expiry_rule_t *rule,
                                  shs_shape_t shape, const char *prefix);

/* A session as it was read from the store itself. Borrowed. */
typedef struct shs_expiry_subject_t {
    shs_octets_t key;
    apr_size_t prefix; /* how many octets of the key precede the id */
    const shs_record_t *record;
    const shs_session_t *session;
} shs_expiry_subject_t;

/* Fills in a TOUCH: sets ttl, due and foreign, all from p. `idle`: the
 * session's idle timeout, more than 0; `interval`: the shortest time between
 * two touches; `now`: as apr_time_now(). Returns NULL, or why the session
 * cannot be touched. */
const char *shs_expiry_rule_plan_touch(shs_write_t *write,
                                       const shs_expiry_rule_t *rule,
                                       const shs_expiry_subject_t *subject,
                                       apr_interval_time_t idle,
                                       apr_interval_time_t interval,
                                       apr_time_t now, apr_pool_t *p);

/* Whether plan_end() needs the session; and the attributes of it that it needs,
 * from p. */
int shs_expiry_rule_needs_session(const shs_expiry_rule_t *rule);
shs_wanted_t shs_expiry_rule_end_wanted(const shs_expiry_rule_t *rule,
                                        apr_pool_t *p);

/* Fills in a REMOVE that removes the key, and does nothing else. */
void shs_expiry_rule_plan_removal(shs_write_t *write);

/* Fills in a REMOVE that leaves what the framework's own logout leaves: sets
 * foreign. Returns NULL, or why this is impossible. */
const char *shs_expiry_rule_plan_end(shs_write_t *write,
                                     const shs_expiry_rule_t *rule,
                                     const shs_expiry_subject_t *subject,
                                     apr_pool_t *p);

/* ---- private part: the interface of a rule ---- */

struct shs_expiry_rule_t {
    const char *name;
    /* As the functions above. plan_touch NULL: sessions are not touched.
     * plan_end NULL: the key is removed. check NULL: any key and shape. */
    const char *(*check)(shs_shape_t shape, const char *prefix);
    const char *(*plan_touch)(shs_write_t *write,
                              const shs_expiry_subject_t *subject,
                              apr_interval_time_t idle,
                              apr_interval_time_t interval, apr_time_t now,
                              apr_pool_t *p);
    const char *(*plan_end)(shs_write_t *write,
                            const shs_expiry_subject_t *subject, apr_pool_t *p);
    const char *end_names[2]; /* the attributes that plan_end needs, or NULL */
};

extern const shs_expiry_rule_t shs_expiry_spring;
extern const shs_expiry_rule_t shs_expiry_spring_indexed;
extern const shs_expiry_rule_t shs_expiry_redisson;

#endif
