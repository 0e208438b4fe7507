"""Adjusted Rand index against answers to "do these two belong together?" over the suite of `sets.py`, for the packages of
`pairs.py`, in its environment.

    python3 sets.py --out DIR                   # in the environment of requirements-sets.txt
    python3 unseen.py DIR [--sets NAME ...] [--peers PEER ...] [--seconds S] [--out unseen_peers.csv]

A simulated annotator answers truthfully; the peers are as they come. Columns are standardised where sets.csv says that their
units are different, else they stay as they are. NPU and MinMax are told the number of classes, COBRAS is not. Without any
answer COBRAS has one cluster. A peer that takes more than S seconds of processor time for all seeds of a set is ended and
named: it has no curve then. NPU and MinMax are tried on sets of at most 400 samples (SMALL) and with at most 100 answers
(FEW): they fail when they run out of questions. The file is one of `curve_file.py`: series (SET/PEER), x (answers), mean and
std (of the index over the seeds), n (seeds); series it holds already stay unless measured anew.
"""
import argparse
import multiprocessing
import os
import resource
import time
import warnings
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # before scikit-learn is loaded

import numpy as np
from sklearn.metrics import adjusted_rand_score

from curve_file import write
from pairs import active, cobras
from sets import described, read, standardised

warnings.filterwarnings("ignore", message="Number of distinct clusters")  # exact duplicates
ANSWERS = [*range(0, 50, 5), *range(50, 301, 25)]
SMALL, FEW = 400, 100


def measure(x, y, peer, at, seeds, seconds, sending):
    """Sends the index, a row a seed and a column an entry of `at`, or what kept the peer from it. Ends its process after so
    many seconds of processor time."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    rows = []
    try:
        for seed in range(seeds):
            np.random.seed(seed)
            if peer == "COBRAS":
                clusterings = [np.zeros(len(y)), *cobras(x, y, at[1:])]
            else:
                clusterings = active(peer, x, y, at)
            rows.append([adjusted_rand_score(y, clustering) for clustering in clusterings])
        sending.send(rows)
    except Exception as error:
        sending.send(f"{type(error).__name__}: {error}")


def measured(x, y, peer, at, seeds, seconds):
    """The same, of a process of its own."""
    receiving, sending = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=measure, args=(x, y, peer, at, seeds, seconds, sending))
    process.start()
    sending.close()  # so that the end of the process ends the pipe
    try:
        return receiving.recv()
    except EOFError:
        return f"not done after {seconds} s"
    finally:
        process.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--sets", nargs="+", choices=described(), metavar="NAME", default=list(described()))
    parser.add_argument("--peers", nargs="+", choices=["COBRAS", "NPU", "MinMax"], default=["COBRAS", "NPU", "MinMax"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("unseen_peers.csv"))
    options = parser.parse_args()

    for peer in options.peers:
        for name in options.sets:
            row = described()[name]
            if not (options.folder / f"{name}.npy").exists():
                print(f"{name} is skipped: it is not in {options.folder}")
                continue
            if peer != "COBRAS" and int(row["samples"]) > SMALL:
                continue
            started = time.monotonic()
            x, y = read(options.folder, name)
            x = standardised(x) if row["units"] == "different" else x
            at = [answers for answers in ANSWERS if peer == "COBRAS" or answers <= FEW]
            rows = measured(x, y, peer, at, options.seeds, options.seconds)
            if isinstance(rows, str):
                print(f"{name}/{peer}: {rows}", flush=True)
                continue
            write(options.out, f"{name}/{peer}", at, rows)
            means = " ".join(f"{index:.3f}" for index in np.mean(rows, axis=0))
            print(f"{name}/{peer}: {means}; {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
