"""Times this crate against its NumPy and SciPy peer in turns, in the same minutes, and checks that both do the same work.

    python3 compare.py [--only solve|experiments] [--trials N] [--rounds R]

* solve: the five leading eigenpairs, `PartialEigensolver` against `scipy.linalg.eigh(subset_by_index)`, on the same
  matrices T = G - beta K^-1. Each round both run for a moment, one after the other; of each the fastest solve counts, and
  of the rounds the median ratio.
* experiments: `cargo run --release --example NAME`, with its start-up and its figures, against the curves of
  `experiments.py` alone, already started. The part before the figures is named too. The curves of both are compared
  point by point, in standard errors of the difference.

`--trials N` scales the experiments down; nothing is extrapolated. A ratio below 1 means that this crate is faster.
"""
import argparse
import csv
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import experiments as peer  # first: it sets the number of threads of NumPy

import numpy as np
from scipy.linalg import eigh
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parents[2]
SOLVES = ((100, 1), (150, 1), (300, 1), (400, 1), (1000, 1), (1000, 2))  # order, threads
SOLVE_SECONDS = 0.5


def cargo(*arguments, **environment):
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, capture_output=True, text=True,
                          env=dict(os.environ, **environment)).stdout


def built(name, folder):
    """The program of an example, copied to a folder so that builds in the meantime do not change what is timed."""
    cargo("build", "--release", "--example", name)
    return shutil.copy(Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "examples" / name, folder)


def example(name, *arguments, **environment):
    return cargo("run", "--release", "--quiet", "--example", name, "--", *arguments, **environment)


# One partial solve

def matrix(n):
    """T of circles of which half the labels are known."""
    rng = np.random.default_rng(n)
    x, y = peer.circles(n, 0, rng)
    known = rng.random(n) < 0.5
    graph = np.where(np.outer(known, known), peer.contrastive_graph(y), np.eye(n))
    return graph - peer.penalised_kernel(x, 0.2, 1e-5 / n)


def fastest_eigh(t):
    n, fastest, until = len(t), np.inf, time.perf_counter() + SOLVE_SECONDS
    while time.perf_counter() < until:
        copy = np.array(t, order="F")  # so that LAPACK may overwrite it without a copy of its own
        started = time.perf_counter()
        values, _ = eigh(copy, subset_by_index=[n - peer.WIDTH, n - 1], overwrite_a=True, check_finite=False)
        fastest = min(fastest, time.perf_counter() - started)
    return 1e3 * fastest, values[::-1]


def solve(folder, rounds):
    print("partial solve, 5 leading pairs: fastest ms, median ratio of", rounds, "rounds")
    print(f"{'n':>6} {'threads':>7} {'ours':>9} {'SciPy':>9} {'ratio':>6}   ratios from .. to, largest difference of eigenvalues")
    times = {case: ([], []) for case in SOLVES}
    differences = dict.fromkeys(SOLVES, 0.0)
    for n, _ in SOLVES:
        np.save(folder / f"{n}.npy", matrix(n))
    for _ in range(rounds):
        for case, (ours, scipys) in times.items():
            n, threads = case
            arguments = (str(folder / f"{n}.npy"), str(peer.WIDTH), str(SOLVE_SECONDS))
            output = example("time_solve", *arguments, RAYON_NUM_THREADS=str(threads))
            milliseconds, *values = map(float, output.split())
            with threadpool_limits(threads):
                reference, reference_values = fastest_eigh(np.load(arguments[0]))
            ours.append(milliseconds)
            scipys.append(reference)
            differences[case] = max(differences[case], np.abs(values - reference_values).max())
    for case, (ours, scipys) in times.items():
        ratios = [a / b for a, b in zip(ours, scipys)]
        print(f"{case[0]:6d} {case[1]:7d} {min(ours):9.3f} {min(scipys):9.3f} {statistics.median(ratios):6.2f}   "
              f"{min(ratios):.2f} .. {max(ratios):.2f}, {differences[case]:.0e}", flush=True)


# The five experiments

def ours(name, trials, folder):
    """The curves, the seconds of the command, and those until the curves were saved."""
    scale = ["--trials", str(trials)] if trials else []
    started = time.perf_counter()
    example(name, "--out", str(folder), *scale)
    seconds = time.perf_counter() - started
    with open(folder / f"{name}.csv") as file:
        curves = {(row["series"], float(row["x"])): (float(row["mean"]), float(row["std"]), int(row["n"]))
                  for row in csv.DictReader(file)}
    return curves, seconds, json.loads((folder / f"{name}.json").read_text())["wall_seconds"]


def deviations(name, curves, peers):
    """Of every point of the curves, the difference of the means in its standard errors."""
    _, together, n_test, test_noise, *_ = peer.PROTOCOLS[name]
    assert len(curves) == len(peers)
    result = []
    for (series, x), (mean, std, n) in curves.items():
        # The grids of x are computed in two languages: equal up to rounding.
        (peer_mean, peer_std, peer_n), = (v for (s, at), v in peers.items() if s == series and abs(at - x) < 1e-9)
        # Trials that share a training set count once: a bound, for their errors are only partly alike.
        variance = together * (std**2 / n + peer_std**2 / peer_n)
        # One test point in one trial is the finest an error can tell.
        variance += 1 / (n_test * n)**2 + 1 / (n_test * peer_n)**2
        if test_noise > 0:  # one noisy test set for all trials, on either side
            variance += 2 * mean * (1 - mean) / n_test
        result.append(abs(mean - peer_mean) / variance**0.5)
    return np.array(result)


def compare_experiments(folder, trials, rounds):
    print("experiments,", f"{trials} trials" if trials else "full protocol", "on two cores: seconds, median of", rounds, "rounds")
    print(f"{'':16s} {'command':>8} {'curves':>8} {'peer':>8} {'command/peer':>13} {'curves/peer':>12}   largest deviation")
    totals = np.zeros(3)
    for name in peer.PROTOCOLS:
        seconds = []
        for seed in range(rounds):
            curves, command, until_saved = ours(name, trials, folder)
            peers, peer_seconds = peer.run(name, trials, seed)
            seconds.append((command, until_saved, peer_seconds))
        command, until_saved, peer_seconds = np.median(seconds, axis=0)
        totals += command, until_saved, peer_seconds
        far = deviations(name, curves, peers)
        report(name, *np.median(seconds, axis=0), f"{far.max():.1f} SE ({(far > 3).sum()} of {len(far)} points past 3)")
    report("all", *totals)


def report(name, command, until_saved, peer_seconds, note=""):
    print(f"{name:16s} {command:8.2f} {until_saved:8.2f} {peer_seconds:8.2f} {command / peer_seconds:13.2f} "
          f"{until_saved / peer_seconds:12.2f}   {note}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["solve", "experiments"])
    parser.add_argument("--trials", type=int, help="trials of each experiment [default: the full protocol]")
    parser.add_argument("--rounds", type=int, help="[default: 7 of the solve, 1 of the experiments]")
    options = parser.parse_args()
    cargo("build", "--release", "--examples")
    with tempfile.TemporaryDirectory() as folder:
        if options.only != "experiments":
            solve(Path(folder), options.rounds or 7)
        if options.only != "solve":
            compare_experiments(Path(folder), options.trials, options.rounds or 1)


if __name__ == "__main__":
    main()
