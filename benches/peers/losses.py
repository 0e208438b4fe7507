"""Times the losses and their gradients against PyTorch and JAX on the CPU, in turns, and checks that the values agree.

    python3 losses.py [--only LOSS ...] [--sizes N ...] [--widths K ...] [--rounds R] [--seconds S] [--compile]

Single precision, two threads on every side. A peer is written as its users write it, jitted in JAX; `--compile` adds
`torch.compile`. The squared losses have no n x n matrix on any side. Each round all sides run for a moment, one after the
other; of each the fastest evaluation counts, and of the rounds the median ratio to the faster peer. Memory is what the
first evaluation needed beyond the inputs. A ratio below 1 means that this crate is faster, or needs less.

The graph is that of two views a sample, rows 2i and 2i+1, or of ten classes, row i of class i mod 10.
"""
import argparse
import tempfile
from pathlib import Path

from turns import THREADS, fastest, in_turns, ratio, serve

CLASSES = 10
TEMPERATURE = 0.1
SIZES, WIDTHS = (512, 4096, 16384), (64, 256)
CASES = [("nt-xent", "views"), ("nt-xent", "labels"), ("vicreg", "views"), ("vicreg", "labels"), ("barlow-twins", "views"),
         ("simclr2", "views"), ("simclr2", "labels"), ("vic2", "views"), ("bt2", "views")]


# The losses, for a module `xp` that is either torch or jax.numpy

def squared(a):
    return (a * a).sum()


def off_diagonal(c):
    """The sum of squares off the diagonal."""
    return squared(c) - squared(c.diagonal())


def class_sums(z, membership):
    return membership.T @ z


def energy(z, graph, membership):
    """Half the sum of G_ij ||z_i - z_j||^2."""
    if graph == "views":
        return squared(z[0::2] - z[1::2])
    sizes = membership.sum(0)
    means = class_sums(z, membership) / sizes[:, None]
    return ((membership @ sizes) * ((z - membership @ means) ** 2).sum(1)).sum()


def factor_times(z, graph, membership):
    """Y' Z where G = Y Y'."""
    return z[0::2] + z[1::2] if graph == "views" else class_sums(z, membership)


def vicreg(xp, z, graph, membership):
    n = len(z)
    centred = z - z.mean(0)
    covariance = centred.T @ centred / (n - 1)
    deviations = xp.sqrt(covariance.diagonal() + 1e-4)
    hinge = xp.where(deviations < 1, 1 - deviations, 0 * deviations).sum()
    return 25 * hinge + off_diagonal(covariance) + 50 / n * energy(z, graph, membership)


def barlow_twins(xp, z, graph, membership):
    centred = z - z.mean(0)
    u = centred / xp.sqrt((centred * centred).mean(0))
    sums = u[0::2] + u[1::2]
    c = sums.T @ sums / (2 * len(z))
    return squared(c.diagonal() - 1) + 0.005 * off_diagonal(c)


def simclr2(xp, z, graph, membership):
    graph_squared = 2 * len(z) if graph == "views" else (membership.sum(0) ** 2).sum()
    return squared(z.T @ z) - 2 * squared(factor_times(z, graph, membership)) + graph_squared


def vic2(xp, z, graph, membership):
    return squared(z.T @ z - xp.eye(z.shape[1])) + energy(z, graph, membership)


def bt2(xp, z, graph, membership):
    sums = factor_times(z, graph, membership)
    return squared(sums.T @ sums - xp.eye(z.shape[1]))


LOSSES = {"vicreg": vicreg, "barlow-twins": barlow_twins, "simclr2": simclr2, "vic2": vic2, "bt2": bt2}


def torch_nt_xent(z, graph, classes):
    import torch
    import torch.nn.functional as F

    u = F.normalize(z)
    logits = (u @ u.T / TEMPERATURE).fill_diagonal_(-torch.inf)
    if graph == "views":
        return F.cross_entropy(logits, torch.arange(len(z)) ^ 1)
    same = (classes[:, None] == classes[None, :]).fill_diagonal_(False)
    log_softmax = F.log_softmax(logits, 1)
    return -(torch.where(same, log_softmax, 0).sum(1) / same.sum(1)).mean()


def jax_nt_xent(z, graph, classes):
    import jax
    import jax.numpy as jnp

    n = len(z)
    u = z / jnp.linalg.norm(z, axis=1, keepdims=True)
    diagonal = jnp.eye(n, dtype=bool)
    log_softmax = jax.nn.log_softmax(jnp.where(diagonal, -jnp.inf, u @ u.T / TEMPERATURE), 1)
    if graph == "views":
        return -log_softmax[jnp.arange(n), jnp.arange(n) ^ 1].mean()
    same = (classes[:, None] == classes[None, :]) & ~diagonal
    return -(jnp.where(same, log_softmax, 0).sum(1) / same.sum(1)).mean()


def torch_evaluation(loss, graph, z, compiled):
    import torch

    torch.set_num_threads(THREADS)
    z = torch.from_numpy(z).requires_grad_()
    classes = torch.arange(len(z)) % CLASSES
    membership = torch.nn.functional.one_hot(classes).to(z.dtype)
    if loss == "nt-xent":
        value = lambda z: torch_nt_xent(z, graph, classes)
    else:
        value = lambda z: LOSSES[loss](torch, z, graph, membership)
    if compiled:
        value = torch.compile(value, dynamic=False)

    def evaluate():
        z.grad = None
        result = value(z)
        result.backward()
        return result.item(), z.grad
    return evaluate


def jax_evaluation(loss, graph, z):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_platforms", "cpu")
    z = jnp.asarray(z)
    classes = jnp.arange(len(z)) % CLASSES
    membership = jax.nn.one_hot(classes, CLASSES, dtype=z.dtype)
    if loss == "nt-xent":
        value = lambda z: jax_nt_xent(z, graph, classes)
    else:
        value = lambda z: LOSSES[loss](jnp, z, graph, membership)
    compiled = jax.jit(jax.value_and_grad(value)).lower(z).compile()

    def evaluate():
        result, gradient = compiled(z)
        gradient.block_until_ready()
        return float(result), gradient
    return evaluate


def serve_loss(side, loss, graph, path):
    import numpy as np

    z = np.load(path).astype(np.float32)
    if side == "jax":
        evaluate = jax_evaluation(loss, graph, z)
    else:
        evaluate = torch_evaluation(loss, graph, z, side == "torch.compile")

    def describe(result):
        value, gradient = result
        return {"value": value, "gradient_norm": float((np.asarray(gradient, dtype=np.float64) ** 2).sum() ** 0.5)}
    serve(evaluate, describe)


def compare(program, loss, graph, n, k, path, sides, rounds, seconds):
    runs = in_turns(__file__, sides, program, (loss, graph, path), rounds, seconds)
    of_rounds, faster = ratio(runs)
    first = {side: of_side[0] for side, of_side in runs.items()}
    differences = [abs(first["ours"][what] - first[side][what]) / abs(first[side][what])
                   for side in sides for what in ("value", "gradient_norm")]
    assert max(differences) < 1e-3, (loss, graph, n, k, first)
    print(f"{loss:13s} {graph:7s} {n:6d} {k:4d}  " + " ".join(f"{time:10.2f}" for time in fastest(runs).values())
          + f"  {of_rounds:6.2f} ({faster})  " + " ".join(f"{run['megabytes']:7.0f}" for run in first.values())
          + f"   {max(differences):.0e}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=sorted({loss for loss, _ in CASES}))
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--widths", nargs="+", type=int, default=WIDTHS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--compile", action="store_true", help="add torch.compile, which takes a while for each case")
    parser.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve_loss(*options.serve)

    from compare import built
    import numpy as np

    sides = ["torch", "jax"] + ["torch.compile"] * options.compile
    print(f"value and gradient, f32, {THREADS} threads: fastest ms, median ratio of {options.rounds} rounds to the faster peer,")
    print("megabytes of an evaluation, largest relative difference of values and of gradients' norms")
    print(f"{'':13s} {'':7s} {'n':>6} {'k':>4}  " + " ".join(f"{side:>10}" for side in ("ours", *sides)) + "   ratio"
          + " " * 9 + " ".join(f"{side:>7}" for side in ("ours", *sides)))
    with tempfile.TemporaryDirectory() as folder:
        program = built("time_losses", folder)
        for n in options.sizes:
            for k in options.widths:
                path = Path(folder) / f"{n}-{k}.npy"
                # Representations of two views that agree in part, at the scale of the squared losses' minimisers.
                rng = np.random.default_rng(n + k)
                samples = np.repeat(rng.standard_normal((n // 2, k)), 2, axis=0)
                z = (samples + 0.5 * rng.standard_normal((n, k))).astype(np.float32)
                np.save(path, z.astype(np.float64))
                for loss, graph in CASES:
                    if not options.only or loss in options.only:
                        compare(program, loss, graph, n, k, path, sides, options.rounds, options.seconds)


if __name__ == "__main__":
    main()
