"""The remedy for a torchvision whose operators do not load beside a CPU build of torch.

PyPI's torchvision for Linux is built for CUDA.
Beside a CPU build of torch its library of C++ operators cannot be loaded, the operators ``nms`` and
``qnms`` have no schema, and ``import torchvision`` ends with "operator torchvision::nms does not
exist", although no classification network ever calls them.
Giving the two their schemas first is enough; calling them still fails, and says so.

With a matching torchvision the library loads, brings the schemas itself, and nothing is done here.

Where this package is installed, ``import torch`` itself calls `define_missing_operators`, by the
entry point "torch.backends" in pyproject.toml, so that a plain ``import torchvision`` works too.
That is why torch is imported inside the functions: at the top it would run in a circle.
"""

import importlib
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder
from importlib.util import find_spec
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
