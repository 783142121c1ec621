"""Fonts cut down to what the pages use, those of a first paint carried in what comes first.

A font in a file of its own costs a slow line two more trips, and text whose font comes after its
first paint moves. So the upright letters and the icons lie in the one style sheet, and a page has,
in its head, the letters of its own formulas and of its words in italics. The other letters of these
fonts are in files: a page asks for one where a script puts in a letter that it has nowhere else.
"""

import base64
import html
import io
import re
import string
from collections.abc import Iterable, Iterator
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

VENDOR = Path(__file__).parent / "vendor"
ICON_FONTS = {
    "Free": "vendor/fontawesome/webfonts/fa-solid-900.woff2",
    "Brands": "vendor/fontawesome/webfonts/fa-brands-400.woff2",
}
# What the book's style sheets ask of a font: kerning, and figures of one height and one width.
FEATURES = ["kern", "lnum", "tnum"]
TEXT, ITALICS = "literata-roman", "literata-italic"
ELEMENTS_IN_ITALICS = re.compile(r"<(em|cite|dfn|i|var)\b[^>]*>(.*?)</\1>", re.DOTALL)
# What KaTeX writes for what is set in a font. The first holds what no other sign claims, and with
# the signs of size whole delimiters: of these the font has what it has.
FORMULA_FONTS = {
    "KaTeX_Main-Regular": "katex-html",
    "KaTeX_Main-Bold": "mathbf|textbf",
    "KaTeX_Main-Italic": "mathit|textit",
    "KaTeX_Math-Italic": "mathnormal",
    "KaTeX_AMS-Regular": "mathbb|textbb|amsrm",
    "KaTeX_Caligraphic-Regular": "mathcal",
    "KaTeX_Fraktur-Regular": "mathfrak",
    "KaTeX_SansSerif-Regular": "mathsf|textsf",
    "KaTeX_Script-Regular": "mathscr",
    "KaTeX_Typewriter-Regular": "mathtt|texttt",
    "KaTeX_Size1-Regular": "delimsizing size1|delim-size1|small-op",
    "KaTeX_Size2-Regular": "delimsizing size2|large-op",
    "KaTeX_Size3-Regular": "delimsizing size3",
    "KaTeX_Size4-Regular": "delimsizing size4|delim-size4",
}
FACE = re.compile(r"@font-face\s*\{[^}]*\}")
FILE = re.compile(r"url\(fonts/([\w-]+)\.woff2\)")
# KaTeX puts an invisible space behind raised letters. No font has it, and a browser would fetch all
# to look.
ALL_BUT_ZERO_WIDTH_SPACE = "U+0-200A,U+200C-10FFFF"
# Where a page's template leaves room for the letters that it carries.
FONTS_HERE = "<!-- fonts -->"


def cut_font(path: Path, characters: Iterable[str], features: list[str] | None = None) -> bytes:
    """Return the font with the glyphs of just these characters, and all features unless told."""
    font = TTFont(path)
    # The text's fonts keep their instructions, 90 bytes: these say that there are no hints. A font
    # without any is hinted by Linux, which makes each letter whole pixels wide.
    options = subset.Options(hinting=path.stem in {TEXT, ITALICS}, notdef_outline=True)
    if features is not None:
        options.layout_features = features
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(characters))
    subsetter.subset(font)
    font.flavor = "woff2"
    data = io.BytesIO()
    font.save(data)
    return data.getvalue()


def as_address(font: bytes) -> str:
    """Return what a style sheet has for a font that it carries."""
    return f"url(data:font/woff2;base64,{base64.b64encode(font).decode()})"


def characters_of(pages: Iterable[str]) -> set[str]:
    """Return all characters of pages, and those that scripts may put in: digits, units, marks."""
    return set(string.printable) | set(html.unescape("".join(pages)))


def icon_fonts(static: Path, css: str) -> Iterator[str]:
    """Yield the font-face rules of icon fonts that hold just the icons named in `css`."""
    icons = {chr(int(code, 16)) for code in re.findall(r'"\\([0-9a-f]{2,5})"', css)}
    icons |= set(re.findall("[\ue000-\uf8ff]", css))
    for family, path in ICON_FONTS.items():
        font = TTFont(static / path)
        if icons.isdisjoint(map(chr, font.getBestCmap())):
            continue
        weight = font["OS/2"].usWeightClass
        yield (
            f'@font-face{{font-family:"Font Awesome 6 {family}";font-weight:{weight};'
            f'src:{as_address(cut_font(static / path, icons))} format("woff2")}}\n'
        )


def files() -> dict[str, Path]:
    """Return name -> path of the fonts of text and formulas."""
    return {path.stem: path for path in VENDOR.glob("*/**/*.woff2")}


def write_files(folder: Path, characters: set[str]) -> None:
    """Write the fonts of which pages carry some letters, and the style sheet not all."""
    folder.mkdir(exist_ok=True)
    for name, path in files().items():
        if name != TEXT:
            (folder / path.name).write_bytes(cut_font(path, characters))


def for_sheet(faces: str, characters: set[str]) -> str:
    """Return font-face rules as the style sheet has them, which names files for all of them.

    The text's font it carries; others may come when the page has been painted.
    """
    rules = []
    for rule in FACE.findall(faces):
        if FILE.search(rule)[1] == TEXT:
            font = cut_font(files()[TEXT], characters, FEATURES)
            rules.append(FILE.sub(lambda _, font=font: as_address(font), rule))
        else:
            later = re.sub(r"font-display: ?block", "font-display:swap", rule)
            rules.append(limited(later, ALL_BUT_ZERO_WIDTH_SPACE))
    return "".join(rules)


def limited(rule: str, characters: str) -> str:
    """Return a font-face rule that holds for some characters only."""
    return re.sub(r";?\s*\}$", f";unicode-range:{characters}}}", rule)


def with_fonts(page: str, faces: str) -> str:
    """Return a page that carries the letters of its formulas and italics, given font-face rules.

    A formula has its size from its fonts, and KaTeX 0.19 has no other to stand in for them: where
    they come after the first paint, the text below moves.
    """
    wanted = letters(page)
    rules = []
    for rule in FACE.findall(faces):
        name = FILE.search(rule)[1]
        path = files()[name]
        present = sorted(set(map(ord, wanted.get(name, ""))) & set(TTFont(path).getBestCmap()))
        if present:
            font = cut_font(path, map(chr, present), FEATURES)
            carried = FILE.sub(lambda _, font=font: as_address(font), rule)
            rules.append(limited(carried, ",".join(f"U+{code:X}" for code in present)))
    style = f"<style>{''.join(rules)}</style>" if rules else ""
    return page.replace(FONTS_HERE, style)


def letters(page: str) -> dict[str, str]:
    """Return the characters that a page sets in each of the fonts that it carries."""
    formulas = "".join(formulas_of(page))
    found = {ITALICS: text_of("".join(inner for _, inner in ELEMENTS_IN_ITALICS.findall(page)))}
    for name, sign in FORMULA_FONTS.items():
        marked = re.findall(rf'class="[^"]*\b(?:{sign})\b[^"]*"[^>]*>([^<]*)<', formulas)
        if marked:
            found[name] = text_of("".join(marked)) or text_of(formulas)
    return found


def text_of(part: str) -> str:
    """Return the text of a part of a page, with every character once."""
    return "".join(sorted(set(html.unescape(re.sub(r"<[^>]*>", "", part)))))


def formulas_of(page: str) -> Iterator[str]:
    """Yield the HTML of each formula on a page, as it is seen."""
    for start in re.finditer('<span class="katex-html"', page):
        depth = 0
        for tag in re.compile(r"<(/?)span\b").finditer(page, start.start()):
            depth += -1 if tag[1] else 1
            if not depth:
                yield page[start.start() : tag.start()]
                break
