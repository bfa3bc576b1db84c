"""Runs a network in PyTorch: `reference.py FOLDER` reads request.json and given.safetensors there (the parameters, and
the inputs as `input.NAME`), and writes answer.safetensors with `output`, and as asked `gradient32.NAME`,
`gradient64.NAME` (of sum(output * input.probe), computed in that precision) and the changed batch norm averages."""
import json
import os
import sys

import networks
import tensors
import torch

folder = sys.argv[1]
with open(os.path.join(folder, "request.json")) as file:
    request = json.load(file)
given = tensors.read(os.path.join(folder, "given.safetensors"))
inputs = {name[6:]: value for name, value in given.items() if name.startswith("input.")}
parameters = {name: value for name, value in given.items() if not name.startswith("input.")}
torch.manual_seed(0)


def build():
    sizes = request.get("sizes")
    kind = request["network"]
    if kind == "affect":
        model = networks.Affect(request["streams"], sizes, request["fusion"], request.get("overTime", False))
    elif kind == "soundnet":
        model = networks.SoundNet(sizes, request.get("layer", "conv7"))
    else:
        model = {"convnet5": networks.Convnet5, "densenet": networks.DenseNet}[kind](sizes)
    expected = {name for name in model.state_dict() if not name.endswith("num_batches_tracked")}
    if expected != set(parameters):
        sys.exit(f"names differ: {sorted(expected ^ set(parameters))[:10]}")
    model.load_state_dict(parameters, strict=False)
    return model.train(request.get("train", False))


def run(model, dtype):
    model.to(dtype)
    values = {name: value.to(dtype) for name, value in inputs.items()}
    if request["network"] == "affect":
        return model(values, request["clips"], request["frames"])
    return model(values["x"])


answer = {}
with torch.set_grad_enabled(request.get("gradients", False)):
    model = build()
    answer["output"] = run(model, torch.float32)
    for name, value in model.state_dict().items():
        if request.get("train", False) and ("running_mean" in name or "running_var" in name):
            answer[f"average.{name}"] = value
    if request.get("gradients", False):
        (answer["output"] * inputs["probe"]).sum().backward()
        for name, value in model.named_parameters():
            answer[f"gradient32.{name}"] = value.grad
        model = build()
        (run(model, torch.float64) * inputs["probe"].double()).sum().backward()
        for name, value in model.named_parameters():
            answer[f"gradient64.{name}"] = value.grad
tensors.write(os.path.join(folder, "answer.safetensors"), answer)
