"""Prints the three products of integer convolutions as PyTorch computes them; see README.md."""

import json

import torch
from torch.nn import functional as F
from values import codes


def case(batch, height, width, kernel, stride, padding, groups, channels, filters):
    per_group = channels // groups
    zeros = {"x": 5, "w": 0, "dy": -100}
    x = (codes(batch * height * width * channels, 1) - zeros["x"]).reshape(batch, height, width, channels)
    w = (codes(filters * kernel * kernel * per_group, 2) - zeros["w"]).reshape(filters, kernel, kernel, per_group)
    x = x.permute(0, 3, 1, 2).requires_grad_()
    w = w.permute(0, 3, 1, 2).requires_grad_()
    y = F.conv2d(x, w, stride=stride, padding=padding, groups=groups)
    n, o, p, q = y.shape
    dy = (codes(n * p * q * o, 3) - zeros["dy"]).reshape(n, p, q, o).permute(0, 3, 1, 2)
    dx, dw = torch.autograd.grad(y, (x, w), dy)
    # NCHW to NHWC, OIHW to OHWI.
    flat = lambda t: [int(v) for v in t.permute(0, 2, 3, 1).reshape(-1).tolist()]
    return {
        "xShape": [batch, height, width, channels],
        "conv": {
            "kernelHeight": kernel,
            "kernelWidth": kernel,
            "stride": stride,
            "padding": padding,
            "groups": groups,
            "inChannels": channels,
            "outChannels": filters,
        },
        "zeroPoints": zeros,
        "y": flat(y),
        "dx": flat(dx),
        "dw": flat(dw),
    }


cases = [
    case(batch, 5, 3, 3, stride, 1, groups, 4, filters)
    for batch in (1, 3)
    for stride in (1, 2)
    for groups, filters in ((1, 3), (4, 8), (4, 4))
] + [case(1, 7, 5, 1, 2, 0, 1, 4, 3), case(2, 7, 5, 3, 2, 0, 2, 4, 2), case(1, 5, 5, 3, 3, 2, 1, 2, 2)]

print("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]")
