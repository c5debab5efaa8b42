/* SPDX-License-Identifier: Apache-2.0
 *
 * slot: which of Redis Cluster's 16384 hash slots a key belongs to: CRC16
 * (XMODEM: polynomial 0x1021, from 0) of the key, or of its hash tag, modulo
 * 16384.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
 */
#ifndef SHS_REDIS_PROTOCOL_SLOT_H
#define SHS_REDIS_PROTOCOL_SLOT_H

#include "base/octets.h"

#define SHS_SLOT_COUNT 16384

/* 0 to 16383, for any octets. The hash tag is the text between the first "{"
 * and the first "}" after it. If that text is empty, or a brace is missing, the
 * whole key is hashed. */
int shs_slot_of_key(shs_octets_t key);

#endif
