"""Prints what `recorder.json` holds: what `python/rangeflow_record.py` records of LeNet-5, and histograms that it makes.

Weights are -1, 0 or 1 and images whole numbers from -4 to 3, each times a power of two, so every sum of the forward pass is exact in
float32, in whatever order it is added.
"""
import json
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import torch
from torch import nn
from torch.nn import functional as F
from values import codes

sys.path.insert(0, str(Path(__file__).parents[2] / "python"))
from rangeflow_record import Recorder, histogram  # noqa: E402

torch.set_num_threads(1)
samples, steps = 16, 3


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.dense1, self.dense2, self.dense3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x).relu(), 2)
        x = F.max_pool2d(self.conv2(x).relu(), 2)
        # Rangeflow flattens images with their channels last.
        x = x.permute(0, 2, 3, 1).flatten(1)
        return self.dense3(self.dense2(self.dense1(x).relu()).relu())


def network():
    net = LeNet5()
    for seed, layer in enumerate(net.children(), 1):
        outs, ins, *sides = layer.weight.shape
        code = codes(layer.weight.numel(), seed).reshape(outs, *sides, ins)
        ternary = (code > 42).double() - (code < -42).double()
        with torch.no_grad():
            layer.weight.copy_((ternary.permute(0, 3, 1, 2) if sides else ternary) / 8)
            layer.bias.zero_()
    return net


def images(step):
    return (torch.floor(codes(samples * 28 * 28, 6 + step) / 32) / 4).float().reshape(samples, 1, 28, 28)


def digits(row):
    """Ends of gradients with 7 digits, since sums of exponentials differ from machine to machine; all others as they are."""
    return [float(f"{row[end]:.7g}") if row["role"] == "gradient" else row[end] for end in ("min", "max")]


with tempfile.TemporaryDirectory() as directory:
    net = network()
    with Recorder(net, f"{directory}/run") as recorder:
        for step in range(steps):
            net.zero_grad()
            F.cross_entropy(net(images(step)), torch.arange(samples) % 10).backward()
            recorder.step()
    rows = pa.ipc.open_stream(f"{directory}/run/ranges/000000.arrows").read_all().to_pylist()

# Numbers of many magnitudes, whose extremes stand alone or together, and what lies beside a histogram's bins.
tensors = [
    [float(c) * 2.0 ** (k % 41 - 20) for k, c in enumerate(codes(400, 1).tolist())],
    [0.0, 0.0, 0.0, 0.11, 2.01, 2.02, 5.8, 6.0, 6.0],
    [-3.0, -3.0, -3.0],
    [0.0, -0.0],
    [1e-40, -1e-40, 2.0**-126],
    [3.4e38, -3.4e38, 1.0, float("inf"), float("nan")],
    [-1.0, -1.03, -1.06, -2.0],
]


def text_of(number):
    return number if abs(number) < float("inf") else str(number)


golden = dict(
    samples=samples,
    rows=[dict(step=r["step"], site=r["site"], role=r["role"], count=r["count"], ends=digits(r)) for r in rows],
    histograms=[
        dict(of=[text_of(v) for v in tensor], values=values, counts=counts)
        for tensor in tensors
        for values, counts in [histogram(torch.tensor(tensor, dtype=torch.float32))]
    ],
)
print(json.dumps(golden, indent=None, separators=(",", ":")).replace('{"step"', '\n{"step"').replace('{"of"', '\n{"of"'))
