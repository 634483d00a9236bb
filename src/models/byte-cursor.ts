/** The bytes at hand end before the structure does; more of the file may help. */
export class RanShort extends Error {
  override readonly name = 'RanShort' as const;
}

export type NumberType =
  | 'u8'
  | 'i8'
  | 'u16'
  | 'i16'
  | 'u32'
  | 'i32'
  | 'f32'
  | 'bool'
  | 'u64'
  | 'i64'
  | 'f64';

/**
 * Reads little-endian fields one after the other from bytes that are not trusted. Every read is
 * bounded: past the end it throws `RanShort`, on a value out of bounds what `fail` makes.
 */
export class ByteCursor {
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fail: (why: string) => Error;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(bytes: Uint8Array, fail: (why: string) => Error) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Uint8Array {
    const start = this.#step(length);
    return this.#bytes.subarray(start, start + length);
  }

  ascii(length: number): string {
    return String.fromCharCode(...this.take(length));
  }

  u32(): number {
    return this.#view.getUint32(this.#step(4), true);
  }

  /** A u64 that counts something; more than `most` of `what` is refused. */
  count(most: number, what: string): number {
    const value = this.#view.getBigUint64(this.#step(8), true);
    if (value > BigInt(most)) throw this.#fail(`it claims too many ${what}`);
    return Number(value);
  }

  /** A string behind its u64 length in bytes, valid UTF-8. */
  text(mostBytes: number, what: string, { mayBeEmpty = false } = {}): string {
    const length = this.count(mostBytes, `bytes in ${what}`);
    if (length === 0 && !mayBeEmpty) throw this.#fail(`${what} is empty`);
    const bytes = this.take(length);
    try {
      return this.#decoder.decode(bytes);
    } catch {
      throw this.#fail(`${what} is not UTF-8`);
    }
  }

  /** A number; 64-bit integers come as bigint only where a number would not be exact. */
  number(type: NumberType): number | bigint | boolean {
    switch (type) {
      case 'u8':
        return this.#view.getUint8(this.#step(1));
      case 'i8':
        return this.#view.getInt8(this.#step(1));
      case 'u16':
        return this.#view.getUint16(this.#step(2), true);
      case 'i16':
        return this.#view.getInt16(this.#step(2), true);
      case 'u32':
        return this.u32();
      case 'i32':
        return this.#view.getInt32(this.#step(4), true);
      case 'f32':
        return this.#view.getFloat32(this.#step(4), true);
      case 'f64':
        return this.#view.getFloat64(this.#step(8), true);
      case 'bool': {
        const value = this.#view.getUint8(this.#step(1));
        if (value > 1) throw this.#fail('a boolean is neither 0 nor 1');
        return value === 1;
      }
      case 'u64':
        return exact(this.#view.getBigUint64(this.#step(8), true));
      case 'i64':
        return exact(this.#view.getBigInt64(this.#step(8), true));
      default:
        return type satisfies never;
    }
  }

  #step(length: number): number {
    const start = this.position;
    if (length > this.#bytes.byteLength - start) throw new RanShort('the bytes at hand end here');
    this.position = start + length;
    return start;
  }
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
