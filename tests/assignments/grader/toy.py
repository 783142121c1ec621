"""Assignments of the tests' own, and what students make of them.

`toy` asks for a network as well, so its processes import torch; `small` is the same without it, for
tests that start many processes.
"""

import copy
import json
from pathlib import Path

import nbformat

from assignments import generate

SEED = 7

_HEAD = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# {title}

```{{code-cell}} ipython3
:tags: [draw]

factor = rng.randrange(3, 90)
```
"""

_SCALE = """
Multiply a number by your factor, which is {{ factor }}.

```{code-cell} ipython3
:nbgrader: {grade_id: scale-code, solution: true}

def scale(number):
    ### BEGIN SOLUTION
    return factor * number
    ### END SOLUTION
```

Two points for the product.

```{code-cell} ipython3
:nbgrader: {grade_id: scale, points: 2}

assert scale(1) == factor
### BEGIN HIDDEN TESTS
import random

rng = random.Random(5)
cases = [rng.randrange(-1000, 1000) for _ in range(20)]
assert [scale(case) for case in cases] == [case * factor for case in cases], "SECRET WORDS"
### END HIDDEN TESTS
```
"""

_NET = """
Give a network with one convolution of 3 x 3, without biases, that outputs `width` maps of an
image's three.

```{code-cell} ipython3
:nbgrader: {grade_id: net-code, solution: true}

from torch import nn

def net(width):
    ### BEGIN SOLUTION
    return nn.Conv2d(3, width, 3, bias=False)
    ### END SOLUTION
```

A point for each width whose layers have the right weights, and two more for what it computes.

```{code-cell} ipython3
:nbgrader: {grade_id: weights, points: 3}

from convcost import measure

def weights(width):
    rows = measure(net(width), (1, 3, 9, 9)).layers
    return [(row.kind, row.params) for row in rows if row.params]

sum(weights(width) == [("conv", 27 * width)] for width in (1, 8, 20))
```

```{code-cell} ipython3
:nbgrader: {grade_id: operations, points: 2}

import torch

assert net(2)(torch.zeros(1, 3, 5, 5)).shape == (1, 2, 3, 3)
### BEGIN HIDDEN TESTS
from convcost import measure

assert measure(net(5), (1, 3, 9, 9)).macs == 27 * 5 * 7 * 7
### END HIDDEN TESTS
```
"""

_ANSWER = """
What is seven times eight?

```{code-cell} ipython3
:nbgrader: {grade_id: answer-code, solution: true}

### BEGIN SOLUTION
answer = 56
### END SOLUTION
```

A point for it.

```{code-cell} ipython3
:nbgrader: {grade_id: answer, points: 1}

assert type(answer) is int
### BEGIN HIDDEN TESTS
assert answer == 56
### END HIDDEN TESTS
```

Why is it so?

+++ {"nbgrader": {"grade_id": "why", "points": 4, "solution": true}}

### BEGIN SOLUTION
THE SOLUTION: since seven eights are fifty-six.
### END SOLUTION

### BEGIN RUBRIC
4 points for THE RUBRIC.
### END RUBRIC
"""

TOY = _HEAD.format(title="A toy, to try the grader on") + _SCALE + _NET + _ANSWER
SMALL = _HEAD.format(title="A toy without a network") + _SCALE + _ANSWER

OTHER = (
    _HEAD.format(title="Another one")
    + """
Name the second letter of the alphabet, as an exercise in something else altogether.

```{code-cell} ipython3
:nbgrader: {grade_id: letter-code, solution: true}

### BEGIN SOLUTION
letter = "b"
### END SOLUTION
```

```{code-cell} ipython3
:nbgrader: {grade_id: letter, points: 1}

assert letter == "b"
```
"""
)

MAX_POINTS = {"scale": 2, "weights": 3, "operations": 2, "answer": 1, "why": 4}
# All that can be had without marks by hand.
FULL = {"scale": 2, "weights": 3, "operations": 2, "answer": 1}
OF_THE_NETWORK = {"weights", "operations"}


def write_masters(folder: Path, name: str = "toy") -> Path:
    """Write the masters `other` and `toy` (or `small`), and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text({"toy": TOY, "small": SMALL}[name])
    (folder / "other.md").write_text(OTHER)
    return folder


def name_in(masters: Path) -> str:
    """Return which of the two a folder of masters holds."""
    return "toy" if (masters / "toy.md").exists() else "small"


def answers(masters: Path) -> dict[str, str]:
    """Return right answers by grade_id."""
    factor = 0
    for cell in generate.autograder_notebook(name_in(masters), SEED, masters).cells:
        if "factor =" in cell.source:
            factor = int(cell.source.rpartition("=")[2])
    assert factor
    return {
        "scale-code": f"def scale(number):\n    return {factor} * number",
        "net-code": "from torch import nn\n\ndef net(width):\n"
        "    return nn.Conv2d(3, width, 3, bias=False)",
        "answer-code": "answer = 56",
    }


def release(masters: Path, name: str | None = None) -> nbformat.NotebookNode:
    return generate.student_notebook(name or name_in(masters), SEED, masters)


def solved(masters: Path, **changes: str) -> nbformat.NotebookNode:
    """Return a notebook with right answers, but for the given ones (`_` stands for `-`)."""
    notebook = copy.deepcopy(release(masters))
    given = answers(masters) | {name.replace("_", "-"): text for name, text in changes.items()}
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in given:
            cell.source = given[grade_id]
    return notebook


def cell_of(notebook: nbformat.NotebookNode, grade_id: str) -> nbformat.NotebookNode:
    return next(
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )


def save(notebook: nbformat.NotebookNode, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # As it is: what students send need not be valid.
    path.write_text(json.dumps(notebook))
    return path
