"""The house is built as its plan says: who imports whom, one set of versions, nothing leaks."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tools import lock

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "convcost"

# What each part of the package imports: other parts, and other packages. Nothing else but the
# standard library. A part is a module or folder at the package's root, or one in ``page``.
IMPORTS = {
    "arithmetic": {"conventions"},
    "units": set(),
    "conventions": {"units", "pandas"},
    "memory": {"_measure", "architectures", "cost", "torch"},
    "faults": {"conventions"},
    "_measure": {"conventions", "pandas", "torch", "torchinfo"},
    "architectures": {"arithmetic", "timm", "torch"},
    "cost": {"_measure", "architectures", "conventions", "torch"},
    "__main__": {"_measure", "architectures", "conventions", "cost", "units"},
    "page/shown": set(),
    "page/training": {"torch"},
    "page/glue": {"IPython"},
    "page/frames": {"IPython", "pandas"},
    "page/bibliography": {"pybtex"},
    "page/questions": {"page/shown"},
    "page/palette": set(),
    "page/drawing": {"page/palette", "page/shown", "units"},
    "page/stills": {"page/drawing", "page/palette", "page/shown"},
    "page/charts": {"page/palette", "altair"},
    "page/live": {"page/palette", "page/shown", "altair", "anywidget", "ipywidgets", "traitlets",
                  "vl_convert"},
    "page/gallery": {"page/live", "page/charts", "page/drawing", "page/palette", "units",
                     "arithmetic", "conventions", "cost", "memory", "ipywidgets", "pandas",
                     "torch"},
}  # fmt: skip
COUNTS = {part for part in IMPORTS if not part.startswith("page/")}


def part_named(names: list[str]) -> str:
    """Return the part of the package that a dotted name, split, belongs to."""
    return "/".join(names[: 2 if names[0] == "page" else 1])


def imported_parts(path: Path) -> set[str]:
    """Return the parts and packages that a file imports, anywhere in it, for types only or not."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively: name the module in full"
            # `from convcost import units` imports a module, `from torch import nn` need not.
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    found = set()
    for name in names:
        top, *rest = name.split(".")
        if top == "convcost":
            found.add(part_named(rest))
        elif top not in sys.stdlib_module_names:
            found.add(top)
    return found


def imports_of_parts() -> dict[str, set[str]]:
    """Return what the files of each part import from outside of it."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        part = part_named(list(path.relative_to(PACKAGE).with_suffix("").parts))
        # The faces of the package and of `page` load nothing, or each name on demand (see below).
        if part not in ("__init__", "page/__init__"):
            found.setdefault(part, set()).update(imported_parts(path) - {part})
    return found


def test_each_part_imports_what_the_plan_says_and_the_plan_says_no_more():
    assert imports_of_parts() == IMPORTS


def test_what_counts_knows_nothing_of_what_shows():
    for part in COUNTS:
        assert not {name for name in IMPORTS[part] if name.startswith("page/")}, part


def test_the_root_of_the_package_is_small_to_the_eye():
    names = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}

    assert len(names - {"__init__", "__pycache__"}) <= 10


def test_the_plan_of_imports_has_no_cycle():
    def below(part):
        direct = IMPORTS.get(part, set())
        return direct.union(*map(below, direct))

    for part in IMPORTS:
        assert part not in below(part)


TRAINING = ("memory/", "_measure/saved.py")
BY_FORMULA = "arithmetic/"
TIMING = "_measure/timing.py"  # counts nothing, and nothing that counts needs it
APART = ("architectures/", "page/", "__main__.py", *TRAINING, TIMING, BY_FORMULA)


def lines_of(paths: list[Path]) -> int:
    """Count lines of code and docstrings, without empty ones and comments."""
    lines = [line.strip() for path in paths for line in path.read_text().splitlines()]
    return sum(bool(line) and not line.startswith("#") for line in lines)


def test_what_counts_a_network_can_be_read_in_an_evening_and_all_else_that_counts_in_another():
    """Apart: the networks' tables, the command, all that shows, what tells time and not cost."""
    parts = {path: path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    network = [path for path, part in parts.items() if not part.startswith(APART)]
    training = [path for path, part in parts.items() if part.startswith(TRAINING)]
    by_formula = [path for path, part in parts.items() if part.startswith(BY_FORMULA)]

    assert 2000 < lines_of(network) <= 2750
    assert 300 < lines_of(training) <= 600
    assert 1000 < lines_of(by_formula) <= 1600
    assert 100 < lines_of([PACKAGE / TIMING]) <= 400


def test_a_chapters_figures_stand_in_a_module_that_is_named_like_it():
    chapters = {path.stem.replace("-", "_") for path in (ROOT / "book").rglob("*.md")}
    modules = {
        path.stem
        for path in (PACKAGE / "page" / "gallery").glob("*.py")
        if re.search(r"^def \w+\([^)]*\) -> LiveFigure:", path.read_text(), re.M)
    }

    assert modules
    assert modules <= chapters


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("convcost", ("torch", "altair", "pandas", "ipywidgets", "convcost.page")),
        ("convcost.arithmetic.ledger", ("torch", "altair", "pandas", "ipywidgets")),
        ("convcost.arithmetic", ("torch", "altair", "pandas", "ipywidgets")),
        ("convcost.units", ("torch", "altair", "pandas", "ipywidgets")),
        ("convcost.cost", ("altair", "ipywidgets", "convcost.page")),
        ("convcost.page.charts", ("torch",)),
        ("convcost.page.live.figure", ("torch", "convcost.arithmetic")),
        ("convcost.page.gallery", ("torch",)),
    ],
)
def test_an_import_loads_no_more_than_it_needs(module, absent):
    code = f"import sys, {module}; print(*(name for name in {absent} if name in sys.modules))"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.split() == []


def test_a_network_is_counted_by_formula_without_torch_or_pandas():
    code = (
        "import sys, convcost; from convcost.arithmetic.networks import spec_of;"
        "cost = convcost.ledger(spec_of('paper/resnet-50')); cost.operations('fvcore');"
        "print(cost.params, *(name for name in ('torch', 'pandas') if name in sys.modules))"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.split() == ["25557032"]


# -- one set of versions ---------------------------------------------------------------------------


def test_environment_yml_is_what_the_lock_says():
    assert (ROOT / "environment.yml").read_text() == lock.environment_yml(lock.read_pins("run"))


def test_binder_gets_the_locked_versions_for_the_cpu():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    lines = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    locked = {pin.split(" ;")[0] for pin in lock.read_pins("run")}

    assert lines[0] == "--extra-index-url=https://download.pytorch.org/whl/cpu"
    assert {line.removesuffix("+cpu") for line in lines[1:]} <= locked
    for name in ("torch", "torchvision"):
        assert next(line for line in lines if line.startswith(f"{name}==")).endswith("+cpu")


@pytest.mark.parametrize("group", lock.GROUPS)
def test_a_lock_pins_versions_and_names_no_source(group):
    pins = lock.read_pins(group)

    assert pins
    for pin in pins:
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", pin), pin


def test_no_package_stands_in_two_locks():
    names = {
        group: {Requirement(pin).name for pin in lock.read_pins(group)} for group in lock.GROUPS
    }

    for one, other in combinations(names, 2):
        assert not names[one] & names[other]


def test_the_locks_cover_what_pyproject_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    # A group's lock may rely on the locks below it.
    reach = {group: list(lock.GROUPS)[: n + 1] for n, group in enumerate(lock.GROUPS)}
    asked = {group: [line for line in groups[group] if isinstance(line, str)] for group in groups}
    asked["run"] += project["project"]["dependencies"]

    for group, lines in asked.items():
        pins = [Requirement(pin) for name in reach[group] for pin in lock.read_pins(name)]
        for asked_for in map(Requirement, lines):
            found = [pin for pin in pins if pin.name == asked_for.name.lower().replace("_", "-")]
            assert found, f"{asked_for} is not locked: run make lock"
            for pin in found:
                assert asked_for.specifier.contains(next(iter(pin.specifier)).version)


def test_the_tests_run_on_the_locked_versions():
    for group in lock.GROUPS:
        for pin in map(Requirement, lock.read_pins(group)):
            if pin.marker is None or pin.marker.evaluate():
                assert pin.specifier.contains(importlib.metadata.version(pin.name)), pin


def test_the_locks_lack_nothing():
    check = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True,
                           check=False)  # fmt: skip

    assert check.returncode == 0, check.stdout


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())

    assert project["version"] == citation["version"] == importlib.metadata.version("convcost")


# -- what is written where -------------------------------------------------------------------------


def repository_files() -> list[Path]:
    """Return the files that are, or are about to be, under version control."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def test_no_file_names_a_package_registry_or_a_folder_of_somebodys_machine():
    # In pieces, so that this file holds to it too.
    hosts = ["pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs"]
    hosts += ["deb." + "debian.org", "jsdelivr" + ".net", "unpkg" + ".com"]
    folders = [f"(?<![\\w.}}])/{name}/[a-z]" for name in ("home", "Users", "work", "opt", "root")]
    forbidden = re.compile("|".join([*map(re.escape, hosts), *folders]))
    found = []
    for path in repository_files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue  # a font, a picture
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in forbidden.finditer(text)]

    assert found == []


# Written by a command, not by hand.
GENERATED = ("book/assignments/", "benchmarks/node/package-lock.json", "requirements/")
LONG = 400
# What is somebody else's, or data.
NOT_CODE = re.compile(r"/vendor/|/vega\.|\.(csv|svg|png|bib|woff2)$|^LICENSE")


def test_a_long_file_says_in_its_first_lines_why_it_is_one():
    silent = []
    for path in repository_files():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(GENERATED) or NOT_CODE.search(name):
            continue
        lines = path.read_text().splitlines()
        if len(lines) > LONG and f"Over {LONG} lines: " not in "\n".join(lines[:12]):
            silent.append(f"{name}: {len(lines)} lines")

    assert silent == []


def test_what_makes_the_environment_needs_only_the_standard_library():
    assert imported_parts(ROOT / "tools" / "install.py") == set()


def test_what_readme_and_contributing_name_is_there():
    readme, contributing = ((ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md"))
    named = set(re.findall(r"^    ([\w./]+/) ", readme, re.M))
    named |= set(re.findall(r"`([\w./-]+/[\w./-]*)`", contributing))
    commands = set(re.findall(r"`make ([\w-]+)", readme + contributing))

    assert len(named) >= 20
    made = "_build"  # what a command makes
    assert [name for name in sorted(named) if not (ROOT / name).exists() and made not in name] == []
    assert commands <= set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))


def test_every_chapter_is_in_the_table_of_contents():
    contents = (ROOT / "_toc.yml").read_text()
    listed = set(re.findall(r"(?:root|file): *([\w/.-]+)", contents))
    book = ROOT / "book"
    chapters = {
        path.relative_to(book).with_suffix("").as_posix()
        for path in book.rglob("*.md")
        if path.relative_to(book).parts[0] != "_ext"
    }

    assert chapters == {name.removesuffix(".md") for name in listed}


def test_only_the_book_is_published(site):
    sources = {path.relative_to(site / "_sources") for path in (site / "_sources").rglob("*.*")}

    assert sources
    for path in sources:
        assert (ROOT / "book" / path).exists(), path


# -- style and types -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)],
    ids=" ".join,
)
def test_style_and_types(command):
    run = [sys.executable, "-m", *command]

    checked = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr
