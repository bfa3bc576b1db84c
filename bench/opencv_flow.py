"""Runs the dense optical flows of OpenCV on pairs of images, to compare Affectline's flow with.

Usage: /usr/bin/python3 bench/opencv_flow.py [--methods dis,deepflow] [--repeats 5] [--threads 2] [--stream 48]
           [--size 320x240] [--out FOLDER] A.png B.png [C.png D.png ...]

Prints one JSON object: the versions, and for each pair and method the times in milliseconds, each run on its own, after one run
that does not count. With --stream, also the milliseconds a pair of so many pairs without a pause, in turn, for each method. With --out, writes FOLDER/<pair number>-<method>.flo, from the last run. Needs python3-opencv.
"""

import argparse
import json
import sys
import time

import cv2
import numpy as np


def dis_with_refinement():
    """DIS, then variational refinement of its result at full resolution (DIS refines on its own, coarser, finest level)."""
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    refinement = cv2.VariationalRefinement_create()

    def run(first, second):
        return refinement.calc(first, second, dis.calc(first, second, None))

    return run


def of_class(create):
    """A method whose object is made once, as a user who cares for speed would."""
    method = create()
    return lambda first, second: method.calc(first, second, None)


METHODS = {
    "dis": lambda: of_class(lambda: cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)),
    "dis-refined": dis_with_refinement,
    "deepflow": lambda: of_class(cv2.optflow.createOptFlow_DeepFlow),
    "tvl1": lambda: of_class(cv2.optflow.createOptFlow_DualTVL1),
    "farneback": lambda: of_class(cv2.FarnebackOpticalFlow_create),
}


def write_flo(path, flow):
    """Writes the .flo format of the Middlebury benchmark."""
    height, width = flow.shape[:2]
    with open(path, "wb") as file:
        file.write(np.array([202021.25], "<f4").tobytes())
        file.write(np.array([width, height], "<i4").tobytes())
        file.write(flow.astype("<f4").tobytes())


def read_gray(path, size):
    """Reads an image as gray, 8 bits; scaled by area when a size is given."""
    image = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    if image is None:
        sys.exit(f"{path}: not an image that OpenCV can read")
    return image if size is None else cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--methods", default=",".join(METHODS), help="some of: " + ", ".join(METHODS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as OpenCV takes")
    parser.add_argument("--size", help="WIDTHxHEIGHT that images are scaled to")
    parser.add_argument("--out")
    parser.add_argument("--stream", type=int, default=0, help="pairs without a pause")
    parser.add_argument("images", nargs="+", help="first and second image of each pair")
    options = parser.parse_args()
    names = options.methods.split(",")
    unknown = [name for name in names if name not in METHODS]
    if unknown:
        sys.exit(f"unknown method '{unknown[0]}'; one of: {', '.join(METHODS)}")
    if len(options.images) % 2:
        sys.exit("images come in pairs; the last one has no second")
    size = tuple(int(side) for side in options.size.split("x")) if options.size else None
    if options.threads:
        cv2.setNumThreads(options.threads)

    methods = {name: METHODS[name]() for name in names}
    results = []
    pairs = []
    for pair, (first_path, second_path) in enumerate(zip(options.images[::2], options.images[1::2])):
        first, second = read_gray(first_path, size), read_gray(second_path, size)
        if first.shape != second.shape:
            sys.exit(f"{first_path} and {second_path} differ in size")
        pairs.append((first, second))
        times = {name: [] for name in names}
        # Methods take turns, so that a slow moment of the machine does not fall on one of them.
        for repeat in range(options.repeats + 1):
            for name, method in methods.items():
                start = time.perf_counter()
                flow = method(first, second)
                milliseconds = (time.perf_counter() - start) * 1000
                if repeat > 0:
                    times[name].append(round(milliseconds, 3))
                if options.out and repeat == options.repeats:
                    write_flo(f"{options.out}/{pair}-{name}.flo", flow)
        for name in names:
            results.append({"pair": pair, "method": name, "milliseconds": times[name]})
    stream = {}
    for name, method in methods.items() if options.stream else ():
        start = time.perf_counter()
        for n in range(options.stream):
            method(*pairs[n % len(pairs)])
        stream[name] = (time.perf_counter() - start) * 1000 / options.stream
    versions = {"opencv": cv2.__version__, "threads": cv2.getNumThreads()}
    print(json.dumps({**versions, "results": results, "stream": stream}))


if __name__ == "__main__":
    main()
