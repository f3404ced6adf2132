#!/bin/sh
# gen-man.sh - a man page from its hand-written part and what the program says about itself.
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage: gen-man.sh AUSPEX VERSION PAGE.1.in >PAGE.1
#
# A line "@OPTIONS COMMAND@" becomes the output of `auspex --man COMMAND`, which is made from the tables
# that parse the command line and the configuration; `--man commands` is the list of commands.
# Where the program has nothing to say, the line becomes a reference to --help.
set -eu
# Sanitizers: leaks of the libraries are not our subject here.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

awk -v program="$1" -v version="$2" '
  /^@OPTIONS [a-z ]+@$/ {
    words = substr($0, 10, length($0) - 10)
    said = program " --man " words " </dev/null 2>/dev/null"
    for (n = 0; (said | getline line) > 0 && (n || line ~ /^\./); n++) print line
    close(said)
    if (!n) printf ".PP\nSee\n.BR \"auspex %s\\-\\-help\" .\n", words == "commands" ? "" : words " "
    next
  }
  { gsub(/@VERSION@/, version); print }' "$3"
