"""Prints what `gradients.json` holds: what quantizers make of the gradients of LeNet-5 on one batch, by PyTorch in float64.

Weights, images and labels are made of a linear congruential generator. Errors of stochastic rounding are expectations, so nothing is drawn.
"""
import json
import math
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from torch.nn import functional as F
from values import codes

sys.path.insert(0, str(Path(__file__).parents[1] / "emulation"))
import lenet5 as emulation  # noqa: E402

torch.set_num_threads(1)
samples = 16
bits = 4
shapes = dict(conv1=(6, 5, 5, 1), conv2=(16, 5, 5, 6), dense1=(120, 400), dense2=(84, 120), dense3=(10, 84))


def parameters():
    """Weights in [-1, 1) times a power of two that keeps activations of one order; no biases."""
    values = {}
    for seed, (name, shape) in enumerate(shapes.items(), 1):
        fan_in = math.prod(shape[1:])
        w = codes(math.prod(shape), seed).reshape(shape) / 128 * 2 ** round(math.log2(math.sqrt(6 / fan_in)))
        values[f"{name}/weight"] = w.permute(0, 3, 1, 2).contiguous() if w.dim() == 4 else w
        values[f"{name}/bias"] = torch.zeros(shape[0], dtype=torch.float64)
    return values


x = codes(samples * 28 * 28, 6).reshape(samples, 28, 28, 1).permute(0, 3, 1, 2) / 64
y = torch.arange(samples) % 10


def network(**changed):
    options = dict(gradient="none", norm=False, dorefa=0, scale="none", inner=False, last=False, zeros=False, center=False)
    return emulation.LeNet5(parameters(), SimpleNamespace(**{**options, **changed})).double()


def loss(**changed):
    return float(F.cross_entropy(network(**changed)(x), y).detach())


def at_sites():
    """Gradients at the sites of LeNet-5 in float, as they lie in memory."""
    net, seen = network(), {}
    net.quantized = lambda name, dy: seen.setdefault(name, dy)
    F.cross_entropy(net(x), y).backward()
    return {k: g.permute(0, 2, 3, 1).contiguous() if g.dim() == 4 else g for k, g in seen.items()}


def between(v, lo, hi):
    return ((hi - v) * (v - lo)).sum()


def qsgd(g, bucket=0):
    levels = 2 ** (bits - 1) - 1
    v, _, _ = emulation.rows(g, bucket)
    norm = v.norm(dim=1, keepdim=True)
    r = levels * v.abs() / torch.where(norm > 0, norm, torch.ones_like(norm))
    f = r - torch.floor(r)
    return float(((norm / levels) ** 2 * f * (1 - f)).sum())


def dorefa(g, per="tensor"):
    rows = g.flatten(1) if per == "sample" else g.reshape(1, -1)
    a = 2**bits - 1
    m = rows.abs().amax(1, keepdim=True)
    place = a * (rows / (2 * m) + 0.5)
    f = place - torch.floor(place)
    return float(((2 * m / a) ** 2 * f * (1 - f)).sum())


def partly_biased(g):
    a = g.abs().flatten()
    b = emulation.best_pb(a)
    return float(((b - a) ** 2)[a > b].sum() + (b**2 - a**2)[a <= b].sum())


def optimal(g):
    v = g.flatten()
    s, _ = torch.sort(v)
    levels = torch.stack([s[0], *emulation.orq_levels(s, s[0], s[-1], bits - 1), s[-1]])
    k = torch.searchsorted(levels, v).clamp(1, levels.numel() - 1)
    return float(between(v, levels[k - 1], levels[k]))


quantizers = {
    "qsgd": qsgd,
    "qsgd:bucket=512": lambda g: qsgd(g, 512),
    "qsgd:bucket=64": lambda g: qsgd(g, 64),
    "dorefa": dorefa,
    "dorefa:per=sample": lambda g: dorefa(g, "sample"),
    "orq": optimal,
    "binGrad": partly_biased,
    "binGrad:form=b": lambda g: float(((emulation.pair(g.flatten()) - g.flatten()) ** 2).sum()),
}


def digits(number):
    return float(f"{number:.7g}")


sites = []
for name, g in at_sites().items():
    power = float((g * g).sum())
    count, levels = g.numel(), 2 ** (bits - 1) - 1
    errors = {q: digits(error(g) / power) for q, error in quantizers.items()}
    bound = min(count / (4 * levels**2), math.sqrt(count) / levels)
    sites.append(dict(site=name, count=count, zeros=int((g == 0).sum()), bound=digits(bound), errors=errors))

golden = dict(
    samples=samples,
    bits=bits,
    losses={
        "float32": digits(loss()),
        "dorefa": digits(loss(dorefa=bits)),
        "stddev": digits(loss(dorefa=bits, scale="stddev")),
    },
    sites=sites,
)
print(json.dumps(golden, indent=1))
