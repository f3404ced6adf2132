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
# engine_null needs two ranks and is a program of its own.
others=
for name in $names; do
  if [ "$name" != engine_null ]; then others="$others $name"; fi
done
if [ -z "$names" ] || [ -n "$others" ]; then
  # shellcheck disable=SC2086
  "$build/tests/bench/bench" $others || status=$?
fi
if [ "$names" != "$others" ] || [ -z "$names" ]; then
  if [ "${AUS_MPIRUN:-no}" = no ]; then
    echo '{"name": "engine_null", "skipped": "no mpirun"}'
  else
    "$AUS_MPIRUN" --oversubscribe -n 2 "$build/tests/bench/engine_null" || status=$?
  fi
fi

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
