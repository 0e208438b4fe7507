"""Adjusted Rand index against the number of answers to "do these two belong together?", for the Python packages that ask.

    python3 pairs.py [--datasets NAME ...] [--peers PEER ...] [--seeds N] [--out FILE]

* COBRAS: `COBRAS_kmeans` of cobras-ts, whose clustering after every answer is scored;
* NPU, MinMax, ExploreConsolidate: the queries of active-semi-supervised-clustering, whose `PCKMeans` is fitted to the
  answers so far at every point of the curve. They are told the number of classes, COBRAS is not.

A simulated annotator answers truthfully. Data sets are those of scikit-learn, features as they come (raw) and standardised:
those with the higher mean of the curve count, chosen by the true labels in the peer's favour, and are printed. The file has
the columns series (DATASET/PEER), x (answers), mean, std (of the index over the seeds) and n (seeds); series it holds
already stay unless measured anew, so that a long run can be split. Peers that are too slow are measured with fewer seeds
and answers (LIMITS).
"""
import argparse
import os
import sys
import time
import warnings
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
warnings.filterwarnings("ignore", category=DeprecationWarning)  # cobras-ts says np.int

import numpy as np
from active_semi_clustering.active.pairwise_constraints import NPU, ExampleOracle, ExploreConsolidate, MinMax
from active_semi_clustering.exceptions import EmptyClustersException
from active_semi_clustering.semi_supervised.pairwise_constraints import PCKMeans
from cobras_ts.cobras_kmeans import COBRAS_kmeans
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import scale

from curve_file import write

np.seterr(all="warn")  # active_semi_clustering makes every underflow an error
sys.setrecursionlimit(10000)  # it walks through its constraints by recursion

DATASETS = {"digits": load_digits, "iris": load_iris, "wine": load_wine, "breast_cancer": load_breast_cancer}
ACTIVE = {"NPU": NPU, "MinMax": MinMax, "ExploreConsolidate": ExploreConsolidate}
FEATURES = {"raw": lambda x: x, "standardised": scale}
LIMITS = {("digits", "NPU"): (1, 25), ("digits", "MinMax"): (3, 300), ("digits", "ExploreConsolidate"): (3, 300),
          ("breast_cancer", "NPU"): (3, 100)}  # most seeds, most answers
ATTEMPTS = 100  # PCKMeans gives up when a cluster runs empty, which depends on a random order


def budgets(dataset):
    return [10, 25, 50, *range(100, 701, 50)] if dataset == "digits" else list(range(5, 101, 5))


class Annotator:
    """What COBRAS asks. (The package's own needs its plotting libraries.)"""

    def __init__(self, labels):
        self.labels = labels

    def query_points(self, i, j):
        return self.labels[i] == self.labels[j]

    def continue_cluster_process(self):
        return True

    def update_clustering(self, clustering):
        pass


class Recorder(ExampleOracle):
    """An oracle that keeps the pairs it says belong together, and those it says do not, each with its number."""

    def __init__(self, labels, budget):
        super().__init__(labels, budget)
        self.answers = []

    def query(self, i, j):
        together = super().query(i, j)
        self.answers.append((i, j, together))
        return together


class Persistent(PCKMeans):
    """PCKMeans, tried again when a cluster runs empty; if it always does, the clustering before stays."""

    def fit(self, X, y=None, ml=(), cl=()):
        for _ in range(ATTEMPTS):
            try:
                return super().fit(X, ml=ml, cl=cl)
            except EmptyClustersException:
                pass
        if not hasattr(self, "labels_"):
            self.labels_ = np.zeros(len(X), int)
        return self


def cobras(x, y, at):
    """The clustering after each number of answers in `at`."""
    last, after, *_ = COBRAS_kmeans(x, Annotator(y), max(at) + 1).cluster()
    last = last.construct_cluster_labeling()
    return [after[m - 1] if m <= len(after) else last for m in at]


def active(peer, x, y, at):
    clusterer = Persistent(n_clusters=len(set(y)))
    oracle = Recorder(y, max(at))
    ACTIVE[peer](clusterer=clusterer, n_clusters=len(set(y))).fit(x, oracle=oracle)
    for m in at:
        pairs = [[(i, j) for i, j, together in oracle.answers[:m] if together == wanted] for wanted in (True, False)]
        yield clusterer.fit(x, ml=pairs[0], cl=pairs[1]).labels_


def curve(dataset, peer, features, seeds, at):
    """The index, one row a seed and one column a number of answers."""
    x, y = DATASETS[dataset](return_X_y=True)
    x = FEATURES[features](x)
    rows = []
    for seed in range(seeds):
        np.random.seed(seed)
        clusterings = cobras(x, y, at) if peer == "COBRAS" else active(peer, x, y, at)
        rows.append([adjusted_rand_score(y, clustering) for clustering in clusterings])
    return np.array(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", nargs="+", choices=DATASETS, default=list(DATASETS))
    parser.add_argument("--peers", nargs="+", choices=["COBRAS", *ACTIVE], default=["COBRAS", *ACTIVE])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("pairs.csv"))
    options = parser.parse_args()

    for dataset in options.datasets:
        for peer in options.peers:
            started = time.monotonic()
            most_seeds, most_answers = LIMITS.get((dataset, peer), (options.seeds, np.inf))
            at = [m for m in budgets(dataset) if m <= most_answers]
            seeds = min(options.seeds, most_seeds)
            curves = {features: curve(dataset, peer, features, seeds, at) for features in FEATURES}
            write(options.out, f"{dataset}/{peer}", at, max(curves.values(), key=np.mean))
            means = ", ".join(f"{features} {index.mean():.3f}" for features, index in curves.items())
            print(f"{dataset}/{peer}: {means}; {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
