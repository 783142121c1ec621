"""The networks of the runs, and what is looked at in them, trained or not."""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from convcost.architectures.cifar import cifar_plain_net, cifar_resnet
from convcost.architectures.resnet import BasicBlock, PaddedShortcut, ResNet
from convcost.page.training import Images, error_percent
from experiments.degradation.settings import Run

LOOKED_AT = 512
"""So many training images, the first, are looked at where all are not needed."""
LINES, POINTS = 8, 257
LAGS = (0, 1, 2, 4, 8, 16, 32, 64, 128)
"""Distances at which gradients are compared, in steps of a line of `POINTS` points."""


def network(run: Run) -> ResNet:
    """Return the untrained network of a run; the seed decides all of its weights."""
    torch.manual_seed(run.seed)
    model = (
        cifar_plain_net(run.depth)
        if run.kind == "plain"
        else cifar_resnet(run.depth, shortcut=run.shortcut)
    )
    for module in list(model.modules()):
        if isinstance(module, nn.Conv2d) and run.initialization == "pytorch":
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d) and run.initialization == "orthogonal":
            nn.init.orthogonal_(module.weight, gain=nn.init.calculate_gain("relu"))
        if not run.batch_norm:
            for name, child in module.named_children():
                if isinstance(child, nn.BatchNorm2d):
                    setattr(module, name, nn.Identity())
    return model


def blocks(model: ResNet) -> list[BasicBlock]:
    """Return the blocks of a network, from its input to its output."""
    return [block for stage in (model.layer1, model.layer2, model.layer3) for block in stage]


def layer_gradients(model: ResNet, images: Images) -> Iterator[dict[str, float]]:
    """Yield of each layer with weights their number, their norm, and that of their gradient.

    The loss is that of training, on the first training images as one batch.
    """
    model = copy.deepcopy(model).train()
    some, right = images.train[:LOOKED_AT], images.train_labels[:LOOKED_AT]
    functional.cross_entropy(model(some), right).backward()
    layers = [one for one in model.modules() if isinstance(one, nn.Conv2d | nn.Linear)]
    for number, layer in enumerate(layers, start=1):
        gradient = layer.weight.grad
        assert gradient is not None
        yield {
            "layer": number,
            "weights": layer.weight.numel(),
            "weight_norm": layer.weight.norm().item(),
            "gradient_norm": gradient.norm().item(),
        }


def signal(model: ResNet, images: Images) -> list[float]:
    """Return the variance of what leaves the first layer and each block, as in training."""
    model = copy.deepcopy(model).train()
    found: list[float] = []
    for part in (model.relu, *blocks(model)):
        part.register_forward_hook(lambda _module, _given, out: found.append(out.var().item()))
    with torch.no_grad():
        model(images.train[:LOOKED_AT])
    return found


def gradient_likeness(model: ResNet, images: Images) -> list[float]:
    """Return the mean cosine of the gradients at two inputs, for each distance of `LAGS`.

    Inputs are points of straight lines from one test image to another. The gradient is that of the
    first image's right score by the input. Batch norm takes the means and variances of the training
    images, so that a score depends on one input alone.

    Notes
    -----
    After Balduzzi, Frean, Leary, Lewis, Ma & McWilliams 2017, "The shattered gradients problem",
    arXiv 1702.08591, who compare the derivatives at the points of one line.
    """
    model = copy.deepcopy(model).train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0  # keep the averages of the next batch alone
    with torch.no_grad():
        model(images.train[:LOOKED_AT])
    model.eval()
    sums = torch.zeros(len(LAGS), dtype=torch.float64)
    steps = torch.linspace(0, 1, POINTS, device=images.test.device).reshape(-1, 1, 1, 1)
    for start, end, label in zip(
        images.test[:LINES], images.test[LINES:], images.test_labels[:LINES], strict=False
    ):
        points = (start + steps * (end - start)).requires_grad_()
        model(points)[:, label].sum().backward()
        assert points.grad is not None
        directions = functional.normalize(points.grad.double().flatten(1), dim=1)
        for place, lag in enumerate(LAGS):
            cosines = (directions[: POINTS - lag] * directions[lag:]).sum(1)
            sums[place] += cosines.mean().cpu()
    return [float(total) / LINES for total in sums]


class Deleted(nn.Module):
    """What a block leaves when its layers are gone: the shortcut of option A."""

    def __init__(self, block: BasicBlock) -> None:
        super().__init__()
        convolution = block.conv1
        extra = convolution.out_channels - convolution.in_channels
        self.shortcut = PaddedShortcut(extra, convolution.stride[0])

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to the shape of the block's output."""
        shorter: Tensor = self.shortcut(x)
        return shorter


def without_each_block(model: ResNet, images: Images) -> Iterator[dict[str, float]]:
    """Yield the errors of a trained network without its first block, without its second, ...

    Notes
    -----
    After Veit, Wilber & Belongie 2016, arXiv 1605.06431, section 4.1.
    """
    number = 0
    for stage in (model.layer1, model.layer2, model.layer3):
        for place, block in enumerate(stage):
            number += 1
            stage[place] = Deleted(block)
            yield {
                "block": number,
                "train_error": error_percent(model, images.train, images.train_labels),
                "test_error": error_percent(model, images.test, images.test_labels),
            }
            stage[place] = block
