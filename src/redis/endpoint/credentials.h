/* SPDX-License-Identifier: Apache-2.0
 *
 * credentials: user and password for one kind of server (Redis, or the
 * Sentinels). A password from a file is read again when a server refuses it, so
 * that passwords can change, and tokens can expire, while httpd runs. The
 * callers decide when that is and read the servers' replies.
 *
 * Created as root while the configuration is read, then used by the threads of
 * all children; each child reloads its own copy. So the children's user must be
 * able to read a password file that is to be reloaded.
 */
#ifndef SHS_REDIS_ENDPOINT_CREDENTIALS_H
#define SHS_REDIS_ENDPOINT_CREDENTIALS_H

#include <apr_pools.h>

/* Room for a password and its terminating NUL. Signed tokens are long. */
#define SHS_CREDENTIALS_ROOM 8192

typedef struct shs_credentials_t shs_credentials_t;

/* Lives as long as p. The user is borrowed, the password copied; it must fit
 * SHS_CREDENTIALS_ROOM. Either may be NULL. */
shs_credentials_t *shs_credentials_create(const char *user,
                                          const char *password, apr_pool_t *p);

/* Takes the password from the first line of a file and remembers the path
 * (borrowed). Returns NULL, or what is wrong, without any text from the file.
 * Not thread-safe: call it only while the configuration is read. */
const char *shs_credentials_read_file(shs_credentials_t *credentials,
                                      const char *path, apr_pool_t *p);

/* NULL: the default user. */
const char *shs_credentials_user(const shs_credentials_t *credentials);

/* The path of the password file; NULL: none. */
const char *shs_credentials_file(const shs_credentials_t *credentials);

/* The current password, copied into p. NULL: no password is sent. Safe from any
 * thread. */
const char *shs_credentials_password(shs_credentials_t *credentials,
                                     apr_pool_t *p);

/* Called after a server refused `refused` (NULL: no password was sent). Returns
 * NULL if there is another password now, which this call, or another thread
 * before it, has read from the file. Otherwise returns why not, in p or static:
 * there is no file, it holds the same password, or it cannot be read (the
 * message has its path and the system's error text). The old password stays
 * then. Reads the file without a lock. Safe from any thread. */
const char *shs_credentials_reload(shs_credentials_t *credentials,
                                   const char *refused, apr_pool_t *p);

#endif
