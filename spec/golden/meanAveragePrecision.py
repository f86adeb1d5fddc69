"""Prints the mean average precision of random boxes as pycocotools computes it; see README.md."""

import contextlib
import io
import json

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def draws(seed):
    """Whole numbers from 0 to 255: the high byte of a linear congruential generator."""
    state = seed
    while True:
        state = (state * 1103515245 + 12345) % 2**31
        yield (state >> 16) % 256


def box_of(d):
    x, y = next(d) / 4, next(d) / 4
    return [x, y, 1 + next(d) % 64 / 2, 1 + next(d) % 64 / 2]


def random_set(seed, most_found):
    """Images with boxes, most of which are found by something near; with scores of which many are equal."""
    d = draws(seed)
    classes = 1 + next(d) % 5
    truth, found = [], []
    for image in range(1 + next(d) % 12):
        for _ in range(next(d) % 7):
            label, box = next(d) % classes, box_of(d)
            truth.append((image, label, box))
            if next(d) % 4 > 0:
                other = next(d) % classes if next(d) % 8 == 0 else label
                moved = [box[0] + (next(d) % 17 - 8) / 4, box[1] + (next(d) % 17 - 8) / 4, box[2], box[3]]
                found.append((image, other, moved, next(d) % 32 / 32))
        for _ in range(next(d) % most_found):
            found.append((image, next(d) % (classes + 1), box_of(d), next(d) % 16 / 32))
    return truth, found


def coco(images, annotations):
    made = COCO()
    made.dataset = {
        "images": [{"id": image} for image in images],
        "categories": [{"id": label} for label in range(7)],
        "annotations": [
            {"id": i + 1, "image_id": image, "category_id": label, "bbox": box, "area": box[2] * box[3], "iscrowd": 0, **more}
            for i, (image, label, box, more) in enumerate(annotations)
        ],
    }
    made.createIndex()
    return made


def scores(truth, found):
    images = range(64)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(
            coco(images, [(*one, {}) for one in truth]),
            coco(images, [(image, label, box, {"score": score}) for image, label, box, score in found]),
            "bbox",
        )
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [float(f"{x:.12g}") for x in evaluation.stats[:2]]


cases = []
for seed in range(1, 61):
    most_found = 300 if seed > 57 else 1 + seed % 9
    truth, found = random_set(seed, most_found)
    mean, half = scores(truth, found)
    cases.append({"seed": seed, "mostFound": most_found, "truth": len(truth), "found": len(found), "mAP": mean, "mAP50": half})
print("[\n" + ",\n".join(json.dumps(each, separators=(",", ":")) for each in cases) + "\n]")
