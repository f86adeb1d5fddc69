"""Prints group, instance and layer normalization of PyTorch with their gradients; see README.md."""

import json

import torch
from torch.nn import functional as F
from values import codes, digits

n, h, w, c = 2, 3, 4, 6
size = n * h * w * c
x0 = codes(size, 1).reshape(n, h, w, c) / 64 + 3
dy = codes(size, 2).reshape(n, h, w, c) / 64


def case(kind, groups, normalize):
    x = x0.clone().requires_grad_()
    scale, shift = ((codes(c, seed) / 64).requires_grad_() for seed in (3, 4))
    y = normalize(x, scale, shift)
    y.backward(dy)
    found = dict(y=y, dx=x.grad, scale=scale.grad, shift=shift.grad)
    return {"kind": kind, "groups": groups, **{name: digits(value.detach()) for name, value in found.items()}}


def grouped(groups):
    def normalize(x, scale, shift):
        return F.group_norm(x.permute(0, 3, 1, 2), groups, scale, shift).permute(0, 2, 3, 1)

    return case("groupNorm", groups, normalize)


def instance(x, scale, shift):
    return F.instance_norm(x.permute(0, 3, 1, 2), weight=scale, bias=shift).permute(0, 2, 3, 1)


cases = [
    grouped(1),
    grouped(2),
    case("groupNorm", c, instance),
    case("layerNorm", 0, lambda x, scale, shift: F.layer_norm(x, [c], scale, shift)),
]
print("[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases) + "\n]")
