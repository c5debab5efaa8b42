/* SPDX-License-Identifier: Apache-2.0
 *
 * The near-cache's rules 1 and 2 (src/store/near_cache.h), and that a value is
 * put only if it is of the server that is listened to (src/redis/identity.h), as
 * a model, for one key, that spin searches from end to end: a store, whoever
 * writes to it, the listener and its connection, one child that asks the store
 * and puts what it got, and one that looks. Before it
 * is asked, another server may take the first one's place behind its address:
 * questions lead there and changes are made there, while the listener's
 * connection, and the signs of life, stay with the first. Time passes at any
 * moment, so each of them may be stopped anywhere for as long as there is time.
 *
 * Promised: who looks never accepts a value that was replaced, and the change
 * acknowledged, longer than the lease before it began to look.
 *
 * t/check/model.sh runs it as it is, which must find no error, and with each
 * of these, which must find one:
 *
 *   spin -DWITHOUT_EPOCH -run t/model/near_cache.pml    the news delete the
 *       entry, and nothing compares epochs: a value that was read before the
 *       change is put after it
 *   -DLATE_TICKET    the epoch is read when the value is put, not before the
 *       store is asked
 *   -DLATE_LEASE     who looks reads the lease after the epoch: the news come
 *       in between, and their lease is believed for a value from before them
 *   -DLEASE_OF_PONG  the lease counts from when the sign of life came, and not
 *       from when it was asked for
 *   -DWITHOUT_FLUSH  a new connection does not drop everything
 *   -DFLUSH_FIRST    ... or drops it before the server speaks there
 *   -DANY_SOURCE     what another server says is put as well
 */
#define TIME     4 /* how long it goes on */
#define LEASE    2
#define VERSIONS 1 /* of the value; 0 is there at the beginning */
#define NONE     2 /* of the servers */
#define LOSSES   1 /* how often the connection breaks */

mtype = { news, pong };

byte now_is = 0;

/* The store. */
byte version = 0;
byte acked = 0;             /* the newest version whose writer has its answer */
byte acked_at[VERSIONS + 1];
byte server_is = 0;         /* behind the address */
byte feed_is = 0;           /* that the listener's connection leads to */
bool is_tracking = true;
chan feed = [3] of { mtype }; /* to the listener, in order */
chan ping = [1] of { bit };

/* Memory that the children share. */
byte epoch = 0;
byte listened_to = 0;       /* what it says is put; NONE */
byte leased_at = 0;
bool is_leased = false;
bool is_there = false;      /* the entry, which is read and written as one */
byte entry = 0;
byte entry_epoch = 0;

active proctype time()
{
    do
    :: now_is < TIME -> now_is++
    :: now_is == TIME -> break
    od
}

/* The news go out before the answer to who made the change. */
active proctype writer()
{
    do
    :: version < VERSIONS ->
        atomic {
            version++;
            if
            :: is_tracking && feed_is == server_is && nfull(feed) -> feed!news
            :: !is_tracking || feed_is != server_is -> skip
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
        :: is_tracking && nfull(feed) -> feed!pong
        :: !is_tracking -> skip
        fi
       }
    od
}

active proctype listener()
{
    byte asked_at;
    byte losses = 0;
    bool is_asking = false;

end:
    do
    :: !is_asking && now_is < TIME ->
        asked_at = now_is;
        is_asking = true;
        ping!1
    :: feed?news ->
#ifdef WITHOUT_EPOCH
        is_there = false
#else
        epoch++
#endif
    :: feed?pong ->
        atomic {
            is_asking = false;
#ifdef LEASE_OF_PONG
            asked_at = now_is;
#endif
            if
            :: asked_at >= leased_at -> leased_at = asked_at; is_leased = true
            :: else -> skip
            fi;
            asked_at = 0 /* fewer states */
        }
    :: losses < LOSSES ->
        losses++;
        /* The connection breaks, with all that was on its way. */
        atomic {
            is_tracking = false;
            listened_to = NONE;
            do
            :: feed?_
            :: ping?_
            :: empty(feed) && empty(ping) -> break
            od
        }
#ifdef FLUSH_FIRST
        epoch++;
#endif
        atomic {
            is_tracking = true;
            feed_is = server_is;
            is_asking = false;
            asked_at = 0
        }
#if !defined(WITHOUT_FLUSH) && !defined(FLUSH_FIRST)
#ifdef WITHOUT_EPOCH
        is_there = false;
#else
        epoch++;
#endif
#endif
        listened_to = feed_is
    od
}

active proctype asker()
{
    byte ticket, value, its_source;
    byte rounds = 0;

    do
    :: rounds < 1 ->
        rounds++;
        atomic {
            if
            :: version < VERSIONS -> server_is = 1 /* later it is of no matter */
            :: skip
            fi;
            ticket = epoch
        }
        /* The answer, whenever it is given, and whose it is. */
        atomic { value = version; its_source = server_is }
        skip;            /* ... and comes */
#ifdef LATE_TICKET
        ticket = epoch;
#endif
        atomic {
            if
#ifndef ANY_SOURCE
            :: its_source != listened_to -> skip
            :: its_source == listened_to ->
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

active proctype looker()
{
    byte began, until, value, its_epoch;
    bool is_live, is_hit;

    /* Once, at any moment: what it does not change nobody else sees. */
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
