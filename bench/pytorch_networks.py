"""Runs a network of test/pytorch/networks.py, to time Affectline's beside it.

Usage: PYTHON bench/pytorch_networks.py CASE THREADS SETTING, with the cases of bench/networks.bench.ts. Settings:

  eager          as it is written
  channels_last  the same, channels innermost in memory
  frozen         inference: traced, frozen and optimized for inference (torch.jit)
  frozen_last    both
  compiled       torch.compile, where this PyTorch has it
  bf16           channels last under autocast to bfloat16, where the processor multiplies such numbers

SoundNet lies along the width in all but `eager`, where it lies along the height as its port does. Says `ready`, or `none`
where the setting cannot be had, then for every line of its input runs once and prints the milliseconds it took and the
largest resident memory in MB.
"""
import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "test", "pytorch"))
import networks  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

case, threads, setting = sys.argv[1], int(sys.argv[2]), sys.argv[3]
torch.set_num_threads(threads)
torch.manual_seed(1)
layout = torch.contiguous_format if setting in ("eager", "frozen", "compiled") else torch.channels_last
has_bf16 = any(flag in open("/proc/cpuinfo").read() for flag in ("avx512_bf16", "amx_bf16"))


class Regressed(nn.Module):
    """A network whose map is averaged and regressed."""

    def __init__(self, network, channels):
        super().__init__()
        self.network = network
        self.linear = nn.Linear(channels, 2)

    def forward(self, x):
        return self.linear(self.network(x).mean((2, 3)))


class AlongWidth(nn.Module):
    """SoundNet with time along the width, where it lies innermost in memory."""

    def __init__(self, soundnet):
        super().__init__()
        self.soundnet = soundnet
        for module in soundnet.modules():
            if isinstance(module, nn.Conv2d):
                module.weight = nn.Parameter(module.weight.transpose(2, 3).contiguous())
                for name in ("kernel_size", "stride", "padding"):
                    setattr(module, name, getattr(module, name)[::-1])
                module._reversed_padding_repeated_twice = [n for size in module.padding[::-1] for n in (size, size)]

    def forward(self, x):
        x = x * 256
        for i, (_, _, _, pool) in enumerate(self.soundnet.layers):
            x = getattr(self.soundnet, f"conv{i + 1}")(x)
            x = nn.functional.max_pool2d(x, (1, pool)) if pool > 1 else x
        return x


def inference(network, x):
    network = network.eval().to(memory_format=layout)
    x = x.contiguous(memory_format=layout)
    with torch.no_grad():
        if setting.startswith("frozen"):
            network = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, x)))
        if setting == "compiled":
            network = torch.compile(network)

    def run():
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=setting == "bf16"):
            network(x)

    return run


def training(network, forward, target):
    network.eval().to(memory_format=layout)  # batch norms frozen
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, 1e-4)

    def run():
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=setting == "bf16"):
            error = nn.functional.mse_loss(forward().float(), target)
        error.backward()
        optimizer.step()

    return run


def regression(network, channels, x):
    model = Regressed(network, channels)
    x = x.contiguous(memory_format=layout)
    forward = torch.compile(model) if setting == "compiled" else model
    return training(model, lambda: forward(x), torch.rand(x.shape[0], 2))


def frozen(network, prefixes):
    for name, parameter in network.named_parameters():
        parameter.requires_grad = not name.startswith(prefixes)
    return network


def fusion():
    clips, frames = 4, 3
    model = frozen(networks.Affect(["flow", "picture", "sound"], None, "features"), ("flow.", "sound."))
    inputs = {
        "flow": torch.rand(clips * frames * 10, 3, 224, 224).contiguous(memory_format=layout),
        "picture": torch.rand(clips * frames, 3, 224, 224).contiguous(memory_format=layout),
        "sound": torch.rand(clips, 1, 220_500, 1) - 0.5,
        "hasSound": torch.ones(clips, 1),
    }
    return training(model, lambda: model(inputs, clips, frames), torch.rand(clips, 2))


def soundnet():
    network = networks.SoundNet(None)
    return network if setting == "eager" else AlongWidth(network)


def waveforms(count):
    x = torch.rand(count, 1, 220_500, 1) - 0.5
    return x if setting == "eager" else x.transpose(2, 3).contiguous()


stem_and_blocks = tuple(f"features.{part}" for part in ("conv0", "norm0", "denseblock1", "transition1", "denseblock2", "transition2"))
pictures = lambda count: torch.rand(count, 3, 224, 224)  # noqa: E731
cases = {
    "densenet-inference-8": lambda: inference(networks.DenseNet(None), pictures(8)),
    "convnet5-inference-10": lambda: inference(networks.Convnet5(None), pictures(10)),
    "soundnet-inference-1": lambda: inference(soundnet(), waveforms(1)),
    "densenet-step-16": lambda: regression(networks.DenseNet(None), 1024, pictures(16)),
    "densenet-step-8": lambda: regression(networks.DenseNet(None), 1024, pictures(8)),
    "densenet-frozen-8": lambda: regression(frozen(networks.DenseNet(None), stem_and_blocks), 1024, pictures(8)),
    "soundnet-step-8": lambda: regression(soundnet(), 1024, waveforms(8)),
    "convnet5-step-16": lambda: regression(networks.Convnet5(None), 256, pictures(16)),
    "fusion-step-4": fusion,
}


def opened():
    if setting == "bf16" and not has_bf16 or setting == "compiled" and (not hasattr(torch, "compile") or case == "fusion-step-4"):
        return None
    if setting.startswith("frozen") and "inference" not in case:
        return None
    try:
        run = cases[case]()
        run()
        return run
    except Exception as error:  # a setting that this PyTorch cannot do
        print(f"{case}, {setting}: {error}".splitlines()[0], file=sys.stderr)
        return None


run = opened()
print("ready" if run else "none", torch.__version__, flush=True)
for _ in sys.stdin if run else ():
    start = time.perf_counter()
    run()
    elapsed = 1000 * (time.perf_counter() - start)
    print(elapsed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
