#!/bin/sh
# format.t - sources are as clang-format 14 writes them ("make format" does it).
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

tool=
for t in clang-format-14 clang-format; do
  if "$t" --version 2>/dev/null | grep -q 'version 14\.'; then tool=$t; break; fi
done
[ -n "$tool" ] || skip_all "clang-format 14 is missing"
cd "$AUS_TOP_SRCDIR" || exit 99
for d in $(find src tests -name '*.[ch]' | sed 's,/[^/]*$,,' | sort -u); do
  $tool --dry-run "$d"/*.[ch] 2>&1 | sed -n 's/: \(warning\|error\):.*//p' | sort -u >"$tap_dir/out"
  complaints "$d" "$tap_dir/out"
done
printf 'int  main( void ){return 0;}\n' >"$tap_dir/bad.c"
cp .clang-format "$tap_dir/"
if $tool --dry-run -Werror "$tap_dir/bad.c" >/dev/null 2>&1; then result 1 "bad format is seen"; else
  result 0 "bad format is seen"
fi
done_testing
