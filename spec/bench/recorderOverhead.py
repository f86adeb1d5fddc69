"""Times what `python/rangeflow_record.py` adds to a training step of PyTorch on the CPU.

    python3 spec/bench/recorderOverhead.py --batch 128 --steps 15 --threads 1

Two trainings of one network take turns, one of them recorded, so that whatever else the machine does meets both; times are those
of the processor, so that waiting for it counts for neither. Prints one JSON
object a line: {"network": .., "records": .., "milliseconds": a step without it, "ratio": the median over pairs of a step with it to
the one beside it, "quartiles": [..]}. Histograms at every 50th step cost a fiftieth of what they cost at each.
"""
import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[2] / "python"))
from rangeflow_record import Recorder  # noqa: E402
from resnet20 import resnet20  # noqa: E402


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


networks = {"resnet20": (resnet20, (3, 32, 32)), "lenet5": (lenet5, (1, 28, 28))}
cases = {
    "defaults": {},
    "without moments": dict(moments=False),
    "outputs and weight gradients, too": dict(outputs=True, weight_gradients=True),
    "histograms at every step": dict(histogram_every=1),
}


class Training:
    def __init__(self, make, shape, batch):
        torch.manual_seed(1)
        self.model = make().to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9)
        self.x = torch.randn(batch, *shape).to(memory_format=torch.channels_last)
        self.y = torch.randint(10, (batch,))

    def seconds(self, recorder=None):
        began = time.process_time()
        self.optimizer.zero_grad()
        F.cross_entropy(self.model(self.x), self.y).backward()
        self.optimizer.step()
        if recorder:
            recorder.step()
        return time.process_time() - began


def measured(name, batch, steps, options):
    plain, recorded = (Training(*networks[name], batch) for _ in range(2))
    with tempfile.TemporaryDirectory() as directory, Recorder(recorded.model, f"{directory}/run", **options) as recorder:
        pairs = []
        for i in range(steps + 2):
            if i % 2:
                with_it = recorded.seconds(recorder)
                pairs.append((plain.seconds(), with_it))
            else:
                pairs.append((plain.seconds(), recorded.seconds(recorder)))
    ratios = [b / a for a, b in pairs[2:]]
    quartiles = statistics.quantiles(ratios, n=4)
    return 1000 * statistics.median(a for a, _ in pairs[2:]), statistics.median(ratios), [quartiles[0], quartiles[2]]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for name in networks:
        # Shorter steps are repeated more often.
        steps = arguments.steps * (1 if name == "resnet20" else 8)
        for records, options in cases.items():
            milliseconds, ratio, quartiles = measured(name, arguments.batch, steps, options)
            row = dict(network=name, batch=arguments.batch, threads=arguments.threads, records=records)
            row.update(milliseconds=round(milliseconds, 1), ratio=round(ratio, 3), quartiles=[round(q, 3) for q in quartiles])
            print(json.dumps(row), flush=True)
