"""The model solutions of the exercises agree with PyTorch, published tables and the book's counts.

Their own tests use closed forms; here each is held against something else.

Over 400 lines: a truth for each exercise, in the order of the book.
"""

import math
import random
import weakref

import pandas as pd
import pytest
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import vgg

from claims.rules import agrees
from convcost import build, measure
from convcost.architectures.resnet import Bottleneck
from convcost.arithmetic.roofline import flops_per_byte, work_of
from convcost.conventions import Convention
from convcost.memory import kept_for_backward
from convcost.page.gallery.atlas import front as on_front
from convcost.page.gallery.googlenet import MODULES
from tests.book.test_practice import BOOK, SEEDS, exercise


def solved(name, **numbers):
    """Return all names that are there when the model solution has run, with numbers of ours."""
    one = exercise(name)
    names = one.numbers() | numbers
    exec(one.before, names)
    names |= numbers  # also what the exercise gives and we know better
    exec(one.solution, names)
    return names


def conv(*shape, **options):
    return nn.Conv2d(*shape, **{"bias": False, **options}, device="meta")


def weights(*layers):
    return sum(layer.weight.numel() for layer in layers)


each_draw = pytest.mark.parametrize("seed", SEEDS)


@each_draw
def test_smallest_image(seed):
    drawn = exercise("smallest-image").numbers(seed)
    rows = solved("smallest-image", **drawn)["image_rows"]
    layer = conv(1, 1, drawn["kernel"], drawn["stride"], drawn["padding"], drawn["dilation"])
    made = [layer(torch.empty(1, 1, n, 99, device="meta")).shape[2] for n in (rows - 1, rows)]
    assert made == [drawn["rows"] - 1, drawn["rows"]]


@each_draw
def test_how_many_groups(seed):
    drawn = exercise("how-many-groups").numbers(seed)
    groups = solved("how-many-groups", **drawn)["groups"]
    layer = conv(*(drawn[key] for key in ("in_channels", "out_channels", "kernel")), groups=groups)
    assert weights(layer) == drawn["weights"]


def test_separable_pair():
    pair = conv(12, 12, 3, groups=12), conv(12, 20, 1)
    assert solved("separable-pair")["separable_weights"](3, 12, 20) == weights(*pair)


@each_draw
def test_more_bands(seed):
    drawn = exercise("more-bands").numbers(seed)
    layers = [
        conv(colors, drawn["out_channels"], drawn["kernel"], bias=True)
        for colors in (3, drawn["bands"])
    ]
    old, new = (sum(p.numel() for p in layer.parameters()) for layer in layers)
    assert solved("more-bands", **drawn)["added_params"] == new - old


@each_draw
def test_learned_of_stored(seed):
    drawn = exercise("learned-of-stored").numbers(seed)
    layers, channels = [], 3
    for width in drawn["widths"]:
        layers += [conv(channels, width, 3), nn.BatchNorm2d(width, device="meta")]
        channels = width
    network = nn.Sequential(*layers)
    stored = sum(t.numel() for t in network.state_dict().values()) - len(drawn["widths"])
    assert stored == drawn["stored"]
    learned = solved("learned-of-stored", **drawn)["learned"]
    assert learned == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("side", [320, 448, 512])
def test_image_for_a_budget(side):
    network = build("vgg16")
    counted = measure(network)
    head = sum(row.macs for row in counted.layers if row.kind == "linear")
    budget = measure(network, (1, 3, side, side)).macs
    numbers = {"body_macs": counted.macs - head, "head_macs": head}
    for spent, affordable in ((budget, side), (budget - 1, side - 32)):
        found = solved("image-for-a-budget", **numbers, budget_macs=spent)["image_side"]
        assert found == affordable


@each_draw
def test_the_wrong_row(seed):
    drawn = exercise("the-wrong-row").numbers(seed)
    width, double = drawn["width"], drawn["double"]
    chain = nn.Sequential(
        conv(3, width, 5, 2, 2), conv(width, width, 3, 1, 1),
        conv(width, double, 3, 2, 1), conv(double, double, 3, 1, 1),
    )  # fmt: skip
    counted = [row.macs for row in measure(chain, (1, 3, drawn["side"], drawn["side"])).layers]
    differ = [n for n in range(1, 5) if counted[n - 1] != drawn[f"row_{n}"]]
    found = solved("the-wrong-row", **drawn)
    assert differ == [found["wrong_row"]]
    assert found["right_macs"] == counted[found["wrong_row"] - 1]


def test_macs_from_a_tool():
    layer = measure(conv(30, 48, 5, padding=2, bias=True), (1, 30, 20, 20))
    printed = layer.operations(Convention("", unit="FLOP", biases=1))
    numbers = {"printed_operations": printed, "out_channels": 48, "out_side": 20}
    assert solved("macs-from-a-tool", **numbers)["layer_macs"] == layer.macs


@pytest.mark.parametrize("name", ["resnet18", "vgg16_bn"])
def test_two_tools_one_norm(name):
    cost = measure(name)
    answers = [cost.operations(Convention("", normalization=price)) for price in (2, 7)]
    numbers = dict(zip(("first_answer", "second_answer"), answers, strict=True))
    numbers |= {"first_price": 2, "second_price": 7}
    assert solved("two-tools-one-norm", **numbers)["network_macs"] == cost.macs


def test_frozen_layers():
    with torch.device("meta"):
        network, image = build("vgg11").train(), torch.empty(1, 3, 224, 224)
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    counted = [row.macs for row in measure("vgg11").layers if row.macs]
    for frozen in range(2, 9):
        network.requires_grad_(True)
        for layer in layers[:frozen]:
            layer.requires_grad_(False)
        with FlopCounterMode(display=False) as counter:
            network(image).sum().backward()
        found = solved("frozen-layers", frozen=frozen)
        assert found["forward_macs"] == counted
        assert 2 * found["step_macs"] == counter.get_total_flops()


@pytest.mark.parametrize("name", ["vgg16", "resnet50"])
def test_when_mixed_pays(name):
    cost = measure(name)
    kept = sum(kept_for_backward(cost.layers).values())
    images = solved("when-mixed-pays", network_params=cost.params, kept_bytes=kept)["images"]
    for batch, saves in ((images - 1, False), (images, True)):
        full = 16 * cost.params + batch * kept
        mixed = 16 * cost.params + 2 * cost.params + batch * kept / 2
        assert (mixed < full) is saves


def test_with_checkpoints():
    numbers = random.Random(1)
    most_held = solved("with-checkpoints")["most_held"]
    for _ in range(50):
        goes_in, inside = ([numbers.randrange(1, 99) for _ in range(6)] for _ in range(2))
        held, most = list(goes_in), 0  # a pile, from which the last stage goes first
        for again in reversed(inside):
            most = max(most, sum(held) + again)
            held.pop()
        assert most_held(goes_in, inside) == most


def test_work_by_map():
    frame = measure("paper/resnet-34").to_frame()
    assert solved("work-by-map")["work"] == frame.groupby("out_height")["macs"].sum().to_dict()


def test_one_more_layer():
    one_more = solved("one-more-layer")["one_more"]
    deep, deeper = (measure(f"paper/vgg-{letter}") for letter in "de")
    added = [sum(part) for part in zip(*map(one_more, (3, 4, 5)), strict=True)]
    assert added == [deeper.params - deep.params, deeper.macs - deep.macs]


def test_write_the_layout():
    layout = solved("write-the-layout")["layout"]
    for letter, depths in (("A", (1, 1, 2, 2, 2)), ("E", (2, 2, 4, 4, 4))):
        ours = layout((64, 128, 256, 512, 512), depths)
        assert ["M" if layer == "pool" else layer for layer in ours] == vgg.cfgs[letter]


@each_draw
def test_until_it_sees_all(seed):
    drawn = exercise("until-it-sees-all").numbers(seed)
    layers = solved("until-it-sees-all", **drawn)["layers"]

    def seen(more):
        """Count the pixels of a line that have a gradient."""
        line = torch.zeros(1, 1, 1001, dtype=torch.float64, requires_grad=True)
        value = line
        for kernel, stride in [(drawn["kernel"], 2), (3, 2), *[(3, 1)] * more]:
            value = nn.functional.conv1d(value, torch.ones(1, 1, kernel).double(), stride=stride)
        value[0, 0, value.shape[2] // 2].backward()
        return int((line.grad != 0).sum())

    assert seen(layers - 1) < drawn["rows"] <= seen(layers)


@each_draw
def test_channels_that_pay(seed):
    drawn = exercise("channels-that-pay").numbers(seed)
    depth, large, width = (drawn[key] for key in ("depth", "large", "width"))
    channels = solved("channels-that-pay", **drawn)["channels_in"]
    others = [conv(width, width, 3) for _ in range(depth - 1)]
    for enter, wins in ((channels - 1, False), (channels, True)):
        stack = weights(conv(enter, width, 3), *others)
        assert (stack < weights(conv(enter, width, large))) is wins


@each_draw
def test_slide_the_head(seed):
    image = exercise("slide-the-head").numbers(seed)["image"]
    side = image // 32
    (row,) = measure(conv(512, 4096, 7), (1, 512, side, side)).layers
    found = solved("slide-the-head", image=image)
    assert found["head_places"] == row.out_height * row.out_width
    assert found["head_macs"] == row.macs


def test_classes_and_body():
    def head(classes):
        layer = nn.Linear(512, classes, device="meta")
        return layer.weight.numel() + layer.bias.numel()

    body = measure(build("paper/vgg-d", head="gap")).params - head(1000)
    classes = solved("classes-and-body", channels=512, body_params=body)["classes"]
    assert head(classes - 1) <= body < head(classes)


@each_draw
def test_a_reduction_that_pays(seed):
    drawn = exercise("a-reduction-that-pays").numbers(seed)
    kernel, enter, out = (drawn[key] for key in ("kernel", "in_channels", "out_channels"))
    reduced = solved("a-reduction-that-pays", **drawn)["reduced"]
    for between, pays in ((reduced, True), (reduced + 1, False)):
        both = weights(conv(enter, between, 1), conv(between, out, kernel))
        assert (both < weights(conv(enter, out, kernel))) is pays


def test_read_a_table():
    found = solved("read-a-table")
    published = pd.read_csv(BOOK / "data" / "published.csv").query("paper == 'GoogLeNet'")
    printed = published.query("quantity == 'params'").set_index("printed_name")["printed"]
    for name, (thousands, counted) in found["rows"].items():
        enter, _, one, three_in, three, five_in, five, pool = MODULES[name]
        layers = [(enter, one, 1), (enter, three_in, 1), (three_in, three, 3)]
        layers += [(enter, five_in, 1), (five_in, five, 5), (enter, pool, 1)]
        assert thousands == printed[f"inception {name}"]
        assert counted == weights(*(conv(*layer) for layer in layers))
    assert set(MODULES) - found["agree"] == {"4c", "5a"}  # as the chapter says


def test_ways_through():
    slopes = [0.3, -0.7, 1.1, 0.2, -0.4]
    ways = solved("ways-through")["ways"]

    def blocks(x):
        for slope in slopes:
            x = slope * x + x
        return x

    whole = jacobian(blocks, torch.tensor(1.0, dtype=torch.float64)).item()
    assert math.isclose(sum(ways(slopes, n) for n in range(6)), whole)
    assert math.isclose(ways(slopes, 5), math.prod(slopes))


class MapsAlive(TorchDispatchMode):
    """Adds up the bytes of tensors that are alive, and keeps the most."""

    def __init__(self, *there):
        super().__init__()
        self.alive, self.most, self.known = 0, 0, weakref.WeakSet()
        for tensor in there:
            self.note(tensor)

    def note(self, tensor):
        storage = tensor.untyped_storage()
        if storage not in self.known:
            self.known.add(storage)
            self.alive += storage.nbytes()
            weakref.finalize(storage, self.drop, storage.nbytes())
            self.most = max(self.most, self.alive)

    def drop(self, size):
        self.alive -= size

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for tensor in tree_flatten(out)[0]:
            if isinstance(tensor, torch.Tensor):
                self.note(tensor)
        return out


@each_draw
def test_a_map_that_waits(seed):
    drawn = exercise("a-map-that-waits").numbers(seed)
    channels, side = drawn["channels"], drawn["side"]
    layers = [conv(channels, channels, 3, padding=1) for _ in range(2)]
    most = []
    for has_shortcut in (False, True):
        maps = [torch.empty(1, channels, side, side, device="meta")]
        shortcut = maps[0] if has_shortcut else None
        with torch.no_grad(), MapsAlive(*maps) as watched:
            maps.append(layers[0](maps.pop()))
            maps[0].relu_()
            maps.append(layers[1](maps[0]))
            del maps[0]
            if has_shortcut:
                maps[0].add_(shortcut)
        most.append(watched.most)
    found = solved("a-map-that-waits", **drawn)
    assert most == [found["plain_bytes"], found["residual_bytes"]]


@each_draw
def test_epochs_for_steps(seed):
    drawn = exercise("epochs-for-steps").numbers(seed)
    steps = len(DataLoader(range(drawn["images"]), batch_size=drawn["batch"]))
    epochs = solved("epochs-for-steps", **drawn)["epochs"]
    assert (epochs - 1) * steps < drawn["wanted_steps"] <= epochs * steps


def test_tied_weights():
    found = solved("tied-weights")
    rows = [torch.tensor(found[key], dtype=torch.float64) for key in ("computed", "given_x")]
    tied, single = torch.tensor(found["both_weights"]), torch.tensor(found["weights"])
    assert torch.cat(rows) @ tied.double() == (rows[0] + rows[1]) @ single.double()


@each_draw
def test_laid_out(seed):
    drawn = exercise("laid-out").numbers(seed)
    side, growth = drawn["side"], drawn["growth"]
    parts = [torch.empty(1, drawn["channels"], side, side, device="meta")]
    laid_out = 0
    for _ in range(drawn["layers"]):
        laid_out += torch.cat(parts, dim=1).nbytes
        parts.append(torch.empty(1, growth, side, side, device="meta"))
    assert solved("laid-out", **drawn)["input_bytes"] == laid_out


@each_draw
def test_as_wide_inside(seed):
    drawn = exercise("as-wide-inside").numbers(seed)
    m, c = drawn["carried"], drawn["basic"]
    equal = (math.sqrt(m**2 + 162 * c**2) - m) / 9  # the chapter's equation
    assert solved("as-wide-inside", **drawn)["inner"] == math.floor(equal)


def test_groups_inside():
    grouped_neck = solved("groups-inside")["grouped_neck"]
    with torch.device("meta"):
        block = build("resnext50_32x4d").layer1[1]
    assert grouped_neck(256, 128, 32) == weights(block.conv1, block.conv2, block.conv3)


@each_draw
def test_where_the_stride_stands(seed):
    drawn = exercise("where-the-stride-stands").numbers(seed)
    carried, side = drawn["carried"], drawn["side"]
    with torch.device("meta"):
        blocks = [Bottleneck(carried, drawn["inner"], 2, "A", place) for place in ("1x1", "3x3")]
    v1, later = (measure(block, (1, carried, side, side)).macs for block in blocks)
    assert solved("where-the-stride-stands", **drawn)["more_macs"] == later - v1


def test_half_of_the_work():
    found = solved("half-of-the-work")
    counted = [row.macs for row in measure("vgg16").layers if row.macs]
    assert found["vgg16_macs"] == [round(macs / 1e6) for macs in counted]
    half = found["layers_until"](counted)
    assert sum(counted[: half - 1]) < sum(counted) / 2 <= sum(counted[:half])


def test_fold_the_norm():
    layer, norm = nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1, eps=0.0).eval()
    for tensor, value in zip(
        (norm.weight, norm.bias, norm.running_mean, norm.running_var),
        (1.5, -0.25, 2.0, 9.0),
        strict=True,
    ):
        tensor.data.fill_(value)
    layer.eval()
    fused = torch.nn.utils.fusion.fuse_conv_bn_eval(layer, norm)
    w, b = layer.weight.item(), layer.bias.item()
    weight, bias = solved("fold-the-norm")["folded"](w, b, 1.5, -0.25, 2.0, 9.0)
    assert math.isclose(weight, fused.weight.item(), rel_tol=1e-5)
    assert math.isclose(bias, fused.bias.item(), rel_tol=1e-5)


@each_draw
def test_batch_at_the_ridge(seed):
    drawn = exercise("batch-at-the-ridge").numbers(seed)
    width = drawn["width"]
    (row,) = measure(nn.Linear(width, width, bias=False, device="meta"), (1, width)).layers
    work = work_of(row)

    def intensity(batch):
        return flops_per_byte(batch * work.dense_macs, batch * work.map_bytes + work.weight_bytes)

    images = solved("batch-at-the-ridge", **drawn)["images"]
    assert intensity(images - 1) < drawn["ridge"] <= intensity(images)


def test_on_the_front():
    numbers = random.Random(2)
    front = solved("on-the-front")["front"]
    for _ in range(30):
        pairs = {(numbers.randrange(9), numbers.randrange(9)) for _ in range(12)}
        networks = {f"{n}": pair for n, pair in enumerate(pairs)}
        marked = on_front(*zip(*networks.values(), strict=True))
        assert front(networks) == {n for n, mark in zip(networks, marked, strict=True) if mark}


def test_rounded_or_cut():
    gives = solved("rounded-or-cut")["gives"]
    numbers = random.Random(3)
    for _ in range(300):
        true = numbers.uniform(11, 99)
        printed = (
            f"{true + numbers.choice([-0.06, -0.01, 0, 0.01, 0.06]):.{numbers.choice([1, 2])}f}"
        )
        assert gives(true, printed) is agrees(printed, true), (true, printed)
