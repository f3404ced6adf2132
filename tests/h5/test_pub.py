# test_pub.py - h5py reads what t_pub published: every value, type and attribute.
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import subprocess
import time

import h5py
import numpy as np
import pytest

KINDS = {"cold": 0, "warm": 1, "hot": 2}
# path: (columns: name -> (dtype, values a row, unit, unitSI, enumeration))
TABLES = {
    "traces/tasks": {
        "start": ("<f8", 1, b"s", 1.0, None),
        "node": ("<i4", 1, b"1", 1.0, None),
        "use": ("<f4", 3, b"1", 1.0, None),
        "kind": ("|u1", 1, b"1", 1.0, KINDS),
    },
    "traces/events": {"at": ("<i8", 1, b"ms", 1e-3, None), "code": ("<u4", 1, b"1", 1.0, None)},
    "datasets/x/wide": {"x": ("<f8", 40000, b"1", 1.0, None)},
    "traces/never": {"state": ("<i4", 1, b"1", 1.0, KINDS), "id": ("<u8", 1, b"1", 1.0, None)},
    "traces/none": {"at": ("<i8", 1, b"ms", 1e-3, None), "code": ("<u4", 1, b"1", 1.0, None)},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    where = tmp_path_factory.mktemp("pub")
    program = os.path.join(os.environ["AUS_TOP_BUILDDIR"], "tests/mpi/t_pub")
    subprocess.run([program, "make", str(where)], check=True, timeout=120)
    return where


@pytest.fixture(scope="module")
def out(made):
    with h5py.File(made / "out.h5", "r") as f:
        yield f


@pytest.fixture(scope="module")
def ranges(made):
    """table -> list of (trial, shard, first, n) in the order of the plan"""
    found = {}
    for line in open(made / "ranges.txt"):
        table, trial, shard, first, n = line.split()
        found.setdefault(table, []).append((int(trial), int(shard), int(first), int(n)))
    return found


@pytest.fixture(scope="module")
def shards(made):
    files = [h5py.File(made / "shards" / f"s{i:06d}.h5", "r") for i in range(5)]
    yield files
    for f in files:
        f.close()


def expected(shards, ranges, table, column):
    parts = [shards[s][table][column][first:first + n] for _, s, first, n in ranges if n]
    return np.concatenate(parts) if parts else None


def test_shards_say_whose_they_are(shards):
    for i, f in enumerate(shards):
        assert f.attrs["auspex_shard"] == b"1.0"
        assert f.attrs["run"] == 77 and f.attrs["run"].dtype == "u8"
        assert f.attrs["number"] == i


def test_shard_rows_carry_their_trial(shards, ranges):
    for table, parts in ranges.items():
        for trial, shard, first, n in parts:
            if n:
                assert (shards[shard][table]["trial"][first:first + n] == trial).all()


@pytest.mark.parametrize("table,column", [(t, c) for t in TABLES for c in TABLES[t]])
def test_columns(out, shards, ranges, table, column):
    kind, width, unit, unit_si, enumeration = TABLES[table][column]
    parts = ranges.get(table, [])
    n = sum(p[3] for p in parts)
    d = out[table][column]
    assert d.dtype == np.dtype(kind)
    assert d.shape == ((n,) if width == 1 else (n, 200, 200) if width == 40000 else (n, width))
    if n:
        assert d[()].tobytes() == expected(shards, parts, table, column).tobytes()
        assert d.chunks[0] == min(n, max(1, (1 << 20) // (d.dtype.itemsize * width)))
        assert d.shuffle and d.compression == "gzip" and d.compression_opts == 4 and d.fletcher32
    else:
        assert d.chunks is None and d[()].size == 0
    assert d.attrs["unit"] == unit and d.attrs["unitSI"] == unit_si
    assert d.attrs["unitSI"].dtype == "f8" and len(d.attrs["long_name"]) > 0
    assert h5py.check_enum_dtype(d.dtype) == enumeration


@pytest.mark.parametrize("table", ["traces/tasks", "datasets/x/wide", "traces/never"])
def test_offsets_by_trial(out, ranges, table):
    parts = ranges.get(table, [])
    assert (out[table]["trial"][:] == [p[0] for p in parts]).all()
    assert (out[table]["offsets"][:] == np.cumsum([0] + [p[3] for p in parts])).all()
    assert out[table]["trial"].dtype == "u8" and out[table]["offsets"].dtype == "u8"
    assert any(p[3] == 0 for p in parts)


@pytest.mark.parametrize("table", ["traces/events", "traces/none"])
def test_trial_of_each_row(out, ranges, table):
    parts = ranges.get(table, [])
    want = np.repeat([p[0] for p in parts], [p[3] for p in parts]).astype("u8")
    assert out[table]["trial"].dtype == "u8"
    assert (out[table]["trial"][:] == want).all() and len(want) == len(out[table]["trial"])
    assert "offsets" not in out[table]


def test_blobs(out, shards, ranges):
    parts = ranges["models/raw"]
    assert (out["models/offsets"][:] == np.cumsum([0] + [p[3] for p in parts])).all()
    assert (out["models/bytes"][:] == expected(shards, parts, "models/raw", "byte")).all()
    assert "raw" not in out["models"]


def test_small_datasets(out):
    y = out["trials/initial/y"]
    want = np.array([[1.5, -0.0], [1e300, 5e-324], [3, 4]])
    assert y.dtype == "<f8" and y[()].tobytes() == want.tobytes()
    assert list(y.attrs["names"]) == [b"penalty", "coût".encode(), b""]
    assert list(out["trials/initial/status"][:]) == [0, 2, 1]
    assert h5py.check_enum_dtype(out["trials/initial/status"].dtype) == KINDS
    assert out["trials/empty/y"].shape == (0, 2) and out["trials/empty/status"].shape == (0,)
    assert (out["trials/long"][:] == np.arange(300000, dtype="i8") ** 2).all()
    assert len(out["trials/initial"].attrs["none"]) == 0


def test_strings(out):
    hosts = out["provenance/run/hosts"]
    assert list(hosts[:]) == [b"a", b"", b"node-17.cluster"]
    kind = hosts.id.get_type()
    assert kind.get_cset() == h5py.h5t.CSET_UTF8 and kind.get_strpad() == h5py.h5t.STR_NULLPAD
    assert not kind.is_variable_str()
    assert out["provenance/run/nobody"].shape == (0,)
    assert out["config"][()] == b"x" * 100000 and out["config"].shape == ()
    assert out["nothing"][()] == b""


def test_attributes(out):
    assert out.attrs["auspex_format"] == b"1.0"
    assert out.attrs["seed"] == 2**64 - 1 and out.attrs["seed"].dtype == "u8"
    assert out.attrs["complete"] == 1 and out.attrs["complete"].dtype == "u1"
    assert out["design"].attrs["phi_p"] == 0.25 and out["design"].attrs["empty"] == b""


def test_every_dataset_is_described(out):
    seen = []

    def look(name, o):
        if isinstance(o, h5py.Dataset):
            seen.append(name)
            assert {"unit", "unitSI", "long_name"} <= set(o.attrs), name

    out.visititems(look)
    assert len(seen) > 25


def test_links_in_order_of_creation_are_sorted(out):
    def look(name, o):
        if isinstance(o, h5py.Group):
            group = o[o.name].id  # of the root, not of the file
            flags = group.get_create_plist().get_link_creation_order()
            assert flags & h5py.h5p.CRT_ORDER_TRACKED, name
            names = []
            group.links.iterate(lambda n: names.append(n.decode()), idx_type=h5py.h5.INDEX_CRT_ORDER)
            assert names == sorted(names), name

    look("/", out)
    out.visititems(look)


def test_h5py_reads_best_of_status_ok(out):
    t = out["trials/initial"]
    assert t["y"][:, 0][t["status"][:] == 0].min() == 1.5


def test_same_bytes_later_and_at_three_ranks(made, tmp_path):
    """Also: no time stamp is in the file."""
    time.sleep(max(0, (made / "out.h5").stat().st_mtime + 1.1 - time.time()))
    mpirun = os.environ.get("AUS_MPIRUN", "no")
    if mpirun == "no":
        pytest.skip("no mpirun")
    build = os.environ["AUS_TOP_BUILDDIR"]
    subprocess.run([mpirun, "--oversubscribe", "-n", "3", f"{build}/tests/mpi/t_pub", "make",
                    str(tmp_path)], check=True, timeout=60)
    assert (tmp_path / "out.h5").read_bytes() == (made / "out.h5").read_bytes()
