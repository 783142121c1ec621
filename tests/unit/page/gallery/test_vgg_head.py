"""The figures of VGG's head: what is swapped is what is built."""

import torch

from convcost import build, measure
from tests.unit.page.gallery.figures import figure, rows_at


def test_the_head_swap_is_what_the_builder_builds():
    # Simonyan & Zisserman 2014, table 2: 138 M parameters.
    for pooled, layers, head in ((0, 3, "fc"), (1, 1, "gap")):
        rows = rows_at("head_swap", pooled=pooled, layers=layers, side=7, hidden=4096)
        with torch.device("meta"):
            built = measure(build("paper/vgg-d", head=head))
        assert sum(row["value"] for row in rows.values()) == built.params


def test_the_head_decides_who_has_more_parameters():
    def order(head, count):
        return [row["name"] for row in figure("heads_compared").rows(head=head, count=count)]

    assert order("own", "params") == ["VGG-16", "ResNet-34"]
    assert order("gap", "params") == order("fc", "params") == ["ResNet-34", "VGG-16"]
    for head in ("own", "gap", "fc"):
        assert order(head, "macs") == ["VGG-16", "ResNet-34"]
        assert "VGG has" in figure("heads_compared").finding(head=head, count="macs")
    # Published with torchvision's weights: 138,357,544 and 21,797,672 parameters.
    assert "VGG has 6.3 times as many" in figure("heads_compared").finding(
        head="own", count="params"
    )


def test_what_a_switch_saves_depends_on_which_is_turned_first():
    """Pencil and paper: 512 · 7 · 7 or 512 values in, 4096 hidden units twice, 1000 classes."""

    def total(pooled, layers):
        rows = rows_at("head_swap", pooled=pooled, layers=layers, side=7, hidden=4096)
        return sum(row["value"] for row in rows.values())

    own, averaged, dropped, both = total(0, 3), total(1, 3), total(0, 1), total(1, 1)
    assert own - averaged == 48 * 512 * 4096
    assert averaged - both == 513 * 4096 + 4097 * 4096 + 4097 * 1000 - 513 * 1000
    assert own - dropped == 25089 * 4096 + 4097 * 4096 + 4097 * 1000 - 25089 * 1000
    assert dropped - both == 48 * 512 * 1000
    # Either alone takes about four fifths of the head, as the chapter says.
    head = own - 14_714_688
    assert [round(saved / head, 2) for saved in (own - averaged, own - dropped)] == [0.81, 0.80]
