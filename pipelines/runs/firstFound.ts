/** @file Detections on the first images of an evaluation, kept until the next evaluation. */
import { problem, RangeflowFailure, thrownBy, valueText } from "../../core/errors.ts";
import { tensorCopy } from "../../core/readsOnly.ts";
import type { HostTensor } from "../../core/tensor.ts";
import { type Detection, decodeCenters } from "../../operators/detection/decodeCenters.ts";
import type { Module } from "../../operators/module/module.ts";
import type { Context } from "../../operators/step/context.ts";
import { layer } from "../../operators/step/op.ts";
import type { Detections } from "../experiments/experiment.ts";

export interface FirstFound {
  /** Observes outputs. Place it after a network; it changes nothing. */
  readonly module: Module;
  /** Boxes on the first images of the last complete evaluation, image by image; empty before the first one. */
  readonly found: () => readonly (readonly Detection[])[];
}

const isNumber = (x: unknown): boolean => typeof x === "number" && Number.isFinite(x);

const isDetection = (x: unknown): boolean => {
  if (typeof x !== "object" || x === null) return false;
  const { label, box, score } = x as Partial<Record<keyof Detection, unknown>>;
  return (
    Number.isInteger(label) &&
    isNumber(score) &&
    Array.isArray(box) &&
    box.length === 4 &&
    box.every(isNumber)
  );
};

const checked = (where: string, given: unknown): readonly Detection[] => {
  if (Array.isArray(given) && given.every(isDetection)) return given;
  const wrong: unknown = Array.isArray(given) ? given.find((one) => !isDetection(one)) : given;
  throw new RangeflowFailure(
    problem(where, `returned ${valueText(wrong)}`, "detections { label, box: [x0, y0, x1, y1], score }"),
  );
};

/** Observes the first `most` images of each evaluation. */
export const firstFound = (detections: Detections, most: number): FirstFound => {
  let last: readonly (readonly Detection[])[] = [];
  const handed = (output: HostTensor): HostTensor =>
    detections === decodeCenters ? output : tensorCopy(output);
  const module = layer("", ({ watch }) => {
    const watched = watch("detections");
    const foundOn = (output: HostTensor, n: number, { where, step }: Context): readonly Detection[] => {
      const place = `detections, ${where}`;
      let given: unknown;
      try {
        given = watched(step, () => detections(handed(output), n));
      } catch (error) {
        throw thrownBy(
          place,
          error,
          "a function from an output and the number of an image to its detections",
        );
      }
      return checked(place, given);
    };
    return {
      kind: "detections",
      options: { most },
      open: () => {
        let images: (readonly Detection[])[] = [];
        return {
          forward: (x) => {
            images = [];
            return { y: x, save: undefined };
          },
          backward: (dy) => ({ dx: dy }),
          evaluate: function* (x, ctx) {
            let y = x;
            if (images.length < most) {
              const [read, next] = ctx.fork(x, 2) as [typeof x, typeof x];
              const output = yield* ctx.read(read);
              for (let n = 0; n < (output.shape[0] as number) && images.length < most; n++)
                images.push(foundOn(output, n, ctx));
              y = next;
            }
            if (ctx.activation.endsPass) [last, images] = [images, []];
            return y;
          },
        };
      },
    };
  });
  return { module, found: () => last };
};
