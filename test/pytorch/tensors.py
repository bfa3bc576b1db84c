"""safetensors files, in the few lines that the tests need."""
import json
import struct

import numpy
import torch


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    return {
        name: torch.from_numpy(
            numpy.frombuffer(data, "<f4", offset=entry["data_offsets"][0], count=int(numpy.prod(entry["shape"])))
            .reshape(entry["shape"])
            .copy()
        )
        for name, entry in header.items()
    }


def write(path, tensors):
    header, parts, offset = {}, [], 0
    for name, tensor in tensors.items():
        part = tensor.detach().cpu().numpy().astype("<f4")
        header[name] = {"dtype": "F32", "shape": list(part.shape), "data_offsets": [offset, offset + part.nbytes]}
        parts.append(part.tobytes())
        offset += part.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
