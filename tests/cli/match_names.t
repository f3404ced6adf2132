#!/bin/sh
# match_names.t - clusters and builds that are not as usual: subsets of every experiment, names with commas, clusters
# that are not described by a package's own version, alpha beyond reason.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"
cd "$tap_dir" || exit 99

# match NAME VERB OPTIONS...: NAME.h5, the tables in NAME/, NAME.out, NAME.err
match() {
  name=$1 verb=$2
  shift 2
  timeout 300 "$auspex" match "$verb" -q "$@" --csv "$name" -o "$name.h5" >"$name.out" 2>"$name.err" </dev/null
}

timeout 60 "$auspex" match generate -q --set packages=6 --set features=8 --set jobs=300 --set clusters=60 --seed 3 \
  --csv data >log 2>&1 </dev/null
result $? "builds are generated" log

# ---- a subset of an experiment's own clusters is a table of these rows ----

for part in range spackbuild lammps; do
  mkdir -p "less/$part"
  cp data/$part/*.csv "less/$part"
  sed -n '1p;4,9p' "data/$part/clusters.csv" >"less/$part/clusters.csv"
  sed -n '4,9s/,.*//p' "data/$part/clusters.csv" >"$part.names"
  match "$part-subset" ladder --set data=data --set experiment=$part --set subset=$part.names
  result $? "$part: six of its clusters" "$part-subset.err"
  match "$part-rows" ladder --set data=less --set experiment=$part
  result $? "$part: a table of six" "$part-rows.err"
  diff -r "$part-subset" "$part-rows" >log 2>&1
  result $? "$part: the same" log
done
printf 'nowhere\n' >names
match unknown ladder --set data=data --set experiment=range --set subset=names
expect 3 $? "a name of no cluster"
expect "auspex: names: 1 of 1 names are no clusters of data/range/clusters.csv" "$(cat unknown.err)" "is refused"
: >names
match nobody ladder --set data=data --set subset=names
expect 3 $? "a subset without names"
expect "auspex: names: no names of clusters" "$(cat nobody.err)" "says so"

# ---- names with a comma ----

sed '2s/[^,]*/"one, two"/' data/clusters.csv >comma.csv
match comma ladder --set specs=data/specs.csv --set clusters=comma.csv --set select=first --set keep=all
result $? "a cluster's name with a comma" comma.err
expect 1 "$(awk -F, 'NR > 1 && $3 ~ /^"/ { print $3 "," $4 }' comma/assign.csv | sort -u | grep -c '^"one, two"$')" \
  "stands in quotes"
match again train --set specs=data/specs.csv --set clusters=comma.csv --set model=logistic --set fold_seeds=1 \
  --set folds=2
expect '"one, two"' "$(sed -n 2p again/p_table.csv | cut -d, -f1,2)" "in every table"
awk -F, -v OFS=, 'NR > 1 && NR < 60 { gsub(/dep001@[^ ]*/, "dep001@1,5", $5); $5 = "\"" $5 "\"" } { print }' \
  data/specs.csv >odd.csv
timeout 60 "$auspex" match generate -q --set specs=odd.csv --set clusters=40 --csv over >log 2>&1 </dev/null
result $? "versions with a comma" log
expect 1 "$(grep -c '"1,5"' over/clusters.csv | sed 's/^[1-9].*/1/')" "stand in quotes"
match odd ladder --set specs=odd.csv --set clusters=over/clusters.csv
result $? "are read again" odd.err

# ---- the job brings its package's version ----

# the own version of package dep000 is not told, or told as "absent" everywhere
cut -d, -f1,3- data/clusters.csv >without.csv
sed '1!s/^\([^,]*\),[^,]*/\1,absent/' data/clusters.csv >absent.csv
expect dep000-version "$(head -n 1 data/clusters.csv | cut -d, -f2)" "the column in question"
for file in without absent; do
  for evidence in cluster job; do
    match "$file-$evidence" ladder --set specs=data/specs.csv --set clusters=$file.csv --set own_version=job \
      --set evidence=$evidence --set unseen=smooth --set select=best-p --set keep=all
    result $? "$file, evidence = $evidence" "$file-$evidence.err"
    awk -F, 'NR == FNR { if ($2 == "dep000") own[$1] = 1; next } $1 == 0 && own[$2]' data/specs.csv \
      "$file-$evidence/assign.csv" >"$file.$evidence"
  done
done
[ -s without.cluster ] && cmp -s without.cluster absent.cluster && cmp -s without.job absent.job
result $? "a job's own version counts whether or not clusters are described by it"

# ---- rules that ask for what nobody tells ----

printf '{"cluster000000": {"nodes_free": 1}, "cluster000001": {"nodes_free": 2}}' >state.json
printf '[{"priority": 1, "steps": [{"filter": "nodes_fre > 0"}, {"select": "first"}]}]' >wrong.json
printf '[{"priority": 1, "steps": [{"filter": "nodes_free > 0"}, {"select": "first"}]}]' >right.json
for rules in wrong right; do
  match $rules ladder --set data=data --set select=constraint --set state=state.json --set constraint=$rules.json
  result $? "$rules rules" $rules.err
done
column() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } NR == 2 { print $at[name] }' "$2"; }
jobs=$(column jobs_matched wrong/levels.csv)
expect 0 "$(column jobs_placed wrong/levels.csv)" "an unknown name places nothing"
expect $((2 * jobs)) "$(column clusters_dropped wrong/levels.csv)" "and clusters with a state are counted"
expect "rules put out $((2 * jobs)) of $((60 * jobs)) pairs of job and cluster at level 0, because a value is missing" \
  "$(grep '^rules' wrong.out)" "and people are told"
expect "$jobs 0" "$(column jobs_placed right/levels.csv) $(column clusters_dropped right/levels.csv)" "a known one does"

# ---- alpha ----

for alpha in 1e-320 1e308; do
  match "alpha" train --set data=data --set alpha=$alpha
  expect 2 $? "alpha = $alpha"
done
expect "--set alpha: alpha is 1e308, need >= 1e-100 and <= 1e100" "$(head -n 1 alpha.err)" "is refused"
done_testing
