"""The five experiments as a good NumPy and SciPy user writes them: the peer of `experiments/`.

A curve point is a dense T = G - beta K^-1, `scipy.linalg.eigh` for its five leading pairs, the test features they give and
the error of the best linear probe on them. What depends on the inputs only (K, K^-1, K_test K^-1) is computed once a
training set. Trials run in two processes of one thread each, which on two cores beats one process of two threads.

    python3 experiments.py NAME [TRIALS]      # prints seconds, then the curves: series,x,mean,std,n
"""
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported

import multiprocessing
import sys
import time

import numpy as np
from scipy.linalg import eigh, pinvh
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

PROCESSES = 2
CLASSES, WIDTH, BETA = 4, 5, 1e-3


# Data

def rings(ring, turns, noise, rng):
    clean = (ring + 1)[:, None] * np.c_[np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)]
    return clean + noise * rng.standard_normal(clean.shape), ring


def circles(n, noise, rng):
    return rings(rng.integers(0, CLASSES, n), rng.random(n), noise, rng)


def circles_sweep(n, noise, rng):
    i = np.arange(n)
    return rings(CLASSES * i // n, CLASSES * i / n, noise, rng)


def label_graph(y):
    return (y[:, None] == y).astype(float)


def contrastive_graph(y):
    return 2 * label_graph(y) - 1


# Graph -> leading eigenvectors -> probe error

def penalised_kernel(x, sigma, cutoff):
    """beta K^-1."""
    return BETA * pinvh(np.exp(-cdist(x, x) / sigma), atol=cutoff)


def leading(matrix):
    n = len(matrix)
    _, vectors = eigh(matrix, subset_by_index=[n - WIDTH, n - 1], overwrite_a=True, check_finite=False)
    return vectors


class Reader:
    """Reads one graph after another on the same samples."""

    def __init__(self, x, test, sigma, cutoff):
        x_test, self.y_test = test
        self.penalty = penalised_kernel(x, sigma, cutoff)
        self.lift = np.exp(-cdist(x_test, x) / sigma) @ self.penalty
        self.target = np.eye(CLASSES)[self.y_test]

    def represent(self, graph):
        return leading(graph - self.penalty)

    def error(self, z):
        features = self.lift @ z
        weights, *_ = np.linalg.lstsq(features.T @ features, features.T @ self.target, rcond=None)
        return np.mean(np.argmax(features @ weights, axis=1) != self.y_test)

    def error_of(self, graph):
        return self.error(self.represent(graph))


# Queries: which of these candidates belong to the class?

class Knowledge:
    """One known example of each class at first; known samples are mutually related, refused ones to the members."""

    def __init__(self, y):
        self.y, self.truth, self.graph = y, contrastive_graph(y), np.eye(len(y))
        self.known = np.zeros(len(y), bool)
        self.known[[np.flatnonzero(y == c)[0] for c in range(CLASSES)]] = True
        self.asked = np.zeros((len(y), CLASSES), bool)

    def least_asked_class(self):
        return np.argmin(self.asked.sum(axis=0))

    def candidates(self, c):
        return np.flatnonzero(~self.known & ~self.asked[:, c])

    def learn(self, c, shown):
        belongs = self.y[shown] == c
        self.known[shown[belongs]] = True
        among = np.ix_(self.known, self.known)
        self.graph[among] = self.truth[among]
        refused, members = shown[~belongs], np.flatnonzero(self.known & (self.y == c))
        self.graph[np.ix_(refused, members)] = -1
        self.graph[np.ix_(members, refused)] = -1
        self.asked[self.known] = True
        self.asked[shown, c] = True


def draw(candidates, size, rng):
    return rng.choice(candidates, size) if len(candidates) >= size else candidates


# The experiments: each trial gives {series: values}

def active(test, rng, rounds=80, size=10, n=150):
    x, y = circles(n, 0.1, rng)
    reader, knowledge = Reader(x, test, 0.2, 1e-5 / n), Knowledge(y)
    errors = {"active": [], "passive": []}
    for _ in range(rounds):
        z = reader.represent(knowledge.graph)
        errors["active"].append(reader.error(z))
        c, known = knowledge.least_asked_class(), knowledge.known
        weights, *_ = np.linalg.lstsq(z[known], np.eye(CLASSES)[y[known]], rcond=None)
        candidates = knowledge.candidates(c)
        promising = candidates[np.argmax(z[candidates] @ weights, axis=1) == c]
        knowledge.learn(c, draw(promising if len(promising) > size else candidates, size, rng))

    rows, columns = np.triu_indices(n, 1)
    order = rng.permutation(len(rows))
    truth, graph, seen = contrastive_graph(y), np.eye(n), 0
    for k in range(rounds):
        pairs = order[seen:max(0, size * k - 1)]
        i, j = rows[pairs], columns[pairs]
        graph[i, j] = graph[j, i] = truth[i, j]
        seen += len(pairs)
        errors["passive"].append(reader.error_of(graph))
    return errors


def contrastive(test, rng, rounds=80, size=10, n=300):
    x, y = circles(n, 0, rng)
    reader, knowledge = Reader(x, test, 0.2, 1e-5 / n), Knowledge(y)
    errors = {"contrastive": [], "non-contrastive": []}
    for _ in range(rounds):
        errors["contrastive"].append(reader.error_of(knowledge.graph))
        errors["non-contrastive"].append(reader.error_of(np.maximum(knowledge.graph, 0)))
        c = knowledge.least_asked_class()
        knowledge.learn(c, draw(knowledge.candidates(c), size, rng))
    return errors


def interpolation(test, rng, orders, samples=200):
    """The trials that share a training set, each with its own order of the labels."""
    x, y = circles(samples, 0, rng)
    x, y = np.repeat(x, 2, axis=0), np.repeat(y, 2)
    x += 0.1 * rng.standard_normal(x.shape)
    reader = Reader(x, test, 1, 0)
    views = np.kron(np.eye(samples), np.ones((2, 2)))
    trials = []
    for _ in range(orders):
        errors = {"alpha=0.5": [], "alpha=1e-3": [], "alpha=1e-6": []}
        labels, revealed = np.zeros_like(views), []
        for sample in rng.permutation(samples):
            for (series, values), alpha in zip(errors.items(), (0.5, 1e-3, 1e-6)):
                values.append(reader.error_of((1 - alpha) * views + alpha * labels))
            row = 2 * sample
            revealed.append(row)
            same = [r for r in revealed if y[r] == y[row]]
            labels[row, same] = labels[same, row] = 1
        trials.append(errors)
    return trials


FRACTIONS = np.linspace(0.5, 1, 20)


def missing_entries(test, rng, n=100):
    x, y = circles(n, 0, rng)
    reader, full = Reader(x, test, 0.2, 1e-5 / n), label_graph(y)
    values = {"error": [], "components": []}
    for fraction in FRACTIONS:
        kept = np.triu(rng.random((n, n)) >= fraction)
        graph = full * (kept | kept.T)
        values["error"].append(reader.error_of(graph))
        values["components"].append(connected_components(graph, directed=False, return_labels=False))
    values["components"].pop()  # without any entry each point is a component
    return values


def noise(test, rng, rounds=30, size=10, n=300):
    x, y = circles(n, 0, rng)
    reader, wrong = Reader(x, test, 0.2, 1e-5 / n), rng.integers(0, CLASSES, n)
    believed, errors = y.copy(), []
    for redrawn in rng.permutation(n).reshape(rounds, size):
        believed[redrawn] = wrong[redrawn]
        errors.append(reader.error_of(contrastive_graph(believed)))
    return {"error": errors}


#             trial            trials a training set, test points, noise of the test set, x of the curve, trials
PROTOCOLS = {
    "active":          (active,          1, 1000, 0.1, 10.0 * np.arange(80), 100),
    "contrastive":     (contrastive,     1, 1000, 0.0, 10.0 * np.arange(80), 100),
    "interpolation":   (interpolation,   5,  500, 0.0, 1.0 * np.arange(200), 50),
    "missing_entries": (missing_entries, 1, 1000, 0.0, FRACTIONS,            100),
    "noise":           (noise,           1, 1000, 0.0, 10.0 * np.arange(30), 100),
}


def one_set(task):
    """The trials of one training set."""
    name, test, seed, trials = task
    trial, together, *_ = PROTOCOLS[name]
    rng = np.random.default_rng(seed)
    return trial(test, rng, trials) if together > 1 else [trial(test, rng)]


def run(name, trials=None, seed=0):
    """The curves {(series, x): (mean, std, n)} and the seconds they took."""
    _, together, n_test, test_noise, x, full = PROTOCOLS[name]
    trials = trials or full
    started = time.perf_counter()
    shared, *seeds = np.random.SeedSequence(seed).spawn(1 + -(-trials // together))
    test = circles_sweep(n_test, test_noise, np.random.default_rng(shared))
    tasks = [(name, test, s, min(together, trials - together * i)) for i, s in enumerate(seeds)]
    with multiprocessing.Pool(PROCESSES) as pool:
        results = [trial for batch in pool.imap(one_set, tasks, chunksize=1) for trial in batch]
    curves = {}
    for series in results[0]:
        rows = np.array([trial[series] for trial in results])
        for point in zip(x, rows.mean(axis=0), rows.std(axis=0)):
            curves[series, point[0]] = (*point[1:], trials)
    return curves, time.perf_counter() - started


if __name__ == "__main__":
    curves, seconds = run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
    print(f"# {seconds:.2f} s")
    for (series, x), (mean, std, n) in curves.items():
        print(f"{series},{x:g},{mean:.6g},{std:.6g},{n}")
