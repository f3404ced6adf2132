#!/bin/sh
# requeue.t - jobscripts/slurm.slurm in a real Slurm: SIGUSR1, SIGTERM and scancel, and where AUS_LONG is set the
# time limit; the job comes back by itself (but not after scancel) and its result is that of a run nobody disturbed.
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The jobs run side by side, so the whole takes as long as the longest of them. mpirun sleeps through its whole
# sigkill timeout whenever a rank ends with a status other than 0: it is shorter here, unless AUS_LONG is set.
. "$AUS_TOP_SRCDIR/tests/slurm/common.sh"

script=jobscripts/slurm.slurm
if ! long; then
  script=$tap_dir/slurm.slurm
  sed 's/odls_base_sigkill_timeout 5/odls_base_sigkill_timeout 1/' jobscripts/slurm.slurm >"$script"
fi

# time_of NAME TEXT: when the job's log first said that, in seconds
time_of() {
  date -d "$(sed -n "s/^\\([0-9-]* [0-9:]*\\) $2\$/\\1/p" "$tap_dir/$1.log" | head -n 1)" +%s
}

submit drain "$script" && drain=$job
submit term "$script" && term=$job
submit cancel "$script" && cancel=$job
if long; then
  # Stops after 12 s; a SIGUSR1 one second before the end would come too late to be what does it.
  options="--set engine.margin_s=48" delay_ms=60
  submit wall "$script" --time=1 --signal=B:USR1@1 && wall=$job
  options='' delay_ms=40
fi

under_way cancel
scancel "$cancel"
under_way term
since=$(date +%s)
scancel --signal=TERM --full "$term"
under_way drain 40000
scancel --signal=USR1 --batch "$drain"
uninterrupted plain

said drain 120 "requeued$"
said term 120 "requeued$"
took=$(($(time_of term requeued) - since))
[ "$took" -ge 0 ] && [ "$took" -lt 30 ]
result $? "term: over before Slurm's SIGKILL 30 s after SIGTERM" "$tap_dir/term.log"
echo "# $took s"
said term 0 "the launcher ended with status"

said cancel 120 "not requeued: Slurm ends this job"
until_true 120 is_over "$cancel"
expect "CANCELLED 0" "$(shown "$cancel" JobState) $(shown "$cancel" Restarts)" "cancel: the job stays cancelled"
"$program" status --exit-code "$tap_dir/cancel.run" >"$tap_dir/out" 2>&1
expect 75 $? "cancel: the run can go on"
submit cancel "$script" --open-mode=append && again=$job

finishes drain "$drain" plain
finishes term "$term" plain
until_true 120 is_over "$again"
resumed cancel
same cancel plain
if long; then
  finishes wall "$wall" plain
  if says wall 'Forwarding signal'; then false; else says wall 'requeued$'; fi
  result $? "wall: the program knew the time limit by itself" "$tap_dir/wall.log"
fi
done_testing
