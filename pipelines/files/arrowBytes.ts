/** @file Arrow IPC as bytes that are taken as soon as they are written, so that written batches need no memory. */
import { type RecordBatch, RecordBatchFileWriter, RecordBatchStreamWriter, type Schema } from "apache-arrow";

/** Writer of an Arrow stream or file whose bytes are taken piece by piece. */
export interface ArrowBytes {
  /** Begins with a schema. */
  readonly reset: (sink: undefined, schema: Schema) => unknown;
  readonly write: (batch: RecordBatch) => unknown;
  /** Writes what follows the last batch. */
  readonly finish: () => unknown;
  /** Returns all bytes since the last call, copied into one array. */
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

/** An Arrow stream: a sequence of messages that can be read while it grows. */
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

/** An Arrow file, also known as Feather version 2: the messages of a stream, followed by an index of them. */
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
