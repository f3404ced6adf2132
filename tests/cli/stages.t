#!/bin/sh
# stages.t - all stages of the small study with other settings of the search, the fine-tuning and the validation.
# Further ones where AUS_LONG is set.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
small="$AUS_TOP_SRCDIR/tests/data/serverless/small.json"
few="--set serverless.optimize.percentile=70" # three campaigns of 11 samples

# study NAME OPTIONS...: the small study into $tap_dir/NAME.h5, its report and its log
study() {
  name=$1
  shift
  timeout 300 "$AUS_TOP_BUILDDIR/auspex" run "$small" -o "$tap_dir/$name.h5" $few "$@" \
    >"$tap_dir/$name.txt" 2>"$tap_dir/$name.log" </dev/null
}

# variant NAME OPTIONS...: ends well, and its report has the validation
variant() {
  study "$@" && grep -q '^validation: mean per run ' "$tap_dir/$1.txt"
  result $? "$*" "$tap_dir/$1.log"
}

# compared NAME OPTIONS...: three ranks with delays give the file of the one that variant has written
compared() {
  name=$1
  shift
  if [ "$AUS_MPIRUN" = no ]; then
    skip "$name at 3 ranks" "no mpirun"
    return
  fi
  AUSPEX_FAULT="delay_ms=20,seed=1" timeout 300 "$AUS_MPIRUN" --oversubscribe -n 3 "$AUS_TOP_BUILDDIR/auspex" run "$small" \
    -q -o "$tap_dir/$name-3.h5" $few "$@" >"$tap_dir/$name-3.log" 2>&1 </dev/null &&
    same_files "$tap_dir/$name.h5" "$tap_dir/$name-3.h5" >>"$tap_dir/$name-3.log" 2>&1
  result $? "$name at 3 ranks with delays" "$tap_dir/$name-3.log"
}

variant carry-all --set serverless.optimize.carry=all
variant adversarial --set serverless.optimize.objective=adversarial
variant select-max --set serverless.optimize.select=max
expect 1 "$(grep -c '^[0-9][0-9]*  .*%.*%.*budget$' "$tap_dir/select-max.txt")" "select max: one campaign"
variant rows-reactive --set serverless.optimize.rows=reactive
variant compat --set serverless.mode=compat
variant choose-last --set serverless.finetune.choose=last
! grep -q 'sets of models tried' "$tap_dir/choose-last.txt"
result $? "choose last: no sets of models are tried" "$tap_dir/choose-last.txt"
variant qucb --set engine.bo.acq=qucb
variant turbo --set engine.bo.region=turbo
compared turbo --set engine.bo.region=turbo
if long; then
  compared carry-all --set serverless.optimize.carry=all
  compared adversarial --set serverless.optimize.objective=adversarial
  compared compat --set serverless.mode=compat
  variant carry-none --set serverless.optimize.carry=none
  variant judge-self --set serverless.optimize.judge=self
  variant area-inf --set serverless.optimize.area=inf
  variant retain-all --set serverless.optimize.retain=all
  variant ts --set engine.bo.acq=ts
  variant liar-max --set engine.bo.pending=liar-max
fi

# A percentile that no sample is above.
variant nothing --set serverless.optimize.percentile=100
grep -q 'optimize: no sample.s penalty is above .*: nothing to improve$' "$tap_dir/nothing.log"
result $? "nothing selected: the log says it" "$tap_dir/nothing.log"
grep -qx 'no sample does badly enough to be searched around' "$tap_dir/nothing.txt"
result $? "nothing selected: the report says it" "$tap_dir/nothing.txt"
grep -q 'chosen: the base models$' "$tap_dir/nothing.txt"
result $? "nothing selected: the final models are the base models" "$tap_dir/nothing.txt"
# Columns of the validation from the right: kpa, fine-tuned, un-tuned, reactive.
awk '/^validation: / { on = 1; next } on && NF > 4 { n++; if ($(NF - 1) != $(NF - 2)) print }
  END { if (n != 8) print n + 0 " lines of 8" }' "$tap_dir/nothing.txt" >"$tap_dir/differ"
complaints "nothing selected: fine-tuned and un-tuned are the same" "$tap_dir/differ"

# Further traces, and a function that no request reaches.
variant further --set 'serverless.validate.workloads=[workload.json]'
[ "$(grep -c 'requests per run' "$tap_dir/further.txt")" = 2 ] &&
  awk '/^validation: / { on = 1 } on && /^requests per run/ { exit !($4 > 500 && $4 == $7) }' "$tap_dir/further.txt"
result $? "further traces: their runs count" "$tap_dir/further.txt"
awk 'BEGIN { printf "{\"rps\": 5, \"duration\": 40, \"events\": ["
  for (i = 0; i < 200; i++) printf "%s[%.1f, \"camera\", \"interactive\"]", i ? ", " : "", 0.2 * i
  print "]}" }' >"$tap_dir/camera.json"
variant camera --set serverless.workload="$tap_dir/camera.json"
grep -q 'warn  serverless: no model for thumbnail: no training rows$' "$tap_dir/camera.log"
result $? "a function without rows: a warning" "$tap_dir/camera.log"
! grep -q '^thumbnail ' "$tap_dir/camera.txt" && grep -q '^detect  *base ' "$tap_dir/camera.txt"
result $? "a function without rows: no model" "$tap_dir/camera.txt"
done_testing
