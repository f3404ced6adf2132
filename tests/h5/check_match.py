# check_match.py - the small match study as h5py sees it; matches are made once more from the file's own tables.
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os

import h5py
import numpy as np
import pytest

PACKAGES, FEATURES, JOBS, CLUSTERS = 9, 24, 1300, 70
FOLDS, DIVISIONS, ITERATIONS, BINS = 4, 2, 7, 20


@pytest.fixture(scope="module")
def f():
    with h5py.File(os.environ["AUS_H5"], "r") as file:
        yield file


def text(d):
    return [t.decode() for t in d[:]]


@pytest.fixture(scope="module")
def matched(f):
    """Level x job x cluster: does the cluster meet what the job requires and the first subsystems describe?"""
    of = f["match/features/subsystem"][:]
    level_of = np.empty(FEATURES, int)
    for level, subsystem in enumerate(f["match/order/subsystem"][:], start=1):
        level_of[of == subsystem] = level
    have = f["match/clusters/value"][:]
    first, n = f["match/jobs/first_requirement"][:], f["match/jobs/n_requirements"][:]
    feature, value = f["match/requirements/feature"][:], f["match/requirements/value"][:]
    m = np.ones((FEATURES + 1, JOBS, CLUSTERS), bool)
    for j in range(JOBS):
        for i in range(first[j], first[j] + n[j]):
            m[level_of[feature[i]]:, j, :] &= have[:, feature[i]] == value[i]
    return m


def test_everything_has_units(f):
    def look(name, d):
        if isinstance(d, h5py.Dataset):
            assert d.attrs["unit"] and d.attrs["long_name"], name
            assert np.isfinite(d.attrs["unitSI"]) and d.attrs["unitSI"] > 0, name
    f.visititems(look)
    for name in ("spackbuild_durations/duration_s", "spackbuild/expected_additional_runtime_s", "durations/mae_s"):
        assert f["match"][name].attrs["unit"] == b"s"
    assert f["match/spackbuild_clusters/memory_bytes"].attrs["unit"] == b"bytes"


def test_shapes(f):
    g = f["match"]
    assert g["clusters/value"].shape == (CLUSTERS, FEATURES)
    for name in ("p_table/p", "ladder_p/p", "ladder_p/p_chooser", "ladder_p/p_judge"):
        assert g[name].shape == (PACKAGES, CLUSTERS)
    for name in ("occupancy/n", "occupancy/score"):
        assert g[name].shape == (FEATURES + 1, CLUSTERS)
    for name in ("assign/cluster", "assign/p"):
        assert g[name].shape == (FEATURES + 1, JOBS)
    assert g["levels_p/hist_p"].shape == (FEATURES + 1, BINS)
    assert all(len(d) == FEATURES + 1 for d in g["levels"].values())
    assert g["spackbuild_durations/duration_s"].shape == (PACKAGES, CLUSTERS)
    for group in g.values():  # what is listed side by side has as many rows
        assert len({len(d) for d in group.values()}) == 1, group.name


def test_names_and_codes(f):
    g = f["match"]
    assert text(g["features/name"]) == [f"dep{i:03d}-version" for i in range(FEATURES)]
    assert text(g["subsystems/name"]) == sorted(text(g["subsystems/name"]))
    assert (np.sort(g["order/subsystem"][:]) == np.arange(FEATURES)).all()
    assert (np.diff(g["order/subsystem"][:]) < 0).any()  # seeded
    names = text(g["subsystems/name"])
    assert [names[i] for i in g["order/subsystem"][:]] == text(g["levels/subsystem_added"])[1:]
    for i, name in enumerate(text(g["features/name"])):
        assert names[g["features/subsystem"][i]] == name[:-len("-version")]
    n_values = np.bincount(g["values/feature"][:], minlength=FEATURES)
    assert (np.diff(g["values/feature"][:]) >= 0).all() and (n_values > 0).all()
    assert (g["clusters/value"][:] >= 0).all() and (g["clusters/value"][:] < n_values).all()
    feature, value = g["requirements/feature"][:], g["requirements/value"][:]
    assert (value >= -1).all() and (value < n_values[feature]).all()
    first, n = g["jobs/first_requirement"][:], g["jobs/n_requirements"][:]
    assert first[0] == 0 and (first[1:] == np.cumsum(n)[:-1]).all() and first[-1] + n[-1] == len(feature)
    assert len(set(text(g["jobs/digest"]))) == JOBS
    assert (np.bincount(g["jobs/package"][:], minlength=PACKAGES) == g["packages/rows"][:]).all()
    assert (g["packages/successes"][:] <= g["packages/rows"][:]).all()


def test_levels_are_what_the_tables_say(f, matched):
    g = f["match/levels"]
    n = matched.sum(axis=2)
    assert (g["level"][:] == np.arange(FEATURES + 1)).all()
    assert (g["jobs_matched"][:] == (n > 0).sum(axis=1)).all()
    assert (g["jobs_matched"][:] + g["jobs_unmatched"][:] == JOBS).all()
    assert (g["total_matches"][:] == n.sum(axis=1)).all()
    lost = f["match/jobs/unmatched_at_level"][:]
    for j in range(JOBS):
        gone = np.flatnonzero(n[:, j] == 0)
        assert lost[j] == (gone[0] if len(gone) else -1)
    for level in range(FEATURES + 1):
        assert ((lost < 0) | (lost > level)).sum() == g["jobs_matched"][level]
    # a subsystem has one feature here, a job at most one requirement of it
    level_of = np.argsort(f["match/order/subsystem"][:])[f["match/features/subsystem"][:]] + 1
    n_own = f["match/jobs/n_requirements"][:]
    job = np.repeat(np.arange(JOBS), n_own)
    told = np.bincount(job[level_of[f["match/requirements/feature"][:]] <= lost[job]], minlength=JOBS)
    assert np.array_equal(f["match/jobs/share_of_own"][:], np.where(lost < 0, np.nan, told / n_own), equal_nan=True)


def mean_of(p, m):
    """Mean of p over the matches; 0 without any."""
    n = m.sum(axis=-1)
    return np.where(n > 0, (p * m).sum(axis=-1) / np.maximum(n, 1), 0)


def test_scores_are_sums_of_p(f, matched):
    g, package = f["match/levels"], f["match/jobs/package"][:]
    p, chooser, judge = (f["match/ladder_p"][name][:][package] for name in ("p", "p_chooser", "p_judge"))
    for x in (p, chooser, judge, f["match/p_table/p"][:]):
        assert (x >= 0).all() and (x <= 1).all()
    for level, m in enumerate(matched):
        some = m.any(axis=1)
        mean = mean_of(p, m)
        want = {"expected_score_sum": mean.sum(), "best_score_sum": np.where(m, p, 0).max(axis=1).sum(),
                "chooser_best_score_sum": np.where(m, chooser, 0).max(axis=1).sum(),
                "judged_expected_score_sum": mean_of(judge, m).sum()}
        best = np.where(m, chooser, -1).argmax(axis=1)
        want["judged_best_score_sum"] = judge[np.arange(JOBS), best][some].sum()
        want["expected_score_mean_of_matched"] = mean.sum() / some.sum()
        want["expected_score_mean_of_jobs"] = mean.sum() / JOBS
        want["mean_matches_of_matched"] = m.sum() / some.sum()
        for name, x in want.items():
            assert g[name][level] == pytest.approx(x, rel=1e-9), (level, name)
        bins = f["match/levels_p/hist_p"][level]
        assert bins.sum() == g["jobs_matched"][level]
        edges = np.arange(BINS + 1) / BINS  # a mean may lie on an edge but for rounding
        low, high = (np.histogram(np.clip(mean[some] + d, 0, 1), edges)[0].cumsum() for d in (1e-12, -1e-12))
        assert (low <= bins.cumsum()).all() and (bins.cumsum() <= high).all()


def test_choices_are_matches(f, matched):
    g, package = f["match"], f["match/jobs/package"][:]
    p = g["ladder_p/p"][:][package]
    q = [g["levels"][name][:] for name in ("p_min", "p_q05", "p_q25", "p_q50", "p_q75", "p_q95", "p_max")]
    for level, m in enumerate(matched):
        cluster, mean = g["assign/cluster"][level], g["assign/p"][level]
        placed = cluster >= 0
        assert (placed == m.any(axis=1)).all() and (np.isnan(mean) == ~placed).all()
        assert placed.sum() == g["levels/jobs_placed"][level]
        assert m[np.flatnonzero(placed), cluster[placed]].all()
        assert (mean[placed] >= np.where(m, p, 2).min(axis=1)[placed] - 1e-12).all()
        assert (mean[placed] <= np.where(m, p, -1).max(axis=1)[placed] + 1e-12).all()
        one = placed & (m.sum(axis=1) == 1)  # nothing to draw
        assert np.allclose(mean[one], p[one, cluster[one]], rtol=0, atol=1e-12)
        assert g["levels/select_score_sum"][level] == pytest.approx(mean[placed].sum(), rel=1e-9)
        assert np.allclose([x[level] for x in q], np.quantile(mean[placed], [0, .05, .25, .5, .75, .95, 1]))


def test_draws_are_spread(f, matched):
    """At level 0 every draw is one of all clusters; the mean over draws is the expectation within 5 sigma."""
    p = f["match/ladder_p/p"][:][f["match/jobs/package"][:]]
    sigma = np.sqrt((p.var(axis=1) / ITERATIONS).sum())
    assert abs(f["match/levels/select_score_sum"][0] - p.mean(axis=1).sum()) < 5 * sigma
    n = np.bincount(f["match/assign/cluster"][0], minlength=CLUSTERS)
    assert (np.abs(n - JOBS / CLUSTERS) < 5 * np.sqrt(JOBS / CLUSTERS)).all()


def test_occupancy_adds_up(f):
    g = f["match"]
    n, score = g["occupancy/n"][:], g["occupancy/score"][:]
    assert np.allclose(n.sum(axis=1), g["levels/jobs_placed"][:], rtol=1e-12)
    assert np.allclose(score.sum(axis=1), g["levels/select_score_sum"][:], rtol=1e-9)
    assert (score >= 0).all() and (score <= n + 1e-9).all()
    assert np.allclose(n * ITERATIONS, np.round(n * ITERATIONS), atol=1e-9)  # whole draws


def test_explain_tells_of_every_lost_job(f, matched):
    g, jobs = f["match/explain"], f["match/jobs"]
    have = f["match/clusters/value"][:]
    level_of = np.argsort(f["match/order/subsystem"][:])[f["match/features/subsystem"][:]]
    lost = np.flatnonzero(jobs["unmatched_at_level"][:] >= 0)
    assert (np.unique(g["job"][:]) == lost).all()
    feature, value = f["match/requirements/feature"][:], f["match/requirements/value"][:]
    rows = iter(zip(g["job"][:], g["feature"][:], g["alone"][:], g["left"][:]))
    for j in lost:
        first, n = jobs["first_requirement"][j], jobs["n_requirements"][j]
        left = np.ones(CLUSTERS, bool)
        for i in sorted(range(first, first + n), key=lambda i: level_of[feature[i]]):
            meets = have[:, feature[i]] == value[i]
            left &= meets
            assert next(rows) == (j, feature[i], meets.sum(), left.sum())
    assert next(rows, None) is None


def test_single_subsystems(f):
    g, of = f["match/single"], f["match/features/subsystem"][:]
    names = text(f["match/subsystems/name"])
    have, package = f["match/clusters/value"][:], f["match/jobs/package"][:]
    first, n = f["match/jobs/first_requirement"][:], f["match/jobs/n_requirements"][:]
    job = np.repeat(np.arange(JOBS), n)
    feature, value = f["match/requirements/feature"][:], f["match/requirements/value"][:]
    seen = sorted({names[s] for s in of[feature]})
    assert text(g["subsystem"]) == seen and first[0] == 0
    for row, name in enumerate(seen):
        of_this = np.flatnonzero(of[feature] == names.index(name))
        m = have[:, feature[of_this]].T == value[of_this][:, None]  # one feature each
        assert g["jobs_requiring"][row] == len(of_this) == len(set(job[of_this]))
        assert g["jobs_unmatched"][row] == (~m.any(axis=1)).sum() and g["total_matches"][row] == m.sum()
        score = mean_of(f["match/ladder_p/p"][:][package[job[of_this]]], m).sum()
        assert g["expected_score_sum"][row] == pytest.approx(score, rel=1e-9)


def test_trials_are_folds(f):
    t, held = f["trials/folds"], f["match/held_out"]
    metrics = f["match/metrics"]
    validated = len(metrics["package"]) - 1
    assert t["x"].shape == (validated * DIVISIONS, 2) and t["y"].shape == (validated * DIVISIONS, 4)
    assert (t["x"][:, 1] == np.repeat(np.arange(DIVISIONS), validated)).all()
    assert (t["status"][:] == 0).all()
    names = text(f["match/packages/name"])
    for i, trial in enumerate(t["id"][:]):
        of = held["trial"][:] == trial
        package, y, p = held["package"][of], held["y"][of], held["p"][of]
        assert (package == t["x"][i, 0]).all() and of.sum() == f["match/packages/rows"][package[0]]
        assert y.sum() == f["match/packages/successes"][package[0]] and (p >= 0).all() and (p <= 1).all()
        assert t["y"][i, 0] == pytest.approx(((p > 0.5) == y).mean())
        assert t["y"][i, 1] == pytest.approx(-np.log(np.where(y, p, 1 - p)).mean())
        assert t["y"][i, 2] == pytest.approx(((p - y) ** 2).mean())
        wins = (p[y == 1][:, None] > p[y == 0]).mean() + (p[y == 1][:, None] == p[y == 0]).mean() / 2
        assert t["y"][i, 3] == pytest.approx(wins)
    for i, name in enumerate(text(metrics["package"])[:-1]):
        of = t["x"][:, 0] == names.index(name)
        assert of.sum() == DIVISIONS
        for k, column in enumerate(("accuracy", "log_loss", "brier", "auc")):
            assert metrics[column][i] == pytest.approx(t["y"][of, k].mean())
        share = metrics["successes"][i] / metrics["rows"][i]
        assert metrics["majority"][i] == pytest.approx(max(share, 1 - share))
    assert (metrics["folds"][:] == FOLDS).all() and set(text(metrics["model"])) == {"blend"}


def test_all_packages_pooled(f):
    metrics, held = f["match/metrics"], f["match/held_out"]
    assert text(metrics["package"])[-1] == "all"
    assert metrics["rows"][-1] == metrics["rows"][:-1].sum() == len(held["p"]) / DIVISIONS
    y, p = held["y"][:], held["p"][:]
    assert metrics["log_loss"][-1] == pytest.approx(-np.log(np.where(y, p, 1 - p)).mean())
    assert metrics["brier"][-1] == pytest.approx(((p - y) ** 2).mean())
    weighted = (metrics["majority"][:-1] * metrics["rows"][:-1]).sum() / metrics["rows"][-1]
    assert metrics["majority"][-1] == pytest.approx(weighted)
    c = f["match/calibration"]
    assert c["rows"][:].sum() * DIVISIONS == pytest.approx(len(p))
    for i in range(10):
        of = (np.minimum((p * 10).astype(int), 9)) == i
        assert c["rows"][i] * DIVISIONS == pytest.approx(of.sum())
        if of.any():
            assert c["p_mean"][i] == pytest.approx(p[of].mean()) and c["success_share"][i] == pytest.approx(y[of].mean())


def test_models(f):
    g = f["models"]
    assert text(g["task"]) == text(f["match/packages/name"])
    assert set(text(g["format"])) == {"auspex-match-1"}
    assert (g["train_rows"][:] == f["match/packages/rows"][:]).all()
    offsets = g["offsets"][:]
    assert len(offsets) == PACKAGES + 1 and offsets[0] == 0 and offsets[-1] == len(g["bytes"])
    assert (np.diff(offsets.astype(np.int64)) > 100).all()


def test_naive_bayes_parameters(f):
    g = f["match/nb_params"]
    package, feature = np.array(text(g["package"])), np.array(text(g["feature"]))
    fail, success = g["count_fail"][:], g["count_success"][:]
    for name, rows, successes in zip(text(f["match/packages/name"]), f["match/packages/rows"], f["match/packages/successes"]):
        prior = (package == name) & (feature == "")
        assert prior.sum() == 1 and success[prior][0] == successes and fail[prior][0] == rows - successes
        for one in set(feature[(package == name) & (feature != "")]):
            of = (package == name) & (feature == one)
            assert fail[of].sum() == rows - successes and success[of].sum() == successes
            assert np.exp(g["log_p_fail"][of]).sum() == pytest.approx(1)
            assert np.exp(g["log_p_success"][of]).sum() == pytest.approx(1)


def test_the_smaller_experiments(f):
    g = f["match/lammps"]
    assert text(g["experiment"])[0] == "none" and (g["total_matches"][0], g["jobs"][0]) == (48 * 18, 18)
    assert (g["expected_accuracy"][:] >= 0).all() and g["expected_accuracy"][-1] == 1
    r = f["match/range"]
    assert (r["clusters_all_exclusive"][:] <= r["clusters_all_inclusive"][:]).all()
    assert (r["pairs_in_range_exclusive"][:] <= r["pairs_in_range_inclusive"][:]).all()
    assert (r["pairs_in_range_inclusive"][:] <= CLUSTERS * r["n_ranges"][:]).all()
    assert (r["pairs_in_range_inclusive"][:] >= r["n_ranges"][:] * r["clusters_all_inclusive"][:]).all()
    asked = dict(zip(text(f["match/range_summary/experiment"]), f["match/range_summary/asked"][:]))
    assert asked["none"] == len(r["n_ranges"]) and asked["single"] == r["n_ranges"][:].sum()
    success = f["match/range_summary/build_success_mean"][0]
    assert success == pytest.approx((r["clusters_all_inclusive"][:] / CLUSTERS).mean())
    marginal = f["match/range_summary/marginal_score_mean"][0]
    assert marginal == pytest.approx((r["pairs_in_range_inclusive"][:] / CLUSTERS / r["n_ranges"][:]).mean())
    b = f["match/spackbuild"]
    row = {name: i for i, name in enumerate(text(b["experiment"]))}
    assert b["jobs"][row["none"]] == JOBS and b["unmatched"][row["none"]] == 0
    memory = row["arch-compiler-compiler-version-memory"]
    before = row["arch-compiler-compiler-version"]
    assert b["jobs"][memory] == JOBS - b["unmatched"][before]
    assert b["jobs"][row["constraint-cheapest"]] == b["jobs"][memory] - b["unmatched"][memory]
    d = f["match/spackbuild_durations"]
    assert (d["duration_s"][:] > 0).all() and (d["optimal_duration_s"][:] > 0).all()
    assert text(f["match/durations/kind"]) == ["knn", "trees", "spline", "mean"]
    assert (f["match/durations/builds"][:] == JOBS).all()
    assert (f["match/durations/median_ae_s"][:] <= f["match/durations/mae_s"][:]).all()


def test_the_configuration(f):
    config = json.loads(f["config"][()])
    assert config["study"] == "match" and config["stages"] == ["train", "ladder", "single", "lammps", "range", "spackbuild"]
    assert config["match"]["p_model"] == "trees" and config["match"]["select"] == "random"
    assert f.attrs["deterministic"] == 1 and f.attrs["complete"] == 1 and f.attrs["study"] == b"match"
