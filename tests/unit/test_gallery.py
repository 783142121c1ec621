"""The book's figures: the page computes what Python computes, and both are right."""

import functools
import itertools
import math
import re
from pathlib import Path

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convcost import build, measure
from convcost.architectures.resnet import BOTTLENECK_DEPTHS, STAGE_BLOCKS
from convcost.conventions import find
from convcost.page import gallery
from convcost.page.gallery.atlas import front
from convcost.page.gallery.counters import ITEMS, TOOLS, positions
from convcost.page.gallery.stages import HEAD, by_halvings, stage_label
from convcost.page.gallery.vgg import SETTINGS
from tests.figure_check import assert_page_agrees


@functools.cache
def costs(network, image):
    return measure(network, (1, 3, image, image)).to_frame()


def atlas_table():
    return pd.read_csv(Path(__file__).parents[2] / "book" / "data" / "atlas.csv")


def published():
    return pd.read_csv(Path(__file__).parents[2] / "book" / "data" / "published.csv")


def behind_a_stem(net):
    """ResNet's stem, and the body of a VGG that takes 64 channels."""
    net.features[0] = torch.nn.Conv2d(64, 64, 3, padding=1)
    conv = torch.nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
    pool = torch.nn.MaxPool2d(3, stride=2, padding=1)
    return torch.nn.Sequential(conv, torch.nn.BatchNorm2d(64), torch.nn.ReLU(), pool, net)


@functools.cache
def exchanged():
    found = {}
    with torch.device("meta"):
        for head in ("gap", "fc"):
            late = build("paper/resnet-34", head=head)
            late.conv1.stride, late.maxpool = (1, 1), torch.nn.Identity()
            found["VGG-19", 0, head] = build("paper/vgg-e", head=head)
            found["VGG-19", 2, head] = behind_a_stem(build("paper/vgg-e", head=head))
            found["ResNet-34", 0, head] = late
            found["ResNet-34", 2, head] = build("paper/resnet-34", head=head)
    return found


def pooled():
    return {"VGG-16": "vgg16", "VGG-16, pooled head": build("paper/vgg-d", head="gap")}


def blocks():
    return {(18, option): build("paper/resnet-18", shortcut=option) for option in "ABC"}


def docket():
    cases = [("true", "A", "time"), ("false", "A", "parameters"), ("true", "B", "time")]
    return pd.DataFrame(cases, columns=["verdict", "document", "topic"])


def heads():
    return {
        (name, head): build(network, head=head)
        for name, network in (("VGG-16", "paper/vgg-d"), ("ResNet-34", "paper/resnet-34"))
        for head in ("gap", "fc")
    }


def vgg_table():
    """The rows of the course's table: what each layer of VGG-16 puts out, for one image."""
    frame = costs("vgg16", 224)
    kept = frame[frame["kind"].isin(["conv", "max_pool", "linear"])]
    layers = [(row.kind, math.prod(row.output_shape)) for row in kept.itertuples()]
    return [("image", 3 * 224 * 224), *layers]


POOL = ("pooling", 2, 2)
CONV = ("3 × 3", 3, 1)
VGG_11 = [CONV, POOL, CONV, POOL, CONV, CONV, POOL, CONV, CONV, POOL, CONV, CONV, POOL]

FIGURES = {
    "atlas": lambda: gallery.atlas(atlas_table()),
    "contest": lambda: gallery.contest(costs),
    "parameter_shares": lambda: gallery.parameter_shares(costs, pooled()),
    "network_totals": lambda: gallery.network_totals(costs),
    "side_by_side": lambda: gallery.side_by_side(
        costs, {"A": "mobilenet_v2", "B": "efficientnet_b0"}, name="fig-a-b"
    ),
    "thin_for_wide": gallery.thin_for_wide,
    "vgg_shapes": lambda: gallery.vgg_shapes(costs),
    "vgg_errors": lambda: gallery.vgg_errors(published(), costs),
    "any_two_stages": lambda: gallery.any_two_stages(costs),
    "along_the_depth": lambda: gallery.along_the_depth(costs),
    "same_start": lambda: gallery.same_start(costs, exchanged()),
    "kernel_stack": gallery.kernel_stack,
    "head_swap": lambda: gallery.head_swap(body_params=14_714_688),
    "heads_compared": lambda: gallery.heads_compared(costs, heads()),
    "training_memory": lambda: gallery.training_memory(costs, ["vgg16", "resnet18"]),
    "running_total": lambda: gallery.running_total(vgg_table(), printed=24_000_000),
    "field_growth": gallery.field_growth,
    "network_field": lambda: gallery.network_field(VGG_11, image=224),
    "convolution_parameters": gallery.convolution_parameters,
    "convolution_operations": gallery.convolution_operations,
    "shortcuts": lambda: gallery.shortcuts(costs, blocks()),
    "gradient_through_blocks": gallery.gradient_through_blocks,
    "add_or_concatenate": gallery.add_or_concatenate,
    "equal_cost": gallery.equal_cost,
    "compose": lambda: gallery.compose(STAGE_BLOCKS, BOTTLENECK_DEPTHS),
    "verdicts": lambda: gallery.verdicts(docket(), {"true": "right", "false": "wrong"}),
    "mixed_units": lambda: gallery.mixed_units(1_849_688_064, 3_663_761_408),
    "sliding_window": gallery.sliding_window,
    "shared_weights": gallery.shared_weights,
    "channel_groups": gallery.channel_groups,
    "counters": lambda: gallery.counters(measure),
    "layer_ledger": lambda: gallery.layer_ledger(costs, "params"),
    "layer_ledger, work": lambda: gallery.layer_ledger(costs, "macs"),
    "work_shares": lambda: gallery.work_shares(costs, {"VGG-16": "vgg16", "ResNet-18": "resnet18"}),
}


@functools.cache
def figure(name):
    return FIGURES[name]()


def test_every_figure_is_tested():
    assert set(FIGURES) >= set(gallery.__all__)


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_agrees_with_python_at_every_position(name):
    assert assert_page_agrees(figure(name)) > 1


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - {"atlas", "counters"}))
def test_bars_stay_within_their_scale(name):
    shown = figure(name)
    rows, _ = shown.frame(*shown.positions().values())
    for row in rows:
        if "reach" in row:
            assert 0 <= row["value"] <= row["reach"]
        elif "start" in row:
            assert 1 <= row["start"] <= row["end"]


def rows_at(name, **values):
    return {row.get("name", row.get("group")): row for row in figure(name)._rows(**values)}


def test_contest_has_the_papers_totals():
    # He et al. 2015, figure 3 and section 3.3: 19.6 and 3.6 billion multiply-adds.
    vgg = sum(by_halvings(costs("vgg19", 224), 224, "macs").values())
    resnet = sum(by_halvings(costs("resnet34", 224), 224, "macs").values())
    assert round(vgg / 1e9, 1) == 19.6
    assert round(resnet / 1e9, 2) == 3.66
    rows = figure("contest")._rows(count="macs", image=224)
    assert sum(row["value"] for row in rows if row["series"] == "VGG-19") == vgg


@pytest.mark.parametrize("name", ["layer_ledger", "layer_ledger, work"])
def test_the_ledgers_products_are_what_the_layers_cost(name):
    """The product is written from shapes, the value is measured."""
    rows = figure(name)._rows(added=16)
    assert len(rows) == 16
    for row in rows:
        assert eval(row["by_hand"].replace("×", "*")) == row["value"]
    column = "params" if name == "layer_ledger" else "macs"
    assert sum(row["value"] for row in rows) == costs("vgg16", 224)[column].sum()


def test_two_networks_with_equally_many_are_said_to_have_equally_many():
    """The stride's place changes the work of ResNet-50 and none of its parameters."""
    pair = {"1 × 1": build("paper/resnet-50", stride_in="1x1"), "3 × 3": "resnet50"}
    shown = gallery.side_by_side(costs, pair, name="fig-pair", count="macs")
    assert shown.controls["count"].value == "macs"
    assert "equally many" in shown._finding(count="params", image=224)
    assert "3 × 3 has 1.1 times as many" in shown._finding(count="macs", image=224)


def test_the_ledger_adds_up_parameters_or_multiply_adds():
    with pytest.raises(ValueError, match="activations"):
        gallery.layer_ledger(costs, "activations")


def test_vggs_head_does_the_same_work_for_every_image():
    """A linear layer's multiply-adds are its weights; torchvision's VGG pools to 7 × 7 first."""
    for image in (64, 224, 320):
        rows = {r["name"]: r["value"] for r in figure("work_shares")._rows("VGG-16", image)}
        assert rows["head"] == 25088 * 4096 + 4096 * 4096 + 4096 * 1000
        assert sum(rows.values()) == costs("vgg16", image)["macs"].sum()


def test_vgg_spends_on_maps_that_resnet_never_makes():
    stages = by_halvings(costs("vgg19", 224), 224, "macs")
    # Pencil and paper: 3 x 3 kernels, 3 and 64 channels into 64, on the full image.
    assert stages[0] == 9 * (3 + 64) * 64 * 224**2
    assert 0 not in by_halvings(costs("resnet34", 224), 224, "macs")
    assert list(stages) == [0, 1, 2, 3, 4, HEAD]


def test_three_layers_of_3_against_one_of_7():
    # Simonyan & Zisserman 2014, section 2.3: 27 C^2 against 49 C^2.
    rows = rows_at("kernel_stack", depth=3, channels=128, first=0)
    assert [row["value"] for row in rows.values()] == [27 * 128**2, 49 * 128**2]


def test_on_an_image_the_stack_is_the_dearer_one():
    rows = rows_at("kernel_stack", depth=3, channels=64, first=1)
    assert [row["value"] for row in rows.values()] == [27 * 64 + 18 * 64**2, 49 * 3 * 64]


@pytest.mark.parametrize(("depth", "kernel"), [(1, 3), (4, 3), (7, 3), (3, 5), (2, 7)])
def test_the_field_is_where_the_gradient_arrives(depth, kernel):
    image = torch.ones(1, 1, 15, 15, dtype=torch.double, requires_grad=True)
    ones = torch.ones(1, 1, kernel, kernel, dtype=torch.double)
    top = image
    for _ in range(depth):
        top = torch.nn.functional.conv2d(top, ones, padding=kernel // 2)
    (seen,) = torch.autograd.grad(top[0, 0, 7, 7], image)
    rows = figure("field_growth")._rows(depth=depth, kernel=kernel)
    assert {(r["row"], r["column"]) for r in rows if r["state"].startswith("seen")} == {
        (i + 1, j + 1) for i, j in seen[0, 0].nonzero().tolist()
    }


def test_a_networks_field_is_where_the_gradient_arrives():
    image = torch.ones(1, 1, 224, 224, dtype=torch.double, requires_grad=True)
    ones = torch.ones(1, 1, 3, 3, dtype=torch.double)
    top = image
    for number, (name, kernel, _) in enumerate(VGG_11, start=1):
        if kernel == 3:
            top = torch.nn.functional.conv2d(top, ones, padding=1)
        else:
            top = torch.nn.functional.avg_pool2d(top, 2)
        middle = top.shape[-1] // 2
        (seen,) = torch.autograd.grad(top[0, 0, middle, middle], image, retain_graph=True)
        squares = {r["name"]: r["side"] for r in figure("network_field")._rows(layer=number)}
        side = int((seen[0, 0] != 0).any(0).sum())
        assert squares[f"{number}: {name}"] == side


@pytest.mark.parametrize("slope", [-1.0, -0.4, 0.0, 0.3])
def test_the_gradient_through_blocks_is_autograds(slope):
    for series, shortcut in (("without shortcuts", 0), ("with shortcuts", 1)):
        start = torch.ones(1, dtype=torch.double, requires_grad=True)
        x = start
        for _ in range(16):
            x = slope * x + shortcut * x
        (expected,) = torch.autograd.grad(x, start)
        rows = [
            row
            for row in figure("gradient_through_blocks")._rows(slope=slope)
            if row["series"] == series
        ]
        assert rows[-1]["step"] == 16
        assert rows[-1]["gradient"] == pytest.approx(expected.item(), rel=1e-12)


class Concatenating(torch.nn.Module):
    """Lays what its convolution puts out beside what it was given."""

    def __init__(self, channels, new):
        super().__init__()
        self.conv = torch.nn.Conv2d(channels, new, 3, padding=1, bias=False)

    def forward(self, x):
        return torch.cat([x, self.conv(x)], dim=1)


class Adding(Concatenating):
    """Adds it."""

    def forward(self, x):
        return x + self.conv(x)


def kept_values(network, image):
    """Count the values that autograd puts aside, weights left out."""
    kept = {}

    def keep(tensor):
        kept[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(image)
    for weight in network.parameters():
        kept.pop(weight.untyped_storage()._cdata)
    return sum(storage.nbytes() for storage in kept.values()) // 4


@pytest.mark.parametrize("new", [64, 12])
def test_adding_and_concatenating_cost_what_torchs_layers_cost(new):
    layers, image = 16, (1, 64, 56, 56)
    with torch.device("meta"):
        stacks = {
            "adding": [Adding(64, 64) for _ in range(layers)],
            "concatenating": [Concatenating(64 + n * new, new) for n in range(layers)],
        }
    for series, stack in stacks.items():
        network = torch.nn.Sequential(*stack)
        cost = measure(network, image)
        image_values = torch.empty(image, device="meta")
        truth = [
            network(image_values).shape[1],
            cost.params,
            cost.macs,
            kept_values(network, image_values),
        ]
        for count, expected in enumerate(truth):
            rows = figure("add_or_concatenate")._rows(growth=new, count=count)
            last = [row["value"] for row in rows if row["series"] == series][-1]
            assert last == expected, (series, count)


@pytest.mark.parametrize("carried", [32, 256, 512])
def test_the_bottleneck_of_equal_cost_is_the_widest(carried):
    def weights(inner):
        with torch.device("meta"):
            layers = [
                torch.nn.Conv2d(carried, inner, 1, bias=False),
                torch.nn.Conv2d(inner, inner, 3, bias=False),
                torch.nn.Conv2d(inner, carried, 1, bias=False),
            ]
        return [layer.weight.numel() for layer in layers]

    rows = rows_at("equal_cost", carried=carried)
    inner = rows["1 × 1"]["value"]
    shown = [rows[name]["weights"] for name in ("1 × 1", "3 × 3 inside", "1 × 1 back")]
    assert shown == weights(inner)
    # Pencil and paper: a basic block of 64 channels has 18 x 64^2 weights.
    assert sum(weights(inner)) <= 18 * 64**2 < sum(weights(inner + 1))


def test_the_family_costs_what_it_measures():
    rows = rows_at("compose", kind=3, first=3, second=4, third=6, fourth=3, count=1)
    for depth in STAGE_BLOCKS:
        built = measure(f"paper/resnet-{depth}")
        shown = rows[f"ResNet-{depth}"]
        assert (shown["params"], shown["macs"]) == (built.params, built.macs)
    assert rows["yours"]["params"] == rows["ResNet-50"]["params"]


@pytest.mark.parametrize("blocks", [(1, 1, 1, 1), (2, 8, 3, 4), (4, 1, 12, 2)])
@pytest.mark.parametrize("kind", [2, 3])
def test_a_composed_network_is_torchvisions(kind, blocks):
    with torch.device("meta"):
        some = build({2: "resnet18", 3: "resnet50"}[kind])
        built = measure(type(some)(type(some.layer1[0]), list(blocks)))
    stages = dict(zip(("first", "second", "third", "fourth"), blocks, strict=True))
    yours = rows_at("compose", kind=kind, count=0, **stages)["yours"]
    assert yours["params"] == built.params
    # Torchvision has the stride in the 3 x 3: three 1 x 1 layers work on four times the places.
    later = 3 * 3 * 256 * 128 * 28**2 if kind == 3 else 0
    assert yours["macs"] == built.macs - later


def test_the_page_knows_the_family_by_its_blocks():
    def finding(kind, *blocks):
        stages = dict(zip(("first", "second", "third", "fourth"), blocks, strict=True))
        return figure("compose")._finding(kind=kind, count=0, **stages)

    # He et al. 2015, table 1; with 3 and 1 blocks in the last two stages the 152-layer column
    # would be a network of 47 layers.
    assert finding(3, 3, 8, 36, 3).startswith("50 blocks of 3 layers make 152 layers")
    assert finding(3, 3, 8, 36, 3).endswith("It is ResNet-152.")
    assert finding(2, 3, 4, 6, 3).endswith("It is ResNet-34.")
    assert finding(3, 3, 8, 3, 1).startswith("15 blocks of 3 layers make 47 layers")
    assert "It is" not in finding(3, 3, 8, 3, 1)


def test_option_a_has_free_shortcuts_and_c_the_dearest():
    totals = [
        sum(
            row["value"]
            for row in figure("shortcuts")._rows(depth=18, option=option, count="params")
            if row["series"] == "shortcuts"
        )
        for option in "ABC"
    ]
    assert totals[0] == 0
    # B: three projections with their batch norms, 64 to 128 to 256 to 512 channels.
    assert totals[1] == sum(c * 2 * c + 2 * 2 * c for c in (64, 128, 256))
    assert totals[2] > totals[1]


def test_verdicts_are_counted_in_the_part_that_is_chosen():
    assert [row["value"] for row in rows_at("verdicts", part="").values()] == [2, 1]
    assert [row["value"] for row in rows_at("verdicts", part="document A").values()] == [1, 1]
    assert [row["value"] for row in rows_at("verdicts", part="topic time").values()] == [2, 0]


def test_the_layer_seems_to_equal_the_network_only_in_mixed_units():
    shares = {
        (layer, network): figure("mixed_units")._finding(layer=layer, network=network)
        for layer in ("MACs", "FLOPs")
        for network in ("MACs", "FLOPs")
    }
    assert "101%" in shares["FLOPs", "MACs"]
    assert "50%" in shares["MACs", "MACs"]
    assert "50%" in shares["FLOPs", "FLOPs"]
    assert "25%" in shares["MACs", "FLOPs"]


# ---- the atlas


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 9), st.none() | st.sampled_from([1.5, 2.5, 3.5, 70.0])
        ),
        max_size=12,
    )
)
def test_the_front_is_what_nobody_beats(points):
    on_front = front([cost for cost, _ in points], [gain for _, gain in points])
    whole = [(c, g) for c, g in points if c is not None and g is not None]

    def beaten(cost, gain):
        return any(c <= cost and g >= gain and (c, g) != (cost, gain) for c, g in whole)

    assert len(on_front) == len(points)
    chosen = [point for point, mark in zip(points, on_front, strict=True) if mark]
    assert sorted(chosen) == sorted({point for point in whole if not beaten(*point)})


def test_the_atlas_shows_one_network_at_several_sizes():
    rows = rows_at("atlas", along="macs", up="top1_percent", image=0)
    assert (rows["vgg16"]["macs"], rows["vgg16"]["top1_percent"]) == (15_470_264_320, 71.592)
    large = rows_at("atlas", along="macs", up="top1_percent", image=448)
    assert large["vgg16"]["macs"] == costs("vgg16", 448)["macs"].sum()
    # Taking one size only, it stays where it is, and is not on a front of other sizes.
    assert large["vit_b_16"] == rows["vit_b_16"] | {
        "fits": False,
        "front": False,
        "note": "takes 224 × 224 pixels only",
    }
    small = rows_at("atlas", along="macs", up="top1_percent", image=64)
    assert small["inception_v3"]["macs"] is None
    assert "too small" in small["inception_v3"]["note"]


def test_vgg_is_not_on_the_atlas_s_front():
    rows = rows_at("atlas", along="macs", up="top1_percent", image=0)
    assert not any(row["front"] for row in rows.values() if row["family"] == "VGG")
    by_activations = rows_at("atlas", along="activations", up="top1_percent", image=0)
    assert by_activations["resnet18"]["front"]


def test_groups_are_named_by_the_map():
    assert stage_label(2, 224) == "56 × 56"
    assert stage_label(3, 100) == "1/8 size"
    assert stage_label(HEAD, 224) == "head"


WINDOWS = [(3, 1, 1, 1), (3, 2, 1, 1), (2, 2, 0, 1), (3, 1, 2, 2), (5, 3, 2, 1), (1, 2, 0, 3)]


@pytest.mark.parametrize(("kernel", "stride", "pad", "dilation"), WINDOWS)
def test_the_window_reads_what_torch_reads(kernel, stride, pad, dilation):
    image = torch.ones(1, 1, 6, 6, requires_grad=True)
    ones = torch.ones(1, 1, kernel, kernel)
    out = torch.nn.functional.conv2d(image, ones, None, stride, pad, dilation)
    for step, value in enumerate(out.flatten(), start=1):
        (seen,) = torch.autograd.grad(value, image, retain_graph=True)
        rows = figure("sliding_window")._rows(kernel, stride, pad, dilation, step)
        read = {(r["row"], r["column"]) for r in rows if r["state"] == "pixel, read now"}
        assert read == {(i + 1, j + 1) for i, j in seen[0, 0].nonzero().tolist()}
        assert sum("read now" in row["state"] for row in rows) == kernel**2
        now = [r for r in rows if r["state"] == "computed now"]
        assert [(r["row"] - 1) * out.shape[-1] + r["column"] for r in now] == [step]
        assert sum(row["state"] == "computed" for row in rows) == step - 1


def test_a_window_that_fits_nowhere_is_explained():
    shown = figure("sliding_window")
    rows = shown._rows(kernel=5, stride=1, pad=0, dilation=2, step=3)
    assert {row["state"] for row in rows if row["grid"] == "output"} == {"outside"}
    finding = shown._finding(kernel=5, stride=1, pad=0, dilation=2, step=3)
    assert "spans 9 × 9 pixels" in finding
    assert "fits nowhere" in finding


def test_shared_weights_are_those_of_torchs_layers():
    rows = figure("shared_weights")._rows(side=7, channels=16, kernel=3)
    weights = {row["group"]: row["value"] for row in rows if row["series"] == "weights"}
    with torch.device("meta"):
        linear = torch.nn.Linear(16 * 49, 16 * 49, bias=False)
        conv = torch.nn.Conv2d(16, 16, 3, padding=1, bias=False)
    assert weights["linear"] == linear.weight.numel()
    assert weights["convolution"] == conv.weight.numel()
    assert weights["local"] == 49 * conv.weight.numel()


@pytest.mark.parametrize("groups", [1, 2, 4, 8])
def test_groups_connect_what_torch_connects(groups):
    image = torch.ones(8, 1, 1, requires_grad=True)
    out = torch.nn.functional.conv2d(image, torch.ones(8, 8 // groups, 1, 1), groups=groups)
    for channel, value in enumerate(out.flatten(), start=1):
        (seen,) = torch.autograd.grad(value, image, retain_graph=True)
        rows = figure("channel_groups")._rows(groups=groups)
        linked = [r["in"] for r in rows if r["out"] == channel and r["state"] == "connected"]
        assert linked == [i + 1 for i in seen.flatten().nonzero().flatten().tolist()]


def test_the_head_swap_is_what_the_builder_builds():
    # Simonyan & Zisserman 2014, table 2: 138 M parameters.
    for pooled, layers, head in ((0, 3, "fc"), (1, 1, "gap")):
        rows = rows_at("head_swap", pooled=pooled, layers=layers, side=7, hidden=4096)
        built = measure(build("paper/vgg-d", head=head))
        assert sum(row["value"] for row in rows.values()) == built.params


def test_the_head_decides_who_has_more_parameters():
    def order(head, count):
        return [row["name"] for row in figure("heads_compared")._rows(head=head, count=count)]

    assert order("own", "params") == ["VGG-16", "ResNet-34"]
    assert order("gap", "params") == order("fc", "params") == ["ResNet-34", "VGG-16"]
    for head in ("own", "gap", "fc"):
        assert order(head, "macs") == ["VGG-16", "ResNet-34"]
        assert "VGG has" in figure("heads_compared")._finding(head=head, count="macs")


def test_training_memory_is_the_sum_of_its_parts():
    # VGG-16 in 32-bit floats: 4 bytes x 138,357,544 weights, as much for gradients, twice for Adam.
    rows = rows_at(
        "training_memory", network="vgg16", optimizer="Adam", batch=1, image=224, value_bytes=4
    )
    weights = 4 * 138_357_544
    assert [row["value"] for row in rows.values()][:3] == [weights, weights, 2 * weights]


def test_the_batch_multiplies_what_is_kept_and_nothing_else():
    one, four = (
        rows_at(
            "training_memory", network="resnet18", optimizer="SGD", batch=batch, image=224,
            value_bytes=2,
        )
        for batch in (1, 4)
    )  # fmt: skip
    statistics = 2 * 4800 * 4
    for name in one:
        grown = four[name]["value"] - one[name]["value"]
        if name in ("weights", "gradients", "optimizer"):
            assert grown == 0
        elif name == "kept: the rest":
            assert grown == 3 * (one[name]["value"] - statistics)
        else:
            assert grown == 3 * one[name]["value"]


def test_the_courses_rows_do_not_add_up_to_its_total():
    # cs231n, "VGGNet in detail": 22 rows, whose rounded sums are 15.2 M.
    rows = figure("running_total")._rows(added=22)
    total = sum(row["value"] for row in rows)
    assert len(rows) == 22
    assert f"{total / 1e6:.1f}" == "15.2"
    assert "24" in figure("running_total")._finding(added=22)


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


def test_side_by_side_loses_nothing_of_a_network_with_smaller_maps():
    # EfficientNet squeezes its maps to 1 x 1 in every block.
    rows = figure("side_by_side")._rows(image=224, count="params")
    assert (
        sum(row["value"] for row in rows if row["series"] == "B")
        == measure("efficientnet_b0").params
    )


def test_side_by_side_says_who_has_more():
    # Both published with torchvision's weights: 3,504,872 and 5,288,548 parameters.
    finding = figure("side_by_side")._finding(image=224, count="params")
    assert "B has 1.5 times as many" in finding


def test_side_by_side_wants_two():
    with pytest.raises(ValueError, match="two networks; 1 were given"):
        gallery.side_by_side(costs, {"A": "resnet18"}, name="fig-a")


# ---- the start, VGG, side by side


@pytest.mark.parametrize(("channels", "layers"), [(64, 16), (128, 4), (256, 1), (184, 1), (176, 2)])
def test_a_wide_layer_buys_as_many_thin_ones_as_torch_counts(channels, layers):
    def macs(width):
        with torch.device("meta"):
            conv = torch.nn.Conv2d(width, width, 3, padding=1)
        return measure(conv, (1, width, 56, 56)).macs

    wide, thin = rows_at("thin_for_wide", channels=channels).values()
    assert (wide["layers"], wide["macs"]) == (1, macs(256))
    assert (thin["layers"], thin["macs"]) == (layers, layers * macs(channels))
    assert thin["macs"] <= wide["macs"] < thin["macs"] + macs(channels)


# Simonyan & Zisserman 2014, table 1: layers with weights of each configuration.
DEPTHS = {"A": 11, "A-LRN": 11, "B": 13, "C": 16, "D": 16, "E": 19}


@pytest.mark.parametrize("letter", DEPTHS)
def test_vggs_shapes_are_those_of_the_papers_table(letter):
    options = figure("vgg_shapes").controls["network"].options
    (network,) = [name for name in options if name.split(" ")[0] == letter]
    rows = figure("vgg_shapes")._rows(network=network, count="params")
    assert len(rows) == DEPTHS[letter]
    assert f"({DEPTHS[letter]} layers" in network
    assert sum(row["value"] for row in rows) == measure(f"paper/vgg-{letter.lower()}").params
    maps = [row for row in rows if row["state"] != "vector"]
    assert [row["title"] for row in maps if row["title"]] == ["224", "112", "56", "28", "14"]
    assert [row["tall"] * 224 for row in maps if row["title"]] == [224, 112, 56, 28, 14]
    assert sum(row["state"] == "faint map" for row in rows) == (3 if letter == "C" else 0)
    # Nothing overlaps, and the longest network fits.
    for left, right in itertools.pairwise(maps):
        assert right["before"] == left["before"] + left["wide"]
        assert right["gaps"] > left["gaps"]
    assert maps[-1]["before"] + maps[-1]["wide"] <= rows[0]["channels"]
    assert rows[-1]["gaps"] < rows[0]["all_gaps"]


def test_the_errors_are_the_papers():
    # Simonyan & Zisserman 2014, tables 3 and 4, the last lines of D and E.
    settings = list(figure("vgg_errors").controls["setting"].options)
    shown = {
        setting: [row["value"] for row in figure("vgg_errors")._rows(setting, "top1_error")][-2:]
        for setting in settings
    }
    assert list(shown.values()) == [[27.0, 27.3], [26.8, 26.9], [25.6, 25.5], [24.8, 24.8]]
    for setting, place in SETTINGS.items():
        assert set(re.findall(r"\d+", setting)) <= set(re.findall(r"\d+", place)), setting
    for setting in settings:
        for error in ("top1_error", "top5_error"):
            for row in figure("vgg_errors")._rows(setting, error):
                assert row["value"] is None or row["low"] < row["value"] < row["high"]
    assert "0.3 points worse" in figure("vgg_errors")._finding(settings[0], "top1_error")
    assert "no better" in figure("vgg_errors")._finding(settings[3], "top5_error")


@pytest.mark.parametrize("count", ["params", "macs"])
def test_what_is_spent_along_the_depth_ends_at_the_total(count):
    rows = figure("along_the_depth")._rows("VGG-16", "ResNet-50", count)
    for series, network, layers in (("first", "vgg16", 16), ("second", "paper/resnet-50", 50)):
        line = [row for row in rows if row["series"] == series]
        assert [row["layer"] for row in line] == list(range(layers + 1))
        assert (line[0]["value"], line[-1]["value"]) == (0, getattr(measure(network), count))
        assert all(a["value"] <= b["value"] for a, b in itertools.pairwise(line))
        assert (line[-1]["depth"], line[-1]["share"]) == (1, 1)


def test_resnet_34_spends_evenly_as_its_rule_says():
    # He et al. 2015, section 3.3: where the map is halved the filters are doubled, "so as to
    # preserve the time complexity per layer"; the layer that halves has half the filters coming in.
    rows = figure("along_the_depth")._rows("plain-34", "plain-34", "macs")
    line = [row["value"] for row in rows if row["series"] == "first"]
    steps = [after - before for before, after in itertools.pairwise(line)]
    one = 9 * 64 * 64 * 56 * 56
    assert set(steps[1:-1]) == {one, one // 2}
    assert steps[1:-1].count(one // 2) == 3


def test_any_two_networks_differ_by_what_their_totals_differ():
    for count in ("params", "macs", "activations"):
        rows = figure("any_two_stages")._rows("VGG-19", "ResNet-18", count)
        for series, network in (("first", "vgg19"), ("second", "resnet18")):
            total = sum(row["value"] for row in rows if row["series"] == series)
            assert total == getattr(measure(network), count)
    finding = figure("any_two_stages")._finding("VGG-16", "ResNet-34", "params")
    assert "VGG-16 has 116.6 M parameters more" in finding
    assert "in the head" in finding
    # The caption: 64 channels on the whole image, and on 56 × 56.
    vgg, resnet = (
        next(row for row in measure(network).layers if row.name == name)
        for network, name in (("vgg16", "features.0"), ("resnet34", "layer1.0.conv1"))
    )
    assert (vgg.output_shape, resnet.output_shape) == ((1, 64, 224, 224), (1, 64, 56, 56))
    turned = figure("any_two_stages")._finding("ResNet-34", "VGG-16", "params")
    assert turned == finding


def test_with_the_same_start_and_head_the_deeper_network_is_the_dearer_one():
    def order(**values):
        rows = rows_at("same_start", **values)
        return [row["name"] for row in sorted(rows.values(), key=lambda row: row["value"])]

    for count in ("params", "macs"):
        assert order(start=-1, head="own", count=count) == ["ResNet-34", "VGG-19"]
        for start in (0, 2):
            for head in ("gap", "fc"):
                assert order(start=start, head=head, count=count) == ["VGG-19", "ResNet-34"]
    # Each switch alone decides about its cost.
    assert order(start=-1, head="gap", count="params") == ["VGG-19", "ResNet-34"]
    assert order(start=-1, head="gap", count="macs") == ["ResNet-34", "VGG-19"]
    assert order(start=0, head="own", count="macs") == ["VGG-19", "ResNet-34"]
    assert order(start=0, head="own", count="params") == ["ResNet-34", "VGG-19"]


def test_leaving_out_the_shrinking_is_like_an_image_four_times_as_large():
    late = rows_at("same_start", start=0, head="own", count="macs")["ResNet-34"]["value"]
    large = costs("resnet34", 896)
    later = large["name"].str.startswith("layer")
    frame = costs(exchanged()["ResNet-34", 0, "gap"], 224)
    assert late == frame["macs"].sum()
    body = frame[frame["name"].str.startswith("layer")]["macs"].sum()
    assert (
        body
        == large[later]["macs"].sum()
        == 16
        * costs("resnet34", 224)["macs"][
            costs("resnet34", 224)["name"].str.startswith("layer")
        ].sum()
    )
