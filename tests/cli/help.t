#!/bin/sh
# help.t - what the program says about itself, without MPI.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"

"$auspex" --version >"$tap_dir/out" 2>&1
expect 0 $? "--version succeeds"
grep -q '^auspex [0-9]' "$tap_dir/out"
result $? "--version names a version" "$tap_dir/out"
"$auspex" --help >"$tap_dir/out" 2>"$tap_dir/err"
expect 0 $? "--help succeeds"
grep -q 'serverless simulate' "$tap_dir/out"
result $? "--help lists the commands" "$tap_dir/out"
"$auspex" >"$tap_dir/out" 2>"$tap_dir/err"
expect 2 $? "no command is a usage error"
"$auspex" rum x >"$tap_dir/out" 2>"$tap_dir/err"
expect 2 $? "an unknown command is a usage error"
grep -q 'unknown command "rum x"; did you mean "run"' "$tap_dir/err"
result $? "the nearest command is named" "$tap_dir/err"
"$auspex" serverless --help >"$tap_dir/out" 2>"$tap_dir/err"
expect 0 $? "a group has a help"
expect 4 "$(wc -l <"$tap_dir/out" | tr -d ' ')" "with its own commands only"
for command in run status config "serverless simulate" "serverless sample" "serverless dataset" "serverless train"; do
  # shellcheck disable=SC2086 # two words
  "$auspex" $command --help >"$tap_dir/out" 2>"$tap_dir/err"
  expect 0 $? "$command --help succeeds"
  grep -q -- '--set' "$tap_dir/out"
  result $? "$command --help lists the options" "$tap_dir/out"
done
for command in merge export verify diff; do
  "$auspex" $command --help >"$tap_dir/out" 2>"$tap_dir/err"
  expect 0 $? "$command --help succeeds"
  grep -q -- '--quiet' "$tap_dir/out"
  result $? "$command --help lists the options" "$tap_dir/out"
done
"$auspex" run --help | grep -q 'workload_duration_s'
result $? "run --help lists the keys of the areas"
done_testing
