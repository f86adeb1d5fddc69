"""Random weights of PyTorch and what PyTorch makes of them: `torchWeights.py DIR NAME..` writes for each network NAME

    DIR/NAME.safetensors     its state dict, as `safetensors.torch.save_file` has it
    DIR/NAME.io.safetensors  `x`, images [N, H, W, C], and `y`, its logits in evaluation

Normalizations have statistics, scales and shifts that differ from channel to channel, so that none can be exchanged unnoticed.
"""
import sys

import torch
from safetensors.torch import save_file
from torch import nn

torch.set_num_threads(1)


def torchvision_models():
    try:
        import torchvision
    except RuntimeError:
        # Its compiled operators are not there or of another PyTorch; its networks need none.
        torch.library.register_fake = lambda *_, **__: lambda f: f
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        import torchvision
    return torchvision.models


def vgg16_bn(width):
    """torchvision's layers, narrower: its own function knows one width."""
    m = torchvision_models()
    layers = [c if c == "M" else int(c * width) for c in m.vgg.cfgs["D"]]
    net = m.vgg.VGG(m.vgg.make_layers(layers, batch_norm=True), num_classes=10, init_weights=False)
    units = int(4096 * width)
    net.classifier = nn.Sequential(
        nn.Linear(layers[-2] * 49, units), nn.ReLU(True), nn.Dropout(),
        nn.Linear(units, units), nn.ReLU(True), nn.Dropout(), nn.Linear(units, 10),
    )  # fmt: skip
    return net


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.dense1, self.dense2, self.dense3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        for conv in (self.conv1, self.conv2):
            x = nn.functional.max_pool2d(conv(x).relu(), 2)
        return self.dense3(self.dense2(self.dense1(x.flatten(1)).relu()).relu())


class Flattened(nn.Module):
    """A normalization behind a flatten, grouped convolutions, and a dense layer over an image."""

    def __init__(self):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(2, 6, 3, groups=2), nn.BatchNorm1d(6 * 4 * 3)
        self.dense1, self.dense2 = nn.Linear(6 * 4 * 3, 5), nn.Linear(5, 3)

    def forward(self, x):
        return self.dense2(self.dense1(self.norm1(self.conv1(x).flatten(1)).relu()))


class Shuffled(nn.Module):
    """Channels that become pixels, behind a normalization."""

    def __init__(self):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(2, 12, 3, padding=1), nn.BatchNorm2d(12)
        self.conv2 = nn.Conv2d(3, 2, 3, padding=1)

    def forward(self, x):
        return self.conv2(nn.functional.pixel_shuffle(self.norm1(self.conv1(x)).relu(), 2)).permute(0, 2, 3, 1)


class OverImage(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense1 = nn.Linear(2 * 4 * 3, 5)

    def forward(self, x):
        return self.dense1(x.flatten(1))


class Attention(nn.Module):
    """Patches, attention behind a normalization and beside a shortcut, a linear layer for each position, and the mean of positions."""

    def __init__(self):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(2, 8, 2, stride=2), nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.mlp1, self.dense1 = nn.Linear(8, 6), nn.Linear(6, 3)

    def forward(self, x):
        x = self.conv1(x).flatten(2).transpose(1, 2)
        n = self.norm1(x)
        x = x + self.attention(n, n, n)[0]
        return self.dense1(nn.functional.gelu(self.mlp1(x)).mean(1))


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.norm2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.stride, self.more = stride, (o - i) // 2

    def forward(self, x):
        y = self.norm2(self.conv2(self.norm1(self.conv1(x)).relu()))
        shortcut = x[:, :, :: self.stride, :: self.stride]
        return (y + nn.functional.pad(shortcut, (0, 0, 0, 0, self.more, self.more))).relu()


class Layer(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.block1, self.block2, self.block3 = Block(i, o, stride), Block(o, o, 1), Block(o, o, 1)

    def forward(self, x):
        return self.block3(self.block2(self.block1(x)))


class ResNet20(nn.Module):
    """Names are ours: what a PyTorch twin of a network of ours would have."""

    def __init__(self):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.layer1, self.layer2, self.layer3 = Layer(16, 16, 1), Layer(16, 32, 2), Layer(32, 64, 2)
        self.dense = nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.norm1(self.conv1(x)).relu())))
        return self.dense(x.mean((2, 3)))


networks = {
    "lenet5": (LeNet5, (1, 28, 28)),
    "flattened": (Flattened, (2, 6, 5)),
    "shuffled": (Shuffled, (2, 3, 4)),
    "overImage": (OverImage, (2, 4, 3)),
    "attention": (Attention, (2, 6, 4)),
    "resnet20": (ResNet20, (3, 32, 32)),
    "resnet18": (lambda: torchvision_models().resnet18(num_classes=10), (3, 64, 64)),
    "mobileNetV2": (lambda: torchvision_models().mobilenet_v2(num_classes=10, width_mult=0.5), (3, 64, 64)),
    "vgg16": (lambda: vgg16_bn(0.125), (3, 224, 224)),
    "wholeMobileNetV2": (lambda: torchvision_models().mobilenet_v2(), (3, 224, 224)),
    "wholeResnet18": (lambda: torchvision_models().resnet18(), (3, 224, 224)),
    "wholeVgg16": (lambda: torchvision_models().vgg16_bn(), (3, 224, 224)),
}


def scramble(net):
    for module in net.modules():
        with torch.no_grad():
            if isinstance(module, nn.MultiheadAttention):
                module.in_proj_bias.normal_(0, 0.5)
                module.out_proj.bias.normal_(0, 0.5)
            if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.2)
            if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.5, 2)


if __name__ == "__main__":
    directory, *names = sys.argv[1:]
    for name in names:
        torch.manual_seed(7)
        make, shape = networks[name]
        net = make().eval()
        scramble(net)
        x = torch.randn(2, *shape)
        with torch.no_grad():
            y = net(x)
        save_file({k: v.contiguous() for k, v in net.state_dict().items()}, f"{directory}/{name}.safetensors")
        save_file({"x": x.permute(0, 2, 3, 1).contiguous(), "y": y.contiguous()}, f"{directory}/{name}.io.safetensors")
        print(name, sum(p.numel() for p in net.parameters()), float(y.abs().max()))
