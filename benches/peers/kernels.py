"""Times kernel routines against SciPy and scikit-learn, in turns, and checks that the results agree.

    python3 kernels.py [--only ROUTINE ...] [--rounds R] [--seconds S]

* gram: exp(-||x - y|| / sigma) in the plane, 1000 x 1000 and 20000 x 2000, into the same matrix every time, by
  `scipy.spatial.distance.cdist`;
* nystroem: Gaussian features of 20000 points on 500 landmarks, fitting included, by `sklearn.kernel_approximation.Nystroem`;
* embedding: six leading eigenvectors of the normalised affinity of 1000 points, by `sklearn.manifold.spectral_embedding`.

Double precision, two threads on every side. Of each round the fastest call counts, and of the rounds the median ratio.
A ratio below 1 means that this crate is faster.
"""
import argparse
import tempfile
from pathlib import Path

from turns import THREADS, fastest, in_turns, ratio, serve

SIGMA, EIGENVECTORS = 0.5, 6
CASES = {"gram 1000 x 1000": ("gram", 1000, 1000), "gram 20000 x 2000": ("gram", 20000, 2000),
         "nystroem 20000, 500": ("nystroem", 20000, 500), "embedding 1000": ("embedding", 1000, 1000)}


def points(n, seed):
    import numpy as np

    rng = np.random.default_rng(seed)
    turns = 2 * np.pi * rng.random(n)
    return rng.integers(1, 5, n)[:, None] * np.c_[np.cos(turns), np.sin(turns)] + 0.05 * rng.standard_normal((n, 2))


def serve_routine(routine, x_path, y_path):
    import numpy as np
    from scipy.spatial.distance import cdist
    from sklearn.kernel_approximation import Nystroem
    from sklearn.manifold import spectral_embedding

    x, y = np.load(x_path), np.load(y_path)

    matrix = np.empty((len(x), len(y)))

    def gram():
        cdist(x, y, out=matrix)
        np.multiply(matrix, -1 / SIGMA, out=matrix)
        np.exp(matrix, out=matrix)
        return matrix[0, 0]

    def nystroem():
        # Every landmark is drawn; the rows of y alone are what it draws from.
        model = Nystroem(kernel="rbf", gamma=1 / SIGMA**2, n_components=len(y), random_state=0).fit(y)
        return (model.transform(x)[0] ** 2).sum()

    def embedding():
        spectral_embedding(x, n_components=EIGENVECTORS, drop_first=False, random_state=0)
        return None  # its eigenvalues are not returned

    serve({"gram": gram, "nystroem": nystroem, "embedding": embedding}[routine], lambda value: {"value": value})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=["gram", "nystroem", "embedding"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve_routine(*options.serve[1:])

    from compare import built
    import numpy as np

    print(f"double precision, {THREADS} threads: fastest ms, then the median ratio of {options.rounds} rounds")
    print(f"{'':20s} {'ours':>9} {'peer':>9} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        program = built("time_kernels", folder)
        for case, (routine, rows, columns) in CASES.items():
            if options.only and routine not in options.only:
                continue
            x, y = points(rows, 0), points(columns, 1)
            if routine == "embedding":
                x = np.exp(-((x[:, None] - x) ** 2).sum(2) / SIGMA**2)
            paths = [Path(folder) / name for name in ("x.npy", "y.npy")]
            for path, array in zip(paths, (x, y)):
                np.save(path, array)
            runs = in_turns(__file__, ["peer"], program, (routine, *paths), options.rounds, options.seconds)
            times = fastest(runs)
            print(f"{case:20s} {times['ours']:9.2f} {times['peer']:9.2f} {ratio(runs)[0]:6.2f}", flush=True)
            values = [of_side[0]["value"] for of_side in runs.values()]
            if values[1] is not None:
                assert abs(values[0] - values[1]) < 1e-6 * abs(values[0]), values


if __name__ == "__main__":
    main()
