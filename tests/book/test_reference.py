"""The package's reference is complete: every public name, its signature, its words, its source."""

import functools
import importlib
import inspect
import pkgutil
import re
from html import unescape
from html.parser import HTMLParser

import pytest

import convcost

PAGES = ("appendix/package.html", "appendix/package-shows.html")


def public_modules():
    """Return the modules of the package that bear no leading underscore anywhere."""
    found = [module.name for module in pkgutil.walk_packages(convcost.__path__, "convcost.")]
    return ["convcost", *(name for name in found if not re.search(r"\.[_]", name))]


@functools.cache
def public_names():
    """Return (module, name) of all that a module offers: its ``__all__``, else what it defines."""
    found = []
    for module_name in public_modules():
        module = importlib.import_module(module_name)
        names = getattr(module, "__all__", None) or [
            name
            for name, item in vars(module).items()
            if not name.startswith("_") and getattr(item, "__module__", "") == module_name
        ]
        found += [(module_name, name) for name in names]
    return tuple(found)


class Entries(HTMLParser):
    """The text, and the links to sources, of each entry of a page of reference."""

    def __init__(self, html):
        super().__init__()
        self.entries = {}
        self.open = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "dl" and "py" in attributes.get("class", "").split():
            self.open.append(None)
        elif tag == "dl" and self.open:
            self.open.append("inner")
        if tag == "dt" and "sig-object" in attributes.get("class", ""):
            self.open[-1] = attributes.get("id")
            self.entries[self.open[-1]] = {"text": "", "source": None}
        if tag == "a" and "source-link" in attributes.get("class", "") and self.open:
            self.entries[self.open[-1]]["source"] = attributes["href"]

    def handle_endtag(self, tag):
        if tag == "dl" and self.open:
            self.open.pop()

    def handle_data(self, data):
        for name in {name for name in self.open if name in self.entries}:
            self.entries[name]["text"] += data


@pytest.fixture(scope="module")
def entries(site):
    found = {}
    for page in PAGES:
        found |= Entries((site / page).read_text(encoding="utf-8")).entries
    return found


def entry_of(entries, module, name):
    """Return the entry of a name, under the module that defines it or one that offers it."""
    item = getattr(importlib.import_module(module), name)
    home = f"{getattr(item, '__module__', module)}.{getattr(item, '__name__', name)}"
    offered = [f"{module}.{name}", home]
    if callable(item):  # a builder's figure is listed where readers import it from
        offered += [f"{other}.{n}" for other, n in public_names() if n == name]
    return next((entries[key] for key in offered if key in entries), None), item


def squeezed(text):
    return re.sub(r"[\s`*\\]+", "", unescape(text)).replace("“", '"').replace("”", '"')


@pytest.mark.parametrize(("module", "name"), public_names())
def test_every_public_name_is_in_the_reference(entries, site, module, name):
    entry, item = entry_of(entries, module, name)
    assert entry, f"{module}.{name} is on neither page of the reference"
    # Its source is published, and it is the source of that name.
    source = (site / "appendix" / entry["source"]).resolve().read_text(encoding="utf-8-sig")
    assert re.search(rf"^(?:def|class) {name}\b|^{name}\b.*=", source, re.M)
    if not (inspect.isfunction(item) or inspect.isclass(item)):
        return
    # What it is in one sentence, and each of its parameters.
    summary = re.split(r"(?<=[.:])\s", inspect.cleandoc(item.__doc__))[0]
    shown = squeezed(entry["text"]).replace("’", "'")
    assert squeezed(re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"\1", summary)) in shown
    if inspect.isfunction(item):
        for parameter in inspect.signature(item).parameters:
            assert parameter in entry["text"]


def test_there_is_something_to_refer_to():
    names = public_names()
    assert len(names) > 100
    assert ("convcost.arithmetic", "conv_params") in names
    assert not any("._" in module for module, _ in names)


def test_published_sources_are_the_ones_of_the_package(site):
    published = {
        path.relative_to(site / "_downloads" / "convcost").as_posix().removesuffix(".txt"): path
        for path in (site / "_downloads" / "convcost").rglob("*.txt")
    }
    package = importlib.resources.files("convcost")
    assert "units.py" in published
    for name, path in published.items():
        assert path.read_text(encoding="utf-8-sig") == (package / name).read_text(encoding="utf-8")
