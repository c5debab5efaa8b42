/* SPDX-License-Identifier: Apache-2.0
 *
 * A model of the near-cache for one key, which spin searches completely. It has
 * rules 1 and 2 (src/store/cache/near_cache.h), and the rule that a value is kept
 * only if it comes from the subscribed server (src/redis/tracking/subscription.h).
 * The processes are a server, a writer, the tracker with its connection, a child
 * that loads a value and keeps it, and a child that reads the near-cache. Before
 * the load another server may appear behind the same address: loads and writes
 * go to the new server, while the tracker's connection and its heartbeat stay
 * with the old one. Time passes at any moment, so each process may be stopped
 * anywhere for any time.
 *
 * Promise: the reader never accepts a value whose replacement was acknowledged
 * longer than the lease before the read began.
 *
 * t/check/model.sh runs it unchanged, which must find no error, and with each of
 * these defines, which must find one:
 *
 *   spin -DWITHOUT_EPOCH -run t/model/near_cache.pml    an invalidation deletes
 *       the entry, and epochs are not compared: a value that was loaded before
 *       the change is kept after it
 *   -DLATE_TICKET    the epoch is read when the value is kept, not before the
 *       load
 *   -DLATE_LEASE     the reader reads the lease after the epoch: an invalidation
 *       comes in between, and a newer lease covers an older value
 *   -DLEASE_OF_PONG  the lease begins when the heartbeat's reply arrives, not
 *       when the heartbeat was sent
 *   -DWITHOUT_FLUSH  a new connection does not drop all entries
 *   -DFLUSH_FIRST    a new connection drops them before tracking is on
 *   -DANY_SOURCE     a value of another server is kept as well
 */
#define TIME     4 /* the last moment */
#define LEASE    2
#define VERSIONS 1 /* changes of the value; it begins with version 0 */
#define NONE     2 /* no server */
#define LOSSES   1 /* of the connection */

mtype = { invalidation, pong };

byte now_is = 0;

/* The store. */
byte version = 0;
byte acked = 0;             /* the newest version whose writer has its reply */
byte acked_at[VERSIONS + 1];
byte server_is = 0;         /* behind the address */
byte connected_to = 0;           /* where the connection of the tracker leads */
bool is_tracking = true;
chan messages = [3] of { mtype }; /* to the tracker, in order */
chan ping = [1] of { bit };

/* Memory that the children share. */
byte epoch = 0;
byte subscribed_to = 0;       /* values of this server are kept; NONE */
byte leased_at = 0;
bool is_leased = false;
bool is_there = false;      /* the entry, which is read and written atomically */
byte entry = 0;
byte entry_epoch = 0;

active proctype time()
{
    do
    :: now_is < TIME -> now_is++
    :: now_is == TIME -> break
    od
}

/* The server sends an invalidation before the reply to the writer. */
active proctype writer()
{
    do
    :: version < VERSIONS ->
        atomic {
            version++;
            if
            :: is_tracking && connected_to == server_is && nfull(messages) -> messages!invalidation
            :: !is_tracking || connected_to != server_is -> skip
            fi
        }
        atomic { acked = version; acked_at[version] = now_is }
    :: break
    od
}

active proctype server()
{
end:
    do
    :: atomic {
        ping?_;
        if
        :: is_tracking && nfull(messages) -> messages!pong
        :: !is_tracking -> skip
        fi
       }
    od
}

active proctype tracker()
{
    byte pinged_at;
    byte losses = 0;
    bool is_pinging = false;

end:
    do
    :: !is_pinging && now_is < TIME ->
        pinged_at = now_is;
        is_pinging = true;
        ping!1
    :: messages?invalidation ->
#ifdef WITHOUT_EPOCH
        is_there = false
#else
        epoch++
#endif
    :: messages?pong ->
        atomic {
            is_pinging = false;
#ifdef LEASE_OF_PONG
            pinged_at = now_is;
#endif
            if
            :: pinged_at >= leased_at -> leased_at = pinged_at; is_leased = true
            :: else -> skip
            fi;
            pinged_at = 0 /* fewer states */
        }
    :: losses < LOSSES ->
        losses++;
        /* The connection breaks, with all that was on its way. */
        atomic {
            is_tracking = false;
            subscribed_to = NONE;
            do
            :: messages?_
            :: ping?_
            :: empty(messages) && empty(ping) -> break
            od
        }
#ifdef FLUSH_FIRST
        epoch++;
#endif
        atomic {
            is_tracking = true;
            connected_to = server_is;
            is_pinging = false;
            pinged_at = 0
        }
#if !defined(WITHOUT_FLUSH) && !defined(FLUSH_FIRST)
#ifdef WITHOUT_EPOCH
        is_there = false;
#else
        epoch++;
#endif
#endif
        subscribed_to = connected_to
    od
}

active proctype loader()
{
    byte ticket, value, its_source;
    byte rounds = 0;

    do
    :: rounds < 1 ->
        rounds++;
        atomic {
            if
            :: version < VERSIONS -> server_is = 1 /* later it makes no difference */
            :: skip
            fi;
            ticket = epoch
        }
        /* The server reads the value at any moment. */
        atomic { value = version; its_source = server_is }
        skip;            /* the reply arrives */
#ifdef LATE_TICKET
        ticket = epoch;
#endif
        atomic {
            if
#ifndef ANY_SOURCE
            :: its_source != subscribed_to -> skip
            :: its_source == subscribed_to ->
#else
            :: true ->
#endif
                is_there = true;
                entry = value;
                entry_epoch = ticket
            fi
        }
    :: break
    od
}

active proctype reader()
{
    byte began, until, value, its_epoch;
    bool is_live, is_hit;

    /* Once, at any moment: the reader changes nothing that others see. */
    atomic {
        now_is > LEASE;
        began = now_is
    }
    until = leased_at + LEASE;
    is_live = is_leased;
    atomic {
        is_hit = is_there;
        value = entry;
        its_epoch = entry_epoch;
    }
#ifndef WITHOUT_EPOCH
    is_hit = is_hit && its_epoch == epoch;
#endif
#ifdef LATE_LEASE
    until = leased_at + LEASE;
    is_live = is_leased;
#endif
    if
    :: is_hit && is_live && began < until ->
        assert(!(acked > value && acked_at[value + 1] + LEASE < began))
    :: else -> skip
    fi
}
