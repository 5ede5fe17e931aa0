/**
 * The bytes of one simulated file, in pages; a page that was never written is all zeros and takes
 * no memory. Knows nothing of lengths or durability.
 */
export const PAGE_BYTES = 4096;

/** The unit a medium writes as a whole, or so it promises. */
export const SECTOR_BYTES = 512;

export class Pages {
  readonly #pages: Map<number, Uint8Array>;

  constructor(pages: Map<number, Uint8Array> = new Map()) {
    this.#pages = pages;
  }

  /** Copies `bytes` to `position`. */
  write(position: number, bytes: Uint8Array): void {
    this.#each(position, position + bytes.byteLength, (page, from, to, at) => {
      this.#page(page).set(bytes.subarray(at - position, at - position + to - from), from);
    });
  }

  /** Makes the bytes from `start` to `end`, which may be Infinity, zero. */
  clear(start: number, end: number): void {
    // By the pages there are, when they are fewer than those of the range: a range may be a whole
    // file.
    const first = Math.floor(start / PAGE_BYTES);
    const last = Math.floor((end - 1) / PAGE_BYTES);
    if (last - first > this.#pages.size) {
      for (const page of [...this.#pages.keys()]) {
        if (page >= first && page <= last) {
          const offset = page * PAGE_BYTES;
          this.#clearPage(page, Math.max(start - offset, 0), Math.min(end - offset, PAGE_BYTES));
        }
      }
    } else {
      this.#each(start, end, (page, from, to) => this.#clearPage(page, from, to));
    }
  }

  /** Fills `into` with the bytes from `position`. */
  read(position: number, into: Uint8Array): void {
    this.#each(position, position + into.byteLength, (page, from, to, at) => {
      const found = this.#pages.get(page);
      if (found === undefined) {
        into.fill(0, at - position, at - position + to - from);
      } else {
        into.set(found.subarray(from, to), at - position);
      }
    });
  }

  /** Turns over one bit. */
  flip(position: number, bit: number): void {
    const page = this.#page(Math.floor(position / PAGE_BYTES));
    const offset = position % PAGE_BYTES;
    page[offset] = (page[offset] as number) ^ (1 << bit);
  }

  copy(): Pages {
    return new Pages(new Map([...this.#pages].map(([page, bytes]) => [page, bytes.slice()])));
  }

  #page(page: number): Uint8Array {
    let bytes = this.#pages.get(page);
    if (bytes === undefined) {
      bytes = new Uint8Array(PAGE_BYTES);
      this.#pages.set(page, bytes);
    }
    return bytes;
  }

  #clearPage(page: number, from: number, to: number): void {
    if (from === 0 && to === PAGE_BYTES) {
      this.#pages.delete(page);
    } else {
      this.#pages.get(page)?.fill(0, from, to);
    }
  }

  #each(
    start: number,
    end: number,
    visit: (page: number, from: number, to: number, at: number) => void,
  ): void {
    for (let at = start; at < end;) {
      const page = Math.floor(at / PAGE_BYTES);
      const from = at - page * PAGE_BYTES;
      const to = Math.min(PAGE_BYTES, from + end - at);
      visit(page, from, to, at);
      at += to - from;
    }
  }
}
