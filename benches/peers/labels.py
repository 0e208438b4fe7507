"""Accuracy on the unlabelled digits against the number of labels, for the graph methods of scikit-learn and graphlearning.

    python3 labels.py [--peers PEER ...] [--seeds N] [--out FILE]

The labelled digits are drawn uniformly, whatever their class, and are the same for all: seed s labels the first m entries of
`numpy.random.default_rng(s).permutation(1797)`. `labels_draws.npy` beside the file holds the first 200 of them, a row a seed.

* LabelSpreading, LabelPropagation: of scikit-learn, on the graph of nearest neighbours (knn) and on all pairs (rbf);
* Poisson, PoissonMBO: of graphlearning, on graphs of nearest neighbours with its two forms of Gaussian weights. PoissonMBO
  is told the true share of every class, as it must be, and Poisson may use it.

Hyper-parameters are those of the grids below with the highest mean accuracy, chosen for every number of labels by the true
labels, in the peer's favour, and are printed. The file has the columns series (digits/PEER), x (labels), mean, std (of the
accuracy over the seeds) and n (seeds); series it holds already stay unless measured anew, so that a long run can be split.
"""
import argparse
import os
import time
import warnings
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
warnings.filterwarnings("ignore")  # what has not converged, or has no labelled point in reach, is scored as it is

import graphlearning as gl
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import ParameterGrid
from sklearn.neighbors import NearestNeighbors
from sklearn.semi_supervised import LabelPropagation, LabelSpreading

from curve_file import write

LABELS = [10, 20, 50, 100, 200]
UNLABELLED = -1

NEIGHBOURS = {"n_neighbors": [3, 5, 7, 10, 15, 20]}
WIDTHS = {"gamma": [1, 2, 4, 8]}  # of pixels between 0 and 1; above, the nearest labelled digit decides
GRAPHS = {"k": [5, 7, 10, 15], "kernel": ["gaussian", "symgaussian"]}
GRIDS = {  # to meet the shares of the classes takes graphlearning long: fewer entries with priors and in PoissonMBO
    "LabelSpreading knn": {**NEIGHBOURS, "alpha": [0.05, 0.2, 0.5, 0.8, 0.95, 0.99]},
    "LabelSpreading rbf": {**WIDTHS, "alpha": [0.2, 0.5, 0.8, 0.95]},
    "LabelPropagation knn": NEIGHBOURS,
    "LabelPropagation rbf": WIDTHS,
    "Poisson": [{**GRAPHS, "priors": [False]}, {"k": [7, 10], "kernel": ["gaussian"], "priors": [True]}],
    "PoissonMBO": [{"k": [5, 7, 10], "kernel": ["gaussian"]}, {"k": [10], "kernel": ["symgaussian"]}],
}


def of_scikit(peer, x, parameters):
    """A function of the labelled points and their labels that returns the labels of all points."""
    method, kernel = peer.split()
    model = {"LabelSpreading": LabelSpreading, "LabelPropagation": LabelPropagation}[method]

    def predict(labelled, labels):
        known = np.full(len(x), UNLABELLED)
        known[labelled] = labels
        return model(kernel=kernel, max_iter=300, **parameters).fit(x, known).transduction_

    return predict


def of_graphlearning(peer, neighbours, y, parameters):
    graph = gl.weightmatrix.knn(None, parameters["k"], kernel=parameters["kernel"], knn_data=neighbours)

    def predict(labelled, labels):
        classes, compact = np.unique(labels, return_inverse=True)  # it takes the labels for 0, 1, ...
        shares = np.bincount(y)[classes]
        if peer == "Poisson":
            model = gl.ssl.poisson(graph, class_priors=shares if parameters["priors"] else None)
        else:
            model = gl.ssl.poisson_mbo(graph, class_priors=shares)
        return classes[model.fit_predict(labelled, compact)]

    return predict


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", nargs="+", choices=GRIDS, default=list(GRIDS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("labels.csv"))
    options = parser.parse_args()

    x, y = load_digits(return_X_y=True)
    x = x / 16
    most = 1 + max(GRAPHS["k"])  # a point is a neighbour of itself
    neighbours = NearestNeighbors(n_neighbors=most).fit(x).kneighbors(x)[::-1]
    draws = np.array([np.random.default_rng(seed).permutation(len(y))[: max(LABELS)] for seed in range(options.seeds)])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with open(options.out.with_name("labels_draws.npy.part"), "wb") as file:
        np.save(file, draws)
    Path(file.name).replace(options.out.with_name("labels_draws.npy"))

    for peer in options.peers:
        started = time.monotonic()
        best, chosen = np.zeros((options.seeds, len(LABELS))), [None] * len(LABELS)
        for parameters in ParameterGrid(GRIDS[peer]):
            predict = (of_graphlearning(peer, neighbours, y, parameters) if peer.startswith("Poisson")
                       else of_scikit(peer, x, parameters))
            for i, m in enumerate(LABELS):
                accuracy = []
                for draw in draws:
                    right = predict(draw[:m], y[draw[:m]]) == y
                    accuracy.append(np.delete(right, draw[:m]).mean())
                if np.mean(accuracy) > best[:, i].mean():
                    best[:, i], chosen[i] = accuracy, parameters
        write(options.out, f"digits/{peer}", LABELS, best)
        print(f"digits/{peer}: {time.monotonic() - started:.0f} s")
        for m, accuracy, parameters in zip(LABELS, best.mean(0), chosen):
            print(f"  {m:4d} {accuracy:.4f} {parameters}", flush=True)


if __name__ == "__main__":
    main()
