"""Times a step of training an MLP against PyTorch on the CPU, in turns, and checks that both take the same steps.

    python3 training.py [--rounds R] [--seconds S] [--compile]

A step is forward, VICReg between two views a sample, backward, Adam; in single precision on two threads, a batch of 256
rows, the default widths 784, 512, 512, 128 with ReLU between them. `--compile` adds `torch.compile` of model and loss.
Both sides start from the same weights and take five steps before they are timed; then the losses must agree.
A ratio below 1 means that this crate is faster.
"""
import argparse
import tempfile
from pathlib import Path

from turns import THREADS, fastest, in_turns, ratio, serve

ROWS = 256
WIDTHS = (784, 512, 512, 128)
RATE = 1e-3
CHECKED_STEPS = 5


def serve_steps(side, folder):
    import numpy as np
    import torch
    from losses import vicreg

    torch.set_num_threads(THREADS)
    load = lambda name: torch.from_numpy(np.load(Path(folder) / f"{name}.npy").astype(np.float32))
    layers = []
    for position, (inputs, outputs) in enumerate(zip(WIDTHS, WIDTHS[1:])):
        linear = torch.nn.Linear(inputs, outputs)
        with torch.no_grad():
            linear.weight.copy_(load(position).T)
            linear.bias.zero_()
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    x = load("x")
    loss = lambda x: vicreg(torch, model(x), "views", None)
    if side == "torch.compile":
        loss = torch.compile(loss, dynamic=False)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)

    def step():
        optimiser.zero_grad()
        value = loss(x)
        value.backward()
        optimiser.step()
        return value.item()

    for _ in range(CHECKED_STEPS):
        value = step()
    serve(step, lambda _: {"value": value})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--compile", action="store_true", help="add torch.compile")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve_steps(*options.serve)

    from compare import built
    import numpy as np

    sides = ["torch"] + ["torch.compile"] * options.compile
    with tempfile.TemporaryDirectory() as folder:
        program = built("time_training", folder)
        rng = np.random.default_rng(0)
        samples = np.repeat(rng.standard_normal((ROWS // 2, WIDTHS[0])), 2, axis=0)
        np.save(Path(folder) / "x.npy", samples + 0.5 * rng.standard_normal((ROWS, WIDTHS[0])))
        for position, (inputs, outputs) in enumerate(zip(WIDTHS, WIDTHS[1:])):
            np.save(Path(folder) / f"{position}.npy", (2 / inputs) ** 0.5 * rng.standard_normal((inputs, outputs)))
        runs = in_turns(__file__, sides, program, (folder,), options.rounds, options.seconds)
    print(f"a step of training, f32, {THREADS} threads: fastest ms, then the median ratio of {options.rounds} rounds to the faster peer")
    for side, milliseconds in fastest(runs).items():
        print(f"{side:13s} {milliseconds:8.2f} ms, loss after {CHECKED_STEPS} steps {runs[side][0]['value']:.4f}")
    print("ratio {:.2f} ({})".format(*ratio(runs)))
    values = [of_side[0]["value"] for of_side in runs.values()]
    assert max(values) - min(values) < 1e-2 * min(values), values


if __name__ == "__main__":
    main()
