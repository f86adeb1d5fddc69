"""Writes a small table of statistics in formats of others into a directory; see README.md."""

import json
import math
import os
import shutil
import sys

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

out = sys.argv[1]
os.makedirs(out, exist_ok=True)

steps = [0, 0, 0, 1, 1, 1]
sites = ["conv1/input", "conv1/weight", "conv1/gradient"] * 2
low = [-1.25, -0.5, -1e-09, math.nan, -0.1, -0.0]
high = [2.5, 0.25, 3.0000000000000004e-09, 7.0, 0.1, 65504.0]
counts = [100, 24, 100, 100, 24, 100]


def table(site=pa.string(), step=pa.int64(), number=pa.float64()):
    return pa.table(
        {
            "step": pa.array(steps, step),
            "site": pa.array(sites, pa.string()).cast(site),
            "min": pa.array(low, pa.float64()).cast(number),
            "max": pa.array(high, pa.float64()).cast(number),
            "numel": pa.array([None if c == 24 else c for c in counts], pa.int32()),
            "host": pa.array(["a"] * 6),
        }
    )


def long_table():
    rows = [
        (step, site, name, value)
        for step, site, a, b in zip(steps, sites, low, high)
        for name, value in (("min", a), ("max", b), ("kurtosis", 3.0))
    ]
    return pa.table({name: [row[i] for row in rows] for i, name in enumerate(("step", "site", "stat", "value"))})


with open(f"{out}/expected.json", "w") as file:
    ends = [[None if math.isnan(x) else x for x in pair] for pair in zip(low, high)]
    json.dump([[step, site, *pair] for step, site, pair in zip(steps, sites, ends)], file)

plain = table()
for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
    pq.write_table(plain, f"{out}/{codec}.parquet", compression=codec)
pq.write_table(long_table(), f"{out}/long.parquet", row_group_size=7)
pq.write_table(
    plain,
    f"{out}/encodings.parquet",
    use_dictionary=False,
    data_page_version="2.0",
    column_encoding={
        "step": "DELTA_BINARY_PACKED",
        "site": "DELTA_BYTE_ARRAY",
        "host": "DELTA_LENGTH_BYTE_ARRAY",
        "min": "BYTE_STREAM_SPLIT",
    },
)
pq.write_table(table(pa.dictionary(pa.int8(), pa.string()), pa.uint32()), f"{out}/dictionary.parquet", row_group_size=2)

for name, one in {
    "plain": plain,
    "large": table(pa.large_string(), pa.uint16()),
    "dictionary": table(pa.dictionary(pa.int16(), pa.string()), pa.uint64()),
    "long": long_table(),
}.items():
    with pa.OSFile(f"{out}/{name}.arrow", "wb") as sink, pa.ipc.new_file(sink, one.schema) as writer:
        writer.write_table(one, max_chunksize=4)
    with pa.OSFile(f"{out}/{name}.arrows", "wb") as sink, pa.ipc.new_stream(sink, one.schema) as writer:
        writer.write_table(one, max_chunksize=4)
pa.feather.write_feather(plain, f"{out}/compressed.feather", compression="lz4")

# Columns that are no numbers, and a flag that is one of a table that is read.
os.makedirs(f"{out}/types", exist_ok=True)
for name, column in {
    "duration": {"amax": pa.array([1, 2], pa.duration("us"))},
    "time": {"amax": pa.array([1, 2], pa.time64("us"))},
    "bool": {"amax": pa.array([True, None])},
    "latin1": {"amax": pa.array([1.0, 2.0]), "name": pa.array([b"\xe9/input", b"\xe8/input"])},
    "cold": {"amax": pa.array([1.0, 2.0]), "coldstart": pa.array([True, None])},
}.items():
    one = pa.table({"step": pa.array([0, 1]), "name": pa.array(["a/input"] * 2)} | column)
    pq.write_table(one, f"{out}/types/{name}.parquet", compression="none")
    with pa.OSFile(f"{out}/types/{name}.arrow", "wb") as sink, pa.ipc.new_file(sink, one.schema) as writer:
        writer.write_table(one)

def written(name, one):
    pq.write_table(one, f"{out}/shapes/{name}.parquet")
    with pa.OSFile(f"{out}/shapes/{name}.arrow", "wb") as sink, pa.ipc.new_file(sink, one.schema) as writer:
        writer.write_table(one, max_chunksize=2)


# A row for each step, as the data frame of a logger has them, and histograms in columns of lists.
os.makedirs(f"{out}/shapes", exist_ok=True)
written(
    "wide",
    pa.table(
        {
            "epoch": [0, 1, 2],
            "conv1.input.min": [-1.25, None, -0.1],
            "conv1.input.max": [2.5, None, 0.1],
            "fc.weight/amax": [0.5, 0.25, 0.125],
            "loss": [3.0, 2.0, 1.0],
        }
    ),
)
# A row for each scalar, as readers of logs give them.
scalars = [
    ("conv1/input/min", 0, -1.25),
    ("conv1/input/max", 0, 2.5),
    ("loss", 0, 3.0),
    ("fc_gradient_scale_inv_max", 0, 0.25),
    ("conv1/input/min", 1, None),
    ("conv1/input/min", 2, -0.1),
    ("conv1/input/max", 2, 0.1),
]
written("scalars", pa.table({name: [row[i] for row in scalars] for i, name in enumerate(("tag", "step", "value"))}))
for name, edge, count in (
    ("lists", pa.list_(pa.float64()), pa.list_(pa.int64())),
    ("largeLists", pa.large_list(pa.float32()), pa.large_list(pa.uint32())),
    ("fixedLists", pa.list_(pa.float64(), 4), pa.list_(pa.float64(), 3)),
):
    written(
        name,
        pa.table(
            {
                "step": [0, 1, 2],
                "site": ["fc/gradient"] * 3,
                "amax": [None, 7.0, None],
                "bin_edges": pa.array([[-1.0, 0.0, 0.5, 2.0], None, [0.0, 1.0, 2.0, 4.0]], edge),
                "counts": pa.array([[3, 0, 5], None, [1, 1, 2]], count),
            }
        ),
    )

# Batches that are compressed, of columns that are longer than a block.
count = 9000
one = pa.table(
    {
        "step": pa.array(range(count), pa.uint16()),
        "site": pa.array(["a/input"] * count).dictionary_encode(),
        "amax": pa.array([(i % 7 + 1) / 4 for i in range(count)]),
    }
)
for codec in ("lz4", "zstd"):
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.OSFile(f"{out}/shapes/{codec}.arrow", "wb") as sink:
        with pa.ipc.new_file(sink, one.schema, options=options) as writer:
            writer.write_table(one)

# Integers of 64 bits, in dictionaries and without.
signed = [0, -1, 2**31, -(2**31) - 1, 2**53, -(2**53)]
pq.write_table(
    pa.table(
        {
            "signed": pa.array(signed, pa.int64()),
            "unsigned": pa.array([0, 1, 2**31, 2**32, 2**53, 2**63], pa.uint64()),
            "required": pa.array(signed, pa.int64()),
        },
        schema=pa.schema(
            [
                pa.field("signed", pa.int64()),
                pa.field("unsigned", pa.uint64()),
                pa.field("required", pa.int64(), nullable=False),
            ]
        ),
    ),
    f"{out}/shapes/long.parquet",
    use_dictionary=["signed"],
)

# Texts that are views, and a schema without its frame.
try:
    import polars as pl
except ImportError:
    pl = None
if pl is not None:
    one = pl.DataFrame(
        {
            "step": [0, 1, 1],
            "site": ["a/input", "a/very/long/name/gradient", None],
            "edges": [[-1.0, 0.0, 2.0], [0.0, 1.0, 2.0], None],
            "counts": [[3, 4], [1, 1], None],
        }
    ).filter(pl.col("site").is_not_null())
    one.write_ipc(f"{out}/shapes/polars.arrow")
    one.write_ipc(f"{out}/shapes/polarsOld.arrow", compat_level=pl.CompatLevel.oldest())
    one.write_parquet(f"{out}/shapes/polars.parquet", compression="snappy")

if len(sys.argv) > 2:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(f"{out}/events") as writer:
        for step, site, a, b in zip(steps, sites, low, high):
            writer.add_scalar(f"{site}/min", a, step, new_style=step == 1)
            writer.add_scalar(f"{site}/max", b, step, new_style=step == 1, double_precision=step == 1)
            writer.add_scalar("train/loss", 1.0, step)
        writer.add_histogram("gradients/fc.weight", np.array([-2.0, -0.5, -0.5, 0.0, 0.25, 3.0]), 1)
    [name] = os.listdir(f"{out}/events")
    os.replace(f"{out}/events/{name}", f"{out}/events.tfevents")
    shutil.rmtree(f"{out}/events")

    # Histograms as TensorFlow 2 writes them: rows of left edge, right edge and count.
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.plugins.histogram.summary_v2 import histogram_pb
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(f"{out}/events")
    for step, values in enumerate(([-2.0, -0.5, -0.5, 0.0, 0.25, 3.0], [0.125] * 5, [])):
        summary = histogram_pb("gradients/fc.weight", np.array(values), buckets=4)
        writer.add_event(Event(step=step, summary=summary))
    writer.close()
    [name] = os.listdir(f"{out}/events")
    os.replace(f"{out}/events/{name}", f"{out}/buckets.tfevents")
    shutil.rmtree(f"{out}/events")

    # A process that was started again, and writes steps from 3 on anew; and what TensorBoard makes of both files.
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    os.makedirs(f"{out}/restart", exist_ok=True)
    for name, first, options in (("1", 0, {}), ("2", 4, {"purge_step": 3})):
        with SummaryWriter(f"{out}/events", **options) as writer:
            for step in range(first, first + 5):
                writer.add_scalar("conv1/input/min", -step - float(name) / 4, step)
                writer.add_scalar("conv1/input/max", step + float(name) / 4, step)
                writer.add_histogram("fc.weight", np.array([step + 1, step + 1 + float(name) / 4]), step)
        [file] = os.listdir(f"{out}/events")
        os.replace(f"{out}/events/{file}", f"{out}/restart/{name}.tfevents")
        shutil.rmtree(f"{out}/events")
    log = EventAccumulator(f"{out}/restart", size_guidance={"scalars": 0, "histograms": 0})
    log.Reload()
    low, high = (log.Scalars(f"conv1/input/{end}") for end in ("min", "max"))
    seen = [[a.step, "conv1/input", a.value, b.value] for a, b in zip(low, high)]
    seen += [[one.step, "fc.weight", one.histogram_value.min, one.histogram_value.max] for one in log.Histograms("fc.weight")]
    with open(f"{out}/restart/expected.json", "w") as file:
        json.dump(sorted(seen), file)
