/**
 * Reads messages as `message-writer.ts` writes them. Whatever the bytes are, reading gives values
 * or throws MessageError; it never reads outside the message.
 */

/** A message is not what its sender should have written. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

export class MessageReader {
  readonly #parts: readonly Uint8Array[];
  readonly #fields: Buffer;
  readonly #end: number;
  #at: number;
  #given: Uint8Array | null = null;

  /** Reads the fields of a message in `[from, end)`. */
  constructor(parts: readonly Uint8Array[], from = 0, end: number | null = null) {
    const first = parts[0] ?? new Uint8Array(0);
    this.#parts = parts;
    this.#fields = Buffer.from(first.buffer, first.byteOffset, first.byteLength);
    this.#at = from;
    this.#end = end ?? first.length;
    if (from > this.#end || this.#end > first.length) throw new MessageError('a range is outside');
  }

  get at(): number {
    return this.#at;
  }

  /** Bytes of fields that are left. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** A reader for the next `bytes`, which this one passes over. */
  part(bytes: number): MessageReader {
    const from = this.#take(bytes);
    return new MessageReader(this.#parts, from, from + bytes);
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.left > 0) throw new MessageError(`${this.left} bytes too many`);
  }

  u8(): number {
    return this.#fields[this.#take(1)]!;
  }

  u16(): number {
    return this.#fields.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#fields.readUInt32LE(this.#take(4));
  }

  number(): number {
    return this.#fields.readDoubleLE(this.#take(8));
  }

  /** A number that has to be whole, not negative and exact. */
  whole(): number {
    const value = this.number();
    if (!Number.isSafeInteger(value) || value < 0) throw new MessageError('not a whole number');
    return value;
  }

  flag(): boolean {
    const value = this.u8();
    if (value > 1) throw new MessageError('not a flag');
    return value === 1;
  }

  /** A count of things that take at least `bytesEach` bytes of fields each. */
  count(bytesEach: number): number {
    const count = this.u32();
    if (count * bytesEach > this.left) throw new MessageError('a count of more than there is');
    return count;
  }

  text(): string {
    const bytes = this.u32();
    const from = this.#take(bytes);
    return this.#fields.toString('utf8', from, from + bytes);
  }

  /** The part that the payload read last lay in, as a whole; null when it lay in the fields. */
  get given(): Uint8Array | null {
    return this.#given;
  }

  /** A view, not a copy. */
  payload(): Uint8Array {
    const place = this.u8();
    this.#given = null;
    if (place === 0) {
      const bytes = this.u32();
      const from = this.#take(bytes);
      return this.#fields.subarray(from, from + bytes);
    }
    if (place !== 1) throw new MessageError('no such place of a payload');
    const index = this.u16();
    const offset = this.u32();
    const bytes = this.u32();
    const part = index === 0 ? undefined : this.#parts[index];
    if (part === undefined || offset + bytes > part.length) {
      throw new MessageError('a payload is outside its part');
    }
    this.#given = part;
    return part.subarray(offset, offset + bytes);
  }

  #take(bytes: number): number {
    const from = this.#at;
    if (bytes > this.#end - from) throw new MessageError('the message ends too early');
    this.#at = from + bytes;
    return from;
  }
}
