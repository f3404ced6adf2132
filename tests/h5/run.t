#!/bin/sh
# run.t - pytest's tests of the files, one TAP line each.
# SPDX-License-Identifier: GPL-3.0-or-later
if [ -z "$AUS_PYTHON" ]; then
  echo "1..0 # SKIP no h5py"
  exit 0
fi
if ! "$AUS_PYTHON" -c 'import pytest' 2>/dev/null; then
  echo "1..0 # SKIP no pytest"
  exit 0
fi
log=`mktemp "${TMPDIR-/tmp}/auspex-h5.XXXXXX"` || exit 99
trap 'rm -f "$log"' EXIT
PYTHONDONTWRITEBYTECODE=1 timeout 150 "$AUS_PYTHON" -m pytest -v --color=no -p no:cacheprovider \
  --rootdir="$AUS_TOP_SRCDIR/tests/h5" "$AUS_TOP_SRCDIR/tests/h5" >"$log" 2>&1 </dev/null
status=$?
sed 's/^/# /' "$log"
awk '
  $2 ~ /^(PASSED|FAILED|ERROR|SKIPPED)$/ && $1 ~ /::/ {
    n++
    if ($2 == "PASSED") print "ok " n " - " $1
    else if ($2 == "SKIPPED") print "ok " n " - " $1 " # SKIP"
    else print "not ok " n " - " $1
  }
  END { print (status == 0 ? "ok " : "not ok ") n + 1 " - pytest exit status " status; print "1.." n + 1 }
' status=$status "$log"
