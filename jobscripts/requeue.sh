# requeue.sh - run a study until it is finished, over several jobs; read by the scripts beside it.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
#
# The scripts set LAUNCH, AUSPEX, STUDY, OUTPUT and MAX_RESTARTS. auspex ends with 75 when it stopped early
# and the same command goes on from there; doc/running.md tells the whole story.
RUN=${OUTPUT%.h5}.run
launcher='' later='' passed='' woken=''

say() { echo "$(date '+%F %T') $*"; }

# Changes when FILE is replaced.
edition() { stat -c '%i %z' "$1" 2>/dev/null; }

# Ranks of this run on this node; one of them that gets a signal is enough.
ranks_here() {
  for p in $(pgrep -u "$(id -u)" -x "$(basename "$AUSPEX")"); do
    tr '\0' '\n' 2>/dev/null <"/proc/$p/cmdline" | grep -qxF -e "$RUN" && echo "$p"
  done
}

# pass SIGNAL: to the ranks, through the launcher where it is known to forward signals.
pass() {
  woken=yes
  [ "$1" = USR2 ] || passed=$1
  [ -n "$launcher" ] || return 0
  case $LAUNCH in
    mpirun* | srun*) kill -s "$1" "$launcher" ;;
    *) for p in $(ranks_here); do kill -s "$1" "$p"; done ;;
  esac 2>/dev/null
}

# SIGTERM: SIGKILL comes soon (in Slurm after KillWait, 30 s by default). Leave in good order; where that
# takes more than 10 s, at once.
hurry() {
  pass USR1
  [ -z "$later" ] || return 0
  (sleep 10 && [ -n "$(ranks_here)" ] && pass TERM) >/dev/null 2>&1 &
  later=$!
}

# A signal ends "wait" before the launcher ends, so wait again; 127: it had ended, and the code is known.
await() {
  code=127 woken=yes
  while [ -n "$woken" ]; do
    woken=''
    wait "$launcher"
    c=$?
    [ $c -eq 127 ] || code=$c
  done
}

# After a signal a launcher ends with a status of its own (mpirun with 1): what does the run say? It removes
# its directory when it has published the result. A program that was stopped before it could write there
# has lost nothing.
ask_run() {
  say "the launcher ended with status $code"
  if ! [ -d "$RUN" ] && [ "$(edition "$OUTPUT")" != "$old_output" ]; then
    code=0
  elif [ "$(edition "$RUN/status.json")" != "$old_status" ]; then
    "$AUSPEX" status --exit-code -v "$RUN"
    code=$?
  elif [ -n "$passed" ]; then
    code=75
  fi
}

# run_study OPTION...: sets code, and passed if a signal came that ends the run.
run_study() {
  launcher='' passed=''
  old_output=$(edition "$OUTPUT") old_status=$(edition "$RUN/status.json")
  trap 'pass USR1' USR1
  trap 'pass USR2' USR2
  trap hurry TERM
  say "$LAUNCH $AUSPEX run $STUDY -o $OUTPUT --dir $RUN $*"
  # shellcheck disable=SC2086 # words
  $LAUNCH "$AUSPEX" run "$STUDY" -o "$OUTPUT" --dir "$RUN" "$@" &
  launcher=$!
  await
  trap '' USR1 USR2 TERM
  [ -z "$later" ] || kill "$later" 2>/dev/null
  case $code in
    0 | 75) ;;
    *) ask_run ;;
  esac
  say "the run ended with status $code"
}

# May this job be requeued? One that scancel or an administrator ends is "COMPLETING" here, and a requeue
# would bring it back to life.
is_ours_to_requeue() {
  case $(squeue -h -j "$1" -o '%T %r') in
    RUNNING* | *' TimeLimit') return 0 ;;
  esac
  return 1
}

# The end of a job script. The id of an array is also that of one of its tasks: name the task.
requeue_or_stop() {
  job=$SLURM_JOB_ID
  if [ -n "${SLURM_ARRAY_TASK_ID-}" ]; then job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID; fi
  if [ "$code" -eq 0 ]; then
    say "result: $OUTPUT"
  elif [ "$code" -ne 75 ]; then
    say "not requeued"
  elif [ "${SLURM_RESTART_COUNT:-0}" -ge "$MAX_RESTARTS" ]; then
    say "not requeued: $MAX_RESTARTS restarts; AUSPEX_OUTPUT=$OUTPUT sbatch ... goes on"
  elif ! is_ours_to_requeue "$job"; then
    say "not requeued: Slurm ends this job; AUSPEX_OUTPUT=$OUTPUT sbatch ... goes on"
  else
    say "requeued"
    scontrol requeue "$job"
  fi
  exit "$code"
}
