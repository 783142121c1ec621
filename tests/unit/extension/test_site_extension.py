"""The site's extension: what it writes, keeps, leaves out, and when it executes chapters."""

import base64
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from docutils import nodes
from fontTools.ttLib import TTFont
from sphinx.errors import ExtensionError

from book._ext.deeper import assets, execution, fonts, katex, markup

ROOT = Path(__file__).parents[3]
MATHML = "{http://www.w3.org/1998/Math/MathML}"


# ---- Style sheets and fonts ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".used{color:red}", ".used{color:red}"),
        (".unused{color:red}", ""),
        (".used, .unused, p {color:red}", ".used,p{color:red}"),
        (".used .unused{color:red}", ""),
        ("#used > a.unused{color:red}", ""),
        (".used:not(.unused){color:red}", ".used:not(.unused){color:red}"),
        ("@media print{.unused{color:red}.used{top:0}}", "@media print{.used{top:0}}"),
        ("@media print{.unused{color:red}}", ""),
        ("@font-face{font-family:Big}", ""),
        ("@keyframes turn{to{top:0}}", "@keyframes turn{to{top:0}}"),
        ('[data-theme="dark"] a::after{content:".unused"}',) * 2,
    ],
)
def test_purge_keeps_the_rules_in_use(css: str, kept: str) -> None:
    assert assets.purge(css, {"used"}) == kept


def test_variables_that_only_each_other_ask_for_go() -> None:
    css = ":root{--a:1px;--b:var(--a);--cc-ink:red;--c:2px}p{top:var(--c)}"
    assert assets.drop_unused_variables(css) == ":root{--cc-ink:red;--c:2px}p{top:var(--c)}"


def test_words_in_use_are_those_of_classes_and_ids() -> None:
    page = '<p class="a b" id="c" data-class="d">class="e"</p><p title="f">'
    assert set(assets.words_in_use([page])) == {"a", "b", "c", "e"}


def test_cut_font_has_the_wanted_glyphs_and_no_others() -> None:
    path = assets.VENDOR / "literata" / "literata-roman.woff2"
    font = TTFont(io.BytesIO(fonts.cut_font(path, "VGG×")))
    assert {chr(code) for code in font.getBestCmap()} == set("VG×")
    assert font.flavor == "woff2"
    assert "prep" in font  # else Linux makes each letter whole pixels wide


FACES = (assets.HERE / "styles" / "look.css").read_text("utf-8") + (
    assets.VENDOR / "katex" / "katex.min.css"
).read_text("utf-8")
CARRIED = re.compile(r"src:\s*url\(data:font/woff2;base64,([\w+/=]+)\)")


def carried(style: str) -> dict[str, set[str]]:
    """Return name -> characters of the fonts that a style sheet carries."""
    fonts_in_it = [TTFont(io.BytesIO(base64.b64decode(data))) for data in CARRIED.findall(style)]
    return {font["name"].getDebugName(6): set(map(chr, font.getBestCmap())) for font in fonts_in_it}


def test_a_page_carries_the_letters_of_its_formulas_and_italics() -> None:
    """In the fonts that KaTeX sets them in, and for no other letters."""
    tex = r"\sum_{k=1}^{9} \Bigg( \bigg( \Big( \big( \mathbf{W} + x \big) \Big) \bigg) \Bigg)"
    formula = katex.Renderer().render(tex, display=True, location="here")
    text = "<p>Text: <em>no &amp; <code>y</code></em>, 7</p><p>(2)</p>"
    page = fonts.with_fonts(f"<head>{fonts.FONTS_HERE}</head>{formula}{text}", FACES)
    assert fonts.FONTS_HERE not in page
    found = carried(page)
    assert found.pop("Literata-Italic") == set("no& y")
    assert found["KaTeX_Math-Italic"] == {"k", "x"}
    assert found["KaTeX_Main-Bold"] == {"W"}
    assert set("19=+") <= found["KaTeX_Main-Regular"]
    assert not set("78Ty") & found["KaTeX_Main-Regular"]
    assert "∑" in found["KaTeX_Size2-Regular"]
    assert all("(" in found[f"KaTeX_Size{size}-Regular"] for size in range(1, 5))
    for codes, characters in zip(
        re.findall(r"unicode-range:([^}]*)\}", page), carried(page).values(), strict=True
    ):
        # With a parenthesis comes its counterpart, which is asked for where it stands.
        assert {chr(int(code[2:], 16)) for code in codes.split(",")} <= characters


def test_a_page_without_formulas_and_italics_carries_no_font() -> None:
    page = fonts.with_fonts(f"<head>{fonts.FONTS_HERE}</head><p>k</p>", FACES)
    assert page == "<head></head><p>k</p>"


def test_the_one_sheet_carries_the_texts_font_and_names_files_for_others() -> None:
    sheet = fonts.for_sheet(FACES, set("VGG×"))
    assert list(carried(sheet).values()) == [set("VG×")]
    later = [face for face in fonts.FACE.findall(sheet) if "fonts/" in face]
    assert len(later) == len(fonts.files()) - 1
    assert all("font-display:swap" in face and "200B" not in face for face in later)


def test_icon_fonts_hold_the_icons_that_the_rules_name(tmp_path: Path) -> None:
    import pydata_sphinx_theme

    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
    bars = "\uf0c9"  # in Font Awesome's solid font, not among the brands
    (face,) = fonts.icon_fonts(theme, f'.fa-bars::before{{content:"{bars}"}}')
    assert 'font-family:"Font Awesome 6 Free"' in face
    assert len(face) < 2000


def test_every_vendored_file_is_in_the_record() -> None:
    record = (assets.VENDOR / "VENDOR.md").read_text(encoding="utf-8")
    for folder in (path for path in assets.VENDOR.iterdir() if path.is_dir()):
        assert re.search(rf"^\| {folder.name}\b", record, re.IGNORECASE | re.MULTILINE)
        assert (folder / "LICENSE").exists()
    assert "KaTeX 0.19.1 " in record
    assert 'version:"0.19.1"' in (katex.VENDOR / "katex.min.js").read_text(encoding="utf-8")


# ---- Formulas -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def renderer() -> katex.Renderer:
    return katex.Renderer()


def test_formula_is_set_for_ears_and_for_eyes(renderer: katex.Renderer) -> None:
    html = renderer.render(r"k^2", display=False, location="here")
    tree = ET.fromstring(html)
    power = tree.find(f".//{MATHML}msup")
    assert [part.text for part in power] == ["k", "2"]
    assert tree.find(".//span[@class='katex-html']").get("aria-hidden") == "true"


@pytest.mark.parametrize("tex", [r"\frac{a", r"\nosuchcommand", r"x_1_2"])
def test_bad_formula_stops_the_build_and_says_where(renderer: katex.Renderer, tex: str) -> None:
    with pytest.raises(ExtensionError) as caught:
        renderer.render(tex, display=True, location="chapter.md:7")
    message = str(caught.value)
    assert message.startswith("chapter.md:7: ")
    assert repr(tex) in message
    assert len(message) < 500


@pytest.mark.parametrize(
    ("tex", "wanted"),
    [
        (r"a = b", r"a = b"),
        (r"a \\ b", r"\begin{aligned}a \\ b\end{aligned}"),
        (r"\begin{align*}a &= b\end{align*}", r"\begin{aligned}a &= b\end{aligned}"),
        (r"\begin{gather}a \\ b\end{gather}", r"\begin{gathered}a \\ b\end{gathered}"),
        (r"\begin{equation}a\end{equation}", r"a"),
        (r"\begin{cases}a \\ b\end{cases}", r"\begin{cases}a \\ b\end{cases}"),
        ("a\n\n= b", "a\n= b"),
    ],
)
def test_displayed_formulas_number_nothing_themselves(
    renderer: katex.Renderer, tex: str, wanted: str
) -> None:
    assert katex.displayed(tex) == wanted
    assert 'class="eqn-num"' not in renderer.render(wanted, display=True, location="here")


def test_plain_text_says_formulas_in_letters() -> None:
    title = nodes.title("", "The price of ")
    title += [nodes.math("", r"k \times k"), nodes.Text(" and more")]
    assert markup.plain_text(title) == "The price of k × k and more"


# ---- Execution ----------------------------------------------------------------------------------


def test_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    module = tmp_path / "src" / "module.py"
    module.write_text("one")
    digests = {execution.digest([tmp_path / "src"])}
    module.write_text("two")
    digests.add(execution.digest([tmp_path / "src"]))
    module.rename(tmp_path / "src" / "renamed.py")
    digests.add(execution.digest([tmp_path / "src"]))
    assert len(digests) == 3
    (tmp_path / "src" / "__pycache__").mkdir()
    (tmp_path / "src" / "__pycache__" / "module.pyc").write_text("made by Python")
    assert execution.digest([tmp_path / "src"]) in digests
    with pytest.raises(ExtensionError, match="nowhere, which does not exist"):
        execution.digest([tmp_path / "nowhere"])


CHAPTER = """\
---
file_format: mystnb
kernelspec:
  name: python3
---
# {title}

A chapter that leaves a trace when it is executed.

```{{code-cell}} ipython3
from pathlib import Path
with Path("executed.log").open("a") as log:
    print("{title}", file=log)
{code}
```
"""
CONFIG = """\
only_build_toc_files: true
repository: {{url: https://github.com/example/toy, branch: main, path_to_book: book}}
execute: {{execute_notebooks: cache}}
sphinx:
  local_extensions: {{deeper: {extension}}}
  config:
    html_baseurl: https://example.org/
    deeper_execution_inputs: [../src]
"""


class Book:
    """A book of three chapters in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("book", "src"):
            (root / folder).mkdir()
        (root / "src" / "module.py").write_text("one")
        extension = ROOT / "book" / "_ext"
        (root / "_config.yml").write_text(CONFIG.format(extension=extension))
        toc = "format: jb-book\nroot: index\nchapters: [{file: second}, {file: third}]\n"
        (root / "_toc.yml").write_text(toc)
        (root / "pyproject.toml").write_text('[project]\nname = "toy"\nversion = "1.0"\n')
        for title in ("index", "second", "third"):
            self.write(title)

    def write(self, title: str, code: str = "") -> None:
        """Write a chapter with some code at the end of its cell."""
        path = self.root / "book" / f"{title}.md"
        path.write_text(CHAPTER.format(title=title, code=code))

    def build(self) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        """Build, and say how that ended and which chapters were executed, in alphabetical order."""
        log = self.root / "book" / "executed.log"
        log.unlink(missing_ok=True)
        command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
        command += ["build", "book"]
        command += ["--config", "_config.yml", "--toc", str(self.root / "_toc.yml")]
        command += ["--path-output", ".", "-n", "-W", "--keep-going"]
        # Pages themselves are looked at in tests/browser.
        command += ["--builder", "custom", "--custom-builder", "dummy"]
        environment = os.environ | {"NO_COLOR": "1", "PYTHONPATH": str(ROOT / "src")}
        built = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )
        return built, sorted(log.read_text().split()) if log.exists() else []


def test_chapters_are_executed_when_they_must_and_only_then(tmp_path: Path) -> None:
    book = Book(tmp_path)
    caches = tmp_path / "_build" / ".jupyter_cache"

    built, executed = book.build()
    assert built.returncode == 0, built.stdout + built.stderr
    assert executed == ["index", "second", "third"]
    assert re.search(r"\[3/3\] \w+, \d+\.\d s", built.stdout)
    # Words are no code.
    with (tmp_path / "book" / "third.md").open("a") as chapter:
        chapter.write("\nMore words.\n")
    assert book.build()[1] == []

    # What the cells load counts, though no cell's text has changed; the old cache goes.
    (tmp_path / "src" / "module.py").write_text("two")
    assert book.build()[1] == ["index", "second", "third"]
    assert len(list(caches.iterdir())) == 1

    # A failing cell fails the build and is reported; its neighbors are not executed again.
    book.write("third", code="1 / 0")
    book.write("second", code="print('changed')")
    built, executed = book.build()
    assert built.returncode != 0
    assert "third.md" in built.stdout + built.stderr
    assert "ZeroDivisionError" in built.stdout + built.stderr
    assert executed == ["second", "third"]

    # What an interrupted run has left half written is not trusted.
    book.write("third", code="1 / 1")
    for notebook in caches.glob("*/executed/*/base.ipynb"):
        if "changed" in notebook.read_text():
            notebook.write_text(notebook.read_text()[:100])
    built, executed = book.build()
    assert built.returncode == 0, built.stdout + built.stderr
    assert executed == ["second", "third"]
