"""The remedy for torchvision, each case in an interpreter of its own: schemas stay defined."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from textwrap import dedent

import pytest

import convcost
from tools import install

SOURCE = Path(convcost.__file__).parents[1]

# Takes away what the install step may have left here: its remedy would help before it is asked to.
BARE = """
    import sys
    sys.meta_path = [one for one in sys.meta_path if one.__module__ != "_torchvision_remedy"]
"""

# As torchvision's own: it loads its library if it can, then registers a fake for the operator.
FAKE_TORCHVISION = """
import pathlib
import torch
try:
    torch.ops.load_library(str(pathlib.Path(__file__).with_name("_C.so")))
except OSError:
    pass

@torch.library.register_fake("torchvision::nms")
def fake_nms(dets, scores, iou_threshold):
    return scores
"""

PLAIN_IMPORT = """
    try:
        import torchvision
    except RuntimeError as error:
        print(error)
    else:
        print("imported")
"""

# In place of a library that fits: it brings the schemas, with argument names of its own.
STUB_LIBRARY = """
    import torch

    def load_library(path):
        assert path.endswith("_C.so"), path
        if not hasattr(torch.ops.torchvision, "nms"):
            for name in ("nms", "qnms"):
                torch.library.define(f"torchvision::{name}", "(Tensor stub) -> Tensor")

    torch.ops.load_library = load_library
"""

REMEDY = """
    from convcost.architectures._torchvision import define_missing_operators
    print(define_missing_operators())
    print(define_missing_operators())
"""

SCHEMA = "print(torch.ops.torchvision.nms.default._schema)"


def run(*pieces, path=(), as_installed=False):
    """Run pieces of a script in a fresh interpreter that takes warnings as errors; its lines."""
    script = "\n".join(dedent(piece) for piece in ([] if as_installed else [BARE]) + [*pieces])
    search = os.pathsep.join(map(str, [*path, SOURCE]))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def fake_torchvision(folder):
    """Write a torchvision whose library is no library, so that it does not load."""
    package = folder / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(FAKE_TORCHVISION)
    (package / "_C.so").write_bytes(b"built for another torch")
    return folder


def test_defines_the_schemas_where_the_library_does_not_load(tmp_path):
    lines = run(PLAIN_IMPORT, REMEDY, PLAIN_IMPORT, path=[fake_torchvision(tmp_path)])
    assert lines == [
        "operator torchvision::nms does not exist",
        "('torchvision::nms', 'torchvision::qnms')",
        "()",
        "imported",
    ]


def test_defines_nothing_where_the_library_brings_the_schemas(tmp_path):
    lines = run(
        STUB_LIBRARY,
        REMEDY,
        PLAIN_IMPORT,
        SCHEMA,
        path=[fake_torchvision(tmp_path)],
    )
    assert lines == ["()", "()", "imported", "torchvision::nms(Tensor stub) -> Tensor"]


def test_defines_nothing_after_torchvision_is_imported(tmp_path):
    lines = run(
        STUB_LIBRARY,
        PLAIN_IMPORT,
        REMEDY,
        SCHEMA,
        path=[fake_torchvision(tmp_path)],
    )
    assert lines == ["imported", "()", "()", "torchvision::nms(Tensor stub) -> Tensor"]


def test_defines_nothing_without_torchvision():
    lines = run("import sys; sys.modules['torchvision'] = None", REMEDY)
    assert lines == ["()", "()"]


def test_helps_the_installed_torchvision_if_and_only_if_it_needs_help():
    plain = run(PLAIN_IMPORT)
    first, second, imported = run(REMEDY, PLAIN_IMPORT)
    assert (first == "()") == (plain == ["imported"])
    assert (second, imported) == ("()", "imported")


# ---------------------------------------------------------------- those who import torch themselves


def test_torch_and_torchvision_do_without_the_checkout():
    """In this environment, as if the checkout had been moved away since it was installed."""
    moved_away = f"""
        import sys
        sys.path.remove({str(SOURCE)!r})
        sys.path_importer_cache.clear()
        import torch
        print("convcost" in sys.modules)
        try:
            import convcost
        except ModuleNotFoundError as missing:
            print(missing.name)
    """
    assert run(moved_away, PLAIN_IMPORT, as_installed=True) == ["False", "convcost", "imported"]


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """A stand-in for .venv: this Python, with a torchvision that does not load."""
    fake_torchvision(tmp_path)
    python = tmp_path / "python"
    # It reads no .pth file (-S), of which the environment that runs this test may have one.
    paths = os.pathsep.join([str(tmp_path), sysconfig.get_path("purelib")])
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{paths}" exec "{sys.executable}" -S "$@"\n')
    python.chmod(0o755)
    (tmp_path / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    monkeypatch.setattr(install, "VENV", tmp_path)
    monkeypatch.setattr(install, "PYTHON", python)
    return tmp_path


def start(environment):
    """Return the line that has Python read the environment's .pth files, as when it starts."""
    (folder,) = environment.glob("lib/*/site-packages")
    return f"import site, sys; site.addsitedir({str(folder)!r}); print('torch' in sys.modules)"


def test_the_install_step_helps_whoever_imports_torchvision(environment):
    """And needs nothing of the checkout to do so."""
    install.remedy_torchvision()
    (folder,) = environment.glob("lib/*/site-packages")
    written = sorted(path.name for path in folder.iterdir())
    assert written == ["_torchvision_remedy.pth", "_torchvision_remedy.py"]
    away = f"import sys; sys.path.remove({str(SOURCE)!r})"
    lines = run(away, start(environment), PLAIN_IMPORT, path=[environment])
    assert lines == ["False", "imported"]

    without = "sys.modules['torchvision'] = None"
    plain = """
        try:
            import torchvision
        except ModuleNotFoundError:
            print("none")
    """
    assert run(start(environment), without, plain) == ["False", "none"]
    # Half of it gone, Python complains, and goes on.
    (folder / "_torchvision_remedy.py").unlink()
    assert run(start(environment), "print('on')") == ["False", "on"]


def test_the_install_step_leaves_nothing_where_torchvision_loads(environment):
    (folder,) = environment.glob("lib/*/site-packages")
    for ending in ("py", "pth"):
        (folder / f"_torchvision_remedy.{ending}").write_text("# of a torchvision before")
    (environment / "torchvision" / "__init__.py").write_text("")
    install.remedy_torchvision()
    assert not any(folder.iterdir())
