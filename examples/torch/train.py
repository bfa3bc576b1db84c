"""Trains, in any number of processes, what `affectline export-training --torch FOLDER` wrote:

    torchrun --nproc_per_node 2 train.py FOLDER

The model is FOLDER/trained, for `affectline analyze FILM --model FOLDER/trained`. A step takes the batch that the index
says, in runs of a fixed number of clips, which the processes share (their number divides that of the runs). Batch norms
with statistics of the batch take those of each run, here as there, so that the number of processes changes nothing."""
import contextlib
import hashlib
import json
import os
import sys

import torch
import torch.distributed as dist
from prepared import Clips, read_safetensors, write_safetensors
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel


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
        for i, a in [(i, n["attributes"]) for i, n in enumerate(graph["nodes"]) if n["operation"] == "constant"]:
            value = torch.tensor(a["data"], dtype=torch.float32).reshape(a["shape"])
            self.register_buffer(f"constant/{i}", value, persistent=False)

    def tensors(self):
        return {name.replace("/", "."): value for name, value in self.state_dict(keep_vars=True).items()}

    def value(self, i, node, values, inputs):
        kind, a = node["operation"], node["attributes"]
        if kind in ("parameter", "constant"):
            return getattr(self, a["name"].replace(".", "/") if kind == "parameter" else f"constant/{i}")
        return inputs[a["name"]] if kind == "input" else OPERATIONS[kind](a, *(values[k] for k in node["inputs"]))

    def forward(self, inputs):
        values = []
        for i, node in enumerate(self.graph["nodes"]):
            values.append(self.value(i, node, values, inputs))
        return {name: values[i] for name, i in self.graph["outputs"].items()}


def write_model(folder, tensors):
    """The trained model, described as the one it started from."""
    os.makedirs(os.path.join(folder, "trained"), exist_ok=True)
    path = os.path.join(folder, "trained", "model.safetensors")
    write_safetensors(path, tensors)
    with open(os.path.join(folder, "model.json")) as file, open(path, "rb") as weights:
        description = json.load(file)
        description["weights"]["contentHash"] = "sha256:" + hashlib.sha256(weights.read()).hexdigest()
    with open(os.path.join(folder, "trained", "model.json"), "w") as file:
        json.dump(description, file, indent=2)


def main(folder):
    on_gpu = torch.cuda.is_available()
    dist.init_process_group("nccl" if on_gpu else "gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    device = torch.device(f"cuda:{os.environ['LOCAL_RANK']}" if on_gpu else "cpu")
    with open(os.path.join(folder, "training.json")) as file:
        training = json.load(file)
    groups, together, momentum = training["trained"], training["clipsOfRun"], training["momentum"]
    runs = training["batchSize"] // together
    if runs % world:
        sys.exit(f"{world} processes do not share the {runs} runs of a step (batchSize / clipsAtOnce)")
    weights = read_safetensors(os.path.join(folder, "model.safetensors"))
    network = Network(training["graph"], weights, {group["name"] for group in groups}).to(device)
    tensors, clips = network.tensors(), Clips(folder, training["size"], training["streams"])
    of = [{"params": [tensors[g["name"]]], "weight_decay": g["decay"], "peak": g["rate"]} for g in groups]
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
    optimizer = kinds[training["optimizer"]](of, lr=1, **({"momentum": 0.9} if training["optimizer"] == "sgd" else {}))
    model = DistributedDataParallel(network, broadcast_buffers=False)
    own = range(rank * runs // world, (rank + 1) * runs // world)
    for number, line in enumerate(open(os.path.join(folder, "steps.jsonl"))):
        step, moved, loss = json.loads(line), {}, torch.zeros((), device=device)
        for run in own:
            inputs, labels = clips.inputs(step["excerpts"][run * together : (run + 1) * together])
            with contextlib.nullcontext() if run == own[-1] else model.no_sync():
                outputs = model({name: value.to(device) for name, value in inputs.items()})
                error = F.mse_loss(outputs.pop("prediction"), labels.to(device)) / len(own)
                error.backward()
            loss += error.detach() / world
            for name, value in outputs.items():  # averages move run by run; each run adds this, less what follows
                added = value.detach() - (1 - momentum) * tensors[name[8:]]
                moved[name[8:]] = moved.get(name[8:], 0) + added * (1 - momentum) ** (runs - 1 - run)
        for name, value in moved.items():
            dist.all_reduce(value)
            tensors[name].mul_((1 - momentum) ** runs).add_(value)
        torch.nn.utils.clip_grad_norm_(network.parameters(), training["gradientLimit"])
        for group in optimizer.param_groups:
            group["lr"] = step["rate"] * group["peak"]
        optimizer.step()
        optimizer.zero_grad()
        dist.all_reduce(loss)
        if rank == 0:
            print(f"step {number + 1}: loss {loss.item():.5f}", flush=True)
    if rank == 0:
        write_model(folder, tensors)
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1])
