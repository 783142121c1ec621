"""Random convolutional networks, drawn from the layers that torchvision's and timm's are made of.

Each is a chain of layers, some of them on a branch that is added, multiplied or joined again, as
modules or as functions, on sequences, maps or volumes. `draw` is the entrance.
"""

import random
from functools import partial

import torch
from timm import layers as timm_layers
from timm.models import _efficientnet_blocks as blocks
from torch import nn
from torch.nn import functional

from convcost.architectures._torchvision import import_torchvision
from tests.unit.stand_ins import Calls

models, ops = import_torchvision().models, import_torchvision().ops
MOST_ELEMENTS = 40_000


class Branch(nn.Module):
    """Runs a layer and joins what it puts out with what it took."""

    def __init__(self, layer, join):
        super().__init__()
        self.layer = layer
        self.join = join

    def forward(self, x):
        return self.join(x, self.layer(x))


def call(name, *args, place=functional, **kwargs):
    """A module that calls a function, looked up when it runs, as in F.relu(x): a tool may watch."""
    return Calls(lambda _, x: getattr(place, name)(x, *args, **kwargs))


class Drawer:
    """Draws layers for maps of some rank (1, 2 or 3 dimensions) and some shape."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.rank = self.rng.choice((1, 2, 2, 2, 2, 3))
        self.channels = 0
        self.size = ()

    def of(self, *values):
        return self.rng.choice(values)

    def nn(self, name):
        return getattr(nn, f"{name}{self.rank}d")

    def groups(self):
        return self.of(*(n for n in (1, 2, 4) if self.channels % n == 0))

    # -- what multiplies ---------------------------------------------------------------------------

    def convolution(self):
        groups, stride = self.groups(), self.of(1, 1, 2)
        return self.nn("Conv")(
            self.channels, groups * self.of(2, 4), self.of(1, 3), stride,
            self.of(0, 1, "valid", "same" if stride == 1 else 0), self.of(1, 2), groups,
            self.of(True, False), self.of("zeros", "reflect", "circular"),
        )  # fmt: skip

    def depthwise_convolution(self):
        return self.nn("Conv")(
            self.channels, self.channels, 3, padding=1, groups=self.channels,
            bias=self.of(True, False),
        )  # fmt: skip

    def transposed_convolution(self):
        return self.nn("ConvTranspose")(
            self.channels, 4, self.of(2, 3), self.of(1, 2), groups=self.groups(),
            bias=self.of(True, False),
        )  # fmt: skip

    def convolution_as_a_function(self):
        weight = nn.Parameter(torch.zeros(4, self.channels, *(1,) * self.rank))
        name = f"conv{self.rank}d"
        return Calls(lambda m, x: getattr(functional, name)(x, m.kernel), kernel=weight)

    def convolution_of_a_library(self):
        if self.rank != 2:
            return None
        return self.of(
            lambda: ops.Conv2dNormActivation(
                self.channels, 8, activation_layer=self.of(nn.ReLU, nn.SiLU, nn.Hardswish)
            ),
            lambda: timm_layers.ConvNormAct(self.channels, 8, 3),
            lambda: timm_layers.create_conv2d(self.channels, 8, 3, stride=2, padding="same"),
            lambda: timm_layers.ScaledStdConv2d(self.channels, 8, 3),
            lambda: timm_layers.StdConv2d(self.channels, 8, 3),
            lambda: timm_layers.MixedConv2d(self.channels, 8, [3, 5], depthwise=False),
            lambda: blocks.InvertedResidual(
                self.channels, 8, se_layer=self.of(None, blocks.SqueezeExcite)
            ),
            lambda: blocks.ConvBnAct(self.channels, 8, 3),
            lambda: models.mobilenetv2.InvertedResidual(self.channels, 8, 2, 3),
            lambda: models.resnet.BasicBlock(self.channels, self.channels),
            lambda: models.densenet._DenseLayer(self.channels, 4, 2, 0.0),
            lambda: models.squeezenet.Fire(self.channels, 2, 4, 4),
        )()

    # -- normalization -----------------------------------------------------------------------------

    def normalization(self):
        affine, tracked = self.of(True, False), self.of(True, False)
        return self.of(
            lambda: self.nn("BatchNorm")(self.channels, affine=affine, track_running_stats=tracked),
            lambda: self.nn("InstanceNorm")(
                self.channels, affine=affine, track_running_stats=tracked
            ),
            lambda: nn.GroupNorm(self.groups(), self.channels, affine=affine),
            lambda: nn.LayerNorm([self.channels, *self.size], elementwise_affine=affine),
            lambda: nn.LayerNorm(self.size[-1:], elementwise_affine=affine, bias=tracked),
            lambda: nn.RMSNorm(self.size[-1:], elementwise_affine=affine),
            lambda: nn.LocalResponseNorm(self.of(3, 5)),
            lambda: nn.SyncBatchNorm(self.channels),
            lambda: call("group_norm", self.groups()),
            lambda: call("instance_norm"),
            lambda: call("layer_norm", self.size[-1:]),
            lambda: call("batch_norm", None, None, training=True),
        )()

    def normalization_of_a_library(self):
        if self.rank != 2:
            return None
        return self.of(
            ops.FrozenBatchNorm2d, timm_layers.BatchNormAct2d, timm_layers.LayerNorm2d,
            timm_layers.LayerNormAct2d, timm_layers.FrozenBatchNormAct2d,
            models.convnext.LayerNorm2d,
            partial(timm_layers.GroupNorm, num_groups=self.groups()),
            partial(timm_layers.GroupNormAct, num_groups=self.groups()), timm_layers.GroupNorm1,
        )(self.channels)  # fmt: skip

    # -- activations -------------------------------------------------------------------------------

    def activation(self):
        kind = self.of(
            nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.CELU, nn.SELU, nn.SiLU, nn.Mish,
            nn.Hardswish, nn.Hardsigmoid, nn.Hardtanh, nn.RReLU,
        )  # fmt: skip
        return kind(inplace=self.of(True, False))

    def activation_never_in_place(self):
        return self.of(
            nn.GELU, partial(nn.GELU, "tanh"), nn.Sigmoid, nn.Tanh, nn.LogSigmoid, nn.Softplus,
            nn.Softsign, nn.Softshrink, nn.Hardshrink, nn.Tanhshrink, nn.PReLU,
            partial(nn.PReLU, self.channels), partial(nn.Threshold, 0.1, 0.0),
        )()  # fmt: skip

    def activation_as_a_function(self):
        plain = ("relu", "sigmoid", "tanh", "relu_", "selu", "celu")
        return self.of(
            lambda: call(self.of(*plain), place=self.of(functional, torch)),
            lambda: call(self.of("relu", "sigmoid", "tanh", "relu_"), place=torch.Tensor),
            lambda: call(
                self.of(
                    "relu6", "leaky_relu", "elu", "gelu", "silu", "mish", "hardswish",
                    "hardsigmoid", "hardtanh", "softplus",
                )
            ),
            lambda: call(self.of("relu", "silu", "elu", "relu6", "hardswish"), inplace=True),
        )()  # fmt: skip

    def activation_of_a_library(self):
        name = self.of("relu", "gelu", "gelu_tanh", "swish", "mish", "hard_swish", "prelu", "tanh")
        return timm_layers.create_act_layer(name)

    def softmax(self):
        dim = self.rng.randrange(1, self.rank + 2)
        return self.of(
            lambda: nn.Softmax(dim),
            lambda: nn.Softmin(dim),
            lambda: nn.LogSoftmax(dim),
            lambda: nn.Softmax2d() if self.rank == 2 else None,
            lambda: call("softmax", dim),
            lambda: call("softmax", dim, place=torch),
            lambda: call("softmax", dim, place=torch.Tensor),
        )()

    # -- maps grow and shrink ----------------------------------------------------------------------

    def pooling(self):
        kernel, ceil = self.of(2, 3), self.of(True, False)
        return self.of(
            lambda: self.nn("MaxPool")(kernel, self.of(1, 2), self.of(0, 1), ceil_mode=ceil),
            lambda: self.nn("AvgPool")(kernel, self.of(1, 2), self.of(0, 1), ceil_mode=ceil),
            lambda: self.nn("LPPool")(2, kernel, self.of(1, 2), ceil_mode=ceil),
            lambda: self.nn("AdaptiveAvgPool")(self.of(2, 3, 5)),
            lambda: self.nn("AdaptiveMaxPool")(self.of(2, 3, 5)),
            lambda: nn.FractionalMaxPool2d(2, output_ratio=0.7) if self.rank == 2 else None,
            lambda: (
                timm_layers.create_pool2d(self.of("max", "avg"), 3, 2, padding="same")
                if self.rank == 2
                else None
            ),
        )()

    def pooling_as_a_function(self):
        kernel = self.of(2, 3)
        return self.of(
            lambda: call(f"max_pool{self.rank}d", kernel),
            lambda: call(f"avg_pool{self.rank}d", kernel),
            lambda: call(f"lp_pool{self.rank}d", 2, kernel),
            lambda: call(f"adaptive_avg_pool{self.rank}d", self.of(2, 3)),
            lambda: call(f"adaptive_max_pool{self.rank}d", self.of(2, 3)),
        )()

    def upsampling(self):
        modes = {1: ("linear",), 2: ("bilinear", "bicubic"), 3: ("trilinear",)}[self.rank]
        mode = self.of("nearest", "nearest-exact", "area", *modes)
        to = self.of(
            {"scale_factor": 2}, {"size": tuple(n + 3 for n in self.size)},
            {"scale_factor": 2.0},
        )  # fmt: skip
        return self.of(
            lambda: nn.Upsample(mode=mode, **to),
            lambda: call("interpolate", mode=mode, **to),
            lambda: nn.UpsamplingNearest2d(**to) if self.rank == 2 else None,
            lambda: nn.UpsamplingBilinear2d(**to) if self.rank == 2 else None,
        )()

    def padding(self):
        kind = self.of("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad", "ConstantPad")
        return self.nn(kind)(*((1, 0.5) if kind == "ConstantPad" else (1,)))

    def moving(self):
        """What changes no value, or drops some in training only."""
        return self.of(
            nn.Identity,
            nn.Dropout,
            self.nn("Dropout"),
            lambda: nn.ChannelShuffle(self.groups()) if self.rank == 2 else None,
            lambda: nn.PixelUnshuffle(2) if self.rank == 2 else None,
            lambda: nn.PixelShuffle(2) if self.rank == 2 else None,
            lambda: ops.StochasticDepth(0.5, "row"),
            lambda: timm_layers.DropPath(0.5),
            lambda: timm_layers.BlurPool2d(self.channels) if self.rank == 2 else None,
            lambda: Calls(
                lambda m, x: m.perceptron(x.transpose(1, -1).contiguous()).transpose(1, -1),
                perceptron=nn.Linear(self.channels, 4),
            ),
        )()

    products = (
        lambda x, gate: torch.mul(x, gate),  # noqa: PLW0108  # looked up when it runs
        lambda x, gate: x.mul(gate),
        lambda x, gate: x * gate,
        lambda x, gate: x.mul_(gate),
    )
    joins = (
        *products,
        lambda x, y: torch.add(x, y),  # noqa: PLW0108
        lambda x, y: x.add(y),
        lambda x, y: x + y,
        lambda x, y: y.add_(x),
        lambda x, y: x - y,
        lambda x, y: torch.cat([x, y], 1),
    )

    # -- branches ----------------------------------------------------------------------------------

    def squeeze_and_excitation(self):
        if self.rank != 2:
            return None
        return self.of(
            lambda: ops.SqueezeExcitation(self.channels, 4),
            lambda: timm_layers.create_attn(
                self.of("se", "ese", "eca", "ecam", "ceca", "cbam", "lcbam", "gc", "bat"),
                self.channels,
            ),
            lambda: Branch(
                nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(self.channels, self.channels, 1)),
                self.of(*self.products),
            ),
        )()

    def shortcut(self):
        layer = self.of(self.depthwise_convolution, self.normalization, self.softmax)()
        return layer and Branch(layer, self.of(*self.joins))

    def layer(self):
        """Draw a layer, or None where the one drawn does not exist at this rank."""
        return self.of(
            *[self.convolution] * 3, self.depthwise_convolution, self.transposed_convolution,
            self.convolution_as_a_function, self.convolution_of_a_library,
            *[self.normalization] * 3, self.normalization_of_a_library,
            *[self.activation] * 2, self.activation_never_in_place, self.activation_as_a_function,
            self.activation_of_a_library, self.softmax, *[self.pooling] * 2,
            self.pooling_as_a_function, *[self.upsampling] * 2, self.padding, self.moving,
            self.squeeze_and_excitation, *[self.shortcut] * 2,
        )()  # fmt: skip


def fits(image: torch.Tensor | None, rank: int) -> bool:
    return (
        image is not None
        and image.dim() == rank + 2
        and min(image.shape[2:]) > 1
        and image.numel() <= MOST_ELEMENTS
    )


def run(layer: nn.Module | None, image: torch.Tensor) -> torch.Tensor | None:
    """Return what a layer makes of an image, or None if it can't take it."""
    try:
        return layer and layer.eval()(image.clone())
    except (RuntimeError, ValueError, AssertionError, NotImplementedError):
        return None  # too small for the layer: another is drawn


@torch.no_grad()
def draw(seed: int) -> tuple[nn.Module, tuple[int, ...]]:
    """Draw a network in evaluation mode, and the shape of an image for it."""
    drawer = Drawer(seed)
    size = tuple(drawer.rng.randrange(7, 18) for _ in range(drawer.rank))
    image = torch.zeros(drawer.of(1, 1, 2), drawer.of(3, 4), *size)
    shape = tuple(image.shape)
    chain: list[nn.Module] = []
    length = drawer.rng.randrange(2, 12)
    while len(chain) < length:
        drawer.channels, drawer.size = image.shape[1], tuple(image.shape[2:])
        layer = drawer.layer()
        out = run(layer, image)
        if fits(out, drawer.rank):
            chain.append(layer)
            image = out
    if drawer.of(True, False):
        pool = drawer.of(drawer.nn("AdaptiveAvgPool")(1), drawer.nn("AdaptiveMaxPool")(1))
        chain += [pool, nn.Flatten(), nn.Linear(image.shape[1], 5, bias=drawer.of(True, False))]
    return nn.Sequential(*chain).eval(), shape
