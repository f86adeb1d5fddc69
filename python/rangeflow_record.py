"""Records the ranges of a PyTorch model while it trains, for `rangeflow replay`.

A single file that needs PyTorch (2.1 or later) and pyarrow. Copy it next to your training script.

    from rangeflow_record import Recorder

    with Recorder(model, "runs/mine") as recorder:
        for x, y in batches:
            optimizer.zero_grad()
            loss(model(x), y).backward()
            optimizer.step()
            recorder.step()

Then `rangeflow replay runs/mine --estimator inHindsight --estimator delayedScaling` reports how far off the ranges of these
estimators would have been at every site, without training again.

A *site* is a place where a tensor would be quantized. For each recorded module, by default every linear layer, convolution and
`MultiheadAttention`, and each step:

    layer1/0/conv1/input             activation  the input of `layer1.0.conv1`
    layer1/0/conv1/weight            weight      its weights as used in the forward pass
    layer1/0/conv1/gradient          gradient    the gradient of the loss with respect to its output
    layer1/0/conv1/output            activation  its output, if `outputs=True`
    layer1/0/conv1/weight/gradient   gradient    the gradient of its weights, if `weight_gradients=True`

A row has, for each tensor:

- minimum and maximum of its finite elements, exact to the bit;
- the number of elements, and of those that are NaN or infinite;
- mean and (population) standard deviation, accurate to 1e-6 of the latter;
- at every `histogram_every`-th recorded step a histogram with 16 bins for each power of two.

The files are Arrow streams (docs/foreign-recordings.md of Rangeflow describes their columns).

Recording changes no bit of the training: it draws no random numbers and passes every tensor on unchanged.
"""
from __future__ import annotations

import datetime
import fnmatch
import functools
import hashlib
import io
import json
import math
import os
import platform
import threading
import time
import uuid
import warnings
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple, Type, Union

import pyarrow as pa
import torch
from torch import Tensor, nn

__all__ = ["Recorder", "histogram"]

Modules = Union[None, str, Sequence[str], Type[nn.Module], Tuple[Type[nn.Module], ...], Callable[[str, nn.Module], bool]]

_DEFAULT_TYPES = (nn.Linear, nn.modules.conv._ConvNd, nn.MultiheadAttention)

# --------------------------------------------------------------------------------------------------------------------
# Statistics of one tensor
# --------------------------------------------------------------------------------------------------------------------


class _Bins(NamedTuple):
    """Element counts by bin (the top 13 bits of the float32 word), and the number of elements equal to each extreme."""

    counts: Tensor
    at_min: int
    at_max: int


class _Seen(NamedTuple):
    """Statistics of a tensor. `min` and `max` cover its finite elements; they are +inf and -inf if there are none."""

    min: float
    max: float
    count: int
    non_finite: int = 0
    mean: Optional[float] = None
    variance: Optional[float] = None
    bins: Optional[_Bins] = None

    def merged(self, other: _Seen) -> _Seen:
        """Statistics of the elements of both tensors together."""
        count = self.count + other.count
        mean = variance = None
        if self.mean is not None and other.mean is not None and self.variance is not None and other.variance is not None:
            share, apart = other.count / count, other.mean - self.mean
            mean = self.mean + apart * share
            variance = self.variance * (1 - share) + other.variance * share + apart * apart * share * (1 - share)
        elif self.count == 0 or other.count == 0:
            mean, variance = (self.mean, self.variance) if other.count == 0 else (other.mean, other.variance)
        bins = None
        if self.bins is not None and other.bins is not None:
            bins = _Bins(
                self.bins.counts + other.bins.counts,
                (self.bins.at_min if self.min <= other.min else 0) + (other.bins.at_min if other.min <= self.min else 0),
                (self.bins.at_max if self.max >= other.max else 0) + (other.bins.at_max if other.max >= self.max else 0),
            )
        low, high = min(self.min, other.min), max(self.max, other.max)
        return _Seen(low, high, count, self.non_finite + other.non_finite, mean, variance, bins)

    def divided(self, scale: float) -> _Seen:
        """Statistics of the tensor divided by a scale, exact if that is a power of two. The bins remain those of the tensor."""
        mean = None if self.mean is None else self.mean / scale
        variance = None if self.variance is None else self.variance / scale / scale
        return self._replace(min=self.min / scale, max=self.max / scale, mean=mean, variance=variance)

    def verdict(self) -> str:
        """Rangeflow's class of the tensor: only `observed` ones are shown to an estimator."""
        if self.count == 0:
            return "empty"
        largest_end = 8.5e37
        if self.non_finite > 0 or not (-largest_end <= self.min and self.max <= largest_end):
            return "nonFinite"
        return "zero" if max(self.max, 0.0) - min(self.min, 0.0) < 2.0**-100 else "observed"


_EMPTY = _Seen(math.inf, -math.inf, 0)


def _flat(x: Tensor) -> Tensor:
    """Elements of a tensor in memory order; copies only if the tensor overlaps itself or has gaps."""
    if x.is_contiguous():
        return x.view(-1)
    return x.permute(sorted(range(x.dim()), key=x.stride, reverse=True)).reshape(-1)


def _float_of(x: Tensor) -> Tensor:
    """Elements as float32; float64 is kept. The conversion of shorter types is exact."""
    flat = _flat(x.detach())
    return flat if flat.dtype in (torch.float32, torch.float64) else flat.float()


@functools.lru_cache(maxsize=None)
def _row_length(count: int) -> int:
    """Length of the rows in which `count` elements are added: one that divides `count`, if possible."""
    if count <= 4096:
        return count
    return next((length for length in range(2048, 511, -1) if count % length == 0), 1024)


def _sums(x: Tensor, row: int) -> Tuple[float, float]:
    """Sum of the elements, and of their squares."""
    if row == x.numel():
        return x.sum().item(), torch.linalg.vector_norm(x).item() ** 2
    rows = x.view(-1, row)
    norms = torch.linalg.vector_norm(rows, dim=-1)
    return rows.sum(-1).sum(dtype=torch.float64).item(), torch.linalg.vector_norm(norms, dtype=torch.float64).item() ** 2


def _moments(x: Tensor, largest: float) -> Tuple[float, float]:
    """Mean and variance of finite elements, of which `largest` is the largest magnitude.

    Rows of about 1000 elements are added in the tensor's own type, and their sums in float64, which costs a quarter of float64
    throughout. If that is not accurate enough, because the mean is large relative to the deviation or squares leave the range
    of float32, everything is computed in float64.
    """
    if largest == 0:
        return 0.0, 0.0
    count = x.numel()
    if 1e-12 < largest < 1e15:
        row = _row_length(count)
        whole = count - count % row
        total, squares = _sums(x if whole == count else x[:whole], row)
        if whole < count:
            total, squares = (a + b for a, b in zip((total, squares), _sums(x[whole:], count - whole)))
        mean = total / count
        variance = squares / count - mean * mean
        if mean * mean < 16 * variance:
            return mean, variance
    wide = x.double()
    return wide.mean().item(), wide.var(correction=0).item()


def _bin_counts(x: Tensor) -> Tensor:
    """Number of elements by the top 13 bits of their float32 words."""
    bins = (x.float().view(torch.int32) >> 19) & 8191
    if x.device.type == "cpu":
        return torch.bincount(bins, minlength=8192)
    # Sorting is deterministic, and does not wait for the device.
    edges = torch.arange(8193, dtype=torch.int32, device=x.device)
    return torch.searchsorted(torch.sort(bins).values, edges).diff()


def _seen_now(tensor: Tensor, moments: bool, histogram: bool) -> _Seen:
    """Statistics of a tensor whose elements are in CPU memory."""
    x = _float_of(tensor)
    count = x.numel()
    if count == 0:
        return _EMPTY._replace(bins=_Bins(torch.zeros(8192, dtype=torch.int64, device="cpu"), 0, 0) if histogram else None)
    ends = torch.aminmax(x)
    low, high, bad = ends.min.item(), ends.max.item(), 0
    if not (math.isfinite(low) and math.isfinite(high)):
        x = x[torch.isfinite(x)]
        bad = count - x.numel()
        low, high = (x.min().item(), x.max().item()) if bad < count else (math.inf, -math.inf)
    mean = variance = None
    if moments and bad == 0:
        mean, variance = _moments(x, max(-low, high))
    bins = None
    if histogram:
        single = x.float()
        at_min, at_max = (int((single == single.new_tensor(end)).sum()) for end in (low, high))
        bins = _Bins(_bin_counts(x), at_min, at_max)
    return _Seen(low, high, count, bad, mean, variance, bins)


class _Later(NamedTuple):
    """Statistics of a tensor on a device, available once their numbers have been copied to CPU memory."""

    count: int
    scalars: Dict[str, Tensor]
    counts: Optional[Tensor]

    def seen(self, numbers: Dict[str, float], counts: Optional[Tensor]) -> _Seen:
        """Statistics, once the numbers of `scalars` and `counts` have arrived."""
        bins = None if counts is None else _Bins(counts, int(numbers["at_min"]), int(numbers["at_max"]))
        bad = int(numbers["non_finite"])
        mean, variance = (numbers.get("mean"), numbers.get("variance")) if bad == 0 else (None, None)
        return _Seen(numbers["min"], numbers["max"], self.count, bad, mean, variance, bins)


def _seen_later(tensor: Tensor, moments: bool, histogram: bool) -> Union[_Seen, _Later]:
    """Statistics of a tensor on a device; nothing here waits for the device."""
    x = _float_of(tensor)
    if x.numel() == 0:
        return _seen_now(torch.empty(0, device="cpu"), moments, histogram)
    inf = math.inf
    low = x.nan_to_num(nan=inf, posinf=inf, neginf=inf).amin()
    high = x.nan_to_num(nan=-inf, posinf=-inf, neginf=-inf).amax()
    scalars = {"min": low, "max": high, "non_finite": x.numel() - torch.isfinite(x).sum()}
    if moments:
        scalars["variance"], scalars["mean"] = torch.var_mean(x, correction=0)
    if not histogram:
        return _Later(x.numel(), scalars, None)
    single = x.float()
    scalars["at_min"], scalars["at_max"] = (single == low.float()).sum(), (single == high.float()).sum()
    return _Later(x.numel(), scalars, _bin_counts(x))


class _Transfer:
    """Copies the statistics of a step from devices to CPU memory: one asynchronous copy for all numbers of a device."""

    def __init__(self, seen: Sequence[Union[_Seen, _Later]]) -> None:
        self._seen = seen
        self._copies: List[Tuple[List[Tuple[int, str]], Tensor]] = []
        self._counts: Dict[int, Tensor] = {}
        self._events: List[Any] = []
        waiting: Dict[torch.device, Dict[torch.dtype, List[Tuple[int, str, Tensor]]]] = {}
        for i, one in enumerate(seen):
            if isinstance(one, _Later):
                for name, scalar in one.scalars.items():
                    waiting.setdefault(scalar.device, {}).setdefault(scalar.dtype, []).append((i, name, scalar))
                if one.counts is not None:
                    self._counts[i] = self._copied(one.counts)
        for device, by_type in waiting.items():
            # Float64, which holds every count and every float32, is not available on Apple's GPUs.
            wide = torch.float32 if device.type == "mps" else torch.float64
            parts = [torch.stack([scalar for _, _, scalar in group]).to(wide) for group in by_type.values()]
            places = [(i, name) for group in by_type.values() for i, name, _ in group]
            self._copies.append((places, self._copied(torch.cat(parts))))
        for device in waiting:
            if device.type == "cuda":
                event = torch.cuda.Event()
                event.record(torch.cuda.current_stream(device))
                self._events.append(event)

    @staticmethod
    def _copied(x: Tensor) -> Tensor:
        if x.device.type != "cuda":
            return x.cpu()
        return torch.empty(x.shape, dtype=x.dtype, device="cpu", pin_memory=True).copy_(x, non_blocking=True)

    def result(self) -> List[_Seen]:
        """The statistics; waits until they have arrived."""
        for event in self._events:
            event.synchronize()
        numbers: Dict[int, Dict[str, float]] = {}
        for places, copy in self._copies:
            for (i, name), number in zip(places, copy.tolist()):
                numbers.setdefault(i, {})[name] = number
        return [
            one.seen(numbers[i], self._counts.get(i)) if isinstance(one, _Later) else one
            for i, one in enumerate(self._seen)
        ]


# --------------------------------------------------------------------------------------------------------------------
# Histograms: bins that do not depend on the tensor, 16 for each power of two, for either sign
# --------------------------------------------------------------------------------------------------------------------


def _bin_tables() -> Tuple[Tensor, Tensor, Tensor]:
    """Bins in ascending order, and both edges of each; the bin in the middle holds 0 and all subnormal numbers."""
    magnitudes = torch.arange(16, 255 * 16 + 1, dtype=torch.int64, device="cpu")
    edges = (magnitudes << 19).to(torch.int32).view(torch.float32).double()
    edges[-1] = 2.0**128
    near, far = edges[:-1], edges[1:]
    positive, zero = magnitudes[:-1], torch.zeros(1, dtype=torch.float64, device="cpu")
    order = torch.cat([4096 + positive.flip(0), zero.long(), positive])
    return order, torch.cat([-far.flip(0), zero, near]), torch.cat([-near.flip(0), zero, far])


_ORDER, _LO, _HI = _bin_tables()


def _values_and_counts(seen: _Seen) -> Tuple[List[float], List[int]]:
    """A histogram in Rangeflow's format: the extremes themselves, and between them the centre of each filled bin."""
    bins = seen.bins
    if bins is None:
        return [], []
    counts = bins.counts.clone()
    counts[0] += counts[1:16].sum() + counts[4096:4112].sum()
    counts = counts[_ORDER]
    filled = torch.nonzero(counts).view(-1)
    if filled.numel() == 0:
        return [], []
    zero = len(_ORDER) // 2
    first, last = int(filled[0]), int(filled[-1])
    ends = torch.tensor([seen.min, seen.max], dtype=torch.float32, device="cpu").tolist()
    low = 0.0 if first == zero else ends[0]
    high = 0.0 if last == zero else ends[1]
    at_low, at_high = (0 if first == zero else bins.at_min), (0 if last == zero or low == high else bins.at_max)
    start, end = _LO[filled].clamp(min=low), _HI[filled].clamp(max=high)
    middle = ((start + end) / 2).float().double()
    middle = torch.where(middle == low, end, torch.where(middle == high, start, middle))
    rest = counts[filled]
    rest[0] -= at_low
    rest[-1] -= at_high
    values = [low, *middle.tolist(), high]
    numbers = [at_low, *rest.tolist(), at_high]
    kept = [i for i, number in enumerate(numbers) if number > 0]
    return [values[i] for i in kept], [int(numbers[i]) for i in kept]


def histogram(tensor: Tensor) -> Tuple[List[float], List[int]]:
    """Histogram of a tensor, with the bins of a recording.

    Args:
        tensor: floating point, of any shape; NaN and infinite elements are not counted.

    Returns:
        Values, ascending, and the number of elements that each stands for. The first and the last are the smallest and the
        largest element themselves, the others the centre of their bin, at most 3.1 % from the elements that they stand for.

    Example:
        >>> histogram(torch.tensor([0.0, 0.0, 2.01, 2.02, 6.0]))
        ([0.0, 2.0625, 6.0], [2, 2, 1])
    """
    return _values_and_counts(_seen_now(tensor, False, True))


# --------------------------------------------------------------------------------------------------------------------
# Files: a segment is an Arrow stream, with a file of checksums beside it, one for each piece that was written as a whole
# --------------------------------------------------------------------------------------------------------------------

_TEXT = pa.dictionary(pa.int32(), pa.utf8())

_FIELDS = [
    pa.field("step", pa.uint32(), False),
    pa.field("site", _TEXT, False),
    pa.field("role", _TEXT, False),
    pa.field("verdict", _TEXT, False),
    pa.field("min", pa.float64()),
    pa.field("max", pa.float64()),
    pa.field("count", pa.uint32()),
    pa.field("nonFinite", pa.uint32()),
    pa.field("known", _TEXT),
    pa.field("rank", pa.int32()),
    pa.field("measured", pa.utf8()),
    pa.field("histogramValues", pa.list_(pa.field("value", pa.float32(), False))),
    pa.field("histogramCounts", pa.list_(pa.field("count", pa.uint32(), False))),
]

_MOST = 2**32 - 1


class _Texts:
    """A dictionary column of texts: indices into all texts seen so far."""

    def __init__(self) -> None:
        self.texts: Dict[str, int] = {}
        self.rows: List[int] = []

    def add(self, text: str) -> None:
        self.rows.append(self.texts.setdefault(text, len(self.texts)))

    def take(self) -> pa.Array:
        rows, self.rows = self.rows, []
        return pa.DictionaryArray.from_arrays(pa.array(rows, pa.int32()), pa.array(list(self.texts), pa.utf8()))


class _Segment:
    """Appends rows to a new segment of a recording. A piece of it counts once its checksum is written."""

    def __init__(self, directory: str, number: int, run_id: str, first_step: int, rank: Optional[int]) -> None:
        base = os.path.join(directory, f"{number:06d}")
        metadata = {"schemaVersion": "5", "runId": run_id, "firstStep": str(first_step), "origin": "foreign"}
        self._schema = pa.schema(_FIELDS, metadata=metadata)
        self._rank = rank
        self._sums = open(base + ".sums", "xb", buffering=0)
        self._data = open(base + ".arrows", "xb", buffering=0)
        self._offset = 0
        self._failure: Optional[OSError] = None
        self._sink = io.BytesIO()
        self._writer = pa.ipc.new_stream(self._sink, self._schema)
        self._texts = {name: _Texts() for name in ("site", "role", "verdict", "known")}
        self._columns: Dict[str, List[Any]] = {f.name: [] for f in _FIELDS if f.name not in self._texts}
        # A stream begins with its first batch; an empty one makes the recording readable from the start.
        self._write_rows()

    def add(self, step: int, site: str, role: str, scaled: _Seen, scale: float) -> None:
        """Adds a row for a tensor, given statistics of `scale` times that tensor."""
        seen = scaled if scale == 1 else scaled.divided(scale)
        for name, text in (("site", site), ("role", role), ("verdict", seen.verdict()), ("known", "minMax")):
            self._texts[name].add(text)
        measured = None
        if seen.mean is not None and seen.variance is not None:
            measured = f'{{"mean":[{seen.mean!r}],"std":[{math.sqrt(max(seen.variance, 0.0))!r}]}}'
        values, counts = _values_and_counts(scaled)
        row = {
            "step": step,
            "min": seen.min,
            "max": seen.max,
            "count": seen.count if seen.count <= _MOST else None,
            "nonFinite": seen.non_finite if seen.non_finite <= _MOST else None,
            "rank": self._rank,
            "measured": measured,
            "histogramValues": [value / scale for value in values] or None,
            "histogramCounts": counts or None,
        }
        for name, value in row.items():
            self._columns[name].append(value)

    def rows(self) -> int:
        return len(self._columns["step"])

    def flush(self) -> None:
        """Writes the pending rows."""
        if self.rows() > 0:
            self._write_rows()

    def _write_rows(self) -> None:
        arrays = []
        for field in _FIELDS:
            texts = self._texts.get(field.name)
            if texts is not None:
                arrays.append(texts.take())
            else:
                arrays.append(pa.array(self._columns[field.name], field.type))
                self._columns[field.name] = []
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._write_piece()

    def _write_piece(self) -> None:
        """Writes the new bytes of the stream, and their checksum. After a piece that could not be written whole, none follows."""
        if self._failure is not None:
            raise self._failure
        chunk = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        line = f"{self._offset:012d} {len(chunk):010d} {hashlib.sha256(chunk).hexdigest()[:16]}"
        try:
            _write_whole(self._data, chunk)
            _write_whole(self._sums, f"{line} {hashlib.sha256(line.encode()).hexdigest()[:8]}\n".encode())
        except OSError as error:
            self._failure = error
            raise
        self._offset += len(chunk)

    def close(self) -> None:
        """Writes the pending rows and the end of the stream, and flushes both files to disk."""
        try:
            self.flush()
            self._writer.close()
            self._write_piece()
            for file in (self._data, self._sums):
                os.fsync(file.fileno())
        finally:
            self._data.close()
            self._sums.close()


def _write_whole(file: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _write_json(path: str, value: Any) -> None:
    """Replaces a file atomically."""
    with open(path + ".partial", "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write("\n")
    os.replace(path + ".partial", path)


# --------------------------------------------------------------------------------------------------------------------
# Hooks
# --------------------------------------------------------------------------------------------------------------------


def _nothing(*_: Any, **__: Any) -> None:
    """Takes the place of a recorder's hook in a model that was copied or saved."""


def _inert() -> Callable[..., None]:
    return _nothing


class _Hook:
    """A hook that is not copied with its model, for example into a weight average or a pickle."""

    def __init__(self, call: Callable[..., None]) -> None:
        self._call = call

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        self._call(*args, **kwargs)

    def __reduce__(self) -> Any:
        return _inert, ()


def _named_tensors(value: Any, name: str = "") -> Iterator[Tuple[str, Tensor]]:
    """The tensors in a module's input or output, with their place in it: "" for a single one, else "0", "1/hidden", .."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _named_tensors(part, f"{name}/{key}" if name else str(key))
    elif isinstance(value, (tuple, list)):
        for i, part in enumerate(value):
            yield from _named_tensors(part, f"{name}/{i}" if name else str(i))


def _is_recordable(x: Tensor) -> bool:
    return x.is_floating_point() and x.layout == torch.strided and x.device.type != "meta"


def _recordable(value: Any) -> List[Tuple[str, Tensor]]:
    """The floating point tensors in a value, each once; the name of a single one is empty."""
    found: Dict[int, Tuple[str, Tensor]] = {}
    for name, tensor in _named_tensors(value):
        if _is_recordable(tensor):
            found.setdefault(id(tensor), (name, tensor))
    tensors = list(found.values())
    return [("", tensors[0][1])] if len(tensors) == 1 else tensors


_graph_task = getattr(torch._C, "_current_graph_task_id", lambda: -1)


def _is_in_backward() -> bool:
    """Whether a backward pass is running in this thread; a forward pass within it is a checkpoint that is recomputed."""
    return _graph_task() != -1


def _paths(names: Sequence[str]) -> Dict[str, str]:
    """Path of each module by its name. The model itself is `model`, or `root` if one of its modules has that path."""
    paths = {name: name.replace(".", "/") for name in names}
    if "" in paths:
        paths[""] = "root" if any(path.split("/")[0] == "model" for path in paths.values()) else "model"
    by_path: Dict[str, str] = {}
    for name, path in paths.items():
        other = by_path.setdefault(path, name)
        if other != name:
            both = f"{other!r} and {name!r}, both of which would be {path}"
            raise ValueError(f"modules: {both}, expected names that differ in more than dots and slashes; leave one out by modules=")
    return paths


def _chooser(modules: Modules) -> Callable[[str, nn.Module], bool]:
    if modules is None:
        return lambda _, module: isinstance(module, _DEFAULT_TYPES)
    if callable(modules) and not isinstance(modules, type):
        return modules
    parts = (modules,) if isinstance(modules, (str, type)) else modules
    if not (isinstance(parts, (tuple, list)) and all(isinstance(part, (str, type)) for part in parts)):
        raise TypeError(f"modules: {modules!r}, expected types of modules, patterns of their names, or a function")
    types = tuple(part for part in parts if isinstance(part, type))
    patterns = [part for part in parts if isinstance(part, str)]
    return lambda name, module: isinstance(module, types) or any(fnmatch.fnmatchcase(name, p) for p in patterns)


_COMPILED = "compiled, which fuses away what is to be recorded, expected an eager module; record without torch.compile"


def _checked(model: nn.Module) -> nn.Module:
    """The module that names refer to: the one inside DataParallel and DistributedDataParallel."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: {type(model).__name__}, expected a torch.nn.Module")
    if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        model = model.module
    for name, module in model.named_modules():
        where = f"model, module {name!r}" if name else "model"
        if isinstance(module, torch.jit.ScriptModule):
            raise ValueError(f"{where}: a TorchScript module, which runs no hooks of Python, expected an eager module")
        if hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None) is not None:
            raise ValueError(f"{where}: {_COMPILED}")
    return model


def _rank_and_world() -> Tuple[Optional[int], int]:
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()) or distributed.get_world_size() == 1:
        return None, 1
    return distributed.get_rank(), distributed.get_world_size()


def _segments_in(directory: str) -> List[int]:
    """Numbers of the segments that were started in a directory."""
    names = os.listdir(directory) if os.path.isdir(directory) else []
    return [int(name.split(".")[0]) for name in names if name.endswith((".arrows", ".sums"))]


def _known(about: str) -> Dict[str, Any]:
    """Contents of `import.json` of a recording that this file has made."""
    try:
        with open(about, encoding="utf-8") as file:
            info = json.load(file)
    except (OSError, ValueError):
        info = None
    if not isinstance(info, dict) or info.get("format") != "rangeflow_record":
        raise ValueError(f"{about}: it does not tell of a recording of rangeflow_record.py, expected one to go on with")
    return info


def _whole(name: str, value: int, least: int) -> int:
    if not isinstance(value, int) or value < least:
        raise ValueError(f"{name}: {value!r}, expected a whole number of at least {least}")
    return value


# --------------------------------------------------------------------------------------------------------------------
# The recorder
# --------------------------------------------------------------------------------------------------------------------


class Recorder:
    """Records weights, activations and gradients of a model, step by step.

    Args:
        model: any eager `nn.Module`; for `DataParallel` and `DistributedDataParallel`, the module inside is recorded.
        directory: a new directory, which gets `import.json` and `ranges/`. If `torch.distributed` runs several processes, each
            has its own directory in it, `rank0`, `rank1`, ..
        modules: modules to record: types, name patterns such as `"layer1.*"`, or a function of name and module. Default:
            linear layers, convolutions and `MultiheadAttention`.
        weights: record the weights of these modules. Default: True.
        inputs: record their floating point inputs. Default: True.
        outputs: record their floating point outputs. Default: False.
        gradients: record the gradients with respect to their outputs. Default: True.
        weight_gradients: record the gradients of their weights, in each backward pass. Default: False.
        moments: record means and standard deviations. Default: True.
        histogram_every: record a histogram at every N-th recorded step; 0, the default, for never.
        every: record every N-th step. Default: 1.
        evaluation: also record passes in evaluation mode or without gradients. Default: False.
        first_step: number of the first step, if training is resumed. Default: 0.
        resume: continue the recording in `directory`, if there is one; its rows from `first_step` on no longer count.
            Default: False.
        rank: number of this process, if several processes record one run without `torch.distributed`.

    Raises:
        FileExistsError: if `directory` has a recording and `resume` is not set.
        TypeError: if `model` is not an `nn.Module`, or `modules` has another type.
        ValueError: for a compiled or scripted model, for modules whose names differ only in dots and slashes, if no module is
            chosen, and for invalid numbers.

    Several forward or backward passes in one step, as with modules that are used twice or accumulated gradients, give one row.
    Passes that activation checkpointing repeats count once.

    Example:
        >>> with Recorder(model, "runs/mine", histogram_every=100) as recorder:
        ...     for x, y in batches:
        ...         optimizer.zero_grad()
        ...         loss(model(x), y).backward()
        ...         optimizer.step()
        ...         recorder.step()
    """

    def __init__(
        self,
        model: nn.Module,
        directory: Union[str, "os.PathLike[str]"],
        *,
        modules: Modules = None,
        weights: bool = True,
        inputs: bool = True,
        outputs: bool = False,
        gradients: bool = True,
        weight_gradients: bool = False,
        moments: bool = True,
        histogram_every: int = 0,
        every: int = 1,
        evaluation: bool = False,
        first_step: int = 0,
        resume: bool = False,
        rank: Optional[int] = None,
    ) -> None:
        self._model = _checked(model)
        self._weights, self._inputs, self._outputs = weights, inputs, outputs
        self._gradients, self._moments, self._evaluation = gradients, moments, evaluation
        self._every, self._histogram_every = _whole("every", every, 1), _whole("histogram_every", histogram_every, 0)
        self._step = _whole("first_step", first_step, 0)
        given = dict(modules=None if modules is None else repr(modules), weights=weights, inputs=inputs, outputs=outputs)
        given.update(gradients=gradients, weight_gradients=weight_gradients, moments=moments, every=every)
        given.update(histogram_every=histogram_every, evaluation=evaluation, first_step=first_step)
        is_chosen = _chooser(modules)
        chosen = [(name, module) for name, module in self._model.named_modules() if is_chosen(name, module)]
        # Attention multiplies with the weights of its output layer itself and never calls it.
        unused = {f"{name}.out_proj".lstrip(".") for name, module in chosen if isinstance(module, nn.MultiheadAttention)}
        chosen = [(name, module) for name, module in chosen if name not in unused]
        if not chosen:
            raise ValueError(f"modules: none of {type(model).__name__} is chosen, expected at least one; say which by modules=")
        paths = _paths([name for name, _ in chosen])
        found, world = _rank_and_world()
        self._rank = found if rank is None else _whole("rank", rank, 0)
        directory = os.fspath(directory)
        self.directory = directory if self._rank is None else os.path.join(directory, f"rank{self._rank}")
        self._segment, self._info = self._opened(resume)
        self._info.update(
            by=f"rangeflow_record.py, torch {torch.__version__}",
            made=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            options=given,
            model=f"{type(self._model).__module__}.{type(self._model).__qualname__}",
            parameters=sum(p.numel() for p in self._model.parameters() if not nn.parameter.is_lazy(p)),
            modules={paths[name]: f"{name} ({type(module).__name__})".lstrip() for name, module in chosen},
            versions={"python": platform.python_version(), "torch": torch.__version__, "pyarrow": pa.__version__},
            processes=world,
        )
        self._sites: Dict[str, None] = dict.fromkeys(self._info.get("siteNames", []))
        self._pending: List[Tuple[str, str, Union[_Seen, _Later]]] = []
        self._weighed: Set[Tuple[str, str]] = set()
        self._owners: Dict[str, Tuple[str, str]] = {}
        self._collision: Optional[str] = None
        self._skipped: Dict[Tuple[str, str], int] = {}
        self._lock = threading.Lock()
        self._waiting: Optional[Tuple[int, float, List[Tuple[str, str]], _Transfer]] = None
        self._met_compiler = False
        self._is_open = True
        self._last_write = time.monotonic()
        self._begin_step()
        self._handles: List[Any] = []
        for name, module in chosen:
            self._attach(paths[name], module, weight_gradients)
        self._save()

    # -- files --------------------------------------------------------------------------------------------------------

    def _opened(self, resume: bool) -> Tuple[_Segment, Dict[str, Any]]:
        """A new segment, and the contents of `import.json` so far."""
        ranges, about = os.path.join(self.directory, "ranges"), os.path.join(self.directory, "import.json")
        info: Dict[str, Any] = {"format": "rangeflow_record", "rows": 0, "sites": 0, "runId": uuid.uuid4().hex}
        numbers = _segments_in(ranges)
        if numbers and not resume:
            raise FileExistsError(
                f"{self.directory}: it has a recording, expected a new directory; "
                "name another one, or go on with it by resume=True"
            )
        if numbers:
            info = _known(about)
        os.makedirs(ranges, exist_ok=True)
        return _Segment(ranges, 1 + max(numbers, default=-1), info["runId"], self._step, self._rank), info

    def _save(self) -> None:
        _write_json(os.path.join(self.directory, "import.json"), self._info)

    # -- hooks --------------------------------------------------------------------------------------------------------

    def _attach(self, path: str, module: nn.Module, weight_gradients: bool) -> None:
        def hook(call: Callable[..., None]) -> _Hook:
            return _Hook(lambda *args: call(path, *args))

        self._handles.append(module.register_forward_pre_hook(hook(self._before), with_kwargs=True))
        self._handles.append(module.register_forward_hook(hook(self._after)))
        # Reading a parametrized weight computes it, and may change its inputs; so it is recorded when the model computes it.
        for name, parametrization in getattr(module, "parametrizations", {}).items():
            if "weight" in name:
                seen = _Hook(lambda _, __, weight, name=name: self._weight(path, f"{path}/{name}", weight))
                self._handles.append(parametrization.register_forward_hook(seen))
        if weight_gradients:
            for name, parameter in _own_weights(path, module):
                if isinstance(parameter, nn.Parameter) and parameter.requires_grad and not nn.parameter.is_lazy(parameter):
                    self._handles.append(parameter.register_hook(self._gradient_hook(path, f"{name}/gradient")))

    def _gradient_hook(self, path: str, site: str) -> _Hook:
        return _Hook(lambda gradient: self._see(path, site, "gradient", gradient) if self._is_recording() else None)

    def _is_recording(self) -> bool:
        if torch.compiler.is_compiling():
            self._met_compiler = True
            return False
        return self._is_on and (self._evaluation or self._model.training)

    def _is_first_pass(self, path: str, hook: str) -> bool:
        """Whether this is the pass that counts, among the repetitions that activation checkpointing makes of one pass.

        One kind of checkpointing runs first without gradients and again with them during the backward pass; there the second
        pass counts. The other kind runs with gradients both times; there the first pass counts.
        """
        key = (path, hook)
        with self._lock:
            if _is_in_backward():
                self._skipped[key] = self._skipped.get(key, 0) - 1
                return self._skipped[key] >= 0
            if torch.is_grad_enabled() or self._evaluation:
                return True
            self._skipped[key] = self._skipped.get(key, 0) + 1
            return False

    def _before(self, path: str, _: nn.Module, args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> None:
        if not (self._is_recording() and self._inputs and self._is_first_pass(path, "before")):
            return
        for name, x in _recordable({**{str(i): arg for i, arg in enumerate(args)}, **kwargs}):
            self._see(path, f"{path}/input/{name}".rstrip("/"), "activation", x)

    def _after(self, path: str, module: nn.Module, _: Any, output: Any) -> None:
        if not self._is_recording():
            return
        outputs = _recordable(output)
        if self._gradients:
            for name, y in outputs:
                if y.requires_grad:
                    y.register_hook(self._gradient_hook(path, f"{path}/gradient/{name}".rstrip("/")))
        if not self._is_first_pass(path, "after"):
            return
        if self._outputs:
            for name, y in outputs:
                self._see(path, f"{path}/output/{name}".rstrip("/"), "activation", y)
        for site, weight in _own_weights(path, module):
            self._weight(path, site, weight)

    def _weight(self, path: str, site: str, weight: Tensor) -> None:
        if not (self._weights and self._is_recording()):
            return
        with self._lock:
            if (path, site) in self._weighed:
                return
            self._weighed.add((path, site))
        self._see(path, site, "weight", weight)

    def _see(self, path: str, site: str, role: str, x: Tensor) -> None:
        if not _is_recordable(x):
            return
        other = self._owners.setdefault(site, (path, role))
        if other != (path, role):
            both = " and ".join(f"{what} of {of}" for of, what in (other, (path, role)))
            self._collision = f"{site}: {both}, expected one tensor for each site; leave one of them out by modules="
        see = _seen_now if x.device.type == "cpu" else _seen_later
        self._pending.append((site, role, see(x, self._moments, self._takes_histograms)))

    # -- steps --------------------------------------------------------------------------------------------------------

    def _begin_step(self) -> None:
        self._is_on = self._is_open and self._step % self._every == 0
        recorded = self._step // self._every
        self._takes_histograms = self._histogram_every > 0 and recorded % self._histogram_every == 0
        self._weighed.clear()
        self._skipped.clear()

    def step(self, gradient_scale: float = 1.0) -> None:
        """Ends a training step: the tensors seen since the last call make one row for each site.

        Args:
            gradient_scale: factor by which the loss was multiplied, such as `scaler.get_scale()` before `scaler.update()`;
                recorded gradients are divided by it. Default: 1.

        Raises:
            RuntimeError: if the recorder is closed, if the model was compiled after the recorder was attached, or if two tensors
                have one site, such as an input called `weight` and the weight of a module called `input`.
            ValueError: if `gradient_scale` is not a finite number above 0.
            OSError: if the files cannot be written.
        """
        if not self._is_open:
            raise RuntimeError("step: the recorder is closed, expected one that is open")
        if not (math.isfinite(gradient_scale) and gradient_scale > 0):
            raise ValueError(f"gradient_scale: {gradient_scale!r}, expected a finite number above 0")
        if self._met_compiler:
            raise RuntimeError(f"model: {_COMPILED}")
        if self._collision is not None:
            raise RuntimeError(self._collision)
        seen, self._pending = self._pending, []
        self._finish_waiting()
        if self._is_on:
            places = [(site, role) for site, role, _ in seen]
            self._waiting = (self._step, gradient_scale, places, _Transfer([one for _, _, one in seen]))
            if not any(isinstance(one, _Later) for _, _, one in seen):
                self._finish_waiting()
        self._step += 1
        self._begin_step()

    def _finish_waiting(self) -> None:
        """Writes the rows of the last recorded step, once its numbers have arrived."""
        if self._waiting is None:
            return
        (step, scale, places, transfer), self._waiting = self._waiting, None
        rows: Dict[str, Tuple[str, _Seen]] = {}
        for (site, role), seen in zip(places, transfer.result()):
            rows[site] = (role, rows[site][1].merged(seen) if site in rows else seen)
        for site, (role, seen) in rows.items():
            self._segment.add(step, site, role, seen, scale if role == "gradient" else 1.0)
        self._sites.update(dict.fromkeys(rows))
        self._info.update(rows=self._info["rows"] + len(rows), sites=len(self._sites), siteNames=list(self._sites))
        now = time.monotonic()
        if self._segment.rows() >= 4096 or now - self._last_write >= 2:
            self._last_write = now
            self._segment.flush()
            self._save()

    def close(self) -> None:
        """Writes pending rows and removes all hooks, which leaves the model as it was. Further calls do nothing."""
        if not self._is_open:
            return
        self._is_open = self._is_on = False
        for handle in self._handles:
            handle.remove()
        try:
            self._finish_waiting()
        finally:
            self._segment.close()
        paths = self._info["modules"]
        self._info["neverRan"] = [path for path in paths if not any(site.startswith(f"{path}/") for site in self._sites)]
        self._save()
        if self._pending:
            warnings.warn(f"{len(self._pending)} tensors that came after the last step() are not recorded", stacklevel=2)
        if self._info["rows"] == 0:
            asked = "does the model train (model.train()), and is step() called after each step?"
            warnings.warn(f"nothing was recorded: {asked}", stacklevel=2)

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is not None:
            # An interrupted step does not count.
            self._pending.clear()
        self.close()


def _own_weights(path: str, module: nn.Module) -> Iterator[Tuple[str, Tensor]]:
    """The weights of a module by site, such as `conv1/weight`; for attention also of the output layer that it never calls."""
    # A plain attribute if a forward pre-hook computes it (`torch.nn.utils.weight_norm`), and in replicas of DataParallel.
    computed = module.__dict__.get("weight")
    if isinstance(computed, Tensor):
        yield f"{path}/weight", computed
        return
    for name, parameter in module.named_parameters(recurse=False):
        if "weight" in name:
            yield f"{path}/{name}", parameter
    if isinstance(module, nn.MultiheadAttention):
        yield from _own_weights(f"{path}/out_proj", module.out_proj)
