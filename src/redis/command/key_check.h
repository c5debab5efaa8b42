/* SPDX-License-Identifier: Apache-2.0
 *
 * key_check: what one command finds out about its key: whether the size of the
 * value is loaded before the value (health/big_key.h), and whether the key, not
 * the server, may be the cause of a failure (health/breaker.h).
 */
#ifndef SHS_REDIS_COMMAND_KEY_CHECK_H
#define SHS_REDIS_COMMAND_KEY_CHECK_H

#include "redis/command/attempt/attempt.h"

/* Zeroed memory is valid, and is the check of a write. Fields are private but
 * for must_load_size. */
typedef struct shs_key_check_t {
    apr_uint64_t mark;    /* of shs_big_key_mark(), and of the part that is
                           * loaded; 0: none */
    apr_uint64_t ticket;  /* of big_key; 0: none */
    int is_big;           /* the value may be large, however it turned out */
    int must_load_size;   /* the size is loaded before the value ... */
    int is_value_loading; /* ... because another request is loading the value */
    int is_suspect;       /* one server at least did not send the value */
} shs_key_check_t;

/* Called before a value is loaded; shs_key_check_end() must follow. */
void shs_key_check_begin(shs_key_check_t *check,
                         const shs_operation_t *operation);

/* Whether the attempt loaded only the size, and the size allows that the value
 * is loaded now, with the same permit. */
int shs_key_check_accept_size(shs_key_check_t *check,
                              const shs_attempt_t *attempt);

/* Notes the result of an attempt. Returns the key for shs_breaker_note(). */
apr_uint32_t shs_key_check_note(shs_key_check_t *check,
                                const shs_attempt_t *attempt,
                                shs_breaker_result_t result);

/* Reports what the command found out. `attempt` is the last one; `is_accepted`:
 * its reply was. */
void shs_key_check_end(const shs_key_check_t *check,
                       const shs_operation_t *operation,
                       const shs_attempt_t *attempt, int is_accepted);

#endif
