"""Prints self-attention, softmax, GELU, and an embedding with cross-entropy at each position, of PyTorch in float64, with their gradients; see README.md."""

import json

import torch
from torch.nn import functional as F
from values import codes, digits

n, h, w, c, heads = 2, 3, 2, 8, 2
t = h * w
x0 = codes(n * t * c, 1).reshape(n, t, c) / 64
dy = codes(n * t * c, 2).reshape(n, t, c) / 64


def attention(causal):
    module = torch.nn.MultiheadAttention(c, heads, batch_first=True, dtype=torch.float64)
    weights = [codes(c * c, seed).reshape(c, c) / 256 for seed in (3, 4, 5, 6)]
    biases = [codes(c, seed) / 128 for seed in (7, 8, 9, 10)]
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.cat(weights[:3]))
        module.in_proj_bias.copy_(torch.cat(biases[:3]))
        module.out_proj.weight.copy_(weights[3])
        module.out_proj.bias.copy_(biases[3])
    x = x0.clone().requires_grad_()
    mask = torch.nn.Transformer.generate_square_subsequent_mask(t, dtype=torch.float64) if causal else None
    y, _ = module(x, x, x, attn_mask=mask, need_weights=False)
    y.backward(dy)
    into = zip(("query", "key", "value"), module.in_proj_weight.grad.split(c), module.in_proj_bias.grad.split(c))
    gradients = {name: (weight, bias) for name, weight, bias in into}
    gradients["out"] = (module.out_proj.weight.grad, module.out_proj.bias.grad)
    return {
        "causal": causal,
        "y": digits(y.detach()),
        "dx": digits(x.grad),
        "gradients": {
            f"{name}/{kind}": digits(value)
            for name, pair in gradients.items()
            for kind, value in zip(("weight", "bias"), pair)
        },
    }


def elementwise(name, function):
    x = (codes(n * t * c, 1).reshape(n, t, c) / 16).requires_grad_()
    y = function(x)
    y.backward(dy)
    return {"name": name, "y": digits(y.detach()), "dx": digits(x.grad)}


rows = [
    elementwise("softmax", lambda x: torch.softmax(x, -1)),
    elementwise("softmax of two groups", lambda x: torch.softmax(x.reshape(n, t, 2, c // 2), -1).reshape(n, t, c)),
    elementwise("gelu by tanh", lambda x: F.gelu(x, approximate="tanh")),
    elementwise("gelu", F.gelu),
]


def language():
    entries, features = 5, 4
    tokens = (codes(n * t, 11).to(torch.int64) % entries).reshape(n, t)
    labels = (codes(n * t, 12).to(torch.int64) % features).reshape(n, t)
    table = (codes(entries * features, 13).reshape(entries, features) / 32).requires_grad_()
    logits = F.embedding(tokens, table)
    loss = F.cross_entropy(logits.permute(0, 2, 1), labels, label_smoothing=0.1)
    loss.backward()
    return {"tokens": tokens.flatten().tolist(), "labels": labels.flatten().tolist(), "y": digits(loss.detach()), "dx": digits(table.grad)}


cases = {"attention": [attention(False), attention(True)], "functions": rows, "language": [language()]}
parts = [
    f'"{name}":[\n' + ",\n".join(json.dumps(one, separators=(",", ":")) for one in some) + "\n]"
    for name, some in cases.items()
]
print("{" + ",\n".join(parts) + "}")
