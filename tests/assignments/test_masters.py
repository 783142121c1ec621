"""All six assignments through the real grader: all points, none, and what a half deserves.

For each, three students hand in: one the master's own solutions, one what was released, untouched,
and one with some right answers, some wrong and some missing, whose points are written here question
by question. Three seeds: the numbers differ, the points do not. Of the book's own seed, the first
and the last go through the whole grader, each with a process of its own; all go through the same
judge with a stand-in for that process, as starting one takes most of the time.

Over 400 lines: most of it is the table of what the half-right student writes.
"""

import csv
import json
import pickle
import shutil

import nbformat
import pytest

from assignments import MASTERS, SEED, generate
from assignments.grader import judge, notebooks, preparing, restoring, run
from assignments.grader.assignment import Assignment
from assignments.grader.inside import values
from assignments.grader.records import Options
from assignments.grader.student import Ran, RemoteFunction

# What the half-right student writes. Then the points.
HALF = {
    "convolution-arithmetic": (
        {
            # Forgets the biases.
            "by-hand": """
map_side = (side + 2 * padding - (dilation * (kernel - 1) + 1)) // stride + 1
params = kernel * kernel * in_channels * out_channels
macs = params * map_side * map_side
""",
            # Knows no dilation.
            "out-side-code": """
def out_side(side, kernel, stride=1, padding=0, dilation=1):
    return (side + 2 * padding - kernel) // stride + 1
""",
            # Knows no groups.
            "cost-code": """
def conv_cost(in_channels, out_channels, kernel, map_height, map_width, groups=1):
    weights = kernel**2 * in_channels * out_channels
    return weights, weights * map_height * map_width
""",
            # Knows no stride.
            "convolve-code": """
def convolve(image, kernel, stride=1):
    rows, columns = len(kernel), len(kernel[0])
    return [[sum(image[y + i][x + j] * kernel[i][j] for i in range(rows) for j in range(columns))
             for x in range(len(image[0]) - columns + 1)] for y in range(len(image) - rows + 1)]
""",
            "found-layer": """
found_kernel = round((found_weights / found_in / found_out) ** 0.5)
found_padding = 0
""",
        },
        {
            "output-size-by-hand": 1, "params-by-hand": 0, "macs-by-hand": 1, "output-size": 2,
            "output-size-dilation": 0, "cost": 2, "cost-groups": 0, "convolution": 2,
            "convolution-stride": 0, "found-kernel": 1, "found-padding": 0,
        },
    ),
    "vgg-parameters": (
        {
            # Forgets the biases of the head.
            "by-hand": """
body, channels = 0, 3
first_conv = 27 * stages[0][0] + stages[0][0]
widths = [width for width, convolutions in stages for _ in range(convolutions)]
second_conv = 9 * widths[0] * widths[1] + widths[1]
for width in widths:
    body += 9 * channels * width + width
    channels = width
head = channels * (image // 32) ** 2 * hidden + hidden * hidden + hidden * classes
""",
            # Takes five poolings for granted.
            "vgg-params-code": """
def vgg_params(stages, image, hidden, classes):
    body, channels = 0, 3
    for width, convolutions in stages:
        for _ in range(convolutions):
            body += 9 * channels * width + width
            channels = width
    values = channels * (image // 32) ** 2
    return body, values * hidden + hidden + hidden * hidden + hidden + hidden * classes + classes
""",
            # Forgets the ReLUs.
            "build-vgg-code": """
from torch import nn

def build_vgg(stages, image, hidden, classes):
    layers, channels = [], 3
    for width, convolutions in stages:
        for _ in range(convolutions):
            layers.append(nn.Conv2d(channels, width, 3, padding=1))
            channels = width
        layers.append(nn.MaxPool2d(2))
    values = channels * (image // 2 ** len(stages)) ** 2
    linear = [nn.Linear(values, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, classes)]
    return nn.Sequential(*layers, nn.Flatten(), *linear)
""",
            # Finds the row, and nothing else of it.
            "report-code": """
[wrong_row] = [row[0] for row in report if row[3] != 9 * row[1] * row[2] + row[2]]
right_params = 1
mistake = "unknown"
""",
            "other-head": "pooled_head = stages[-1][0] * classes\nlarge_head = 10",
        },
        {
            "first-convolution": 1, "second-convolution": 1, "all-convolutions": 1,
            "all-linear-layers": 0, "function-convolutions": 2, "function-head": 0,
            "built-params": 2, "built-macs": 0, "wrong-row": 1, "right-params": 0, "mistake": 0,
            "pooled-head": 0, "head-of-a-large-image": 0,
        },
    ),
    "operations-and-conventions": (
        {
            "one-value": """
value_macs = kernel**2 * in_channels
value_one_by_one = value_flops = 2 * value_macs
""",
            # Knows no biases.
            "layer-operations-code": """
def layer_operations(in_channels, out_channels, kernel, map_height, map_width, unit="MAC",
                     biases=False):
    macs = kernel**2 * in_channels * out_channels * map_height * map_width
    return macs if unit == "MAC" else 2 * macs
""",
            "gap-code": """
from convcost import measure
from convcost.conventions import find, price

def normalization(tool):
    rows = measure(network, (1, 3, image, image)).layers
    return sum(price(row, find(tool)).get("normalization", 0) for row in rows)

gap_normalization = normalization(tool_two) - normalization(tool_one)
gap_biases = gap_activations = gap_pooling = 7
""",
            "unknown-rule": """
from convcost import measure

macs = measure(unknown_network, (1, 3, unknown_image, unknown_image)).macs
found_unit = "FLOP" if unknown_count > 1.5 * macs else "MAC"
found_normalization = found_activations = found_additions = 0
""",
            # Divides FLOPs by MACs.
            "share-code": """
from convcost import measure

layers = [row.macs for row in measure("vgg16").layers if row.kind == "conv"]
layer_share = 2 * layers[vgg_layer - 1] / measure(rival).macs
table_unit = "MAC"
""",
        },
        {
            "one-value-macs": 1, "one-value-one-by-one": 0, "one-value-flops": 1,
            "layer-in-both-units": 2, "layer-with-biases": 0, "gap-biases": 0,
            "gap-normalization": 2, "gap-activations": 0, "gap-pooling": 0, "unknown-unit": 1,
            "unknown-items": 0, "layer-share": 0,
        },
    ),
    "residual-block": (
        {
            # Forgets the batch norm of the shortcut.
            "by-hand": """
wide = 2 * in_channels
block_a = 9 * in_channels * wide + 9 * wide * wide + 4 * wide
block_b = block_a + in_channels * wide
block_c = 18 * in_channels**2 + 4 * in_channels + in_channels**2 + 2 * in_channels
""",
            # Takes B for C.
            "block-params-code": """
def block_params(in_channels, out_channels, stride, option):
    params = 9 * in_channels * out_channels + 9 * out_channels**2 + 4 * out_channels
    return params + (option != "A") * (in_channels * out_channels + 2 * out_channels)
""",
            "block-code": """
from torch import nn
from torch.nn import functional

class Block(nn.Module):
    def __init__(self, in_channels, out_channels, stride, option):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels), nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.option, self.stride, self.extra = option, stride, out_channels - in_channels
        self.shortcut = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
            nn.BatchNorm2d(out_channels),
        ) if option != "A" else None

    def forward(self, x):
        if self.shortcut is not None:
            return functional.relu(self.body(x) + self.shortcut(x))
        kept = x[:, :, ::self.stride, ::self.stride]
        return functional.relu(self.body(x) + functional.pad(kept, (0, 0, 0, 0, 0, self.extra)))

def make_block(in_channels, out_channels, stride, option):
    return Block(in_channels, out_channels, stride, option)
""",
            # Right in the width, wrong in the option.
            "found-network": """
def count(width, option):
    params, channels = 29 * width, width
    for out in (width, 2 * width, 4 * width):
        for _ in range(blocks):
            params += 9 * channels * out + 9 * out * out + 4 * out
            if option == "C" or (option == "B" and channels != out):
                params += channels * out + 2 * out
            channels = out
    return params + channels * classes + classes

[(found_width, right)] = [(width, option) for width in range(1, 101) for option in "ABC"
                          if count(width, option) == network_params]
found_option = {"A": "B", "B": "C", "C": "A"}[right]
""",
            # Counts on the map that comes in, and what goes on side by side as if it were added.
            "work": """
block_macs = (18 * in_channels**2 + 36 * in_channels**2) * side**2
projection_macs = 2 * in_channels**2 * (side // 2) ** 2
weights_after_both = 9 * in_channels**2
""",
        },
        {
            "by-hand-a": 1, "by-hand-b": 0, "by-hand-c": 1, "block-params-a": 1,
            "block-params-b": 0, "block-params-c": 1, "block-counts": 0, "block-computes-a": 1,
            "block-computes-b": 0, "block-computes-c": 1, "found-width": 2, "found-option": 0,
            "block-macs": 0, "projection-macs": 1, "weights-after-both": 0,
        },
    ),
    "training-memory": (
        {
            # Forgets the optimizer.
            "fixed-bytes-code": """
def fixed_bytes(params, optimizer):
    return 8 * params
""",
            # Forgets the statistics, and takes an index for a float.
            "small-network": """
image_bytes = 12 * side**2
norm_bytes = 4 * first * side**2
relu_bytes = 4 * first * side**2 + second * side**2
pooled_bytes = index_bytes = first * side**2
""",
            # Knows convolutions and ReLUs.
            "kept-bytes-code": """
def kept_bytes(chain, side, batch=1):
    total, channels = 3 * side**2, 3
    for layer in chain:
        if layer == "relu":
            total += channels * side**2
        elif type(layer) is int:
            channels = layer
    return 4 * batch * total
""",
            # One image late.
            "what-fits": """
fixed = 4 * params * {"SGD with momentum": 3, "Adam": 4}[optimizer]
largest_batch = (memory_gib * 2**30 - fixed + 4 * params - kept_once) // kept_each
overtaking_batch = (fixed - kept_once) // kept_each + 2
""",
        },
        {
            "fixed-bytes-sgd": 1, "fixed-bytes-with-state": 0, "kept-image": 1,
            "kept-by-batch-norm": 0, "kept-by-relus": 1, "kept-behind-pooling": 1,
            "kept-indices": 0, "chain-of-convolutions": 2, "chain-of-all": 0, "largest-batch": 2,
            "overtaking-batch": 0,
        },
    ),
    "design-under-budget": (
        {
            # Multiplies by the map that comes in.
            "functions": """
def design_params(design, classes):
    total, channels = 0, 3
    for width, kernel, stride in design:
        total += kernel**2 * channels * width
        channels = width
    return total + (channels + 1) * classes

def design_macs(design, image, classes):
    total, channels, side = 0, 3, image
    for width, kernel, stride in design:
        total += kernel**2 * channels * width * side**2
        channels, side = width, side // stride
    return total + channels * classes

def design_field(design):
    field, step = 1, 1
    for width, kernel, stride in design:
        field, step = field + (kernel - 1) * step, step * stride
    return field
""",
            "colleague-code": "broken = set()",
            # Deep, and sees far enough, and far too wide.
            "design-code": """
wide = 4 * last_channels
design = [(wide, 3, 1)] * min_layers + [(wide, 3, 2)] * 4 + [(wide, 3, 1)] * (min_field // 32 + 1)
""",
            "deeper-code": "deeper = design",
        },
        {
            "function-params": 2, "function-macs": 0, "function-field": 2, "broken-limits": 0,
            "design-layers": 1, "design-field": 1, "design-params": 0, "design-macs": 0,
            "deeper-within-limits": 0, "deeper-and-cheaper": 0,
        },
    ),
}  # fmt: skip


def with_answers(name, seed, answers):
    """What a student sends who writes these solutions, and leaves the other cells as they are."""
    sent = generate.student_notebook(name, seed)
    for cell in sent.cells:
        cell.source = answers.get(cell.id, cell.source)
    return sent


def solutions(name, seed):
    """The master's own code, and no written answer: that is marked by hand."""
    notebook = generate.autograder_notebook(name, seed)
    return {
        cell.id: cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.nbgrader.solution
    }


def test_every_assignment_is_tried():
    assert sorted(HALF) == generate.names()


@pytest.mark.parametrize("name", HALF)
def test_the_half_answers_what_is_asked(name):
    half, deserved = HALF[name]
    graded = {
        cell.id: cell.metadata.nbgrader.points
        for cell in generate.autograder_notebook(name).cells
        if cell.cell_type == "code" and cell.metadata.nbgrader.grade
    }

    assert half.keys() <= solutions(name, SEED).keys()
    assert deserved.keys() == graded.keys()
    assert all(points in (0, graded[question]) for question, points in deserved.items())
    assert 0 < sum(deserved.values()) < sum(graded.values())


def drawn(name, seed):
    return Assignment(name, seed, MASTERS, generate.autograder_notebook(name, seed))


def sent(name, seed):
    """What the three students send, and the points that each deserves."""
    half, deserved = HALF[name]
    max_points = drawn(name, seed).max_points
    return {
        "full101": (
            with_answers(name, seed, solutions(name, seed)),
            {question: max_points[question] for question in deserved},
        ),
        "none102": (with_answers(name, seed, {}), dict.fromkeys(deserved, 0)),
        "half103": (with_answers(name, seed, half), deserved),
    }


def through_all(name):
    """Those who go through the whole grader; an untouched release does in the class of `school`."""
    return {student: one for student, one in sent(name, SEED).items() if student != "none102"}


@pytest.fixture(scope="session")
def graded(once, warm_process, isolation):
    """Return the folder with the grades of the book's own seed, by assignment."""

    def fill(base):
        for name in HALF:
            folder, masters = base / name / "sent", base / name / "masters"
            for path in (folder, masters):
                path.mkdir(parents=True)
            shutil.copy(MASTERS / f"{name}.md", masters)
            for student, (notebook, _) in through_all(name).items():
                nbformat.write(notebook, folder / f"{student}.ipynb")
            options = Options(folder, base / name / "grades", SEED, masters)
            run.grade(options, lambda line: None, warm_process)

    return once("masters", fill)


@pytest.mark.parametrize("name", HALF)
def test_it_gives_all_and_what_a_half_deserves(name, graded):
    with (graded / name / "grades" / "grades.csv").open(newline="") as lines:
        rows = {row["id"]: row for row in csv.DictReader(lines)}
    [written] = drawn(name, SEED).rubrics
    for student, (_, expected) in through_all(name).items():
        got = {question: float(rows[student][question]) for question in expected}
        assert got == expected, student
        assert rows[student][written] in ("", "0", "0.0"), "not yet marked by hand"


class HereStudent:
    """Stands in for a student's process: cells run in this one, and the same values pass."""

    cell_seconds = 60.0

    def __init__(self):
        self.names = {"__name__": "__main__"}

    def begin_test(self):
        pass

    def run(self, source, what):
        try:
            exec(source, self.names)
        except Exception as error:
            return Ran([], str(error))
        return Ran([])

    def get(self, name):
        if name not in self.names:
            raise NameError(f"name '{name}' is not defined")
        value = self.passed(self.names[name])
        return RemoteFunction(self, name) if isinstance(value, values.StaysThere) else value

    def call(self, name, args, named):
        args, named = pickle.loads(pickle.dumps((args, named)))
        return self.passed(self.names[name](*args, **named))

    def passed(self, value):
        return values.decode(json.loads(json.dumps(values.encode(value))))


@pytest.mark.parametrize("seed", [SEED, 1, 31])
@pytest.mark.parametrize("name", HALF)
def test_each_seed_gives_all_none_and_what_a_half_deserves(name, seed, tmp_path):
    prepared = tmp_path / "prepared"
    preparing.prepare(prepared, drawn(name, seed))
    given = nbformat.read(prepared / "given.ipynb", 4)
    released = generate.student_notebook(name, seed)
    for student, (notebook, expected) in sent(name, seed).items():
        submitted = notebooks.read("a.ipynb", nbformat.writes(notebook).encode())
        restored, notes = restoring.restore(submitted, given, released.cells)
        folder = tmp_path / student
        folder.mkdir()

        judged = judge.judge(restored, name, prepared, folder, HereStudent())

        assert {question: judged.points[question] for question in expected} == expected, student
        assert notes == []


# Parameters as many as asked for, where layers were; and the question that this earns nothing of.
BARE = {
    "vgg-parameters": ("build-vgg-code", "built-params", """
import torch
from torch import nn

class Bare(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.all = nn.Parameter(torch.zeros(count))

    def forward(self, x):
        return x

def build_vgg(stages, image, hidden, classes):
    return Bare(sum(vgg_params(stages, image, hidden, classes)))
"""),
    "residual-block": ("block-code", "block-counts", """
import torch
from torch import nn

class Bare(nn.Module):
    def __init__(self, ins, outs, stride, option):
        super().__init__()
        self.first = nn.Conv2d(ins, outs, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(outs, outs, 3, 1, 1, bias=False)
        self.short = None
        if option == "C" or option == "B" and (stride > 1 or ins != outs):
            self.short = nn.Conv2d(ins, outs, 1, stride, bias=False)
        # Without batch norm.
        self.rest = nn.Parameter(torch.zeros(outs * (4 + 2 * (self.short is not None))))

    def forward(self, x):
        y = self.second(self.first(x))
        return y if self.short is None else y + self.short(x)

def make_block(ins, outs, stride, option):
    return Bare(ins, outs, stride, option)
"""),
}  # fmt: skip


@pytest.mark.parametrize("name", BARE)
def test_parameters_without_a_layer_earn_nothing(name, tmp_path):
    question, test, code = BARE[name]
    preparing.prepare(tmp_path / "prepared", drawn(name, SEED))
    given = nbformat.read(tmp_path / "prepared" / "given.ipynb", 4)
    notebook = with_answers(name, SEED, solutions(name, SEED) | {question: code})
    submitted = notebooks.read("a.ipynb", nbformat.writes(notebook).encode())
    restored, _ = restoring.restore(submitted, given, generate.student_notebook(name).cells)

    judged = judge.judge(restored, name, tmp_path / "prepared", tmp_path, HereStudent())

    assert judged.points[test] == 0


@pytest.mark.parametrize("name", HALF)
def test_nothing_of_the_sites_notebook_is_taken_for_an_answer(name, site, tmp_path):
    """It leads elsewhere than the one that is handed out, and begins with a cell that installs."""
    preparing.prepare(tmp_path, drawn(name, SEED))
    given = nbformat.read(tmp_path / "given.ipynb", 4)
    sent_back = (site / "notebooks" / "assignments" / f"{name}.ipynb").read_bytes()

    restored, notes = restoring.restore(
        notebooks.read("a.ipynb", sent_back), given, generate.student_notebook(name).cells
    )

    assert notes == []
    answers = [cell.source for cell in restored.cells if cell.cell_type == "markdown"]
    assert answers == [cell.source for cell in given.cells if cell.cell_type == "markdown"]
