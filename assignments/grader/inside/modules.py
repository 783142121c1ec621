"""A network passes from the student's process to the judge as its description, never as code.

The description: `torch.nn`'s own layers with their settings, the weights of small networks, and
the order of calls that `torch.fx` finds in `forward`. The judge builds it anew from these names
alone, so what it counts and computes is its own work on the network that the student wrote.
"""

from __future__ import annotations

import inspect
import operator
from typing import Any
from unittest import mock

import torch
from torch import fx, nn

from . import plain

# Weights up to this many travel; larger networks come on the meta device.
MAX_WEIGHTS = 1_000_000
MAX_LAYERS = 2_000

_FUNCTIONS = {
    f"{prefix}.{name}": getattr(home, name)
    for prefix, home, names in (
        (
            "operator",
            operator,
            "add sub mul truediv floordiv mod neg iadd isub imul getitem matmul",
        ),
        (
            "torch",
            torch,
            """relu relu_ add sub mul cat flatten mean zeros_like sigmoid tanh softmax matmul stack
            squeeze unsqueeze zeros""",
        ),
        (
            "functional",
            nn.functional,
            """relu relu_ pad max_pool2d avg_pool2d adaptive_avg_pool2d dropout softmax log_softmax
            gelu silu sigmoid tanh leaky_relu relu6 hardswish conv2d linear batch_norm
            interpolate""",
        ),
    )
    for name in names.split()
}
_NAMES = {function: name for name, function in reversed(_FUNCTIONS.items())}
_METHODS = {
    "add", "add_", "sub", "mul", "mul_", "relu", "relu_", "flatten", "view", "reshape",
    "mean", "sum", "size", "dim", "contiguous", "squeeze", "unsqueeze", "new_zeros",
    "permute", "transpose", "clone", "detach"
}  # fmt: skip
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
_ATTRIBUTES = {"shape", "dtype", "device", "ndim"}


# While fx traces, it replaces these two of every module.
_CALL, _GETATTR = nn.Module.__call__, nn.Module.__getattr__


class _Tracer(fx.Tracer):
    """Follows `forward`; where it asks about a tensor's shape, an example answers."""

    def __init__(self, example: torch.Tensor | None) -> None:
        super().__init__()
        self.example = example
        self.known: dict[fx.Node, Any] = {}

    def create_proxy(self, kind: str, *rest: Any, **named: Any) -> fx.Proxy:
        proxy = super().create_proxy(kind, *rest, **named)
        if self.example is not None:
            with mock.patch.multiple(nn.Module, __call__=_CALL, __getattr__=_GETATTR):
                self.known[proxy.node] = self._run(proxy.node)
        return proxy

    def _run(self, node: fx.Node) -> Any:
        args = fx.node.map_arg(node.args, lambda other: self.known[other])
        settings = fx.node.map_arg(node.kwargs, lambda other: self.known[other])
        with torch.no_grad():
            if node.op == "placeholder":
                return self.example
            if node.op == "call_function":
                return node.target(*args, **settings)
            if node.op == "call_method":
                return getattr(args[0], node.target)(*args[1:], **settings)
            if node.op == "call_module":
                return self.root.get_submodule(node.target).eval()(*args, **settings)
            if node.op == "get_attr":
                return operator.attrgetter(node.target)(self.root)
        return None

    def to_bool(self, asked: fx.Proxy) -> bool:
        if asked.node in self.known:
            return bool(self.known[asked.node])
        return super().to_bool(asked)


def _example(module: nn.Module) -> torch.Tensor | None:
    """Return an input that the first layer accepts, if it says of what width."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            return torch.zeros(2, layer.in_channels, 64, 64)
        if isinstance(layer, nn.Linear):
            return torch.zeros(2, layer.in_features)
    return None


def _trace(module: nn.Module) -> tuple[_Tracer, fx.Graph]:
    tracer = _Tracer(None)
    try:
        return tracer, tracer.trace(module)
    except Exception:
        # Mostly it stopped at an `if` on a shape: trace again, and let an example answer that.
        tracer = _Tracer(_example(module))
        return tracer, tracer.trace(module)


def describe(module: nn.Module) -> dict[str, Any]:
    """Return the description of a module, as what JSON can hold."""
    if fx.Tracer().is_leaf_module(module, "") and not isinstance(module, _CONTAINERS):
        module = nn.Sequential(module)  # fx does not enter torch.nn's own layers
    try:
        tracer, graph = _trace(module)
        # Tracing has answered questions, such as those of a shape: their nodes have no users.
        for node in reversed(graph.nodes):
            if not node.users and node.op in {"call_function", "call_method"}:
                graph.erase_node(node)
        nodes = [_node(node) for node in graph.nodes]
    except Exception as error:
        # Its parameters can still be counted; calling it raises an error that says why it can't.
        tracer, nodes = _Tracer(None), [{"untraced": f"{type(error).__name__}: {error}"[:500]}]
    layers: list[Any] = []
    inside: tuple[str, ...] = ()
    for path, layer in module.named_modules():
        leaf = tracer.is_leaf_module(layer, path) and not isinstance(layer, _CONTAINERS)
        if path and leaf and not path.startswith(inside):
            layers.append([path, type(layer).__name__, _settings(layer)])
            inside += (f"{path}.",)
    loose = [
        [name, list(parameter.shape)]
        for name, parameter in module.named_parameters()
        if not name.startswith(inside)
    ]
    state = module.state_dict()
    weights = None
    if sum(tensor.numel() for tensor in state.values()) <= MAX_WEIGHTS:
        weights = [[name, plain.encode(tensor)] for name, tensor in state.items()]
    return {"layers": layers, "loose": loose, "nodes": nodes, "weights": weights,
            "training": bool(module.training)}  # fmt: skip


def _settings(layer: nn.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, parameter in inspect.signature(type(layer).__init__).parameters.items():
        if name in {"self", "device", "dtype"} or parameter.kind is parameter.VAR_KEYWORD:
            continue
        if name == "bias":
            found[name] = getattr(layer, "bias", None) is not None
        elif hasattr(layer, name):
            found[name] = plain.encode(getattr(layer, name))
    return found


def _node(node: fx.Node) -> dict[str, Any]:
    target: Any = node.target
    if node.op == "call_function":
        if target is getattr:
            target = "getattr"
        elif target in _NAMES:
            target = _NAMES[target]
        elif getattr(target, "__name__", "") in {"boolean_dispatch", "fn"}:
            target = "functional.max_pool2d"
        else:
            home = getattr(target, "__module__", "?")
            raise TypeError(f"{home}.{getattr(target, '__name__', target)} can't be followed")
    return {"name": node.name, "op": node.op, "target": target, "args": _arguments(node.args),
            "kwargs": _arguments(node.kwargs)}  # fmt: skip


def _arguments(argument: Any) -> Any:
    """Return a call's arguments, other nodes by name, as what JSON can hold."""
    if isinstance(argument, fx.Node):
        return {"node": argument.name}
    if isinstance(argument, slice):
        parts = (argument.start, argument.stop, argument.step)
        return {"slice": [_arguments(part) for part in parts]}
    if isinstance(argument, (tuple, list)):
        kind = "tuple" if isinstance(argument, tuple) else "list"
        return {kind: [_arguments(item) for item in argument]}
    if isinstance(argument, dict):
        return {"dict": [[str(key), _arguments(item)] for key, item in argument.items()]}
    if argument is Ellipsis:
        return {"ellipsis": 0}
    if isinstance(argument, torch.dtype):
        return {"dtype": str(argument).removeprefix("torch.")}
    if argument is None or type(argument) in {bool, int, float, str}:
        return argument
    raise TypeError(f"a {type(argument).__name__} in a call can't be followed")


def build(described: Any) -> nn.Module:
    """Return the module that a description stands for.

    Raises
    ------
    plain.NotPlainError
        If it is not a description of `torch.nn`'s layers and common functions.
    """
    try:
        return _build(described)
    except plain.NotPlainError:
        raise
    except Exception as error:
        raise plain.NotPlainError(f"the module can't be built anew: {error}") from error


def _build(described: Any) -> nn.Module:
    layers, weights, nodes = described["layers"], described["weights"], described["nodes"]
    if len(layers) > MAX_LAYERS or len(nodes) > 10 * MAX_LAYERS:
        raise plain.NotPlainError(f"a module of {len(layers)} layers is too large")
    root = nn.Module()
    # On the meta device nothing is allocated, whatever sizes were sent.
    with torch.device("meta"):
        for path, kind, settings in layers:
            _attach(root, path, _layer(kind, settings))
        for path, shape in described["loose"]:
            empty = torch.empty([int(side) for side in shape])
            _attach(root, path, nn.Parameter(empty))
    if weights is not None:
        state = {name: plain.decode(tensor) for name, tensor in weights}
        _fill(root, state)
    if "untraced" in nodes[0]:
        module: nn.Module = root
        reason = str(nodes[0]["untraced"])[:500]
        module.forward = _untraced(reason)  # type: ignore[assignment]
    else:
        known = {path for path, _, _ in layers}, {path for path, _ in described["loose"]}
        module = fx.GraphModule(root, _graph(nodes, *known), class_name="StudentModule")
        for path, _, _ in layers:
            _attach(module, path, root.get_submodule(path))
        for path, _ in described["loose"]:
            _attach(module, path, operator.attrgetter(path)(root))
    module.train(described["training"] is True)
    return module


def _untraced(reason: str) -> Any:
    def forward(*_: Any) -> Any:
        raise TypeError(f"forward can't be followed: {reason}")

    return forward


def _attach(root: nn.Module, path: str, thing: nn.Module | nn.Parameter) -> None:
    if not all(step.replace("_", "a").isalnum() for step in path.split(".")):
        raise plain.NotPlainError(f"{path[:40]} is not a layer's path")
    *outer, name = path.split(".")
    for step in outer:
        if step not in root._modules:
            root.add_module(step, nn.Module())
        root = root._modules[step]  # type: ignore[assignment]
    if isinstance(thing, nn.Module):
        root._modules.pop(name, None)
        root.add_module(name, thing)
    else:
        root.register_parameter(name, thing)


def _layer(kind: str, settings: dict[str, Any]) -> nn.Module:
    if type(settings) is not dict:
        raise plain.NotPlainError("a layer's settings are not a dict")
    # Names of torch.nn that are layers; containers are only ever around them.
    home = getattr(nn, kind, None) if type(kind) is str and kind.isidentifier() else None
    if not (isinstance(home, type) and issubclass(home, nn.Module)):
        raise plain.NotPlainError(f"{str(kind)[:40]} is not a layer of torch.nn")
    return home(**{name: plain.decode(setting) for name, setting in settings.items()})


def _fill(root: nn.Module, state: dict[str, Any]) -> None:
    """Give a module on the meta device its weights, where names and shapes agree."""
    for name, tensor in [*root.named_parameters(), *root.named_buffers()]:
        if name not in state:
            raise plain.NotPlainError(f"the weights of {name} are missing")
        value = torch.as_tensor(state[name])
        if value.shape != tensor.shape:
            raise plain.NotPlainError(f"the weights of {name} do not have its shape")
        home, _, leaf = name.rpartition(".")
        owner = root.get_submodule(home)
        value = value.to(tensor.dtype)
        if isinstance(tensor, nn.Parameter):
            owner._parameters[leaf] = nn.Parameter(value, tensor.requires_grad)
        else:
            owner._buffers[leaf] = value


def _graph(nodes: list[dict[str, Any]], layers: set[str], loose: set[str]) -> fx.Graph:
    # fx writes Python code from the graph and runs it, so no name is taken that is not known.
    graph = fx.Graph()
    made: dict[str, fx.Node] = {}

    def argument(data: Any) -> Any:
        if data is None or type(data) in {bool, int, float, str}:
            return data
        [(kind, inner)] = data.items()
        if kind == "node":
            return made[inner]
        if kind == "slice":
            return slice(*(argument(part) for part in inner))
        if kind in {"tuple", "list"}:
            return (tuple if kind == "tuple" else list)(argument(item) for item in inner)
        if kind == "dict":
            if not all(type(key) is str and key.isidentifier() for key, _ in inner):
                raise plain.NotPlainError("a keyword is not a name")
            return {key: argument(item) for key, item in inner}
        if kind == "ellipsis":
            return Ellipsis
        if kind == "dtype" and inner in plain.DTYPES:
            return getattr(torch, inner)
        raise plain.NotPlainError(f"{str(kind)[:40]} is not an argument")

    for node in nodes:
        op, target = node["op"], node["target"]
        args, kwargs = argument(node["args"]), argument(node["kwargs"])
        if op == "call_function" and target == "getattr":
            if args[1] not in _ATTRIBUTES:
                raise plain.NotPlainError(f"a tensor's {str(args[1])[:40]} is not accepted")
            made[node["name"]] = graph.call_function(getattr, args)
        elif op == "call_function" and target in _FUNCTIONS:
            made[node["name"]] = graph.call_function(_FUNCTIONS[target], args, kwargs)
        elif op == "call_method" and target in _METHODS:
            made[node["name"]] = graph.call_method(target, args, kwargs)
        elif op == "call_module" and target in layers:
            made[node["name"]] = graph.create_node(op, target, args, kwargs)
        elif op == "get_attr" and target in loose:
            made[node["name"]] = graph.create_node(op, target)
        elif op == "placeholder" and type(target) is str and target.isidentifier():
            made[node["name"]] = graph.placeholder(target, *args)
        elif op == "output":
            graph.output(args[0])
        else:
            raise plain.NotPlainError(f"{op} {str(target)[:40]} is not accepted")
    return graph
