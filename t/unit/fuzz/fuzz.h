/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz: one function a parser that reads what strangers send. Each takes any
 * octets, checks what must hold for all of them, and aborts when it does not.
 * `make check` replays a committed corpus (replay.c); t/unit/fuzz/run searches
 * for more with clang's fuzzer.
 */
#ifndef T_UNIT_FUZZ_FUZZ_H
#define T_UNIT_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <apr_pools.h>

#include "session/session.h"

/* Pool p is cleared between two inputs. */
void fuzz_cookie(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_id_steps(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_form(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_json(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_urlencoded(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_patch(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_edit(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_java(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_kryo(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_resp(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_frame(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_key(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_inside(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_path(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_slot(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_redirect(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_slot_map(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_sentinel(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_scan(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_framework(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_tomcat(const uint8_t *data, size_t size, apr_pool_t *p);
void fuzz_fields(const uint8_t *data, size_t size, apr_pool_t *p);

/* Stays in with NDEBUG, unlike assert(). */
#define MUST(condition)     \
    do {                    \
        if (!(condition)) { \
            abort();        \
        }                   \
    } while (0)

/* Checks what must hold for each session that a decoder makes. */
void fuzz_look_at(const shs_session_t *session, apr_pool_t *p);

/* The input as a C string: it ends at its first NUL. */
const char *fuzz_text(const uint8_t *data, size_t size, apr_pool_t *p);

#endif
