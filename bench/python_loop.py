"""What `affectline analyze --preset paper` does, as a careful user of Python would write it with OpenCV and PyTorch.

Usage: /usr/bin/python3 bench/python_loop.py FILM THREADS

Frames by OpenCV, scaled to 256 lines; DIS flow (medium) of every pair at 128 lines, ten fields at once through the
five-layer ConvNet; every tenth frame, eight at once, through DenseNet-121; the waveform, as ffmpeg resamples it, through
SoundNet; the fusion's convolution and the regression. Networks are traced, frozen and optimized for inference, and have
run before. Says `ready` and the seconds that took, then for every line of its input analyzes the film once and prints the
seconds; imports count in neither. Bars, loudness and what a model does not know are not looked at. Weights are random: they cost the same.
"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "test", "pytorch"))
import cv2  # noqa: E402
import networks  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional as F  # noqa: E402

film, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
cv2.setNumThreads(threads)
torch.set_grad_enabled(False)
SIDE, LINES, RATE = 224, 256, 22_050
MEAN, DEVIATION = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])


def ready(network, example):
    network = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network.eval(), example)))
    for _ in range(3):  # the first runs choose and compile
        network(example)
    return network


def square(image):
    top, left = (image.shape[0] - SIDE) // 2, (image.shape[1] - SIDE) // 2
    return image[top : top + SIDE, left : left + SIDE]


def batch(images):
    return torch.from_numpy(np.stack(images).transpose(0, 3, 1, 2).copy())


def waveform():
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", film, "-vn", "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    return torch.from_numpy(np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<f4").copy())


start = time.perf_counter()
convnet = ready(networks.Convnet5(None), torch.rand(10, 3, SIDE, SIDE))
densenet = ready(networks.DenseNet(None), torch.rand(8, 3, SIDE, SIDE))
fusion = torch.nn.Conv2d(1024 + 256, 512, 3, padding=1)
regression = torch.nn.Linear(512 + 1024, 2)
soundnet = ready(networks.SoundNet(None), torch.rand(1, 1, len(waveform()), 1))
print("ready", time.perf_counter() - start, flush=True)


def analyze():
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    capture = cv2.VideoCapture(film)
    fields, pictures, flow_maps, picture_maps = [], [], [], []
    before, number = None, 0

    def see(images, network, maps):
        if images:
            maps.append(network(batch(images)))
            images.clear()

    while True:
        there, frame = capture.read()
        if not there:
            break
        scale = LINES / min(frame.shape[:2])
        size = (round(frame.shape[1] * scale), round(frame.shape[0] * scale))
        frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        gray = cv2.resize(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)
        if before is not None:
            flow = square(cv2.resize(dis.calc(before, gray, None), size, interpolation=cv2.INTER_LINEAR)) * 2
            fields.append(np.dstack([flow, np.hypot(flow[..., 0], flow[..., 1])]))
        if number % 10 == 0:
            pictures.append((square(frame)[..., ::-1].astype(np.float32) / 255 - MEAN) / DEVIATION)
        before, number = gray, number + 1
        if len(fields) == 10:
            see(fields, convnet, flow_maps)
        if len(pictures) == 8:
            see(pictures, densenet, picture_maps)
    see(fields, convnet, flow_maps)
    see(pictures, densenet, picture_maps)
    heard = soundnet(waveform().reshape(1, 1, -1, 1)).mean((2, 3))
    shown = torch.cat(picture_maps)
    moved = F.adaptive_avg_pool2d(torch.cat(flow_maps), shown.shape[2:])
    moved = torch.stack([part.mean(0) for part in moved.tensor_split(len(shown))])
    seen = F.relu(fusion(torch.cat([shown, moved], 1))).mean((0, 2, 3))
    return regression(torch.cat([seen, heard[0]])).tolist()


for _ in sys.stdin:
    start = time.perf_counter()
    analyze()
    print(time.perf_counter() - start, flush=True)
