"""Trains a small transformer in PyTorch to sort digits, and records its ranges: python record_transformer.py runs/transformer

It reads twelve digits and outputs them in order, with 2 layers of 4 heads. Then, in a shell:

    rangeflow replay runs/transformer --estimator inHindsight --estimator delayedScaling
"""
import argparse

import torch
from torch import nn
from torch.nn import functional as F

from rangeflow_record import Recorder


class Sorter(nn.Module):
    def __init__(self, width=32, length=12):
        super().__init__()
        self.digits, self.places = nn.Embedding(10, width), nn.Parameter(0.1 * torch.randn(length, width))
        options = dict(dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(width, 4, 4 * width, **options) for _ in range(2))
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = self.digits(x) + self.places
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


parser = argparse.ArgumentParser()
parser.add_argument("out", help="directory of the recording")
parser.add_argument("--steps", type=int, default=200)
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--histogram-every", type=int, default=0, metavar="N", help="0 for never")
arguments = parser.parse_args()

torch.manual_seed(1)
model = Sorter()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)

with Recorder(model, arguments.out, histogram_every=arguments.histogram_every) as recorder:
    for step in range(arguments.steps):
        x = torch.randint(10, (arguments.batch, 12))
        loss = F.cross_entropy(model(x).flatten(0, 1), x.sort().values.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        recorder.step()
        if step % 20 == 19:
            print(f"step {step + 1}: loss {loss.item():.3f}")
