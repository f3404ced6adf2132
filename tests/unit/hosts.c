/* hosts.c - who lives on this host, and where a fork is refused.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/hosts.h"
#include "util/clock.h"
#include "util/proc.h"

static aus_err err;

/* A child that lives until it is killed, and what it would say in its HELLO. */
static pid_t make_child(aus_wire_hello *h)
{
  pid_t pid = fork();

  if (pid == 0)
    for (;;)
      aus_clock_sleep(1);
  assert_true(pid > 0);
  *h = (aus_wire_hello){0};
  aus_hosts_me(h);
  h->pid = (uint64_t)pid;
  h->started = aus_proc_start(pid);
  return pid;
}

static void starts(void **state)
{
  aus_wire_hello h;
  uint64_t mine = aus_proc_start(getpid());
  pid_t pid;

  (void)state;
  assert_true(mine > 0 && mine == aus_proc_start(getpid()));
  assert_true(aus_proc_start(1) <= mine);
  assert_true(aus_proc_start(-1) == 0 && aus_proc_start(1ll << 40) == 0);
  /* A name with brackets and blanks in it does not confuse. */
  assert_int_equal(prctl(PR_SET_NAME, "a) Z 1 (b"), 0);
  assert_true(aus_proc_start(getpid()) == mine);
  pid = make_child(&h);
  assert_true(aus_proc_start(pid) >= mine);
  kill(pid, SIGKILL);
  /* Dead, but not waited for: its number is still there. */
  while (aus_proc_start(pid) != 0)
    aus_clock_sleep(0.001);
  assert_int_equal(kill(pid, 0), 0);
  waitpid(pid, NULL, 0);
  assert_true(aus_proc_start(pid) == 0);
}

static void lives_and_dies(void **state)
{
  aus_wire_hello h, other;
  pid_t pid = make_child(&h);

  (void)state;
  assert_true(aus_hosts_visible(&h) && aus_hosts_alive(&h));
  other = h;
  other.started++; /* the number has been given again */
  assert_false(aus_hosts_visible(&other) || aus_hosts_alive(&other));
  other = h;
  other.host[0] ^= 1;
  assert_false(aus_hosts_visible(&other));
  other = h;
  other.host[0] = '\0';
  assert_false(aus_hosts_visible(&other));
  other = h;
  other.started = 0; /* it could not tell */
  assert_false(aus_hosts_visible(&other));
  aus_hosts_me(&other);
  assert_true(other.pid == (uint64_t)getpid() && other.started > 0);
  assert_false(aus_hosts_visible(&other)); /* nobody watches over himself */
  kill(pid, SIGKILL);
  while (aus_hosts_alive(&h))
    aus_clock_sleep(0.001);
  waitpid(pid, NULL, 0);
  assert_false(aus_hosts_alive(&h));
}

static void forks(void **state)
{
  static const struct {
    const char *name, *value, *refused;
  } cases[] = {
      {"OMPI_MCA_pml", "ucx", "the transport ucx (OMPI_MCA_pml=ucx); if you know"},
      {"OMPI_MCA_pml", "ob1", NULL},
      {"OMPI_MCA_pml", "^ucx", NULL},
      {"OMPI_MCA_pml", "", NULL},
      {"OMPI_MCA_btl", "self,openib", "the transport openib (OMPI_MCA_btl=self,openib)"},
      {"OMPI_MCA_btl", "self,vader,tcp", NULL},
      {"OMPI_MCA_btl", "^openib,uct", NULL},
      {"OMPI_MCA_mtl", "psm2", "the transport psm (OMPI_MCA_mtl=psm2)"},
      {"OMPI_MCA_osc", "ucx", "OMPI_MCA_osc=ucx"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    setenv(cases[i].name, cases[i].value, 1);
    if (cases[i].refused)
      check_fails(aus_hosts_check_fork(true, &err), AUS_ECONFIG, cases[i].refused, &err);
    else
      check_ok(aus_hosts_check_fork(true, &err), &err);
    unsetenv(cases[i].name);
  }
  check_ok(aus_hosts_check_fork(true, &err), &err);
  check_fails(aus_hosts_check_fork(false, &err), AUS_ECONFIG, "more than one host", &err);
  assert_non_null(strstr(err.text, "engine.isolate_force=true"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(starts),
      cmocka_unit_test(lives_and_dies),
      cmocka_unit_test(forks),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
