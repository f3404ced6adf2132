#!/bin/sh
# status.t - auspex status: the table, the exit status of runs that ended, live or were killed, watching.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small-compat.json"
cd "$tap_dir" || exit 99

host=$(uname -n)
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
start_of() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20; }

# put STATE CODE HOST PID START UPDATED [MORE]: a status file by hand in x.run
put() {
  mkdir -p x.run
  printf '{"format": "auspex-status-1", "state": "%s", "code": %s, "study": "serverless", "stage": "initial",
"host": "%s", "pid": %s, "process_start": %s, "updated": "%s", "started": "2026-01-01T00:00:00Z", "ranks": 4%s}\n' \
    "$1" "$2" "$3" "$4" "$5" "$6" "${7-}" >x.run/status.json
}
# ends WANT NAME: what --exit-code gives, and that it is silent
ends() {
  "$auspex" status x.run --exit-code >out 2>err
  expect "$1" $? "$2"
  cat out err >both
  complaints "$2: silent" both
}
# One that never runs again: a zombie has ended, too, but its number is still taken.
sh -c 'exit 0' &
wait $!
gone=$!

put stopped 75 elsewhere 1 1 "$now"
ends 75 "a stopped run"
put failed 5 elsewhere 1 1 "$now"
ends 5 "a failed run"
put finished 0 "$host" $$ "$(start_of $$)" "$now"
ends 0 "a finished run, although its process is still there"
put running 75 "$host" $$ "$(start_of $$)" "$now"
ends 75 "a run that is alive"
put running 75 "$host" $$ 1 "$now"
ends 8 "the number of a process is used again, no journal"
put running 75 "$host" $gone 1 "$now"
ends 8 "a process that is gone, no journal"
: >x.run/journal.ausj
ends 75 "a process that is gone, with a journal"
put running 75 "$host" $gone 0 "$now"
ends 75 "no start time is known, the process is gone"
put starting 75 no-such-host 1 1 2026-01-01T00:00:00Z
ends 75 "another host, old, with a journal"
rm x.run/journal.ausj
ends 8 "another host, old, no journal"
put draining 75 no-such-host 1 1 "$now"
ends 75 "another host, fresh"

put failed 5 node7 1 1 "$now" ', "error": "too many", "warnings": ["1.5 engine: odd"], "eta_s": null,
"tasks": {"total": 40, "committed": 10, "running": 4, "queued": 20, "returned": 6, "failed": 3},
"trials_by_status": {"ok": 7, "fail_sim": 3}, "trials_per_s": 2.5, "events_per_s": 1234567, "rate_window_s": 60, "workers": 3,
"workers_busy": 2, "workers_lost": 1, "worker_utilisation": 0.93, "manager_load": 0.04,
"proposal_median_s": 0.0123, "wall_left_s": 3725, "journal_bytes": 1234567, "resumes": 2,
"best": [{"kind": "initial", "n_trials": 7, "y": 0.125, "campaign": 1, "index": 5}, {"kind": "late", "n_trials": 3, "y": null}]'
"$auspex" status x.run >out 2>err
expect 0 $? "a table, whatever the run's exit status"
sed 's/ updated .*/ updated/' out >table
cat >want <<'T'
run        x.run
study      serverless, stage initial, 4 ranks
state      failed, exit status 5
error      too many
time       started 2026-01-01T00:00:00Z, updated
tasks      10 of 40 committed (25 %), 4 running, 26 waiting, 3 failed
trials     7 ok, 3 fail_sim
rate       2.50 trials/s, 1.23e+06 events/s over the last 1:00 min
workers    3 alive, 2 busy, 1 lost, utilisation 93 %, manager load 4 %, proposal 12 ms
wall clock 1:02:05 h left
journal    1.2 MB, resumed 2 times
best       initial                 7 trials  0.125        trial 1:5
           late                    3 trials
warnings   1.5 engine: odd
T
diff want table >diff
result $? "the table" diff
"$auspex" status x.run --exit-code -v >out2 2>err
expect 5 $? "--exit-code -v"
sed 's/ updated .*/ updated/' out2 | diff want - >diff
result $? "shows the table, too" diff
"$auspex" status --json x.run >out 2>err
cmp out x.run/status.json >diff 2>&1
result $? "--json shows the file" diff

# A run of our own.
AUSPEX_FAULT=delay_ms=300,seed=1 timeout 300 "$auspex" run "$small" -q --set 'stages=[sample, initial]' --dir a.run -o a.h5 >log 2>&1 &
run=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  grep -qs '"running"' a.run/status.json && break
  sleep 0.1
done
"$auspex" status a.run >out 2>err
expect 0 $? "a run that is alive"
grep -q '^state      running, process ' out
result $? "is shown as running" out
timeout 300 "$auspex" status a.run --watch --interval 0.2 --exit-code -v >out 2>err
expect 0 $? "--watch ends with it"
# The last look may also fall between the run's end and the removal of its directory.
tail -1 out | grep -q '^run        a.run: finished' || grep -q '^state      finished' out
result $? "and says so" out
[ "$(grep -c '^study' out)" -ge 2 ]
result $? "after several looks" out
[ "$(grep -c '^$' out)" -eq "$(($(grep -c '^study' out) - 1))" ]
result $? "in blocks" out
wait $run
expect 0 $? "the run succeeded"

timeout 300 "$auspex" run "$small" -q --set serverless.max_time=1 --set engine.max_failed=3 --dir b.run -o b.h5 >log 2>&1
expect 5 $? "a run with too many failed trials"
"$auspex" status b.run --exit-code -v >out 2>err
expect 5 $? "--exit-code says the same"
grep -q '^error .*at most 3 may' out && grep -q '4 fail_sim' out
result $? "with the reason" out

# journal N: the journal has the size that the status file says, and so many resumes
journal() {
  size=$(sed -n 's/.*"journal_bytes": \([0-9]*\).*/\1/p' b.run/status.json)
  expect "$(wc -c <b.run/journal.ausj)" "$size" "size of the journal, resumed $1 times"
  "$auspex" status b.run >out 2>err
  grep -q "^journal  *[0-9.]* kB, resumed $1 times" out
  result $? "and in the table" out
}
journal 0
timeout 300 "$auspex" run "$small" -q --set serverless.max_time=1 --set engine.max_failed=3 --dir b.run -o b.h5 >log 2>&1
expect 5 $? "the same run again"
journal 1

AUSPEX_FAULT=delay_ms=2000,seed=1 timeout 300 "$auspex" run "$small" -q --dir c.run -o c.h5 >log 2>&1 &
run=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  grep -qs '"running"' c.run/status.json && break
  sleep 0.1
done
kill -9 "$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' c.run/status.json)"
wait $run 2>/dev/null
"$auspex" status c.run >out 2>err
grep -q '^state      killed while running' out
result $? "a killed run is shown as killed" out
rm -f c.run/journal.ausj
"$auspex" status c.run --exit-code
expect 8 $? "without a journal it is lost"
: >c.run/journal.ausj
timeout 10 "$auspex" status c.run --watch --exit-code
expect 75 $? "with one it goes on; nothing to watch"
done_testing
