"""Prints steps of torch.optim.Adam and AdamW; see README.md."""

import json

import torch

gradients = [[0.5, -3.0, 1e-4], [0.25, 1.0, 0.0], [-0.75, 0.0, 2e-4], [2.0, 0.125, -1e-4], [0.0, 0.0, 0.0], [-1.0, 8.0, 3.0]]


def case(rate, momentum, decay, make=torch.optim.Adam, norm=None):
    p = torch.tensor([1.0, -2.0, 0.25], dtype=torch.float64, requires_grad=True)
    optimizer = make([p], lr=rate, betas=(momentum, 0.999), weight_decay=decay)
    found = []
    for g in gradients:
        p.grad = torch.tensor(g, dtype=torch.float64)
        if norm is not None:
            torch.nn.utils.clip_grad_norm_([p], norm)
        optimizer.step()
        found.append([float(f"{v:.9g}") for v in p.tolist()])
    case = {"rate": rate, "momentum": momentum, "decay": decay, "values": found}
    return case if norm is None else {**case, "norm": norm}


cases = [case(0.01, 0.9, 0), case(0.001, 0.9, 0.1), case(0.1, 0.0, 0), case(0.02, 0.5, 1e-4)]
coupled = [case(0.01, 0.9, 0.1, norm=1), case(0.01, 0.9, 0.1, norm=5)]
decoupled = [case(0.01, 0.9, 0.01, torch.optim.AdamW), case(0.1, 0.5, 0.3, torch.optim.AdamW), case(0.01, 0.9, 0.1, torch.optim.AdamW, 2)]


def lines(name, cases):
    return f'"{name}": [\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]"


print("{\n\"gradients\": " + json.dumps(gradients, separators=(",", ":")) + ",")
print(",\n".join([lines("cases", cases), lines("clipped", coupled), lines("decoupled", decoupled)]) + "\n}")
