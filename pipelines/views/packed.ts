/**
 * @file Packs plain data with numeric arrays into bytes: the length of a text, the text, which is JSON, and then the arrays.
 *
 * In the text an array is `{"$": [kind, first byte, length]}`, and a number that JSON cannot express is `{"$": "NaN"}`.
 */

const kinds = { f64: Float64Array, f32: Float32Array, u32: Uint32Array } as const;
type Kind = keyof typeof kinds;
type Numbers = InstanceType<(typeof kinds)[Kind]>;

const kindOf = (value: unknown): Kind | undefined =>
  (Object.keys(kinds) as Kind[]).find((kind) => value instanceof kinds[kind]);

/** Alignment of arrays in bytes. */
const alignment = 8;
const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** Packs plain data, which may contain `Float64Array`, `Float32Array` and `Uint32Array`. */
export const packed = (value: unknown): Uint8Array => {
  const arrays: Numbers[] = [];
  let end = 0;
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key: string) {
    const one = this[key];
    if (typeof one === "number" && (!Number.isFinite(one) || Object.is(one, -0)))
      return { $: Object.is(one, -0) ? "-0" : String(one) };
    const kind = kindOf(one);
    if (kind === undefined) return one;
    const array = one as Numbers;
    const place = { $: [kind, end, array.length] };
    arrays.push(array);
    end = aligned(end + array.byteLength);
    return place;
  });
  const head = new TextEncoder().encode(text);
  const start = aligned(4 + head.length);
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  let at = start;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at = aligned(at + array.byteLength);
  }
  return bytes;
};

/** The value that `packed` was given. Its arrays are views of one copy of the bytes. */
export const unpacked = (bytes: Uint8Array): unknown => {
  const whole = Uint8Array.from(bytes);
  const length = new DataView(whole.buffer, whole.byteOffset).getUint32(0, true);
  const start = aligned(4 + length);
  return JSON.parse(new TextDecoder().decode(whole.subarray(4, 4 + length)), (_, value: unknown) => {
    if (typeof value !== "object" || value === null || !("$" in value)) return value;
    const { $: place } = value as { readonly $: string | readonly [Kind, number, number] };
    if (typeof place === "string") return Number(place);
    const [kind, first, count] = place;
    return new kinds[kind](whole.buffer, whole.byteOffset + start + first, count);
  });
};
