#!/usr/bin/env python3
# match_again.py - tables of the match study, made once more from its inputs the slow way, and compared.
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: match_again.py WHAT DATA OUT [key=value ...]

WHAT is a comma-separated list: params (nb_params.csv from the builds), p (p_table.csv of naive Bayes), levels
(levels.csv and unmatched_at.csv), assign (assign.csv), single (single.csv). DATA holds specs.csv and clusters.csv, OUT what
--csv wrote; the keys are those of the run. Builds have no variants here, and all compilers are the usual one. Says
what differs and ends with 1.
"""
import csv
import itertools
import json
import math
import os
import sys

USUAL = "9.3.1"


def table(*path):
    with open(os.path.join(*path), newline="") as f:
        return list(csv.DictReader(f))


class Failed(Exception):
    pass


def same(what, got, want, digits=1e-9):
    """Numbers to 1e-9, an empty cell is NaN; everything else exactly."""
    if isinstance(want, float):
        x = float(got) if got != "" else math.nan
        if x == want or (math.isnan(x) and math.isnan(want)) or abs(x - want) <= digits * max(1.0, abs(want)):
            return
    elif got == str(want):
        return
    raise Failed(f"{what}: {got}, expected {want}")


class Study:
    def __init__(self, data, keys):
        self.keys = keys
        self.specs = table(data, "specs.csv")
        self.clusters = table(data, "clusters.csv")
        if "subset" in keys:
            with open(keys["subset"]) as f:
                names = f.read().split()
            self.clusters = [c for c in self.clusters if c["cluster"] in names]
        self.features = [f for f in self.clusters[0] if f != "cluster"]
        for s in self.specs:
            s["has"] = {n.split("@")[0] + "-version": n.split("@")[1] for n in s["nodes"].split()}
        self.rows = {}
        for s in self.specs:
            if s["success"] != "":
                self.rows.setdefault(s["package"], []).append(s)
        self.rows = {p: r for p, r in self.rows.items() if len(r) >= 5}
        self.jobs = [s for s in self.specs if s["package"] in self.rows and s["success"] != ""]
        self.tables = {p: self.counts(r) for p, r in self.rows.items()}

    def counts(self, rows):
        """Classes, and per feature the counts of every value."""
        n = [sum(r["success"] == c for r in rows) for c in "01"]
        features = {}
        for f in sorted(set(itertools.chain.from_iterable(r["has"] for r in rows))):
            told = [r["has"].get(f, "absent") for r in rows]
            values = set(told) - {"absent"}
            if len(values) <= 1 and (self.keys.get("mode") == "compat" or "absent" not in told):
                continue
            features[f] = {v: [sum(t == v and r["success"] == c for t, r in zip(told, rows)) for c in "01"]
                           for v in sorted(set(told))}
        return n, features

    def p(self, job, cluster):
        """P(success) of a build on a cluster: the reference model."""
        n, features = self.tables[job["package"]]
        alpha, unseen = float(self.keys.get("alpha", 1)), self.keys.get("unseen", "skip")
        if 0 in n:
            return 1.0 if n[0] == 0 else 0.0
        s = [math.log(c / sum(n)) for c in n]
        for f, values in features.items():
            need = job["has"].get(f) if f in self.features else None
            if f not in self.features or (self.keys.get("evidence") == "job" and need is None):
                continue
            own = self.keys.get("own_version") == "job" and f == job["package"] + "-version" and need is not None
            v = need if own else cluster[f]
            if v in values:
                factor = [(values[v][c] + alpha) / (n[c] + alpha * len(values)) for c in (0, 1)]
            elif unseen == "skip":
                continue
            elif unseen == "strict":
                return 0.0
            else:
                factor = [alpha / (n[c] + alpha * (len(values) + 1)) for c in (0, 1)]
            s = [a + math.log(b) for a, b in zip(s, factor)]
        return 1.0 / (1.0 + math.exp(s[0] - s[1]))

    def all_p(self, job):
        asked = (job["package"],)
        if self.keys.get("evidence") == "job" or self.keys.get("own_version") == "job":
            asked += tuple(sorted(job["has"].items()))
        if asked not in self.known:
            self.known[asked] = [self.p(job, c) for c in self.clusters]
        return self.known[asked]

    known = {}

    def subsystem(self, feature):
        if self.keys.get("grouping") == "prefix":
            return feature.split("-")[0]
        return feature[:-len("-version")] if feature.endswith("-version") else feature

    def needs(self, job, subsystems):
        return {f: v for f, v in job["has"].items() if f in self.features and self.subsystem(f) in subsystems}

    def matches(self, job, subsystems):
        needs = self.needs(job, subsystems)
        return [i for i, c in enumerate(self.clusters) if all(c[f] == v for f, v in needs.items())]


def check_params(s, out):
    want = {}
    alpha = float(s.keys.get("alpha", 1))
    for p, (n, features) in s.tables.items():
        want[p, "", ""] = n + [math.log(c / sum(n)) if c else -math.inf for c in n]
        for f, values in features.items():
            for v, count in values.items():
                want[p, f, v] = count + [math.log((count[c] + alpha) / (n[c] + alpha * len(values))) for c in (0, 1)]
    rows = [r for r in table(out, "nb_params.csv") if not r["feature"].endswith("-compiler_version")]
    if {(r["package"], r["feature"], r["value"]) for r in rows} != set(want):
        raise Failed("nb_params.csv: other packages, features or values")
    for r in rows:
        key = r["package"], r["feature"], r["value"]
        for name, x in zip(("count_fail", "count_success", "log_p_fail", "log_p_success"), want[key]):
            same(f"nb_params.csv {key} {name}", r[name], x, 1e-12)


def check_p(s, out):
    rows = table(out, "p_table.csv")
    if len(rows) != len(s.clusters):
        raise Failed(f"p_table.csv: {len(rows)} clusters")
    for r, c in zip(rows, s.clusters):
        same("p_table.csv", r["cluster"], c["cluster"])
        for package in s.tables:
            same(f"p_table.csv {c['cluster']} {package}", r[package], s.p({"package": package, "has": {}}, c))


def check_levels(s, out):
    rows = table(out, "levels.csv")
    order = [r["subsystem_added"] for r in rows[1:]]
    if sorted(order) != sorted({s.subsystem(f) for f in s.features}):
        raise Failed("levels.csv: not every subsystem once")
    lost = {r["digest"]: (int(r["unmatched_at_level"]), r["share_of_own"]) for r in table(out, "unmatched_at.csv")}
    at = {}
    for level, r in enumerate(rows):
        n = total = 0
        score = best = 0.0
        for job in s.jobs:
            found = s.matches(job, order[:level])
            n += bool(found)
            total += len(found)
            if found:
                p = [s.all_p(job)[i] for i in found]
                score += sum(p) / len(p)
                best += max(p)
            elif job["digest"] not in at:
                own = {s.subsystem(f) for f in job["has"] if f in s.features}
                at[job["digest"]] = level, len(own & set(order[:level])) / len(own)
        for name, x in (("level", level), ("jobs_matched", n), ("jobs_unmatched", len(s.jobs) - n), ("total_matches", total),
                        ("expected_score_sum", score), ("best_score_sum", best),
                        ("mean_matches_of_matched", total / n if n else math.nan),
                        ("expected_score_mean_of_jobs", score / len(s.jobs)),
                        ("best_score_mean_of_matched", best / n if n else math.nan)):
            same(f"levels.csv level {level} {name}", r[name], x)
    for job in s.jobs:
        level, share = at.get(job["digest"], (-1, math.nan))
        same(f"unmatched_at.csv {job['digest']}", str(lost[job["digest"]][0]), level)
        same(f"unmatched_at.csv {job['digest']}", lost[job["digest"]][1], share)


def check_single(s, out):
    want = {}
    for job in s.jobs:
        for name in {s.subsystem(f) for f in job["has"] if f in s.features}:
            found = s.matches(job, [name])
            row = want.setdefault(name, [0, 0, 0, 0.0])
            row[0] += 1
            row[1] += not found
            row[2] += len(found)
            row[3] += sum(s.all_p(job)[i] for i in found) / len(found) if found else 0.0
    rows = table(out, "single.csv")
    if [r["subsystem"] for r in rows] != sorted(want):
        raise Failed("single.csv: other subsystems")
    for r in rows:
        for name, x in zip(("jobs_requiring", "jobs_unmatched", "total_matches", "expected_score_sum"), want[r["subsystem"]]):
            same(f"single.csv {r['subsystem']} {name}", r[name], x)


def prices(s):
    """Per package and cluster: dollars, None where the cost is not known."""
    with open(s.keys["state"]) as f:
        state = json.load(f)
    builds = {}
    if "builds" in s.keys:
        for b in table(s.keys["builds"]):
            builds.setdefault(b["package"], []).append((float(b["mem_mean_bytes"]), float(b["duration_s"])))
    price = {}
    for package in s.tables:
        for c in s.clusters:
            of = state.get(c["cluster"], {})
            rows = builds.get(package, [(0.0, 3600.0)])
            if "memory_bytes" in of:
                rows = sorted(rows, key=lambda r: abs(r[0] - of["memory_bytes"]))[:5]
            duration_s = sum(d for _, d in rows) / len(rows)
            price[package, c["cluster"]] = (duration_s / 3600 * of["cost_per_node_hour"]
                                            if "cost_per_node_hour" in of else None)
    return price


def chosen(s, job, found):
    """Number of the cluster of a job, None: no cluster."""
    how, p = s.keys["select"], s.all_p(job)
    if how == "first" or not found:
        return found[0] if found else None
    if how == "last":
        return found[-1]
    if how == "best-p":
        return max(found, key=lambda i: (p[i], -i))
    if how == "cheapest":
        name = [c["cluster"] for c in s.clusters]
        known = [i for i in found if s.price[job["package"], name[i]] is not None]
        return min(known, key=lambda i: (s.price[job["package"], name[i]], i)) if known else None
    if how == "constraint":  # most free nodes of those that have any, then the best P; else the last one with a cost
        free = [i for i in found if s.state.get(s.clusters[i]["cluster"], {}).get("nodes_free", 0) > 0]
        if free:
            return max(free, key=lambda i: (s.state[s.clusters[i]["cluster"]]["nodes_free"], p[i], -i))
        told = [i for i in found if s.state.get(s.clusters[i]["cluster"])]
        return told[-1] if told else None
    raise Failed(f"select = {how}")


def check_assign(s, out):
    rows = table(out, "assign.csv")
    levels = table(out, "levels.csv")
    order = [r["subsystem_added"] for r in levels[1:]]
    kept = range(len(order) + 1) if s.keys["keep"] == "all" else [len(order)]
    if s.keys["select"] == "cheapest":
        s.price = prices(s)
    elif s.keys["select"] == "constraint":
        with open(s.keys["state"]) as f:
            s.state = json.load(f)
    if len(rows) != len(kept) * len(s.jobs):
        raise Failed(f"assign.csv: {len(rows)} rows")
    row = iter(rows)
    for level in kept:
        total, placed, spread = 0.0, 0, 0.0
        for job in s.jobs:
            r, found = next(row), s.matches(job, order[:level])
            what = f"assign.csv level {level} {job['digest']}"
            same(what, r["level"] + r["digest"], f"{level}{job['digest']}")
            if s.keys["select"] == "random":
                if bool(found) != (r["cluster"] in {s.clusters[i]["cluster"] for i in found}):
                    raise Failed(f"{what}: {r['cluster'] or 'no cluster'} of {len(found)}")
                placed += bool(found)
                total += float(r["p"]) if found else 0.0
                p = [s.all_p(job)[i] for i in found]
                mean = sum(p) / len(p) if p else 0.0
                spread += sum((x - mean) ** 2 for x in p) / len(p) / int(s.keys["iterations"]) if p else 0.0
                continue
            i = chosen(s, job, found)
            same(what, r["cluster"], "" if i is None else s.clusters[i]["cluster"])
            same(what, r["p"], math.nan if i is None else s.all_p(job)[i])
            placed += i is not None
            total += 0.0 if i is None else s.all_p(job)[i]
        same(f"levels.csv level {level}", levels[level]["jobs_placed"], placed)
        same(f"levels.csv level {level}", levels[level]["select_score_sum"], total)
        if s.keys["select"] == "random":  # four standard deviations
            far = abs(total - float(levels[level]["expected_score_sum"]))
            if far > 4 * math.sqrt(spread) + 1e-9:
                raise Failed(f"level {level}: the draws are {far} off, four standard deviations are {4 * math.sqrt(spread)}")


def main():
    what, data, out = sys.argv[1:4]
    s = Study(data, dict(a.split("=", 1) for a in sys.argv[4:]))
    try:
        for one in what.split(","):
            globals()["check_" + one](s, out)
    except Failed as e:
        print(e)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
