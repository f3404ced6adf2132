#!/bin/sh
# analyse.sh - clang-tidy and cppcheck over src/, each if it is installed; run by "make lint" in the build directory.
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage: AUS_CC=.. AUS_CFLAGS=.. AUS_CPPFLAGS=.. analyse.sh SOURCE-DIRECTORY
top=${1:?source directory}
status=0

files=$(find "$top/src" -name '*.c' | sort)
if command -v clang-tidy >/dev/null 2>&1; then
  flags=$($AUS_CC --showme:compile 2>/dev/null)
  echo "clang-tidy:"
  for f in $files; do
    # shellcheck disable=SC2086 # the variables are lists of flags
    clang-tidy --quiet --warnings-as-errors='*' "$f" -- $AUS_CFLAGS $AUS_CPPFLAGS $flags 2>/dev/null || status=1
  done
else
  echo "clang-tidy is missing: left out"
fi
if command -v cppcheck >/dev/null 2>&1; then
  echo "cppcheck:"
  # shellcheck disable=SC2086
  cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
    --suppress=missingIncludeSystem -I "$top/src" $files || status=1
else
  echo "cppcheck is missing: left out"
fi
exit $status
