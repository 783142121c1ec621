"""The memory of a training step against torch's own tracker, its counter, and sums by hand."""

import pytest
import torch
from torch import nn

from convcost import measure
from convcost.memory import kept_for_backward, training_step
from experiments.training_peaks import tracked_peak

MIB = 2**20


@pytest.mark.parametrize(
    ("name", "batch", "optimizer", "foreach"),
    [
        ("vgg16", 2, "SGD with momentum", True),
        ("vgg16", 32, "Adam", True),
        ("alexnet", 8, "AdamW", False),
        ("squeezenet1_1", 8, "SGD", False),
        ("resnet18", 2, "Adam", False),
        ("resnet18", 32, "SGD with momentum", False),
    ],
)
def test_the_peak_is_that_of_torchs_tracker(name, batch, optimizer, foreach):
    shape = (batch, 3, 64, 64)
    ours = training_step(name, shape, optimizer=optimizer, foreach=foreach).peak.held
    # Python lets go of a loss and its gradient, of 4 bytes each, sooner or later.
    assert ours == pytest.approx(tracked_peak(name, shape, optimizer, foreach=foreach), abs=16)


@pytest.mark.parametrize("name", ["vgg16", "resnet18"])
def test_after_the_forward_pass_it_holds_what_the_rules_say(name):
    step = training_step(name, (4, 3, 64, 64))
    end = next(m for m in step.moments if (m.phase, m.operator) == ("forward", "end"))
    kept = kept_for_backward(measure(name, (1, 3, 64, 64)).layers, batch=4)
    # Besides: the output and the loss, and of each batch norm the number of batches seen.
    assert end.maps == sum(kept.values()) + 4 * 4 * 1000 + 4


@pytest.fixture(scope="module")
def net():
    """600 weights: 200 and 400."""
    return nn.Sequential(nn.Linear(10, 20, bias=False), nn.ReLU(), nn.Linear(20, 20, bias=False))


@pytest.mark.parametrize(
    ("optimizer", "foreach", "state", "temporaries"),
    [
        ("SGD", True, 0, 0),
        ("SGD with momentum", True, 1, 0),
        ("SGD with momentum", False, 1, 0),
        ("Adam", True, 2, 600),  # the root of each second moment
        # The root and its quotient, for one parameter at a time, and the quotient before.
        ("Adam", False, 2, 2 * 400 + 200),
        ("AdamW", True, 2, 600),
        ("AdamW", False, 2, 2 * 400 + 200),
    ],
)
def test_an_optimizer_needs_room_for_its_state_and_for_a_moment(
    net, optimizer, foreach, state, temporaries
):
    step = training_step(net, (1, 10), optimizer=optimizer, foreach=foreach)
    first, later = ([m for m in step.moments if m.step == n] for n in (1, 2))
    counters = 4 * 2 * (state == 2)  # Adam counts the steps of each parameter
    assert first[0].optimizer_state == first[0].gradients == 0
    assert later[0].optimizer_state == later[-1].optimizer_state == 4 * 600 * state + counters
    most = max(m.temporaries for m in later)
    assert 4 * temporaries <= most <= 4 * temporaries + 16
    ends = {m.phase: m.gradients for m in later if m.operator == "end"}
    assert ends == {"forward": 0, "backward": 2400, "optimizer": 2400, "zero_grad": 0}


def test_gradients_stay_between_the_passes_of_one_step(net):
    starts = [
        moment.gradients
        for moment in training_step(net, (1, 10), passes=3).moments
        if (moment.step, moment.phase, moment.operator) == (2, "forward", "start")
    ]
    assert starts == [0, 2400, 2400]


def test_a_checkpoint_keeps_the_input_of_a_module_and_makes_the_rest_again():
    wide = nn.Sequential(nn.Linear(10, 500, bias=False), nn.Tanh(), nn.Linear(500, 10, bias=False))
    net = nn.Sequential(nn.Linear(10, 10), wide)
    plain, saving = (training_step(net, (100, 10), checkpoints=names) for names in ((), ("1",)))
    kept = [
        next(m.maps for m in step.moments if (m.phase, m.operator) == ("forward", "end"))
        for step in (plain, saving)
    ]
    # Without the outputs of the first wide layer, which Tanh lets go, and of Tanh, which it keeps.
    assert kept[0] - kept[1] == 4 * 100 * 500
    assert max(m.maps for m in saving.moments) >= kept[0]
    # And goes on backward as without: the gradients of maps are no maps.
    most = [max(m.map_gradients for m in step.moments) for step in (plain, saving)]
    assert most[0] == most[1]


@pytest.mark.parametrize(("floats", "weights", "rest"), [("16-bit", 2, 2), ("mixed", 4, 4)])
def test_16_bit_floats_halve_all_but_with_mixed_precision_weights_gradients_and_state_stay(
    net, floats, weights, rest
):
    step = training_step(net, (1, 10), floats=floats)
    last = next(m for m in step.moments if (m.step, m.phase, m.operator) == (2, "optimizer", "end"))
    assert last.weights == 600 * weights
    assert last.gradients == last.optimizer_state == 600 * rest


def test_mixed_precision_keeps_maps_and_a_copy_of_each_weight_in_16_bits():
    """autocast's own rules, by autograd on the CPU."""
    net = nn.Sequential(nn.Linear(10, 20, bias=False), nn.ReLU(), nn.Linear(20, 20, bias=False))
    kept = {}

    def keep(tensor):
        kept[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with hooks, torch.autocast("cpu", torch.bfloat16):
        net(torch.zeros(50, 10))
    step = training_step(net, (50, 10), floats="mixed")
    end = next(m for m in step.moments if (m.phase, m.operator) == ("forward", "end"))
    own = {p.untyped_storage()._cdata for p in net.parameters()}
    found = sum(storage.nbytes() for key, storage in kept.items() if key not in own)
    # Besides: the image in 32 bits, the copy of the first weight, which no gradient needs, the
    # output and the loss.
    assert found + 4 * 50 * 10 <= end.maps <= found + 4 * 50 * 10 + 2 * 200 + 2 * 50 * 20 + 8


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"optimizer": "Adan"}, "'Adan'; give one of 'SGD'"),
        ({"floats": "8-bit"}, "'8-bit'; give one of '32-bit'"),
        ({"passes": 0}, "passes=0"),
        ({"input_size": (1, 11)}, r"can't be trained at input_size=\(1, 11\)"),
        ({"checkpoints": ["body"]}, "'body' among checkpoints.*no such module"),
    ],
)
def test_errors_say_what_to_give(net, options, expected):
    with pytest.raises(ValueError, match=expected):
        training_step(net, **{"input_size": (1, 10), **options})


def test_the_model_is_only_read(net):
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    net.eval()
    step = training_step(net, (2, 10))
    assert not net.training
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())
    assert str(step).startswith("Sequential at 2×10: ")
    assert "without the loss, workspace" in str(step)
    assert step.peak.held == max(moment.held for moment in step.moments)
