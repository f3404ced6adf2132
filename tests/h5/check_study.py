# check_study.py - the layout of a published serverless study, as an h5py user sees it (doc/file-format.md).
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import os

import h5py
import numpy as np
import pytest

N = 11  # samples of tests/data/serverless/small-compat.json
KINDS = ("initial", "initialproactive")


@pytest.fixture(scope="module")
def f():
    with h5py.File(os.environ["AUS_H5"], "r") as file:
        yield file


def test_root_attributes(f):
    assert f.attrs["auspex_format"] in ("1.0", b"1.0")
    assert f.attrs["complete"] == 1
    assert f.attrs["deterministic"] == 1
    assert f.attrs["seed"] == 7
    assert len(f.attrs["config_sha256"]) == 64


def test_config_is_canonical_json(f):
    text = f["config"][()].decode()
    config = json.loads(text)
    assert config["study"] == "serverless"
    assert config["stages"] == ["sample", "initial", "initialproactive"]
    assert config["serverless"]["window_s"] == 5
    assert text == json.dumps(config, sort_keys=True, separators=(",", ":"))
    # Of the engine's section only what decides the results: the optimiser's settings.
    assert set(config["engine"]) == {"bo", "gp"}


def test_example_of_the_manual(f):
    t = f["trials/initialproactive"]
    best = t["y"][:, 0][t["status"][:] == 0].min()
    assert 0 <= best <= 1


def test_trials(f):
    for i, kind in enumerate(KINDS):
        t = f["trials"][kind]
        assert t["id"].dtype == np.uint64
        assert list(t["id"][:]) == [((i + 1) << 32) + k for k in range(N)]
        assert list(t["index"][:]) == list(range(N))
        assert list(t["scenario"][:]) == list(range(N))
        assert set(t["status"][:]) == {0}
        assert h5py.check_enum_dtype(t["status"].dtype)["ok"] == 0
        names = [n.decode() if isinstance(n, bytes) else n for n in t["y"].attrs["names"]]
        assert names[0] == "penalty_frac"
        assert t["y"].shape == (N, len(names))
        assert np.isfinite(t["y"][:]).all()
        assert (t["y"][:, 0] >= 0).all() and (t["y"][:, 0] <= 1).all()
        assert np.array_equal(t["x"][:], f["design/value"][:])


def test_design_is_a_latin_hypercube(f):
    unit = f["design/unit"][:]
    assert unit.shape[0] == N
    for column in unit.T:
        assert sorted(np.floor(column * N).astype(int)) == list(range(N))


def test_space(f):
    s = f["space"]
    names = [n.decode() for n in s["name"][:]]
    assert names[:2] == ["network_bandwidth", "cluster_size"]
    value = f["design/value"][:]
    assert value.shape[1] == len(names)
    shares = value[:, s["group"][:] == 0]
    assert np.allclose(shares.sum(axis=1), 1)
    assert (value >= s["lower"][:] - 1e-9).all()


def test_traces_are_ragged_by_trial(f):
    ids = np.concatenate([f["trials"][k]["id"][:] for k in KINDS])
    for name in ("tasks", "applications", "scale_events", "system_events", "platforms", "storages"):
        t = f["traces"][name]
        assert np.array_equal(t["trial"][:], ids)
        offsets = t["offsets"][:]
        assert len(offsets) == len(ids) + 1 and offsets[0] == 0
        assert (np.diff(offsets.astype(np.int64)) >= 0).all()
        for column in set(t) - {"trial", "offsets"}:
            assert len(t[column]) == offsets[-1], (name, column)


def test_tasks_agree_with_trials(f):
    t, offsets = f["traces/tasks"], f["traces/tasks/offsets"][:]
    y = np.concatenate([f["trials"][k]["y"][:] for k in KINDS])
    names = [n.decode() if isinstance(n, bytes) else n for n in f["trials/initial/y"].attrs["names"]]
    for i in range(len(offsets) - 1):
        rows = slice(offsets[i], offsets[i + 1])
        assert y[i, names.index("n_tasks")] == offsets[i + 1] - offsets[i]
        d, s, a, b, e = (t[c][rows] for c in ("dispatched", "scheduled", "arrived", "started", "done"))
        assert (d <= s).all() and (s <= a).all() and (a <= b).all() and (b < e).all()
        assert np.array_equal(t["elapsed"][rows], e - d)
        assert np.isclose(y[i, names.index("average_elapsed")], (e - d).mean(), rtol=1e-12)
    kinds = h5py.check_enum_dtype(t["task"].dtype)
    assert "detect" in kinds and "thumbnail" in kinds


def test_penalty_is_the_objective(f):
    a = f["traces/applications"]
    offsets = a["offsets"][:]
    y = np.concatenate([f["trials"][k]["y"][:, 0] for k in KINDS])
    for i in range(len(offsets) - 1):
        penalty = a["penalty"][offsets[i]:offsets[i + 1]]
        assert np.isclose(y[i], penalty.mean(), rtol=1e-12, atol=1e-15)


def test_scenarios_see_the_same_world(f):
    """Reactive and proactive runs of one sample have identical arrivals."""
    a = f["traces/applications"]
    offsets, t = a["offsets"][:], a["dispatched"][:]
    for i in range(N):
        assert np.array_equal(t[offsets[i]:offsets[i + 1]], t[offsets[N + i]:offsets[N + i + 1]])


def test_datasets_and_models(f):
    tasks = [t.decode() for t in f["models/task"][:]]
    assert set(tasks) <= set(f["datasets"])
    assert set(f["datasets"]) == {"detect", "thumbnail"}
    initial = set(f["trials/initial/id"][:])
    for name, d in f["datasets"].items():
        n = len(d["y"])
        assert n > 0
        assert d["X"].shape == (n, 1)
        assert [x.decode() if isinstance(x, bytes) else x for x in d["X"].attrs["feature_names"]] == ["requests_per_s"]
        assert (d["weight"][:] == 1).all()
        assert set(d["trial"][:]) <= initial
        assert (np.diff(d["trial"][:].astype(np.int64)) >= 0).all()
        assert set(d["split"][:]) <= {0, 2, 3}
        assert np.array_equal(d["y"][:], np.ceil(d["pods"][:]))
        k = tasks.index(name)
        assert f["models/train_rows"][k] == (d["split"][:] == 0).sum()
        assert f["models/test_rows"][k] == (d["split"][:] == 2).sum()


def test_model_bytes_are_ubjson(f):
    m = f["models"]
    offsets, data = m["offsets"][:].astype(int), m["bytes"][:]
    assert len(offsets) == len(m["task"]) + 1 and offsets[-1] == len(data)
    for k in range(len(m["task"])):
        assert m["format"][k] == b"xgboost-ubj"
        assert data[offsets[k]:offsets[k] + 1].tobytes() == b"{"
        assert b"learner" in data[offsets[k]:offsets[k + 1]].tobytes()


def test_campaigns(f):
    c = f["campaigns"]
    assert list(c["id"][:]) == [1, 2]
    assert [k.decode() for k in c["kind"][:]] == list(KINDS)
    assert list(c["n_committed"][:]) == [N, N]
    for i, kind in enumerate(KINDS):
        assert c["best_y"][i] == f["trials"][kind]["y"][:, 0].min()


def test_every_numeric_dataset_has_a_unit(f):
    def visit(name, o):
        if isinstance(o, h5py.Dataset) and o.dtype.kind in "iuf":
            assert "unit" in o.attrs and "unitSI" in o.attrs and "long_name" in o.attrs, name

    f.visititems(visit)


def test_provenance(f):
    p = f["provenance"]
    assert p["run"].attrs["ranks"] == 1
    assert b"run" in list(p["run/argv"][:])
    assert len(p["trial_cost"]) >= 2 * N
    assert (p["trial_attempts"][:] == 1).all()
    assert p["determinism_violations"][0] == 0
    assert all(len(d) == 64 for d in p["run/input_sha256"][:])
