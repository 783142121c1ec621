"""What runs in a bare Python while the book is built: no package but convcost can be imported.

``python -I -S bare.py SRC < asked.json > answer.json`` is started by `cells.py`. What works here
works in a page, whose Python has no packages either.
"""

from __future__ import annotations

import contextlib
import json
import pkgutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), sys.argv[1]]

import names  # noqa: E402 - as session
import session  # noqa: E402 - it lies in the folder that was just named


def modules() -> list[str]:
    """Return the files of the package's modules that load here, relative to its folder's parent."""
    source = Path(sys.argv[1])
    names = ["convcost"]
    for found in pkgutil.walk_packages([str(source / "convcost")], "convcost.", lambda _: None):
        with contextlib.suppress(ImportError):
            import_module(found.name)
            names.append(found.name)
    files = (Path(sys.modules[name].__file__ or "") for name in names if name in sys.modules)
    return sorted(path.relative_to(source).as_posix() for path in files)


def torch_free(cells: list[dict[str, Any]]) -> list[bool]:
    """Say of each cell of a page whether it runs here, as on the page, with the same output.

    Parameters
    ----------
    cells : list of dict
        ``source``, and ``outputs`` as `session.run` gives them and the page shows them.
    """
    free: list[str] = []
    verdicts = []
    for cell in cells:
        source = cell["source"]
        verdict = False
        with contextlib.suppress(SyntaxError):  # %pip, and whatever else is no Python
            before = [("above", text) for text in free]
            own = [free[place] for place in names.needed(free, source)]
            if not names.unknown([*own, source]):
                answer = session.run(before, source)
                verdict = answer["ok"] and answer["outputs"] == cell["outputs"]
        verdicts.append(verdict)
        if verdict:
            free.append(source)
    return verdicts


def questions(cells: list[dict[str, Any]]) -> list[bool]:
    """Say of each cell of an assignment whether it can do its work here.

    A stub raises NotImplementedError, and a test fails before anything is written, so that each
    ends in an error says nothing. What tells is what they import, and whether a locked cell above,
    which gives the numbers and helpers, has run.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    missing: set[str] = set()
    verdicts = []
    for cell in cells:
        source = cell["source"]
        free = not names.used(source) & missing and all(
            _loads(line) for line in names.imports(source)
        )
        if free and cell["role"] == "locked":
            session.execute(source, "locked", namespace)
        if not free and cell["role"] != "test":
            missing |= names.bound(source)
        verdicts.append(free)
    return verdicts


def _loads(line: str) -> bool:
    """Say whether an import works here."""
    try:
        exec(line, {})
    except ImportError:
        return False
    return True


def main() -> None:
    """Answer what `cells.py` asks."""
    asked = json.load(sys.stdin)
    answer = {
        "modules": modules(),
        "pages": [torch_free(page) for page in asked["pages"]],
        "assignments": [questions(page) for page in asked["assignments"]],
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
