"""The chapters as they were built: every page keeps what the book promises of a chapter."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"


def toc_files():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    parts = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *parts]


def chapters():
    """The pages that are executed: an assignment's cells wait for their student."""
    pages = (name for name in toc_files() if not name.startswith("assignments/"))
    return [name for name in pages if "```{code-cell}" in source(name)]


# What CONTRIBUTING gives to writers is held to the same rules as what they write.
SKELETON = "the skeleton in CONTRIBUTING"


def source(name):
    if name == SKELETON:
        contributing = (ROOT / "CONTRIBUTING.md").read_text()
        return re.search(r"^````markdown\n(.*?)^````$", contributing, re.S | re.M)[1]
    return (BOOK / f"{name}.md").read_text()


def prose(name):
    """The chapter's text without front matter, cells, formulas and roles' targets."""
    text = re.sub(r"\A---\n.*?\n---\n", "", source(name), flags=re.S)
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    return re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "", text, flags=re.S)


def test_every_source_is_in_the_contents():
    there = {str(path.relative_to(BOOK).with_suffix("")) for path in BOOK.rglob("*.md")}
    hidden = {name for name in there if name.startswith("_")}
    assert there - hidden == set(toc_files())


# What each chapter has; what a page of another kind need not have, and why.
TOOLS = {
    "counting/count-yours": "a tool: one figure, into which readers put their own network",
    "networks/atlas": "a reference: one figure holds all networks, with controls of its own",
}


def of_the_argument():
    """The start and the pages of the parts that argue and count: the chapters proper."""
    parts = {"index", "counting", "networks"}
    return [name for name in toc_files() if name.split("/")[0] in parts]


def written():
    """What is read in its source alone: the chapters proper, and their skeleton."""
    return [*of_the_argument(), SKELETON]


def folded(name):
    """Headings of the folded boxes: exercises, which are numbered."""
    boxes = re.findall(r"^:{3,}\{admonition\} (.*)\n:class: dropdown", source(name), re.M)
    return [box for box in boxes if re.match(r"\d+\. ", box)]


@pytest.mark.parametrize("name", written())
def test_a_chapter_opens_with_a_question_and_asks_for_a_prediction(name):
    opening, box, _ = prose(name).partition(":::{predict}")
    assert "?" in opening
    assert box


@pytest.mark.parametrize("name", written())
def test_a_chapter_opens_with_a_picture(name):
    """Between the opening sentences and the goals or the prediction, whichever come first."""
    text = re.sub(r"\A---\n.*?\n---\n", "", source(name), flags=re.S)
    opening = re.split(r"^After this page you can$|Predict before you look", text, flags=re.M)[0]
    cells = re.findall(
        r"```\{code-cell\} ipython3\n:tags: \[remove-input\]\n(.*?)```", opening, re.S
    )
    assert re.search(r"^(?:stills|gallery)\.\w+\(", "".join(cells), re.M)


@pytest.mark.parametrize("name", written())
def test_a_chapter_states_three_to_six_goals_as_verbs(name):
    goals = re.search(r"^After this page you can\n\n((?:- .*\n)+)", source(name), re.M)
    assert goals, "no list after a line that says: After this page you can"
    listed = goals[1].splitlines()
    assert 3 <= len(listed) <= 6
    # A goal begins with what the reader does: compute, say, name. Not with an article or a noun.
    for goal in listed:
        assert re.match(r"- [a-z]+ ", goal), goal
        assert not re.match(r"- (?:know|understand|learn|the|a|an|have|be)\b", goal), goal


@pytest.mark.parametrize("name", of_the_argument())
def test_a_chapter_has_two_live_figures(name, site):
    figures = (site / f"{name}.html").read_text().count('<figure class="live-figure')
    assert figures >= (1 if name in TOOLS else 2)


@pytest.mark.parametrize("name", written())
def test_a_chapter_has_two_questions_and_three_exercises_with_solutions(name):
    asked = re.findall(r"^(?:choice|number)\(", source(name), re.M)
    assert len(asked) >= 2
    assert len(folded(name)) >= 3
    assert [int(box.split(".")[0]) for box in folded(name)] == [
        number for number, _ in enumerate(folded(name), start=1)
    ]


@pytest.mark.parametrize("name", written())
def test_a_chapter_ends_with_what_to_remember_and_where_to_read_on(name):
    _, heading, end = source(name).partition("\n## Remember\n")
    assert heading
    assert re.match(r"\n(?:- .*\n){3,}", end)
    assert re.search(r"\bthis page leaves out\b", end)
    read_on = end[re.search(r"\b[Rr]ead on\b", end).start() :]
    assert "{cite}" in read_on


@pytest.mark.parametrize("name", chapters())
def test_every_computed_number_arrives_in_its_sentence(name, site):
    wanted = re.findall(r"\{glue:text\}`(\w+)`", source(name))
    page = (site / f"{name}.html").read_text()
    assert len(re.findall(r'<span class="pasted-text">[^<]+</span>', page)) == len(wanted)


@pytest.mark.parametrize("name", [*chapters(), SKELETON])
def test_a_shown_cell_holds_one_idea(name):
    for cell in re.findall(r"```\{code-cell\} ipython3\n(.*?)```", source(name), re.S):
        if "remove-cell" in cell or "remove-input" in cell:
            continue
        lines = [line for line in cell.splitlines() if line.strip() and not line.startswith(":")]
        if "hide-input" in cell:
            assert len(lines) <= 20, cell
        else:
            assert len(lines) <= 10, cell


def glossary_terms():
    return re.findall(r"^([^\s:#-].*)\n {4}\S", source("appendix/glossary"), re.M)


def test_the_glossary_is_in_order_and_has_no_word_that_no_chapter_uses():
    terms = glossary_terms()
    assert len(terms) > 30
    assert terms == sorted(terms, key=lambda term: (term.lower(), term))
    text = " ".join(source(name) for name in chapters()).lower()
    for term in terms:
        for word in term.lower().split(", "):
            if len(word) > 1:  # the letters of options are in the text as they come
                assert word.removesuffix("s") in text, word


# Words that also have their everyday sense, or stand in other words of a network.
EVERYDAY = {
    *("activation", "batch", "bias", "block", "buffer", "channel", "convention", "convolution"),
    *("depth", "front", "groups", "head", "kernel", "launch", "linear layer", "map", "padding"),
    *("parameter", "plain network", "pooling", "stage", "stem", "stride", "weight", "width"),
    *("MAC", "FLOP", "FLOPS", "option A, B, C", "top-1, top-5"),
}
# Where a term's word means something else.
OTHER_SENSE = {("counting/five-counters", "projection"): "those of an attention layer"}


@pytest.mark.parametrize("name", of_the_argument())
def test_a_chapter_marks_the_terms_that_it_uses(name):
    text = re.sub(r"^#.*|\[[^\]]*\]\([^)]*\)", "", prose(name), flags=re.M)
    for term in set(glossary_terms()) - EVERYDAY:
        marked = rf"\{{term\}}`(?:[^`<]*<)?{re.escape(term)}>?`"
        if (name, term) not in OTHER_SENSE and not re.search(marked, text):
            said = re.search(rf"(?<![\w-]){re.escape(term)}(?![\w-])", text, re.I)
            assert not said, f"{term!r} is used and nowhere marked"
