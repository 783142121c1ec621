"""Of whole networks by formula, what rows can't settle: each against a truth of its own.

The receptive field against the support of a gradient, memory against what torch holds and autograd
saves, the smallest image against torch's refusal of one pixel less, time against each of torch's
layers.
"""

from dataclasses import replace

import pytest
import torch
from torch import fx, nn

from convcost import NetworkSpec, build, measure
from convcost.arithmetic import receptive_field
from convcost.arithmetic.design import design
from convcost.arithmetic.networks import spec_of
from convcost.arithmetic.roofline import Machine, network_seconds, works_of
from convcost.memory import OPTIMIZER_VALUES, training_step
from tests.unit.random_specs import (
    fitting_spec,
    on_meta,
    random_spec,
    size_of,
    stage_of_modules,
    torch_runs,
)

# ---------------------------------------------------------------- receptive field


def with_open_windows(spec):
    """Build a network that lets everything through: sums and averages of positive numbers."""
    model = build(spec).double().eval()
    for parameter in model.parameters():
        nn.init.ones_(parameter)
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):  # passes a gradient to its largest only
                size = child.kernel_size, child.stride, child.padding
                setattr(module, name, nn.AvgPool2d(*size))
    return model


def maps_of_stages(model, x, stages):
    """Yield the map that each stage puts out, the stem's first."""
    is_vgg = hasattr(model, "features")
    last = 0
    for name, layer in (model.features if is_vgg else model).named_children():
        full = f"features.{name}" if is_vgg else name
        stage = int(name[5:]) if name.startswith("layer") else stages[full]
        if stage != last:
            yield last, x
        if stage == -1:
            return
        x, last = layer(x), stage
    yield last, x


@pytest.mark.parametrize("seed", range(20))
def test_the_receptive_field_is_where_the_gradient_arrives(seed):
    drawn = random_spec(seed, widths=(1,) * 5, head="gap", batch_norm=False, bias=False)
    blocks = tuple(min(n, 2) if stage < 3 else 0 for stage, n in enumerate(drawn.blocks))
    ones = tuple(min(n, 1) if stage < 3 else 0 for stage, n in enumerate(drawn.pointwise))
    spec = replace(drawn, blocks=blocks, pointwise=ones)
    # Along the height only: so wide that all windows fit.
    fields = [stage.receptive_field for stage in design(spec).stages]
    spec = replace(spec, in_height=3 * fields[-1], in_width=design(spec).smallest_side)
    stages = stage_of_modules(on_meta(spec), spec)
    model = with_open_windows(spec)
    image = torch.ones(size_of(spec), dtype=torch.float64, requires_grad=True)
    seen = 0
    for stage, x in maps_of_stages(model, image, stages):
        if stage > 0 or spec.stem_kernel:
            middle = x[0, :, x.shape[2] // 2].sum()
            (gradient,) = torch.autograd.grad(middle, image, retain_graph=True)
            reached = gradient[0].abs().sum((0, 2)).nonzero().flatten()
            assert reached[0] > 0
            assert reached[-1] < spec.in_height - 1
            assert reached[-1] - reached[0] + 1 == fields[stage], (spec, stage)
            seen += 1
    assert seen


def test_receptive_fields_of_two_papers_networks():
    """Their windows written down by hand, the 1x1 ones with stride 1 left out."""
    vgg = [*[*[(3, 1)] * 2, (2, 2)] * 2, *[*[(3, 1)] * 3, (2, 2)] * 3]
    resnet = [(7, 2), (3, 2), *[(3, 1)] * 3]
    for blocks in (4, 6, 3):
        resnet += [(1, 2), *[(3, 1)] * blocks]

    assert design(spec_of("paper/vgg-d")).receptive_field == receptive_field(vgg) == 212
    assert design(spec_of("paper/resnet-50")).receptive_field == receptive_field(resnet)


# ---------------------------------------------------------------- memory


class Holding(fx.Interpreter):
    """Runs a network, drops each tensor after its last reader, and notes the most that is held."""

    most = 0

    def run_node(self, n):
        result = super().run_node(n)
        tensors = [t for t in (*self.env.values(), result) if isinstance(t, torch.Tensor)]
        storages = {t.untyped_storage()._cdata: t.untyped_storage().nbytes() for t in tensors}
        self.most = max(self.most, sum(storages.values()))
        return result


@pytest.mark.parametrize("seed", range(30))
def test_memory_for_inference_is_weights_and_the_most_that_is_held_at_once(seed):
    spec = fitting_spec(seed)
    model = build(spec).eval().to(torch.bfloat16 if seed % 2 else torch.float32)
    value_bytes = 2 if seed % 2 else 4
    run = Holding(fx.symbolic_trace(model))
    with torch.no_grad():
        dtype = next(model.parameters()).dtype
        run.run(torch.zeros(5, *size_of(spec)[1:], dtype=dtype))
    weights = sum(t.nbytes for t in model.state_dict().values())
    whole = design(spec)

    assert whole.weight_bytes(value_bytes) == weights
    assert whole.inference_bytes(5, value_bytes) == weights + run.most


def test_what_waits_beside_a_projection_is_held_by_hand():
    spec = NetworkSpec(
        family="basic", blocks=(1,), widths=(1,), batch_norm=False, num_classes=10, in_height=10,
        in_width=10,
    )  # fmt: skip
    image, main, projected = 300, 100, 100

    assert design(spec).live == image + main + projected


@pytest.mark.parametrize("optimizer", OPTIMIZER_VALUES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_training_step_stores_what_the_formulas_say(seed, optimizer):
    """And a little more: the scores and their sum; of Adam, a count for each tensor of weights."""
    spec = fitting_spec(seed, head="gap")
    model = build(spec)
    batch = 3
    moments = training_step(model, (batch, *size_of(spec)[1:]), optimizer=optimizer).moments
    later = [moment for moment in moments if moment.step == 2]
    forward = next(m for m in later if (m.phase, m.operator) == ("forward", "end"))
    stepping = next(m for m in later if m.phase == "optimizer")
    counts = 4 * len(list(model.parameters())) if "Adam" in optimizer else 0

    assert design(spec).training_bytes(batch, 4, OPTIMIZER_VALUES[optimizer]) == {
        "weights": forward.weights,
        "gradients": stepping.gradients,
        "optimizer_state": later[-1].optimizer_state - counts,
        "maps": forward.maps - 4 * (batch * spec.num_classes + 1),
    }


@pytest.mark.parametrize("seed", range(30))
def test_what_is_kept_for_backward_is_what_autograd_saves(seed):
    spec = fitting_spec(seed)
    model = build(spec)
    own = {t.untyped_storage()._cdata for t in model.state_dict().values()}
    kept = {}

    def keep(tensor):
        kept[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(torch.zeros(5, *size_of(spec)[1:]))
    saved = sum(storage.nbytes() for key, storage in kept.items() if key not in own)

    assert design(spec).kept.bytes(5, 4) == saved


# ---------------------------------------------------------------- the smallest image


@pytest.mark.parametrize("seed", range(60))
def test_one_pixel_less_than_the_smallest_side_is_refused_by_torch(seed):
    spec = random_spec(seed, batch_norm=False)
    model = on_meta(spec)
    side = design(spec).smallest_side

    def runs(height, width):
        return torch_runs(model, torch.empty(1, 3, height, width, device="meta")) is not None

    assert runs(side, side)
    if side > 1:
        assert not runs(side - 1, 4 * side)
        assert not runs(4 * side, side - 1)


def test_the_smallest_images_of_networks_that_pad_or_not():
    padded = spec_of("paper/vgg-d")
    assert design(padded).smallest_side == 2**5
    # By hand, from the end: a pooling doubles what it leaves, a convolution adds 2.
    side = 1
    for convolutions in (3, 3, 3, 2, 2):
        side = 2 * side + 2 * convolutions
    assert design(replace(padded, padding=False)).smallest_side == side
    assert {
        design(spec_of(name)).smallest_side for name in ("paper/resnet-50", "cifar/plain-20")
    } == {1}


# ---------------------------------------------------------------- time by the roofline

MACHINES = (Machine(40e9, 8e9, 20e9, 1e9, 1e-5), Machine(3e9, 3e9, 90e9, 6e9, 0.0))
"""One that mostly waits for memory, and one that waits for arithmetic."""


@pytest.mark.parametrize("seed", range(40))
def test_a_forward_pass_takes_as_long_as_its_layers_by_the_roofline(seed):
    """The layers are those that `measure` finds in torch's network, each timed by itself."""
    spec = fitting_spec(seed, padding=True)
    layers = measure(on_meta(spec), size_of(spec)).layers
    for machine in MACHINES:
        for batch, value_bytes in ((1, 4), (32, 2)):
            again = network_seconds(works_of(layers, value_bytes), machine, batch)
            assert design(spec).seconds(machine, batch, value_bytes) == pytest.approx(again)


@pytest.mark.parametrize("seed", range(10))
def test_taking_the_layers_of_a_stage_together_can_only_make_the_time_shorter(seed):
    spec = fitting_spec(seed, family="vgg", padding=False)
    works = works_of(measure(on_meta(spec), size_of(spec)).layers)
    together = design(spec).seconds(MACHINES[0], 8)
    one_by_one = network_seconds(works, MACHINES[0], 8)
    assert 0.95 * one_by_one < together <= one_by_one * (1 + 1e-9)
