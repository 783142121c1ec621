"""The figure of counters: each tool's own answer can be reached with the switches."""

import pytest

from tests.unit.gallery.figures import rows_at

# Where the switches stand for each tool: a multiply-add counts, biases, batch norm, ReLU, pooling.
AS_THE_TOOL = {
    "plain MACs": (1, False, 0, 0, 0),
    "torchinfo": (1, True, 1, 0, 0),
    "ptflops, aten": (1, True, 0, 0, 0),
    "fvcore": (1, False, 2, 0, 1),
    "thop": (1, False, 3, 0, 2),
    "ptflops": (1, True, 2, 2, 3),
    "FlopCounterMode": (2, False, 0, 0, 0),
}


@pytest.mark.parametrize("network", range(3))
@pytest.mark.parametrize("tool", AS_THE_TOOL)
def test_each_counters_answer_can_be_reached_with_the_switches(tool, network):
    unit, bias, normalization, activations, pooling = AS_THE_TOOL[tool]
    shown = rows_at(
        "counters",
        network=network,
        unit=unit,
        bias=bias,
        shortcut=False,
        normalization=normalization,
        activations=activations,
        pooling=pooling,
    )

    assert len(shown) == len(AS_THE_TOOL)
    assert shown[tool]["gap"] == 0
    assert shown[tool]["label"] == "exactly yours"


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
