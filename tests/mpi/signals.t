#!/bin/sh
# signals.t - signals and the wall clock: exit status, what is published, how fast it ends, and that a
# publication in the middle changes nothing. Some cases only where AUS_LONG is set.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

auspex="$AUS_TOP_BUILDDIR/auspex"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small.json"
cd "$tap_dir" || exit 99
unset SLURM_JOB_ID SLURM_JOB_END_TIME
n_trials=60
# An instrumented program looks for leaks when it ends, and all it does takes longer.
slower=1
if nm "$auspex" 2>/dev/null | grep -Eq '__(asan|gcov)_init'; then slower=8; fi
faults=delay_ms=200,seed=1 # 60 trials of 0.1 s in the mean: 6 s on one rank, 2 s on three

# begin NAME RANKS OPTIONS...: start a run in the background and wait until its first rows are there
begin() {
  name=$1 ranks=$2
  shift 2
  launcher=
  [ "$ranks" -eq 0 ] || launcher="$AUS_MPIRUN --oversubscribe -n $ranks"
  AUSPEX_FAULT=$faults $launcher "$auspex" run "$small" --set 'stages=[sample, initial]' \
    --set serverless.n=$n_trials -o "$tap_dir/$name.h5" "$@" >"$name.log" 2>&1 </dev/null &
  pid=$!
  (sleep $((60 * slower)); kill -KILL $pid) >/dev/null 2>&1 &
  watchdog=$!
  i=0
  while [ $i -lt $((200 * slower)) ] && kill -0 $pid 2>/dev/null && ! ls "$name".run/shards/*.h5 >/dev/null 2>&1; do
    sleep 0.05
    i=$((i + 1))
  done
  sleep 0.2
  begun=$(date +%s%N)
}

# end: wait for it; its exit status in $status, milliseconds since begin returned in $took
end() {
  wait $pid
  status=$?
  took=$((($(date +%s%N) - begun) / 1000000))
  kill $watchdog 2>/dev/null
  wait $watchdog 2>/dev/null
}

# appears FILE: wait for it while the run goes on
appears() {
  while [ ! -e "$1" ] && kill -0 $pid 2>/dev/null; do
    sleep 0.05
  done
}

# trials NAME COMPLETE LOW HIGH TEXT: the file has the attribute complete, and LOW..HIGH trials in order
trials() {
  if [ -z "$AUS_PYTHON" ]; then
    skip "$5" "no python3 with h5py"
    return
  fi
  "$AUS_PYTHON" - "$1.h5" "$2" "$3" "$4" >"$1.out" 2>&1 <<'PY'
import sys, h5py
f = h5py.File(sys.argv[1])
t = f["trials/initial"]
n = t["id"].shape[0]
assert f.attrs["complete"] == int(sys.argv[2]), f.attrs["complete"]
assert int(sys.argv[3]) <= n <= int(sys.argv[4]), n
assert (t["index"][:] == range(n)).all() and (t["status"][:] == 0).all()
f.visititems(lambda name, x: x[()] if isinstance(x, h5py.Dataset) else None)
PY
  result $? "$5" "$1.out"
}

# early NAME STATUS TEXT: stopped early, with the advice, and resumable
early() {
  expect "$2" "$status" "$3: exit status"
  grep -q "auspex: stopped early: [0-9]* of $n_trials trials; run the same command again to go on" "$1.log" &&
    [ -f "$1.run/auspex.run" ]
  result $? "$3: advice, directory kept" "$1.log"
}

# quick LIMIT TEXT: it took at most LIMIT ms
quick() {
  [ "$took" -le $(($1 * slower)) ]
  result $? "$2 (limit $1 ms)"
  echo "# $took ms"
}

# ---- one rank, without a launcher ----

begin usr1 0
kill -USR1 $pid
end
early usr1 75 "USR1, one rank"
grep -q 'SIGUSR1: no new trials, running ones have 300 s' usr1.log
result $? "the reason is logged" usr1.log
trials usr1 0 1 59 "what was done is published, marked as incomplete"

for signal in TERM $(long && echo INT); do
  begin $signal 0
  kill -$signal $pid
  end
  early $signal 75 "$signal, one rank"
  [ ! -e $signal.h5 ]
  result $? "$signal, one rank: no publication"
  quick 3000 "$signal, one rank: at once"
done

begin wall 0 --walltime 3 --set engine.margin_s=1
end
early wall 75 "end of the wall clock"
grep -q 'the wall clock: no new trials' wall.log
result $? "the reason is logged" wall.log
trials wall 0 1 59 "what was done is published"

if long; then
  SLURM_JOB_END_TIME=$(($(date +%s) + 3))
  export SLURM_JOB_END_TIME
  begin slurm 0 --set engine.margin_s=1 --set engine.grace_s=0
  end
  unset SLURM_JOB_END_TIME
  early slurm 75 "end of a Slurm job"

  begin every 0 --publish-every 2
  appears every.h5
  kill -0 $pid 2>/dev/null && cp every.h5 middle.h5
  result $? "published while the run goes on" every.log
  trials middle 0 0 59 "and readable"
  end
  expect 0 $status "the run goes on to its end"
fi

timeout 300 "$auspex" run "$small" --walltime 5m -o bad.h5 >bad.log 2>&1
expect "2 auspex: --walltime 5m: need SECONDS, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS" \
  "$? $(cat bad.log)" "a wrong wall clock is refused"

# ---- under mpirun ----

if [ "$AUS_MPIRUN" = no ]; then
  skip "under mpirun" "no mpirun"
  done_testing
  exit
fi

begin drain 3
kill -USR1 $pid
end
early drain 75 "USR1 to mpirun"
trials drain 0 1 59 "USR1 to mpirun: published"
expect 1 "$(grep -c 'SIGUSR1: no new trials' drain.log)" "the signal of all ranks counts once"
quick 60000 "USR1 to mpirun: well before the grace is over"

begin term 3
kill -TERM $pid
end
expect 1 $status "TERM to mpirun: its own exit status"
grep -q 'SIGTERM: stopping at once' term.log && grep -q 'stopped early' term.log && [ ! -e term.h5 ]
result $? "TERM to mpirun: rank 0 stopped by itself" term.log
quick 10000 "TERM to mpirun: gone"
i=0
while [ $i -lt 20 ] && grep -la "$tap_dir/[t]erm\.h5" /proc/[0-9]*/cmdline >left.log 2>/dev/null; do
  sleep 0.1
  i=$((i + 1))
done
[ ! -s left.log ]
result $? "TERM to mpirun: no process is left" left.log

expect 75 "$("$auspex" status --exit-code term.run >status.log 2>&1; echo $?)" "TERM to mpirun: the status tells the truth"

# A worker that alone gets a signal lives, and the run ends as if all had got it.
worker_of() {
  for p in $(cat /proc/$pid/task/*/children); do
    tr '\0' '\n' <"/proc/$p/environ" 2>/dev/null | grep -q '^OMPI_COMM_WORLD_RANK=2$' && echo "$p"
  done
}
begin worker 3
kill -TERM "$(worker_of)"
end
early worker 75 "TERM to one worker"
[ ! -e worker.h5 ]
result $? "TERM to one worker: no publication"

begin go_on 3
kill -USR2 $pid
appears go_on.h5
kill -0 $pid 2>/dev/null && cp go_on.h5 middle.h5
result $? "USR2 to mpirun: published while the run goes on" go_on.log
trials middle 0 0 59 "USR2 to mpirun: readable"
end
expect 0 $status "USR2 to mpirun: the run goes on to its end"
expect 1 "$(grep -c 'published .*/go_on.h5' go_on.log)" "USR2 to mpirun: published once"
[ ! -e go_on.run ]
result $? "its directory is gone" go_on.log
faults=
begin plain 0
end
for name in usr1 term $(long && echo TERM wall drain); do # the same command again
  begin $name 0
  end
  grep -q 'resumes a run with' $name.log && [ $status -eq 0 ] && [ ! -e $name.run ]
  result $? "$name: gone on to the end" $name.log
  if [ -n "$AUS_PYTHON" ]; then
    "$AUS_PYTHON" "$AUS_TOP_SRCDIR/tests/h5/same.py" plain.h5 $name.h5 >same.log 2>&1
    result $? "$name: as if nothing had happened" same.log
  fi
done
if [ -n "$AUS_PYTHON" ]; then
  "$AUS_PYTHON" "$AUS_TOP_SRCDIR/tests/h5/same.py" plain.h5 go_on.h5 >same.log 2>&1
  result $? "the same file as without signals" same.log
  if long; then
    "$AUS_PYTHON" "$AUS_TOP_SRCDIR/tests/h5/same.py" plain.h5 every.h5 >same.log 2>&1
    result $? "the same file as without publications now and then" same.log
  fi
else
  skip "the same file as without signals" "no python3 with h5py"
fi
done_testing
