# common.sh - a private Slurm for one test, jobs in it, and what became of them; read by the .t files here.
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
#
# The shipped job scripts run the small study in it, with delays, so that it lasts long enough to be disturbed.
# shellcheck source=tests/tap.sh
. "$AUS_TOP_SRCDIR/tests/tap.sh"

study=$AUS_TOP_SRCDIR/tests/data/serverless/small.json
program=${AUSPEX:-$AUS_TOP_BUILDDIR/auspex}
AUSPEX=$program
SLURM_CONF=$tap_dir/slurm/slurm.conf
export AUSPEX SLURM_CONF

node() { sh "$AUS_TOP_SRCDIR/tests/slurm/slurm-node.sh" "$1" "$tap_dir/slurm"; }

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
[ -n "$AUS_PYTHON" ] || skip_all "no python3 with h5py"
cd "$AUS_TOP_SRCDIR" || exit 99
trap 'node stop; rm -rf "$tap_dir"' EXIT
node start >"$tap_dir/reason" || skip_all "$(cat "$tap_dir/reason")"

# until_true SECONDS COMMAND...
until_true() {
  left=$(($1 * 5))
  shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || return 1
    sleep 0.2
  done
}

# uninterrupted NAME OPTION...: the file to compare with, on two ranks without Slurm
uninterrupted() {
  name=$1
  shift
  timeout 300 "$AUS_MPIRUN" --oversubscribe -n 2 "$program" run "$study" -q -o "$tap_dir/$name.h5" "$@" \
    >"$tap_dir/$name.log" 2>&1 </dev/null
  result $? "$name: uninterrupted" "$tap_dir/$name.log"
}

# submit NAME SCRIPT SBATCH-OPTION...: a job with the result NAME.h5, in which tasks take $delay_ms / 2 longer
# on average; $options go to the study. Sets job.
submit() {
  name=$1 script=$2
  shift 2
  # shellcheck disable=SC2086 # words
  job=$(AUSPEX_OUTPUT=$tap_dir/$name.h5 AUSPEX_FAULT=delay_ms=$delay_ms,seed=3 sbatch --parsable --output="$tap_dir/$name.log" --partition=all \
    --nodes=1 --ntasks=2 --ntasks-per-node=2 "$@" "$script" "$study" -q $options 2>"$tap_dir/$name.err") ||
    result 1 "$name: submitted" "$tap_dir/$name.err"
}
options='' delay_ms=40

# journal_has NAME BYTES
journal_has() { [ "$(stat -c %s "$tap_dir/$1.run/journal.ausj")" -ge "$2" ]; }

# under_way NAME [BYTES]: waits until work has been done that can be lost
under_way() {
  if until_true 60 journal_has "$1" "${2:-4096}"; then
    result 0 "$1: under way"
  else
    scontrol show job >>"$tap_dir/$1.log" 2>&1
    result 1 "$1: under way" "$tap_dir/$1.log"
    done_testing
    exit
  fi
}

says() { grep -q "$2" "$tap_dir/$1.log"; }

# said NAME SECONDS TEXT: the job's log gets a line with TEXT
said() {
  until_true "$2" says "$1" "$3"
  result $? "$1: says \"$3\"" "$tap_dir/$1.log"
}

# shown JOB KEY
shown() { scontrol show job "$1" | sed -n "s/.*\\<$2=\\([^ ]*\\).*/\\1/p"; }

is_over() {
  case $(shown "$1" JobState) in
    COMPLETED | CANCELLED | FAILED | TIMEOUT | NODE_FAIL) return 0 ;;
  esac
  return 1
}

# same NAME REFERENCE
same() {
  cmp -s "$tap_dir/$2.h5" "$tap_dir/$1.h5" ||
    "$AUS_PYTHON" tests/h5/same.py "$tap_dir/$2.h5" "$tap_dir/$1.h5" >>"$tap_dir/$1.log" 2>&1
  result $? "$1: the file is that of the uninterrupted run" "$tap_dir/$1.log"
}

# resumed NAME: the work of the first job was not done again (another program than ours need not say so)
resumed() {
  [ "$program" = "$AUS_TOP_BUILDDIR/auspex" ] || return 0
  "$AUS_PYTHON" -c 'import h5py, sys; sys.exit(int(h5py.File(sys.argv[1])["provenance/run"].attrs["resumes"]) < 1)' \
    "$tap_dir/$1.h5" >>"$tap_dir/$1.log" 2>&1
  result $? "$1: resumed from its journal" "$tap_dir/$1.log"
}

# finishes NAME JOB REFERENCE: without further help, after at least one restart, with the same result
finishes() {
  until_true 120 is_over "$2"
  expect "COMPLETED 0:0" "$(shown "$2" JobState) $(shown "$2" ExitCode)" "$1: the job has finished"
  restarts=$(shown "$2" Restarts)
  [ "${restarts:-0}" -ge 1 ]
  result $? "$1: after a restart" "$tap_dir/$1.log"
  resumed "$1"
  same "$1" "$3"
}
