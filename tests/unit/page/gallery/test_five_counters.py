"""The figure of counters: each tool's own answer can be reached with the switches."""

import pytest

from convcost.conventions import find
from convcost.page.gallery.five_counters import ITEMS, TOOLS, positions
from tests.unit.page.gallery.figures import rows_at


def as_the_tool(convention):
    """Where the switches stand for a tool: one or two for a multiply-add, biases, its words."""
    return {
        "unit": {"MAC": 1, "FLOP": 2}[convention.unit],
        "bias": bool(convention.biases),
        **{item: list(positions(item)).index(convention.words.get(item, "none")) for item in ITEMS},
    }


@pytest.mark.parametrize("network", range(3))
@pytest.mark.parametrize("name", TOOLS)
def test_each_counters_answer_can_be_reached_with_the_switches(name, network):
    shown = rows_at("counters", network=network, shortcut=False, **as_the_tool(find(name)))

    assert len(shown) == len(TOOLS)
    assert shown[TOOLS[name]]["gap"] == 0
    assert shown[TOOLS[name]]["label"] == "exactly yours"


def test_no_counter_counts_the_additions_of_shortcuts():
    values = {"unit": 1, "bias": False, "normalization": 0, "activations": 0, "pooling": 0}
    without, with_them = (
        rows_at("counters", network=1, shortcut=shortcut, **values) for shortcut in (False, True)
    )

    # 16 blocks: 3, 4, 6 and 3 on maps of 56, 28, 14 and 7 with 256 to 2048 channels.
    blocks = ((3, 56, 256), (4, 28, 512), (6, 14, 1024), (3, 7, 2048))
    additions = sum(count * side**2 * channels for count, side, channels in blocks)
    assert {without[tool]["gap"] - with_them[tool]["gap"] for tool in without} == {additions}
    assert all(row["gap"] for row in with_them.values())
