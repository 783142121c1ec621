"""The figures of stacked 3 x 3 layers: the paper's numbers, and autograd's fields."""

import pytest
import torch

from tests.unit.page.gallery.figures import VGG_11, figure, rows_at


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
    rows = figure("field_growth").rows(depth=depth, kernel=kernel)
    (now,) = [row for row in rows if row["state"] == "now"]
    assert now["side"] == int((seen[0, 0] != 0).any(0).sum())
    assert [row["state"] for row in rows] == ["before"] * (depth - 1) + ["now"] + ["after"] * (
        8 - depth
    )


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
        squares = {r["name"]: r["side"] for r in figure("network_field").rows(layer=number)}
        side = int((seen[0, 0] != 0).any(0).sum())
        assert squares[f"{number}: {name}"] == side
