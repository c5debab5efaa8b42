/* SPDX-License-Identifier: Apache-2.0
 *
 * id_options: parses those options of SharedSessionCookie that say how a
 * cookie's value becomes an id. Each parser returns NULL, or what is wrong and
 * the cure (static or from p).
 */
#ifndef SHS_CONFIG_DIRECTIVE_ID_OPTIONS_H
#define SHS_CONFIG_DIRECTIVE_ID_OPTIONS_H

#include "session/id/id_steps.h"

/* decode=: percent,base64 or one of them, or none. */
const char *shs_id_options_parse_decode(shs_id_steps_t *out, const char *value);

/* sign=: express, fastify, koa or none. */
const char *shs_id_options_parse_sign(shs_id_steps_t *out, const char *value);

/* secret-file=: reads the file. The path must live as long as p. */
const char *shs_id_options_parse_secrets(shs_id_steps_t *out, const char *value,
                                         apr_pool_t *p);

/* Checks the combination. */
const char *shs_id_options_check(const shs_id_steps_t *steps, apr_pool_t *p);

#endif
