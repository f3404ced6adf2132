#!/usr/bin/env python3
# same.py - are two HDF5 files the same outside /provenance?
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: same.py A B

Compares objects, kinds, shapes, types, attributes (of the root and groups too) and the bytes of all
values. Chunks, filters and everything below /provenance may differ. Exit status 0: the same; 1:
different, with one line about the first difference; 2: a file cannot be read, or wrong usage.
"""
import sys

import h5py
import numpy as np

BLOCK = 64 << 20  # bytes read at a time


class Different(Exception):
    pass


def same_type(x, y, where):
    """HDF5 types: size, order, sign, padding, character set, names and values of enumerations."""
    if not x.equal(y):
        raise Different(f"{where}: type {x.dtype} and {y.dtype}")


def same_shape(x, y, where):
    if x.get_simple_extent_type() != y.get_simple_extent_type():
        raise Different(f"{where}: kind of space differs")
    if x.get_simple_extent_type() == h5py.h5s.SIMPLE and x.shape != y.shape:
        raise Different(f"{where}: shape {x.shape} and {y.shape}")


def same_bytes(a, b, where):
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    if a.dtype.hasobject:  # strings of variable length
        if a.tolist() != b.tolist():
            raise Different(f"{where}: values differ")
        return
    if a.tobytes() == b.tobytes():
        return
    n = a.dtype.itemsize
    x = np.frombuffer(a.tobytes(), dtype=np.uint8).reshape(-1, n)
    y = np.frombuffer(b.tobytes(), dtype=np.uint8).reshape(-1, n)
    i = int(np.nonzero((x != y).any(axis=1))[0][0])
    raise Different(f"{where}: element {i} of {a.size} is {a.flat[i]!r} and {b.flat[i]!r}")


def same_attributes(a, b, where):
    names, others = sorted(a.attrs), sorted(b.attrs)
    if names != others:
        odd = sorted(set(names) ^ set(others))[0]
        raise Different(f"{where}: attribute {odd} is in one file only")
    for name in names:
        x, y = a.attrs.get_id(name), b.attrs.get_id(name)
        at = f"{where}@{name}"
        same_type(x.get_type(), y.get_type(), at)
        same_shape(x.get_space(), y.get_space(), at)
        if x.get_space().get_simple_extent_type() != h5py.h5s.NULL:
            same_bytes(a.attrs[name], b.attrs[name], at)


def same_dataset(a, b, where):
    same_type(a.id.get_type(), b.id.get_type(), where)
    same_shape(a.id.get_space(), b.id.get_space(), where)
    if a.shape is None:
        return
    if a.shape == () or 0 in a.shape:
        same_bytes(a[()], b[()], where)
        return
    row = a.dtype.itemsize * int(np.prod(a.shape[1:], dtype=np.int64))
    step = max(1, BLOCK // max(1, row))
    for first in range(0, a.shape[0], step):
        rows = f"{where}[{first}:]" if first else where
        same_bytes(a[first:first + step], b[first:first + step], rows)


def same_link(a, b, name, where):
    x, y = a.get(name, getlink=True), b.get(name, getlink=True)
    if type(x) is not type(y):
        raise Different(f"{where}: kind of link differs")
    if isinstance(x, h5py.HardLink):
        return True
    if getattr(x, "path", None) != getattr(y, "path", None) or \
            getattr(x, "filename", None) != getattr(y, "filename", None):
        raise Different(f"{where}: the link leads elsewhere")
    return False


def same_group(a, b, where):
    skip = {"provenance"} if where == "" else set()
    names, others = sorted(set(a) - skip), sorted(set(b) - skip)
    if names != others:
        odd = sorted(set(names) ^ set(others))[0]
        raise Different(f"{where}/{odd}: is in {'the first' if odd in a else 'the second'} file only")
    for name in names:
        at = f"{where}/{name}"
        if same_link(a, b, name, at):
            same_object(a[name], b[name], at)


def same_object(a, b, where):
    if type(a) is not type(b):
        raise Different(f"{where}: {type(a).__name__} and {type(b).__name__}")
    same_attributes(a, b, where or "/")
    if isinstance(a, h5py.Group):
        same_group(a, b, where)
    elif isinstance(a, h5py.Dataset):
        same_dataset(a, b, where)
    else:
        same_type(a.id, b.id, where)


def main(argv):
    if len(argv) != 3:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    try:
        with h5py.File(argv[1], "r") as a, h5py.File(argv[2], "r") as b:
            same_object(a["/"], b["/"], "")
    except Different as e:
        print(e)
        return 1
    except OSError as e:
        print(f"same.py: {e}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
