"""Prints steps of torch.optim.Adam; see README.md."""

import json

import torch

gradients = [[0.5, -3.0, 1e-4], [0.25, 1.0, 0.0], [-0.75, 0.0, 2e-4], [2.0, 0.125, -1e-4], [0.0, 0.0, 0.0], [-1.0, 8.0, 3.0]]


def case(rate, momentum, decay):
    p = torch.tensor([1.0, -2.0, 0.25], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([p], lr=rate, betas=(momentum, 0.999), weight_decay=decay)
    found = []
    for g in gradients:
        p.grad = torch.tensor(g, dtype=torch.float64)
        optimizer.step()
        found.append([float(f"{v:.9g}") for v in p.tolist()])
    return {"rate": rate, "momentum": momentum, "decay": decay, "values": found}


cases = [case(0.01, 0.9, 0), case(0.001, 0.9, 0.1), case(0.1, 0.0, 0), case(0.02, 0.5, 1e-4)]
print("{\n\"gradients\": " + json.dumps(gradients, separators=(",", ":")) + ",")
print("\"cases\": [\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n}")
