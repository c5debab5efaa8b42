/* SPDX-License-Identifier: Apache-2.0
 *
 * actor: a fake server that plays a Redis, a Sentinel or a cluster's member. It
 * answers each command by name as the test says, which may change at any time.
 * Left alone it is a Redis master whose every value tells who gave it and for
 * which key, so that a test sees whose answer it got.
 */
#ifndef T_UNIT_ACTOR_H
#define T_UNIT_ACTOR_H

#include "redis/protocol/address.h"

typedef struct actor_t actor_t;

/* What is done instead of a reply. */
extern const char actor_close[]; /* ends the connection */
extern const char actor_stall[]; /* reads on and says nothing more */
extern const char actor_wait[];  /* waits for actor_resume(), then says what it
                                  * would have said without this */

extern const char actor_slow[]; /* the same, but waits 50 ms by itself */

/* Before a reply: says that and ends the connection. */
#define ACTOR_LAST "\001"

#define ACTOR_NIL "$-1\r\n"
#define ACTOR_MASTER                                                        \
    "*3\r\n$6\r\nmaster\r\n:7\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n6380" \
    "\r\n$1\r\n7\r\n"
#define ACTOR_SLAVE                                                      \
    "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:6379\r\n$9\r\nconnected\r" \
    "\n:7\r\n"

/* Its name is the first word of its values: GET k gives "<name> k", HGETALL
 * one field <name> of value k; PTTL 5000, EVAL, HLEN and STRLEN 1. ROLE is
 * master; AUTH and the like are +OK, and what it does not know is an error. */
actor_t *actor_start(const char *name);
void actor_stop(actor_t *actor);

/* Its address; borrowed. */
shs_address_t actor_address(const actor_t *actor);
int actor_port(const actor_t *actor);

/* What it says to commands that begin with these words ("SENTINEL MASTER"),
 * from now on or to the next one only; the replies are borrowed. What was said
 * last counts; NULL: what it says left alone. */
void actor_replies(actor_t *actor, const char *command, const char *reply);
void actor_replies_once(actor_t *actor, const char *command, const char *reply);

/* Lets one that waits go on. */
void actor_resume(actor_t *actor);

/* Ends all connections; new ones are welcome. */
void actor_disconnect(actor_t *actor);

/* How often it was asked so, and how many connections it accepted, so far. */
int actor_received(actor_t *actor, const char *command);
int actor_accepted(actor_t *actor);

/* Waits until it was asked so as often. */
void actor_await(actor_t *actor, const char *command, int count);

/* All that it was asked so far, as "GET k|PTTL k|". From p. */
const char *actor_transcript(actor_t *actor);

/* ---- as a Sentinel */

void actor_set_master(actor_t *sentinel, const actor_t *master, int epoch);

/* None, or one whose flags are "slave". */
void actor_set_replica(actor_t *sentinel, const actor_t *replica);

/* ---- as a cluster's member */

typedef struct actor_range_t {
    int first;
    int last;
    const actor_t *master;
    const actor_t *replica; /* NULL: none */
} actor_range_t;

void actor_set_slots(actor_t *member, const actor_range_t *ranges, int count);

/* CLUSTER INFO: the state, "ok" or "fail", and the current epoch. Left alone it
 * is an error. */
void actor_set_state(actor_t *member, const char *state, int epoch);

/* "MOVED 123 127.0.0.1:7000" as an error reply; from p. */
const char *actor_redirect_error(const char *word, int slot, const actor_t *to);

/* ---- nobody */

/* A port of 127.0.0.1 that refuses, kept until the process ends. */
int actor_refusing_port(void);

#endif
