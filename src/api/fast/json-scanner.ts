/**
 * Steps through the bytes of a JSON text that has no escapes: what the scanners of put requests
 * share.
 *
 * Each step answers false when the text is not what was expected; the scanner then gives up, and
 * the general decoder decides.
 */
export const quote = 0x22;
export const colon = 0x3a;
export const comma = 0x2c;
const backslash = 0x5c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;

/** From this length a native search for the closing quote is faster than a loop. */
const nativeSearchBytes = 32;

export class JsonScanner {
  readonly body: Buffer;
  at = 0;
  /** Bounds of the string read last, without its quotes. */
  start = 0;
  end = 0;

  /** As a Buffer, whose search for a byte is many times faster than that of a plain array. */
  constructor(body: Uint8Array) {
    this.body = Buffer.from(body.buffer, body.byteOffset, body.length);
  }

  /** Whether there is an escape anywhere. To be asked first: without, strings end at a quote. */
  hasEscapes(): boolean {
    return this.body.includes(backslash);
  }

  /** Passes white space. */
  blanks(): void {
    const body = this.body;
    let at = this.at;
    for (;;) {
      const byte = body[at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      at++;
    }
    this.at = at;
  }

  /** Passes blanks and then `byte`, if that comes next. */
  take(byte: number): boolean {
    this.blanks();
    if (this.body[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** Reads the name of a member and the colon behind it. */
  memberName(): boolean {
    return this.string(nativeSearchBytes) && this.take(colon);
  }

  /** Reads a string of at most `bytesMax` bytes; its bounds are then in `start` and `end`. */
  string(bytesMax: number): boolean {
    if (!this.take(quote)) return false;
    const body = this.body;
    const start = this.at;
    const soon = Math.min(start + nativeSearchBytes, body.length);
    let at = start;
    while (at < soon && body[at] !== quote) at++;
    if (at === soon) {
      at = body.indexOf(quote, soon);
      if (at === -1) return false;
    }
    this.start = start;
    this.end = at;
    this.at = at + 1;
    return at - start <= bytesMax;
  }

  /** True when the string read last is `name`. */
  isName(name: string): boolean {
    const start = this.start;
    if (this.end - start !== name.length) return false;
    for (let i = 0; i < name.length; i++) {
      if (this.body[start + i] !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  /** True when the string read last has only ASCII characters that JSON allows unescaped. */
  isAscii(): boolean {
    for (let i = this.start; i < this.end; i++) {
      const byte = this.body[i]!;
      if (byte < 0x20 || byte > 0x7f) return false;
    }
    return true;
  }

  /** The string read last, which is ASCII. */
  text(): string {
    return this.body.toString('latin1', this.start, this.end);
  }
}
