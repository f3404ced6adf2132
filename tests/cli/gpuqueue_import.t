#!/bin/sh
# gpuqueue_import.t - auspex gpuqueue import: every reader gets back what the writers wrote; zones; generated traces.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
cd "$tap_dir" || exit 99

# import NAME OPTIONS...: NAME/trace.csv, NAME.out, NAME.err
import() {
  name=$1
  shift
  timeout 60 "$auspex" gpuqueue import --csv "$name" "$@" >"$name.out" 2>"$name.err"
}
same() {
  cmp "$1/trace.csv" "$2/trace.csv" >log 2>&1
  result $? "$3" log
}

import made --synthetic --set jobs=700 --set days=6 --set nodes=40 --set load=0.6 \
  --swf made.swf --log made.log -o made.h5
expect 0 $? "a trace is generated"
expect 701 "$(wc -l <made/trace.csv | tr -d ' ')" "with as many jobs as wanted"
import again --synthetic --set jobs=700 --set days=6 --set nodes=40 --set load=0.6
same made again "the same seed gives the same trace"
import other --synthetic --set jobs=700 --set days=6 --set nodes=40 --set load=0.6 --seed 2
! cmp -s made/trace.csv other/trace.csv
result $? "another seed gives another one"
for kind in swf log h5; do
  import "of_$kind" "made.$kind"
  same made "of_$kind" "what was written as $kind is read as the same jobs"
done
grep -q '^read 700, kept 700, skipped 0$' of_log.out
result $? "counts are printed" of_log.out
gzip -c made.log >made.log.gz
import packed made.log.gz
same made packed "a compressed log is the same"
sed 's/$/\r/' made.log >crlf.log
import crlf crlf.log
same made crlf "so are lines that end with CR LF"
"$auspex" verify made.h5 >log 2>&1
result $? "the HDF5 file has no fault" log

# Two jobs over the end of summer time in Chicago, one of them to its limit; one before.
cat >zone.log <<'END'
JobID Start Submit End TimelimitR NNodes
1 2022-11-05T12:00:00 2022-11-05T11:00:00 2022-11-06T11:00:00 1440 1
2 2022-11-05T12:00:00 2022-11-05T11:00:00 2022-11-06T05:00:00 1440 1
3 2022-11-05T12:00:00 2022-11-05T11:00:00 2022-11-05T13:00:00 1440 1
END
import zone zone.log --set tz=America/Chicago -v
if grep -q 'unknown time zone' zone.err; then
  skip "clocks that change are told" "no tz database"
else
  expect 'run times corrected      2 jobs ran while the clocks changed' "$(grep corrected zone.out)" \
    "clocks that change are told"
  expect 'their ids                1 2' "$(grep ids zone.out)" "and with -v whose"
  expect '1,2022-11-05T16:00:00,2022-11-05T17:00:00,2022-11-06T17:00:00,86400,1440,1,-1,nan' \
    "$(sed -n 2p zone/trace.csv)" "times are in UTC, run times right"
fi

# A philly-like trace takes its limits from another one.
cat >philly.csv <<'END'
submit,duration,gpus
2017-08-18T00:00:00,10,3
END
import philly philly.csv --set ref_trace=made.log --set procs_per_node=2
expect 0 $? "limits are learned from a reference trace"
expect 2 "$(sed -n 2p philly/trace.csv | cut -d, -f7)" "GPUs become nodes"
limit=$(sed -n 2p philly/trace.csv | cut -d, -f6)
[ "$limit" -ge 1 ] && [ "$limit" -le 2880 ]
result $? "a limit of $limit min is one"

import window made.log --set from=2024-01-02 --set to=2024-01-03 --set 'job_filter=[[2024-01-02T12:00:00, 2024-01-03]]'
expect 0 $? "a window of a trace is cut out"
expect '' "$(sed 1d window/trace.csv | cut -d, -f2 | grep -v '^2024-01-02T\(0\|10\|11\)' | grep -v '^2024-01-03T00:00:00')" \
  "and what is to be left out is"
done_testing
