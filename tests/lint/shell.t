#!/bin/sh
# shell.t - job scripts, the scripts of the Slurm tests, quickstart: no complaints of shellcheck.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

command -v shellcheck >/dev/null 2>&1 || skip_all "no shellcheck"
cd "$AUS_TOP_SRCDIR" || exit 99
for f in jobscripts/* quickstart tests/tap.sh tests/run.sh tests/slurm/*.sh tests/slurm/*.t; do
  shellcheck -x -s "$(case $f in *.slurm) echo bash ;; *) echo sh ;; esac)" "$f" >"$tap_dir/out" 2>&1
  result $? "$f" "$tap_dir/out"
done
# shellcheck disable=SC2016 # as it stands
printf '#!/bin/sh\necho $1\n' >"$tap_dir/bad.sh"
shellcheck "$tap_dir/bad.sh" >"$tap_dir/out" 2>&1
expect 1 $? "a complaint is seen"
done_testing
