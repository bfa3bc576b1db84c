"""Runs a network of test/pytorch/networks.py, to time Affectline's beside it.

Usage: /usr/bin/python3 bench/pytorch_networks.py CASE THREADS, with the cases of bench/networks.bench.ts. Says `ready`,
then for every line of its input runs once and prints the milliseconds it took and the largest resident memory in MB.
"""
import os
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "test", "pytorch"))
import networks  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

case, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
torch.manual_seed(1)


class Regressed(nn.Module):
    """A network whose map is averaged and regressed."""

    def __init__(self, network, channels):
        super().__init__()
        self.network = network
        self.linear = nn.Linear(channels, 2)

    def forward(self, x):
        return self.linear(self.network(x).mean((2, 3)))


def inference(network, x):
    network.eval()

    def run():
        with torch.no_grad():
            network(x)

    return run


def training(network, forward, target):
    network.eval()  # batch norms frozen
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, 1e-4)

    def run():
        optimizer.zero_grad()
        nn.functional.mse_loss(forward(), target).backward()
        optimizer.step()

    return run


def regression(network, channels, x):
    model = Regressed(network, channels)
    return training(model, lambda: model(x), torch.rand(x.shape[0], 2))


def frozen(network, prefixes):
    for name, parameter in network.named_parameters():
        parameter.requires_grad = not name.startswith(prefixes)
    return network


def fusion():
    clips, frames = 4, 3
    model = frozen(networks.Affect(["flow", "picture", "sound"], None, "features"), ("flow.", "sound."))
    inputs = {
        "flow": torch.rand(clips * frames * 10, 3, 224, 224),
        "picture": torch.rand(clips * frames, 3, 224, 224),
        "sound": torch.rand(clips, 1, 220_500, 1) - 0.5,
        "hasSound": torch.ones(clips, 1),
    }
    return training(model, lambda: model(inputs, clips, frames), torch.rand(clips, 2))


stem_and_blocks = tuple(f"features.{part}" for part in ("conv0", "norm0", "denseblock1", "transition1", "denseblock2", "transition2"))
pictures = lambda count: torch.rand(count, 3, 224, 224)  # noqa: E731
waveforms = lambda count: torch.rand(count, 1, 220_500, 1) - 0.5  # noqa: E731
run = {
    "densenet-inference-8": lambda: inference(networks.DenseNet(None), pictures(8)),
    "soundnet-inference-1": lambda: inference(networks.SoundNet(None), waveforms(1)),
    "densenet-step-16": lambda: regression(networks.DenseNet(None), 1024, pictures(16)),
    "densenet-step-8": lambda: regression(networks.DenseNet(None), 1024, pictures(8)),
    "densenet-frozen-8": lambda: regression(frozen(networks.DenseNet(None), stem_and_blocks), 1024, pictures(8)),
    "soundnet-step-8": lambda: regression(networks.SoundNet(None), 1024, waveforms(8)),
    "convnet5-step-16": lambda: regression(networks.Convnet5(None), 256, pictures(16)),
    "fusion-step-4": fusion,
}[case]()

print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    run()
    elapsed = 1000 * (time.perf_counter() - start)
    print(elapsed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
