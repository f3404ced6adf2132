/* poll.h - how long-running code looks up: is the run still wanted?
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Event loops call aus_poll_now() about every 4096 events; the hook itself looks at the clock and,
 * every 50 ms, at its messages. A NULL hook always says CONTINUE.
 */
#ifndef AUS_UTIL_POLL_H
#define AUS_UTIL_POLL_H

typedef enum aus_poll_answer { AUS_POLL_CONTINUE, AUS_POLL_CANCEL, AUS_POLL_STOP } aus_poll_answer;

typedef struct aus_poll {
  void *self;
  aus_poll_answer (*look)(void *self);
} aus_poll;

static inline aus_poll_answer aus_poll_now(const aus_poll *poll)
{
  return poll && poll->look ? poll->look(poll->self) : AUS_POLL_CONTINUE;
}

#endif
