"""Trains a linear layer of ten classes alone in float64, with the weights of SAT, written from section 3 of docs/methods.md and nothing of ours.

    python3 spec/emulation/satLinear.py

Inputs are rectified noise around a centre for each class, as a pool gives them. Weights are divided by the largest of their tanh, which has
a gradient, and scaled by a factor that has none, as in the authors' code; they are not rounded. Prints loss and weights of some steps.
"""
import numpy as np

INPUTS, CLASSES, BATCH, STEPS = 256, 10, 128, 79
RATE, MOMENTUM, DECAY = 0.05, 0.9, 4e-5


def factor(rescale, w, u):
    if rescale == "none":
        return 1.0
    if rescale == "constant":
        return 1 / np.sqrt(CLASSES * u.var(ddof=1))
    return w.std(ddof=1) / u.std(ddof=1)


def loss_and_gradient(w, rescale, x, labels):
    t = np.tanh(w)
    at = np.unravel_index(np.argmax(np.abs(t)), t.shape)
    most = np.abs(t[at])
    u = t / most
    scale = factor(rescale, w, u)
    logits = x @ (u * scale)
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    each = np.arange(len(labels))
    loss = -np.log(p[each, labels]).mean()
    p[each, labels] -= 1
    du = x.T @ (p / len(labels)) * scale
    dt = du / most
    dt[at] -= np.sign(t[at]) * (du * t).sum() / most**2
    return loss, dt * (1 - t**2), u * scale


def train(rescale, seed=0):
    rng = np.random.default_rng(seed)
    centres = 0.3 * rng.normal(size=(CLASSES, INPUTS))
    w = rng.normal(size=(INPUTS, CLASSES)) / np.sqrt(INPUTS)
    velocity = np.zeros_like(w)
    losses = []
    for step in range(STEPS):
        labels = rng.integers(0, CLASSES, BATCH)
        x = np.maximum(rng.normal(size=(BATCH, INPUTS)) + centres[labels], 0)
        before = np.abs(w).max()
        loss, gradient, used = loss_and_gradient(w, rescale, x, labels)
        gradient += DECAY * w
        velocity = MOMENTUM * velocity + gradient
        w = w - RATE * (gradient + MOMENTUM * velocity)
        losses.append(loss)
        if step in (0, 1, 2, 10, STEPS - 1):
            print(
                f"{rescale:8s} step {step:2d}: loss {loss:6.3f}, largest weight {before:6.3f}, "
                f"standard deviation in use {used.std():.3f}, largest over it {np.abs(used).max() / used.std():4.1f}"
            )
    print(f"{rescale:8s} mean loss {np.mean(losses):.3f}")


for how in ("none", "constant", "stddev"):
    train(how)
