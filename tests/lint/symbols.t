#!/bin/sh
# symbols.t - the library exports aus_ names only and has no mutable globals but the agreed ones.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

for tool in nm objdump; do
  command -v $tool >/dev/null 2>&1 || skip_all "$tool is missing"
done
# What sanitizers and gcov add is not ours.
foreign='^(__odr_asan|__asan|__ubsan|__gcov|__sanitizer|_GLOBAL__)'
# The log's sink, hooks for tests, and what signal handlers count or write (they can pass nothing on otherwise).
allowed='^(log|alloc|fault|ctl|guard)\.o '

exported() { nm -g --defined-only "$1" 2>/dev/null | awk 'NF == 3 {print $3}' | grep -Ev "$foreign" | sort; }

# Mutable data is in the sections .data and .bss; constants with addresses are in .data.rel.ro.
mutable() {
  objdump -t "$1" 2>/dev/null | awk '
    /^[^ ]+\.o: / { object = $1; sub(/:$/, "", object) }
    NF > 4 && $(NF - 2) ~ /^\.(data|bss|tdata|tbss)(\.[^r].*)?$/ && $NF !~ /^\./ { print object, $NF }' |
    grep -Ev "$allowed"
}

lib=$AUS_TOP_BUILDDIR/libauspex.a
exported "$lib" >"$tap_dir/all"
if [ -s "$tap_dir/all" ]; then result 0 "symbols are found"; else result 1 "symbols are found"; fi
grep -v '^aus_' "$tap_dir/all" >"$tap_dir/out"
complaints "exported names begin with aus_" "$tap_dir/out"
uniq -d "$tap_dir/all" >"$tap_dir/out"
complaints "no name is defined twice" "$tap_dir/out"
if nm "$lib" 2>/dev/null | grep -Eq '__(asan|gcov)_init'; then
  skip "no mutable globals" "instrumented build"
else
  mutable "$lib" >"$tap_dir/out"
  complaints "no mutable globals outside log, alloc, fault, ctl, guard" "$tap_dir/out"
fi

cat >"$tap_dir/bad.c" <<'C'
static const char *const names[] = {"a", "b"};
static int count;
int bad_name(int i);
int bad_name(int i)
{
  return names[i][0] + ++count;
}
C
(cd "$tap_dir" && $AUS_CC -c bad.c && ar cr bad.a bad.o) >/dev/null 2>&1
expect bad_name "$(exported "$tap_dir/bad.a")" "a foreign name is seen"
expect "bad.o count" "$(mutable "$tap_dir/bad.a")" "a mutable global is seen, a constant table is not"
done_testing
