"""One style sheet of the rules in use, one font of the icons in use, and nothing beside.

pydata-sphinx-theme 0.17.1 brings 397 KB of style, of which a book uses a tenth, in blocking files
of its own, and three icon fonts of 300 KB for two dozen icons. When the pages are written, the
style sheets are put together, rules that match nothing on any page are left out, and the fonts are
cut down to the icons that the remaining rules name.
"""

import base64
import html
import io
import logging
import re
import shutil
import string
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import tinycss2
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from tinycss2.ast import AtRule, Node, QualifiedRule

from convcost.page.live import assets as figures
from convcost.page.live.assets import stripped
from convcost.page.palette import in_light

from . import cards, forms, searching

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
ICON_FONTS = {
    "Free": "vendor/fontawesome/webfonts/fa-solid-900.woff2",
    "Brands": "vendor/fontawesome/webfonts/fa-brands-400.woff2",
}
# What most formulas are set in, and how a style sheet asks for it; the other fonts of KaTeX come
# when a page asks for them.
FORMULA_FONTS = {
    "KaTeX_Main-Regular": "1em KaTeX_Main",
    "KaTeX_Math-Italic": "italic 1em KaTeX_Math",
    **{f"KaTeX_Size{size}-Regular": f"1em KaTeX_Size{size}" for size in range(1, 5)},
}
# Of these, what sets variables only.
FOR_VARIABLES = {"KaTeX_Math-Italic"}
# Scripts of this book, which go out without their comments.
OWN_SCRIPTS = {path.name for path in HERE.glob("static/*.js")} | set(forms.SCRIPTS)
# The search page's scripts, and what this extension adds; all else is the theme's.
KEPT = {
    *("search.js", cards.CARDS, searching.SECTIONS, searching.VENDORED.name),
    *("site.js", "reading.js", "sheet.js", "favicon.svg", "preview.png"),
    *("site.css", "katex.css", "fonts", "figures"),
    "python",
    *forms.SCRIPTS,
    *forms.OWN_SCRIPTS,
}
# Words that scripts make up from parts.
MADE_BY_SCRIPT = {"search-where", "search-context", "copy-button"}


def bundle(app: Sphinx, exception: Exception | None) -> None:
    """Write `site.css`, KaTeX's files and the icon; remove the files that no page asks for."""
    static = Path(app.outdir, "_static")
    # Sphinx copies the theme's files when it writes pages: without them there is nothing new.
    if exception or app.builder.format != "html" or not (static / THEME_STYLES[0]).exists():
        return
    pages = [path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html")]
    used = MADE_BY_SCRIPT | set(words_in_use(pages))
    theme = "\n".join(next(static.glob(name)).read_text("utf-8") for name in THEME_STYLES)
    theme = code_for_paper(theme)
    # Browsers hide what is hidden; said with such importance no other style can show it.
    theme = theme.replace("[hidden]{display:none!important}", "")
    own = "\n".join(path.read_text(encoding="utf-8") for path in OWN_STYLES)
    own += figures.styles() + forms.styles() + FOR_PAPER.read_text(encoding="utf-8")
    # In a layer the theme's rules yield to ours, however specific they are.
    rules = f"@layer theme{{{purge(theme, used)}}}\n{minify(own)}"
    rules = drop_unused_variables(rules)
    icons = "".join(icon_fonts(static, rules))
    katex = (VENDOR / "katex" / "katex.min.css").read_text(encoding="utf-8")
    # Fonts in other formats than woff2 are for browsers of before 2016.
    katex = re.sub(r',url\([^)]*\) format\("(?:woff|truetype)"\)', "", katex)
    # Characters that scripts put in, too: digits, units, punctuation.
    characters = set(string.printable) | set(html.unescape("".join(pages)))
    (static / "fonts").mkdir(exist_ok=True)
    for path in VENDOR.glob("**/*.woff2"):
        wanted = variables(pages) if path.stem in FOR_VARIABLES else characters
        (static / "fonts" / path.name).write_bytes(cut_font(path, wanted))
    (static / "site.css").write_text(icons + rules, encoding="utf-8")
    faces, katex = apart(katex, r"@font-face\{[^}]*\}")
    katex = with_fonts_inside(faces, static / "fonts") + purge(katex, used)
    (static / "katex.css").write_text(katex, encoding="utf-8")
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


def apart(text: str, pattern: str) -> tuple[str, str]:
    """Return what a pattern finds in a text, joined, and the text without it."""
    return "".join(re.findall(pattern, text)), re.sub(pattern, "", text)


def variables(pages: Iterable[str]) -> set[str]:
    """Return all characters that formulas on pages set as the letters of variables."""
    letters = re.compile(r'class="[^"]*\bmathnormal\b[^"]*"[^>]*>([^<]*)<')
    return set(html.unescape("".join(text for page in pages for text in letters.findall(page))))


def with_fonts_inside(css: str, fonts: Path) -> str:
    """Return KaTeX's style sheet with the fonts that nearly every formula needs as data.

    A formula has its size from these fonts, and KaTeX 0.19 has no other to stand in for them: where
    they come after the first paint, the text below moves.
    """

    def inside(match: re.Match[str]) -> str:
        if match[1] not in FORMULA_FONTS:
            return match[0]
        data = base64.b64encode((fonts / f"{match[1]}.woff2").read_bytes()).decode()
        return f"url(data:font/woff2;base64,{data})"

    return re.sub(r"url\(fonts/(KaTeX_[\w-]+)\.woff2\)", inside, css)


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


def icon_fonts(static: Path, css: str) -> Iterator[str]:
    """Yield the font-face rules of icon fonts that hold just the icons named in `css`."""
    icons = {chr(int(code, 16)) for code in re.findall(r'"\\([0-9a-f]{2,5})"', css)}
    icons |= set(re.findall("[\ue000-\uf8ff]", css))
    for family, path in ICON_FONTS.items():
        font = TTFont(static / path)
        if icons.isdisjoint(map(chr, font.getBestCmap())):
            continue
        weight = font["OS/2"].usWeightClass
        data = base64.b64encode(cut_font(static / path, icons)).decode()
        yield (
            f'@font-face{{font-family:"Font Awesome 6 {family}";font-weight:{weight};'
            f'src:url(data:font/woff2;base64,{data}) format("woff2")}}\n'
        )


def cut_font(path: Path, characters: Iterable[str]) -> bytes:
    """Return the font with the glyphs of just these characters."""
    font = TTFont(path)
    subsetter = subset.Subsetter(subset.Options(hinting=False, notdef_outline=True))
    subsetter.populate(text="".join(characters))
    subsetter.subset(font)
    font.flavor = "woff2"
    data = io.BytesIO()
    font.save(data)
    return data.getvalue()


def setup(app: Sphinx) -> None:
    """Write the style sheet last of all."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table it cuts
    app.connect("build-finished", bundle, priority=900)
