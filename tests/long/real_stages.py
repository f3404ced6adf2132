#!/usr/bin/env python3
# real_stages.py - are the models that a study of all stages chose as good as its base models?
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: real_stages.py FILE

Every trial must have succeeded. In the worlds of the samples the chosen models must have a mean penalty
not above that of the base models, at replica-seconds not above theirs; the means in
/serverless/candidates are compared with those of the trials they are of.
"""
import sys

import h5py
import numpy as np

KINDS = ("initial", "initialproactive", "optimize", "finetune", "validate_reactive", "validate_untuned",
         "validate_tuned", "validate_kpa")


def column(t, name):
    names = [n.decode() if isinstance(n, bytes) else n for n in t["y"].attrs["names"]]
    return t["y"][:, names.index(name)]


def mean_of(f, i, name):
    """Mean over the trials of candidate i; each candidate has as many."""
    t, first = f["trials/finetune"], f["serverless/candidates/first_trial"][:]
    at = int(np.flatnonzero(t["id"][:] == first[i])[0])
    n = t["id"].shape[0] // first.shape[0]
    return column(t, name)[at:at + n].mean()


def main():
    with h5py.File(sys.argv[1], "r") as f:
        assert set(f["trials"]) == set(KINDS), list(f["trials"])
        for kind in KINDS:
            status = f["trials"][kind]["status"][:]
            assert status.size > 0 and (status == 0).all(), f"{kind}: {np.count_nonzero(status)} trials failed"
        c = f["serverless/candidates"]
        base, chosen = np.flatnonzero(c["what"][:] == 0), np.flatnonzero(c["chosen"][:])
        assert base.size == 1 and chosen.size == 1
        for name in ("penalty_frac", "replica_time"):
            x, y = c[name][base[0]], c[name][chosen[0]]
            for i, value in ((base[0], x), (chosen[0], y)):
                assert np.isclose(value, mean_of(f, i, name), rtol=1e-12), f"{name} of candidate {i}"
            assert y <= x, f"{name} is {y} with the chosen models, {x} with the base models"
            print(f"{name} on the samples: {x:.6g} with the base models, {y:.6g} with the chosen")
            print(f"{name} in the validation:", *(f"{kind[9:]} {column(f['trials'][kind], name).mean():.6g}"
                                                 for kind in KINDS if kind.startswith("validate")))


main()
