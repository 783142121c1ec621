"""The catalogue of names: complete, true to its sources, and light to walk through."""

import builtins
import gc
import re
import weakref

import pytest
import torch
from torch import nn

from convcost import build, cost, measure, names
from convcost.architectures import catalogue, default_input_size
from convcost.architectures._torchvision import import_torchvision

models = import_torchvision().models


def on_meta(name, **options):
    """Build without memory."""
    with torch.device("meta"):
        return build(name, **options)


def params(model):
    """Count distinct parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


# ---------------------------------------------------------------- the table of names


def test_it_lists_torchvisions_networks_and_no_name_twice():
    listed = names()
    assert names(source="torchvision") == sorted(models.list_models(module=models))
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("name", names(source="torchvision"))
def test_default_size_is_the_smallest_of_torchvisions_weights(name):
    sizes = {w.transforms.keywords["crop_size"] for w in models.get_model_weights(name)}
    assert default_input_size(name) == (1, 3, min(sizes), min(sizes))


@pytest.mark.parametrize("name", names(source="timm"))
def test_default_size_is_timms(name):
    import timm

    assert default_input_size(name)[1:] == timm.get_pretrained_cfg(name.split("/")[1]).input_size


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda entry: entry.name)
def test_the_year_is_that_of_the_preprint(entry):
    """An arXiv number begins with year and month."""
    pattern = rf"[A-Z].+ {entry.year}, arXiv {entry.year % 100}\d\d\.\d{{4,5}}"
    assert re.fullmatch(pattern, entry.paper)


def test_search_by_family_and_source():
    assert names(family="densenet") == ["densenet121", "densenet161", "densenet169", "densenet201"]
    assert names(family="VGG", source="paper") == [f"paper/vgg-{c}" for c in
                                                   ("a", "a-lrn", "b", "c", "d", "e")]  # fmt: skip
    assert names(family="VGG", source="timm") == []
    by_family = [name for family in catalogue.families() for name in names(family=family)]
    by_source = [name for source in catalogue.sources() for name in names(source=source)]
    assert sorted(by_family) == sorted(by_source) == sorted(names())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"family": "resnets"}, ValueError, "no family 'resnets'; there are .*mean 'ResNet'"),
        ({"source": "pytorch"}, ValueError, "no source 'pytorch'; there are .*mean 'torchvision'"),
        ({"family": 50}, TypeError, "a family is named by a string .*not 50"),
    ],
)
def test_an_unknown_family_or_source_gets_the_nearest(arguments, error, message):
    with pytest.raises(error, match=message):
        names(**arguments)


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'timm/legacy_xception'"):
        build("timm/xception")
    with pytest.raises(ValueError, match="did you mean 'keras/nasnet-mobile'"):
        build("keras/nasnetmobile")
    with pytest.raises(ValueError, match="did you mean 'resnet50'"):
        catalogue.default_accuracy("resnet51")


# ---------------------------------------------------------------- the table of accuracies


def test_accuracy_belongs_to_weights_not_to_a_network():
    # torchvision's table of weights, and Keras's of applications.
    of_resnet50 = {a.weights: a.top1_percent for a in catalogue.accuracies()
                   if a.name == "resnet50"}  # fmt: skip
    of_densenet = {a.weights: (a.top1_percent, a.top5_percent) for a in catalogue.accuracies()
                   if a.name == "densenet121"}  # fmt: skip
    assert of_resnet50 == {"IMAGENET1K_V1": 76.13, "IMAGENET1K_V2": 80.858}
    assert of_densenet == {"IMAGENET1K_V1": (74.434, 91.972), "Keras": (75.0, 92.3)}


def test_comparisons_take_one_recipe():
    by_name = {name: [a for a in catalogue.accuracies() if a.name == name] for name in names()}
    for name, rows in by_name.items():
        default = catalogue.default_accuracy(name)
        assert [a for a in rows if a.is_default] == ([default] if default else [])
        weights = {a.weights for a in rows}
        if "IMAGENET1K_V1" in weights:
            assert default.weights == "IMAGENET1K_V1"
        elif weights == {"Keras"}:
            assert default.weights == "Keras"
        else:
            assert default is None
    without = {n for n, rows in by_name.items() if rows and not any(a.is_default for a in rows)}
    assert without == {"vit_h_14", "regnet_y_128gf"}  # trained on other images first


def test_keras_has_24_rows_with_a_network_each():
    rows = catalogue.keras_models()
    assert len({row.model for row in rows}) == len({row.name for row in rows}) == len(rows) == 24
    assert {row.name for row in rows} <= set(names())


# ---------------------------------------------------------------- NASNet and pre-activation


def test_nasnet_mobile_is_that_of_the_paper_and_of_keras():
    found = measure("keras/nasnet-mobile")
    # Keras's summary: 5,326,716 in all, 36,738 of them not trainable.
    assert (found.params, found.buffers) == (5_326_716 - 36_738, 36_738)
    # Zoph et al. 2017, table 2, NASNet-A (4 @ 1056): 5.3 M parameters, 564 M multiply-adds.
    assert round(found.params / 1e6, 1) == 5.3
    assert round(found.macs / 1e6) == 564
    assert on_meta("keras/nasnet-mobile").fc.in_features == 1056


def test_nasnet_mobiles_cells_halve_odd_maps_upwards():
    cells = on_meta("keras/nasnet-mobile").cells
    sides = []
    for cell in cells:
        cell.register_forward_hook(lambda _, __, out: sides.append(out.shape[-1]))
    on_cells = on_meta("keras/nasnet-mobile")
    on_cells.cells = cells
    on_cells(torch.empty(1, 3, 224, 224, device="meta"))
    assert sides == [56, 28, *[28] * 4, 14, *[14] * 4, 7, *[7] * 4]


@pytest.mark.parametrize(
    ("width", "message"), [(30, "multiple of 4"), (0, "at least 1"), (4.0, "a positive int")]
)
def test_nasnet_mobile_refuses_a_width_that_it_cannot_quarter(width, message):
    with pytest.raises((TypeError, ValueError), match=message):
        on_meta("keras/nasnet-mobile", width=width)


@pytest.mark.parametrize(
    ("depth", "total", "not_trainable"),
    # Keras's summaries.
    [(50, 25_613_800, 45_440), (101, 44_675_560, 97_664), (152, 60_380_648, 143_744)],
)
def test_preactivation_resnets_are_keras_s(depth, total, not_trainable):
    with_biases = measure(on_meta(f"keras/resnet-{depth}-v2", conv_bias=True))
    assert (with_biases.params, with_biases.buffers) == (total - not_trainable, not_trainable)


@pytest.mark.parametrize("depth", [50, 101, 152])
def test_preactivation_resnets_have_timms_parameters(depth):
    import timm

    with torch.device("meta"):
        timms = timm.create_model(f"resnetv2_{depth}")
    assert params(on_meta(f"keras/resnet-{depth}-v2")) == params(timms)


def test_a_preactivation_stage_halves_its_map_in_its_last_block():
    # Keras's summary of ResNet50V2: conv2_block3_out is (28, 28, 256), and so on.
    model = on_meta("keras/resnet-50-v2")
    shapes = []
    for block in model.blocks:
        block.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape[1:3])))
    model(torch.empty(1, 3, 224, 224, device="meta"))
    assert shapes == [
        *[(256, 56)] * 2, *[(256, 28)],
        *[(512, 28)] * 3, *[(512, 14)],
        *[(1024, 14)] * 5, *[(1024, 7)],
        *[(2048, 7)] * 3,
    ]  # fmt: skip


def test_a_preactivation_block_of_zeros_leaves_its_shortcut():
    model = build("keras/resnet-50-v2", width=4).eval()
    for block in model.blocks[1:3]:
        nn.init.zeros_(block.conv3.weight)
        maps = torch.randn(1, 16, 9, 9)
        stride = block.conv2.stride[0]
        assert torch.equal(block(maps), maps[:, :, ::stride, ::stride])


# ---------------------------------------------------------------- a source that is missing


def test_without_timm_its_networks_say_so_and_the_others_go_on(monkeypatch):
    real = builtins.__import__

    def without_timm(name, *arguments, **keywords):
        if name.partition(".")[0] == "timm":
            raise ModuleNotFoundError("No module named 'timm'", name="timm")
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_timm)
    assert names(source="timm")
    sentence = r"'timm/nasnetalarge' comes from the package timm, .* pip install timm"
    with pytest.raises(ModuleNotFoundError, match=sentence):
        measure("timm/nasnetalarge")
    assert measure("alexnet").params == 61_100_840


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"pretrained": True}, TypeError, "no option 'pretrained'"),
        ({"num_classes": 0}, ValueError, "num_classes is 0"),
        ({"widht": 3}, TypeError, "timm cannot build 'timm/mobilenetv1_100' with widht=3"),
    ],
)
def test_bad_options_of_timms_networks(options, error, message):
    with pytest.raises(error, match=message):
        on_meta("timm/mobilenetv1_100", **options)


# ---------------------------------------------------------------- one after the other


def test_a_measured_network_leaves_nothing_behind(monkeypatch):
    """One of each family, and those that `test_counts_are_exact` does not measure."""
    of_families = [names(family=family)[0] for family in catalogue.families()]
    some = [*of_families, *names(source="keras"), *names(source="timm")]
    built = []

    def watched(name, **options):
        network = build(name, **options)
        built.append(weakref.ref(network))
        return network

    def modules_alive():
        gc.collect()
        return sum(issubclass(type(thing), nn.Module) for thing in gc.get_objects())

    measure("alexnet")  # what is imported with the first network stays
    on_meta("timm/mobilenetv1_100")
    before = modules_alive()
    monkeypatch.setattr(cost, "build", watched)
    for name in some:
        assert measure(name, default_input_size(name)).macs > 0
        if built[-1]() is not None:
            gc.collect()
        assert built.pop()() is None, name
    assert modules_alive() == before
