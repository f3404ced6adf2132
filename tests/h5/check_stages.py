# check_stages.py - optimisation, fine-tuning and validation in a published serverless study, as an h5py user
# sees them (doc/file-format.md).
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os

import h5py
import numpy as np
import pytest

N, N_VALIDATE, BUDGET, N_INIT, LAG, PERCENTILE, TARGET = 11, 5, 10, 6, 3, 50, 0.15  # of tests/data/serverless/small.json
RIVALS = ("validate_reactive", "validate_untuned", "validate_tuned", "validate_kpa")


@pytest.fixture(scope="module")
def f():
    with h5py.File(os.environ["AUS_H5"], "r") as file:
        yield file


def text(values):
    return [v.decode() if isinstance(v, bytes) else v for v in values]


def column(t, name):
    return t["y"][:, text(t["y"].attrs["names"]).index(name)]


def campaigns(f, kind):
    """Rows of /campaigns of a kind."""
    return [i for i, k in enumerate(text(f["campaigns/kind"][:])) if k == kind]


def test_stages(f):
    config = json.loads(f["config"][()].decode())
    assert config["stages"] == ["sample", "initial", "initialproactive", "optimize", "finetune", "validate"]
    assert config["serverless"]["mode"] == "clean"
    assert config["engine"]["bo"]["lag"] == LAG
    assert set(f["trials"]) == {"initial", "initialproactive", "optimize", "finetune", *RIVALS}


def test_campaign_ids_are_consecutive(f):
    ids = f["campaigns/id"][:]
    assert (np.diff(ids) > 0).all() and list(ids[:2]) == [1, 2]
    rows = campaigns(f, "optimize")
    assert len(rows) >= 3
    assert (f["campaigns/lag"][:][rows] == LAG).all()


def test_selection_by_percentile(f):
    penalty = column(f["trials/initialproactive"], "penalty_frac")
    bad = np.flatnonzero(penalty > np.percentile(penalty, PERCENTILE))
    base = f["campaigns/base_trial"][:][campaigns(f, "optimize")]
    assert list(base) == [(2 << 32) + int(i) for i in bad]


def test_points_stay_in_their_box(f):
    t, value = f["trials/optimize"], f["design/value"][:]
    lower, upper, step = (f["space"][n][:] for n in ("lower", "upper", "step"))
    share = f["space/group"][:] == 0
    base = dict(zip(f["campaigns/id"][:], f["campaigns/base_trial"][:]))
    assert np.allclose(t["x"][:][:, share].sum(axis=1), 1)
    for row, campaign in zip(t["x"][:], t["campaign"][:]):
        b = value[base[campaign] & 0xFFFFFFFF]
        assert (row >= np.minimum(b * 0.75, b - step) - 1e-9).all()
        assert (row <= np.maximum(b * 1.25, b + step) + 1e-9).all()
        assert (row >= lower - 1e-9).all() and (row <= upper + 1e-9).all()


def test_lag_rule(f):
    bo = f["bo"]
    index = (bo["trial"][:] & 0xFFFFFFFF).astype(int)
    origin = f["trials/optimize/origin"][:]
    assert np.array_equal(bo["trial"][:], f["trials/optimize/id"][:])
    for k, o, seen, pending, parent in zip(index, origin, bo["n_seen"][:], bo["pending_count"][:], bo["parent"][:]):
        if k < N_INIT:
            assert o == 0 and seen == 0 and parent == -1
        else:
            v = max(N_INIT - 1, k - LAG)
            assert o == 1 and pending == k - 1 - v and parent <= v
    assert bo["theta"].shape == (len(index), bo["theta"].shape[1])
    assert np.isnan(bo["theta"][:][index < N_INIT]).all() and np.isfinite(bo["theta"][:][index >= N_INIT]).all()


def test_campaigns_end_at_target_or_budget(f):
    reason = f["campaigns/stop_reason"]
    names = {v: k for k, v in h5py.check_enum_dtype(reason.dtype).items()}
    judged, trial = f["serverless/searches/judged"][:], f["serverless/searches/trial"][:]
    for i in campaigns(f, "optimize"):
        mine = judged[trial >> 32 == f["campaigns/id"][i]]
        assert f["campaigns/n_committed"][i] == len(mine)
        if names[reason[i]] == "budget":
            assert len(mine) == BUDGET and (mine > TARGET).all()
        else:
            assert names[reason[i]] == "target" and mine[-1] <= TARGET and (mine[:-1] > TARGET).all()


def test_what_is_kept_is_better_than_all_before(f):
    s, base = f["serverless/searches"], column(f["trials/initialproactive"], "penalty_frac")
    best = {}
    for trial, b, judged, kept in zip(s["trial"][:], s["base_trial"][:], s["judged"][:], s["kept"][:]):
        campaign = int(trial) >> 32
        before = best.get(campaign, base[int(b) & 0xFFFFFFFF])
        assert kept == (judged < before)
        best[campaign] = min(before, judged)


def test_judged_is_the_base_sample_within_the_replicas(f):
    t, s = f["trials/optimize"], f["serverless/searches"]
    base = (s["base_trial"][:] & 0xFFFFFFFF).astype(int)
    most = column(f["trials/initialproactive"], "replica_time")[base]
    within = column(t, "judge_replica_time") <= most
    expected = np.where(within, column(t, "judge_penalty_frac"), np.inf)
    assert np.array_equal(s["judged"][:], expected)


def test_rows_of_kept_trials_are_in_the_datasets(f):
    s = f["serverless/searches"]
    kept = set(s["trial"][:][s["kept"][:] == 1])
    assert len(kept) > 0
    for d in f["datasets"].values():
        trials = set(d["trial"][:])
        assert {t for t in trials if int(t) >> 32 > 2} <= kept
        assert d["X"].shape[1] == 2 and len(d["weight"]) == len(d["y"])


def test_models_and_their_lineage(f):
    m = f["models"]
    task, version, parent, trial = text(m["task"][:]), m["version"][:], m["parent"][:], m["trial"][:]
    n = int((parent == -1).sum())  # base models come first
    assert (parent[:n] == -1).all() and (version[:n] == 0).all() and (trial[:n] == -1).all() and np.isfinite(m["metric"][:n]).all()
    for k in range(n, len(task)):
        assert 0 <= parent[k] < k and task[parent[k]] == task[k]
    lineage = [k for k in range(n, len(task)) if trial[k] >= 0 and version[k] > 1]
    for k in lineage:
        assert version[k] == version[parent[k]] + 1
    assert task[-n:] == task[:n]  # the final set


def test_candidates(f):
    c = f["serverless/candidates"]
    chosen = c["chosen"][:]
    assert chosen.sum() == 1 and c["penalty_frac"].shape == chosen.shape
    i = chosen.argmax()
    assert c["penalty_frac"][i] <= c["penalty_frac"][0]
    assert i == 0 or c["replica_time"][i] <= c["replica_time"][0]
    t = f["trials/finetune"]
    first = {int(v): k for k, v in enumerate(t["id"][:])}
    for k, (trial, penalty) in enumerate(zip(c["first_trial"][:], c["penalty_frac"][:])):
        at = first[int(trial)]
        assert np.isclose(column(t, "penalty_frac")[at:at + N].mean(), penalty, rtol=1e-12)


def test_validation_is_on_the_same_worlds(f):
    kinds = [f["trials"][k] for k in RIVALS]
    for t in kinds:
        assert t["x"].shape[0] == N_VALIDATE
        assert np.array_equal(t["x"][:], kinds[0]["x"][:])
        assert np.array_equal(t["scenario"][:], kinds[0]["scenario"][:])
        assert np.array_equal(column(t, "n_applications"), column(kinds[0], "n_applications"))
    assert set(kinds[0]["scenario"][:]).isdisjoint(f["trials/initial/scenario"][:])


def test_kept_traces_of_the_validation(f):
    kept = set(f["traces/system_events/trial"][:])
    assert {int(t) for k in RIVALS for t in f["trials"][k]["id"][:]} <= {int(t) for t in kept}
    assert len(f["traces/tasks/trial"]) == 2 * N
