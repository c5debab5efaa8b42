/* SPDX-License-Identifier: Apache-2.0
 *
 * script_foreign: the scripts that touch and end a session that another program
 * owns (shs_foreign_t). Like those of script.h they have the same result when
 * they run twice, and none creates a key, or makes a session end that has no
 * end.
 *
 * Outside a Cluster each is one EVAL for all keys of the write. In a Cluster
 * the keys are in different slots, so a write is split into steps with one key
 * each (redis/steps.h). A step that takes a member out of its set is a
 * SHS_WRITE_CHANGE with one member, whose key is `at.key`.
 */
#ifndef SHS_REDIS_COMMAND_PIPELINE_SCRIPT_FOREIGN_H
#define SHS_REDIS_COMMAND_PIPELINE_SCRIPT_FOREIGN_H

#include "redis/command/pipeline/eval.h"

/* Adds keys and arguments of a write with `foreign`, and returns the script,
 * which is static. */
const char *shs_script_foreign_fill(shs_eval_t *eval, const shs_write_t *write);

#endif
