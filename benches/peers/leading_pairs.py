"""Times the leading eigenpairs of normalised 10-nearest-neighbour graphs against SciPy, PyAMG, PRIMME and scikit-learn, in turns.

    python3 leading_pairs.py [--samples N] [--tolerance T] [--graphs G ...] [--peers P ...] [--rounds R]

Two graphs: points in 20 Gaussian clusters of four dimensions (the 10 leading eigenvalues lie apart), and points on four noisy
circles (they lie within 1e-4 of each other, and come in pairs). All sides get the same edges and are asked for 10 pairs with
the same residual, in double precision:

* eigsh: `scipy.sparse.linalg.eigsh`, ARPACK;
* lobpcg: `scipy.sparse.linalg.lobpcg` without a preconditioner, from 10 normal vectors;
* lobpcg + pyamg: with smoothed aggregation of 1 + 1e-6 less the graph, its setup included;
* primme: `primme.eigsh`;
* sklearn: `sklearn.manifold.spectral_embedding` with ARPACK, which shifts and inverts.

Each round times one solve of every side. Of every side the table has the median time, the largest residual of its pairs, found
anew, and by how much the sum of its eigenvalues falls short of the largest sum of all: that is what pairs that were missed cost.
A peer that is not installed, fails, or takes more than `--limit` seconds for its first solve is said to.
"""
import argparse
import select
import statistics
import tempfile
import time
from pathlib import Path

from turns import THREADS, ours, start

PAIRS, NEIGHBOURS = 10, 10
PEERS = ["eigsh", "lobpcg", "lobpcg+pyamg", "primme", "sklearn"]


def points(name, n):
    import numpy as np

    rng = np.random.default_rng(0)
    if name == "clusters":
        centres = rng.normal(size=(20, 4))
        return centres[rng.integers(0, 20, n)] + 0.35 * rng.normal(size=(n, 4))
    turns = 2 * np.pi * rng.random(n)
    return rng.integers(1, 5, n)[:, None] * np.c_[np.cos(turns), np.sin(turns)] + 0.05 * rng.standard_normal((n, 2))


def edges(x):
    """Rows i < j: j among the nearest of i, or the other way round."""
    import numpy as np
    from scipy.spatial import cKDTree

    nearest = cKDTree(x).query(x, NEIGHBOURS + 1, workers=THREADS)[1][:, 1:]
    pairs = np.c_[np.repeat(np.arange(len(x)), NEIGHBOURS), nearest.ravel()]
    return np.unique(np.sort(pairs, axis=1), axis=0).astype(float)


# A peer's process

def serve_peer(side, edges_path, n, k, tolerance):
    import json
    import sys
    import warnings

    import numpy as np
    import scipy.sparse as sparse
    from scipy.sparse.linalg import eigsh, lobpcg

    warnings.filterwarnings("ignore")
    n, k, tolerance = int(n), int(k), float(tolerance)
    ends = np.load(edges_path).astype(int).T
    graph = sparse.coo_matrix((np.ones(ends.shape[1]), tuple(ends)), (n, n)).tocsr()
    graph = graph + graph.T
    scale = sparse.diags(1 / np.sqrt(np.asarray(graph.sum(0)).ravel()))
    normalised = (scale @ graph @ scale).tocsr()
    block = np.random.default_rng(0).standard_normal((n, k))

    def arpack():
        return eigsh(normalised, k, which="LA", tol=tolerance, maxiter=10**6)

    def plain():
        return lobpcg(normalised, block, tol=tolerance, maxiter=5000, largest=True)

    def with_multigrid():
        from pyamg import smoothed_aggregation_solver

        shifted = (sparse.identity(n) * (1 + 1e-6) - normalised).tocsr()
        inverse = smoothed_aggregation_solver(shifted).aspreconditioner()
        return lobpcg(normalised, block, M=inverse, tol=tolerance, maxiter=500, largest=True)

    def primme_eigsh():
        from primme import eigsh as solve

        return solve(normalised, k, which="LA", tol=tolerance)

    def embedding():
        from sklearn.manifold import spectral_embedding

        vectors = spectral_embedding(graph, n_components=k, eigen_solver="arpack", eigen_tol=tolerance,
                                     drop_first=False, random_state=0)
        vectors = vectors / scale.diagonal()[:, None]
        vectors /= np.linalg.norm(vectors, axis=0)
        return (vectors * (normalised @ vectors)).sum(0), vectors

    solve = dict(zip(PEERS, [arpack, plain, with_multigrid, primme_eigsh, embedding]))[side]
    for _ in sys.stdin:
        started = time.perf_counter()
        try:
            values, vectors = solve()
        except Exception as error:  # whatever the peer says is its result
            print(json.dumps({"failure": f"{type(error).__name__}: {error}".splitlines()[0][:60]}), flush=True)
            continue
        seconds = time.perf_counter() - started
        residual = np.linalg.norm(normalised @ vectors - vectors * values, axis=0).max()
        answer = {"milliseconds": 1e3 * seconds, "residual": residual, "value": values.sum()}
        print(json.dumps({name: float(number) for name, number in answer.items()}), flush=True)


# The comparison

def ask(server, limit):
    import json

    server.stdin.write("\n")
    server.stdin.flush()
    if not select.select([server.stdout], [], [], limit)[0]:
        server.kill()
        return {"failure": f"more than {limit:.0f} s"}
    line = server.stdout.readline()
    return json.loads(line) if line else {"failure": "the process died"}


def compare(program, path, options):
    arguments = (path, options.samples, PAIRS, options.tolerance)
    servers = {side: start(__file__, side, *arguments) for side in options.peers}
    runs, failures = {side: [] for side in ("ours", *servers)}, {}
    for _ in range(options.rounds):
        runs["ours"].append(ours([program, *arguments], 0))
        for side, server in servers.items():
            if side not in failures:
                answer = ask(server, options.limit)
                if "failure" in answer:
                    failures[side] = answer["failure"]
                else:
                    runs[side].append(answer)
    for server in servers.values():
        server.stdin.close()
        server.wait()

    most = max(run["value"] for of_side in runs.values() for run in of_side)
    times = {side: statistics.median(run["milliseconds"] for run in of_side) for side, of_side in runs.items() if of_side}
    for side, of_side in runs.items():
        if side in times:
            residual, value = max(run["residual"] for run in of_side), min(run["value"] for run in of_side)
            ratio = statistics.median(a["milliseconds"] / b["milliseconds"] for a, b in zip(runs["ours"], of_side))
            print(f"| {side} | {times[side] / 1e3:.2f} | {residual:.1e} | {most - value:.1e} | {ratio:.2f} |", flush=True)
        if side in failures:
            print(f"| {side} | – | – | – | {failures[side]} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--tolerance", type=float, default=1e-6)
    parser.add_argument("--graphs", nargs="+", default=["clusters", "circles"], choices=["clusters", "circles"])
    parser.add_argument("--peers", nargs="+", default=PEERS, choices=PEERS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=300.0)
    parser.add_argument("--serve", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve_peer(*options.serve)

    from compare import built
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        program = built("time_leading_pairs", folder)
        for graph in options.graphs:
            path = Path(folder) / f"{graph}.npy"
            np.save(path, edges(points(graph, options.samples)))
            print(f"\n{graph}: {PAIRS} pairs of {options.samples}, residual {options.tolerance:g}, {THREADS} threads\n")
            print("| | seconds | largest residual | sum short by | our time / its |\n|---|---|---|---|---|", flush=True)
            compare(program, path, options)


if __name__ == "__main__":
    main()
