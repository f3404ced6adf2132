/* topo.c - machines that do not exist, ranks on one core, and the process that this is.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "unit/check.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "par/topo.h"

/* Two sockets of 28 cores with two threads: PU 2k and 2k+1 are core k. */
static const char frontera[] = "pack:2 [numa] l3:1 core:28 pu:2";

static aus_err err;

static aus_topo look(const char *machine, const char *pus)
{
  aus_topo_machine *m;
  aus_topo t;

  check_ok(aus_topo_open(&m, machine, &err), &err);
  check_ok(aus_topo_look(m, pus, &t, &err), &err);
  aus_topo_close(m);
  return t;
}

static void looks(void **state)
{
  static const struct {
    const char *machine, *pus, *seen;
    int n_pus, n_machine, n_cores, core, numa, bound;
  } cases[] = {
      {frontera, "0-111", "0-111", 112, 112, 56, 0, 0, 0},
      {frontera, "0-1", "0-1", 2, 112, 1, 0, 0, 1},
      {frontera, "1", "1", 1, 112, 1, 0, 0, 1},
      {frontera, "111", "111", 1, 112, 1, 110, 1, 1},
      {frontera, "56-59", "56-59", 4, 112, 2, 56, 1, 1},
      {frontera, "55,56", "55-56", 2, 112, 2, 54, 0, 1},
      {frontera, "110-200", "110-111", 2, 112, 1, 110, 1, 1},
      {"core:4 pu:1", "3", "3", 1, 4, 1, 3, 0, 1},
      {"core:1 pu:1", "0", "0", 1, 1, 1, 0, 0, 0},
      {"pack:2 pu:2", "1,3", "1,3", 2, 4, 2, 1, 0, 1}, /* no cores: each PU is one */
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    aus_topo t = look(cases[i].machine, cases[i].pus);

    assert_string_equal(t.pus, cases[i].seen);
    assert_int_equal(t.n_pus, cases[i].n_pus);
    assert_int_equal(t.n_machine, cases[i].n_machine);
    assert_int_equal(t.n_cores, cases[i].n_cores);
    assert_int_equal(t.core, cases[i].core);
    assert_int_equal(t.numa, cases[i].numa);
    assert_int_equal(t.bound, cases[i].bound);
    assert_true(t.host[0]);
  }
}

static void long_list(void **state)
{
  char pus[2048] = "";
  size_t at = 0;
  int i;
  aus_topo t;

  (void)state;
  for (i = 1; i < 600; i += 2)
    at += (size_t)snprintf(pus + at, sizeof pus - at, "%d,", i);
  pus[at - 1] = '\0';
  t = look("core:600 pu:1", pus);
  /* It has no room, and half a list would be another one. */
  assert_string_equal(t.pus, "");
  assert_true(t.n_pus == 300 && t.n_cores == 300 && t.bound);
}

static void refuses(void **state)
{
  aus_topo_machine *m;
  aus_topo t;

  (void)state;
  check_fails(aus_topo_open(&m, "core:many", &err), AUS_EDEP, "hwloc cannot read the topology",
              &err);
  assert_null(m);
  check_ok(aus_topo_open(&m, "core:4 pu:1", &err), &err);
  check_fails(aus_topo_look(m, "4-7", &t, &err), AUS_EINVAL, "4-7: no PU of this machine", &err);
  assert_true(t.n_pus == 0 && t.core == -1 && t.numa == -1 && !t.bound && t.host[0]);
  check_fails(aus_topo_look(m, "first", &t, &err), AUS_EINVAL, "\"first\": no PUs", &err);
  check_fails(aus_topo_bind(m, "4", &err), AUS_EINVAL, "4: no PU of this machine", &err);
  aus_topo_close(m);
}

static void tells_cores(void **state)
{
  aus_topo_machine *m;
  int *core_of, n, i;

  (void)state;
  check_ok(aus_topo_open(&m, frontera, &err), &err);
  check_ok(aus_topo_cores(m, &core_of, &n, &err), &err);
  assert_int_equal(n, 112);
  for (i = 0; i < n; i++)
    assert_int_equal(core_of[i], i - i % 2);
  aus_free(core_of);
  aus_topo_close(m);
}

/* ---- the verdict ---- */

enum { MOST = 16 };

/* Ranks as "host:pus host:pus ..." on a machine. */
static int make_ranks(const char *machine, const char *text, aus_topo *rank)
{
  int n = 0, n_read;
  char host[16], pus[64];

  for (; sscanf(text, " %15[^:]:%63s%n", host, pus, &n_read) == 2; text += n_read) {
    assert_true(n < MOST);
    rank[n] = look(machine, pus);
    snprintf(rank[n++].host, sizeof rank->host, "%s", host);
  }
  return n;
}

static aus_topo_verdict judge(const char *machine, const char *text)
{
  aus_topo rank[MOST];
  aus_topo_machine *m;
  aus_topo_verdict v;
  int *core_of, n_pus, n = make_ranks(machine, text, rank);

  check_ok(aus_topo_open(&m, machine, &err), &err);
  check_ok(aus_topo_cores(m, &core_of, &n_pus, &err), &err);
  check_ok(aus_topo_judge(rank, n, core_of, n_pus, &v, &err), &err);
  aus_free(core_of);
  aus_topo_close(m);
  return v;
}

static void judges(void **state)
{
  static const char four[] = "core:4 pu:1";
  static const struct {
    const char *machine, *ranks;
    int n_shared, manager_shares;
    const char *shared, *free_core;
  } cases[] = {
      /* Bound as it should be, or not at all: nothing to say, nothing to do. */
      {frontera, "a:0-1 a:2-3 a:4-5", 0, 0, "", ""},
      {frontera, "a:0-111 a:0-111 a:0-111", 0, 0, "", ""},
      {frontera, "a:0-55 a:0-55 a:56-111 a:56-111", 0, 0, "", ""},
      {"core:1 pu:2", "a:0-1 a:0-1", 0, 0, "", ""},
      {frontera, "a:0-1", 0, 0, "", ""},
      /* The same numbers on two hosts are two cores. */
      {frontera, "a:0-1 b:0-1", 0, 0, "", ""},
      /* One of the two has other cores, too. */
      {frontera, "a:0-1 a:0-3", 0, 0, "", ""},
      /* Rank 0 with a worker; the next free core is behind those that others may use. */
      {frontera, "a:0-1 a:0-1", 1, 1, "ranks 0, 1 on a are bound to the same core (0-1)", "2,3"},
      {frontera, "a:0-1 a:0-1 a:2-3 a:4-7", 1, 1,
       "ranks 0, 1 on a are bound to the same core (0-1)", "8,9"},
      /* Two threads of one core are one core. */
      {frontera, "a:4 a:5", 1, 1, "ranks 0, 1 on a are bound to the same core (4)", "0,1"},
      /* A core of which a rank may use one thread is not free. */
      {frontera, "a:4 a:5 a:1", 1, 1, "ranks 0, 1 on a are bound to the same core (4)", "2,3"},
      /* What ranks of other hosts use does not matter. */
      {four, "a:0 a:0 b:1 b:2", 1, 1, "ranks 0, 1 on a are bound to the same core (0)", "1"},
      /* Nothing is free. */
      {four, "a:0 a:0 a:1 a:2-3", 1, 1, "ranks 0, 1 on a are bound to the same core (0)", ""},
      {four, "a:0 a:0 a:0-3", 1, 1, "ranks 0, 1 on a are bound to the same core (0)", ""},
      /* Only workers: warned of, not touched. */
      {four, "a:0 a:1 a:1 a:1", 1, 0, "ranks 1, 2, 3 on a are bound to the same core (1)", ""},
      {four, "a:0 b:0 b:0 b:1 b:1", 2, 0, "ranks 1, 2 on b are bound to the same core (0)", ""},
      {four, "a:3 a:3 a:3 a:3 a:3 a:3 a:3 a:3 a:3 a:3 a:3", 1, 1,
       "ranks 0, 1, 2, 3, 4, 5, 6, 7 and 3 more on a are bound to the same core (3)", "0"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    aus_topo_verdict v = judge(cases[i].machine, cases[i].ranks);

    assert_string_equal(v.shared, cases[i].shared);
    assert_string_equal(v.free_core, cases[i].free_core);
    assert_int_equal(v.n_shared, cases[i].n_shared);
    assert_int_equal(v.manager_shares, cases[i].manager_shares);
  }
}

static void judges_the_unknown(void **state)
{
  aus_topo rank[3];
  aus_topo_verdict v;
  static const int core_of[] = {0, -1, -1, 3, 3}, lone[] = {0};

  (void)state;
  assert_int_equal(make_ranks("core:5 pu:1", "a:0 a:0", rank), 2);
  /* Cores 1 and 2 are not the job's. */
  check_ok(aus_topo_judge(rank, 2, core_of, 5, &v, &err), &err);
  assert_string_equal(v.free_core, "3,4");
  /* Rank 0 does not know its machine. */
  check_ok(aus_topo_judge(rank, 2, NULL, 0, &v, &err), &err);
  assert_true(v.manager_shares && v.free_core[0] == '\0');
  /* A rank beyond the table. */
  assert_int_equal(make_ranks("core:5 pu:1", "a:0 a:0 a:4", rank), 3);
  check_ok(aus_topo_judge(rank, 3, lone, 1, &v, &err), &err);
  assert_true(v.manager_shares && v.free_core[0] == '\0');
  /* Somebody is there, but nobody knows where: no core is known to be free. */
  rank[2] = (aus_topo){.host = "a", .core = -1, .numa = -1};
  check_ok(aus_topo_judge(rank, 3, core_of, 5, &v, &err), &err);
  assert_true(v.n_shared == 1 && v.free_core[0] == '\0');
  /* Two of them are not on one core. */
  rank[0] = rank[1] = rank[2];
  check_ok(aus_topo_judge(rank, 3, core_of, 5, &v, &err), &err);
  assert_int_equal(v.n_shared, 0);
}

/* ---- this process ---- */

/* Line of /proc/self/status. */
static void cpus_allowed(char *out, size_t size)
{
  char line[4096];
  FILE *from = fopen("/proc/self/status", "r");

  out[0] = '\0';
  assert_non_null(from);
  while (fgets(line, sizeof line, from))
    if (strncmp(line, "Cpus_allowed_list:\t", 19) == 0) snprintf(out, size, "%.500s", line + 19);
  fclose(from);
  out[strcspn(out, "\n")] = '\0';
}

static void sees_itself(void **state)
{
  char want[AUS_TOPO_LIST];
  cpu_set_t set;
  aus_topo t = look(NULL, NULL);

  (void)state;
  cpus_allowed(want, sizeof want);
  assert_string_equal(t.pus, want);
  assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
  assert_int_equal(t.n_pus, CPU_COUNT(&set));
  assert_true(t.n_machine >= t.n_pus && t.n_cores >= 1 && t.n_cores <= t.n_pus);
  assert_true(t.core >= 0 && t.numa >= 0 && t.bound == (t.n_pus < t.n_machine));
}

/* In a process of its own, so that the other tests stay where they are. */
static int bind_to_last(void)
{
  aus_topo_machine *m;
  aus_topo before, after;
  char last[32];
  cpu_set_t set;
  size_t pu;

  if (aus_topo_open(&m, NULL, NULL) || aus_topo_look(m, NULL, &before, NULL)) return 1;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 2;
  for (pu = CPU_SETSIZE - 1; !CPU_ISSET(pu, &set);)
    pu--;
  snprintf(last, sizeof last, "%zu", pu);
  if (aus_topo_bind(m, last, NULL) || aus_topo_look(m, NULL, &after, NULL)) return 3;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 4;
  if (CPU_COUNT(&set) != 1 || !CPU_ISSET(pu, &set)) return 5;
  if (strcmp(after.pus, last) != 0 || after.n_pus != 1 || after.n_cores != 1) return 6;
  if (after.bound != (after.n_machine > 1)) return 7;
  aus_topo_close(m);
  return 0;
}

static void binds(void **state)
{
  int status;
  pid_t pid = fork();

  (void)state;
  if (pid == 0) _exit(bind_to_last());
  assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- memory ---- */

static int all_of_it(void)
{
  int rc = AUS_OK, n, *core_of = NULL;
  aus_topo_machine *m = NULL;
  aus_topo rank[2];
  aus_topo_verdict v;

  AUS_TRY(aus_topo_open(&m, frontera, &err));
  AUS_TRY(aus_topo_look(m, "0", &rank[0], &err));
  rank[1] = rank[0];
  AUS_TRY(aus_topo_cores(m, &core_of, &n, &err));
  AUS_TRY(aus_topo_judge(rank, 2, core_of, n, &v, &err));
  assert_string_equal(v.free_core, "2,3");
done:
  aus_free(core_of);
  aus_topo_close(m);
  return rc;
}

static void out_of_memory(void **state)
{
  int64_t n, live = aus_alloc_live();
  int rc = AUS_ENOMEM;

  (void)state;
  for (n = 0; rc != AUS_OK; n++) {
    aus_err_clear(&err);
    aus_alloc_fail_at(n);
    rc = all_of_it();
    assert_true(rc == (aus_alloc_failed() ? AUS_ENOMEM : AUS_OK));
    assert_int_equal(aus_alloc_live(), live);
  }
  aus_alloc_fail_at(-1);
  assert_int_equal(n, 4); /* machine, table, busy cores, and the walk that succeeds */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(looks),         cmocka_unit_test(long_list),
      cmocka_unit_test(refuses),       cmocka_unit_test(tells_cores),
      cmocka_unit_test(judges),        cmocka_unit_test(judges_the_unknown),
      cmocka_unit_test(sees_itself),   cmocka_unit_test(binds),
      cmocka_unit_test(out_of_memory),
  };

  return cmocka_run_group_tests_name("topo", tests, NULL, NULL);
}
