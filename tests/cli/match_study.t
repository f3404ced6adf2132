#!/bin/sh
# match_study.t - auspex match train and ladder, and the stages of a study file: golden tables, tables made once more
# from the inputs, keys, files, errors of lists of stages.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
shared="${AUSPEX_SHARED:-../shared}"
stored="$shared/data/match"
small="$AUS_TOP_SRCDIR/tests/data/match/small.json"
again="$AUS_TOP_SRCDIR/tests/cli/match_again.py"
python=${AUS_PYTHON:-python3}
command -v "$python" >/dev/null || python=
cd "$tap_dir" || exit 99

# match NAME VERB OPTIONS...: NAME.h5, the tables in NAME/, NAME.out, NAME.err
match() {
  name=$1 verb=$2
  shift 2
  timeout 300 "$auspex" match "$verb" -q "$@" --csv "$name" -o "$name.h5" >"$name.out" 2>"$name.err" </dev/null
}
# made NAME VERB OPTIONS...: the same over the made-up tables, and the file has no fault
made() {
  name=$1 verb=$2
  shift 2
  match "$name" "$verb" --set data=data "$@"
  result $? "$name: match $verb" "$name.err"
  "$auspex" verify -q "$name.h5" >log 2>&1
  result $? "$name: the file has no fault" log
}
# equal NAME WHAT KEYS...: the tables WHAT of NAME are those that match_again.py makes of the same data
equal() {
  name=$1 what=$2
  shift 2
  if [ -z "$python" ]; then
    skip "$name: $what" "no python3"
    return
  fi
  "$python" "$again" "$what" data "$name" "$@" >log 2>&1
  result $? "$name: $what are what the data say" log
}
# both NAME VERB WHAT KEYS...: run and compare
both() {
  name=$1 verb=$2 what=$3
  shift 3
  options=
  for key in "$@"; do options="$options --set $key"; done
  # shellcheck disable=SC2086
  made "$name" "$verb" $options
  equal "$name" "$what" "$@"
}

# ---- made-up data as files ----

timeout 60 "$auspex" match generate -q --set packages=6 --set features=8 --set jobs=300 --set clusters=60 --seed 3 \
  --csv data >log 2>&1 </dev/null
result $? "builds are generated" log
both nb train params,p model=naive-bayes fold_seeds=2 folds=4
expect package,model,folds,accuracy,log_loss,brier,auc,majority "$(head -n 1 nb/metrics.csv | cut -d, -f1-8)" \
  "metrics.csv has the columns"
expect all "$(tail -n 1 nb/metrics.csv | cut -d, -f1)" "and a row for all packages"
expect "calibration.csv metrics.csv nb_params.csv p_table.csv " "$(cd nb && echo *) " "train writes these"
both smooth train params,p model=naive-bayes fold_seeds=1 folds=2 unseen=smooth alpha=0.5
sed -n '5,16s/,.*//p' data/clusters.csv >some
both strict train params,p model=naive-bayes fold_seeds=1 folds=2 unseen=strict mode=compat subset=some
match few train --set data=data --set folds=3 --set fold_seeds=1 --set min_class=25
expect 0 $? "a threshold for cross-validation"
[ "$(wc -l <few/metrics.csv)" -lt "$(wc -l <nb/metrics.csv)" ]
result $? "leaves packages out"
match none train --set data=data --set model=logistic --set fold_seeds=1 --set min_class=1000
expect 0 $? "nothing to cross-validate"
expect "nb_params.csv p_table.csv" "$(cd none && echo *)" "gives no figures, but models"
match bare train --set specs=data/specs.csv --set model=logistic --set fold_seeds=1 --set folds=2
expect 0 $? "models are trained without clusters"
[ ! -e bare/p_table.csv ]
result $? "then there is no table of P"

# ---- the ladder ----

both alphabetical ladder levels,assign keep=all select=best-p
expect "level,subsystem_added,jobs_matched,jobs_unmatched,total_matches,mean_matches_of_matched,expected_score_sum,\
expected_score_mean_of_matched,best_score_sum,best_score_mean_of_matched" "$(head -n 1 alphabetical/levels.csv | cut -d, -f1-10)" \
  "levels.csv has the columns of the golden tables"
expect "assign.csv levels.csv unmatched_at.csv" "$(cd alphabetical && echo *)" "ladder writes these"
both seeded ladder levels,assign order=seeded keep=last select=first seed=9
! cmp -s alphabetical/unmatched_at.csv seeded/unmatched_at.csv
result $? "another order loses jobs at other levels"
expect "$(tail -n 1 alphabetical/levels.csv | cut -d, -f3,5)" "$(tail -n 1 seeded/levels.csv | cut -d, -f3,5)" \
  "and comes to the same end"
sed 1,2d seeded/levels.csv | cut -d, -f2 >order
match file ladder --set data=data --set order=order --set keep=last --set select=first
cmp seeded/levels.csv file/levels.csv >log 2>&1
result $? "the order of a file" log
mkdir -p away && sed 1,2d alphabetical/levels.csv | cut -d, -f2 | sort -r >away/order
echo '{"order": "order", "data": "../data", "judge": false}' >away/keys.json
match beside ladder away/keys.json
expect "$(head -n 1 away/order)" "$(sed -n 3p beside/levels.csv | cut -d, -f2)" "a file of keys names what lies beside it"
equal beside levels
both prefix ladder levels grouping=prefix judge=false
both subset ladder levels,assign subset=some judge=false select=last keep=all
expect "$(tail -n +2 subset/levels.csv | head -n 1 | cut -d, -f3-5)" "300,0,3600" "a subset of the clusters"
both job ladder levels,assign evidence=job unseen=strict select=best-p keep=all
both own ladder levels,assign evidence=job own_version=job unseen=smooth alpha=0.25 select=last keep=last
both mode ladder levels mode=compat judge=false
both random ladder levels,assign select=random iterations=5 keep=all
both single ladder single experiment=single alpha=0.3
expect subsystem,jobs_requiring,jobs_unmatched,total_matches,expected_score_sum "$(head -n 1 single/single.csv | cut -d, -f1-5)" \
  "single.csv has the columns of the golden table"
match unjudged ladder --set data=data --set judge=false --set per_cluster=false --set select=best-p
cut -d, -f1-14 alphabetical/levels.csv >want
cut -d, -f1-14 unjudged/levels.csv | cmp want - >log 2>&1
result $? "nobody else changes with the judge" log
expect ",,,,,,,,,,," "$(sed -n 2p unjudged/levels.csv | cut -d, -f15-26)" "who is not asked says nothing"
match trees ladder --set data=data --set p_model=trees
cut -d, -f1-6 trees/levels.csv >got
cut -d, -f1-6 alphabetical/levels.csv | cmp - got >log 2>&1
result $? "another model matches the same" log
! cmp -s alphabetical/levels.csv trees/levels.csv
result $? "with other P"

# State, prices, rules.
awk -F, 'NR == 1 {printf "{"; next} NR % 7 != 3 {printf "%s\"%s\": {\"nodes_free\": %d", n++ ? ", " : "", $1, NR * 5 % 9
    if (NR % 10 != 4) printf ", \"cost_per_node_hour\": %.2f", 1 + NR * 37 % 11 / 4
    if (NR % 3) printf ", \"memory_bytes\": %d", 4e9 * (1 + NR % 5)
    printf "}"} END {print "}"}' data/clusters.csv >state.json
cat >rules.json <<'END'
[{"priority": 2, "steps": [{"select": "last"}]},
 {"priority": 1, "steps": [{"filter": "nodes_free > 0"}, {"sort_descending": "p_success"},
                           {"sort_descending": "nodes_free"}, {"select": "first"}]}]
END
awk -F, 'NR == 1 {print "package,mem_mean_bytes,duration_s"; next} {sub("pkg", "dep", $1); print $1 "," $6 "," $7}' \
  data/spackbuild/builds.csv >builds.csv
both cheapest ladder levels,assign select=cheapest state=state.json keep=all
both measured ladder levels,assign select=cheapest state=state.json builds=builds.csv keep=all
! cmp -s cheapest/assign.csv measured/assign.csv
result $? "builds that were measured change what is cheapest"
both rules ladder levels,assign select=constraint state=state.json constraint=rules.json keep=last
for kind in trees spline mean; do
  match "$kind" ladder --set data=data --set select=cheapest --set state=state.json --set builds=builds.csv \
    --set duration_model=$kind --set judge=false
  expect 0 $? "durations by $kind"
done

# Made-up data are the same through files and without them.
size="--set source=made-up --set packages=6 --set features=8 --set jobs=300 --set n_clusters=60 --seed 3"
for what in ladder single lammps range spackbuild; do
  match "file-$what" ladder --set data=data --seed 3 --set experiment=$what
  # shellcheck disable=SC2086
  match "made-$what" ladder $size --set experiment=$what
  diff -r "file-$what" "made-$what" >log 2>&1
  result $? "experiment=$what: made-up data and the same as files" log
done
for key in "specs=data/range/jobspecs.csv clusters=data/range/clusters.csv experiment=range" \
  "specs=data/lammps/jobspecs.csv clusters=data/lammps/clusters.csv data=data experiment=lammps" \
  "specs=data/spackbuild/builds.csv clusters=data/spackbuild/clusters.csv data=data experiment=spackbuild"; do
  options=
  for one in $key; do options="$options --set $one"; done
  what=${key##*=}
  # shellcheck disable=SC2086
  match "own-$what" ladder $options --seed 3
  diff -r "file-$what" "own-$what" >log 2>&1
  result $? "experiment=$what: its own builds and clusters" log
done
match outside ladder --set data=data --set experiment=range --set range_bounds=exclusive
! cmp -s file-range/range_summary.csv outside/range_summary.csv && cmp file-range/range.csv outside/range.csv >log 2>&1
result $? "bounds of ranges change what is scored, not what is counted" log

# ---- stages of a study file ----

# stages LIST: those of the small study, into part.h5
stages() {
  rm -f part.h5
  timeout 300 "$auspex" run "$small" -o part.h5 --set "stages=$1" >part.out 2>part.err </dev/null
}
# has THINGS: part.h5 has these groups of /match and no other of this list
has() {
  "$auspex" export --list part.h5 >list 2>log
  got=$(for g in metrics nb_params p_table levels single lammps range spackbuild durations; do
    grep -q "^/*match/$g/*" list && echo $g
  done | tr '\n' ' ')
  expect "$1 " "$got" "stages $2 write what is theirs"
}
stages '[train, single]'
result $? "two stages" part.err
has "metrics nb_params p_table single" "train, single"
stages '[lammps]'
result $? "one stage" part.err
has "lammps" "lammps"
stages '[ladder, range, spackbuild]'
result $? "three stages" part.err
has "levels range spackbuild durations" "ladder, range, spackbuild"
stages '[spackbuild]'
result $? "one stage, the last one" part.err
has "spackbuild durations" "spackbuild"
timeout 60 "$auspex" run "$small" --set 'stages=[range]' --set match.duration_folds=0 --dry-run >dry.out 2>dry.err
expect "range" "$(awk '/jobs/ {on = 1; next} /all/ {exit} on {print $1}' dry.out)" "a dry run tells of these stages only"
match keyed ladder "$small" --set experiment=lammps
expect "lammps.csv" "$(cd keyed && echo *)" "key experiment names the stage of the verb"
echo '{"study": "match", "match": {"source": "made-up", "experiment": "range", "jobs": 300, "packages": 6}}' >study.json
match ranged ladder study.json
expect "range.csv range_summary.csv" "$(cd ranged && echo *)" "in a file, too"
timeout 60 "$auspex" run study.json --set 'stages=[lammps]' -o keys.h5 -q >log 2>&1
result $? "a study has its own list of stages" log
"$auspex" export --list keys.h5 2>/dev/null | grep -q 'match/range'
expect 1 $? "whatever the key says"
timeout 60 "$auspex" config "$small" --set 'stages=[train, range]' 2>&1 | tr -d ' \n' | grep -q '"stages":\["train","range"\]'
result $? "the effective configuration names them"

# ---- golden tables ----

# golden NAME VERB FILE TABLE OPTIONS...: TABLE of the run is the golden FILE
golden() {
  name=$1 verb=$2 file=$3 table=$4
  shift 4
  match "$name" "$verb" --set data="$stored" --set mode=compat "$@"
  expect 0 $? "$name: runs"
  compare "$file" "$table"
}
# compare FILE TABLE: another table of the last one
compare() {
  mkdir -p "$name/golden" && cp "$name/$2" "$name/golden/$1"
  "$python" "$shared/tools/cmp_tables.py" "$stored/golden" "$name/golden" "$1" >log 2>&1
  result $? "$name: $2 is $1" log
}
if [ -n "$python" ] && [ -r "$shared/tools/cmp_tables.py" ] && [ -r "$stored/golden/ladder-shuffled.csv" ]; then
  golden g-ladder ladder ladder-alphabetical.csv levels.csv
  compare ladder-alphabetical-unmatched-at.csv unmatched_at.csv
  golden g-order ladder ladder-shuffled.csv levels.csv --set order="$stored/golden/order-shuffled.txt" --set judge=false
  golden g-prefix ladder ladder-prefix-grouping.csv levels.csv --set grouping=prefix --set judge=false
  golden g-single ladder single-subsystem.csv single.csv --set experiment=single
  golden g-lammps ladder lammps-expected.csv lammps.csv --set experiment=lammps
  golden g-builds ladder spackbuild-expected.csv spackbuild.csv --set experiment=spackbuild --set duration_folds=0
  for unseen in skip strict smooth; do
    golden g-$unseen train p-success-$unseen.csv p_table.csv --set model=naive-bayes --set fold_seeds=1 --set folds=2 \
      --set unseen=$unseen
  done
  compare nb-params-alpha1.csv nb_params.csv
  match g-range ladder --set data="$stored" --set mode=compat --set experiment=range
  expect 0 $? "g-range: runs"
  "$python" - "$stored/golden" g-range g-builds >log 2>&1 <<'END'
import csv, gzip, sys

def read(path):
    with (gzip.open(path, "rt") if path.endswith(".gz") else open(path)) as f:
        return list(csv.DictReader(f))

golden, ranges, builds = sys.argv[1:]
# 800 of the jobs, by their digest
got = {r["digest"]: r for r in read(f"{ranges}/range.csv")}
want = read(f"{golden}/range-matches.csv.gz")
assert len(want) == 800
for w in want:
    assert all(got[w["digest"]][k] == v for k, v in w.items()), (w, got[w["digest"]])
# written with nine digits
got, want = read(f"{builds}/spackbuild_durations.csv"), read(f"{golden}/spackbuild-knn-duration.csv.gz")
assert len(got) == len(want) == 171 and list(got[0]) == list(want[0])
for g, w in zip(got, want):
    for k, v in w.items():
        assert g[k] == v or "%.9g" % float(g[k]) == v, (w["package"], k, g[k], v)
END
  result $? "range matches of 800 jobs, durations of 171 packages on 100 clusters" log
  expect "0.00408 0.7350" "$(awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i; next} $1 == "none" {
    printf "%.5f %.4f", $at["build_success_mean"], $at["marginal_score_mean"]}' g-range/range_summary.csv)" "range: nothing told"
else
  skip "golden tables" "no shared data"
fi
done_testing
