"""The README's picture shows the start page as it is."""

import re
from pathlib import Path

from PIL import Image

from tools import preview

ROOT = Path(__file__).resolve().parents[3]


def test_the_picture_shows_what_the_start_page_says_now():
    """Else draw it again: python -m tools.preview."""
    with Image.open(preview.START) as picture:
        assert picture.text[preview.SHOWS] == preview.on_the_start_page()


def test_it_is_light_enough_for_a_front_door():
    with Image.open(preview.START) as picture:
        assert picture.width / picture.height == 1280 / 900
    assert preview.START.stat().st_size < 200_000


def test_the_readme_opens_with_it_and_says_what_is_to_be_seen():
    readme = (ROOT / "README.md").read_text()
    title, shown, *_ = [line for line in readme.splitlines() if line]
    assert title.startswith("# ")
    alternative, path = re.fullmatch(r"!\[(.+)\]\((.+)\)", shown).groups()
    assert ROOT / path == preview.START
    for network, (name, depth, _) in preview.NETWORKS.items():
        assert f"{name}, {depth} layers, {preview.units.macs(preview.measure(network).macs)}" in (
            alternative
        )
