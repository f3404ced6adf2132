# test_same.py - same.py and auspex diff see every kind of difference, and none where there is none.
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

SAME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "same.py")
ENUM = h5py.enum_dtype({"a": 0, "b": 1}, basetype="u1")


def make(path, change=None):
    with h5py.File(path, "w") as f:
        f.attrs["seed"] = np.uint64(1)
        f["g/x"] = np.array([1.0, np.nan, 0.0])
        f["g/x"].attrs["unit"] = np.bytes_("s")
        f["g"].attrs["phi"] = 0.5
        f["g/many"] = np.arange(100, dtype="i4").reshape(20, 5)
        f["g/none"] = np.zeros((0, 3), dtype="f4")
        f["g/text"] = np.bytes_("abc")
        f["g/kind"] = np.array([0, 1], dtype=ENUM)
        f["g/null"] = h5py.Empty("f8")
        f["provenance/run"] = np.arange(3)
        f.attrs["empty"] = h5py.Empty("f8")
        if change:
            change(f)
    return path


def same(a, b):
    r = subprocess.run([sys.executable, SAME, str(a), str(b)], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True)
    return r.returncode, r.stdout


def diff(a, b, *options):
    program = os.path.join(os.environ["AUS_TOP_BUILDDIR"], "auspex")
    r = subprocess.run([program, "diff", str(a), str(b), *options], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True)
    return r.returncode, r.stdout


def replace(f, name, value, **more):
    attrs = dict(f[name].attrs)
    del f[name]
    f.create_dataset(name, data=value, **more)
    f[name].attrs.update(attrs)


def flip_sign_of_zero(f):
    f["g/x"][2] = -0.0


def other_nan(f):
    f["g/x"][1] = np.frombuffer(b"\x01\0\0\0\0\0\xf8\x7f", dtype="f8")[0]


def one_value(f):
    f["g/many"][13, 2] += 1


def root_attribute(f):
    f.attrs["seed"] = np.uint64(2)


def type_of_attribute(f):
    f.attrs["seed"] = np.int64(1)


def group_attribute(f):
    f["g"].attrs["phi"] = 0.25


def new_attribute(f):
    f["g/none"].attrs["new"] = 1


def unit(f):
    f["g/x"].attrs["unit"] = np.bytes_("m")


def shape(f):
    replace(f, "g/many", np.arange(100, dtype="i4").reshape(25, 4))


def empty_shape(f):
    replace(f, "g/none", np.zeros((0, 4), dtype="f4"))


def type_of_values(f):
    replace(f, "g/many", np.arange(100, dtype="u4").reshape(20, 5))


def big_endian(f):
    replace(f, "g/many", np.arange(100, dtype=">i4").reshape(20, 5))


def plain_numbers(f):
    replace(f, "g/kind", np.array([0, 1], dtype="u1"))


def other_enumeration(f):
    replace(f, "g/kind", np.array([0, 1], dtype=h5py.enum_dtype({"a": 0, "c": 1}, basetype="u1")))


def text(f):
    replace(f, "g/text", np.bytes_("abd"))


def scalar_to_list(f):
    replace(f, "g/text", np.array([b"abc"]))


def missing(f):
    del f["g/text"]


def extra(f):
    f.create_group("h")


def group_for_dataset(f):
    del f["g/x"]
    f.create_group("g/x").attrs["unit"] = np.bytes_("s")


def provenance_below(f):
    f["g/provenance"] = 1


DIFFERENT = {  # what same.py says, and auspex diff
    flip_sign_of_zero: ("/g/x: element 2 of 3 is 0.0 and -0.0",
                        "/g/x: values: 1 of 3 differs, first at [2]: 0 and -0, largest difference 0 (relative 0)"),
    other_nan: ("/g/x: element 1 of 3",
                "/g/x: values: 1 of 3 differs, first at [1]: nan and nan, bytes 0x000000000000f87f and 0x010000000000f87f"),
    one_value: ("/g/many: element 67 of 100 is 67 and 68",
                "/g/many: values: 1 of 100 differs, first at [13, 2]: 67 and 68, largest difference 1 (relative 0.0147)"),
    root_attribute: ("/@seed: element 0 of 1 is 1 and 2",
                     "/: attribute seed: 1 and 2, largest difference 1 (relative 0.5)"),
    type_of_attribute: ("/@seed: type", "/: attribute seed: type: u64 and i64"),
    group_attribute: ("/g@phi", "/g: attribute phi: 0.5 and 0.25, largest difference 0.25 (relative 0.5)"),
    new_attribute: ("/g/none: attribute new is in one file only", "/g/none: attribute new: only in {b}"),
    unit: ("/g/x@unit", '/g/x: attribute unit: "s" and "m"'),
    shape: ("/g/many: shape (20, 5) and (25, 4)", "/g/many: shape: [20, 5] and [25, 4]"),
    empty_shape: ("/g/none: shape", "/g/none: shape: [0, 3] and [0, 4]"),
    type_of_values: ("/g/many: type int32 and uint32", "/g/many: type: i32 and u32"),
    big_endian: ("/g/many: type", "/g/many: type: i32 and i32 big-endian"),
    plain_numbers: ("/g/kind: type", "/g/kind: type: enum of u8 (a, b) and u8"),
    other_enumeration: ("/g/kind: type", "/g/kind: type: enum of u8 (a, b) and enum of u8 (a, c)"),
    text: ("/g/text: element 0 of 1 is b'abc' and b'abd'", '/g/text: values: "abc" and "abd"'),
    scalar_to_list: ("/g/text: kind of space differs", "/g/text: shape: one value and [1]"),
    missing: ("/g/text: is in the first file only", "/g/text: object: only in {a}"),
    extra: ("/h: is in the second file only", "/h: object: only in {b}"),
    group_for_dataset: ("/g/x: Dataset and Group", "/g/x: object: dataset and group"),
    provenance_below: ("/g/provenance: is in the second file only", "/g/provenance: object: only in {b}"),
}


@pytest.mark.parametrize("change", DIFFERENT, ids=lambda c: c.__name__)
def test_difference(tmp_path, change):
    a, b = make(tmp_path / "a.h5"), make(tmp_path / "b.h5", change)
    status, said = same(a, b)
    assert status == 1
    assert said.startswith(DIFFERENT[change][0]) and said.count("\n") == 1
    assert same(b, a)[0] == 1
    status, said = diff(a, b)
    assert status == 1
    assert said.splitlines()[:-1] == [DIFFERENT[change][1].format(a=a, b=b)]


def provenance(f):
    del f["provenance"]
    f["provenance/other"] = 3
    f["provenance"].attrs["user"] = "x"


def no_provenance(f):
    del f["provenance"]


def chunks(f):
    replace(f, "g/many", np.arange(100, dtype="i4").reshape(20, 5), chunks=(3, 5), compression="gzip")


@pytest.mark.parametrize("change", [None, provenance, no_provenance, chunks])
def test_no_difference(tmp_path, change):
    a, b = make(tmp_path / "a.h5"), make(tmp_path / "b.h5", change)
    assert same(a, b) == (0, "")
    assert same(b, a) == (0, "")
    assert diff(a, b) == (0, "6 datasets compared, 0 differ\n")
    assert diff(a, b, "--all")[0] == (change in (provenance, no_provenance))


def test_unreadable(tmp_path):
    a = make(tmp_path / "a.h5")
    (tmp_path / "b.h5").write_text("no HDF5")
    assert same(a, tmp_path / "b.h5")[0] == 2
    assert same(a, tmp_path / "none.h5")[0] == 2
    assert diff(a, tmp_path / "b.h5") == (3, f"auspex: {tmp_path}/b.h5: not an HDF5 file\n")
    assert diff(tmp_path / "none.h5", a)[0] == 3
    assert subprocess.run([sys.executable, SAME, str(a)], stderr=subprocess.DEVNULL).returncode == 2
