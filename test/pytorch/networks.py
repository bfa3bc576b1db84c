"""The networks in PyTorch, from torchvision where it has them: what the TypeScript ones are compared with."""
import torch
import torchvision
from torch import nn
from torch.nn import functional


def convnet5(sizes):
    """AlexNet's five convolutions; `sizes` is None for AlexNet's own."""
    if sizes is None:
        return torchvision.models.alexnet(weights=None).features
    a, b, c, d, e = sizes["channels"]
    first = sizes["first"]
    return nn.Sequential(
        nn.Conv2d(3, a, first["kernel"], first["stride"], first["padding"]), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(a, b, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(b, c, 3, padding=1), nn.ReLU(),
        nn.Conv2d(c, d, 3, padding=1), nn.ReLU(),
        nn.Conv2d(d, e, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
    )


def densenet(sizes):
    """DenseNet's features up to norm5, without the ReLU after it; `sizes` is None for DenseNet-121's own."""
    if sizes is None:
        return torchvision.models.densenet121(weights=None).features
    return torchvision.models.DenseNet(
        growth_rate=sizes["growth"], block_config=tuple(sizes["blocks"]), num_init_features=sizes["first"],
        bn_size=sizes["bottleneck"],
    ).features


class Convnet5(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.features = convnet5(sizes)

    def forward(self, x):
        return self.features(x)


class DenseNet(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.features = densenet(sizes)

    def forward(self, x):
        return functional.relu(self.features(x))


class SoundNet(nn.Module):
    """Aytar et al. 2016, named as in its PyTorch port; kernels, strides, paddings and pools as in the original."""

    layers = [(64, 2, 32, 8), (32, 2, 16, 8), (16, 2, 8, 1), (8, 2, 4, 1), (4, 2, 2, 4), (4, 2, 2, 1), (4, 2, 2, 1)]

    def __init__(self, sizes, layer="conv7"):
        super().__init__()
        channels = [1] + (sizes["channels"] if sizes else [16, 32, 64, 128, 256, 512, 1024])
        self.layer = layer
        for i, (kernel, stride, padding, _) in enumerate(self.layers[: 5 if layer == "pool5" else 7]):
            convolution = nn.Conv2d(channels[i], channels[i + 1], (kernel, 1), (stride, 1), (padding, 0))
            self.add_module(f"conv{i + 1}", nn.Sequential(convolution, nn.BatchNorm2d(channels[i + 1]), nn.ReLU()))

    def forward(self, x):
        x = x * 256
        for i, (_, _, _, pool) in enumerate(self.layers[: 5 if self.layer == "pool5" else 7]):
            x = getattr(self, f"conv{i + 1}")(x)
            x = functional.max_pool2d(x, (pool, 1)) if pool > 1 else x
        return x


class OverTime(nn.Module):
    """A convolution 3x3x3 over moments and places; its weight is kept as [out, 3 * in, 3, 3], one moment after the other."""

    def __init__(self, channels, fused):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(fused, 3 * channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(fused))

    def forward(self, x, clips):
        weight = self.weight.reshape(len(self.bias), 3, -1, 3, 3).transpose(1, 2)
        inputs = x.reshape(clips, -1, *x.shape[1:]).transpose(1, 2)
        return functional.conv3d(inputs, weight, self.bias, padding=1).transpose(1, 2).flatten(0, 1)


class Head(nn.Module):
    """Fusion and regression over whichever streams are there."""

    def __init__(self, streams, channels, fused, over_time):
        super().__init__()
        self.streams, self.over_time = streams, over_time
        maps = [channels[stream] for stream in ("picture", "flow") if stream in streams]
        if maps:
            self.fusion = nn.Module()
            self.fusion.conv = OverTime(sum(maps), fused) if over_time else nn.Conv2d(sum(maps), fused, 3, padding=1)
        self.regression = nn.Linear((fused if maps else 0) + (channels["sound"] + 1 if "sound" in streams else 0), 2)

    def forward(self, maps, clips):
        features = []
        parts = [maps[stream] for stream in ("picture", "flow") if stream in self.streams]
        if parts:
            grid = parts[0].shape[2:]
            parts = [functional.adaptive_avg_pool2d(part, grid) for part in parts]
            joined = torch.cat(parts, 1)
            convolved = self.fusion.conv(joined, clips) if self.over_time else self.fusion.conv(joined)
            fused = functional.relu(convolved).mean((2, 3))
            features.append(fused.reshape(clips, -1, fused.shape[1]).mean(1))
        if "sound" in self.streams:
            features += [maps["sound"].mean((2, 3)) * maps["hasSound"], maps["hasSound"]]
        return self.regression(torch.cat(features, 1))


class Affect(nn.Module):
    """The network of Kim & Lee 2018, fused by features or by decisions. `sizes` is None for the paper's own."""

    def __init__(self, streams, sizes, fusion, over_time=False):
        super().__init__()
        self.streams, self.by = streams, fusion
        own = sizes or {"flow": None, "picture": None, "sound": None}
        channels = {
            "flow": sizes["flow"]["channels"][-1] if sizes else 256,
            "sound": sizes["sound"]["channels"][-1] if sizes else 1024,
        }
        fused = sizes["fused"] if sizes else 512
        if "flow" in streams:
            self.flow = Convnet5(own["flow"])
        if "picture" in streams:
            self.picture = DenseNet(own["picture"])
            channels["picture"] = self.picture.features.norm5.num_features
        if "sound" in streams:
            self.sound = SoundNet(own["sound"])
        if fusion == "features":
            self.head = [Head(streams, channels, fused, over_time)]  # in a list: its parts are named without "head."
            for name, part in self.head[0].named_children():
                self.add_module(name, part)
        else:
            self.decision = nn.Module()
            for stream in streams:
                self.decision.add_module(stream, Head([stream], channels, fused, over_time))
            self.decision.weights = nn.Parameter(torch.zeros(len(streams)))

    def forward(self, inputs, clips, frames):
        """`clips` in the batch, each with `frames` sampled frames."""
        maps = {}
        if "flow" in self.streams:
            flow = self.flow(inputs["flow"])
            maps["flow"] = flow.reshape(clips * frames, -1, *flow.shape[1:]).mean(1)
        if "picture" in self.streams:
            maps["picture"] = self.picture(inputs["picture"])
        if "sound" in self.streams:
            maps["sound"] = self.sound(inputs["sound"])
            maps["hasSound"] = inputs["hasSound"]
        if self.by == "features":
            return self.head[0](maps, clips)
        decisions = torch.stack([getattr(self.decision, stream)(maps, clips) for stream in self.streams])
        weights = self.decision.weights.exp().reshape(-1, 1, 1).expand(-1, clips, 1)
        if "sound" in self.streams:
            there = [maps["hasSound"] if stream == "sound" else torch.ones(clips, 1).to(weights) for stream in self.streams]
            weights = weights * torch.stack(there)
        return (decisions * weights).sum(0) / weights.sum(0)
