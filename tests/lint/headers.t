#!/bin/sh
# headers.t - each header of src/ compiles alone, in plain C17, and twice in one file.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

cd "$AUS_TOP_BUILDDIR" || exit 99
for h in $(cd "$AUS_TOP_SRCDIR/src" && find . -name '*.h' | sed 's,^\./,,' | sort); do
  printf '#include "%s"\n#include "%s"\nextern int aus_lint_headers;\n' "$h" "$h" >"$tap_dir/alone.c"
  $AUS_CC $AUS_CFLAGS -Werror $AUS_CPPFLAGS -fsyntax-only "$tap_dir/alone.c" >"$tap_dir/out" 2>&1
  result $? "$h alone" "$tap_dir/out"
  guard=AUS_$(echo "$h" | tr 'a-z/.-' 'A-Z___')
  if grep -q "^#ifndef $guard\$" "$AUS_TOP_SRCDIR/src/$h"; then result 0 "$h guard"; else
    echo "want: #ifndef $guard" >"$tap_dir/out"
    result 1 "$h guard" "$tap_dir/out"
  fi
done
done_testing
