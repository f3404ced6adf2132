#!/bin/sh
# docs.t - documents name files that exist, and the man pages say what the program says about itself.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
top=$AUS_TOP_SRCDIR
built=$AUS_TOP_BUILDDIR

# Names of our files in a document; names with a placeholder or a pattern in them are not looked up.
names() {
  sed 's/\\-/-/g' "$1" | grep -oE '(^|[^A-Za-z0-9_./<])(src|tests|doc|input|jobscripts|m4|\.ci)/[A-Za-z0-9_./*<>@-]+' |
    sed 's,^[^a-z.]*,,; s,[.-]*$,,; s,/$,,' | grep -v '[*<>@]' | sort -u
}

# absent DOCUMENT: names that are neither in the source nor in the build directory.
absent() {
  for f in $(names "$1"); do
    [ -e "$top/$f" ] || [ -e "$built/$f" ] || echo "$f"
  done
}

cd "$top" || exit 99
for d in README NEWS quickstart input/README jobscripts/* $(find doc -name '*.md' -o -name '*.in' -o -name '*.py' | sort); do
  absent "$d" >"$tap_dir/out"
  complaints "$d: files exist" "$tap_dir/out"
done

# What --help lists below "options:", "keys ..." and "commands:": first words of lines indented by two.
listed() {
  sed -nE 's/^  (-[a-zA-Z], |    )?(--[a-z-]+|[a-z][a-z0-9_.]*( [a-z]+)?)( .*)?$/\2/p' "$1" | sort -u
}

for page in doc/*.1.in; do
  name=$(basename "$page" .1.in)
  for s in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
    grep -qE "^\.SH \"?$s" "$page" || echo "no section $s"
  done >"$tap_dir/out"
  grep -oE '^\.BR auspex[a-z\\-]* \(1\)' "$page" | sed 's/^\.BR //; s/ (1)//; s/\\//g' | while read -r other; do
    [ -f "doc/$other.1.in" ] || echo "refers to $other(1)"
  done >>"$tap_dir/out"
  complaints "$name(1): sections and references" "$tap_dir/out"

  sed 's/\\-/-/g; s/\\f[A-Z]//g' "$built/doc/$name.1" >"$tap_dir/page" 2>/dev/null
  sed -n 's/^@OPTIONS \(.*\)@$/\1/p' "$page" >"$tap_dir/commands"
  [ -s "$tap_dir/commands" ] || echo "no line @OPTIONS COMMAND@" >"$tap_dir/commands"
  while read -r command; do
    [ "$command" = commands ] && command=
    # shellcheck disable=SC2086 # words
    "$built/auspex" $command --help </dev/null >"$tap_dir/help" 2>/dev/null || echo "no ${command:-auspex} --help"
    listed "$tap_dir/help" | while read -r word; do
      grep -qF -e "$word" "$tap_dir/page" || echo "${command:-auspex} --help has $word, the page has not"
    done
  done <"$tap_dir/commands" >"$tap_dir/out"
  complaints "$name(1): what --help lists" "$tap_dir/out"

  if command -v groff >/dev/null 2>&1; then
    groff -man -Tutf8 -ww -z "$built/doc/$name.1" >"$tap_dir/out" 2>&1
    complaints "$name(1): groff has no complaint" "$tap_dir/out"
  else
    skip "$name(1): groff has no complaint" "groff is missing"
  fi
done

if [ -n "${AUS_PYTHON-}" ]; then
  for f in doc/examples/*.py; do
    "$AUS_PYTHON" -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$f" >"$tap_dir/out" 2>&1
    result $? "$f compiles" "$tap_dir/out"
  done
else
  skip "examples compile" "no python3 with h5py"
fi

printf 'options:\n  -o, --output FILE  text\n      --dir DIR  text\n           more of it\n  a.key  text\n  area verb   text\n' \
  >"$tap_dir/help"
expect '--dir --output a.key area verb' "$(listed "$tap_dir/help" | tr '\n' ' ' | sed 's/ $//')" "what --help lists is seen"
echo 'see `src/none.c`, tests/lint/docs.t and src/<area>/x.c' >"$tap_dir/doc"
expect src/none.c "$(absent "$tap_dir/doc")" "a file that is not there is seen"
done_testing
