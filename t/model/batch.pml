/* SPDX-License-Identifier: Apache-2.0
 *
 * A model of the batches (src/redis/connection/batch.h,
 * src/redis/command/pipeline/batch_io.h), which spin searches completely. The processes
 * are threads with one load each, and the time: the deadline of each thread
 * passes at any moment, or never. A thread may find its deadline past while its
 * load waits, while it is in a batch, when it becomes the sender, and while it
 * sends. A section of the code that holds a lock is one step here.
 *
 * A reply is the number of the thread that asked, since all that matters is to
 * whom it belongs; the types of replies are left out. The server is slow: each
 * reply comes at any moment, and it arrives when it is read. The server lies LIES
 * times in all: it leaves out a reply, it sends one too many, or the connection
 * breaks. It does not lie twice in one batch, so that the one lie would hide the
 * other. Nothing can tell a reply too many from the reply to a load that is sent
 * alone, if it comes after that load was sent. So here it comes to a batch.
 *
 * Promise: no thread takes a reply that is not to its own command. No thread
 * waits past its deadline. Each load ends: with its reply, failed, or late. While
 * a load waits, a sender is at work; a thread sleeps only while a sender waits
 * for the server. A thread that has left is not written to.
 *
 * t/check/model.sh runs it unchanged, which must find no error, and with each of
 * these defines, which must find one:
 *
 *   spin -DWITHOUT_NUMBER -run t/model/batch.pml    the number that ends a batch
 *       is not checked: a reply too many moves all others
 *   -DEARLY       threads get their replies before the batch is read to its end
 *   -DKEEP_CONN   a connection goes back to the pool after a batch that failed:
 *       its replies come late, to another load
 *   -DTOUCH_LEFT  the sender does not look whether a thread has left
 *   -DLOST_TURN   a sender ends its turn and passes it to no other thread
 *   -DLOST_WAKE   the next sender is not woken
 *   -DLOST_GIVEN_UP  a sender whose deadline has passed passes its turn to no
 *       other thread
 */
#ifndef THREADS
#define THREADS 3
#endif
#define CONNS   2
#define SENDERS 2
#define LIES    1
#define NONE    255

/* Replies: 0 to THREADS - 1 is that to this thread's load. */
#define TOO_MANY  THREADS           /* belongs to no command */
#define NUMBER(t) (THREADS + 1 + t) /* ends the batch of thread t: it sends one */

mtype = { out, queued, sent, sender, answered, failed, abandoned };
mtype = { awake, asleep, woken };
mtype = { closed, idle, in_batch, alone };

/* The threads. */
byte joined = 0;
mtype place[THREADS] = out;
mtype sleep[THREADS] = awake;
byte reply[THREADS];     /* as read; taken when the place is `answered` */
bool is_late[THREADS];
bool is_done[THREADS];   /* nothing of the thread may be touched any more */

/* The batcher. */
byte senders = 0;
bool is_passing = false; /* a thread has the turn, but has not taken its batch */
chan queue = [THREADS] of { byte };
chan batch[THREADS] = [THREADS] of { byte }; /* without the sender itself */

/* The pool, and for each connection the replies that are to come. */
mtype use[CONNS] = closed;
chan wire[CONNS] = [2 * THREADS + 2] of { byte };
byte lies = 0;

/* The sender takes what waits, or as much of it as a batch may have. */
inline take_batch(first)
{
    place[first] = sender;
    is_passing = false;
    do
    :: queue?x -> place[x] = sent; batch[first]!x
    :: break
    od;
    x = 0
}

inline wake(thread)
{
    if
    :: thread != NONE && sleep[thread] == asleep -> sleep[thread] = woken
    :: else -> skip
    fi
}

/* The turn goes to the first that waits, whose thread is woken. It takes its batch
 * when it runs. */
inline pass_turn()
{
    next = NONE;
    if
#ifndef LOST_TURN
    :: !is_passing && nempty(queue) ->
        queue?next;
        place[next] = sender;
        is_passing = true
    :: is_passing || empty(queue) -> senders--
#else
    :: senders--
#endif
    fi;
#ifndef LOST_WAKE
    wake(next);
#endif
    next = NONE
}

inline give_up_turn()
{
    atomic {
        place[me] = out;
        is_passing = false;
#ifdef LOST_GIVEN_UP
        senders--
#else
        pass_turn()
#endif
    }
}

inline close(conn)
{
    do
    :: wire[conn]?_
    :: empty(wire[conn]) -> break
    od;
    use[conn] = closed
}

/* is_ok: there is a connection. An idle one on which something has arrived is
 * closed, and another one opened. */
inline borrow(how)
{
    if
    :: use[0] == idle || use[0] == closed -> c = 0; is_ok = true
    :: (use[0] == in_batch || use[0] == alone) &&
       (use[1] == idle || use[1] == closed) -> c = 1; is_ok = true
    :: is_late[me] -> is_ok = false
    fi;
    if
    :: is_ok && nempty(wire[c]) -> close(c); use[c] = how
    :: is_ok -> use[c] = how
    :: !is_ok -> skip
    fi
}

/* A connection that is no longer used. */
inline end_loan(is_good)
{
    if
    :: c == NONE -> skip
    :: c != NONE && is_good -> use[c] = idle
    :: c != NONE && !is_good -> close(c)
    fi;
    c = NONE
}

inline read_next()
{
    if
    :: wire[c]?r
    :: is_late[me] -> is_ok = false
    fi
}

/* The next reply, unless the sender's deadline or an error prevents it. */
inline read_reply()
{
    if
    :: wire[c]?r
    :: lies < LIES && nempty(wire[c]) -> /* one too few */
        lies++;
        wire[c]?r;
        read_next()
    :: lies < LIES && use[c] == in_batch -> lies++; r = TOO_MANY
    :: lies < LIES -> lies++; is_ok = false /* the connection breaks */
    :: is_late[me] -> is_ok = false
    fi
}

inline deliver(thread)
{
    if
#ifdef EARLY
    :: place[thread] != sent && place[thread] != abandoned -> skip
#endif
#ifndef TOUCH_LEFT
    :: place[thread] == abandoned -> place[thread] = out
    :: place[thread] == sent ->
#else
    :: place[thread] == sent || place[thread] == abandoned ->
#endif
        assert(!is_done[thread]);
        place[thread] = (is_ok -> answered : failed);
        wake(thread)
    fi
}

/* The result is is_ok. The own load is the first of the batch; then the batch
 * goes round once. */
inline run_batch()
{
    atomic {
        borrow(in_batch);
        if
        :: is_ok ->
            wire[c]!me;
            left = len(batch[me]);
            do
            :: left > 0 -> batch[me]?x; wire[c]!x; batch[me]!x; left--
            :: left == 0 -> break
            od;
            wire[c]!NUMBER(me)
        :: !is_ok -> skip
        fi;
        x = 0
    }
    atomic {
        left = len(batch[me]) + 1;
        x = me;
        do
        :: is_ok && left > 0 ->
            read_reply();
            if
            :: is_ok ->
                reply[x] = r;
                left--;
#ifdef EARLY
                if
                :: x != me -> deliver(x)
                :: x == me -> skip
                fi;
#endif
                if
                :: left > 0 -> batch[me]?x; batch[me]!x
                :: left == 0 -> skip
                fi
            :: !is_ok -> skip
            fi
        :: is_ok && left == 0 -> break
        :: !is_ok -> break
        od;
        if
        :: is_ok ->
            read_reply();
#ifndef WITHOUT_NUMBER
            is_ok = is_ok && r == NUMBER(me)
#endif
        :: !is_ok -> skip
        fi;
#ifdef KEEP_CONN
        end_loan(true);
#else
        end_loan(is_ok);
#endif
        r = 0;
        x = 0;
        left = 0
    }
}

/* The result is is_ok. */
inline run_alone()
{
    atomic {
        borrow(alone);
        if
        :: is_ok -> wire[c]!me
        :: !is_ok -> skip
        fi
    }
    atomic {
        if
        :: is_ok -> read_reply()
        :: !is_ok -> skip
        fi;
        assert(!is_ok || r == me);
        end_loan(is_ok);
        r = 0
    }
}

active [THREADS] proctype thread()
{
    byte me = _pid;
    byte x = 0;
    byte next = NONE;
    byte left = 0;
    byte c = NONE;
    byte r = 0;
    bool is_ok = false;

    /* Threads are alike, so they come in the order of their numbers. A thread
     * may become the second sender: the first one is slow. */
    atomic {
        joined == me;
        joined++;
        if
        :: !is_passing && senders < SENDERS && empty(queue) ->
            senders++;
            goto send_one
        :: !is_passing && senders < SENDERS && nempty(queue) ->
            senders++;
            take_batch(me);
            goto send
        :: senders > 0 -> place[me] = queued; queue!me
        fi
    }
await:
    atomic {
        if
        :: place[me] != queued && place[me] != sent -> goto turn
        /* It has waited for long. */
        :: place[me] == queued && !is_passing && senders < SENDERS ->
            is_passing = true;
            queue??eval(me);
            senders++;
            place[me] = sender;
            goto turn
        :: (place[me] == queued || place[me] == sent) && is_late[me] -> goto leave
        :: (place[me] == queued || place[me] == sent) && !is_late[me] ->
            sleep[me] = asleep
        fi
    }
    atomic { sleep[me] == woken || is_late[me] -> sleep[me] = awake; goto await }
leave:
    atomic {
        if
        :: place[me] == queued -> queue??eval(me); place[me] = out; goto done
        :: place[me] == sent -> place[me] = abandoned; goto done
        :: else -> skip
        fi
    }
turn:
    atomic {
        if
        :: place[me] == sender && !is_late[me] -> take_batch(me); goto send
        :: place[me] == sender && is_late[me] -> skip
        :: place[me] == answered ->
            assert(reply[me] == me);
            place[me] = out;
            goto done
        :: place[me] == failed -> place[me] = out; goto again
        fi
    }
    give_up_turn();
    goto done;
send:
    run_batch();
    atomic { place[me] = out; pass_turn() }
    do
    :: atomic { batch[me]?x -> deliver(x); x = 0 }
    :: empty(batch[me]) -> break
    od;
    if
    :: is_ok -> assert(reply[me] == me); goto done
    :: !is_ok -> goto again
    fi;
send_one:
    run_alone();
    atomic { pass_turn() }
    goto done;
again:
    run_alone();
done:
    atomic {
        is_done[me] = true;
        is_late[me] = true; /* fewer states */
        reply[me] = 0;
        is_ok = false
    }
}

active proctype time()
{
    do
    :: joined > 0 && !is_late[0] -> is_late[0] = true
    :: joined > 1 && !is_late[1] -> is_late[1] = true
    :: joined > 2 && !is_late[2] -> is_late[2] = true
#if THREADS > 3
    :: joined > 3 && !is_late[3] -> is_late[3] = true
#endif
    :: break
    od
}

/* While a load waits, a sender is at work. */
active proctype watch()
{
end:
    atomic { nempty(queue) && senders == 0 -> assert(false) }
}

/* When nothing can happen any more. */
active proctype rest()
{
    byte i = 0;
    byte waiting = 0;

    timeout;
    atomic {
        do
        :: i < THREADS ->
            assert(is_done[i] || !is_late[i]);
            assert(sleep[i] != asleep || place[i] == queued || place[i] == sent);
            waiting = waiting + (is_done[i] -> 0 : 1);
            i++
        :: i == THREADS -> break
        od;
        /* The server has not replied to a sender. */
        assert(waiting == 0 || use[0] == in_batch || use[0] == alone
               || use[1] == in_batch || use[1] == alone);
        assert(waiting > 0 || senders == 0)
    }
}
