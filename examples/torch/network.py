"""The network that `affectline export-training` writes as a graph of operations, for PyTorch."""
import torch
from torch.nn import functional as F


def batch_norm(a, x, scale, bias, mean, variance):
    if not mean.requires_grad:
        return F.batch_norm(x, mean, variance, scale, bias, eps=a["epsilon"])
    deviation = (variance + a["epsilon"]).sqrt()
    return (x - mean[:, None, None]) / deviation[:, None, None] * scale[:, None, None] + bias[:, None, None]


def pad(a, x):
    sizes = zip(reversed(a["before"]), reversed(a["after"]))  # PyTorch begins with the last axis
    return F.pad(x, [size for pair in sizes for size in pair], value=a["fill"])


OPERATIONS = {
    "add": lambda a, x, y: x + y,
    "subtract": lambda a, x, y: x - y,
    "multiply": lambda a, x, y: x * y,
    "divide": lambda a, x, y: x / y,
    "relu": lambda a, x: x.relu(),
    "exp": lambda a, x: x.exp(),
    "log": lambda a, x: x.log(),
    "sqrt": lambda a, x: x.sqrt(),
    "sigmoid": lambda a, x: x.sigmoid(),
    "clip": lambda a, x: x.clamp(a["lowest"], a["highest"]),
    "softmax": lambda a, x: x.softmax(-1),
    "reshape": lambda a, x: x.reshape(a["shape"]),
    "transpose": lambda a, x: x.permute(a["permutation"]),
    "slice": lambda a, x: x.narrow(a["axis"], a["start"], a["end"] - a["start"]),
    "concat": lambda a, *x: torch.cat(x, a["axis"]),
    "pad": pad,
    "broadcast": lambda a, x: x.expand(a["shape"]),
    "reduceSum": lambda a, x: x.sum(a["axes"], a["keep"]),
    "matMul": lambda a, x, y: x @ y,
    "convolution": lambda a, x, w, b=None: F.conv2d(x, w, b, a["stride"], a["padding"], a["dilation"], a["groups"]),
    "batchNorm": batch_norm,
    "maxPool": lambda a, x: F.max_pool2d(x, a["kernel"], a["stride"], a["padding"]),
    "averagePool": lambda a, x: F.avg_pool2d(x, a["kernel"], a["stride"]),
}


class Network(torch.nn.Module):
    """Computes the graph. Parameters are named with slashes for the dots, which PyTorch does not allow."""

    def __init__(self, graph, weights, trained):
        super().__init__()
        self.graph = graph
        for name, value in weights.items():
            add = self.register_parameter if name in trained else self.register_buffer
            add(name.replace(".", "/"), torch.nn.Parameter(value) if name in trained else value)

    def tensors(self):
        return {name.replace("/", "."): value for name, value in self.state_dict(keep_vars=True).items()}

    def value(self, node, values, inputs):
        kind, a = node["operation"], node["attributes"]
        if kind == "constant":
            device = next(self.parameters()).device
            return torch.tensor(a["data"], dtype=torch.float32, device=device).reshape(a["shape"])
        if kind in ("parameter", "input"):
            return getattr(self, a["name"].replace(".", "/")) if kind == "parameter" else inputs[a["name"]]
        return OPERATIONS[kind](a, *(values[k] for k in node["inputs"]))

    def forward(self, inputs, graph=None):
        graph, values = graph or self.graph, []
        for node in graph["nodes"]:
            values.append(self.value(node, values, inputs))
        return {name: values[i] for name, i in graph["outputs"].items()}
