"""Curve files as this crate writes them: the columns series, x, mean, std and n."""
import csv

import numpy as np


def write(path, name, at, values):
    """Puts the curve `name` into the file in the place of one of that name: `values` has a row a seed and a column an entry of
    `at`. The other curves stay."""
    kept = []
    if path.exists():
        with open(path, newline="") as file:
            kept = [row for row in csv.reader(file) if row[0] not in ("series", name)]
    values = np.asarray(values)
    spread = values.std(0, ddof=1) if len(values) > 1 else np.zeros(len(at))
    rows = [[name, x, mean, std, len(values)] for x, mean, std in zip(at, values.mean(0), spread)]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    with open(temporary, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["series", "x", "mean", "std", "n"], *kept, *rows])
    temporary.replace(path)
