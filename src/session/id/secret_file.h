/* SPDX-License-Identifier: Apache-2.0
 *
 * secret_file: the secrets with which a framework signs its cookies. The file
 * has one secret in each line, as octets, with the spaces in it. A line that is
 * empty or begins with "#" is ignored. A line may end with CR LF.
 *
 * The file is read as root while the configuration is read. If a signature is
 * wrong, each child reads the file again, as its own user, provided that it has
 * changed: at most once a second. No reader of the secrets takes a lock. What
 * was read before stays in memory until the pool ends, because a reader may
 * still use it; a change of the file is rare.
 */
#ifndef SHS_SESSION_ID_SECRET_FILE_H
#define SHS_SESSION_ID_SECRET_FILE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/octets.h"

/* The highest number of secrets, and the size of the largest file. Each secret
 * costs a wrong signature one digest. */
#define SHS_SECRET_FILE_MAX_SECRETS 16
#define SHS_SECRET_FILE_MAX_SIZE    16384

typedef struct shs_secret_file_t shs_secret_file_t;

/* One reading of the file: at least one secret, none of them empty. */
typedef struct shs_secrets_t {
    int count;
    shs_octets_t list[SHS_SECRET_FILE_MAX_SECRETS];
} shs_secrets_t;

/* Reads the file. Returns NULL and sets *out, or what is wrong and the cure,
 * with the path and without any text of the file (from p). The path is
 * borrowed. */
const char *shs_secret_file_create(shs_secret_file_t **out, const char *path,
                                   apr_pool_t *p);

const char *shs_secret_file_path(const shs_secret_file_t *file);

/* Whether both are of the same path; either may be NULL. */
int shs_secret_file_is_same(const shs_secret_file_t *a,
                            const shs_secret_file_t *b);

/* The secrets that were read last. Safe from any thread; they stay. */
const shs_secrets_t *shs_secret_file_secrets(const shs_secret_file_t *file);

typedef enum shs_secret_state_t {
    SHS_SECRET_SAME,      /* there are no other secrets */
    SHS_SECRET_READ,      /* this call has read others */
    SHS_SECRET_CHANGED,   /* another thread has */
    SHS_SECRET_UNREADABLE /* the file has become unreadable; said once */
} shs_secret_state_t;

/* Reads the file again if it has changed and the last attempt was a second ago
 * or more; `now` is of the monotonic clock. `used` are the secrets with which a
 * signature was found to be wrong. UNREADABLE: *reason says what is wrong, as
 * in create(); the secrets stay. */
shs_secret_state_t shs_secret_file_refresh(shs_secret_file_t *file,
                                           const shs_secrets_t *used,
                                           apr_time_t now, const char **reason,
                                           apr_pool_t *p);

#endif
