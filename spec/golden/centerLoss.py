"""Prints the loss of a detector that is anchored at centres, and its gradient, as PyTorch's autograd computes them; see README.md."""

import json
import math

import torch
from torch.nn.functional import logsigmoid
from values import codes, digits

STRIDE = 4


def heatmap(boxes, classes, height, width):
    """Gaussians of TTFNet: 0.54 of the box, a sixth of their cells for a deviation, 0 outside."""
    heat = torch.zeros(classes, height, width, dtype=torch.float64)
    centres = {}
    for label, x0, y0, x1, y1 in boxes:
        cx, cy = int((x0 + x1) / 2 / STRIDE), int((y0 + y1) / 2 / STRIDE)
        rx, ry = int(0.54 * (x1 - x0) / STRIDE / 2), int(0.54 * (y1 - y0) / STRIDE / 2)
        sx, sy = (2 * rx + 1) / 6, (2 * ry + 1) / 6
        for r in range(max(cy - ry, 0), min(cy + ry, height - 1) + 1):
            for c in range(max(cx - rx, 0), min(cx + rx, width - 1) + 1):
                value = math.exp(-((c - cx) ** 2) / (2 * sx**2) - (r - cy) ** 2 / (2 * sy**2))
                heat[label, r, c] = max(heat[label, r, c].item(), value)
        area = (x1 - x0) * (y1 - y0)
        if (cy, cx) not in centres or area < centres[cy, cx][0]:
            centres[cy, cx] = (area, [x0, y0, x1, y1])
    return heat, centres


def focal(x, heat):
    p = torch.sigmoid(x)
    positive = heat == 1
    at = -((1 - p) ** 2) * logsigmoid(x)
    off = -((1 - heat) ** 4) * p**2 * logsigmoid(-x)
    return torch.where(positive, at, off).sum(), positive.sum()


def giou(box, truth):
    """torchvision.ops.generalized_box_iou_loss of one pair."""
    eps = 1e-7
    x0, y0, x1, y1 = box
    u0, v0, u1, v1 = truth
    left, top, right, bottom = torch.max(x0, u0), torch.max(y0, v0), torch.min(x1, u1), torch.min(y1, v1)
    shared = torch.zeros((), dtype=torch.float64)
    if bottom > top and right > left:
        shared = (right - left) * (bottom - top)
    union = (x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - shared
    iou = shared / (union + eps)
    hull = (torch.max(x1, u1) - torch.min(x0, u0)) * (torch.max(y1, v1) - torch.min(y0, v0))
    return 1 - (iou - (hull - union) / (hull + eps))


def decoded(cell, row, column):
    most = math.log(1000 / 16)
    width, height = 16 * torch.exp(cell[0].clamp(max=most)), 16 * torch.exp(cell[1].clamp(max=most))
    x, y = STRIDE * (column + 0.5 + cell[2]), STRIDE * (row + 0.5 + cell[3])
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def case(name, height, width, classes, images, unit, weight, seed):
    size = len(images) * height * width * (classes + 4)
    y = (codes(size, seed) / unit).reshape(len(images), height, width, classes + 4).requires_grad_()
    of_heat, of_overlap, positives, centres = 0, 0, 0, 0
    for n, boxes in enumerate(images):
        heat, found = heatmap(boxes, classes, height, width)
        loss, count = focal(y[n, :, :, :classes].permute(2, 0, 1), heat)
        of_heat, positives = of_heat + loss, positives + count.item()
        centres += len(found)
        for (row, column), (_, truth) in found.items():
            box = decoded(y[n, row, column, classes:], row, column)
            of_overlap = of_overlap + giou(box, torch.tensor(truth, dtype=torch.float64))
    of_heat = of_heat / max(1, positives)
    of_overlap = torch.as_tensor(of_overlap, dtype=torch.float64) / max(1, centres)
    loss = of_heat + weight * of_overlap
    loss.backward()
    return {
        "name": name,
        "shape": list(y.shape),
        "unit": unit,
        "seed": seed,
        "overlapWeight": weight,
        "boxes": images,
        "loss": digits(loss)[0],
        "heatmap": digits(of_heat)[0],
        "overlap": digits(of_overlap)[0],
        "gradient": digits(y.grad),
    }


one = [[1, 3, 2, 17, 12]]
several = [[0, 0.5, 1.25, 9.5, 14], [2, 8, 3, 20, 21.5], [0, 12, 12, 14, 15], [1, 1, 16, 19, 23]]
cases = [
    case("one box", 5, 6, 2, [one], 64, 1, 1),
    case("boxes of several classes, and an image without", 6, 5, 3, [several, [], one], 64, 2, 2),
    case("no boxes at all", 3, 3, 2, [[], []], 32, 1, 3),
    case("two centres in one cell, the smaller box wins", 4, 4, 2, [[[0, 0, 0, 16, 16], [1, 4, 4, 13, 13], [1, 2, 2, 14, 14]]], 64, 0.5, 4),
    case("boxes that are empty or thin", 4, 4, 1, [[[0, 6, 6, 6, 6], [0, 12, 2, 12, 9]]], 64, 1, 5),
    case("numbers far from 0, and sides that are clipped", 6, 6, 3, [several], 8, 1, 6),
    case("boxes equal to the true one, and of equal edges", 6, 6, 1, [[[0, 0, 0, 14, 12], [0, 2, 2, 18, 18]]], 1e300, 1, 7),
]
print("[\n" + ",\n".join(json.dumps(each, separators=(",", ":")) for each in cases) + "\n]")
