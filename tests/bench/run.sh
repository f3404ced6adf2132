#!/bin/sh
# run.sh - benchmarks: the C program, then the peers; one JSON line per case on stdout.
# SPDX-License-Identifier: GPL-3.0-or-later
# CASES="name ..." runs a choice; the peers of a chosen case (name:peer) run with it. AUS_TOP_SRCDIR and
# AUS_TOP_BUILDDIR say where the trees are. A peer that is not installed is reported, not an error.
set -u
src=${AUS_TOP_SRCDIR:-.}
build=${AUS_TOP_BUILDDIR:-$src}
. "$build/tests/env.sh"
export AUS_TOP_SRCDIR="$src" AUS_TOP_BUILDDIR="$build"

# case:peer asks for the case, too, so that both are measured in the same run
names=
for name in ${CASES:-}; do
  name=${name%%:*}
  case " $names " in *" $name "*) ;; *) names="$names $name" ;; esac
done

status=0
# engine_null and engine_null_journal need two ranks and are a program of its own.
others= null=
for name in $names; do
  case $name in
    engine_null | engine_null_journal) null="$null $name" ;;
    *) others="$others $name" ;;
  esac
done
[ -n "$names" ] || null='engine_null engine_null_journal'
if [ -z "$names" ] || [ -n "$others" ]; then
  # shellcheck disable=SC2086
  "$build/tests/bench/bench" $others || status=$?
fi
for name in $null; do
  if [ "${AUS_MPIRUN:-no}" = no ]; then
    echo "{\"name\": \"$name\", \"skipped\": \"no mpirun\"}"
    continue
  fi
  journal=
  [ "$name" = engine_null ] || journal=$(mktemp -u)
  # shellcheck disable=SC2086
  "$AUS_MPIRUN" --oversubscribe -n 2 "$build/tests/bench/engine_null" 100000 5 1 $journal || status=$?
  [ -z "$journal" ] || rm -f "$journal"
done

# Debian's interpreter has Debian's packages, also where another python3 comes first in PATH.
python=python3
if test -x /usr/bin/python3; then python=/usr/bin/python3; fi
for peer in "$src"/tests/bench/peer_*.py; do
  if command -v "$python" >/dev/null 2>&1; then
    # shellcheck disable=SC2086
    "$python" "$peer" $names || echo "run.sh: $peer failed" >&2
  else
    echo "{\"name\": \"$(basename "$peer" .py)\", \"skipped\": \"no python3\"}"
  fi
done
exit "$status"
