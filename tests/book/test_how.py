"""What the book says of its own making is so: its tests exist, its tools' licenses are theirs."""

import ast
import importlib.metadata
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "book" / "appendix" / "how.md").read_text()


@cache
def all_tests():
    return {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def named_tests():
    return re.findall(r"`(test_\w+)`", PAGE)


def tools():
    """Return (tool, license) of each row of the page's last table."""
    table = PAGE.partition("| tool | what for | license |")[2]
    rows = re.findall(r"^\| ([\w-]+) \| [^|]+ \| ([^|]+) \|$", table, re.M)
    return [(name, said) for name, said in rows if name.strip("-")]


def declared(name):
    """Return all that a package says of its license in its metadata."""
    about = importlib.metadata.metadata(name)
    words = [about.get("License-Expression"), about.get("License")]
    words += [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
    return " ".join(word for word in words if word).replace("Apache 2.0", "Apache-2.0")


@pytest.mark.parametrize("name", named_tests())
def test_every_test_that_is_named_exists(name):
    assert name in all_tests()


def test_every_kind_of_number_names_its_tests():
    section = PAGE.partition("## Which number must agree with what")[2].partition("\n## ")[0]
    numbers = re.findall(r"^(\S.*)\n: ", section, re.M)
    tests = re.findall(r"^  Tests?: `test_", section, re.M)
    assert len(numbers) == len(tests) >= 15


@pytest.mark.parametrize(("name", "said"), tools())
def test_licenses_are_those_that_the_tools_declare(name, said):
    for license_name in re.split(r", | and ", said):
        if license_name != "others":
            pattern = license_name.replace("Apache-2.0", "Apache")
            assert re.search(rf"\b{pattern}\b", declared(name)), declared(name)[:200]


def test_the_tools_are_those_that_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [*project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        lines += [line for line in group if isinstance(line, str)]
    asked = {re.match(r"[\w-]+", line)[0] for line in lines}
    assert {name for name, _ in tools()} <= asked
    # What a chapter imports is all on the page.
    needed = {re.match(r"[\w-]+", line)[0] for line in project["project"]["dependencies"]}
    assert needed <= {name for name, _ in tools()}


def test_what_is_carried_along_has_its_license_beside_it():
    figures = ROOT / "src" / "convcost" / "page" / "live"
    vendor = ROOT / "book" / "_ext" / "deeper" / "vendor"
    assert "BSD" in (figures / "VENDOR.md").read_text()
    assert "MIT" in (vendor / "katex" / "LICENSE").read_text()
    assert "SIL OPEN FONT LICENSE" in (vendor / "literata" / "LICENSE").read_text()


def test_five_counters_are_run_beside_ours():
    unit = ROOT / "tests" / "unit"
    tested = "".join((unit / f"test_{name}.py").read_text() for name in ("counters", "cost"))
    for tool in ("torchinfo", "fvcore", "ptflops", "thop", "FlopCounterMode"):
        assert tool in PAGE
        assert tool in tested
