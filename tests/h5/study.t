#!/bin/sh
# study.t - what a reader finds in the published files: pytest with h5py. The small compat study has the
# first stages, the small study all of them.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ -n "$AUS_PYTHON" ] || skip_all "no python3 with h5py"
"$AUS_PYTHON" -c 'import pytest' 2>/dev/null || skip_all "no pytest"

# check STUDY FILE.py: run it, then one TAP line per test function
check() {
  AUS_H5="$tap_dir/$(echo "$1" | tr -dc a-z).h5"
  export AUS_H5
  timeout 300 "$AUS_TOP_BUILDDIR/auspex" run "$AUS_TOP_SRCDIR/tests/data/serverless/$1.json" -q -o "$AUS_H5" \
    >"$tap_dir/log" 2>&1 </dev/null
  result $? "auspex run publishes $1" "$tap_dir/log"
  (cd "$tap_dir" && PYTHONDONTWRITEBYTECODE=1 "$AUS_PYTHON" -m pytest -p no:cacheprovider -q -rA --tb=short \
    "$AUS_TOP_SRCDIR/tests/h5/$2") >"$tap_dir/pytest" 2>&1
  status=$?
  grep '^PASSED ' "$tap_dir/pytest" | sed 's/.*:://' >"$tap_dir/passed"
  while read -r name; do result 0 "$name"; done <"$tap_dir/passed"
  result $status "pytest $2" "$tap_dir/pytest"
}

check small-compat check_study.py
check small check_stages.py
check ../gpuqueue/small check_gpuqueue.py
check ../match/small check_match.py
done_testing
