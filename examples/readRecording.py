"""Reads the recording of a run and plots one site: python examples/readRecording.py runs/mine conv2/gradient [plot.svg]

Needs pyarrow, and matplotlib for a plot. The recording is that of examples/recordAndReplay.ts, or of any `rangeflow train --out DIR`.
"""
import glob
import sys

import pyarrow
import pyarrow.ipc

run, site = sys.argv[1], sys.argv[2]

# One segment for each process that took part in the run. A segment is an Arrow stream, not an Arrow file (Feather).
segments = [pyarrow.ipc.open_stream(path).read_all() for path in sorted(glob.glob(f"{run}/ranges/*.arrows"))]
columns = ["step", "site", "min", "max", "lo", "hi", "isStatic"]
rows = pyarrow.concat_tables(segments).select(columns).to_pylist()
seen = [row for row in rows if row["site"] == site]

print(f"{site}: {len(seen)} of {len(rows)} rows, {sum(row['isStatic'] for row in seen)} static")
for row in seen[:3]:
    print(f"step {row['step']}: observed [{row['min']:.3g}, {row['max']:.3g}], used [{row['lo']:.3g}, {row['hi']:.3g}]")

if len(sys.argv) > 3:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    steps = [row["step"] for row in seen]
    plt.fill_between(steps, [row["min"] for row in seen], [row["max"] for row in seen], alpha=0.3, label="observed")
    for end in ("lo", "hi"):
        plt.plot(steps, [row[end] for row in seen], color="black", linewidth=0.8, label="used" if end == "lo" else None)
    plt.xlabel("step")
    plt.title(site)
    plt.legend()
    plt.savefig(sys.argv[3])
