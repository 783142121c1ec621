"""A chapter's notebook for download says in plain Markdown what its page says."""

import base64
import io
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_output
from PIL import Image, ImageColor
from sphinx.errors import ExtensionError

from book._ext.deeper import notebooks
from convcost.page import gallery
from convcost.page.palette import PALETTE
from convcost.page.questions import number
from tools.settle import chapters, settled, works

ROOT = Path(__file__).parents[2]


def plain(text, **numbers):
    return notebooks.plain_markdown(text, numbers, lambda role, it: (f"<{role}>", f"to:{it}"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("It has {glue:text}`n` weights.", "It has 138.4 M weights."),
        ("So they say {cite}`a, b`.", "So they say [<cite>](to:a), [<cite>](to:b)."),
        ("By {eq}`size` it is.", "By [<eq>](to:size) it is."),
        ("Take {download}`t.csv <../t.csv>`.", "Take [<download>](to:t.csv <../t.csv>)."),
        ("Of {term}`maps <map>`.", "Of [<term>](to:maps <map>)."),
        ("On {sub}`low` and {doc}`that page <vgg>`.", "On low and that page."),
        ("(here)=\n## Head", "## Head"),
        ("$$\nx\n$$ (size)\n", "$$\nx\n$$\n"),
        ("[it](vgg.md#head), [this](https://x.org)", "[it](to:vgg.md#head), [this](https://x.org)"),
        ("See [](vgg.md).", "See [<>](to:vgg.md)."),
        (":::{admonition} Say\n:class: tip\nA.\n\nB.\n:::\n", "> **Say**\n>\n> A.\n>\n> B.\n"),
        (
            ":::{admonition} Why?\n:class: dropdown\nSo: {glue:text}`n`.\n:::\n",
            "<details><summary><b>Why?</b></summary>\n\nSo: 138.4 M.\n\n</details>\n",
        ),
        (
            "::::{note}\n:::{admonition} In\n:class: dropdown\nx\n:::\n::::\n",
            "> **Note**\n>\n> <details><summary><b>In</b></summary>\n>\n> x\n>\n> </details>\n",
        ),
        ("```python\n{glue:text} is `code`\n```", "```python\n{glue:text} is `code`\n```"),
        (":::{tip}\nx\n```\ny\n```\n:::\n", "> **Tip**\n>\n> x\n> ```\n> y\n> ```\n"),
    ],
)  # fmt: skip
def test_what_myst_says_is_said_plainly(source, expected):
    assert plain(source, n="138.4 M") == expected


@pytest.mark.parametrize("source", [":::{mystery}\nunended", "```{mystery}\n```"])
def test_what_has_no_plain_form_stops_the_build(source):
    with pytest.raises(ExtensionError, match="has no form"):
        plain(source)


def test_a_number_that_no_cell_keeps_stops_the_build():
    with pytest.raises(KeyError):
        plain("{glue:text}`unknown`")


def test_a_live_figure_becomes_its_picture_and_finding():
    figure = gallery.field_growth()
    data = figure._repr_mimebundle_()
    output = notebooks.still(new_output("display_data", nbformat.from_dict(data)))

    assert set(output.data) == {"image/png", "text/plain"}
    _, finding = figure.frame(*figure.positions().values())
    assert output.data["text/plain"] == finding
    picture = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))).convert("RGB")
    assert picture.width > 300
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    assert len(picture.getcolors(picture.width * picture.height)) > 10  # something is drawn


def test_a_question_keeps_what_it_asks_and_its_answer_and_no_dead_button():
    shown = number("How many?", 9, "Three by three.", confusions={6: "A sum."}, name="how-many")
    output = notebooks.still(new_output("display_data", shown._repr_mimebundle_()))
    html = output.data["text/html"]
    assert not re.search("<(input|button)", html)
    for said in ("How many?", "<strong>9</strong>", "Three by three.", "A sum."):
        assert said in html


def test_colors_of_the_light_theme_stand_in_for_variables():
    svg = '<svg width="9" height="9"><rect width="9" height="9" fill="var(--cc-vgg)"/></svg>'
    picture = Image.open(io.BytesIO(notebooks.png(svg))).convert("RGB")
    assert picture.getpixel((9, 9)) == ImageColor.getrgb(PALETTE["VGG"].light)


# ---- In the built site --------------------------------------------------------------------------


def published(site):
    return {
        path: nbformat.read(path, as_version=4) for path in (site / "notebooks").rglob("*.ipynb")
    }


def test_each_chapter_is_there_with_outputs_and_without_myst(site):
    sources = chapters(ROOT / "book", [])
    found = published(site)
    assert {path.relative_to(site / "notebooks").with_suffix("") for path in found} == {
        path.relative_to(ROOT / "book").with_suffix("") for path in sources
    }
    for path, notebook in found.items():
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert code[0] is notebook.cells[0]
        outputs = [output for cell in code for output in cell.outputs]
        if "convcost_assignment" in notebook.metadata:
            continue  # to be written by students, so not executed
        assert outputs, path
        page = site / path.relative_to(site / "notebooks").with_suffix(".html")
        pictures = sum("image/png" in output.get("data", {}) for output in outputs)
        assert pictures == page.read_text("utf-8").count('<figure class="live-figure'), path
        assert not any(notebooks.VIEW in output.get("data", {}) for output in outputs)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                assert ":::" not in cell.source
                assert "{glue" not in cell.source
                assert "<svg" not in cell.source


# ---- What Binder's copy gets --------------------------------------------------------------------


def test_binder_copies_get_numbers_and_citations():
    names = works((ROOT / "book" / "references.bib").read_text())
    assert names["simonyan2015very"] == "Simonyan et al. 2015"
    source = "It has {glue:text}`n` {cite}`simonyan2015very`. {download}`t <../t.csv>`"
    assert settled(source, {"n": "138.4 M"}, names, "https://r") == (
        "It has 138.4 M ([Simonyan et al. 2015](https://r)). [t](../t.csv)"
    )


def test_every_work_that_a_chapter_cites_has_a_name():
    names = works((ROOT / "book" / "references.bib").read_text())
    for path in (ROOT / "book").rglob("*.md"):
        numbers = dict.fromkeys(re.findall(r"\{glue:text\}`([^`]+)`", path.read_text()), "1")
        text = settled(path.read_text(), numbers, names, "https://r")
        assert "{cite}" not in text
