"""Records networks of many kinds with `python/rangeflow_record.py`, each into a directory of its own below the one that is given.

Prints a JSON object, case to what is expected of it: `rows`, which are computed of the tensors themselves without the recorder, and
other things that the case has found. `recorder.spec.ts` compares. With `--until-killed` it records one network for ever.
"""
import ast
import copy
import doctest
import gzip
import hashlib
import json
import math
import os
import pickle
import re
import resource
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

root = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "python"))
import rangeflow_record  # noqa: E402
from rangeflow_record import Recorder  # noqa: E402

torch.set_num_threads(1)
home = Path(sys.argv[1])
cases = {}


def case(record):
    """A case has the name of its function, records into a directory of that name and starts from the same random numbers."""
    cases[record.__name__] = record
    return record


def text_of(number):
    return number if math.isfinite(number) else str(number)


def row(step, site, role, *tensors, scale=1.0):
    """What a row says of some tensors together, by float64 and all at once."""
    x = torch.cat([t.detach().double().reshape(-1) for t in tensors]) / scale
    finite = x[x.isfinite()]
    bad = x.numel() - finite.numel()
    low, high = (finite.min().item(), finite.max().item()) if finite.numel() else (math.inf, -math.inf)
    verdict = "empty" if x.numel() == 0 else "nonFinite" if bad else "zero" if low == high == 0 else "observed"
    found = dict(step=step, site=site, role=role, verdict=verdict, min=text_of(low), max=text_of(high))
    found.update(count=x.numel(), nonFinite=bad)
    if bad == 0 and x.numel() > 0:
        found.update(mean=x.mean().item(), std=x.std(correction=0).item())
    return found


def three_rows(step, path, x, weight, gradient):
    return [
        row(step, f"{path}/input", "activation", x),
        row(step, f"{path}/weight", "weight", weight),
        row(step, f"{path}/gradient", "gradient", gradient),
    ]


def gradient_of(loss, y):
    return torch.autograd.grad(loss, y, retain_graph=True)[0]


class Small(nn.Module):
    """A network whose inner tensors can be asked for."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.body = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 4))

    def forward(self, x):
        return self.body(torch.relu(self.conv(x)).flatten(1))

    def rows(self, step, x, of=lambda y: y.pow(2).sum()):
        """What a step of it should leave; outside of a recorder."""
        a = self.conv(x)
        b = torch.relu(a).flatten(1)
        c = self.body[0](b)
        d = torch.relu(c)
        y = self.body[2](d)
        loss = of(y)
        parts = [("conv", x, self.conv, a), ("body/0", b, self.body[0], c), ("body/2", d, self.body[2], y)]
        return [r for path, i, m, o in parts for r in three_rows(step, path, i, m.weight, gradient_of(loss, o))]


def image():
    return torch.randn(5, 2, 4, 4)


def recorded(directory, model, forward, steps=1, **options):
    with Recorder(model, directory, **options) as recorder:
        for step in range(steps):
            forward(step)
            recorder.step()


@case
def plain(directory):
    """Three steps of training with everything on, beside the same training without a recorder."""
    net, alone = Small(), None
    alone = copy.deepcopy(net)
    xs, rows, shas = [image() for _ in range(3)], [], []
    rates = [torch.optim.SGD(n.parameters(), lr=0.01) for n in (net, alone)]
    with Recorder(net, directory, histogram_every=1) as recorder:
        for step, x in enumerate(xs):
            rows += alone.rows(step, x)
            for n, optimizer in zip((net, alone), rates):
                optimizer.zero_grad()
                n(x).pow(2).sum().backward()
                optimizer.step()
            recorder.step()
    for n in (net, alone):
        shas.append(hashlib.sha256(b"".join(repr(p.tolist()).encode() for p in n.parameters())).hexdigest())
    return dict(rows=rows, shas=shas, hooks=sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in net.modules()))


@case
def outputs_and_weight_gradients(directory):
    net, x = nn.Sequential(nn.Linear(6, 5), nn.Linear(5, 4)), torch.randn(3, 6)
    options = dict(weights=False, inputs=False, gradients=False, outputs=True, weight_gradients=True, modules="1")
    recorded(directory, net, lambda _: net(x).exp().sum().backward(), **options)
    return dict(
        rows=[
            row(0, "1/output", "activation", net(x)),
            row(0, "1/weight/gradient", "gradient", net[1].weight.grad),
        ]
    )


@case
def twice_in_a_step(directory):
    """A module that is used twice, in two passes whose gradients are added up."""
    net, xs = nn.Linear(4, 4), [torch.randn(3, 4), torch.randn(2, 4)]

    def forward(_):
        for x in xs:
            net(torch.tanh(net(x))).sum().backward()

    recorded(directory, net, forward)
    inputs, gradients = [], []
    for x in xs:
        a = net(x)
        b = torch.tanh(a)
        c = net(b)
        inputs += [x, b]
        gradients += [gradient_of(c.sum(), a), gradient_of(c.sum(), c)]
    return dict(
        rows=[
            row(0, "model/input", "activation", *inputs),
            row(0, "model/weight", "weight", net.weight),
            row(0, "model/gradient", "gradient", *gradients),
        ]
    )


def checkpointed(directory, reentrant):
    net, x = Small(), image().requires_grad_()
    recorded(directory, net, lambda _: checkpoint(net, x, use_reentrant=reentrant).pow(2).sum().backward())
    return dict(rows=net.rows(0, x))


@case
def checkpoint_reentrant(directory):
    return checkpointed(directory, True)


@case
def checkpoint_not_reentrant(directory):
    return checkpointed(directory, False)


@case
def evaluation_is_left_out(directory):
    net, x = Small(), image()

    def forward(_):
        net.eval()(image())
        with torch.no_grad():
            net.train()(image())
        net(x).pow(2).sum().backward()

    recorded(directory, net, forward)
    return dict(rows=net.rows(0, x))


@case
def evaluation_if_asked(directory):
    net, x = nn.Linear(3, 2).eval(), torch.randn(4, 3)
    with torch.no_grad():
        recorded(directory, net, lambda _: net(x), evaluation=True, weights=False)
    return dict(rows=[row(0, "model/input", "activation", x)])


@case
def half_precision(directory):
    """bfloat16 by autocast, with a loss that is multiplied by 1024."""
    net, x = Small(), image()
    with Recorder(net, directory, histogram_every=1) as recorder:
        with torch.autocast("cpu", torch.bfloat16):
            loss = net(x).pow(2).sum() * 1024
        loss.backward()
        recorder.step(gradient_scale=1024)
    with torch.autocast("cpu", torch.bfloat16):
        return dict(rows=net.rows(0, x))


@case
def attention(directory):
    """Attention multiplies with the weights of its output layer without calling it; query, key and value may be one tensor."""
    net, x, y = nn.MultiheadAttention(8, 2, batch_first=True), torch.randn(2, 5, 8), torch.randn(2, 7, 8)

    def forward(step):
        (net(x, x, x) if step == 0 else net(x, key=y, value=y))[0].pow(2).sum().backward()

    recorded(directory, net, forward, steps=2)
    rows = []
    for step, (key, inputs) in enumerate([(x, {"": x}), (y, {"/0": x, "/key": y})]):
        z = net(x, key, key)[0]
        rows += [row(step, f"model/input{name}", "activation", tensor) for name, tensor in inputs.items()]
        rows += [
            row(step, "model/in_proj_weight", "weight", net.in_proj_weight),
            row(step, "model/out_proj/weight", "weight", net.out_proj.weight),
            row(step, "model/gradient/0", "gradient", gradient_of(z.pow(2).sum(), z)),
        ]
    return dict(rows=rows)


@case
def tuples_and_indexes(directory):
    """Modules that give several tensors, and one that takes whole numbers."""
    net = nn.Sequential(nn.Embedding(10, 4), nn.LSTM(4, 3))
    ids = torch.tensor([[1, 2], [3, 1], [2, 9]])
    chosen = dict(modules=(nn.Embedding, nn.LSTM), outputs=True)
    recorded(directory, net, lambda _: net(ids)[0].sum().backward(), **chosen)
    e = net[0](ids)
    y, (h, c) = net[1](e)
    return dict(
        rows=[
            row(0, "0/weight", "weight", net[0].weight),
            row(0, "0/output", "activation", e),
            row(0, "0/gradient", "gradient", gradient_of(y.sum(), e)),
            row(0, "1/input", "activation", e),
            row(0, "1/weight_ih_l0", "weight", net[1].weight_ih_l0),
            row(0, "1/weight_hh_l0", "weight", net[1].weight_hh_l0),
            row(0, "1/output/0", "activation", y),
            row(0, "1/output/1/0", "activation", h),
            row(0, "1/output/1/1", "activation", c),
            row(0, "1/gradient/0", "gradient", gradient_of(y.sum(), y)),
        ]
    )


@case
def odd_tensors(directory):
    """One that is empty, one that has no element but 0, some that are not finite, one of few digits and one with gaps in memory."""
    net = nn.Linear(4, 4, bias=False)
    inf = math.inf
    xs = [
        torch.zeros(0, 4),
        torch.zeros(2, 4),
        torch.tensor([[1.0, math.nan, inf, -3.0]]),
        torch.full((1, 4), inf),
        1000 + torch.randn(500, 4),
        torch.full((2, 4), 1e-25),
        torch.randn(4, 6).t()[::2],
        torch.randn(3, 1).expand(3, 4),
    ]
    recorded(directory, net, lambda step: net(xs[step]), steps=len(xs), weights=False, histogram_every=1)
    return dict(rows=[row(step, "model/input", "activation", x) for step, x in enumerate(xs)])


@case
def weights_that_are_computed(directory):
    """Each reading of a spectral norm moves it on: a recorder that read it would train another network."""

    def made():
        torch.manual_seed(2)
        spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(4, 4))
        return nn.Sequential(spectral, nn.utils.weight_norm(nn.Linear(4, 4)))

    net, alone, x = made(), made(), torch.randn(3, 4)
    recorded(directory, net, lambda _: net(x), steps=2, inputs=False)
    rows = []
    for step in range(2):
        # The same readings, one a step, and none more.
        with nn.utils.parametrize.cached():
            alone(x)
            rows += [row(step, "0/weight", "weight", alone[0].weight), row(step, "1/weight", "weight", alone[1].weight)]
    return dict(rows=rows)


@case
def every_second_step(directory):
    net, xs = nn.Linear(3, 2), [torch.randn(4, 3) for _ in range(5)]
    options = dict(every=2, histogram_every=2, first_step=10, moments=False, weights=False)
    recorded(directory, net, lambda step: net(xs[step]), steps=5, **options)
    rows = [row(10 + step, "model/input", "activation", xs[step]) for step in (0, 2, 4)]
    return dict(rows=[{k: v for k, v in r.items() if k not in ("mean", "std")} for r in rows])


@case
def resumed(directory):
    """Training that is broken off in step 3, and goes on from step 2."""
    net, xs = nn.Linear(3, 2), [torch.randn(4, 3) for _ in range(7)]
    try:
        with Recorder(net, directory, weights=False) as recorder:
            for x in xs[:3]:
                net(x)
                recorder.step()
            net(xs[3])
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    with Recorder(net, directory, weights=False, first_step=2, resume=True) as recorder:
        for x in xs[4:]:
            net(x)
            recorder.step()
    seen = [xs[0], xs[1], *xs[4:]]
    return dict(rows=[row(step, "model/input", "activation", x) for step, x in enumerate(seen)])


@case
def on_a_full_disk(directory):
    """What was written whole before the disk refused; the same as a limit on the size of files."""
    net, x, failures = nn.Linear(3, 2), torch.randn(4, 3), []
    recorder = Recorder(net, directory, weights=False, histogram_every=1)
    net(x)
    recorder.step()
    recorder._segment.flush()
    size = (directory / "ranges" / "000000.arrows").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))
    try:
        for act in (recorder._segment.flush, recorder._segment.flush, recorder.close):
            net(x)
            try:
                recorder.step()
                act()
            except OSError as error:
                failures.append(type(error).__name__)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    return dict(rows=[row(0, "model/input", "activation", x)], failures=failures)


@case
def copies_record_nothing(directory):
    net, x = nn.Linear(3, 2), torch.randn(4, 3)
    with Recorder(net, directory, weights=False) as recorder:
        copies = [copy.deepcopy(net), pickle.loads(pickle.dumps(net))]
        for one in (net, *copies):
            one(torch.cat([x, x]) if one is not net else x)
        recorder.step()
    return dict(rows=[row(0, "model/input", "activation", x)])


@case
def inside_of_data_parallel(directory):
    net, x = nn.DataParallel(nn.Sequential(nn.Linear(3, 2))), torch.randn(4, 3)
    recorded(directory, net, lambda _: net(x), weights=False)
    return dict(rows=[row(0, "0/input", "activation", x)])


@case
def numbers_of_a_device(directory):
    """What is seen of a tensor on a device, whose numbers come later, by the same functions in memory."""
    inf = math.inf
    found = []
    tensors = [torch.randn(70, 50), torch.tensor([1.0, math.nan, inf, -3.0]), torch.randn(500).bfloat16(), torch.zeros(3), torch.empty(0)]
    tensors += [torch.tensor([math.nan]), torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last), 50 + torch.randn(3000)]
    later = rangeflow_record._Transfer([rangeflow_record._seen_later(x, True, True) for x in tensors]).result()
    for x, seen in zip(tensors, later):
        now = rangeflow_record._seen_now(x, True, True)
        found.append(seen[:4] == now[:4])
        found.append(rangeflow_record._values_and_counts(seen) == rangeflow_record._values_and_counts(now))
        found.append((seen.mean is None) == (now.mean is None))
        if now.mean is not None:
            found.append(abs(seen.mean - now.mean) < 1e-6 * (abs(now.mean) + 1) and abs(seen.variance - now.variance) < 1e-5)
    return dict(same=found)


@case
def two_processes(directory):
    """Data parallel on two processes: each has a directory of its own, named after its rank."""
    program = f"""
import sys, torch
sys.path.insert(0, {str(root / "python")!r})
from rangeflow_record import Recorder
rank = int(sys.argv[1])
torch.distributed.init_process_group("gloo", init_method={f"file://{directory}.store"!r}, rank=rank, world_size=2)
torch.manual_seed(0)
net = torch.nn.parallel.DistributedDataParallel(torch.nn.Sequential(torch.nn.Linear(3, 2)))
with Recorder(net, {str(directory)!r}, weights=False, gradients=False) as recorder:
    net(torch.full((1, 3), 1.0 + rank)).sum().backward()
    recorder.step()
torch.distributed.destroy_process_group()
"""
    both = [subprocess.Popen([sys.executable, "-W", "ignore", "-c", program, str(rank)]) for rank in range(2)]
    return dict(codes=[process.wait(60) for process in both])


class Wrapped(nn.Module):
    """A model with a module of the name that its own path has where there is no such module."""

    def __init__(self):
        super().__init__()
        self.model = nn.Linear(2, 3)

    def forward(self, x):
        return self.model(x * 100)


@case
def model_within(directory):
    """The whole model and a module that is called `model` have sites of their own."""
    net, x = Wrapped(), torch.randn(4, 2)
    y = net.model(x * 100)
    loss = y.pow(2).sum()
    rows = three_rows(0, "model", x * 100, net.model.weight, gradient_of(loss, y))
    rows += [row(0, "root/input", "activation", x), row(0, "root/gradient", "gradient", gradient_of(loss, y))]
    recorded(directory, net, lambda _: net(x).pow(2).sum().backward(), modules=lambda name, module: True)
    return dict(rows=rows)


class Weighted(nn.Linear):
    """A layer with a tensor for an argument that is called `weight`, within whose path the weight of another layer lies."""

    def __init__(self):
        super().__init__(2, 2)
        self.input = nn.Linear(2, 2)

    def forward(self, x, weight):
        return super().forward(self.input(x)) * weight


@case
def refused(directory):
    net = nn.Sequential(nn.Linear(3, 2))
    alike = nn.ModuleDict({"a": nn.ModuleDict({"b": nn.Linear(2, 2)}), "a/b": nn.Linear(2, 2)})
    weighted = nn.ModuleDict({"k": Weighted()})
    together = Recorder(weighted, directory / "together")
    weighted["k"](torch.ones(3, 2), weight=torch.ones(2)).sum().backward()
    Recorder(net, directory).close()
    compiled = nn.Sequential(nn.Linear(3, 2))
    recorder = Recorder(compiled, directory / "compiled")
    torch.compile(compiled, backend="eager")(torch.randn(1, 3)).sum().backward()
    late = Recorder(net, directory / "closed")
    late.close()
    (directory / "theirs" / "ranges").mkdir(parents=True)
    (directory / "theirs" / "ranges" / "000000.arrows").touch()
    tries = [
        lambda: Recorder(net, directory),
        lambda: Recorder("net", directory / "a"),
        lambda: Recorder(nn.ReLU(), directory / "a"),
        lambda: Recorder(net, directory / "a", modules=3),
        lambda: Recorder(net, directory / "a", modules=["0", 3]),
        lambda: Recorder(net, directory / "a", every=0),
        lambda: Recorder(net, directory / "a", histogram_every=-1),
        lambda: Recorder(net, directory / "a", first_step=0.5),
        lambda: Recorder(torch.compile(net, backend="eager"), directory / "a"),
        lambda: Recorder(torch.jit.script(net), directory / "a"),
        recorder.step,
        late.step,
        lambda: Recorder(net, directory / "b").step(gradient_scale=0),
        lambda: Recorder(net, directory / "theirs", resume=True),
        lambda: Recorder(alike, directory / "a"),
        together.step,
    ]
    sentences = []
    for attempt in tries:
        try:
            attempt()
            sentences.append("done")
        except Exception as error:
            sentences.append(str(error).replace(str(directory), "DIR"))
    return dict(sentences=sentences, left=(directory / "a").exists())


@case
def warned(directory):
    found = []
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(9, 9))
    for name, forward in dict(evaluating=lambda: net.eval()[0](torch.ones(1, 3)), unfinished=lambda: net.train()[0](torch.ones(1, 3))).items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with Recorder(net, directory / name) as recorder:
                if name == "unfinished":
                    forward()
                    recorder.step()
                forward()
        found.append([str(w.message) for w in caught])
    return dict(warnings=found, about=json.loads((directory / "unfinished" / "import.json").read_text()))


@case
def documented(directory):
    """The examples of the docstrings, and that of the page, which need nothing that is new in Python since 3.9."""
    ast.parse(Path(rangeflow_record.__file__).read_text(), feature_version=(3, 9))
    model = nn.Sequential(nn.Linear(3, 2))
    batches = [(torch.randn(4, 3), torch.randn(4, 2)) for _ in range(2)]
    given = dict(model=model, batches=batches, loss=F.mse_loss, optimizer=torch.optim.SGD(model.parameters(), lr=0.1))
    tried = []
    back = os.getcwd()
    page = (root / "docs/pytorch-recorder.md").read_text()
    for name, run in {
        "docstrings": lambda: tried.extend(doctest.testmod(rangeflow_record, extraglobs={**given, "torch": torch})),
        "page": lambda: exec(re.search(r"^```python\n(.*?)^```$", page, re.M | re.S).group(1), given),
    }.items():
        (directory / name).mkdir(parents=True)
        os.chdir(directory / name)
        run()
        os.chdir(back)
    return dict(tried=tried)


@case
def examples(directory):
    """The programs in `python/`, for a few steps; the CNN on MNIST's files, too."""
    digits = directory / "mnist"
    digits.mkdir(parents=True)
    (digits / "train-images-idx3-ubyte").write_bytes(bytes(16) + bytes(range(256)) * 49)
    (digits / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes(8) + bytes(range(10)) + bytes(6)))
    for name, *argv in [
        ("cnn", "record_cnn.py", "--histogram-every", "2"),
        ("cnn_on_mnist", "record_cnn.py", "--mnist", str(digits)),
        ("transformer", "record_transformer.py"),
    ]:
        sys.argv = [argv[0], str(directory / name), "--steps", "3", "--batch", "8", *argv[1:]]
        runpy.run_path(str(root / "python" / argv[0]), run_name="__main__")
    return {}


def until_killed():
    net = Small()
    with Recorder(net, home / "killed") as recorder:
        while True:
            net(image()).pow(2).sum().backward()
            recorder.step()


if __name__ == "__main__":
    if "--until-killed" in sys.argv:
        until_killed()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {}
        for name, record in cases.items():
            torch.manual_seed(1)
            found[name] = record(home / name)
    print(json.dumps(found))
