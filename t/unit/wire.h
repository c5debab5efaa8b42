/* SPDX-License-Identifier: Apache-2.0
 *
 * wire: replies of Redis for tests of their readers, from protocol text
 * ("*1\r\n:5\r\n") or from a short notation:
 *
 *   [0 100 ['h' 7000] _]    arrays, integers, bulk strings, nil
 *
 * In the notation every text and array has memory of its exact size.
 */
#ifndef T_UNIT_WIRE_H
#define T_UNIT_WIRE_H

#include "redis/protocol/resp.h"

/* Fails the test if the text is neither. Lives as long as the test's pool p. */
shs_reply_t *wire_reply(const char *text);

#endif
