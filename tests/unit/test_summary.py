"""`convcost.summary` prints what torchinfo prints, but for numbers that torchinfo gets wrong."""

import random
import re
import weakref

import pytest
import torch
import torchinfo
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune

import convcost
from convcost import measure, summary
from convcost.arithmetic import conv_macs, linear_macs
from tests.unit.stand_ins import Calls

COLUMNS = (
    "input_size", "output_size", "num_params", "params_percent", "kernel_size", "mult_adds",
    "trainable",
)  # fmt: skip
KEPT = []
NARROW = {"col_names": ("num_params", "mult_adds"), "col_width": 20, "verbose": 0}


@pytest.fixture(autouse=True)
def _torchinfo_keeps_no_model():
    yield
    torchinfo.torchinfo.clear_cached_forward_pass()


def cells(tree, name):
    """Cells of the row, or the words of the total, that begins with a name."""
    for line in str(tree).splitlines():
        title, *values = re.split(r" {2,}|: (?=[\d,.]+\*?$)", line.strip())
        if re.sub(r"^[│├└─ ]+", "", title) == name:
            return values
    raise AssertionError(f"no row {name!r} in\n{tree}")


# -- where torchinfo is right ----------------------------------------------------------------------


def random_network(seed):
    """Layers of which torchinfo counts all rightly, in containers, some twice, some frozen."""
    draw = random.Random(seed)
    channels, layers = 3, []
    for _ in range(draw.randint(2, 5)):
        wider = draw.choice([4, 8, 12])
        groups = draw.choice([1, 1, 2]) if channels % 2 == 0 else 1
        block = [
            nn.Conv2d(channels, wider, draw.choice([1, 3, (3, 1)]), padding=1, groups=groups,
                      stride=draw.choice([1, 2]), bias=False),
            draw.choice([nn.ReLU(), nn.Identity(), nn.SiLU(), nn.Dropout(0.1)]),
        ]  # fmt: skip
        if draw.random() < 0.4:
            again = nn.Conv2d(wider, wider, 3, padding=1, bias=False)
            block += [again, nn.ReLU(), again]
        if draw.random() < 0.3:
            block[0].weight.requires_grad_(False)
        layers += [nn.Sequential(*block)] if draw.random() < 0.6 else block
        channels = wider
    layers += [draw.choice([nn.AdaptiveAvgPool2d(1), nn.AdaptiveMaxPool2d(1)]), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(channels, 7, bias=False))


@pytest.mark.parametrize("seed", range(20))
def test_where_torchinfo_is_right_its_output_is_given_to_the_letter(seed):
    draw = random.Random(-seed)
    model = random_network(seed)
    size = (draw.randint(1, 3), 3, 12, 12)
    options = {
        "col_names": draw.sample(COLUMNS, draw.randint(1, len(COLUMNS))),
        "col_width": draw.choice([18, 25]),
        "depth": draw.randint(0, 3),
        "row_settings": draw.sample(
            ["depth", "var_names", "ascii_only", "hide_recursive_layers"], draw.randint(0, 4)
        ),
    }

    theirs = str(torchinfo.summary(model, size, **options, verbose=0))

    assert str(summary(model, size, **options, verbose=0)) == theirs
    assert summary(model, size, verbose=0).corrections == {}


class Listed(nn.Module):
    """Runs the parts of a container that has no forward."""

    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList(nn.Conv2d(3, 3, 3, bias=False) for _ in range(2))

    def forward(self, x):
        return self.parts[1](self.parts[0](x))


@pytest.mark.parametrize(
    "model",
    [Listed(), nn.Sequential(nn.LazyConv2d(4, 3, bias=False), nn.ReLU()), nn.ReLU()],
    ids=["list", "lazy", "no parameters"],
)
@pytest.mark.parametrize("verbose", [1, 2])
def test_it_prints_as_torchinfo_does(model, verbose, capsys):
    options = {"col_names": COLUMNS, "verbose": verbose}
    ours = summary(model, [1, 3, 9, 9], **options)
    printed = capsys.readouterr().out

    torchinfo.summary(model, [1, 3, 9, 9], **options)

    assert printed == capsys.readouterr().out == f"{ours}\n"


def test_it_prints_its_own_numbers_and_nothing_if_asked_to_be_quiet(capsys):
    tree = summary(nn.Conv2d(3, 8, 3), (1, 3, 9, 9), verbose=1)
    summary(nn.Conv2d(3, 8, 3), (1, 3, 9, 9), verbose=0)

    assert capsys.readouterr().out == f"{tree}\n"
    assert "each bias" in str(tree)


def test_a_size_without_the_batch_and_a_list_of_one_size_are_taken_as_torchinfo_takes_them():
    model = nn.Conv2d(3, 8, 3, bias=False)
    for size, options in (((3, 9, 9), {"batch_dim": 0}), ([(2, 3, 9, 9)], {})):
        options |= {"col_names": COLUMNS, "verbose": 0}
        theirs = torchinfo.summary(model, size, **options)
        assert str(summary(model, size, **options)) == str(theirs)


# -- where it is wrong -----------------------------------------------------------------------------


class Functional(nn.Module):
    """A convolution without a module of its own, and a linear layer in one."""

    def __init__(self):
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(8, 3, 3, 3))
        self.score = nn.Linear(8, 5, bias=False)

    def forward(self, x):
        return self.score(functional.conv2d(x, self.kernel).mean((2, 3)))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Filter(nn.Conv2d):
    """Has no "Conv" in its name."""


def tied():
    model = nn.Sequential(nn.Linear(8, 8, bias=False), nn.Linear(8, 8, bias=False))
    model[1].weight = model[0].weight
    return model


CONV = conv_macs(3, 8, 3, 7, 7)
# Model, input, depth, row -> its cells of parameters and multiply-adds, words of the reason.
WRONG = {
    "bias": (nn.Conv2d(3, 8, 3), (1, 3, 9, 9), 0, "Conv2d", ["224", f"{CONV:,}*"], "each bias"),
    "batch norm": (nn.BatchNorm2d(8), (1, 8, 9, 9), 0, "BatchNorm2d", ["16", "--*"],
                   "a normalization counts its parameters"),
    "tokens": (nn.Linear(8, 5, bias=False), (1, 10, 8), 0, "Linear",
               ["40", f"{10 * linear_macs(8, 5):,}*"], "a linear layer on tokens"),
    "function": (Functional(), (1, 3, 9, 9), 3, "Functional", ["216", f"{CONV:,}*"],
                 "run as functions"),
    "function, folded": (Functional(), (1, 3, 9, 9), 0, "Functional",
                         ["256", f"{CONV + 40:,}*"], "run as functions"),
    # Its projections, to three times 8 and back, and two products of 10 by 10 tokens.
    "attention": (Attention(), (1, 10, 8), 1, "MultiheadAttention: 1-1",
                  ["288", f"{10 * (8 * 24 + 8 * 8) + 2 * 10 * 10 * 8:,}*"], "attention products"),
    "transposed": (nn.ConvTranspose2d(4, 6, 2, stride=2, bias=False), (1, 4, 5, 5), 0,
                   "ConvTranspose2d", ["96", f"{5 * 5 * 4 * 6 * 4:,}*"],
                   "a transposed convolution"),
    "tied": (tied(), (1, 8), 1, "Linear: 1-2", ["--*", "64"], "parameters that layers share"),
    "another name": (Filter(3, 8, 3, bias=False), (1, 3, 9, 9), 0, "Filter",
                     ["216", f"{CONV:,}*"], "Filter is counted by the names of its class"),
    "one number": (nn.PReLU(), (1, 3, 9, 9), 0, "PReLU", ["1", "--*"],
                   "PReLU is counted by the names of its class"),
    "normed weight": (parametrizations.weight_norm(nn.Conv2d(3, 8, 3, bias=False)),
                      (1, 3, 9, 9), 0, "ParametrizedConv2d", ["224", f"{CONV:,}*"],
                      "ParametrizedConv2d is counted by the names of its class"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_cell_is_corrected_and_marked_and_the_reason_stands_below(case):
    model, size, depth, row, right, reason = WRONG[case]
    tree = summary(model, size, depth=depth, **NARROW)

    assert cells(tree, row) == right
    _, mark, below = str(tree).partition("* corrected. torchinfo 1.8.0 gives other numbers:\n")
    assert mark
    assert reason in " ".join(below.split())
    assert len(re.findall("^- ", below, re.M)) == len(tree.corrections)


CHECKED = [
    ("resnet18", {}), ("vgg11", {}), ("googlenet", {"aux_logits": True}), ("convnext_tiny", {}),
    ("swin_t", {}), ("vit_b_16", {"image_size": 64}), ("timm/mobilenetv1_100", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), CHECKED, ids=lambda value: str(value) or None)
def test_totals_are_those_of_measure_and_the_reasons_explain_torchinfos_to_the_unit(name, options):
    with torch.device("meta"):
        model = convcost.build(name, **options)
    size = (2, 3, 64, 64)
    cost, tree = measure(model, size), summary(model, size, verbose=0)
    theirs = torchinfo.summary(model.eval(), input_data=torch.empty(size, device="meta"), verbose=0)
    gaps = {
        unit: sum(gap for gap, of in tree.corrections.values() if of == unit)
        for unit in ("multiply-adds", "parameters")
    }

    assert (tree.total_mult_adds, tree.total_params) == (cost.macs, cost.params)
    assert tree.trainable_params == cost.params
    assert tree.total_param_bytes == 4 * cost.params
    assert theirs.total_mult_adds == cost.macs + gaps["multiply-adds"]
    assert theirs.total_params == cost.params + gaps["parameters"]
    assert not any("is counted by the names" in what for what in tree.corrections)


@pytest.mark.parametrize("depth", range(4))
@pytest.mark.parametrize("name", ["resnet18", "swin_t"])
def test_the_rows_add_up_to_the_totals_at_each_depth(name, depth):
    tree = summary(name, (1, 3, 64, 64), depth=depth, **NARROW)
    table = str(tree).split("=\n")[2].splitlines()[:-1]
    columns = [re.sub(r"[^\d -]", "", line[tree.formatting.layer_name_width :]) for line in table]
    numbers = [[int(cell.strip("- ") or 0) for cell in line.split()] for line in columns]

    assert [sum(column) for column in zip(*numbers, strict=True)] == [
        tree.total_params,
        tree.total_mult_adds,
    ]


def test_each_call_of_a_module_has_its_own_work():
    conv = nn.Conv2d(4, 4, 3, padding=1)
    tree = summary(nn.Sequential(conv, nn.MaxPool2d(2), conv), (1, 4, 8, 8), **NARROW)

    macs = conv_macs(4, 4, 3, 8, 8)
    assert cells(tree, "Conv2d: 1-1") == ["148", f"{macs:,}*"]
    assert cells(tree, "Conv2d: 1-3") == ["(recursive)", f"{macs // 4:,}*"]


class Braided(nn.Module):
    """Two containers whose parts take turns; one has a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.left, self.right = (
            nn.ModuleList(nn.Conv2d(3, 3, 1, bias=False) for _ in range(2)) for _ in range(2)
        )
        self.left.register_parameter("scale", nn.Parameter(torch.ones(5)))

    def forward(self, x):
        for left, right in zip(self.left, self.right, strict=True):
            x = right(left(x)) * self.left.scale[0]
        return x


def test_parts_that_take_turns_are_each_counted_once():
    tree = summary(Braided(), (1, 3, 4, 4), depth=1, **NARROW)

    assert tree.total_params == 4 * 9 + 5
    assert tree.total_mult_adds == 4 * 9 * 16
    # torchinfo gives the parameter to the whole, and calls the containers recursive.
    new = [layer.new_params for layer in tree.summary_list]
    assert new == [0, 5, 9, 0, 9, 0, 9, 0, 9]
    pieces = [layer for layer in tree.summary_list if layer.depth == 1]
    assert [layer.all_macs for layer in pieces] == [9 * 16] * 4
    assert any("do not run in one go" in what for what in tree.corrections)


def test_frozen_parameters_keep_their_parentheses():
    model = tied().requires_grad_(False)
    model.append(nn.Linear(8, 3, bias=False).requires_grad_(False))
    tree = summary(model, (1, 8), depth=0, **NARROW)

    assert cells(tree, "Sequential") == ["(88)", "152"]
    assert cells(tree, "Trainable params") == ["0"]


def test_the_total_and_the_bytes_of_what_no_layer_holds_are_marked():
    tree = summary("vit_b_16", **NARROW)
    cost = measure("vit_b_16")

    assert cells(tree, "Total mult-adds (Units.GIGABYTES)") == [f"{cost.macs / 1e9:.2f}*"]
    assert cells(tree, "Params size (MB)") == [f"{4 * cost.params / 1e6:.2f}*"]
    assert cells(tree, "Total params") == [f"{cost.params:,}"]


# -- manners ---------------------------------------------------------------------------------------


def test_the_model_is_left_as_it_was_and_not_kept():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    called = []
    model.register_forward_hook(lambda *_: called.append(1))

    tree = summary(model, (1, 3, 9, 9), verbose=0)

    assert model.training
    assert called == []
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    seen = weakref.ref(model)
    del model
    assert seen() is None
    assert tree.total_params == 4 * 27 + 4 + 8


def test_what_torchinfo_kept_it_keeps_and_nothing_of_ours():
    torchinfo.summary(nn.Linear(2, 2), (1, 2), verbose=0)
    kept = dict(torchinfo.torchinfo._cached_forward_pass)

    summary(nn.Linear(5, 5), (1, 5), verbose=0)
    summary(nn.Conv2d(3, 4, 3), (1, 3, 9, 9), verbose=0)

    assert torchinfo.torchinfo._cached_forward_pass == kept


def test_weights_and_activations_take_no_memory():
    with torch.device("meta"):
        model = nn.Linear(10**6, 10**6, bias=False)

    assert summary(model, (10**6, 10**6), verbose=0).total_mult_adds == 10**18


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "cpu"}, r"can't take device='cpu'; the summary runs on the meta device"),
        ({"mode": "train"}, "runs in evaluation mode"),
        ({"cache_forward_pass": True}, "no run is kept"),
        ({"dtypes": [torch.long]}, "has the type of the model's parameters"),
        ({"input_data": torch.zeros(1)}, r"give input_size=tuple\(input_data.shape\)"),
        ({"colnames": ("kernel_size",)}, "got colnames=.*not an option of torchinfo's"),
    ],
)
def test_options_that_do_not_apply_are_refused(options, message):
    with pytest.raises(TypeError, match=message):
        summary(nn.ReLU(), (1, 3), **options)


def test_options_that_change_nothing_are_taken():
    plain = {"device": "meta", "mode": "eval", "cache_forward_pass": False, "input_data": None}

    assert str(summary("resnet18", verbose=0, **plain)) == str(summary("resnet18", verbose=0))


def test_mistakes_are_answered_in_words():
    with pytest.raises(ValueError, match="did you mean 'resnet18'"):
        summary("resnet-18")
    with pytest.raises(TypeError, match=r"got input_size=\[.*one tensor"):
        summary(nn.ReLU(), [(1, 3), (1, 3)])
    with pytest.raises(ValueError, match="Column width must be greater than 0"):
        summary(nn.ReLU(), (1, 3), col_width=0)
    pruned = prune.identity(nn.Conv2d(3, 8, 3), "weight")
    with pytest.raises(
        ValueError, match=r"can't describe Conv2d: .*convcost.measure has its numbers"
    ):
        summary(pruned, (1, 3, 9, 9))


def test_what_is_not_counted_stands_at_the_foot():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), Calls(lambda _, x: torch.fft.rfft2(x)))

    lines = str(summary(model, (1, 3, 8, 8), verbose=0)).splitlines()

    assert lines[-1] == "not counted: 1 × aten._fft_r2c in 1"


def test_hooks_run_and_leave_nothing():
    model = nn.Sequential(nn.Conv2d(3, 4, 3))
    model[0].register_forward_hook(lambda _module, _inputs, out: KEPT.append(out))

    assert summary(model, (1, 3, 8, 8), verbose=0).total_mult_adds == 36 * 27 * 4
    assert KEPT == []


def test_devices_do_not_matter():
    def forward(model, x):
        return model.conv(x.to("cuda")) + torch.zeros(1, device="cpu")

    model = Calls(forward, conv=nn.Conv2d(3, 4, 3))

    assert summary(model, (1, 3, 8, 8), verbose=0).total_mult_adds == 36 * 27 * 4
