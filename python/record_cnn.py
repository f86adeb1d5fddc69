"""Trains a small CNN in PyTorch on digits, and records its ranges: python record_cnn.py runs/cnn [--mnist DIR]

Without MNIST's files it generates digits: ten patterns, shifted and with noise. Then, in a shell:

    rangeflow replay runs/cnn --estimator inHindsight --estimator delayedScaling
"""
import argparse
import gzip
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from rangeflow_record import Recorder


def cnn():
    layers, ins = OrderedDict(), 1
    for i, outs in enumerate((8, 16, 32), 1):
        layers[f"conv{i}"] = nn.Conv2d(ins, outs, 3, padding=1)
        layers[f"norm{i}"] = nn.BatchNorm2d(outs)
        layers[f"relu{i}"], layers[f"pool{i}"] = nn.ReLU(inplace=True), nn.MaxPool2d(2)
        ins = outs
    layers["flatten"], layers["dense"] = nn.Flatten(), nn.Linear(32 * 3 * 3, 10)
    return nn.Sequential(layers)


def made_digits(count):
    """Images [count, 1, 28, 28] and labels [count]: ten 7 x 7 patterns, four times as large, shifted by up to 2 pixels, noisy."""
    patterns = (torch.rand(10, 1, 7, 7) > 0.6).float()
    labels = torch.randint(10, (count,))
    images = F.interpolate(patterns[labels], scale_factor=4)
    moves = torch.randint(-2, 3, (count, 2)).tolist()
    moved = torch.stack([image.roll(move, (1, 2)) for image, move in zip(images, moves)])
    return moved + 2.5 * torch.randn(moved.shape), labels


def mnist(directory):
    def idx(name, header):
        file = next(Path(directory).glob(f"train-{name}*"))
        data = (gzip.open if file.suffix == ".gz" else open)(file, "rb").read()
        return torch.frombuffer(bytearray(data[header:]), dtype=torch.uint8)

    return idx("images", 16).reshape(-1, 1, 28, 28) / 255, idx("labels", 8).long()


parser = argparse.ArgumentParser()
parser.add_argument("out", help="directory of the recording")
parser.add_argument("--mnist", metavar="DIR", help="directory of train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz")
parser.add_argument("--steps", type=int, default=200)
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--histogram-every", type=int, default=1, metavar="N", help="0 for never")
arguments = parser.parse_args()

torch.manual_seed(1)
model = cnn()
images, labels = mnist(arguments.mnist) if arguments.mnist else made_digits(4096)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

with Recorder(model, arguments.out, histogram_every=arguments.histogram_every) as recorder:
    for step in range(arguments.steps):
        batch = torch.randint(len(labels), (arguments.batch,))
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        recorder.step()
        if step % 20 == 19:
            print(f"step {step + 1}: loss {loss.item():.3f}")
