"""Times training steps of ResNet-20 in PyTorch on the CPU: plain float32, and with simulated W8A8G8 as a user of PyTorch writes it.

    python3 resnet20.py --batch 128 --steps 7 --threads 1

Simulated means: float32 convolutions of tensors that `fake_quantize_per_tensor_affine` has rounded, with in-hindsight ranges
(running averages with decay 0.9) for activations and gradients and current ones for weights; gradients are rounded
stochastically in the backward of an identity behind each convolution. Prints one JSON object a line:
{"case": "float32" or "W8A8G8", "threads": .., "batch": .., "seconds": [one for each step]}. With `--serve` it trains from values and
on images that it is given, one step whenever it is asked for one, as `peers/pytorch.mjs` does.
"""

import argparse
import base64
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Hindsight:
    """The running average of the ranges before this tensor; the first tensor's own range to start with."""

    def __init__(self, decay=0.9):
        self.decay = decay
        self.range = None

    def __call__(self, x):
        lo, hi = (float(end) for end in torch.aminmax(x))
        used = self.range or (lo, hi)
        self.range = tuple(self.decay * old + (1 - self.decay) * new for old, new in zip(used, (lo, hi)))
        return used


def affine(lo, hi, bits=8):
    qmin, qmax = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    lo, hi = min(lo, 0.0), max(hi, 1e-30)
    scale = (hi - lo) / (qmax - qmin)
    return scale, int(min(max(round(qmin - lo / scale), qmin), qmax)), qmin, qmax


class QuantizedGradient(torch.autograd.Function):
    """The identity; its gradient is rounded stochastically to 8 bits."""

    @staticmethod
    def forward(ctx, x, ranges):
        ctx.ranges = ranges
        return x.view_as(x)

    @staticmethod
    def backward(ctx, dy):
        scale, zero, qmin, qmax = affine(*ctx.ranges(dy))
        codes = dy.div(scale).add_(torch.rand_like(dy)).floor_().clamp_(qmin - zero, qmax - zero)
        return codes.mul_(scale), None


class Conv(nn.Conv2d):
    """A convolution that quantizes its input, its weights and the gradient of its output, if it is told to."""

    quantized = False

    def __init__(self, *sizes, **options):
        super().__init__(*sizes, bias=False, **options)
        self.activations, self.gradients = Hindsight(), Hindsight()

    def forward(self, x):
        if not self.quantized:
            return super().forward(x)
        x = torch.fake_quantize_per_tensor_affine(x, *affine(*self.activations(x.detach())))
        top = float(self.weight.detach().abs().max())
        w = torch.fake_quantize_per_tensor_affine(self.weight, top / 127, 0, -127, 127)
        return QuantizedGradient.apply(self._conv_forward(x, w, None), self.gradients)


class Block(nn.Module):
    def __init__(self, inner, outer, stride):
        super().__init__()
        self.conv1, self.norm1 = Conv(inner, outer, 3, stride=stride, padding=1), nn.BatchNorm2d(outer)
        self.conv2, self.norm2 = Conv(outer, outer, 3, padding=1), nn.BatchNorm2d(outer)
        self.stride, self.added = stride, (outer - inner) // 2

    def forward(self, x):
        shortcut = x
        if self.stride > 1:
            shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.added, self.added))
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(y + shortcut)


def resnet20():
    widths = [(16, 16, 1)] + [(16, 16, 1)] * 2 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2
    return nn.Sequential(
        Conv(3, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        *(Block(*width) for width in widths),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


class Training:
    """A network with its optimizer and one batch; `step` takes one step and returns its loss."""

    def __init__(self, case, x, labels, rate=0.1, momentum=0.9, decay=1e-4):
        self.quantized = case != "float32"
        self.model = resnet20().to(memory_format=torch.channels_last)
        of = lambda is_decayed: [p for p in self.model.parameters() if (p.dim() > 1) == is_decayed]
        groups = [{"params": of(True), "weight_decay": decay}, {"params": of(False)}]
        self.optimizer = torch.optim.SGD(groups, lr=rate, momentum=momentum)
        self.x = x.to(memory_format=torch.channels_last)
        self.labels = labels

    def step(self, threads):
        torch.set_num_threads(threads)
        Conv.quantized = self.quantized
        loss = F.cross_entropy(self.model(self.x), self.labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return float(loss)


def timed(case, batch, steps, threads):
    torch.manual_seed(1)
    training = Training(case, torch.randn(batch, 3, 32, 32), torch.randint(10, (batch,)))
    seconds = []
    for _ in range(steps + 2):
        began = time.perf_counter()
        training.step(threads)
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"case": case, "threads": threads, "batch": batch, "seconds": seconds[2:]}), flush=True)


def channels_second(tensor):
    """Float32 numbers in base64, whose channels are last if there are four sides."""
    values = torch.frombuffer(bytearray(base64.b64decode(tensor["data"])), dtype=torch.float32).reshape(tensor["shape"])
    return values.permute(0, 3, 1, 2) if values.dim() == 4 else values


def training_of(case, images, labels, parameters, rate, momentum, decay):
    training = Training(case, channels_second(images), torch.tensor(labels), rate, momentum, decay)
    with torch.no_grad():
        # Both sides name them in the order of the layers.
        for theirs, ours in zip(training.model.parameters(), parameters, strict=True):
            theirs.copy_(channels_second(ours).reshape(theirs.shape))
    return training


def serve():
    """Answers lines {"open": id, ..}, {"step": id, "threads": ..} and {"close": id}, so that steps of others lie between."""
    print(json.dumps({"torch": torch.__version__.split("+")[0]}), flush=True)
    trainings = {}
    for line in sys.stdin:
        wanted = json.loads(line)
        answer = {}
        if "open" in wanted:
            opened = wanted.pop("open")
            trainings[opened] = training_of(**wanted)
        elif "step" in wanted:
            answer["loss"] = trainings[wanted["step"]].step(wanted["threads"])
        else:
            del trainings[wanted["close"]]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--serve", action="store_true", help="take a step for each line of standard input")
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
    else:
        for case in ("float32", "W8A8G8"):
            timed(case, arguments.batch, arguments.steps, arguments.threads)
