"""Trains LeNet-5 in float64 with PyTorch, with quantizers written from the formulas of docs/methods.md and nothing of ours.

    node spec/emulation/start.mjs DIR DATA
    python3 spec/emulation/lenet5.py DIR --gradient qsgd:bits=4

It begins with the weights, takes the batches and follows the schedule of `rangeflow train`; only the noise of stochastic rounding is other.
Prints a line for each epoch, and at the end one JSON object.
"""
import argparse
import json
import math
import sys

import torch
from torch import nn
from torch.nn import functional as F


def rows(x, size):
    """x as rows of `size` elements, the last one filled with zeros; and the way back. 0: a single row."""
    flat = x.reshape(-1)
    size = size or flat.numel()
    padded = F.pad(flat, (0, -flat.numel() % size)).reshape(-1, size)
    inside = F.pad(torch.ones_like(flat, dtype=torch.bool), (0, -flat.numel() % size)).reshape(-1, size)
    return padded, inside, lambda y: y.reshape(-1)[: flat.numel()].reshape(x.shape)


def nhwc(f):
    """Buckets and rows follow the order in which elements lie in memory there: samples, then places, then channels."""

    def of(x, **options):
        if x.dim() == 4:
            return f(x.permute(0, 2, 3, 1).contiguous(), **options).permute(0, 3, 1, 2)
        return f(x, **options)

    return of


def up(p):
    """1 with probability p."""
    return (torch.rand_like(p) < p).to(p.dtype)


def uniform(x, bits=4):
    """Symmetric, narrow, to the largest magnitude, with stochastic rounding."""
    most = 2 ** (bits - 1) - 1
    step = x.abs().max() / most
    if step == 0:
        return x
    low = torch.floor(x / step)
    return step * (low + up(x / step - low))


@nhwc
def qsgd(x, bits=4, bucket=0):
    """Section 7.5: levels of |x| / norm."""
    levels = 2 ** (bits - 1) - 1
    v, _, back = rows(x, bucket)
    norm = v.norm(dim=1, keepdim=True)
    r = torch.where(norm > 0, levels * v.abs() / norm, torch.zeros_like(v))
    low = torch.floor(r)
    return back(norm * torch.sign(v) * (low + up(r - low)) / levels)


def best_pb(a):
    """b with the least sum of b^2 - v^2 within and (|v| - b)^2 beyond, by trying every place at which the slope may change its sign."""
    a, _ = torch.sort(a, descending=True)
    n = a.numel()
    balanced = torch.cumsum(a, 0) / n
    candidates = torch.cat([balanced, a])
    # Elements of at least b, and their sums, by a search in the descending order.
    count = n - torch.searchsorted(a.flip(0), candidates)
    sums = torch.cat([a.new_zeros(1), torch.cumsum(a, 0)])
    squares = torch.cat([a.new_zeros(1), torch.cumsum(a * a, 0)])
    beyond = squares[count] - 2 * candidates * sums[count] + count * candidates**2
    within = (n - count) * candidates**2 - (squares[-1] - squares[count])
    return candidates[torch.argmin(beyond + within)]


def some(v, sample):
    """Every so many-th element where there are more than `sample`: what levels are chosen by."""
    return v[:: math.ceil(v.numel() / sample) | 1] if sample and v.numel() > sample else v


def pb(v, sample=0):
    b = best_pb(some(v.abs(), sample))
    if b == 0:
        return torch.zeros_like(v)
    return b * (2 * up((v.clamp(-b, b) / b + 1) / 2) - 1)


def pair(v, sample=0):
    """Two levels, by the split whose means leave the least squared error."""
    s, _ = torch.sort(some(v, sample))
    n = s.numel()
    k = torch.arange(1, n)
    below = torch.cumsum(s, 0)[:-1]
    above = s.sum() - below
    split = int(torch.argmax(below**2 / k + above**2 / (n - k)))
    lower, upper = below[split] / (split + 1), above[split] / (n - split - 1)
    return torch.where(v > (lower + upper) / 2, upper, lower)


@nhwc
def binGrad(x, bits=4, bucket=0, form="pb", sample=0):
    """Section 6."""
    v, inside, back = rows(x, bucket)
    out = torch.zeros_like(v)
    for i in range(v.shape[0]):
        if not torch.any(v[i] != 0):
            continue
        out[i, inside[i]] = (pb if form == "pb" else pair)(v[i, inside[i]], sample)
    return back(out)


def orq_levels(s, lo, hi, depth):
    """Section 6, greedy: levels between lo and hi for ascending values."""
    if depth == 0:
        return []
    kappa = (s - lo).sum() / (hi - lo) if hi > lo else s.new_zeros(())
    at = min(max(s.numel() - math.ceil(float(kappa)), 0), s.numel() - 1)
    middle = s[at] if s.numel() else (lo + hi) / 2
    cut = max(at, 0)
    return orq_levels(s[:cut], lo, middle, depth - 1) + [middle] + orq_levels(s[cut:], middle, hi, depth - 1)


@nhwc
def orq(x, bits=4, bucket=0, sample=0):
    v, inside, back = rows(x, bucket)
    out = torch.zeros_like(v)
    for i in range(v.shape[0]):
        mine = v[i, inside[i]]
        s, _ = torch.sort(some(mine, sample))
        lo, hi = mine.min(), mine.max()
        levels = torch.stack([lo, *orq_levels(s, lo, hi, bits - 1), hi])
        k = torch.searchsorted(levels, mine).clamp(1, levels.numel() - 1)
        lo, hi = levels[k - 1], levels[k]
        part = torch.where(hi > lo, (mine - lo) / (hi - lo), torch.zeros_like(mine))
        out[i, inside[i]] = torch.where(up(part) > 0, hi, lo)
    return back(out)


@nhwc
def dorefa(x, bits=8, max="tensor"):
    """Section 8.2; max=sample: as in the code of tensorpack, one largest magnitude for each sample."""
    a = 2**bits - 1
    axes = tuple(range(1, x.dim()))
    m = x.abs().amax(dim=axes, keepdim=True) if max == "sample" else x.abs().max()
    safe = torch.where(m > 0, m, torch.ones_like(m))
    noise = (torch.rand_like(x) - 0.5) / a
    q = torch.round(a * (x / (2 * safe) + 0.5 + noise).clamp(0, 1)) / a
    return torch.where(m > 0, 2 * m * (q - 0.5), torch.zeros_like(x))


def none(x):
    return x


gradients = dict(none=none, uniform=uniform, qsgd=qsgd, binGrad=binGrad, orq=orq, dorefa=dorefa)


def parsed(text):
    name, _, given = text.partition(":")
    options = dict(pair.split("=") for pair in given.split(",") if pair)
    return gradients[name], {k: int(v) if v.lstrip("-").isdigit() else v for k, v in options.items()}


class Gradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, quantize):
        ctx.quantize = quantize
        return x.view_as(x)

    @staticmethod
    def backward(ctx, dy):
        return ctx.quantize(dy), None


def through(x, y):
    """y on the way forward, x on the way back."""
    return x + (y - x).detach()


def dorefa_weight(w, bits, scale):
    """Section 3: original levels in [-1, 1]; scale=stddev gives the deviation back that the weights had."""
    u = torch.tanh(w) / torch.tanh(w).abs().max()
    a = 2**bits - 1
    q = through(u, 2 * torch.round(a * (u + 1) / 2) / a - 1)
    return q * (w.std() / q.std()).detach() if scale == "stddev" else q


def dorefa_activation(x, bits):
    c = x.clamp(0, 1)
    a = 2**bits - 1
    return through(c, torch.round(a * c) / a)


class LeNet5(nn.Module):
    def __init__(self, parameters, options):
        super().__init__()
        self.values = nn.ParameterDict({k.replace("/", "_"): nn.Parameter(v) for k, v in parameters.items()})
        self.options = options
        self.quantize, self.quantizer_options = parsed(options.gradient)
        self.norms = nn.ModuleDict()
        if options.norm:
            sizes = dict(conv1=6, conv2=16)
            dense = dict(dense1=120, dense2=84)
            self.norms.update({k: nn.BatchNorm2d(c) for k, c in sizes.items()})
            self.norms.update({k: nn.BatchNorm1d(c) for k, c in dense.items()})
        self.errors = {}

    def quantized(self, name, dy):
        q = self.quantize(dy, **self.quantizer_options)
        if self.options.zeros:
            q = torch.where(dy == 0, dy, q)
        if self.options.center and name == "dense3":
            q = q - q.mean(1, keepdim=True)
        power = float((dy * dy).sum())
        self.errors.setdefault(name, []).append(float(((q - dy) ** 2).sum()) / power if power else 0)
        return q

    def layer(self, name, x):
        o = self.options
        w, b = self.values[f"{name}_weight"], self.values[f"{name}_bias"]
        inner = name in ("conv2", "dense1", "dense2")
        if o.dorefa and inner:
            x = dorefa_activation(x, o.dorefa)
            w = dorefa_weight(w, o.dorefa, o.scale)
        y = F.conv2d(x, w, b, padding=2 if name == "conv1" else 0) if w.dim() == 4 else F.linear(x, w, b)
        if inner or not (o.inner or (o.last and name == "dense3")):
            y = Gradient.apply(y, lambda dy: self.quantized(name, dy))
        return self.norms[name](y) if name in self.norms else y

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.layer("conv1", x)), 2)
        x = F.max_pool2d(F.relu(self.layer("conv2", x)), 2)
        x = x.permute(0, 2, 3, 1).flatten(1)
        x = F.relu(self.layer("dense1", x))
        x = F.relu(self.layer("dense2", x))
        return self.layer("dense3", x)


def load(where):
    with open(f"{where}/start.json") as file:
        facts = json.load(file)
    import numpy

    flat = numpy.fromfile(f"{where}/start.bin", dtype="<f4")
    at = 0

    def take(*shape):
        nonlocal at
        size = math.prod(shape)
        part = torch.tensor(flat[at : at + size], dtype=torch.float64).reshape(shape)
        at += size
        return part

    parameters = {}
    for parameter in facts["parameters"]:
        value = take(*parameter["shape"])
        if value.dim() == 4:
            value = value.permute(0, 3, 1, 2).contiguous()
            if parameter["path"].startswith("dense"):
                value = value.flatten(1)
        parameters[parameter["path"]] = value

    def batches(labels):
        return [(take(len(y), 28, 28, 1).permute(0, 3, 1, 2), torch.tensor(y)) for y in labels]

    return parameters, batches(facts["train"]), batches(facts["test"]), facts["epochs"]


def weight_gradients(net, x, y):
    net.zero_grad()
    F.cross_entropy(net(x), y).backward()
    return {k: p.grad.flatten().clone() for k, p in net.named_parameters() if k.endswith("weight") and "norms" not in k}


def directions(options):
    """What directions.mjs prints, computed here: cosine, cosine of the mean, norm and error of each layer."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    parameters, batches, _, _ = load(options.start)
    net = LeNet5(parameters, options).double()
    quantize, net.quantize, given, net.quantizer_options = net.quantize, none, net.quantizer_options, {}
    velocity = {k: torch.zeros_like(p) for k, p in net.named_parameters()}
    for x, y in batches[: options.after]:
        net.zero_grad()
        F.cross_entropy(net(x), y).backward()
        with torch.no_grad():
            for k, p in net.named_parameters():
                velocity[k].mul_(0.9).add_(p.grad)
                p.sub_(0.02 * velocity[k])
    x, y = batches[options.after]
    exact = weight_gradients(net, x, y)
    net.quantize, net.quantizer_options, net.errors = quantize, given, {}
    drawn = [weight_gradients(net, x, y) for _ in range(options.directions)]
    print(f"{options.gradient}: {options.directions} draws after {options.after} steps")
    print("layer   cosine  of mean    norm    error")
    for k, g in exact.items():
        all = torch.stack([one[k] for one in drawn])
        cosine = F.cosine_similarity(all, g[None], dim=1).mean()
        of_mean = F.cosine_similarity(all.mean(0), g, dim=0)
        norm = (all.pow(2).sum(1).mean()).sqrt() / g.norm()
        name = k.split(".")[1].split("_")[0]
        error = sum(net.errors[name]) / len(net.errors[name])
        print(f"{name:8}{cosine:6.3f}   {of_mean:6.3f}   {norm:6.3g}   {error:6.3g}")


def train(options):
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    parameters, batches, test, epochs = load(options.start)
    net = LeNet5(parameters, options).double()
    velocity = {k: torch.zeros_like(p) for k, p in net.named_parameters()}
    steps = len(batches)
    per_epoch = steps // epochs
    losses, right, results = [], 0, []
    for step, (x, y) in enumerate(batches):
        logits = net(x)
        loss = F.cross_entropy(logits, y)
        net.zero_grad()
        loss.backward()
        rate = options.lr * (1 + math.cos(math.pi * step / steps)) / 2
        with torch.no_grad():
            for k, p in net.named_parameters():
                g = p.grad + (1e-4 * p if k.endswith("weight") and "norms" not in k else 0)
                velocity[k].mul_(0.9).add_(g)
                p.sub_(rate * velocity[k])
        losses.append(float(loss.detach()))
        if (step + 1) % per_epoch == 0:
            net.eval()
            with torch.no_grad():
                hits = sum(int((net(x).argmax(1) == y).sum()) for x, y in test)
            net.train()
            mean = sum(losses[-per_epoch:]) / per_epoch
            score = 100 * hits / sum(len(y) for _, y in test)
            results.append((mean, score))
            print(f"epoch {len(results)}  loss {mean:.4f}  test {score:.2f} %", file=sys.stderr)
    name = options.gradient + (f" dorefa {options.dorefa}" if options.dorefa else "")
    loss, score = results[-1]
    return dict(gradient=name, lr=options.lr, seed=options.seed, loss=loss, test=score, first=losses[:5])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("start", help="directory that start.mjs has written")
    parser.add_argument("--gradient", default="none", help="none, uniform, qsgd, binGrad, orq or dorefa, with options as name=value")
    parser.add_argument("--dorefa", type=int, default=0, help="bits of DoReFa's weights and activations; ends stay float")
    parser.add_argument("--scale", default="none", help="none or stddev: what scales DoReFa's weights")
    parser.add_argument("--inner", action="store_true", help="no gradient quantizer in the first and the last layer")
    parser.add_argument("--zeros", action="store_true", help="elements that are 0 stay 0")
    parser.add_argument("--center", action="store_true", help="takes the mean over classes from each sample's gradient of the logits")
    parser.add_argument("--last", action="store_true", help="no gradient quantizer in the last layer")
    parser.add_argument("--norm", action="store_true", help="batch normalization behind every layer but the last")
    parser.add_argument("--lr", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directions", type=int, default=0, metavar="DRAWS", help="compares gradients of one batch in place of training")
    parser.add_argument("--after", type=int, default=0, metavar="STEPS", help="steps in float before the directions")
    options = parser.parse_args()
    if options.directions:
        directions(options)
    else:
        print(json.dumps(train(options)))
