#!/usr/bin/env python3
"""Grow boosted trees over a matrix that one of the Rust binaries wrote.

usage: gbdt.py MATRIX OUT PARAMETERS.json [--folds-only | --all-only] [--threads N]

MATRIX is a directory as described in training/src/matrix.rs. PARAMETERS is LightGBM's parameters and `rounds`.
Writes OUT/fold-<k>.txt (grown without fold k), OUT/out-of-fold.f32 (every row scored by the model that did not see its
fold), OUT/all.txt (grown on every row) and OUT/importance.json (share of the gain a feature brought, greatest first).
The same matrix, parameters and seed give the same files.

Two more parameters save time and bytes: `rows` samples about this many rows to grow from, the more likely the greater
their weight, and weighs them to make up for it; `columns` keeps this many features, the best of a small first model.

Where MATRIX has `variants.u8`, its rows of 1 are learned from and left out of the loss that is printed.
"""
import argparse
import json
import pathlib

import lightgbm
import numpy

FIXED = {
    # Our evaluator sends what is no number to the left and knows no other special value.
    "use_missing": False,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
    "seed": 7,
}


def sample(weights, rows):
    """Rows to grow from and their weights: each is drawn with a chance that grows with the root of its weight."""
    if not rows or rows >= len(weights):
        return numpy.arange(len(weights)), weights
    chance = numpy.sqrt(numpy.maximum(weights, 1e-4))
    low, high = 0.0, 1e6
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if numpy.minimum(1, middle * chance).sum() > rows else (middle, high)
    chance = numpy.minimum(1, low * chance)
    drawn = numpy.flatnonzero(numpy.random.RandomState(FIXED["seed"]).rand(len(weights)) < chance)
    return drawn, (weights / chance)[drawn]


def at(sampled, features):
    """The features of these rows; all of them are not copied, which takes gigabytes."""
    return features if len(sampled) == len(features) else features[sampled]


def best(features, labels, weights, parameters, columns):
    """The features with the greatest gain in a small model over a third of the rows."""
    data = lightgbm.Dataset(
        features[::3].copy(), label=labels[::3], weight=weights[::3], params={"max_bin": 63, "verbose": -1}
    )
    small = {**parameters, "num_leaves": 31, "feature_fraction": 0.2}
    gain = lightgbm.train(small, data, 60).feature_importance("gain")
    return numpy.argsort(-gain, kind="stable")[:columns]


def blank(features, kept):
    """Zeroes the other features: a constant is never split on, and columns keep their numbers."""
    others = numpy.ones(features.shape[1], bool)
    others[kept] = False
    features[:, others] = 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("matrix", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("parameters", type=pathlib.Path)
    parser.add_argument("--folds-only", action="store_true")
    parser.add_argument("--all-only", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()

    head = json.loads((arguments.matrix / "matrix.json").read_text())
    rows, names = head["rows"], head["features"]

    def array(name, kind):
        return numpy.fromfile(arguments.matrix / name, dtype=kind)

    features = array("features.f32", "<f4").reshape(rows, len(names))
    labels, weights, folds = array("labels.f32", "<f4"), array("weights.f32", "<f4"), array("folds.u8", "u1")

    parameters = json.loads(arguments.parameters.read_text())
    rounds, drawn, columns = parameters.pop("rounds"), parameters.pop("rows", None), parameters.pop("columns", None)
    parameters = {**parameters, **FIXED, "num_threads": arguments.threads}
    marks = arguments.matrix / "variants.u8"
    own = array("variants.u8", "u1") == 0 if marks.exists() else numpy.ones(rows, bool)
    sampled, grown_weights = sample(weights, drawn)
    if columns:
        blank(features, best(at(sampled, features), labels[sampled], grown_weights, parameters, columns))
    binned = lightgbm.Dataset(
        at(sampled, features),
        label=labels[sampled],
        weight=grown_weights,
        feature_name=names,
        params={key: parameters[key] for key in ("max_bin", "use_missing", "verbose", "num_threads") if key in parameters},
        free_raw_data=False,
    ).construct()

    def grow(learned):
        """Grows on the rows numbered `learned` that were sampled."""
        return lightgbm.train(parameters, binned.subset(numpy.flatnonzero(numpy.isin(sampled, learned))), rounds)

    arguments.out.mkdir(parents=True, exist_ok=True)
    if not arguments.all_only:
        scores = numpy.zeros(rows, "<f4")
        for fold in numpy.unique(folds):
            model = grow(numpy.flatnonzero(folds != fold))
            scores[folds == fold] = model.predict(features[folds == fold], num_threads=arguments.threads)
            model.save_model(arguments.out / f"fold-{fold}.txt")
        scores.tofile(arguments.out / "out-of-fold.f32")
        clipped = numpy.clip(scores, 1e-6, 1 - 1e-6)
        loss = -(labels * numpy.log(clipped) + (1 - labels) * numpy.log(1 - clipped))
        print(f"{arguments.matrix}: {rows} rows, out-of-fold log loss {numpy.average(loss[own], weights=weights[own]):.5f}", flush=True)
    if not arguments.folds_only:
        model = grow(numpy.arange(rows))
        model.save_model(arguments.out / "all.txt")
        gain = model.feature_importance("gain")
        ranked = sorted(zip(names, gain / gain.sum()), key=lambda pair: -pair[1])
        (arguments.out / "importance.json").write_text(json.dumps([[name, round(float(share), 5)] for name, share in ranked]))


if __name__ == "__main__":
    main()
