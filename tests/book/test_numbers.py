"""Every number in prose is computed, cited, given, or on a short list with its reason.

Prose is what a reader reads in a chapter's source: sentences, headings, tables, captions, the
words and text alternatives of drawings, the page's description, and what quick questions say.
One line of a source is one sentence. A number in it must be one of these:

- *Computed*: it comes from a cell, by the role ``glue:text``, or by an f-string in a question.
- *Cited*: its sentence names the source with ``cite``; a block of quoted text is cited by the
  paragraph before it.
- *Asserted*: a cell of the page holds an ``assert`` with that number.
- *Part of a true equation*: ``$512 \\cdot 7 \\cdot 7 = 25\\,088$`` is computed here.
- *Given*: a whole number that a cell of the page is written with, so that the page computes with
  what it says (64 channels, an image of 100 × 100). What has a decimal point, a percent sign or
  a unit of measure (M, MACs, times, parameters …) is a result and never passes as given.
- *A name*: in the name of a network (ResNet-34, and "VGG-19 has 19 layers"), of a kernel (3 × 3),
  of a format (16-bit), a label (section 4.1, claim 19), a year.
- *Small*: a whole number up to ten without a unit of measure, or a factor in a formula up to ten.
- *Listed* in ``allowed_numbers.csv`` with the words it stands in, at most 40 of them.

What this lets through: a result that is a bare whole number and by chance also stands in the code
of its page; a bare whole number up to ten; numbers in words (a third, ninety); and numbers
between backticks, which are code. Assignments are left out, as `pages` says. What live figures say
(captions, findings, names of settings) is read from the package's modules by the same rule, and so
is what the docket of claims says.
"""

import csv
from pathlib import Path

import pytest
import yaml

from tests.book import prose

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"


def pages():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = (page["file"] for part in toc["parts"] for page in part["chapters"])
    # The numbers of an assignment are drawn by its master, and its points are tested.
    return [toc["root"], *(name for name in listed if not name.startswith("assignments/"))]


def allowed():
    with (Path(__file__).with_name("allowed_numbers.csv")).open(newline="") as lines:
        return list(csv.DictReader(lines))


def modules():
    package = ROOT / "src" / "convcost"
    figures = [str(path.relative_to(package)) for path in package.glob("page/gallery/*.py")]
    return sorted(figures) + sorted(f"claims/{path.name}" for path in BOOK.glob("claims/*.py"))


def unfounded(name):
    if name.endswith(".py"):
        folder = BOOK if name.startswith("claims/") else ROOT / "src" / "convcost"
        return prose.unfounded(prose.read_module((folder / name).read_text()))
    return prose.unfounded(prose.read((BOOK / f"{name}.md").read_text()))


def lists(row, name, found):
    """Say whether a row of the list is about this number, on this page, in this sentence."""
    number, said = found
    return row["page"] in {"*", name} and row["number"] == number and row["said"] in said


@pytest.mark.parametrize("name", pages() + modules())
def test_every_number_is_founded(name):
    assert [
        found for found in unfounded(name) if not any(lists(row, name, found) for row in allowed())
    ] == []


def test_the_list_is_short_and_gives_reasons():
    assert len(allowed()) <= 40
    assert all(len(row["reason"]) > 10 for row in allowed())


@pytest.mark.parametrize("row", allowed(), ids=lambda row: f"{row['page']}-{row['said']}")
def test_no_entry_of_the_list_is_idle(row):
    names = pages() + modules() if row["page"] == "*" else [row["page"]]
    assert any(lists(row, name, found) for name in names for found in unfounded(name))


# ---- The extractor itself: what it must catch, and what it must not ------------------------------

CELL = "```{code-cell} ipython3\nwidth = 4096\nassert 3 * 3 * 64 == 576\n```\n"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        # Results, typed.
        ("VGG-16 has 138.4 M parameters.", ["138.4"]),
        ("That is 7 % of them.", ["7"]),
        ("That is 7% of them.", ["7"]),
        ("It has 4 times the weights.", ["4"]),
        ("It takes 15 billion operations.", ["15"]),
        ("There are 53 convolutions.", ["53"]),
        ("In all 25,557,032 of them.", ["25,557,032"]),
        ("Maps of 56 × 56.", ["56", "56"]),
        ("It has 2048 parameters.", ["2048"]),
        ("The layer has $64 \\cdot 3 = 193$ weights.", ["64", "193"]),
        ("So $27\\,C^2$ it is.", ["27"]),
        ("$$\n81 \\, C\n$$", ["81"]),
        ("## The 97 networks", ["97"]),
        ("| layer | 97 |", ["97"]),
        ("The 97 of `97`", ["97", "97"]),
        (":::{admonition} 1. What do 97 layers cost?\n:class: dropdown\nMuch.\n:::", ["97"]),
        ("```{admonition} A thing\nIt has 97 layers.\n```\nAnd 98.", ["97", "98"]),
        ("```text\nTOTAL 24M or 97\n```", ["97"]),
        ('<figure><svg aria-label="97 boxes"><text>98</text></svg></figure>', ["97", "98"]),
        ('---\nmyst:\n  html_meta:\n    description: "All 97 claims."\n---\nText.', ["97"]),
        # The page computes with 4096, and that makes it no count of parameters, nor 4097 a given.
        (CELL + "A layer 4096 wide has 4096 parameters.", ["4096"]),
        (CELL + "A layer 4097 wide.", ["4097"]),
        # A question's words; what it computes is computed.
        ('```{code-cell} ipython3\nnumber("97 of them?", 3, "No.", name="n98")\n```', ["97"]),
        ('```{code-cell} ipython3\nnumber(f"{4 * 24} of 97?", 3, "No.")\n```', ["97"]),
        # A citation holds for its own sentence.
        ("It has 97 layers {cite}`he2016deep`.\nThe other has 98.", ["98"]),
    ],
)
def test_it_finds(source, found):
    assert [number for number, _ in prose.unfounded(prose.read(source))] == found


@pytest.mark.parametrize(
    "source",
    [
        "VGG-16 has {glue:text}`params` parameters.",
        "It has 138 M {cite}`simonyan2015very`.",
        "They count {cite}`cs231n`:\n\n```text\nTOTAL: 24M\n```",
        CELL + "A layer 4096 wide.",
        CELL + "It has 576 weights.",
        "So $512 \\cdot 7 \\cdot 7 = 25\\,088$ values come in.",
        "With $5^2 = 25$ and $\\frac{50}{2} = 25$.",
        "ResNet-18, 34 and 50 and ViT-B/16 have a top-5 error.",
        "VGG-19 has 19 layers, and a 152-layer network more.",
        "In 2014, section 4.1, tables 11 and 12, claim 19, Python 3.11, 3.12 or 3.13.",
        "Floats of 32 bits, a 64-bit integer.",
        "A 3 × 3 kernel, an 11 × 11 kernel, three layers, 4 bytes, step 1.",
        "See `torch.Size([97])` and [the page](../97.md).",
        "Each takes 3 · 3 · 8 multiply-adds.",
        "1. The first\n2. The second",
        "```python\nconv = 97\n```",
        "```{code-cell} ipython3\n---\ntags: [hide-input]\n---\nwidth = 97\n```\nIt is 97 wide.",
    ],
)
def test_it_lets_pass(source):
    assert prose.unfounded(prose.read(source)) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('figure(caption="Notice that the widest of them has 97 channels.")', ["97"]),
        ('def finding(n):\n    return f"One of {n} layers has 97.5 M parameters."', ["97.5"]),
        ('"""A docstring of four words says 97."""', []),
        ('figure(image=97, caption="For an image of 97 pixels in height.")', []),
        ('transform("datum.here ? datum.other : datum.that > 97")', []),
    ],
)
def test_it_reads_what_figures_say(source, found):
    assert [number for number, _ in prose.unfounded(prose.read_module(source))] == found


@pytest.mark.parametrize(
    ("tex", "holds"),
    [
        ("2 \\cdot 9 - 1 = 17", True),
        ("2 \\cdot 9 = 17", False),
        ("512 \\cdot 7^{2} = 25\\,088", True),
        ("144 / 9 = 4 \\cdot 4", True),
        ("3 C = 3", False),
        ("17", False),
    ],
)
def test_it_knows_true_equations(tex, holds):
    assert prose.holds(tex.replace("\\,", "")) is holds
