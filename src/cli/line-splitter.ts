/**
 * Cuts a byte stream into lines at line feeds, which are not part of them; all other bytes are kept
 * as they are, a carriage return too. What follows the last line feed is a line if it is not empty.
 */
import { concat } from '../common/bytes.ts';
import { CliError } from './context.ts';

const lineFeed = 0x0a;

export class LineSplitter {
  readonly #lineBytesMax: number;
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  #lines = 0;

  /** A line of more than `lineBytesMax` bytes is refused: it has to fit into memory. */
  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The lines that `chunk` completes. Throws CliError for one that is too long. */
  push(chunk: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let from = 0;
    for (let to = chunk.indexOf(lineFeed); to >= 0; to = chunk.indexOf(lineFeed, from)) {
      this.#keep(chunk.subarray(from, to));
      lines.push(this.#take());
      from = to + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    return lines;
  }

  /** The last line, when the input does not end with a line feed. */
  end(): Uint8Array[] {
    return this.#pieceBytes === 0 ? [] : [this.#take()];
  }

  #keep(piece: Uint8Array): void {
    this.#pieceBytes += piece.length;
    if (this.#pieceBytes > this.#lineBytesMax) {
      throw new CliError(
        `line ${this.#lines + 1} is longer than ${this.#lineBytesMax} bytes, ` +
          'the most that a record can hold.',
      );
    }
    this.#pieces.push(piece);
  }

  #take(): Uint8Array {
    const line = this.#pieces.length === 1 ? this.#pieces[0]! : concat(this.#pieces);
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#lines++;
    return line;
  }
}
