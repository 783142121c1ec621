"""NASNet-A for mobile devices, 4 @ 1056: two cells found by search, stacked.

Zoph, Vasudevan, Shlens & Le 2018, "Learning transferable architectures for scalable image
recognition", arXiv 1707.07012, figure 4 and appendix A.4, laid out as in Keras's NASNetMobile.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from convcost.architectures._options import initialize, positive_int

STEM_CHANNELS = 32
CELLS_PER_STAGE = 4
STAGES = 3
CELL_OUTPUTS = 6
"""A normal cell outputs six maps of its width, one beside the other; a reduction cell four."""


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Build a batch norm with Keras's constants, which show in no count."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=1 - 0.9997)


def pad_to_halve(x: Tensor, kernel: int, value: float = 0.0) -> Tensor:
    """Pad a map so that a window with stride 2 outputs half of it, rounded up.

    Where the map's side is even, less is put on top and to the left, as TensorFlow does.

    Parameters
    ----------
    x : torch.Tensor
        (batch, channels, height, width).
    kernel : int
        Odd height and width of the window.
    value : float
        What to pad with.
    """
    most = kernel // 2
    top, left = (most - (side + 1) % 2 for side in x.shape[-2:])
    return functional.pad(x, (left, most, top, most), value=value)


class SeparableTwice(nn.Module):
    """ReLU, depthwise and 1x1 convolution, batch norm; all of it twice, the stride in the first.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of input and output.
    kernel : int
        Height and width of the depthwise convolutions.
    stride : {1, 2}
        Factor by which height and width shrink, rounded up.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel = kernel
        self.stride = stride
        self.relu = nn.ReLU()
        half = kernel // 2
        self.depthwise1 = nn.Conv2d(
            in_channels, in_channels, kernel, stride,
            padding=half if stride == 1 else 0, groups=in_channels, bias=False,
        )  # fmt: skip
        self.pointwise1 = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn1 = batch_norm(out_channels)
        self.depthwise2 = nn.Conv2d(
            out_channels, out_channels, kernel, padding=half, groups=out_channels, bias=False
        )
        self.pointwise2 = nn.Conv2d(out_channels, out_channels, 1, bias=False)
        self.bn2 = batch_norm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, h, w) to (batch, out_channels, h / stride, w / stride)."""
        x = self.relu(x)
        if self.stride == 2:
            x = pad_to_halve(x, self.kernel)
        x = self.bn1(self.pointwise1(self.depthwise1(x)))
        out: Tensor = self.bn2(self.pointwise2(self.depthwise2(self.relu(x))))
        return out


def project(in_channels: int, out_channels: int) -> nn.Sequential:
    """Build ReLU, 1x1 convolution and batch norm."""
    return nn.Sequential(
        nn.ReLU(), nn.Conv2d(in_channels, out_channels, 1, bias=False), batch_norm(out_channels)
    )


class Halve(nn.Module):
    """Halve an older map for a cell: every other position, and those one further on.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of input and output; half of the latter come from each set of positions.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        self.thin = nn.AvgPool2d(1, 2)
        self.conv1 = nn.Conv2d(in_channels, out_channels // 2, 1, bias=False)
        self.conv2 = nn.Conv2d(in_channels, out_channels // 2, 1, bias=False)
        self.bn = batch_norm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, h, w) to (batch, out_channels, h / 2, w / 2), rounded up."""
        x = self.relu(x)
        shifted = functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
        halves = [self.conv1(self.thin(x)), self.conv2(self.thin(shifted))]
        out: Tensor = self.bn(torch.cat(halves, 1))
        return out


class Cell(nn.Module):
    """What the two cells share: how they fit the last map and the one before to their width.

    Parameters
    ----------
    in_channels : int
        Channels of the last map.
    old_channels : int
        Channels of the map before it.
    width : int
        Channels of every layer in the cell.
    halve_old : bool
        The older map is twice as high and wide as the last.
    keep_old : bool
        Take the older map as it is, whatever its channels.
    """

    def __init__(
        self, in_channels: int, old_channels: int, width: int, *, halve_old: bool, keep_old: bool
    ) -> None:
        super().__init__()
        self.fit: nn.Module = project(in_channels, width)
        self.fit_old: nn.Module = nn.Identity()
        self.old_channels = width
        if halve_old:
            self.fit_old = Halve(old_channels, width)
        elif keep_old:
            self.old_channels = old_channels
        elif old_channels != width:
            self.fit_old = project(old_channels, width)


class NormalCell(Cell):
    """Figure 4, left: five sums of two, on maps that keep their size."""

    def __init__(self, in_channels: int, old_channels: int, width: int, *, halve_old: bool) -> None:
        super().__init__(in_channels, old_channels, width, halve_old=halve_old, keep_old=False)
        self.out_channels = CELL_OUTPUTS * width
        self.new5 = SeparableTwice(width, width, 5, 1)
        self.old3 = SeparableTwice(width, width, 3, 1)
        self.old5 = SeparableTwice(width, width, 5, 1)
        self.old3_again = SeparableTwice(width, width, 3, 1)
        self.new3 = SeparableTwice(width, width, 3, 1)
        self.pool = nn.AvgPool2d(3, 1, padding=1, count_include_pad=False)

    def forward(self, x: Tensor, old: Tensor) -> Tensor:
        """Map (batch, in_channels, h, w) to (batch, 6 width, h, w)."""
        new, old = self.fit(x), self.fit_old(old)
        sums = [
            self.new5(new) + self.old3(old),
            self.old5(old) + self.old3_again(old),
            self.pool(new) + old,
            self.pool(old) + self.pool(old),
            self.new3(new) + new,
        ]
        return torch.cat([old, *sums], 1)


class ReductionCell(Cell):
    """Figure 4, right: five sums of two, four of them its output, on maps half as high and wide."""

    def __init__(
        self,
        in_channels: int,
        old_channels: int,
        width: int,
        *,
        halve_old: bool = False,
        keep_old: bool = False,
    ) -> None:
        super().__init__(in_channels, old_channels, width, halve_old=halve_old, keep_old=keep_old)
        self.out_channels = (CELL_OUTPUTS - 2) * width
        self.new5 = SeparableTwice(width, width, 5, 2)
        self.old7 = SeparableTwice(self.old_channels, width, 7, 2)
        self.old7_again = SeparableTwice(self.old_channels, width, 7, 2)
        self.old5 = SeparableTwice(self.old_channels, width, 5, 2)
        self.sum3 = SeparableTwice(width, width, 3, 1)
        self.max_pool = nn.MaxPool2d(3, 2)
        self.avg_pool = nn.AvgPool2d(3, 2)
        self.sum_pool = nn.AvgPool2d(3, 1, padding=1, count_include_pad=False)

    def forward(self, x: Tensor, old: Tensor) -> Tensor:
        """Map (batch, in_channels, h, w) to (batch, 4 width, h / 2, w / 2), rounded up."""
        new, old = self.fit(x), self.fit_old(old)
        padded = pad_to_halve(new, 3)
        first = self.new5(new) + self.old7(old)
        second = self.max_pool(padded) + self.old7_again(old)
        return torch.cat(
            [
                second,
                self.avg_pool(padded) + self.old5(old),
                second + self.sum_pool(first),
                self.sum3(first) + self.max_pool(padded),
            ],
            1,
        )


class NASNetMobile(nn.Module):
    """A 3x3 convolution, two reduction cells, three stages of normal cells, a linear layer.

    Parameters
    ----------
    num_classes : int
        Outputs of the last layer.
    width : int
        Channels of a layer in the first stage's cells; it doubles at every stage.
    """

    def __init__(self, num_classes: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, STEM_CHANNELS, 3, 2, bias=False)
        self.bn = batch_norm(STEM_CHANNELS)
        # The first cell reads the stem's map twice: there is no older one.
        first = ReductionCell(STEM_CHANNELS, STEM_CHANNELS, width // 4, keep_old=True)
        second = ReductionCell(first.out_channels, STEM_CHANNELS, width // 2, halve_old=True)
        cells: list[NormalCell | ReductionCell] = [first, second]
        old_channels, channels = first.out_channels, second.out_channels
        for stage in range(STAGES):
            for cell in range(CELLS_PER_STAGE):
                normal = NormalCell(channels, old_channels, width * 2**stage, halve_old=cell == 0)
                cells.append(normal)
                old_channels, channels = channels, normal.out_channels
            if stage < STAGES - 1:
                reduction = ReductionCell(channels, old_channels, width * 2 ** (stage + 1))
                cells.append(reduction)
                old_channels, channels = channels, reduction.out_channels
        self.cells = nn.ModuleList(cells)
        self.relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (batch, 3, height, width) to scores (batch, num_classes)."""
        new = self.bn(self.conv(x))
        old = new
        for cell in self.cells:
            new, old = cell(new, old), new
        scores: Tensor = self.fc(torch.flatten(self.avgpool(self.relu(new)), 1))
        return scores


def nasnet_mobile(*, num_classes: int = 1000, width: int = 44) -> NASNetMobile:
    """Build NASNet-A, 4 @ 1056.

    Parameters
    ----------
    num_classes : int
        Outputs of the last layer.
    width : int
        Channels of a layer in the first stage's cells, a multiple of 4; the last map has 24 times
        as many, the 1056 of the network's name.

    Returns
    -------
    NASNetMobile
        Takes (batch, 3, height, width).

    Raises
    ------
    TypeError, ValueError
        If an option has a value that it does not take.
    """
    positive_int("num_classes", num_classes)
    positive_int("width", width)
    if width % 4:
        raise ValueError(
            f"width is {width}; it must be a multiple of 4, as the first cell has a quarter of it"
        )
    model = NASNetMobile(num_classes, width)
    initialize(model)
    return model
