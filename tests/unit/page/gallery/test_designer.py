"""The designer's figure: presets are the papers' networks, and each challenge can be met.

That the page computes all of it, at 300 random settings, is held in test_every_figure.py; that the
formulas are right, in tests/unit/test_ledger.py.
"""

import pytest
import torch

from convcost import build
from convcost.page.gallery import _designer_setting as setting
from tests.unit.page.gallery.figures import figure, machines, measure_once

MACHINES = machines()


@pytest.mark.parametrize("label", setting.PRESETS)
def test_a_preset_is_the_papers_network(label):
    """As its builder makes it, and `measure` counts it."""
    name = setting.PRESETS[label]
    values = setting.preset(name)
    side = values["image_height"]
    cost = measure_once(name, (1, 3, side, values["image_width"]))
    facts = setting.facts(MACHINES, **values)
    assert (facts["params"], facts["macs"], facts["activations"]) == (
        cost.params, cost.macs, cost.activations,
    )  # fmt: skip
    assert side == (32 if name.startswith("cifar") else 224)


def test_a_network_of_your_own_is_marked():
    shown = figure("designer")
    rows, _ = shown.state_at(*shown.positions().values())
    cost = measure_once("mobilenet_v2", (1, 3, 224, 224))
    totals = {row["name"]: row for row in rows if row["kind"] == "total"}
    assert totals["Parameters"]["mark_2"] == cost.params
    assert totals["Multiply-adds"]["mark_2"] == cost.macs
    assert totals["Memory, training"]["mark_2"] is None
    vgg = measure_once("paper/vgg-d", (1, 3, 224, 224))
    assert totals["Multiply-adds"]["mark_0"] == vgg.macs


#: For each challenge, a preset and the moves that meet it.
WAYS = [
    ("paper/resnet-50", {"eighths": 2}),
    ("paper/vgg-d", {"head": "gap"}),
    ("paper/resnet-152", {"eighths": 2, "blocks4": 6}),
    ("paper/resnet-50", {"eighths": 3}),
]


def test_no_known_network_meets_a_challenge_and_each_can_be_met():
    bench = figure("designer").bench
    for name in setting.PRESETS.values():
        now = bench.now(setting.preset(name))
        assert not any(goal.met(now) for goal in bench.goals), name
    for goal, (name, moves) in zip(bench.goals, WAYS, strict=True):
        now = bench.now({**setting.preset(name), **moves})
        assert goal.met(now), goal.title
        assert "Given up: " in goal.given_up(now)


def test_what_has_no_effect_leaves_every_cost_alone():
    """A control that is off may stand anywhere: torch builds the same network."""
    made = setting.controls(MACHINES)
    for family in setting.FAMILIES:
        values = {**setting.preset("paper/vgg-a"), "family": family}
        off = {name for name, why in setting.unused(**values).items() if why}
        costs = setting.facts(MACHINES, **values)
        for name in off:
            for word in {"shortcut": "ABC", "stride_in": ("1x1", "3x3")}.get(name, (True, False)):
                moved = setting.facts(MACHINES, **{**values, name: word})
                assert moved == costs, (family, name, made[name].description)


def test_the_code_is_python_that_builds_it():
    bench = figure("designer").bench
    values = {**setting.preset("paper/vgg-c"), "padded": False, "eighths": 3, "image_width": 200}
    now = bench.now(values)
    known = {}
    with torch.device("meta"):
        exec(bench.code(now), known)
        assert known["spec"] == setting.spec(**values)
        assert sum(p.numel() for p in build(known["spec"]).parameters()) == now["params"]
