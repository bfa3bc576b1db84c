"""Steps of PyTorch's optimizers: `optimizers.py FOLDER` reads request.json and given.safetensors (`parameter.NAME`, and
`gradient.STEP.NAME`), and writes the parameters after the last step as answer.safetensors."""
import json
import os
import sys

import tensors
import torch

folder = sys.argv[1]
with open(os.path.join(folder, "request.json")) as file:
    request = json.load(file)
given = tensors.read(os.path.join(folder, "given.safetensors"))
parameters = {name[10:]: value.requires_grad_() for name, value in given.items() if name.startswith("parameter.")}
decay = request["options"].pop("weight_decay", 0)
groups = [
    {"params": [value for value in parameters.values() if value.dim() > 1], "weight_decay": decay},
    {"params": [value for value in parameters.values() if value.dim() <= 1], "weight_decay": 0},
]
optimizer = getattr(torch.optim, request["optimizer"])(groups, **request["options"])
for step in range(request["steps"]):
    for name, value in parameters.items():
        value.grad = given[f"gradient.{step}.{name}"]
    if "clip" in request:
        torch.nn.utils.clip_grad_norm_(parameters.values(), request["clip"])
    optimizer.step()
tensors.write(os.path.join(folder, "answer.safetensors"), parameters)
