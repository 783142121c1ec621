"""The figures of one convolution show what torch does."""

import pytest
import torch

from tests.unit.page.gallery.figures import figure

WINDOWS = [(3, 1, 1, 1), (3, 2, 1, 1), (2, 2, 0, 1), (3, 1, 2, 2), (5, 3, 2, 1), (1, 2, 0, 3)]


@pytest.mark.parametrize(("kernel", "stride", "pad", "dilation"), WINDOWS)
def test_the_window_reads_what_torch_reads(kernel, stride, pad, dilation):
    image = torch.ones(1, 1, 6, 6, requires_grad=True)
    ones = torch.ones(1, 1, kernel, kernel)
    out = torch.nn.functional.conv2d(image, ones, None, stride, pad, dilation)
    for step, value in enumerate(out.flatten(), start=1):
        (seen,) = torch.autograd.grad(value, image, retain_graph=True)
        rows = figure("sliding_window").rows(kernel, stride, pad, dilation, step)
        read = {(r["row"], r["column"]) for r in rows if r["state"] == "pixel, read now"}
        assert read == {(i + 1, j + 1) for i, j in seen[0, 0].nonzero().tolist()}
        assert sum("read now" in row["state"] for row in rows) == kernel**2
        now = [r for r in rows if r["state"] == "computed now"]
        assert [(r["row"] - 1) * out.shape[-1] + r["column"] for r in now] == [step]
        assert sum(row["state"] == "computed" for row in rows) == step - 1


@pytest.mark.parametrize(("kernel", "stride", "pad", "dilation"), WINDOWS)
def test_the_numbers_in_the_cells_are_torchs(kernel, stride, pad, dilation):
    """Pixels and weights as they stand there, and for the sums what torch makes of them."""
    shown = figure("sliding_window")

    def at(step):
        setting = {"kernel": kernel, "stride": stride, "pad": pad, "dilation": dilation}
        return shown.rows(**setting, step=step), shown.finding(**setting, step=step)

    rows, _ = at(1)
    pixels = [r["value"] for r in rows if r["grid"] == "input" and r["state"].startswith("pixel")]
    image = torch.tensor(pixels, dtype=torch.float).reshape(1, 1, 6, 6)
    weights = [row["weight"] for row in rows if row["weight"] is not None]
    window = torch.tensor(weights, dtype=torch.float).reshape(1, 1, kernel, kernel)
    sums = torch.nn.functional.conv2d(image, window, None, stride, pad, dilation).flatten()
    assert len(set(sums.tolist())) > 1
    for step, total in enumerate(sums.tolist(), start=1):
        rows, finding = at(step)
        known = [r["value"] for r in rows if r["grid"] == "output" and r["value"] is not None]
        assert known == sums[:step].tolist()
        read = [row for row in rows if row["weight"] is not None]
        assert [row["weight"] for row in read] == weights
        assert sum(row["value"] * row["weight"] for row in read) == total
        assert f"add up to {total:.0f}," in finding


def test_a_window_that_fits_nowhere_is_explained():
    shown = figure("sliding_window")
    rows = shown.rows(kernel=5, stride=1, pad=0, dilation=2, step=3)
    assert {row["state"] for row in rows if row["grid"] == "output"} == {"outside"}
    finding = shown.finding(kernel=5, stride=1, pad=0, dilation=2, step=3)
    assert "spans 9 × 9 pixels" in finding
    assert "fits nowhere" in finding


def test_shared_weights_are_those_of_torchs_layers():
    rows = figure("shared_weights").rows(side=7, channels=16, kernel=3)
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
        rows = figure("channel_groups").rows(groups=groups)
        linked = [r["in"] for r in rows if r["out"] == channel and r["state"] == "connected"]
        assert linked == [i + 1 for i in seen.flatten().nonzero().flatten().tolist()]


@pytest.mark.parametrize(
    ("stride", "pixels", "follows"), [(1, 1, True), (2, 2, True), (2, 1, False)]
)
def test_a_map_follows_a_shift_by_multiples_of_the_stride(stride, pixels, follows):
    """What the chapter says of shared weights, away from the edges."""
    image, kernel = torch.rand(1, 1, 12, 12), torch.rand(1, 1, 3, 3)
    there = torch.nn.functional.conv2d(image, kernel, stride=stride)
    here = torch.nn.functional.conv2d(image[..., pixels:], kernel, stride=stride)
    moved = there[..., max(pixels // stride, 1) :]
    assert torch.allclose(here[..., : moved.shape[-1]], moved, atol=1e-6) == follows
