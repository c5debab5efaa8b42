/* SPDX-License-Identifier: Apache-2.0
 *
 * path_steps: the steps of a path, each one level down. Part of path.
 */
#ifndef SHS_SESSION_JSON_PATH_STEPS_H
#define SHS_SESSION_JSON_PATH_STEPS_H

#include <apr_pools.h>

/* One step down: by name when name is set, else by position. */
typedef struct shs_path_step_t {
    const char *name;
    apr_size_t len;
    apr_size_t position;
    apr_size_t end; /* where the step ends in the text of the path */
} shs_path_step_t;

/* Parses the text, which the steps borrow. Returns their number; 0 if it is no
 * path. That is no error: "a..b" may be an attribute's whole name. */
int shs_path_steps_parse(shs_path_step_t **steps, const char *text,
                         apr_pool_t *p);

/* Whether a name in quotation marks begins at c. */
int shs_path_steps_is_quoted(const char *c);

#endif
