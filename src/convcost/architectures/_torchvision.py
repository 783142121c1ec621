"""The remedy for a torchvision whose operators do not load beside a CPU build of torch.

PyPI's torchvision for Linux is built for CUDA.
Beside a CPU build of torch its library of C++ operators cannot be loaded, the operators ``nms`` and
``qnms`` have no schema, and ``import torchvision`` ends with "operator torchvision::nms does not
exist", although no classification network ever calls them.
Giving the two their schemas first is enough; calling them still fails, and says so.

With a matching torchvision the library loads, brings the schemas itself, and nothing is done here.

``convcost`` calls `import_torchvision`. For those who import torchvision first, tools/install.py
puts a copy of this file into an environment with such a torchvision, and has Python call
`help_every_import` when it starts. That is why this file imports nothing of this package, and torch
only in its functions: ``import torch`` must neither be slower for it nor depend on it.
"""

import importlib
import sys
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
)
from types import ModuleType

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_SCHEMAS = {"torchvision::nms": _SCHEMA, "torchvision::qnms": _SCHEMA}


def define_missing_operators() -> tuple[str, ...]:
    """Give torchvision's operators their schemas where its own library cannot.

    Safe to call at any time, before or after torchvision is imported, and more than once.
    It does not import torchvision.

    Returns
    -------
    tuple of str
        The names defined by this call: empty where torchvision's library loads, where torchvision
        is not installed, and at a second call.
    """
    import torch

    if not _missing() or _load_library():
        return ()
    defined = _missing()
    for name in defined:
        torch.library.define(name, _SCHEMAS[name])
    return defined


def import_torchvision() -> ModuleType:
    """Import torchvision, defining its missing operators first where there are any.

    Returns
    -------
    module
        ``torchvision``, with ``torchvision.models`` imported.

    Raises
    ------
    ImportError
        If torchvision is not installed.
    """
    define_missing_operators()
    return importlib.import_module("torchvision")


def help_every_import() -> None:
    """Let ``import torchvision`` define the missing operators by itself from now on.

    Neither torch nor torchvision is imported before torchvision is asked for.
    """
    sys.meta_path.insert(0, _Finder)


class _Finder:
    """Finds torchvision, and nothing else, where Python does; gives it a loader with the remedy."""

    @staticmethod
    def find_spec(name: str, *_: object) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name) if name == "torchvision" else None
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Runs torchvision's own file as Python does, the remedy before it."""

    def exec_module(self, module: ModuleType) -> None:
        define_missing_operators()
        super().exec_module(module)


def _missing() -> tuple[str, ...]:
    """Return the operators that have no schema yet."""
    import torch

    return tuple(
        name for name in _SCHEMAS if not hasattr(torch.ops.torchvision, name.split("::")[1])
    )


def _load_library() -> bool:
    """Load torchvision's operators as torchvision itself does; say if no remedy is needed.

    The library has to be tried first: once the schemas are defined here, it cannot bring its own.
    """
    from importlib.util import find_spec

    import torch

    package = find_spec("torchvision")
    if package is None or not package.submodule_search_locations:
        return True
    finder = FileFinder(
        package.submodule_search_locations[0], (ExtensionFileLoader, EXTENSION_SUFFIXES)
    )
    library = finder.find_spec("_C")
    if library is None or library.origin is None:
        return False
    try:
        torch.ops.load_library(library.origin)  # type: ignore[no-untyped-call]  # torch's own gap
    except OSError:  # built for another torch: the case that this module is for
        return False
    return not _missing()
