#!/bin/sh
# paths.t - no paths of one machine, no unfinished business, no large or binary files in the tree.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

cd "$AUS_TOP_SRCDIR" || exit 99
# Sources only: what a build in the source directory leaves behind is not looked at.
find .ci doc input jobscripts m4 src tests Makefile.am configure.ac quickstart README NEWS -type f \
  ! -name '*.o' ! -name '*.log' ! -name '*.trs' ! -name '*.pyc' ! -path tests/env.sh \
  ! -path tests/lint/paths.t ! -name '.dirstamp' ! -path '*/.deps/*' | sort >"$tap_dir/files"
search() { xargs grep -InE "$1" <"$2" | cut -c1-160; }

search '/(work|root|home|Users)/[A-Za-z]' "$tap_dir/files" >"$tap_dir/out"
complaints "no paths of one machine" "$tap_dir/out"
grep -E '^(src|tests)/' "$tap_dir/files" >"$tap_dir/code"
search '\<(TODO|FIXME|XXX|HACK)\>|[Ff]or now\>|[Nn]ot implemented' "$tap_dir/code" >"$tap_dir/out"
complaints "no unfinished business" "$tap_dir/out"
grep -Ev '\.mk$|Makefile\.am$' "$tap_dir/files" | xargs grep -InE '[[:blank:]]+$' >"$tap_dir/out"
complaints "no blanks at the end of a line" "$tap_dir/out"
xargs du -k <"$tap_dir/files" | awk '$1 > 1024' >"$tap_dir/out"
complaints "no file above 1 MiB" "$tap_dir/out"
for f in quickstart .ci/run; do
  if [ -x "$f" ]; then result 0 "$f can be executed"; else result 1 "$f can be executed"; fi
done
mkdir "$tap_dir/src"
printf 'int x; /* TO%s */\nchar *p = "/home/%s";\n' DO somebody >"$tap_dir/src/bad.c"
echo "$tap_dir/src/bad.c" >"$tap_dir/list"
expect 2 "$(search '/(work|root|home|Users)/[A-Za-z]|\<TODO\>' "$tap_dir/list" | wc -l)" "both are seen"
done_testing
