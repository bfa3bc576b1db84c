"""Trains, in any number of processes, what `affectline export-training --torch FOLDER` wrote:

    torchrun --nproc_per_node 2 train.py FOLDER

The model is FOLDER/trained, for `affectline analyze FILM --model FOLDER/trained`: that of the epoch with the lowest error on
the validation clips; after so many epochs without a lower one it stops, as `affectline train`. A step takes the batch that
the index says, in runs of a fixed number of clips, which the processes share (their number divides that of the runs).
Batch norms with statistics of the batch take those of each run, so that the number of processes changes nothing."""
import contextlib
import json
import os
import sys

import torch
import torch.distributed as dist
from network import Network
from prepared import Clips, read_safetensors, write_model
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel


def validate(network, clips, validation, device):
    """Squared error by the variance of the labels, the mean of valence and arousal: in all processes the same number."""
    excerpts, sums = validation["excerpts"], torch.zeros(2, dtype=torch.float64, device=device)
    with torch.no_grad():
        for excerpt in excerpts[dist.get_rank() :: dist.get_world_size()]:
            inputs, labels = clips.inputs([excerpt])
            found = network({name: value.to(device) for name, value in inputs.items()}, validation["graph"])
            sums += (found["prediction"] - labels.to(device))[0].double() ** 2
    dist.all_reduce(sums)
    dist.broadcast(sums, 0)
    return sum(sums[i].item() / len(excerpts) / variance for i, variance in enumerate(validation["variances"])) / 2


def main(folder):
    on_gpu = torch.cuda.is_available()
    dist.init_process_group("nccl" if on_gpu else "gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    device = torch.device(f"cuda:{os.environ['LOCAL_RANK']}" if on_gpu else "cpu")
    with open(os.path.join(folder, "training.json")) as file:
        training = json.load(file)
    if training["version"] != 3:
        sys.exit(f"{folder} was exported by another version of Affectline: export it again")
    groups, together, momentum = training["trained"], training["clipsOfRun"], training["momentum"]
    runs = training["batchSize"] // together
    if runs % world:
        sys.exit(f"{world} processes do not share the {runs} runs of a step (batchSize / clipsAtOnce)")
    weights = read_safetensors(os.path.join(folder, "model.safetensors"))
    network = Network(training["graph"], weights, {group["name"] for group in groups}).to(device)
    tensors, validation, errors = network.tensors(), training["validation"], []
    clips = Clips(folder, "clips.jsonl", training["size"], training["streams"])
    held = Clips(folder, "validation.jsonl", validation["size"], training["streams"])
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
        if (number + 1) % training["stepsOfEpoch"] == 0:
            errors.append(validate(network, held, validation, device))
            best = errors.index(min(errors))
            if rank == 0:
                print(f"epoch {len(errors)}: validation error {errors[-1]:.5f}", flush=True)
            if rank == 0 and best == len(errors) - 1:
                write_model(folder, tensors)
            if len(errors) - 1 - best >= training["patience"]:
                break
    dist.barrier()
    dist.destroy_process_group()
    sys.stdout.flush()
    os._exit(0)  # else the end of DDP can wait for a thread of gloo that waits for the interpreter's lock


if __name__ == "__main__":
    main(sys.argv[1])
