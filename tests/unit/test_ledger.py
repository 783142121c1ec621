"""Whole networks by closed forms: each row and each stage against torch on the meta device.

What rows can't settle is in `test_design`.
"""

import re
from dataclasses import fields, replace

import pytest
import torch
import vl_convert
from torch import nn

from convcost import NetworkSpec, build, ledger, measure, names
from convcost.arithmetic.design import Design, design
from convcost.arithmetic.networks import spec_of
from convcost.memory import kept_for_backward
from convcost.page.live.tracing import Expression, to_vega
from tests.unit.random_specs import (
    on_meta,
    random_spec,
    size_of,
    stage_of_modules,
    torch_runs,
)

SETTINGS = 300
PAPERS = [
    name
    for name in (*names(source="paper"), *names(source="cifar"))
    if name != "paper/vgg-a-lrn"  # the ledger knows no local response normalization
]


@pytest.mark.parametrize("name", PAPERS)
def test_a_networks_rows_are_those_that_measure_finds(name):
    spec = spec_of(name)
    measured, computed = measure(name, size_of(spec)), ledger(spec)

    assert replace(computed, name=measured.name) == measured
    assert kept_for_backward(computed.layers) == kept_for_backward(measured.layers)


@pytest.mark.parametrize("name", ["paper/vgg-c", "paper/resnet-50", "cifar/plain-20"])
def test_a_name_and_its_description_build_the_same(name):
    with torch.device("meta"):
        assert repr(build(spec_of(name))) == repr(build(name))


# ---------------------------------------------------------------- 300 random settings


def torch_fails_at(model, spec):
    """Return the position of the module of VGG's features that torch refuses to run, if any."""
    x = torch.empty(size_of(spec), device="meta")
    for position, module in enumerate(model.features if spec.family == "vgg" else ()):
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):  # the others leave the size
            x = torch_runs(module, x)
        if x is None:
            return position
    return None


def found_by_torch(seed):
    """Return a random setting, its measured costs, the sums of each stage, and where it fails."""
    spec = random_spec(seed)
    model = on_meta(spec)
    stages = stage_of_modules(model, spec)
    cost = failing = None
    try:
        cost = measure(model, size_of(spec))
        rows = cost.layers
    except ValueError:
        failing = stages[f"features.{torch_fails_at(model, spec)}"]
        first = min(int(n.split(".")[1]) for n, s in stages.items() if s == failing and "." in n)
        before = model.features[:first]
        rows = measure(before, size_of(spec)).layers if first else ()
        stages = {name.removeprefix("features."): stage for name, stage in stages.items()}
    return spec, model, cost, list(_sums(spec, rows, stages, failing)), failing


def _sums(spec, rows, stages, failing):
    """Yield what the rows of each stage come to: map, counts, what is kept."""
    seen = set()
    channels, height, width = 3, spec.in_height, spec.in_width
    for stage in (*range(1 + len(spec.blocks)), -1):
        if stage == failing:
            return
        here = [row for row in rows if stages[row.name] == stage]
        counts = [sum(getattr(row, what) for row in here)
                  for what in ("params", "buffers", "macs", "activations")]  # fmt: skip
        kept = [0, 0, 0, 0]
        for number, part, elements, _, _ in (saved for row in here for saved in row.saved):
            if number not in seen:
                seen.add(number)
                parts = ["masks of dropouts", "indices of max poolings", "statistics of norms"]
                kept[1 + parts.index(part) if part in parts else 0] += elements
        if here:
            channels, height, width = (*here[-1].output_shape[1:], 1, 1)[:3]
        yield [int(bool(here)), channels, height, width, *counts, *kept]


def formulas(whole: Design):
    """Return the same of each stage as the formulas have it, and whether it fits."""
    return [
        [
            [stage.present, stage.channels, stage.height, stage.width, stage.params, stage.buffers,
             stage.macs, stage.activations, *stage.kept]
            for stage in whole.stages
        ],
        whole.failing,
        [whole.params, whole.buffers, whole.macs, whole.activations, *whole.kept,
         whole.weight_layers, whole.receptive_field, whole.live, whole.smallest_side,
         whole.weight_bytes(2), whole.inference_bytes(7, 2), *whole.training_bytes(7, 2).values()],
    ]  # fmt: skip


def assert_as_torch(seed, stages, failing, totals):
    """Compare the numbers of a setting with torch's, or of the stages before the one that fails."""
    spec, model, cost, expected, failed = found_by_torch(seed)
    assert failing == (len(spec.blocks) + 2 if failed is None else failed), spec
    if failed is not None:
        expected = expected[:failed]
    assert [stage[4:] for stage in stages[: len(expected)]] == [s[4:] for s in expected], spec
    assert [stage[:4] for stage in stages[: len(expected)]] == [s[:4] for s in expected], spec
    if cost is not None:
        parts = [sum(column) for column in zip(*expected, strict=True)][4:]
        assert parts[:4] == [cost.params, cost.buffers, cost.macs, cost.activations]
        assert totals[:8] == parts, spec
        assert totals[8] == sum(
            isinstance(module, nn.Conv2d | nn.Linear)
            for name, module in model.named_modules()
            if "downsample" not in name
        )


@pytest.mark.parametrize("tens", range(10))
def test_rows_and_stages_of_random_settings_are_torchs(tens):
    for seed in range(tens, SETTINGS, 10):
        spec, _, cost, _, failed = found_by_torch(seed)
        assert_as_torch(seed, *formulas(design(spec)))
        if cost is None:
            with pytest.raises(ValueError, match="too small") as refusal:
                ledger(spec)
            where = "stem" if failed == 0 else f"stage {failed}"
            assert f"in {where} the map shrinks" in str(refusal.value)
            continue
        computed = ledger(spec)
        assert replace(computed, name=cost.name) == cost, spec
        assert kept_for_backward(computed.layers) == kept_for_backward(cost.layers), spec


def test_random_settings_are_of_all_kinds():
    specs = [random_spec(seed) for seed in range(SETTINGS)]
    failing = [whole.failing for whole in map(design, specs) if not whole.fits]
    for field in fields(NetworkSpec):
        assert len({getattr(spec, field.name) for spec in specs}) >= 2, field.name
    assert {spec.family for spec in specs} == {"vgg", "plain", "basic", "bottleneck"}
    assert len(failing) >= SETTINGS // 6
    assert {0, 1, 2, 3, 4, 5} >= set(failing) >= {1, 2, 3, 4}


def symbolic(spec):
    """Return a spec of symbols, which stand for the columns of Vega's data, and their values."""
    values = {}

    def symbol(name, value):
        values[name] = value
        return Expression(f"datum.{name}")

    given = {}
    for field in fields(NetworkSpec):
        value = getattr(spec, field.name)
        if isinstance(value, tuple):
            given[field.name] = tuple(symbol(f"{field.name}_{n}", v) for n, v in enumerate(value))
        else:
            given[field.name] = symbol(field.name, value)
    return NetworkSpec(**given), values


def flat(nested):
    return [
        number for part in nested for number in (flat(part) if isinstance(part, list) else [part])
    ]


def computed_by_vega(specs):
    """Let vl-convert compute the traced formulas of all settings, in one table of a chart."""
    symbols, _ = symbolic(specs[0])
    codes, helpers = to_vega(flat(formulas(design(symbols))), prefix="datum.part_")
    formula = [
        {"type": "formula", "as": helper["name"].removeprefix("datum."), "expr": helper["update"]}
        for helper in helpers
    ]
    result = f"join([{', '.join(f'+{code}' for code in codes)}], ' ')"
    rows = [symbolic(spec)[1] for spec in specs]
    chart = {
        "data": [
            {
                "name": "settings",
                "values": rows,
                "transform": [*formula, {"type": "formula", "as": "result", "expr": result}],
            }
        ],
        "marks": [
            {
                "type": "text",
                "from": {"data": "settings"},
                "encode": {"enter": {"text": {"field": "result"}, "limit": {"value": 0}}},
            }
        ],
    }
    texts = re.findall(r"<text[^>]*>([-\d ]+)</text>", vl_convert.vega_to_svg(chart))
    return [[int(number) for number in text.split()] for text in texts]


def test_a_page_computes_of_random_settings_what_torch_finds():
    """Called with numbers, the same formulas give what torch finds: see the test above."""
    specs = [random_spec(seed) for seed in range(SETTINGS)]
    computed = computed_by_vega(specs)

    assert len(computed) == SETTINGS
    for spec, numbers in zip(specs, computed, strict=True):
        assert numbers == [int(number) for number in flat(formulas(design(spec)))], spec
