"""What `affectline export-training` writes, read for PyTorch: weights, and clips as the inputs of the network."""
import hashlib
import io
import json
import os
import struct

import numpy as np
import torch
from color import color_input
from PIL import Image

MEAN, DEVIATION = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
ROOT = (np.arange(256) - 128) / 127  # what the levels of stored fields stand for: the signed root of -20 to 20
DISPLACEMENT = np.float32(np.sign(ROOT) * ROOT**2 * 20)
BLOCK = 1 << 16  # samples


def read_safetensors(path):
    """Of float32 alone."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            values = np.frombuffer(data, "<f4", int(np.prod(entry["shape"])), entry["data_offsets"][0])
            tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors


def write_safetensors(path, tensors):
    header, parts, at = {}, [], 0
    for name, tensor in tensors.items():
        parts.append(tensor.detach().cpu().numpy().astype("<f4").tobytes())
        offsets = [at, at + len(parts[-1])]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        at = offsets[1]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def write_model(folder, tensors):
    """The trained model, described as the one it started from, into FOLDER/trained."""
    os.makedirs(os.path.join(folder, "trained"), exist_ok=True)
    path = os.path.join(folder, "trained", "model.safetensors")
    write_safetensors(path, tensors)
    with open(os.path.join(folder, "model.json")) as file, open(path, "rb") as weights:
        description = json.load(file)
        description["weights"]["contentHash"] = "sha256:" + hashlib.sha256(weights.read()).hexdigest()
    with open(os.path.join(folder, "trained", "model.json"), "w") as file:
        json.dump(description, file, indent=2)


class Clips:
    """The clips of an index; the same crops and normalization as in Affectline."""

    def __init__(self, folder, index, size, streams):
        self.folder, self.size, self.streams = folder, size, streams
        with open(os.path.join(folder, index)) as file:
            self.clips = [json.loads(line) for line in file]

    def inputs(self, excerpts):
        """The inputs of the network, in order of clips, moments, fields; and the labels [clips, 2]."""
        looks = [self.look(self.clips[excerpt["clip"]], excerpt) for excerpt in excerpts]
        labels = [[self.clips[excerpt["clip"]][of] for of in ("valence", "arousal")] for excerpt in excerpts]
        inputs = {name: torch.from_numpy(np.concatenate([look[name] for look in looks])) for name in looks[0]}
        return inputs, torch.tensor(labels, dtype=torch.float32)

    def look(self, clip, excerpt):
        """What one excerpt shows: of each input an array, items first."""
        found = {name: [] for name in self.streams}
        with open(os.path.join(self.folder, clip["file"]), "rb") as file:

            def part(place):
                file.seek(place[0])
                return file.read(place[1])

            for moment in excerpt["moments"]:
                segment = clip["segments"][moment["index"]]
                if "picture" in found or "color" in found:
                    rgb = self.crop(part(segment["picture"]), moment["crop"])
                if "picture" in found:
                    found["picture"].append(((rgb / np.float32(255) - MEAN) / DEVIATION).transpose(2, 0, 1))
                if "color" in found:
                    found["color"].append(color_input(rgb, segment["shot"]))
                if "flow" in found:
                    stored = part(segment["flow"]) if segment["flowCount"] else None
                    found["flow"] += self.fields(stored, segment["flowCount"], moment["fields"], clip, moment["crop"])
            if "sound" in found:
                found["sound"] = [self.waveform(part, clip, excerpt["soundStart"])]
                found["hasSound"] = [np.float32([clip["samples"] > 0])]
        return {name: np.float32(np.stack(items)) for name, items in found.items()}

    def crop(self, jpeg, crop):
        top, left, side = crop["top"], crop["left"], self.size["side"]
        rgb = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))[top : top + side, left : left + side]
        return rgb[:, ::-1] if crop["mirrored"] else rgb

    def fields(self, jpeg, count, wanted, clip, crop):
        """Fields of a moment, u above v, field under field; what it lacks of them is at rest."""
        side = self.size["side"]
        if jpeg:
            levels = np.asarray(Image.open(io.BytesIO(jpeg)).convert("L"))
            stored = DISPLACEMENT[levels].reshape(count, 2, -1, levels.shape[1])
        planes = []
        for k in range(self.size["fields"]):
            u, v = self.enlarged(stored[wanted[k]], clip, crop) if k < len(wanted) else np.zeros((2, side, side))
            of = np.stack([u, v, np.hypot(u, v)], -1).clip(-20, 20)
            planes.append((((of + 20) / 40 - MEAN) / DEVIATION).transpose(2, 0, 1))
        return planes

    def enlarged(self, field, clip, crop):
        """The crop of a field: bilinear at the centers of the picture's pixels; mirrored, right becomes left."""

        def along(start, picture, size):
            place = ((start + np.arange(self.size["side"]) + 0.5) * size / picture - 0.5).clip(0, size - 1)
            before = place.astype(int)
            return before, np.minimum(before + 1, size - 1), place - before

        a, b, share = along(crop["left"], clip["width"], field.shape[2])
        c, d, below = along(crop["top"], clip["height"], field.shape[1])
        rows = field[:, c] * (1 - below)[:, None] + field[:, d] * below[:, None]
        u, v = rows[:, :, a] * (1 - share) + rows[:, :, b] * share
        return (-u[:, ::-1], v[:, ::-1]) if crop["mirrored"] else (u, v)

    def waveform(self, part, clip, start):
        """Silence before and after."""
        count = self.size["samples"]
        heard, first, last = np.zeros(count, "f4"), max(0, start), min(clip["samples"], start + count)
        if first < last:
            blocks = range(first // BLOCK, (last - 1) // BLOCK + 1)
            samples = np.frombuffer(b"".join(part(clip["waveform"][block]) for block in blocks), "<i2")
            at = first - blocks[0] * BLOCK
            heard[first - start : last - start] = clip["level"] * samples[at : at + last - first] / 32767
        return heard.reshape(1, count, 1)
