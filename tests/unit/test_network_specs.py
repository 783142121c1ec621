"""What describes no network is refused, in words that say what to give."""

import pytest

from convcost import NetworkSpec, build, ledger
from convcost.arithmetic.networks import spec_of
from tests.unit.random_specs import random_spec

GOOD = {"family": "vgg", "blocks": (1, 1), "widths": (8, 16)}


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"family": "resnet"}, ValueError, "family='resnet'; give 'vgg' or 'plain' or"),
        ({"shortcut": "D"}, ValueError, "shortcut='D'"),
        ({"stride_in": "5x5"}, ValueError, "stride_in='5x5'"),
        ({"head": "avg"}, ValueError, "head='avg'; give 'fc' or 'gap'"),
        ({"blocks": [1, 1]}, ValueError, r"blocks=\[1, 1\]; give a tuple"),
        ({"widths": (8,)}, ValueError, r"widths=\(8,\); give a tuple with a number for each stage"),
        ({"blocks": (0, 1)}, ValueError, r"blocks\[0\]=0; give an integer of at least 1"),
        ({"blocks": (1, -1)}, ValueError, r"blocks\[1\]=-1; give an integer of at least 0"),
        ({"blocks": (1, 1.5)}, TypeError, r"blocks\[1\]=1.5; give an integer"),
        ({"blocks": (True, 1)}, TypeError, r"blocks\[0\]=True"),
        ({"widths": (8, 0)}, ValueError, r"widths\[1\]=0"),
        ({"in_height": 0}, ValueError, "in_height=0"),
        ({"in_width": "9"}, TypeError, "in_width='9'"),
        ({"num_classes": None}, TypeError, "num_classes=None"),
        ({"stem_kernel": 4}, ValueError, "stem_kernel=4; give an odd one"),
        ({"stem_pool": True}, ValueError, "stem_pool=True without a stem"),
        ({"bias": 1}, TypeError, "bias=1; give True or False"),
        ({"blocks": (1, 0), "pointwise": (0, 1)}, ValueError, "at least one block"),
        ({"family": "basic", "padding": False}, ValueError, "padding=False for 'basic'"),
        ({"family": "plain", "pointwise": (1, 0)}, ValueError, "only family='vgg'"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(values, error, message):
    NetworkSpec(**GOOD)
    with pytest.raises(error, match=message):
        NetworkSpec(**{**GOOD, **values})


@pytest.mark.parametrize(
    "name", ["paper/vgg-a-lrn", "paper/vgg-f", "paper/plain-50", "cifar/resnet-21", "resnet50"]
)
def test_a_network_that_has_no_description_is_refused(name):
    with pytest.raises(ValueError, match=name):
        spec_of(name)


def test_a_name_is_no_description_and_options_belong_into_one():
    with pytest.raises(TypeError, match=r"give a convcost\.NetworkSpec"):
        ledger("paper/vgg-d")
    with pytest.raises(TypeError, match="num_classes beside a NetworkSpec"):
        build(NetworkSpec(**GOOD), num_classes=9)


def test_the_representation_of_a_description_makes_it_anew():
    spec = random_spec(7)
    assert eval(repr(spec), {"NetworkSpec": NetworkSpec}) == spec
