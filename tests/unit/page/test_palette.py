"""The palette: read by everyone in both themes, and the only colors that the book has."""

import colorsys
import itertools
import re
from collections import Counter
from fnmatch import fnmatch

import pytest
import tinycss2.color4
from PIL import Image, ImageColor

from convcost.page.live import assets
from convcost.page.palette import COLORS, PALETTE, in_light, style_sheet
from tests.test_house import ROOT, repository_files

THEMES = ("light", "dark")

# -- what is read, and what is told apart ----------------------------------------------------------


def linear(color):
    parts = [part / 255 for part in ImageColor.getrgb(color)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def contrast(one, other):
    """WCAG 2.2, relative luminance and contrast ratio."""
    low, high = sorted(
        sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(color), strict=True))
        for color in (one, other)
    )
    return (high + 0.05) / (low + 0.05)


# Ground -> what is written on it: WCAG 2.2, criterion 1.4.3, asks for 4.5 to 1.
TEXT = {
    "paper": ("ink", "muted", "link", "link-hover", "note", "tip", "warn", "bad", "focus"),
    "surface": ("ink", "muted", "link", "link-hover"),
    "mark": ("ink",),
    "faint": ("ink",),
    "VGG-soft": ("ink",),
    "ink": ("paper",),
}
# Ground -> what marks data, a state or the edge of a control: criterion 1.4.11 asks for 3 to 1.
# Hairlines and the quiet colors carry nothing alone.
MARKS = {
    "paper": ("line", "focus", "VGG", "ResNet", "plain", "accent"),
    "surface": ("line", "focus", "tip", "warn"),
}


@pytest.mark.parametrize("theme", THEMES)
def test_text_and_marks_stand_out_from_what_they_are_on(theme):
    for asked, pairs in ((4.5, TEXT), (3, MARKS)):
        for ground, roles in pairs.items():
            for role in roles:
                colors = [getattr(PALETTE[name], theme) for name in (role, ground)]
                assert contrast(*colors) >= asked, (role, ground)


# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency" (2009), Table 1, severity 1.0.
VISION = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                   (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def lab(color, vision):
    """CIE L*a*b* (D65) of a color as someone sees it."""
    seen = [
        min(1, max(0, sum(w * c for w, c in zip(row, linear(color), strict=True))))
        for row in VISION[vision]
    ]
    to_xyz = ((0.4339, 0.3762, 0.1899), (0.2126, 0.7152, 0.0722), (0.0177, 0.1095, 0.8728))
    x, y, z = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (sum(w * c for w, c in zip(row, seen, strict=True)) for row in to_xyz)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", THEMES)
def test_color_blind_readers_can_tell_data_apart(theme, vision):
    """A difference of 10 in L*a*b* is seen at a glance; 2.3 is just noticeable."""
    for one, other in itertools.combinations(("VGG", "ResNet", "plain", "accent"), 2):
        seen = (lab(getattr(PALETTE[role], theme), vision) for role in (one, other))
        assert sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5 > 15, (one, other)


def called(color):
    """Name a color by its hue, in degrees, as the words are used of large areas."""
    hue, _, saturation = colorsys.rgb_to_hls(*(c / 255 for c in ImageColor.getrgb(color)))
    if saturation < 0.15:
        return "gray"
    ends = {15: "red", 45: "orange", 70: "yellow", 165: "green", 255: "blue", 330: "purple"}
    return next((name for end, name in ends.items() if hue * 360 < end), "red")


def test_captions_call_a_color_what_it_is():
    words = {role: color.word for role, color in PALETTE.items() if color.word}

    assert {"VGG", "ResNet", "plain"} <= words.keys()
    for role, word in words.items():
        assert {called(getattr(PALETTE[role], theme)) for theme in THEMES} == {word}, role


# -- the only colors -------------------------------------------------------------------------------

# Where other colors may stand -> why.
ELSEWHERE = {
    "src/convcost/page/palette.py": "the palette",
    "book/_ext/deeper/vendor/*": "code of others",
    "src/convcost/page/live/vega.min.js": "code of others",
    "assignments/grader/*": "a package of its own; its report is read without the book",
    "book/_ext/deeper/execution.py": "a color of the terminal",
    "book/_ext/deeper/pictures.py": "white, what pictures in a notebook stand on",
    "tests/*": "colors that the code under test is given, and those that it must give",
}
HEX = re.compile(
    r"""(?<![\w&/-])(?<!\]\()(?<!url\()(?<!href=["'])"""
    r"#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![\w-])",
    re.IGNORECASE,
)
FUNCTION = re.compile(r"\b(?:rgba?|hsla?|hwb|(?:ok)?lab|(?:ok)?lch|color)\(\s*[\d.][^)]*\)")
DECLARATION = re.compile(
    r"(?:color|fill|stroke|background|border|outline|shadow)[\w-]*[\"']?\s*[:=]([^;,}\n]*)",
    re.IGNORECASE,
)
NO_COLORS = {"transparent", "currentcolor"}


def colors_in(text):
    """Return all that is written as a color: by hexadecimal digits, functions or names."""
    values = " ".join(DECLARATION.findall(text)).lower()
    words = set(re.findall(r"(?<![\w-])[a-z]+(?![\w(-])", values)) - NO_COLORS
    named = {word for word in words if tinycss2.color4.parse_color(word)}
    return {*HEX.findall(text), *FUNCTION.findall(text), *named}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("p { color: #abc; background: url(#abc) }", {"#abc"}),
        ("a { border: 1px solid Tomato; color: transparent }", {"tomato"}),
        ("a { box-shadow: 0 0 1px rgb(0 0 0 / 0.5) }", {"rgb(0 0 0 / 0.5)"}),
        ('mark_rule(stroke="navy", x=1), {"fill": "#AABBCC80"}', {"navy", "#AABBCC80"}),
        ('<path fill="white"/><a href="#add">[here](#bad)</a> in white', {"white"}),
        ("a { color: var(--cc-ink); white-space: nowrap; --red: 1; stroke: none }", set()),
    ],
)
def test_a_color_is_found_however_it_is_written(text, found):
    assert colors_in(text) == found


def texts():
    for path in repository_files():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a font, a picture


def test_no_other_color_stands_in_the_tree():
    found = {name: colors for name, text in texts() if (colors := colors_in(text))}
    excused = {name: [p for p in ELSEWHERE if fnmatch(name, p)] for name in found}

    assert {name: found[name] for name, patterns in excused.items() if not patterns} == {}
    assert set(itertools.chain(*excused.values())) == set(ELSEWHERE)


def test_the_tree_asks_for_every_color_and_for_no_unknown_one():
    asked = set()
    # The palette itself, tests, and the recipe, which says `role` for any of them.
    apart = ("src/convcost/page/palette.py", "tests/", "CONTRIBUTING.md")
    for name, text in texts():
        if not name.startswith(apart):
            asked |= set(re.findall(r"var\(--cc-([\w-]+)", text))
            asked |= {role.lower() for role in re.findall(r"COLORS\[[\"']([\w-]+)[\"']\]", text)}

    assert asked == {role.lower() for role in PALETTE}


# -- how they get there ----------------------------------------------------------------------------


def test_colors_are_written_in_full():
    for color in PALETTE.values():
        for value in (color.light, color.dark):
            assert re.fullmatch("#[0-9a-f]{6}", value)


def test_the_style_sheet_of_a_figure_defines_each_color_once():
    defined = re.findall(r"(--cc-[\w-]+):", assets.styles())

    assert defined == [f"--cc-{role.lower()}" for role in PALETTE]
    vgg = PALETTE["VGG"]
    assert f"--cc-vgg: light-dark({vgg.light}, {vgg.dark});" in style_sheet()


def test_variables_become_the_colors_of_the_light_theme():
    ink, paper = PALETTE["ink"].light, PALETTE["paper"].light

    assert in_light(f'fill="{COLORS["ink"]}"') == f'fill="{ink}"'
    assert in_light("color: var(--cc-paper); top: var(--x)") == f"color: {paper}; top: var(--x)"
    with pytest.raises(ValueError, match=r"var\(--cc-grid\) names no color .* paper, surface"):
        in_light("stroke: var(--cc-grid)")


def test_the_preview_is_drawn_in_the_palette():
    """Else draw it again: python -m tools.preview."""
    picture = Image.open(ROOT / "book/_ext/deeper/static/preview.png").convert("RGB")
    pixels = picture.width * picture.height
    colors = Counter(picture.get_flattened_data())
    areas = {color for color, count in colors.items() if count > pixels / 100}

    roles = ("paper", "ink", "VGG", "ResNet")
    assert areas == {ImageColor.getrgb(PALETTE[role].light) for role in roles}


def test_the_icon_is_drawn_in_the_palette(site):
    icon = (site / "_static" / "favicon.svg").read_text()

    assert set(HEX.findall(icon)) == {PALETTE[role].light for role in ("VGG", "ResNet")}
    assert "var(" not in icon
