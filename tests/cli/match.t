#!/bin/sh
# match.t - auspex match generate, satisfy, explain, submit: what they write and say, bad input.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
auspex="$AUS_TOP_BUILDDIR/auspex"

# match VERB OPTIONS...: quietly, into $tap_dir/out
match() {
  rm -rf "$tap_dir/out"
  verb=$1
  shift
  timeout 60 "$auspex" match "$verb" -q "$@" --csv "$tap_dir/out" >"$tap_dir/stdout" 2>"$tap_dir/log"
}
# complains STATUS NAME TEXT: the last command ended so and said so
complains() {
  expect "$1" "$status" "$2 ends with $1"
  grep -q -- "$3" "$tap_dir/log"
  result $? "$2 is told" "$tap_dir/log"
}

# Made-up builds and clusters.
match generate --set packages=6 --set features=8 --set jobs=300 --set clusters=60 --seed 3
expect 0 $? "builds are generated"
cp -r "$tap_dir/out" "$tap_dir/made"
expect 301 "$(wc -l <"$tap_dir/made/specs.csv" | tr -d ' ')" "as many as wanted"
expect 61 "$(wc -l <"$tap_dir/made/clusters.csv" | tr -d ' ')" "on as many clusters"
match generate --set packages=6 --set features=8 --set jobs=300 --set clusters=60 --seed 3
cmp "$tap_dir/made/specs.csv" "$tap_dir/out/specs.csv" >"$tap_dir/log" 2>&1
result $? "twice the same" "$tap_dir/log"

# Clusters over given builds: with all values nobody asks for one that no cluster can have.
match generate --set specs="$tap_dir/made/specs.csv" --set clusters=40 --set mode=compat
expect 0 $? "clusters are drawn over builds"
[ ! -e "$tap_dir/out/specs.csv" ]
result $? "which are not written again"
expect 41 "$(wc -l <"$tap_dir/out/clusters.csv" | tr -d ' ')" "as many as wanted"

# Bad input.
match generate --set jobs=10
status=$?
complains 2 "too few builds" 'jobs is 10, need >= 5 per package'

# Single jobs, on graphs and on rows of a table.
ask() {
  verb=$1
  shift
  timeout 60 "$auspex" match "$verb" -q "$@" >"$tap_dir/stdout" 2>"$tap_dir/log"
}
# says TEXT NAME: the last answer holds it (blanks and line breaks left out)
says() {
  tr -d ' \n' <"$tap_dir/stdout" | grep -qF -- "$1"
  result $? "$2" "$tap_dir/stdout"
}
cat >"$tap_dir/fleet.json" <<END
{"clusters": {
 "a": {"graph": {"nodes": {"0": {"metadata": {"type": "cluster"}}, "1": {"metadata": {"type": "node", "mpi": "mpich"}}},
                 "edges": [{"source": "0", "target": "1", "relation": "contains"}]},
       "state": {"nodes_free": 2, "cost": 3, "mem": 200}},
 "c": {"graph": {"nodes": {"0": {"metadata": {"type": "cluster"}}, "1": {"metadata": {"type": "node"}}},
                 "edges": [{"source": "0", "target": "1"}]},
       "subsystems": {"mpi": {"graph": {"nodes": {"m": {"metadata": {"type": "mpi=mpich"}}},
                                        "edges": [{"source": "1", "target": "m"}]}}},
       "state": {"nodes_free": 1, "cost": 1, "mem": 400}}}}
END
cat >"$tap_dir/job.json" <<END
{"version": 1, "name": "j", "resources": {"r": {"type": "node", "requires": [{"name": "mpi", "field": "mpi", "match": "mpich"}]}},
 "attributes": {"parameter": {"seconds_per_gb": 0.4}}}
END
sed 's/mpich/openmpi/' "$tap_dir/job.json" >"$tap_dir/other.json"
cat >"$tap_dir/rules.json" <<END
[{"priority": 1, "steps": [{"filter": "nodes_free > 0"}, {"calc": "build_cost=(cost*(mem*seconds_per_gb)/60/60)"},
  {"sort_ascending": "build_cost"}, {"select": "first"}]}]
END
ask satisfy "$tap_dir/job.json" --set clusters="$tap_dir/fleet.json"
expect 0 $? "a job is matched with graphs"
says '"total":2,"matches":2,"mismatches":0,"clusters":["a","c"]' "both clusters hold it"
ask explain "$tap_dir/other.json" --set clusters="$tap_dir/fleet.json"
says '"enough_resources":2' "resources are not the reason"
says '"alone":0,"left":0' "the requirement is"
says '"without":{"requirements":[0],"matches":2}' "without it there are matches"
says '"instead":{"requirement":0,"field":"mpi","value":"mpich","matches":2}' "and with another value"
ask submit "$tap_dir/job.json" "$tap_dir/job.json" "$tap_dir/other.json" --set clusters="$tap_dir/fleet.json" \
  --set select=constraint --set constraint="$tap_dir/rules.json" --set consume=nodes_free
expect 0 $? "jobs are placed"
expect '"c" "a"' "$(sed -n 's/.*"cluster": \("[a-z]*"\).*/\1/p' "$tap_dir/stdout" | tr '\n' ' ' | sed 's/ $//')" \
  "the cheapest first, then the one that has nodes left"
says '"status":"unmatched"' "the third finds nothing, and learns why"
cat >"$tap_dir/made.json" <<END
{"version": 1, "package": "dep000", "resources": {"r": {"type": "node", "replicas": 4, "requires": [
 {"name": "dep005", "field": "dep005-version", "exists": true}]}}}
END
ask submit "$tap_dir/made.json" --set data="$tap_dir/made" --set select=best-p
expect 0 $? "a job is placed on a row of a table"
says '"p_success":0.' "with its P"
ask submit "$tap_dir/job.json" --set clusters="$tap_dir/fleet.json" --set select=best-p
status=$?
complains 2 "best-p without builds" 'select = best-p needs specs'
echo '{"version": 1}' >"$tap_dir/empty.json"
ask satisfy "$tap_dir/empty.json" --set clusters="$tap_dir/fleet.json"
status=$?
complains 3 "a job without resources" 'empty.json: no "resources"'
echo '{"x": {"nodes_free": 1}}' >"$tap_dir/state.json"
ask satisfy "$tap_dir/job.json" --set clusters="$tap_dir/fleet.json" --set state="$tap_dir/state.json"
status=$?
complains 3 "a state of nobody" 'state.json: no cluster "x"'

# A name that nothing has and a division by zero: such clusters are out, counted, with the reason.
sed 's/nodes_free > 0/nodes_fre > 0/' "$tap_dir/rules.json" >"$tap_dir/unknown.json"
ask submit "$tap_dir/job.json" --set clusters="$tap_dir/fleet.json" --set select=constraint \
  --set constraint="$tap_dir/unknown.json"
expect 0 $? "an unknown name is no error"
says '"status":"unmatched","dropped":2,"why":"anamethatisnotthere"' "clusters without it are out"
sed 's|nodes_free > 0|1 / (nodes_free - 2) < 0|' "$tap_dir/rules.json" >"$tap_dir/zero.json"
ask submit "$tap_dir/job.json" --set clusters="$tap_dir/fleet.json" --set select=constraint \
  --set constraint="$tap_dir/zero.json"
says '"cluster":"c","dropped":1,"why":"divisionbyzero"' "nor is a division by zero"

# What is used up makes no choice any more; rules that take nobody say so.
ask submit "$tap_dir/job.json" "$tap_dir/job.json" "$tap_dir/job.json" "$tap_dir/job.json" \
  --set clusters="$tap_dir/fleet.json" --set consume=nodes_free
expect '"a" "a" "c"' "$(sed -n 's/.*"cluster": \("[a-z]*"\).*/\1/p' "$tap_dir/stdout" | tr '\n' ' ' | sed 's/ $//')" \
  "the first as long as it has nodes, then the next"
says '"status":"unmatched","dropped":0,"why":"nomatchhasenoughleft' "then nobody, with the reason"
sed 's/nodes_free > 0/nodes_free > 9/' "$tap_dir/rules.json" >"$tap_dir/none.json"
ask submit "$tap_dir/job.json" --set clusters="$tap_dir/fleet.json" --set select=constraint \
  --set constraint="$tap_dir/none.json"
says '"matches":2,"mismatches":0,"status":"unmatched","dropped":0,"why":"therulestakenoneofthematches"' \
  "rules that take nobody are the reason"

# P by what the job has: nothing told, only the share of successes is left.
echo '{"version": 1, "package": "dep000", "resources": {"r": {"type": "node"}}}' >"$tap_dir/plain.json"
ask submit "$tap_dir/plain.json" --set data="$tap_dir/made" --set evidence=job
expect "$(awk -F, '$2 == "dep000" {n++; k += $4} END {printf "%.9f", k / n}' "$tap_dir/made/specs.csv")" \
  "$(sed -n 's/.*"p_success": \([0-9.]*\).*/\1/p' "$tap_dir/stdout" | awk '{printf "%.9f", $1}')" \
  "evidence of a job that has no feature"
cp "$tap_dir/stdout" "$tap_dir/untold"
ask submit "$tap_dir/plain.json" --set data="$tap_dir/made"
! cmp -s "$tap_dir/stdout" "$tap_dir/untold"
result $? "evidence of the cluster is another"

# A session: clusters come and go, jobs wait for them.
graph='{"nodes": {"0": {"metadata": {"type": "cluster"}}, "1": {"metadata": {"type": "node"}}},
 "edges": [{"source": "0", "target": "1"}]}'
cat >"$tap_dir/session.json" <<END
{"session": [
 {"register": "x", "graph": $graph}, {"register": "x", "graph": {}}, {"submit": "job.json"},
 {"describe": "x", "subsystem": "mpi", "graph": {"nodes": {"m": {"metadata": {"type": "mpi=mpich"}}},
  "edges": [{"source": "1", "target": "m"}]}},
 {"state": {"x": {"cost": 3, "site": "here"}}}, {"state": {"x": {"cost": 4}}},
 {"submit": "job.json"}, {"submit": $(cat "$tap_dir/job.json")}, {"submit": "job.json"},
 {"receive": "x", "max": 2}, {"accept": "x", "jobs": [3]}, {"receive": "x"},
 {"delete": "x", "subsystem": "mpi"}, {"submit": "job.json"}, {"delete": "x"}, {"register": "x", "graph": $graph},
 {"receive": "x"}, {"state": {"x": {}}}]}
END
ask submit "$tap_dir/session.json"
expect 0 $? "a session is run"
says '[{"register":"x","reply":"new"},{"register":"x","reply":"exists"},{"id":1,"job":"j","total":1,"matches":0,' \
  "a cluster is new, then it exists; nothing matches yet"
says '{"describe":"x","subsystem":"mpi"},{"state":{"x":{"cost":3,"site":"here"}}},{"state":{"x":{"cost":4,"site":"here"}}}' \
  "states are merged"
says '"status":"matched","cluster":"x","dropped":0,"position":3}' "the third waits behind two others"
says '{"receive":"x","jobs":[2,3]},{"accept":"x","jobs":[3],"left":2},{"receive":"x","jobs":[2,4]}' \
  "what is not accepted is handed out again"
says '{"delete":"x","subsystem":"mpi"},{"id":5,"job":"j","total":1,"matches":0' "a subsystem goes"
says '{"delete":"x","unplaced":[2,4]},{"register":"x","reply":"new"},{"receive":"x","jobs":[]},{"state":{"x":{}}}]' \
  "a cluster goes, with its queue and state"
cat >"$tap_dir/late.json" <<END
{"session": [{"register": "x", "graph": $graph}, {"submit": {"version": 1, "package": "dep000",
 "resources": {"r": {"type": "node"}}}}]}
END
ask submit "$tap_dir/job.json" "$tap_dir/late.json" "$tap_dir/job.json" --set clusters="$tap_dir/fleet.json"
says '[{"job":"j","total":2,"matches":2,"mismatches":0,"status":"matched","cluster":"a","dropped":0},{"register":"x"' \
  "a session among jobs, with clusters of a file"
ask submit "$tap_dir/late.json" --set data="$tap_dir/made" --set select=last
says '"status":"matched","cluster":"x","dropped":0,"position":1}' "there is no P of a cluster that came later"
ask submit "$tap_dir/late.json" --set data="$tap_dir/made" --set select=best-p
says '"p_success":' "which best-p does not choose"
done_testing
