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
    return [name for name in toc_files() if "```{code-cell}" in source(name)]


def source(name):
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


@pytest.mark.parametrize("name", chapters())
def test_a_chapter_opens_with_a_question_and_a_prediction(name):
    opening = prose(name).split(":::{admonition} Predict before you look")[0]
    assert "?" in opening
    assert ":::{admonition} Predict before you look" in source(name)


@pytest.mark.parametrize("name", chapters())
def test_a_chapter_lets_the_reader_check_and_has_a_live_figure(name, site):
    assert ":class: dropdown" in source(name)
    assert '<figure class="live-figure' in (site / f"{name}.html").read_text()


@pytest.mark.parametrize("name", chapters())
def test_every_computed_number_arrives_in_its_sentence(name, site):
    wanted = re.findall(r"\{glue:text\}`(\w+)`", source(name))
    page = (site / f"{name}.html").read_text()
    assert len(re.findall(r'<span class="pasted-text">[^<]+</span>', page)) == len(wanted)


@pytest.mark.parametrize("name", chapters())
def test_a_shown_cell_holds_one_idea(name):
    for cell in re.findall(r"```\{code-cell\} ipython3\n(.*?)```", source(name), re.S):
        if "remove-cell" in cell or "remove-input" in cell:
            continue
        lines = [line for line in cell.splitlines() if line.strip() and not line.startswith(":")]
        if "hide-input" in cell:
            assert len(lines) <= 20, cell
        else:
            assert len(lines) <= 10, cell
