#!/usr/bin/env python3
"""Read a result of auspex with h5py: what is in it, and how the policies compare.

Usage: read_results.py [FILE.h5]
SPDX-License-Identifier: GPL-3.0-or-later
"""
import sys

import h5py


def text(value):
    """Strings are stored as bytes of fixed length."""
    return value.decode() if isinstance(value, bytes) else str(value)


def columns(group):
    """Names of the objectives of one kind of trial, in the order of y's columns."""
    names = group["y"].attrs["names"]
    return text(names).split(",") if isinstance(names, (bytes, str)) else [text(n) for n in names]


def print_datasets(file):
    def show(name, item):
        if isinstance(item, h5py.Dataset):
            unit = text(item.attrs.get("unit", ""))
            print(f"  {name:45s} {str(item.shape):15s} {item.dtype} {unit}")

    file.visititems(show)


def print_trials(file):
    """Mean of each objective over the trials that succeeded (status 0)."""
    for kind, group in file["trials"].items():
        done = group["status"][:] == 0
        print(f"{kind}: {done.sum()} of {done.size} trials succeeded")
        if done.any():
            for name, mean in zip(columns(group), group["y"][:][done].mean(axis=0)):
                print(f"  {name:30s} mean {mean:.6g}")


def main():
    with h5py.File(sys.argv[1] if len(sys.argv) > 1 else "quick.h5", "r") as file:
        print(f"{file.filename}: format {text(file.attrs['auspex_format'])}, seed {file.attrs['seed']}")
        print_datasets(file)
        print_trials(file)


if __name__ == "__main__":
    main()
