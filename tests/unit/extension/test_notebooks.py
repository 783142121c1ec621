"""A chapter's notebook says in plain Markdown what its page says; its outputs need no script."""

import base64
import io
import re
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from myst_parser.config.main import MdParserConfig
from nbformat.v4 import new_output
from PIL import Image, ImageColor
from sphinx.errors import ExtensionError

from book._ext.deeper import notebooks, pictures
from book._ext.deeper.plain import References, chapter_parser, plain_markdown
from convcost import measure
from convcost.page import drawing, gallery
from convcost.page.palette import PALETTE
from convcost.page.questions import number
from convcost.page.shown import STILL

ROOT = Path(__file__).parents[3]
FOLD = "<details><summary><b>"
LINE = r"\_" * 12
EXTENSIONS = {"amsmath", "colon_fence", "dollarmath", "linkify", "substitution"}


def plain(text, **numbers):
    references = References(numbers, lambda role, it: (f"<{role}>", f"to:{it}"))
    parser = chapter_parser(MdParserConfig(enable_extensions=EXTENSIONS))
    return plain_markdown(text, parser, references)


def still(shown):
    data, metadata = map(nbformat.from_dict, shown._repr_mimebundle_())
    return list(notebooks.still(new_output("display_data", data, metadata=metadata)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("It has {glue:text}`n` weights.", "It has 138.4 M weights."),
        ("So they say {cite}`a, b`.", "So they say [[<cite>](to:a); [<cite>](to:b)]."),
        ("By {eq}`size` it is.", "By [<eq>](to:size) it is."),
        ("Take {download}`t.csv <../t.csv>`.", "Take [<download>](to:t.csv <../t.csv>)."),
        ("Of {term}`maps <map>`.", "Of [<term>](to:maps <map>)."),
        ("On {sub}`low` and {doc}`that page <vgg>`.", "On low and that page."),
        ("{on-screen}`Move it.`", "Move it."),
        ("(here)=\n## Head", "## Head"),
        ("$$\nx\n$$ (size)\n", "$$\nx\n$$\n"),
        ("[it](vgg.md#head), [this](https://x.org)", "[it](to:vgg.md#head), [this](https://x.org)"),
        ("See [](vgg.md).", "See [<>](to:vgg.md)."),
        ("See [{glue:text}`n`, {eq}`e`](vgg.md).", "See [138.4 M, [<eq>](to:e)](to:vgg.md)."),
        ("- a {glue:text}`n`\n- b {glue:text}`n`", "- a 138.4 M\n- b 138.4 M"),
        ("|a|b|\n|-|-|\n|{glue:text}`n`|[](c.md)|", "|a|b|\n|-|-|\n|138.4 M|[<>](to:c.md)|"),
        ("https://x.org and <https://y.org>", "https://x.org and <https://y.org>"),
        ("`{glue:text}` is `` {cite}`a` ``", "`{glue:text}` is `` {cite}`a` ``"),
        (r"\{glue:text}`n`", r"\{glue:text}`n`"),
        (":::{admonition} Say\n:class: tip\nA.\n\nB.\n:::\n", "> **Say**\n>\n> A.\n>\n> B.\n"),
        (
            ":::{admonition} Why {glue:text}`n`?\n:class: dropdown\nSo: {glue:text}`n`.\n:::\n",
            "<details><summary><b>Why 138.4 M?</b></summary>\n\nSo: 138.4 M.\n\n</details>\n",
        ),
        (
            "::::{note}\n\n:::{admonition} In\n:class: dropdown\nx\n:::\n::::\n",
            "> **Note**\n>\n> <details><summary><b>In</b></summary>\n>\n> x\n>\n> </details>\n",
        ),
        (
            ":::{predictions}\n1. {glue:text}`n`. See [](#why).\n:::",
            f"{FOLD}The predictions</b></summary>\n\n1. 138.4 M. See [<>](to:#why).\n\n</details>",
        ),
        ("```python\n{glue:text} is `code`\n```", "```python\n{glue:text} is `code`\n```"),
        (":::{tip}\nx\n```\ny\n```\n:::\n", "> **Tip**\n>\n> x\n> ```\n> y\n> ```\n"),
    ],
)  # fmt: skip
def test_what_myst_says_is_said_plainly(source, expected):
    assert plain(source, n="138.4 M") == expected


def test_predictions_are_made_on_paper():
    questions = """:::{predict}
Take {glue:text}`n`.

1. Which?
   - A
   - B
2. Why?
3. How many?
   - … layers
:::"""
    said = f"""**Predict before you look**

Take 138.4 M.

1. Which?
   - ☐ A
   - ☐ B
2. Why?\\
   {LINE}
3. How many?
   - {LINE} layers"""
    assert plain(questions, n="138.4 M").replace("> ", "").replace(">", "") == said


@pytest.mark.parametrize(
    "source",
    [
        ":::{mystery}\nunended",
        "```{mystery}\n```",
        "{mystery}`x`",
        "{{ substituted }}",
        "- :::{note}\n  in a list\n  :::",
        "% a comment",
        ":::{note}\n:mystery: x\n:::",
    ],
)
def test_what_has_no_plain_form_stops_the_build(source):
    with pytest.raises(ExtensionError, match="has no form"):
        plain(source)


def test_a_number_that_no_cell_keeps_stops_the_build():
    with pytest.raises(KeyError):
        plain("{glue:text}`unknown`")


# ---- Outputs ------------------------------------------------------------------------------------


def pixels(data):
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def test_a_live_figure_is_its_picture_finding_and_caption():
    figure = gallery.field_growth()
    shown, below = still(figure)

    assert set(shown.data) == {"image/png", "text/plain"}
    _, finding = figure.state_at(*figure.positions().values())
    assert shown.data["text/plain"] == finding
    picture = pixels(shown.data["image/png"])
    assert picture.width > 300
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    assert len(picture.getcolors(picture.width * picture.height)) > 10  # something is drawn
    assert below.data == {"text/html": f"<p>{finding}</p><p>{figure.caption}</p>"}


def test_a_drawing_is_its_picture_and_caption():
    rows = {"VGG-16": measure("vgg16").layers}
    shown, below = still(drawing.networks(rows, name="fig-one", caption="See `conv` & wonder."))
    assert set(shown.data) == {"image/png", "text/plain"}
    assert len(pixels(shown.data["image/png"]).getcolors(10**6)) > 10
    assert below.data == {"text/html": "<p>See <code>conv</code> &amp; wonder.</p>"}


def test_a_question_keeps_what_it_asks_and_its_answer_and_no_dead_button():
    (output,) = still(number("How many?", 9, "Three.", confusions={6: "A sum."}, name="how-many"))
    html = output.data["text/html"]
    assert not re.search("<(form|input|button)", html)
    for said in ("How many?", "<strong>9</strong>", "Three.", "A sum."):
        assert said in html
    assert output.data["text/plain"] == "Quick question. How many?"


def test_a_widget_that_can_not_be_shown_before_it_is_run_stops_the_build():
    bundle = {notebooks.VIEW: {"model_id": "x"}, "text/plain": "IntSlider(value=3)"}
    with pytest.raises(ExtensionError, match=r"show it in a LiveFigure: IntSlider\(value=3\)"):
        list(notebooks.still(new_output("display_data", nbformat.from_dict(bundle))))


def test_other_outputs_stay():
    output = new_output("execute_result", {"text/html": "<b>1</b>", "text/plain": "1"})
    assert list(notebooks.still(output)) == [output]


# ---- Pictures -----------------------------------------------------------------------------------

SVG = '<svg width="9" height="9"{}><rect width="9" height="9" fill="{}"/></svg>'


def test_colors_of_the_light_theme_stand_in_for_variables():
    picture = pixels(pictures.png(SVG.format("", "var(--cc-vgg)")))
    assert picture.size == (18, 18)
    assert picture.getpixel((9, 9)) == ImageColor.getrgb(PALETTE["VGG"].light)


def test_a_variable_that_the_palette_does_not_have_stops_the_build():
    with pytest.raises(ValueError, match="names no color of the palette"):
        pictures.png(SVG.format("", "var(--cc-a)"))


def test_a_drawing_in_markdown_is_a_picture_with_its_words():
    svg = SVG.format(' aria-label="A box\n[red]"', "red")
    figure = (
        f'<figure class="drawing" id="f">\n{svg}\n'
        "<figcaption>It is\n<em>red</em> &amp; small.</figcaption>\n</figure>"
    )
    before, text, after = plain(f"Before.\n\n{figure}\n\nAfter.").split("\n\n", 2)
    assert before == "Before."
    alternative, data = re.fullmatch(r"!\[(.*)\]\(data:image/png;base64,(.*)\)", text).groups()
    assert alternative == "A box (red)"
    assert pixels(data).getpixel((9, 9)) == (255, 0, 0)
    assert after == "It is <em>red</em> &amp; small.\n\n\nAfter."


@pytest.mark.parametrize(
    ("inside", "message"),
    [("<svg></svg>", "aria-label"), ("<p>no picture</p>", "aria-label"), ("<br>", "well-formed")],
)
def test_a_drawing_that_viewers_could_not_show_stops_the_build(inside, message):
    with pytest.raises(ExtensionError, match=message):
        plain(f'<figure class="drawing">{inside}</figure>')


# ---- In the built site --------------------------------------------------------------------------


def published(site):
    return {
        path: nbformat.read(path, as_version=4) for path in (site / "notebooks").rglob("*.ipynb")
    }


def test_each_chapter_is_there_with_outputs_and_without_myst(site, chapters):
    found = published(site)
    assert {
        path.relative_to(site / "notebooks").with_suffix(".md").as_posix() for path in found
    } == {path.as_posix().partition("/book/")[2] for path in chapters}
    for path, notebook in found.items():
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert code[0] is notebook.cells[0]
        outputs = [output for cell in code for output in cell.outputs]
        if "convcost_assignment" in notebook.metadata:
            continue  # to be written by students, so not executed
        assert outputs, path
        page = site / path.relative_to(site / "notebooks").with_suffix(".html")
        html = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        figures = html.select(".cell figure.live-figure, .cell figure.drawing")
        assert sum("image/png" in output.get("data", {}) for output in outputs) == len(figures)
        for output in outputs:
            assert notebooks.VIEW not in output.get("data", {})
            assert STILL not in output.get("metadata", {})
            shown = output.get("data", {}).get("text/html", "")
            assert "<svg" not in shown
            assert not re.search("<(form|input|button)", shown)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                assert ":::" not in cell.source
                assert "{glue" not in cell.source
                assert "<svg" not in cell.source


def words(html):
    """Return what a reader sees of HTML, without the marks in which page and notebook differ.

    These are spaces, the brackets around citations, typographic quotation marks; and formulas,
    each of which becomes the same sign.
    """
    soup = BeautifulSoup(str(html), "html.parser")
    for formula in soup.select(".katex, .math"):
        formula.replace_with("∎")
    for link in soup.select("a.headerlink"):
        link.decompose()
    return re.sub(r"[\s\[\]\"'\u2018-\u201d\u2026]|\.\.\.", "", soup.get_text())


def test_a_notebook_says_every_sentence_of_its_page_with_its_numbers_and_citations(site):
    """The page is made by Sphinx, by another way than the notebook."""
    viewer = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
    compared = 0
    for path, notebook in published(site).items():
        markdown = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
        said = "".join(words(viewer.render(source)) for source in markdown)
        page = site / path.relative_to(site / "notebooks").with_suffix(".html")
        article = BeautifulSoup(page.read_text("utf-8"), "html.parser").find("article")
        # What cells put out, and what only a page has: its number, its fields and buttons.
        for only in article.select(".cell, figure, .section-number, .predict-note, [hidden]"):
            only.decompose()
        for element in article.select("h1, h2, h3, p, li, th, td"):
            if not element.find(["p", "li"]) and "notebooks/" not in str(element):
                assert words(element) in said, (path, element)
                compared += 1
    assert compared > 1000


def test_every_link_into_the_site_leads_somewhere(site):
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["html"]["baseurl"]
    links = {
        link["href"]
        for notebook in published(site).values()
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for link in BeautifulSoup(MarkdownIt().render(cell.source), "html.parser").find_all("a")
        if link["href"].startswith(address)
    }
    assert len(links) > 50
    for link in links:
        name, _, anchor = link.removeprefix(address).partition("#")
        target = site / name
        assert target.is_file(), link
        if anchor:
            assert f'id="{anchor}"' in target.read_text("utf-8"), link


def test_plumbing_is_folded_and_what_is_hidden_on_the_page(site):
    for path, notebook in published(site).items():
        for cell in notebook.cells:
            tags = set(cell.metadata.get("tags", []))
            if cell.cell_type == "code" and tags & {"remove-cell", "remove-input", "hide-input"}:
                assert cell.metadata["jupyter"]["source_hidden"], path


def test_no_page_carries_what_is_for_notebooks(site, pages):
    reference = "appendix/package-shows.html"  # says what the name means
    for path in pages:
        assert path == reference or STILL not in (site / path).read_text("utf-8")
