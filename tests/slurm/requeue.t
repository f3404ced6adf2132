#!/bin/sh
# requeue.t - jobscripts/slurm.slurm in a real Slurm: SIGUSR1, the time limit, SIGTERM and scancel; the job
# comes back by itself (but not after scancel) and its result is that of a run nobody disturbed.
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The jobs run side by side, so the whole takes as long as the longest of them.
. "$AUS_TOP_SRCDIR/tests/slurm/common.sh"

submit drain jobscripts/slurm.slurm && drain=$job
submit term jobscripts/slurm.slurm && term=$job
submit cancel jobscripts/slurm.slurm && cancel=$job
# Stops after 12 s; a SIGUSR1 one second before the end would come too late to be what does it.
options="--set engine.margin_s=48" delay_ms=60
submit wall jobscripts/slurm.slurm --time=1 --signal=B:USR1@1 && wall=$job
options='' delay_ms=40

under_way cancel
scancel "$cancel"
under_way term
since=$(date +%s)
scancel --signal=TERM --full "$term"
under_way drain 40000
scancel --signal=USR1 --batch "$drain"
uninterrupted plain

said drain 30 "requeued$"
said term 30 "requeued$"
[ $(($(date +%s) - since)) -lt 30 ]
result $? "term: over before Slurm's SIGKILL 30 s after SIGTERM" "$tap_dir/term.log"
said term 0 "the launcher ended with status"

said cancel 30 "not requeued: Slurm ends this job"
until_true 30 is_over "$cancel"
expect "CANCELLED 0" "$(shown "$cancel" JobState) $(shown "$cancel" Restarts)" "cancel: the job stays cancelled"
"$program" status --exit-code "$tap_dir/cancel.run" >"$tap_dir/out" 2>&1
expect 75 $? "cancel: the run can go on"
submit cancel jobscripts/slurm.slurm --open-mode=append && again=$job

finishes drain "$drain" plain
finishes term "$term" plain
until_true 120 is_over "$again"
resumed cancel
same cancel plain
finishes wall "$wall" plain
if says wall 'Forwarding signal'; then false; else says wall 'requeued$'; fi
result $? "wall: the program knew the time limit by itself" "$tap_dir/wall.log"
done_testing
