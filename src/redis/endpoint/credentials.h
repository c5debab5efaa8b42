/* SPDX-License-Identifier: Apache-2.0
 *
 * credentials: the user and the password for one kind of server (Redis, or the
 * Sentinels). A password from a file is read again when a server refuses it, so
 * that passwords may change, and tokens expire, while httpd runs. When that is,
 * and what a server says, is for others to know.
 *
 * Made while the configuration is read, as root, and used by the threads of all
 * children at once: each child renews its own copy. So a file that is to be
 * read again must be readable by the user of the children.
 */
#ifndef SHS_REDIS_ENDPOINT_CREDENTIALS_H
#define SHS_REDIS_ENDPOINT_CREDENTIALS_H

#include <apr_pools.h>

/* Room for a password and the NUL behind it. Signed tokens are long. */
#define SHS_CREDENTIALS_ROOM 8192

typedef struct shs_credentials_t shs_credentials_t;

/* Lives as long as p. The user is borrowed, the password copied; it must fit
 * SHS_CREDENTIALS_ROOM. Either may be NULL. */
shs_credentials_t *shs_credentials_create(const char *user,
                                          const char *password, apr_pool_t *p);

/* Takes the password from the first line of a file, whose path is remembered
 * (borrowed). Returns NULL, or what is wrong, without anything from the file.
 * While the configuration is read only: once a thread. */
const char *shs_credentials_read_file(shs_credentials_t *credentials,
                                      const char *path, apr_pool_t *p);

/* NULL: the default user. */
const char *shs_credentials_user(const shs_credentials_t *credentials);

/* The path that was read; NULL: none. */
const char *shs_credentials_file(const shs_credentials_t *credentials);

/* The password of now, a copy in p. NULL: none is sent. Safe from any thread.
 */
const char *shs_credentials_password(shs_credentials_t *credentials,
                                     apr_pool_t *p);

/* After a server refused that password (NULL: that none was sent). Returns NULL
 * when there is another one now, read from the file just now or by another
 * thread before; or why there is not: no file, the same in it, or it cannot be
 * read (its path, and the system's word for that), in p or static. The old one
 * stays then. Reads the file without a lock. Safe from any thread. */
const char *shs_credentials_reload(shs_credentials_t *credentials,
                                   const char *refused, apr_pool_t *p);

#endif
