"""The catalogue: one table of networks, and one of the accuracies published for sets of weights.

`catalogue.csv` is the one place where a network gets its name: a row says what builds it, and what
is known of it. `keras.csv` has a row for each row of Keras's table of applications
(keras.io/api/applications), with the name here of the same network and the total that Keras's
``count_params()`` gives.
The accuracies of torchvision's weights stand in torchvision itself.
"""

import csv
import math
import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.resources import files

from convcost.architectures._options import nearest
from convcost.architectures._torchvision import import_torchvision

__all__ = [
    "Accuracy", "Entry", "KerasModel", "accuracies", "default_accuracy", "entries", "families",
    "find", "keras_models", "names", "sources",
]  # fmt: skip

FIRST = "IMAGENET1K_V1"
"""torchvision's name for a network's first weights, by whatever recipe: see `Accuracy.recipe`."""

KERAS = "Keras"
"""What the weights of Keras's table are called here."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One network of the catalogue.

    Attributes
    ----------
    name : str
        What `convcost.build` takes.
    source : str
        Where it is built from: "paper", "cifar" and "keras" are our own tables, "torchvision" and
        "timm" those packages.
    builder : str
        For our own tables a module of this package and its function, such as "vgg.vgg"; empty for
        the packages, which know their networks by name.
    argument : str
        What the builder takes first, such as a depth; empty if nothing.
    family : str
        Networks of one design, such as "ResNet".
    year : int
        Of the paper's first preprint.
    paper : str
        Citation.
    image : int
        Default height and width of the input, in pixels.
    """

    name: str
    source: str
    builder: str
    argument: str
    family: str
    year: int
    paper: str
    image: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What one set of weights reaches on ImageNet's validation images, single center crop.

    Attributes
    ----------
    name : str
        The network.
    weights : str
        torchvision's name of the weights, or "Keras".
    top1_percent, top5_percent : float
        Share of images whose class is the first guess, or among the first five.
    image : int
        Height and width at which it was measured, in pixels.
    source : str
        Where the figure and the recipe of training are published: an address.
    recipe : {"simple", "the paper's", "DeiT's", "new", "ported", "more data", "Keras", "not said"}
        How the weights were trained, as torchvision's documentation says of them: "new" is
        torchvision's recipe of 2021, "ported" weights were trained elsewhere, by the authors for
        one, and "more data" saw more images than ImageNet's.
    is_default : bool
        Whether comparisons take these weights: torchvision's first, and Keras's for networks that
        torchvision has no weights for.
    """

    name: str
    weights: str
    top1_percent: float
    top5_percent: float
    image: int
    source: str
    recipe: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class KerasModel:
    """One row of Keras's table of applications.

    Attributes
    ----------
    model : str
        Keras's name.
    name : str
        The same network here.
    image : int
        Default height and width of the input, in pixels.
    top1_percent, top5_percent, parameters_millions : float
        As printed.
    count_params : int
        Keras's own count, of which the table prints millions; statistics of batch norm are in it.
    """

    model: str
    name: str
    image: int
    top1_percent: float
    top5_percent: float
    parameters_millions: float
    count_params: int


def entries() -> list[Entry]:
    """Return the rows of the catalogue.

    Returns
    -------
    list of Entry
        Ours, then torchvision's, then timm's.
    """
    return list(_ENTRIES.values())


def find(name: str) -> Entry:
    """Return a network's row.

    Parameters
    ----------
    name : str
        A name of the catalogue; or of one of the CIFAR networks that it does not list, which come
        in any depth.

    Raises
    ------
    TypeError
        If the name is no string.
    ValueError
        If there is no such network; the message has the nearest.
    """
    if not isinstance(name, str):
        raise TypeError(
            f"a network's name is a string such as 'resnet50', not {type(name).__name__}"
        )
    if name in _ENTRIES:
        return _ENTRIES[name]
    kind, _, depth = name.rpartition("-")
    if kind in ("cifar/plain", "cifar/resnet") and depth.isdecimal():
        return replace(_ENTRIES[f"{kind}-20"], name=name, argument=depth)
    raise ValueError(f"there is no network {name!r}; convcost.names() lists them{_meant(name)}")


def names(family: str | None = None, source: str | None = None) -> list[str]:
    """Name the networks that `convcost.build` knows.

    Parameters
    ----------
    family : str, optional
        Only those of one family, such as "ResNet"; upper and lower case are the same.
    source : str, optional
        Only those of one source: "paper", "cifar", "keras", "torchvision" or "timm".

    Returns
    -------
    list of str
        Ours, ``paper/…``, ``cifar/…`` and ``keras/…``; torchvision's 80 classification networks,
        with bare names; ``timm/…``, which need the package timm to be built. Of the CIFAR networks
        the depths of the paper; `build` takes any ``cifar/resnet-N`` and ``cifar/plain-N`` with
        N = 6n + 2.

    Raises
    ------
    ValueError
        If there is no such family or source; the message has the nearest and all there are.
    """
    if family is not None:
        family = _chosen("family", family, families())
    if source is not None:
        source = _chosen("source", source, sources())
    return [
        entry.name
        for entry in entries()
        if family in (None, entry.family) and source in (None, entry.source)
    ]


def families() -> list[str]:
    """Return the families, in the order of their first papers."""
    by_year = sorted(entries(), key=lambda entry: entry.year)
    return list(dict.fromkeys(entry.family for entry in by_year))


def sources() -> list[str]:
    """Return the sources, in the order of the catalogue."""
    return list(dict.fromkeys(entry.source for entry in entries()))


def keras_models() -> list[KerasModel]:
    """Return the rows of Keras's table of applications."""
    return [
        KerasModel(
            row["model"], row["name"], int(row["image"]), float(row["top1_percent"]),
            float(row["top5_percent"]), float(row["parameters_millions"]), int(row["count_params"]),
        )
        for row in _rows("keras.csv")
    ]  # fmt: skip


def accuracies() -> list[Accuracy]:
    """Return the published accuracies, one for each set of weights.

    Returns
    -------
    list of Accuracy
        torchvision's from the metadata of its weights, those of Keras's table after them. An
        accuracy belongs to weights and the recipe that made them, not to a network: torchvision's
        ResNet-50 has 76.13 and 80.858.
    """
    models = import_torchvision().models
    found = []
    for name in names(source="torchvision"):
        for weights in models.get_model_weights(name):
            metrics = weights.meta["_metrics"]["ImageNet-1K"]
            if math.isnan(metrics["acc@1"]):
                continue  # weights of features, with no classifier
            found.append(
                Accuracy(
                    name, weights.name, metrics["acc@1"], metrics["acc@5"],
                    weights.transforms.keywords["crop_size"], weights.meta["recipe"],
                    _recipe(weights.meta["_docs"]), weights.name == FIRST,
                )
            )  # fmt: skip
    torchvisions = {accuracy.name for accuracy in found}
    return found + [
        Accuracy(
            row.name, KERAS, row.top1_percent, row.top5_percent, row.image,
            "https://keras.io/api/applications/", KERAS, row.name not in torchvisions,
        )
        for row in keras_models()
    ]  # fmt: skip


def default_accuracy(name: str) -> Accuracy | None:
    """Return the accuracy of a network that comparisons take, or None if it has none.

    Parameters
    ----------
    name : str
        A name of the catalogue.

    Raises
    ------
    ValueError
        If there is no such name.
    """
    find(name)
    return next((a for a in accuracies() if a.name == name and a.is_default), None)


def _recipe(documentation: str) -> str:
    """Return how torchvision's documentation says that weights were trained."""
    for words, recipe in (
        ("SWAG", "more data"),
        ("new training recipe", "new"),
        ("ported from", "ported"),
        ("DeIT", "DeiT's"),
        ("simpl", "simple"),  # simple, or simplified
        ("results of the paper", "the paper's"),
    ):
        if words in documentation:
            return recipe
    return "not said"


# Table 1 of VGG's paper has letters, where everybody else says how many layers there are.
_VGG_LETTERS = {"11": "a", "13": "b", "16": "d", "19": "e"}


def _bare(name: str) -> str:
    """Leave out of a name what people write in several ways."""
    return re.sub(r"[^a-z0-9/]", "", name.lower())


def _meant(name: str) -> str:
    """Return the end of a message that offers what somebody may have meant by a name."""
    base, _, tag = name.partition(".")
    *library, own = base.lower().split("/")
    asked = _bare(own)
    by_layers = re.fullmatch(r"vgg(11|13|16|19)", asked)
    if library == ["paper"] and by_layers:
        letter = _VGG_LETTERS[by_layers[1]]
        return f"; did you mean 'paper/vgg-{letter}', which has {by_layers[1]} layers?"
    bare = {_bare(known): known for known in names()}
    timms = bool(tag) or library == ["timm"]
    near = get_close_matches(_bare(base), list(bare), n=1, cutoff=0.75 if timms else 0.5)
    found = [one for one in ("/".join([*library, asked]), asked, *near) if one in bare]
    end = f"; did you mean {bare[found[0]]!r}?" if found else ""
    if timms:
        made = f"timm.create_model({name.rpartition('/')[2]!r})"
        return f"; for timm's own, give measure the module, {made}{end}"
    return end


def _rows(table: str) -> list[dict[str, str]]:
    """Read one of the tables that stand beside this module."""
    lines = files("convcost.architectures").joinpath(table).read_text(encoding="utf-8")
    return list(csv.DictReader(lines.splitlines()))


# Read once, when this module is imported: every look-up of a name would read it again.
_ENTRIES = {
    row["name"]: Entry(**{**row, "year": int(row["year"]), "image": int(row["image"])})  # type: ignore[arg-type]
    for row in _rows("catalogue.csv")
}


def _chosen(kind: str, given: str, known: list[str]) -> str:
    """Return what was meant among what there is, whatever the case."""
    if not isinstance(given, str):
        raise TypeError(f"a {kind} is named by a string such as {known[0]!r}, not {given!r}")
    for one in known:
        if one.lower() == given.lower():
            return one
    if len(known) > 30:
        there_are = "convcost.names() lists them"
    else:
        there_are = f"there are {', '.join(known)}"
    raise ValueError(f"there is no {kind} {given!r}; {there_are}{nearest(given, known)}")
