# tap.sh - TAP from shell: result COUNT NAME [FILE], skip_all REASON, done_testing; read by the .t files.
# SPDX-License-Identifier: GPL-3.0-or-later

tap_n=0
tap_bad=0
tap_dir=$(mktemp -d "${TMPDIR:-/tmp}/aus-test.XXXXXX") || exit 99
trap 'rm -rf "$tap_dir"' EXIT
trap 'exit 130' HUP INT TERM
LC_ALL=C
export LC_ALL

# result COUNT NAME [FILE]: passes when COUNT complaints is 0; FILE holds them.
result() {
  tap_n=$((tap_n + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $tap_n - $2"
  else
    tap_bad=$((tap_bad + 1))
    echo "not ok $tap_n - $2"
    if [ -n "${3-}" ]; then sed 's/^/# /' "$3"; fi
  fi
}

# complaints NAME FILE: passes when FILE is empty.
complaints() {
  result "$(wc -l <"$2")" "$1" "$2"
}

# expect WANT GOT NAME: passes when the two are equal.
expect() {
  printf 'want: %s\ngot:  %s\n' "$1" "$2" >"$tap_dir/expect"
  if [ "$1" = "$2" ]; then result 0 "$3"; else result 1 "$3" "$tap_dir/expect"; fi
}

# same_files A B: are two HDF5 files equal outside /provenance? Says what is not. Asks auspex diff and, where h5py
# is, a program that shares no code with it; both must say the same (else 2).
same_files() {
  "$AUS_TOP_BUILDDIR/auspex" diff "$1" "$2"
  tap_diff=$?
  [ -n "${AUS_PYTHON-}" ] || return $tap_diff
  "$AUS_PYTHON" "$AUS_TOP_SRCDIR/tests/h5/same.py" "$1" "$2"
  tap_same=$?
  [ $tap_diff -eq $tap_same ] && return $tap_diff
  echo "auspex diff ends with $tap_diff, same.py with $tap_same"
  return 2
}

# long: all cases are wanted (tests/long sets AUS_LONG); make check has at least one of each mechanism.
long() {
  [ -n "${AUS_LONG-}" ]
}

skip() {
  tap_n=$((tap_n + 1))
  echo "ok $tap_n - $1 # SKIP $2"
}

skip_all() {
  echo "1..0 # SKIP $1"
  exit 0
}

done_testing() {
  echo "1..$tap_n"
  [ "$tap_bad" -eq 0 ]
}
