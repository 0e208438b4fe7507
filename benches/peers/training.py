"""Times a step of training a network against PyTorch on the CPU, in turns, and checks that both take the same steps.

    python3 training.py [--model perceptron|convolutional] [--rounds R] [--seconds S] [--compile]

A step is forward, VICReg between two views a sample, backward, Adam; in single precision on two threads, a batch of 256
rows of 784 numbers. The perceptron has the widths 784, 512, 512, 128 with ReLU between them; the convolutional encoder takes
the rows for images of 28 x 28 pixels, has 3 x 3 convolutions to 16, 32 and 64 channels, the latter two at every second row and
column, with ReLU after each, and a linear layer to 128. PyTorch gets its images in the memory format `channels_last`.
`--compile` adds `torch.compile` of model and loss.
Both sides start from the same weights and take five steps before they are timed; then the losses must agree.
A ratio below 1 means that this crate is faster.
"""
import argparse
import tempfile
from pathlib import Path

from turns import THREADS, fastest, in_turns, ratio, serve

ROWS = 256
SIDE = 28
WIDTHS = (784, 512, 512, 128)
CHANNELS = (1, 16, 32, 64)
OUTPUTS = 128
RATE = 1e-3
CHECKED_STEPS = 5


def shapes(model):
    """Inputs and outputs of the weights of each layer, the inputs of a convolution being the nine pixels around one."""
    if model == "perceptron":
        return list(zip(WIDTHS, WIDTHS[1:]))
    side = SIDE
    for _ in CHANNELS[2:]:
        side = -(-side // 2)
    convolutions = [(9 * inputs, outputs) for inputs, outputs in zip(CHANNELS, CHANNELS[1:])]
    return [*convolutions, (side * side * CHANNELS[-1], OUTPUTS)]


def layers(torch, model, weights):
    """The layers in PyTorch with these weights, one matrix of inputs by outputs each."""
    made = []
    for position, matrix in enumerate(weights):
        is_convolution = model == "convolutional" and position + 1 < len(weights)
        if is_convolution:
            inputs, outputs = len(matrix) // 9, matrix.shape[1]
            layer = torch.nn.Conv2d(inputs, outputs, 3, stride=1 if position == 0 else 2, padding=1)
            matrix = matrix.reshape(3, 3, inputs, outputs).permute(3, 2, 0, 1)
        else:
            layer = torch.nn.Linear(*matrix.shape)
            matrix = matrix.T
        with torch.no_grad():
            layer.weight.copy_(matrix)
            layer.bias.zero_()
        made += [layer, torch.nn.ReLU()]
    if model == "convolutional":
        flat = lambda images: images.permute(0, 2, 3, 1).flatten(1)  # the channels of a pixel side by side
        module = torch.nn.Sequential(*made[:-2]).to(memory_format=torch.channels_last)
        return torch.nn.ModuleList([module, made[-2]]), lambda x: made[-2](flat(module(x)))
    module = torch.nn.Sequential(*made[:-1])
    return module, module


def serve_steps(side, folder, model):
    import numpy as np
    import torch
    from losses import vicreg

    torch.set_num_threads(THREADS)
    load = lambda name: torch.from_numpy(np.load(Path(folder) / f"{name}.npy").astype(np.float32))
    module, forward = layers(torch, model, [load(position) for position in range(len(shapes(model)))])
    x = load("x")
    if model == "convolutional":
        x = x.reshape(-1, 1, SIDE, SIDE).to(memory_format=torch.channels_last)
    loss = lambda x: vicreg(torch, forward(x), "views", None)
    if side == "torch.compile":
        loss = torch.compile(loss, dynamic=False)
    optimiser = torch.optim.Adam(module.parameters(), lr=RATE)

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
    parser.add_argument("--model", choices=["perceptron", "convolutional"], default="perceptron")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--compile", action="store_true", help="add torch.compile")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
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
        for position, (inputs, outputs) in enumerate(shapes(options.model)):
            np.save(Path(folder) / f"{position}.npy", (2 / inputs) ** 0.5 * rng.standard_normal((inputs, outputs)))
        runs = in_turns(__file__, sides, program, (folder, options.model), options.rounds, options.seconds)
    print(f"a step of training the {options.model}, f32, {THREADS} threads: fastest ms, then the median ratio of {options.rounds} rounds to the faster peer")
    for side, milliseconds in fastest(runs).items():
        print(f"{side:13s} {milliseconds:8.2f} ms, loss after {CHECKED_STEPS} steps {runs[side][0]['value']:.4f}")
    print("ratio {:.2f} ({})".format(*ratio(runs)))
    values = [of_side[0]["value"] for of_side in runs.values()]
    assert max(values) - min(values) < 1e-2 * min(values), values


if __name__ == "__main__":
    main()
