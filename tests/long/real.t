#!/bin/sh
# real.t - studies over the real type files and traces (not ours to publish): the initial stages with 64 samples,
# all stages with 16.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"

[ "$AUS_MPIRUN" != no ] || skip_all "no mpirun"
[ -d "$AUSPEX_SHARED/data/serverless/inputs" ] || skip_all "no data/serverless in AUSPEX_SHARED"
for name in ids nofs nofs-stages; do
  timeout 300 "$AUS_MPIRUN" --oversubscribe -n 3 "$AUS_TOP_BUILDDIR/auspex" run \
    "$AUS_TOP_SRCDIR/tests/data/serverless/real-$name.json" -q --set serverless.data="$AUSPEX_SHARED/data/serverless" \
    -o "$tap_dir/$name.h5" >"$tap_dir/log" 2>&1 </dev/null
  result $? "study over the real $name inputs" "$tap_dir/log"
  sed 's/^/# /' "$tap_dir/log"
  ls -l "$tap_dir/$name.h5" | awk '{ print "# " $5 " bytes" }'
done
if [ -n "$AUS_PYTHON" ]; then
  "$AUS_PYTHON" "$AUS_TOP_SRCDIR/tests/long/real_stages.py" "$tap_dir/nofs-stages.h5" >"$tap_dir/log" 2>&1
  result $? "all trials succeed, and fine-tuning does no harm on the samples" "$tap_dir/log"
  sed 's/^/# /' "$tap_dir/log"
else
  skip "all trials succeed, and fine-tuning does no harm on the samples" "no python3 with h5py"
fi
done_testing
