/** @file Arrow IPC as bytes that can be taken away as soon as they are written, so that nothing is kept of what went before. */
import { type RecordBatch, RecordBatchFileWriter, RecordBatchStreamWriter, type Schema } from "apache-arrow";

/** Writer of an Arrow stream or file whose bytes are taken away piece by piece. */
export interface ArrowBytes {
  /** Begins with a schema. */
  readonly reset: (sink: undefined, schema: Schema) => unknown;
  readonly write: (batch: RecordBatch) => unknown;
  /** Writes what belongs behind the last batch. */
  readonly finish: () => unknown;
  /** All bytes since the last time, copied into one array. */
  readonly take: () => Uint8Array;
}

const partsTaken = () => {
  let parts: Uint8Array[] = [];
  return {
    add: (part: unknown): number => {
      if (!ArrayBuffer.isView(part)) return 0;
      parts.push(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      return part.byteLength;
    },
    take: (): Uint8Array => {
      const bytes = Buffer.concat(parts);
      parts = [];
      return bytes;
    },
  };
};

/** An Arrow stream: one message after the other, also readable while it grows. */
export class StreamBytes extends RecordBatchStreamWriter implements ArrowBytes {
  readonly #parts = partsTaken();

  protected override _write(part: unknown): this {
    this.#parts.add(part);
    return this;
  }

  take(): Uint8Array {
    return this.#parts.take();
  }
}

/** An Arrow file, also called Feather version 2: the messages of a stream, and behind them where each of them lies. */
export class FileBytes extends RecordBatchFileWriter implements ArrowBytes {
  readonly #parts = partsTaken();

  protected override _write(part: unknown): this {
    this._position += this.#parts.add(part);
    return this;
  }

  take(): Uint8Array {
    return this.#parts.take();
  }
}
