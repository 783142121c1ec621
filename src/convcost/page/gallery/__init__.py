"""The book's figures: a chart, its controls, and two pure functions of the controls' values.

Each chapter's figures stand in the module that is named like the chapter; this package has them
all: every public function of those modules that returns a :class:`LiveFigure`.

A figure that shows real networks takes ``measure``, which is :func:`convcost.measure`, from the
chapter, so that the reader sees where the numbers come from.
A figure that shows a closed form gets it from :mod:`convcost.arithmetic`.
"""

import importlib
import inspect
import pkgutil


def _figures() -> dict[str, object]:
    """Return name -> function of each figure; a new one need not be listed anywhere."""
    found: dict[str, object] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value) and value.__annotations__.get("return") == "LiveFigure":
                found[name] = value
    return found


_found = _figures()
globals().update(_found)
__all__ = [*_found]  # noqa: PLE0604  # all of them are names of functions
