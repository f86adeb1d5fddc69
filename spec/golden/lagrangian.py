"""Prints the Lagrangian of two networks that see the same samples, and its gradients, as PyTorch's autograd computes them; see README.md."""

import json

import torch
from torch.nn.functional import cross_entropy, log_softmax, softmax
from values import codes, digits


def case(samples, classes, multiplier, bound, smoothing):
    f = (codes(samples * classes, 1) / 32).reshape(samples, classes).requires_grad_()
    q = (codes(samples * classes, 2) / 32).reshape(samples, classes).requires_grad_()
    labels = codes(samples, 3).long() % classes
    slack = -(softmax(f, 1) * log_softmax(q, 1)).sum(1).mean() - bound
    loss = cross_entropy(f, labels, label_smoothing=smoothing) + multiplier * slack
    loss.backward()
    return {
        "samples": samples,
        "classes": classes,
        "multiplier": multiplier,
        "bound": bound,
        "smoothing": smoothing,
        "labels": labels.tolist(),
        "loss": digits(loss)[0],
        "slack": digits(slack)[0],
        "float": digits(f.grad),
        "quantized": digits(q.grad),
    }


cases = [case(4, 3, 1, 0.1, 0), case(3, 5, 0.25, 2, 0.1), case(2, 2, 0, 0.1, 0)]
print("[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in cases) + "\n]")
