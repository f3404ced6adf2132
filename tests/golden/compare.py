"""compare.py GOLDEN_DIR OUT_DIR: result tables of auspex serverless simulate against golden ones.

Numbers within 1e-9 (relative, or absolute near 0), everything else equal; the output may have further
columns and keys. Prints the first difference and ends with 1.
SPDX-License-Identifier: GPL-3.0-or-later
"""
import csv
import gzip
import io
import json
import math
import os
import sys

TABLES = ("tasks.csv", "applications.csv", "scale_events.csv", "system_events.csv", "platforms.csv")
DOCUMENTS = ("summary.json", "storages.json")
INFORMATIVE = {"schedulingTime", "policy", "statsTime"}  # wall clock, or what was asked for


def text(directory, name):
    path = os.path.join(directory, name)
    if os.path.exists(path + ".gz"):
        with gzip.open(path + ".gz", "rt") as f:
            return f.read()
    with open(path) as f:
        return f.read()


def equal(a, b):
    if a == b:
        return True
    try:
        x, y = float(a), float(b)
    except (TypeError, ValueError):
        return False
    return math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-9)


def fail(message):
    print(message)
    sys.exit(1)


def compare_csv(name, golden, out):
    want, got = list(csv.DictReader(io.StringIO(golden))), list(csv.DictReader(io.StringIO(out)))
    if len(want) != len(got):
        fail(f"{name}: {len(want)} rows wanted, {len(got)} there")
    for i, (w, g) in enumerate(zip(want, got), 1):
        for key, value in w.items():
            if key not in g or not equal(value, g[key]):
                fail(f"{name} row {i} {key}: {value} wanted, {g.get(key)} there")


def compare_json(where, want, got):
    if isinstance(want, dict):
        for key, value in want.items():
            if key in INFORMATIVE:
                continue
            if not isinstance(got, dict) or key not in got:
                fail(f"{where}/{key}: missing")
            compare_json(f"{where}/{key}", value, got[key])
    elif isinstance(want, list):
        if not isinstance(got, list) or len(want) != len(got):
            fail(f"{where}: {len(want)} entries wanted")
        for i, (w, g) in enumerate(zip(want, got)):
            compare_json(f"{where}[{i}]", w, g)
    elif not equal(want, got):
        fail(f"{where}: {want} wanted, {got} there")


golden_dir, out_dir = sys.argv[1:3]
for table in TABLES:
    compare_csv(table, text(golden_dir, table), text(out_dir, table))
for document in DOCUMENTS:
    compare_json(document, json.loads(text(golden_dir, document)), json.loads(text(out_dir, document)))
