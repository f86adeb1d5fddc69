"""Prints numbers of float8, MX and NVFP4 formats as gfloat, torchao and PyTorch have them; see README.md."""

import contextlib
import io
import json
import logging

logging.disable(logging.CRITICAL)
with contextlib.redirect_stderr(io.StringIO()):
    import gfloat
    import gfloat.formats as formats
    import numpy as np
    import torch
    from torchao.prototype.mx_formats import mx_tensor
from values import codes

f32 = np.float32

# Numbers of many magnitudes: codes times powers of two, from 2^-20 to 2^11.
count = 256
spread = [float(c) * 2.0**e for c, e in zip(codes(count, 1).tolist(), (codes(count, 2) // 8 - 4).tolist())]

elements = {
    "e5m2": formats.format_info_ocp_e5m2,
    "e4m3": formats.format_info_ocp_e4m3,
    "e3m2": formats.format_info_ocp_e3m2,
    "e2m3": formats.format_info_ocp_e2m3,
    "e2m1": formats.format_info_ocp_e2m1,
}


def rounded(format, value):
    """To the nearest number of a format, saturated; ties to even."""
    return gfloat.round_float(format, min(max(float(value), -format.max), format.max))


def element(name):
    format = elements[name]
    values = [rounded(format, x) + 0.0 for x in spread]
    return {"element": name, "values": values, "codes": [gfloat.encode_float(format, v) for v in values]}


# Four rows of 64 channels: ordinary ones with one outlier, tiny, huge, and with a block of zeros.
channels = 64
base = (codes(4 * channels, 3) / 64).reshape(4, channels)
scales = torch.tensor([1.0, 2.0**-110, 2.0**90, 1 / 3]).reshape(4, 1).double()
rows = (base * scales).float()
rows[3, :32] = 0
rows[0, 40] = 1000

torchao_elements = {
    "e4m3": torch.float8_e4m3fn,
    "e5m2": torch.float8_e5m2,
    "e2m3": "fp6_e2m3",
    "e3m2": "fp6_e3m2",
    "e2m1": torch.float4_e2m1fn_x2,
}


def mx(name, mode):
    dtype = torchao_elements[name]
    scale, data = mx_tensor.to_mx(rows, dtype, 32, mx_tensor.ScaleCalculationMode(mode))
    values = mx_tensor.to_dtype(data, scale, dtype, 32, torch.float32)
    return {
        "element": name,
        "scale": mode,
        "bytes": scale.view(torch.uint8).reshape(-1).tolist(),
        "values": [v + 0.0 for v in values.reshape(-1).tolist()],
    }


def mx_int8():
    """MXINT8 as OCP defines it: the power of two is that of the largest magnitude."""
    found = []
    for block in rows.reshape(-1, 32).double().numpy():
        largest = np.abs(block).max()
        exponent = max(int(np.floor(np.log2(largest))), -127) if largest > 0 else -127
        units = np.clip(np.rint(block / 2.0**exponent * 64), -127, 127)
        found += [v + 0.0 for v in (units / 64 * 2.0**exponent).astype(f32).tolist()]
    return {"element": "int", "scale": "floor", "values": found}


e2m1, e4m3 = elements["e2m1"], elements["e4m3"]


def nvfp4(largest, top):
    """NVFP4 in float32, operation by operation as formats are defined by NVIDIA's TransformerEngine; `largest` may be of another tensor."""
    x = rows[[0, 3]].reshape(-1, 16).numpy().astype(f32)
    encoding = f32(top * 6) / f32(largest)
    decoding = f32(1) / encoding
    values, scales = [], []
    for block in x:
        wanted = f32(np.abs(block).max() * f32(encoding * f32(1 / 6)))
        scale = f32(rounded(e4m3, min(wanted, f32(448))))
        with np.errstate(divide="ignore", over="ignore"):
            per = min(f32(1) / f32(scale * decoding), np.finfo(f32).max)
            units = [min(max(f32(v * per), f32(-6)), f32(6)) for v in block]
        scales.append(float(scale))
        values += [float(f32(f32(rounded(e2m1, u)) * scale) * decoding) + 0.0 for u in units]
    return {"largest": largest, "top": top, "scales": scales, "values": values}


def float8(name, dtype, largest):
    """As PyTorch casts what is scaled and limited before."""
    x = rows[[0, 3]].reshape(-1)
    most = torch.finfo(dtype).max
    scale = torch.tensor(most, dtype=torch.float32) / torch.tensor(largest, dtype=torch.float32)
    limited = (x * scale).clamp(-most, most).to(dtype).float()
    return {"element": name, "largest": largest, "values": [v + 0.0 for v in (limited * (1 / scale)).tolist()]}


print(
    json.dumps(
        {
            "spread": spread,
            "elements": [element(name) for name in elements],
            "rows": rows.reshape(-1).tolist(),
            "mx": [mx(n, m) for n in torchao_elements for m in ("floor", "rceil", "ceil", "even")] + [mx_int8()],
            "nvfp4": [nvfp4(1000.0, 448), nvfp4(1000.0, 256), nvfp4(2.5, 448), nvfp4(2.5, 256)],
            "float8": [
                float8(n, d, largest)
                for n, d in (("e4m3", torch.float8_e4m3fn), ("e5m2", torch.float8_e5m2))
                for largest in (1000.0, 2.5)
            ],
        },
        separators=(",", ":"),
    )
)
