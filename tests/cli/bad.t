#!/bin/sh
# bad.t - bad input: the exact message, the exit status, and nothing written.
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A case is a directory tests/cli/bad/CASE: `setup` (optional) spoils a copy of input/serverless whose study.json
# is tests/data/serverless/bad.json, `args` are the program's arguments, `status` and `error` what is expected.
# Standard error is compared whole.
. "$AUS_TOP_SRCDIR/tests/tap.sh"

inputs="$tap_dir/inputs"
mkdir "$inputs" && cp "$AUS_TOP_SRCDIR"/input/serverless/*.json "$inputs" && chmod -R u+w "$inputs" || exit 99
rm "$inputs/quick.json"
mv "$inputs/space-quick.json" "$inputs/space.json"
sed 's/space-quick.json/space.json/' "$AUS_TOP_SRCDIR/tests/data/serverless/bad.json" >"$inputs/study.json"
for case in "$AUS_TOP_SRCDIR"/tests/cli/bad/*/; do
  case=${case%/}
  name=${case##*/}
  work="$tap_dir/$name"
  cp -r "$inputs" "$work" || exit 99
  if [ -f "$case/setup" ]; then (cd "$work" && sh "$case/setup") || exit 99; fi
  (cd "$work" && ls) >"$tap_dir/before"
  (cd "$work" && eval "timeout 300 \"\$AUS_TOP_BUILDDIR/auspex\" $(cat "$case/args")") \
    >"$tap_dir/out" 2>"$tap_dir/err" </dev/null
  expect "$(cat "$case/status")" $? "$name: exit status"
  diff "$case/error" "$tap_dir/err" >"$tap_dir/diff" 2>&1
  result $? "$name: message" "$tap_dir/diff"
  (cd "$work" && ls) | diff "$tap_dir/before" - >"$tap_dir/diff"
  result $? "$name: nothing written" "$tap_dir/diff"
done
done_testing
