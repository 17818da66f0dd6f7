/* The protocol by which finalizers are run, for the model checker spin: turns,
   late registration, overtaking, giving back, forcing, scopes. Each atomic is
   one section under the manager's lock; between two of them anything may
   happen. Time is a choice: a slot may end at any moment, and so may the whole
   stop. .ci/model has it proved for small numbers, and plants the faults.

   -DN=n      finalizers on the manager's list
   -DINNER=n  finalizers of a scope that is on that list, below the newest; 0: no scope
   -DLATE=n   registered meanwhile; if there is a scope, the first of them in it
   -DSERVICE  the scope is a background service, which ends when it is told to
   -DUSER     meanwhile somebody calls Run on one and Unregister on another
   -DFORCED   a second Ctrl-C comes
   -DFAULT=n  one of these:
      1  who was overtaken goes on to the next
      2  the next is begun before the start of the last is confirmed
      3  it is looked for more, and then the list is closed, in two sections
      4  Run and Unregister also have what the stop has taken
      5  what was taken and not begun is given back on top of the list
      6  what a scope holds is run although its function still has time
      7  taking over forgets what the scope has taken and not begun
      8  what comes when the list is closed is forgotten
      9  a scope that was taken over still takes finalizers
     10  what was taken and not begun is overtaken, and not given back
     11  who was overtaken is waited for without a bound */
#ifndef N
#define N 3
#endif
#ifndef INNER
#define INNER 0
#endif
#ifndef LATE
#define LATE 1
#endif
#ifndef FAULT
#define FAULT 0
#endif
#define SCOPE   (N+INNER+LATE)          /* the scope's entry, after all finalizers */
#define NONE    (SCOPE+1)
#ifndef HALF
#define HALF (SCOPE+1)                  /* the most runners of one list */
#endif
#define RUNNERS (2*HALF)

#define NOWHERE 0                       /* where a finalizer is */
#define TAKEN   1                       /* off the list, and not begun */
#define OFF     2                       /* begun, or taken back by its owner */
#define ON      3                       /* ON+0: on the manager's list; ON+1: on the scope's */
byte where[8], rank[8];                 /* the list is a set; the highest rank is the newest */
byte seq;
bool closed[2], done[2];                /* a list takes nothing more; its finalization has returned */
byte busy[2];                           /* runners that are not idle */
bool forced, over;                      /* second Ctrl-C; the end of the last call */

/* Runners: first the manager's, then the scope's. */
byte has[RUNNERS], due[RUNNERS];        /* a finalizer, and as bits what must have been started before it */
bool used[RUNNERS], confirmed[RUNNERS], began[RUNNERS], overtaken[RUNNERS];

bool told, returned;                    /* the scope's function */
bool behind, timeUp;                    /* it had its time while the actors ended; it had its slot */
bool claimed, ranOver;                  /* Run has finalizer 0; and has returned */
byte handled;                           /* as bits: started or unregistered, never to be started again */

hidden byte f, i;                       /* only used within one section */

#define INSCOPE(g) (INNER > 0 && rank[g] > rank[SCOPE] && rank[g] < rank[SCOPE] + 8)
#define IS(g) where[g] == ON+l
#define SOMETHING(l) (IS(0) || IS(1) || IS(2) || IS(3) || IS(4) || IS(5) || IS(6) || IS(7))

inline newest(l) {
  f = NONE;
  for (i : 0 .. SCOPE) {
    if
    :: where[i] == ON+l && (f == NONE || rank[i] > rank[f]) -> f = i
    :: else
    fi
  }
}

inline start(g) {                       /* none twice */
  assert(!(handled & (1 << g)));
  handled = handled | (1 << g)
}

inline push(g, inScope) {
  if
  :: inScope && !closed[1] -> where[g] = ON+1; rank[g] = rank[SCOPE] + 1 + (g - N)
  :: !(inScope && !closed[1]) && !closed[0] -> where[g] = ON+0; seq++; rank[g] = 8 * seq
#if FAULT == 8
  :: else -> where[g] = OFF             /* forgets it */
#else
  :: else -> where[g] = OFF; start(g)   /* too late for the stop: at once, by itself */
#endif
  fi
}

inline take(l, r) {
  where[f] = TAKEN; has[r] = f; began[r] = false; due[r] = 0;
  for (i : 0 .. SCOPE-1) {
    if
    :: i != f && where[i] != NOWHERE && where[i] != OFF && rank[i] > rank[f] && (l == 0 || INSCOPE(i)) -> due[r] = due[r] | (1 << i)
    :: else
    fi
  }
}

inline giveBack(r, l) {                 /* to the place it had */
  where[has[r]] = ON+l;
#if FAULT == 5
  seq++; rank[has[r]] = 8 * seq;        /* on top */
#endif
  has[r] = NONE; due[r] = 0
}

inline takeOver() {                     /* the manager's list has what the scope still holds */
#if FAULT != 9
  closed[1] = true;
#endif
  for (i : 0 .. SCOPE-1) {
    if :: where[i] == ON+1 -> where[i] = ON+0 :: else fi
  }
#if FAULT != 7
  for (i : HALF .. RUNNERS-1) {
    if :: has[i] != NONE && !began[i] -> giveBack(i, 0) :: else fi
  }
#endif
}

inline rest(r, l) { used[r] = false; overtaken[r] = false; busy[l]-- }

/* The time of the scope is up. Whoever sees it first takes over. */
#define LEAVE(r) if :: has[r] == SCOPE && !done[1] && !timeUp -> timeUp = true; takeOver() :: else fi

#define OWNERS(r) (has[r] == 0 && claimed)      /* Run has it: it is only waited for */

proctype runner(byte r, l) {
  end:
  do
  :: atomic {                           /* begin */
       used[r] && !began[r];
       confirmed[r] = true;
       if
       :: has[r] == NONE -> rest(r, l)  /* given back meanwhile */
       :: else ->
          if
          :: has[r] == SCOPE -> told = true
          :: OWNERS(r)
          :: else ->
             start(has[r]);
             assert(!(due[r] & ~handled));      /* newest first */
             assert(INSCOPE(has[r]) -> returned || timeUp : true)   /* not under its function */
          fi;
          began[r] = true; due[r] = 0; where[has[r]] = OFF
       fi
     }
  :: began[r] && has[r] != SCOPE && !OWNERS(r) -> end_stuck: false
  :: atomic {                           /* next */
       began[r] && (has[r] == SCOPE -> done[1] || timeUp || over : !OWNERS(r) || ranOver || over);
       LEAVE(r);
       has[r] = NONE; began[r] = false;
       newest(l);
       if
#if FAULT == 1
       :: f != NONE && f != SCOPE -> take(l, r)
#else
       :: f != NONE && f != SCOPE && !overtaken[r] -> take(l, r)
#endif
       :: rest(r, l)                    /* the slot, which they share, has ended */
       fi
     }
  od
}

inline turn(l) {                        /* takes the newest, or something else that makes room for it */
  newest(l);
  if
  :: f == SCOPE && behind -> where[SCOPE] = OFF; timeUp = true; takeOver()
#if FAULT == 6
  :: f == SCOPE && !behind -> where[SCOPE] = OFF; takeOver()
#endif
  :: else -> skip
  fi;
  newest(l);
  if
  :: f != NONE ->
     r = l * HALF;
     do :: used[r] -> r++ :: else -> break od;
     used[r] = true; confirmed[r] = false; busy[l]++;
     take(l, r)
  :: else -> r = RUNNERS               /* nothing */
  fi
}

proctype finalize(byte l) {
  byte r;
  end: l == 0 || returned;
again:
  do
  :: atomic {
       if :: over -> closed[l] = true :: else fi;
       turn(l);
       if :: r == RUNNERS -> break :: else fi
     }
     atomic {                           /* overtake: its slot ends, or has ended, or all must hurry */
#if FAULT != 2
       confirmed[r];
#endif
       if
       :: has[r] == NONE
#if FAULT != 2 && FAULT != 10
       :: has[r] != NONE && !began[r] -> giveBack(r, l); overtaken[r] = true
#endif
       :: else -> overtaken[r] = true; LEAVE(r)
       fi;
       confirmed[r] = false; r = 0
     }
  od;
  if                                    /* who was overtaken is waited for, and what is new goes first */
  :: SOMETHING(l)
#if FAULT == 11
  :: busy[l] == 0
#else
  :: busy[l] == 0 || forced || over || l == 1   /* a scope's own time may be over at any moment */
#endif
  fi;
#if FAULT == 3
  if :: SOMETHING(l) -> goto again :: else fi;
  closed[l] = true                      /* in a section of its own */
#else
  atomic {
    if :: SOMETHING(l) -> goto again :: else -> closed[l] = true fi
  }
#endif
  ;
  atomic {
    done[l] = true;
    if :: l == 1 && where[SCOPE] == ON+0 -> where[SCOPE] = OFF :: else fi
  }
}

proctype scope() {
#ifdef SERVICE
  told;
#endif
  if :: LATE > 0 -> atomic { push(N+INNER, true) } :: else fi;
  if :: skip :: true -> end_stuck: false fi;
  returned = true
}

proctype late(byte g) { atomic { push(g, false) } }

#ifdef USER
#if FAULT == 4
#define MINE(g) (where[g] >= ON || where[g] == TAKEN)
#else
#define MINE(g) (where[g] >= ON)        /* the stop has not come to it */
#endif
proctype calledRun() {
  atomic { if :: MINE(0) -> start(0); claimed = true :: else -> goto end fi };
  atomic { ranOver = true; if :: where[0] >= ON -> where[0] = OFF :: else fi };
end: skip
}
proctype unregister() {
  atomic { if :: MINE(1) -> where[1] = OFF; start(1) :: else fi }
}
#endif

proctype clock() {
#ifdef FORCED
  forced = true;
#endif
  over = true
}

init {
  atomic {
    for (i : 0 .. RUNNERS-1) { has[i] = NONE }
    for (i : 0 .. N-2) { seq++; where[i] = ON+0; rank[i] = 8 * seq }
#if INNER > 0
    seq++; where[SCOPE] = ON+0; rank[SCOPE] = 8 * seq;
    for (i : N .. N+INNER-1) { where[i] = ON+1; rank[i] = rank[SCOPE] + 1 + (i - N) }
    run scope(); run finalize(1);
    for (i : HALF .. RUNNERS-1) { run runner(i, 1) }
#endif
    for (i : 0 .. HALF-1) { run runner(i, 0) }
    seq++; where[N-1] = ON+0; rank[N-1] = 8 * seq;
#if INNER == 0 && LATE > 0
    run late(N);
#endif
#if LATE > 1
    run late(N+INNER+1);
#endif
#ifdef USER
    run calledRun(); run unregister();
#endif
    run clock();
    if
#ifndef SERVICE
    :: INNER > 0 -> behind = true       /* the actors' time was up before the scope */
#endif
    :: skip
    fi;
    run finalize(0)
  }
  done[0];                              /* Run returns; */
  atomic {                              /* none is lost */
    for (i : 0 .. SCOPE-1) { assert(where[i] == NOWHERE || handled & (1 << i)) }
  }
}
