#!/bin/sh
# run.sh - build the fuzz harnesses with clang and libFuzzer, and run one after the other; "make fuzz" calls it.
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage: AUS_TOP_SRCDIR=.. AUS_SECONDS=60 AUS_RUNS=-1 AUS_MAKE=make AUS_TARGETS="cfg msg" run.sh BUILD-DIRECTORY TARGET...
#
# Inputs that were found to matter stay in BUILD-DIRECTORY/corpus/TARGET for the next time; what ends a harness is
# left in BUILD-DIRECTORY/found. The last line is the sum; the exit status is 0 when nothing was found.
set -eu
dir=${1:?build directory}
shift
[ -n "${AUS_TARGETS:-}" ] && set -- $AUS_TARGETS
seconds=${AUS_SECONDS:-60}
[ -n "$seconds" ] || seconds=60
runs=${AUS_RUNS:--1}
make=${AUS_MAKE:-make}

clang=
for c in clang-14 clang; do
  if command -v "$c" >/dev/null 2>&1; then clang=$c; break; fi
done
missing() {
  echo "fuzz: $1 is missing: apt-get install clang-14 libclang-rt-14-dev" >&2
  exit 1
}
[ -n "$clang" ] || missing clang
mkdir -p "$dir/found"
echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return p && n > 99 ? 0 : 0; }' >"$dir/probe.c"
"$clang" -fsanitize=fuzzer,address,undefined -o "$dir/probe" "$dir/probe.c" >/dev/null 2>&1 || missing libFuzzer

cd "$dir"
OMPI_CC=$clang
MPICH_CC=$clang
export OMPI_CC MPICH_CC
if ! [ -f config.status ]; then
  "$AUS_TOP_SRCDIR/configure" --quiet --enable-sanitize=address,undefined,float-cast-overflow CFLAGS='-O1 -g -fsanitize=fuzzer-no-link'
fi
programs=
for t in "$@"; do programs="$programs tests/fuzz/$t.fuzz"; done
# shellcheck disable=SC2086 # a list
$make -s $programs

# Leaks of the library are counted by the harnesses themselves.
ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=0
UBSAN_OPTIONS=print_stacktrace=1
export ASAN_OPTIONS UBSAN_OPTIONS
total=0
found=0
printf '%-10s %12s %10s %8s %7s\n' target executions per_second features corpus
for t in "$@"; do
  mkdir -p "corpus/$t"
  status=0
  "./tests/fuzz/$t.fuzz" -max_total_time="$seconds" -runs="$runs" -max_len=8192 -timeout=20 -rss_limit_mb=1024 \
    -malloc_limit_mb=512 -print_final_stats=1 -artifact_prefix="found/$t-" "corpus/$t" \
    "$AUS_TOP_SRCDIR/tests/fuzz/corpus/$t" >"$t.log" 2>&1 || status=$?
  n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$t.log")
  speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$t.log")
  features=$(sed -n 's/.* ft: \([0-9]*\) .*/\1/p' "$t.log" | tail -n 1)
  printf '%-10s %12s %10s %8s %7s\n' "$t" "${n:-0}" "${speed:-0}" "${features:-0}" "$(ls "corpus/$t" | wc -l)"
  total=$((total + ${n:-0}))
  if [ "$status" -ne 0 ]; then
    found=$((found + 1))
    echo "$t: found something; see $dir/$t.log and $dir/found" >&2
  fi
done
echo "$total executions, $found targets with findings"
[ "$found" -eq 0 ]
