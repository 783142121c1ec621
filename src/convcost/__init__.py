"""What a convolutional network costs: parameters, multiply-adds, activations.

The public names load what they need when first used, so that ``import convcost.arithmetic`` needs
neither torch nor a chart library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convcost.architectures import build, names
    from convcost.arithmetic.ledger import ledger
    from convcost.arithmetic.networks import NetworkSpec
    from convcost.conventions._records import LayerCost, ModelCost
    from convcost.cost import measure, summary

__all__ = [
    "LayerCost", "ModelCost", "NetworkSpec", "build", "ledger", "measure", "names", "summary",
]  # fmt: skip

_HOMES = {
    "LayerCost": "convcost.conventions._records",
    "ModelCost": "convcost.conventions._records",
    "NetworkSpec": "convcost.arithmetic.networks",
    "build": "convcost.architectures",
    "ledger": "convcost.arithmetic.ledger",
    "measure": "convcost.cost",
    "names": "convcost.architectures",
    "summary": "convcost.cost",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(
            f"module 'convcost' has no attribute {name!r}; it has {', '.join(__all__)}"
        )
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
