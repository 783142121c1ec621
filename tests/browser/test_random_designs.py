"""300 random settings of the designer, in the page: each stage costs what it costs in torch.

Some of them are no networks: the page names the stage in which torch stops.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from playwright.sync_api import Page

from convcost import LayerCost, NetworkSpec, build, measure
from convcost.arithmetic.roofline import network_seconds, works_of
from convcost.page.gallery import _designer_setting as setting
from convcost.page.live import controls as kinds
from tests.browser.test_designer import FIGURE, MACHINES, PAGE, opened

# What the page computes at many settings, with the chart's specification alone.
COMPUTED = """
([figure, settings]) => {
  const model = document.getElementById(figure).dataset.model;
  const spec = structuredClone(convcostState.state[model].state.spec);
  for (const drawn of ["marks", "axes", "legends", "title", "layout", "scales"]) delete spec[drawn];
  spec.data = spec.data.filter(({ name }) => name === "rows");
  const view = new vega.View(vega.parse(spec), { renderer: "none" });
  return settings.map((positions) => {
    for (const [name, at] of Object.entries(positions)) view.signal(name, at);
    view.run();
    const rows = view.data("rows").filter(({ kind }) => kind === "stage");
    const costs = rows.map(({ name, params, macs, activations, map, trouble }) =>
      [name, params, macs, activations, map, trouble]);
    return [costs, view.signal("cc_now"), view.signal("cc_finding")];
  });
}
"""


def random_settings(count: int) -> list[dict[str, Any]]:
    """Small networks, so that torch is quick; every other VGG-like one has no padding."""
    draw, made = random.Random(13), setting.controls(MACHINES)
    found = []
    for _ in range(count):
        values = {
            name: kinds.value_at(one, draw.choice(kinds.positions(one)))
            for name, one in made.items()
        }
        values |= {name: draw.choice([0, 1, 1]) for name in setting.BLOCKS}
        values |= {"blocks1": draw.randint(1, 2), "base": draw.choice([8, 16, 24])}
        values |= {side: draw.randint(16, 150) for side in ("image_height", "image_width")}
        found.append(values)
    return found


def stages_of(spec: NetworkSpec, network: torch.nn.Module) -> Iterator[tuple[str, str]]:
    """Yield the name of each module and the stage in which it stands."""
    if spec.family != "vgg":
        for name, _ in network.named_modules():
            top = name.split(".")[0]
            stage = f"stage {top[5:]}" if top.startswith("layer") else "stem"
            yield name, "head" if top in ("fc", "avgpool") else stage
        return
    there = [f"stage {n}" for n, blocks in enumerate(spec.blocks, start=1) if blocks]
    pools = [f"features.{name}" for name, module in network.features.named_children()
             if isinstance(module, torch.nn.MaxPool2d)]  # fmt: skip
    stages = iter(there)
    stage = "stem" if spec.stem_kernel else next(stages)
    activations = 0
    for name, module in network.named_modules():
        if not name.startswith("features."):
            yield name, "head"
            continue
        if stage == "stem" and isinstance(module, torch.nn.Conv2d):
            activations += 1
            if activations == 2:  # the stem has one convolution
                stage = next(stages)
        yield name, stage
        if name in pools and stage != "stem":
            stage = next(stages, "head")


def by_torch(spec: NetworkSpec) -> tuple[dict[str, list[int]], str, tuple[LayerCost, ...]]:
    """Return what each stage costs, in which stage torch stops, if it does, and all rows."""
    with torch.device("meta"):
        network = build(spec)
    stage_of = dict(stages_of(spec, network))
    try:
        cost = measure(network, (1, 3, spec.in_height, spec.in_width))
    except ValueError as error:
        return {}, stage_of[re.search(r"features\.\d+", str(error))[0]], ()
    costs: dict[str, list[int]] = {}
    for row in cost.layers:
        place = row.name
        while place not in stage_of:
            place = place.rpartition(".")[0]
        total = costs.setdefault(stage_of[place], [0, 0, 0])
        for number, count in enumerate((row.params, row.macs, row.activations)):
            total[number] += count
    return costs, "", cost.layers


def test_300_random_networks_cost_in_the_page_what_they_cost_in_torch(
    page: Page, base_url: str
) -> None:
    opened(page, base_url + PAGE)
    settings, made = random_settings(300), setting.controls(MACHINES)
    positions = [
        {name: kinds.position_of(made[name], value) for name, value in values.items()}
        for values in settings
    ]
    computed = page.evaluate(COMPUTED, [FIGURE, positions])
    stopped = 0
    for values, (stages, now, said) in zip(settings, computed, strict=True):
        costs, failing, layers = by_torch(setting.spec(**values))
        if failing:
            stopped += 1
            assert said.startswith(f"Not a network: in {failing} the map"), values
            assert not now["fits"]
            continue
        shown = {name: cells for name, *cells, _, _ in stages if cells[0] is not None}
        assert shown == costs, values
        assert [now["params"], now["macs"], now["activations"]] == [
            sum(column) for column in zip(*costs.values(), strict=True)
        ]
        works = works_of(layers, setting.VALUE_BYTES[values["numbers"]])
        seconds = network_seconds(works, MACHINES[values["device"]], values["batch"])
        # Layers that shrink for lack of padding are taken together: see `Design.seconds`.
        off = 0 if values["padded"] or values["family"] != "vgg" else 0.02
        assert now["seconds"] == pytest.approx(seconds, rel=1e-9 + off), values
    assert 10 < stopped < 150
