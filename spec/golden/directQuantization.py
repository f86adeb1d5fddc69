"""Prints the levels, moves and bounds of directQuantization, as PyTorch's autograd and SGD compute them in float64; see README.md."""

import json

import torch
from values import codes, digits


def straight(v):
    """Rounds to the nearest integer; the gradient passes."""
    assert (v.detach() - v.detach().floor() - 0.5).abs().min() > 1e-4, "a value too near to a tie for float32"
    return v + (torch.round(v) - v).detach()


def bounded(x, p, bits, signed):
    n = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    return straight((x / p).clamp(-1 if signed else 0, 1) * n) / n * p


def levels_case(bits, spread):
    """Weights on the nearest level, which is looked up, so that autograd adds up the gradients of a level."""
    w = (codes(24, 3) + 0.25) / 512
    k = torch.arange(2**bits, dtype=torch.float64) - (2**bits - 1) / 2
    levels = (spread * (k + 0.1 * torch.sin(7 * k))).requires_grad_()
    distances = (w[:, None] - levels.detach()).abs()
    two = distances.topk(2, largest=False).values
    assert (two[:, 1] - two[:, 0]).min() > 1e-5, "a weight too near to the middle of two levels for float32"
    values = levels[distances.argmin(1)]
    values.backward(codes(24, 2) / 128)
    return {
        "bits": bits,
        "levels": digits(levels.detach()),
        "values": digits(values.detach()),
        "dlevels": digits(levels.grad * 2**bits / 24),
    }


def bound_case(bits, signed, bound):
    """The gradient of the errors of channels over their variances; one channel varies so little that its share counts."""
    x = ((codes(24, 1) + 0.25) / 64).reshape(8, 3) * torch.tensor([1.0, 0.2, 0.03], dtype=torch.float64)
    p = torch.tensor(bound, dtype=torch.float64, requires_grad=True)
    variance = x.var(0, unbiased=False)
    weight = 1 / torch.maximum(variance, 0.01 * variance.mean())
    error = (((bounded(x, p, bits, signed) - x) ** 2).mean(0) * weight).mean()
    error.backward()
    return {"bits": bits, "signed": signed, "bound": bound, "dp": digits(p.grad)[0]}


def moves_case(rate, momentum, decay):
    """Steps of gradient descent among four levels, which learn by SGD."""
    levels = torch.tensor([-1.5, -0.4, 0.3, 1.2], dtype=torch.float64, requires_grad=True)
    k = torch.arange(8) % 4
    pressure = torch.zeros(8, dtype=torch.float64)
    sgd = torch.optim.SGD([levels], lr=rate, momentum=momentum)
    steps = []
    for step in range(12):
        gradient = codes(8, 40 + step // 4) / 256
        before = levels.detach().clone()
        pressure = pressure - rate / (1 - momentum) * (gradient + decay * before[k])
        up = torch.cat([before[1:] - before[:-1], torch.tensor([torch.inf])])[k] / 2
        down = torch.cat([torch.tensor([torch.inf]), before[1:] - before[:-1]])[k] / 2
        assert torch.minimum((pressure - up).abs(), (pressure + down).abs()).min() > 1e-5, "too near to a move"
        moved = (pressure >= up).long() - (-pressure >= down).long()
        walled = ((pressure > 0) & up.isinf()) | ((pressure < 0) & down.isinf())
        k = k + moved
        pressure = torch.where((moved != 0) | walled, 0.0, pressure)
        levels.grad = codes(4, 90 + step) / 2048
        sgd.step()
        gaps = before[1:] - before[:-1]
        assert ((levels.detach() - before)[:-1] < gaps / 3).all() and ((before - levels.detach())[1:] < gaps / 3).all()
        steps.append({"w": digits(levels.detach()[k]), "levels": digits(levels.detach()), "pressure": digits(pressure)})
    return {"rate": rate, "momentum": momentum, "decay": decay, "steps": steps}


def lines(cases):
    return ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)


print("{\n\"levels\": [\n" + lines([levels_case(2, 0.12), levels_case(3, 0.07), levels_case(8, 0.002)]) + "\n],")
bounds = [bound_case(*how) for how in ((2, False, 1.19), (4, False, 0.87), (4, True, 1.37), (8, True, 0.71), (3, True, 0.19))]
print("\"bounds\": [\n" + lines(bounds) + "\n],")
print("\"moves\": [\n" + lines([moves_case(0.5, 0.0, 0.0), moves_case(0.05, 0.9, 0.01)]) + "\n]\n}")
