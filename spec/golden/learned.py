"""Prints quantizers with learned parameters and weights of SAT, as PyTorch's autograd computes them; see README.md."""

import json

import torch
from values import codes, digits


def straight(v):
    """Rounds to the nearest integer; the gradient passes."""
    distance = (v.detach() - v.detach().floor() - 0.5).abs().min()
    assert distance > 1e-4, "a value too near to a tie for float32"
    return v + (torch.round(v) - v).detach()


def lsq(x, p, bits, signed):
    below, above = (2 ** (bits - 1), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    factor = (x.numel() * above) ** -0.5
    p = (p - p * factor).detach() + p * factor
    return straight((x / p).clamp(-below, above)) * p


def bounded(x, p, bits, signed):
    p = p.abs()
    n = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    return straight((x / p).clamp(-1 if signed else 0, 1) * n) / n * p


def pact(x, p, bits, signed):
    assert not signed
    n = 2**bits - 1
    y = ((x.abs() - (x - p).abs() + p) / 2).clamp(min=0)
    return y + (torch.round(y.detach() * n / p.detach()) * p.detach() / n - y.detach())


def double_sided(x, p, bits, signed):
    """AdaBits' double_side: to [0, 1], rounded there, and back."""
    assert signed
    p = p.abs()
    n = 2**bits - 1
    return (2 * straight(((x / p).clamp(-1, 1) + 1) / 2 * n) / n - 1) * p


quantizers = {"lsq": lsq, "lbt": bounded, "cgPact": bounded, "pact": pact, "cgPactReleased": double_sided}


def case(name, bits, signed, parameter):
    x = ((codes(24, 1) + 0.25) / 64).requires_grad_()
    dy = codes(24, 2) / 128
    p = torch.tensor(parameter, dtype=torch.float64, requires_grad=True)
    y = quantizers[name](x, p, bits, signed)
    y.backward(dy)
    return {
        "name": name,
        "bits": bits,
        "signed": signed,
        "parameter": parameter,
        "y": digits(y.detach()),
        "dx": digits(x.grad),
        "dp": digits(p.grad)[0],
    }


def sat(w, bits, grid, rescale, outputs):
    """Weights of SAT: bent, rounded straight through, and scaled by what counts as a constant."""
    t = torch.tanh(w)
    bent = (t / t.abs().max() + 1) / 2
    n = 2**bits
    with torch.no_grad():
        if bits == 32:
            q = bent
        elif grid == "original":
            q = torch.round(bent * (n - 1)) / (n - 1)
        else:
            q = (bent * n).floor().clamp(max=n - 1) / n + (0.5 / n if grid == "centered" else 0)
    q = 2 * (bent + (q - bent).detach()) - 1
    scale = {"none": 1, "constant": (outputs * q.detach().var()) ** -0.5, "stddev": w.detach().std() / q.detach().std()}
    return q * scale[rescale]


def bent(bits, grid, rescale):
    w = ((codes(24, 3) + 0.25) / 512).requires_grad_()
    q = sat(w, bits, grid, rescale, 12)
    q.backward(codes(24, 2) / 128)
    return {
        "bits": bits,
        "grid": grid,
        "rescale": rescale,
        "q": digits(q.detach()),
        "dw": digits(w.grad),
    }


def hard_concrete(logits, u):
    s = torch.sigmoid((torch.log(u) - torch.log(1 - u) + logits) / (2 / 3))
    return (s * 1.2 - 0.1).clamp(0, 1)


def clustered(bits, a, sigma, logits, u):
    """Weights of CPQ with DropBits: the most probable point, and straight through all probabilities."""
    w = ((codes(24, 3) + 0.25) / 512).requires_grad_()
    a = torch.tensor(a, dtype=torch.float64, requires_grad=True)
    logits = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    masks = hard_concrete(logits, torch.tensor(u, dtype=torch.float64))
    z = torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(masks, 0)])
    top = 2 ** (bits - 1) - 1
    i = torch.arange(-top, top + 1, dtype=torch.float64)
    band = (torch.floor(torch.log2(i.abs().clamp(min=1)))).long()
    above = torch.sigmoid((a * i + a / 2 - w[:, None]) / (sigma * a))
    below = torch.sigmoid((a * i - a / 2 - w[:, None]) / (sigma * a))
    pi = z[band] * (above - below)
    pi = pi / pi.sum(1, keepdim=True)
    y = torch.nn.functional.one_hot(pi.argmax(1), 2 * top + 1) + pi - pi.detach()
    q = (y * a * i).sum(1)
    q.backward(codes(24, 2) / 128)
    return {
        "bits": bits,
        "a": a.item(),
        "sigma": sigma,
        "logits": logits.tolist(),
        "u": u,
        "q": digits(q.detach()),
        "dw": digits(w.grad),
        "da": digits(a.grad)[0],
        "dlogits": digits(logits.grad),
    }


cases = [
    case("lsq", 2, True, 0.73),
    case("lsq", 4, True, 0.171),
    case("lsq", 4, False, 0.0917),
    case("lsq", 8, False, 0.00713),
    case("lbt", 4, True, 1.37),
    case("lbt", 3, False, 1.19),
    case("cgPact", 2, False, 1.313),
    case("cgPact", 4, True, -1.213),
    case("cgPact", 8, False, 1.71),
    case("cgPactReleased", 2, True, 1.313),
    case("cgPactReleased", 4, True, -1.217),
    case("cgPactReleased", 8, True, 1.71),
    case("pact", 2, False, 1.313),
    case("pact", 8, False, 1.71),
]
weights = [
    bent(bits, grid, rescale)
    for bits in (2, 4, 7, 8)
    for grid, rescale in (("modified", "constant"), ("original", "none"), ("original", "constant"), ("centered", "stddev"))
] + [bent(32, "modified", rescale) for rescale in ("none", "constant", "stddev")]

points = [
    clustered(2, 0.2, 0.3, [], []),
    clustered(4, 0.04, 0.3, [0.5, -0.2], [0.4, 0.6]),
    clustered(4, 0.04, 0.7, [0.3, 0.1], [0.45, 0.05]),
    clustered(5, 0.02, 0.3, [4.0, 0.2, 0.4], [0.5, 0.5, 0.4]),
    clustered(8, 0.003, 0.5, [5.0, 4.0, 4.5, 0.5, 0.7, 0.2], [0.5, 0.6, 0.7, 0.5, 0.4, 0.6]),
]

print("{\n\"cases\": [\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n],")
print("\"sat\": [\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in weights) + "\n],")
print("\"cpq\": [\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in points) + "\n]\n}")
