"""Prints what `networks.json` holds: parameters and multiplications of networks, counted by PyTorch on modules of its own.

Shapes are all that counts, so everything is on the device `meta`, where nothing is computed.
"""
import json

import torch
from torch import nn


def conv(i, o, kernel, stride=1, groups=1, bias=False):
    return nn.Conv2d(i, o, kernel, stride, kernel // 2, groups=groups, bias=bias)


def unit(*args, **kwargs):
    made = conv(*args, **kwargs)
    return nn.Sequential(made, nn.BatchNorm2d(made.out_channels), nn.ReLU())


def mean():
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Sum(nn.Module):
    def __init__(self, branch, shortcut):
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x):
        return self.branch(x) + self.shortcut(x)


class Zeros(nn.Module):
    """A shortcut without parameters, for its shape only."""

    def __init__(self, channels, stride):
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x, x.new_zeros(x.shape[0], self.channels - x.shape[1], *x.shape[2:])], 1)


def basic(i, o, stride, shortcut):
    plain = i == o and stride == 1
    branch = nn.Sequential(unit(i, o, 3, stride), conv(o, o, 3), nn.BatchNorm2d(o))
    return nn.Sequential(Sum(branch, nn.Identity() if plain else shortcut(i, o, stride)), nn.ReLU())


def projection(i, o, stride):
    return nn.Sequential(conv(i, o, 1, stride), nn.BatchNorm2d(o))


def layers(sides, count, block):
    made, i = [], sides[0]
    for number, o in enumerate(sides):
        for index in range(count):
            made.append(block(i, o, 2 if number > 0 and index == 0 else 1))
            i = o
    return made


def resnet20(side, classes):
    blocks = layers([16, 32, 64], 3, lambda i, o, s: basic(i, o, s, lambda _, c, t: Zeros(c, t)))
    return nn.Sequential(unit(3, 16, 3), *blocks, mean(), nn.Linear(64, classes))


def resnet18(side, classes):
    stem = (
        [unit(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)] if side > 64 else [unit(3, 64, 3, 2 if side > 32 else 1)]
    )
    blocks = layers([64, 128, 256, 512], 2, lambda i, o, s: basic(i, o, s, projection))
    return nn.Sequential(*stem, *blocks, mean(), nn.Linear(512, classes))


def preact(i, o, stride):
    first = [nn.BatchNorm2d(i), nn.ReLU()]
    rest = [conv(i, o, 3, stride), nn.BatchNorm2d(o), nn.ReLU(), conv(o, o, 3)]
    if i == o and stride == 1:
        return Sum(nn.Sequential(*first, *rest), nn.Identity())
    return nn.Sequential(*first, Sum(nn.Sequential(*rest), conv(i, o, 1, stride)))


def preactResnet(side, classes):
    end = [nn.BatchNorm2d(64), nn.ReLU(), mean(), nn.Linear(64, classes)]
    return nn.Sequential(conv(3, 16, 3), *layers([16, 32, 64], 3, preact), *end)


def vgg16(side, classes):
    made, i = [], 3
    for o, count in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        for _ in range(count):
            made.append(unit(i, o, 3))
            i = o
        made.append(nn.MaxPool2d(2))
    return nn.Sequential(*made, mean(), nn.Linear(512, classes))


def mobileNetV1(side, classes):
    made, i = [unit(3, 32, 3, 2 if side > 32 else 1)], 32
    halving = {128: 2, 256: 2, 512: 2, 1024: 2}
    for o in [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]:
        made += [unit(i, i, 3, halving[o] if o > i and o in halving else 1, groups=i), unit(i, o, 1)]
        i = o
    return nn.Sequential(*made, mean(), nn.Linear(1024, classes))


def inverted(i, o, expansion, stride):
    inner = expansion * i
    expand = [unit(i, inner, 1)] if expansion > 1 else []
    project = [conv(inner, o, 1), nn.BatchNorm2d(o)]
    branch = nn.Sequential(*expand, unit(inner, inner, 3, stride, groups=inner), *project)
    return Sum(branch, nn.Identity()) if i == o and stride == 1 else branch


def mobileNetV2(side, classes):
    made, i = [unit(3, 32, 3, 2 if side > 32 else 1)], 32
    for t, o, n, s in [
        (1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)
    ]:
        for index in range(n):
            made.append(inverted(i, o, t, s if index == 0 else 1))
            i = o
    return nn.Sequential(*made, unit(320, 1280, 1), mean(), nn.Linear(1280, classes))


def block(channels):
    return Sum(
        nn.Sequential(conv(channels, channels, 3, bias=True), nn.ReLU(), conv(channels, channels, 3, bias=True)),
        nn.Identity(),
    )


def edsr(side, _):
    body = [*[block(64) for _ in range(16)], conv(64, 64, 3, bias=True)]
    upscaling = [conv(64, 256, 3, bias=True), nn.PixelShuffle(2), conv(64, 3, 3, bias=True)]
    return nn.Sequential(conv(3, 64, 3, bias=True), Sum(nn.Sequential(*body), nn.Identity()), *upscaling)


def halved(i, o):
    return nn.Sequential(basic(i, o, 2, projection))


def context(deeper, i, o):
    """Deeper layers, on images of twice their side, added to what they begin with."""
    upscaled = nn.Sequential(deeper, conv(i, 4 * o, 1), nn.BatchNorm2d(4 * o), nn.PixelShuffle(2))
    return nn.Sequential(Sum(upscaled, nn.Identity()), nn.ReLU())


class Heads(nn.ModuleList):
    def forward(self, x):
        return torch.cat([head(x) for head in self], 1)


def centerDetector(side, classes):
    heads = [nn.Sequential(unit(32, 32, 3), conv(32, o, 1, bias=True)) for o in (classes, 2, 2)]
    deeper = nn.Sequential(halved(32, 64), context(halved(64, 128), 128, 64))
    return nn.Sequential(unit(3, 16, 3, 2), halved(16, 32), context(deeper, 64, 32), Heads(heads))


def measured(network, side):
    """[H, W, C] of the output, and multiplications."""
    total = 0

    def count(module, _, y):
        nonlocal total
        total += y.numel() * module.weight[0].numel()

    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(count)
    with torch.no_grad():
        y = network.eval()(torch.zeros(1, 3, side, side, device="meta"))
    return [*y.shape[2:], y.shape[1]] if y.dim() == 4 else [1, 1, y.shape[1]], total


cases = [
    (resnet20, 32, 10),
    (resnet18, 32, 10),
    (resnet18, 64, 10),
    (resnet18, 224, 1000),
    (preactResnet, 32, 10),
    (vgg16, 32, 10),
    (vgg16, 64, 10),
    (mobileNetV1, 32, 10),
    (mobileNetV1, 64, 10),
    (mobileNetV1, 224, 1000),
    (mobileNetV2, 32, 10),
    (mobileNetV2, 64, 10),
    (edsr, 24, 0),
    (edsr, 32, 0),
    (centerDetector, 96, 10),
    (centerDetector, 64, 20),
]
rows = []
for model, side, classes in cases:
    with torch.device("meta"):
        network = model(side, classes)
    output, multiplications = measured(network, side)
    rows.append(
        {
            "model": model.__name__,
            "side": side,
            "classes": classes,
            "parameters": sum(p.numel() for p in network.parameters()),
            "multiplications": multiplications,
            "output": output,
        }
    )
print(json.dumps(rows, indent=2))
