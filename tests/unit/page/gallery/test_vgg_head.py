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
