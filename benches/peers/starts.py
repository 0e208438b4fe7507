"""Adjusted Rand index of clusterings that nobody was asked about, for the sets of `sets.py`.

    python3 sets.py --out DIR
    python3 starts.py DIR [--sets NAME ...] [--out starts.csv]      # some minutes of one core

* kmeans: k-means told the true number of classes, the best of ten beginnings by its own objective;
* spectral: spectral clustering told the true number of classes, on the symmetrised graph of the ten nearest neighbours;
* hdbscan: HDBSCAN of scikit-learn as it comes (clusters of five samples or more), not told the number; samples that it calls
  noise join the cluster of the nearest sample that is in one.

One rule for all: columns are standardised where sets.csv says that their units are different, else they stay as they are
(`index`). `other` is the index with features the other way. Rows of the file for sets that are not measured anew stay.
"""
import argparse
import csv
import os
import time
import warnings
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
from sklearn.cluster import HDBSCAN, KMeans, SpectralClustering
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import KNeighborsClassifier

from sets import described, read, standardised

warnings.filterwarnings("ignore", message="Graph is not fully connected")
HEADER = ["set", "start", "index", "other", "clusters"]


def kmeans(x, classes):
    return KMeans(classes, n_init=10, random_state=0).fit_predict(x)


def spectral(x, classes):
    clustering = SpectralClustering(classes, affinity="nearest_neighbors", n_neighbors=10, random_state=0)
    return clustering.fit_predict(x)


def hdbscan(x, classes):
    found = HDBSCAN(copy=True).fit_predict(x)
    noise = found < 0
    if noise.any() and not noise.all():
        found[noise] = KNeighborsClassifier(1).fit(x[~noise], found[~noise]).predict(x[noise])
    return found


STARTS = {"kmeans": kmeans, "spectral": spectral, "hdbscan": hdbscan}


def measured(name, row, folder):
    """A row of the file for each start."""
    x, y = read(folder, name)
    both = (standardised(x), x) if row["units"] == "different" else (x, standardised(x))
    for start, cluster in STARTS.items():
        found = [cluster(features, y.max() + 1) for features in both]
        index = [f"{adjusted_rand_score(y, clusters):.4f}" for clusters in found]
        yield [name, start, *index, len(np.unique(found[0]))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--sets", nargs="+", choices=described(), metavar="NAME", default=list(described()))
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("starts.csv"))
    options = parser.parse_args()

    rows = {}
    if options.out.exists():
        with open(options.out, newline="") as file:
            rows = {(row[0], row[1]): row for row in list(csv.reader(file))[1:]}
    for name, row in described().items():
        if name not in options.sets:
            continue
        if not (options.folder / f"{name}.npy").exists():
            print(f"{name} is skipped: it is not in {options.folder}")
            continue
        started = time.monotonic()
        of_set = list(measured(name, row, options.folder))
        rows.update({(row[0], row[1]): row for row in of_set})
        print(name, *(f"{start} {index}" for _, start, index, *_ in of_set), f"{time.monotonic() - started:.0f} s", flush=True)
        ordered = [rows[name, start] for name in described() for start in STARTS if (name, start) in rows]
        with open(options.out, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([HEADER, *ordered])


if __name__ == "__main__":
    main()
