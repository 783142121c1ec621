"""One style sheet of the rules in use, with the fonts in use, and nothing beside.

pydata-sphinx-theme 0.17.1 brings 397 KB of style, of which a book uses a tenth, in blocking files
of its own, and three icon fonts of 300 KB for two dozen icons. When the pages are written, the
style sheets are put together, rules that match nothing on any page are left out, and the fonts are
cut down (see fonts.py).
"""

import logging
import re
import shutil
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import tinycss2
from sphinx.application import Sphinx
from tinycss2.ast import AtRule, Node, QualifiedRule

from convcost.page.live import assets as figures
from convcost.page.live.assets import stripped
from convcost.page.palette import in_light

from . import cards, fonts, forms, searching

HERE = Path(__file__).parent
VENDOR = HERE / "vendor"
# In the order in which the theme and its extensions load them.
THEME_STYLES = (
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "mystnb.*.css",
    "sphinx-design.min.css",
)
OWN_STYLES = (HERE / "styles" / "site.css", HERE / "styles" / "look.css")
# Behind all others: it says how on paper what they style for the screen.
FOR_PAPER = HERE / "styles" / "print.css"
# Scripts of this book, which go out without their comments.
OWN_SCRIPTS = {path.name for path in HERE.glob("static/*.js")} | set(forms.SCRIPTS)
# The search page's scripts, and what this extension adds; all else is the theme's.
KEPT = {
    *("search.js", cards.CARDS, searching.SECTIONS, searching.VENDORED.name),
    *("site.js", "reading.js", "sheet.js", "favicon.svg", "preview.png"),
    *("site.css", "fonts", "figures"),
    "python",
    *forms.SCRIPTS,
    *forms.OWN_SCRIPTS,
}
# Words that scripts make up from parts.
MADE_BY_SCRIPT = {"search-where", "search-context", "copy-button"}


def bundle(app: Sphinx, exception: Exception | None) -> None:
    """Write `site.css`, the fonts and the icon; remove the files that no page asks for."""
    static = Path(app.outdir, "_static")
    # Sphinx copies the theme's files when it writes pages: without them there is nothing new.
    if exception or app.builder.format != "html" or not (static / THEME_STYLES[0]).exists():
        return
    pages = {path: path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html")}
    used = MADE_BY_SCRIPT | set(words_in_use(pages.values()))
    characters = fonts.characters_of(pages.values())
    theme = "\n".join(next(static.glob(name)).read_text("utf-8") for name in THEME_STYLES)
    theme = code_for_paper(theme)
    # Browsers hide what is hidden; said with such importance no other style can show it.
    theme = theme.replace("[hidden]{display:none!important}", "")
    own = "\n".join(path.read_text(encoding="utf-8") for path in OWN_STYLES)
    own += figures.styles() + forms.styles() + FOR_PAPER.read_text(encoding="utf-8")
    # In a layer the theme's rules yield to ours, however specific they are.
    rules = f"@layer theme{{{purge(theme, used)}}}\n{minify(own)}"
    rules = drop_unused_variables(rules)
    icons = "".join(fonts.icon_fonts(static, rules))
    katex = (VENDOR / "katex" / "katex.min.css").read_text(encoding="utf-8")
    # Fonts in other formats than woff2 are for browsers of before 2016.
    katex = re.sub(r',url\([^)]*\) format\("(?:woff|truetype)"\)', "", katex)
    faces = "".join(fonts.FACE.findall(rules + katex))
    rules = fonts.FACE.sub("", rules) + purge(fonts.FACE.sub("", katex), used)
    sheet = icons + fonts.for_sheet(faces, characters) + rules
    (static / "site.css").write_text(sheet, encoding="utf-8")
    fonts.write_files(static / "fonts", characters)
    for path, page in pages.items():
        path.write_text(fonts.with_fonts(page, faces), encoding="utf-8")
    for script in (static / name for name in OWN_SCRIPTS):
        script.write_text(stripped(script.read_text("utf-8")), encoding="utf-8")
    icon = static / "favicon.svg"  # drawn by the browser, outside of the page and its style
    icon.write_text(in_light(icon.read_text("utf-8")), encoding="utf-8")
    for path in static.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def code_for_paper(css: str) -> str:
    """Return a style sheet whose dark theme colors code on the screen only, not on paper."""
    css = css.replace('html[data-theme="light"] .highlight', ".highlight")
    return re.sub(
        r'^html\[data-theme="dark"\] \.highlight[^{]*\{[^}]*\}',
        r"@media screen{\g<0>}",
        css,
        flags=re.M,
    )


def words_in_use(pages: Iterable[str]) -> Iterator[str]:
    """Yield all words in the classes and ids of pages."""
    for page in pages:
        for words in re.findall(r'(?<![\w-])(?:class|id)="([^"]*)"', page):
            yield from words.split()


def purge(css: str, used: set[str]) -> str:
    """Return a style sheet without the rules that match nothing.

    A selector is kept if all classes and ids in it are in use; what is within the brackets of
    `:not()`, `:is()` and the like is not looked at.
    """
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "".join(purged(rules, used))


def purged(rules: list[Node], used: set[str]) -> Iterator[str]:
    """Yield the rules worth keeping, as text."""
    for rule in rules:
        if isinstance(rule, QualifiedRule):
            selectors = split_at_commas(rule.prelude)
            kept = [s for s in selectors if names_of(s) <= used and not asks_inside(s)]
            if kept:
                prelude = ",".join(tinycss2.serialize(s).strip() for s in kept)
                yield f"{prelude}{{{tinycss2.serialize(rule.content).strip()}}}"
        elif isinstance(rule, AtRule):
            if rule.at_keyword in {"media", "supports"}:
                inner = tinycss2.parse_rule_list(
                    rule.content, skip_comments=True, skip_whitespace=True
                )
                if content := "".join(purged(inner, used)):
                    yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{content}}}"
            elif rule.at_keyword not in {"font-face", "charset"}:
                yield rule.serialize()


def split_at_commas(prelude: list[Node]) -> list[list[Node]]:
    """Split a rule's prelude into its selectors."""
    selectors: list[list[Node]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def names_of(selector: list[Node]) -> set[str]:
    """Return the classes and ids of a selector."""
    names = {token.value for token in selector if token.type == "hash"}
    for before, token in pairwise(selector):
        if token.type == "ident" and before.type == "literal" and before.value == ".":
            names.add(token.value)
    return names


def asks_inside(selector: list[Node]) -> bool:
    """Say whether a selector has a `:has()`: each text that changes in a chart makes it ask again.

    None of the theme's makes a difference here.
    """
    return ":has(" in tinycss2.serialize(selector)


def minify(css: str) -> str:
    """Return a style sheet of ours without comments and indentation."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", css).strip()


def drop_unused_variables(css: str) -> str:
    """Return a style sheet without the variables that it sets and never asks for."""
    while True:
        asked = set(re.findall(r"var\(\s*(--[\w-]+)", css))
        unused = set(re.findall(r"(?<=[{;\s])(--[\w-]+)\s*:", css)) - asked
        # Charts, which are no part of the style sheet, ask for the colors that begin with cc.
        names = "|".join(sorted(name for name in unused if not name.startswith("--cc-")))
        if not names:
            return css
        css = re.sub(rf"(?<=[{{;\s])(?:{names})\s*:[^;{{}}]*(?:;|(?=\}}))", "", css)


def setup(app: Sphinx) -> None:
    """Write the style sheet last of all."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table it cuts
    app.connect("build-finished", bundle, priority=900)
