"""Trains LeNet-5 in PyTorch on MNIST: `mnistLenet5.py DATA OUT.safetensors` writes its weights as bfloat16, with which it is judged, too, and prints a
line of JSON: test images, those that are classified right, and the class of each, in float32.

Pixels are normalized as Rangeflow does it: p / 255, minus the mean of all training pixels, over their standard deviation.
"""
import gzip
import json
import pathlib
import struct
import sys

import torch
from safetensors.torch import save_file
from torch import nn

from torchWeights import LeNet5

torch.manual_seed(1)
torch.set_num_threads(1)


def idx(path):
    data = gzip.decompress(pathlib.Path(path).read_bytes())
    (rank,) = struct.unpack(">xxxB", data[:4])
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return torch.frombuffer(bytearray(data[4 + 4 * rank :]), dtype=torch.uint8).reshape(shape)


def main(data, out):
    read = lambda split, kind: idx(f"{data}/{split}-{kind}-ubyte.gz")  # noqa: E731
    raw = read("train", "images-idx3")
    pixels = raw.double() / 255
    mean, std = pixels.mean(), pixels.std(correction=0)
    normalized = lambda x: ((x.double() / 255 - mean) / std).float()[:, None]  # noqa: E731
    x, y = normalized(raw), read("train", "labels-idx1").long()
    tx, ty = normalized(read("t10k", "images-idx3")), read("t10k", "labels-idx1").long()
    net = LeNet5()
    epochs, batch = 12, 64
    steps = epochs * (len(x) // batch)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(epochs):
        for chosen in torch.randperm(len(x)).split(batch):
            if len(chosen) < batch:
                continue
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[chosen]), y[chosen]).backward()
            optimizer.step()
            schedule.step()
    state = {name: value.bfloat16() for name, value in net.state_dict().items()}
    save_file(state, out)
    net.load_state_dict({name: value.float() for name, value in state.items()})
    with torch.no_grad():
        logits = net.eval()(tx)
    top = logits.max(1)
    print(json.dumps({"images": len(ty), "right": int((top.indices == ty).sum()), "classes": top.indices.tolist()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
