"""What the scripts of golden files share: numbers to begin with, and how numbers are written."""

import torch


def codes(count, seed):
    """Whole numbers that take all values of int8: the high byte of a linear congruential generator."""
    state, found = seed, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        found.append((state >> 16) % 256 - 128)
    return torch.tensor(found, dtype=torch.float64)


def digits(t):
    """Nine digits of each number."""
    return [float(f"{v:.9g}") for v in t.reshape(-1).tolist()]
