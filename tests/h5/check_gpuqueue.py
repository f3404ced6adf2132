# check_gpuqueue.py - the small gpuqueue study as h5py sees it.
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os

import h5py
import numpy as np
import pytest

POLICIES = ["reactive", "average", "constant", "quantile", "xgboost", "forest", "rolling"]
WINDOWS, TRAINING, PROBES, LINKS = 9, 33, 4, 2


@pytest.fixture(scope="module")
def f():
    with h5py.File(os.environ["AUS_H5"], "r") as file:
        yield file


def test_states_are_three_dimensional(f):
    d = f["datasets/gpuqueue/state"]
    assert d.shape == (TRAINING * PROBES, 24, 42) and d.dtype == np.dtype("<f4")
    x = d[()]
    assert np.isfinite(x).all() and (x >= 0).all()
    assert (x[:, :, 34:] == x[:, -1:, 34:]).all()  # the chain jobs are the same in all rows
    assert (x[:, :, 12:17] == 0).all()  # what waits has not run


def test_features_labels_and_split(f):
    g = f["datasets/gpuqueue"]
    n = TRAINING * PROBES
    names = g["X"].attrs["feature_names"]
    assert g["X"].shape == (n, len(names)) and len(set(names)) == len(names)
    assert g["X"].dtype == np.dtype("<f4")
    assert np.allclose(g["y"][:] * 3600, f["rewards/probe/reward_s"][:])
    window = f["rewards/probe/window"][:]
    assert (g["trial"][:] == ((1 << 32) | window)).all()
    split = {k: v for k, v in h5py.check_enum_dtype(g["split"].dtype).items()}
    used = g["split"][:]
    last_train = window[used == split["train"]].max()
    first_valid = window[used == split["valid"]].min()
    assert first_valid - last_train >= 5  # days: warm-up and workload lie between (D13)


def test_probes_are_spread_over_the_predecessor(f):
    g = f["rewards/probe"]
    probe, submit, end = g["probe"][:], g["t_submit"][:], g["t_pred_end"][:]
    assert (probe == np.tile(np.arange(PROBES), TRAINING)).all()
    assert (submit[probe == PROBES - 1] == end[probe == PROBES - 1]).all()
    assert (np.diff(submit.reshape(-1, PROBES), axis=1) > 0).all()
    # overlap is at most from the submission to the end
    assert (g["reward_s"][:] >= submit - end).all()


def test_the_reactive_probe_is_the_baseline(f):
    reward = f["rewards/probe/reward_s"][:].reshape(-1, PROBES)
    assert (f["gpuqueue/baselines/reactive_reward_s"][:] == reward[:, -1]).all()
    assert (f["trials/generate/y"][:, 0] == reward[:, -1]).all()


def test_every_policy_has_every_window_and_link(f):
    for m, policy in enumerate(POLICIES):
        g = f["rewards"][policy]
        assert (g["window"][:] == np.repeat(np.arange(WINDOWS), LINKS)).all()
        assert (g["link"][:] == np.tile(np.arange(LINKS), WINDOWS)).all()
        y = f["trials/validate/y"][:, m * LINKS:(m + 1) * LINKS]
        assert (y.ravel() == g["reward_s"][:]).all()
        # never behind the predecessor's end
        assert (g["t_submit"][:] <= g["t_pred_end"][:]).all()
    assert (f["rewards/reactive/t_submit"][:] == f["rewards/reactive/t_pred_end"][:]).all()
    assert (f["rewards/reactive/reward_s"][:] >= 0).all()


def test_classes_follow_from_rewards(f):
    g = f["gpuqueue/classes"]
    model = {v: k for k, v in h5py.check_enum_dtype(g["model"].dtype).items()}
    load = h5py.check_enum_dtype(g["load"].dtype)
    seen = 0
    for i in range(len(g["n"])):
        if g["load"][i] != load["all"] or g["filtered"][i]:
            continue
        r = f["rewards"][model[g["model"][i]]]["reward_s"][:] / 3600
        assert g["n"][i] == WINDOWS * LINKS
        assert g["interruption_mean_h"][i] == pytest.approx(np.maximum(r, 0).mean())
        assert g["overlap_mean_h"][i] == pytest.approx(np.maximum(-r, 0).mean())
        assert g["zero_share"][i] == pytest.approx((r <= 0).mean())
        assert g["interruption_lo_h"][i] <= g["interruption_mean_h"][i] <= g["interruption_hi_h"][i]
        seen += 1
    assert seen == len(POLICIES)


def test_models_and_trace(f):
    assert [t.decode() for t in f["models/task"][:]] == POLICIES[2:]
    assert len(f["models/offsets"]) == len(POLICIES[2:]) + 1 and f["models/offsets"][-1] == len(f["models/bytes"])
    config = json.loads(f["config"][()])
    assert config["study"] == "gpuqueue" and config["gpuqueue"]["chain_length"] == LINKS + 1
    submit = f["trace/t_submit_s"][:]
    assert (np.diff(submit) >= 0).all() and len(submit) > 3000
