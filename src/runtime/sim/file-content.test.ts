/**
 * The durability of one file against a model that knows, for every byte, what it may come back as.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FileContent } from './file-content.ts';
import { losePower } from './power-loss.ts';
import { SimRandom } from './random.ts';

/** What a byte was, oldest first; what is stranded no later sync makes durable. */
interface Version {
  readonly value: number;
  stranded: boolean;
}

/** The value of a byte beyond the end. */
const ABSENT = -1;

class Model {
  readonly bytes: Version[][] = [];
  length = 0;

  write(position: number, bytes: Uint8Array): void {
    this.#reach(position);
    bytes.forEach((value, index) => this.#set(position + index, value));
    this.length = Math.max(this.length, position + bytes.byteLength);
  }

  setLength(length: number): void {
    this.#reach(length);
    for (let at = length; at < this.length; at += 1) {
      this.#set(at, ABSENT);
    }
    this.length = length;
  }

  sync(): void {
    for (const [at, versions] of this.bytes.entries()) {
      this.bytes[at] = sinceLastSync(versions);
    }
  }

  strand(): void {
    for (const versions of this.bytes) {
      for (const version of versions.slice(1)) {
        version.stranded = true;
      }
    }
  }

  now(at: number): number {
    return this.bytes[at]?.at(-1)?.value ?? ABSENT;
  }

  /** Whether a power loss may leave `value` here; where the file may end, zeros may follow, too. */
  allows(at: number, value: number): boolean {
    const values = (this.bytes[at] ?? []).map((version) => version.value);
    return values.includes(value) || (value === 0 && values.includes(ABSENT));
  }

  /** Fills up with zeros to a length. */
  #reach(length: number): void {
    for (let at = this.length; at < length; at += 1) {
      this.#set(at, 0);
    }
  }

  #set(at: number, value: number): void {
    for (let fill = this.bytes.length; fill <= at; fill += 1) {
      this.bytes.push([{ value: ABSENT, stranded: false }]);
    }
    this.bytes[at]?.push({ value, stranded: false });
  }
}

/** The first version is durable; a sync makes the last one durable that is not stranded. */
function sinceLastSync(versions: readonly Version[]): Version[] {
  const index = versions.findLastIndex(({ stranded }, at) => at === 0 || !stranded);
  return versions
    .slice(index)
    .map((version, at) => (at === 0 ? { ...version, stranded: false } : version));
}

type Step =
  | { readonly kind: 'write'; readonly position: number; readonly size: number }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'sync' | 'failed sync' };

const PLACE_MAX = 10_000;

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('write' as const),
        position: fc.nat(PLACE_MAX),
        size: fc.integer({ min: 1, max: 5000 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('length' as const),
        length: fc.nat(PLACE_MAX),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('sync' as const, 'sync' as const, 'failed sync' as const),
      }),
    },
  ),
  { maxLength: 12 },
);

function perform(content: FileContent, model: Model, list: readonly Step[]): void {
  list.forEach((step, index) => {
    if (step.kind === 'write') {
      const bytes = new Uint8Array(step.size).fill(index + 1);
      content.write(step.position, bytes);
      model.write(step.position, bytes);
    } else if (step.kind === 'length') {
      content.setLength(step.length);
      model.setLength(step.length);
    } else if (step.kind === 'sync') {
      content.makeDurable(content.lastChange);
      model.sync();
    } else {
      content.strand(content.lastChange);
      model.strand();
    }
  });
}

function bytesOf(content: FileContent): Uint8Array {
  const bytes = new Uint8Array(content.length);
  assert.equal(content.read(0, bytes), content.length);
  return bytes;
}

describe('FileContent', () => {
  test('reads back what was written, synced or not', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const [content, model] = [new FileContent(), new Model()];
        perform(content, model, list);
        assert.equal(content.length, model.length);
        const wrong = bytesOf(content).findIndex((byte, at) => byte !== model.now(at));
        assert.equal(wrong, -1);
      }),
      { numRuns: 100 },
    );
  });

  test('a power loss keeps what was synced, and of the rest only what was written', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (list, seed) => {
        const [content, model] = [new FileContent(), new Model()];
        perform(content, model, list);
        losePower(content, new SimRandom(seed));
        const kept = bytesOf(content);
        const wrong = model.bytes.findIndex((_, at) => !model.allows(at, kept[at] ?? ABSENT));
        assert.ok(kept.byteLength <= model.bytes.length);
        assert.equal(wrong, -1);
      }),
      { numRuns: 300 },
    );
  });

  test('after a power loss everything is durable, and beyond the end there are zeros', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (list, seed) => {
        const content = new FileContent();
        perform(content, new Model(), list);
        losePower(content, new SimRandom(seed));
        const kept = bytesOf(content);
        losePower(content, new SimRandom(seed + 1));
        assert.deepEqual(bytesOf(content), kept);
        content.setLength(2 * PLACE_MAX);
        assert.ok(
          bytesOf(content)
            .subarray(kept.byteLength)
            .every((byte) => byte === 0),
        );
      }),
      { numRuns: 100 },
    );
  });
});

/** What many power losses leave of one file, as its bytes. */
function outcomes(prepare: (content: FileContent) => void, count: number = 300): Uint8Array[] {
  return Array.from({ length: count }, (_, seed) => {
    const content = new FileContent();
    prepare(content);
    losePower(content, new SimRandom(seed));
    return bytesOf(content);
  });
}

describe('a power loss, over many seeds', () => {
  const old = new Uint8Array(16_384).fill(1);
  const overwritten = outcomes((content) => {
    content.write(0, old);
    content.makeDurable(content.lastChange);
    content.write(0, new Uint8Array(16_384).fill(2));
  });
  const isNew = (bytes: Uint8Array, from: number, to: number): boolean =>
    bytes.subarray(from, to).every((byte) => byte === 2);
  const isOld = (bytes: Uint8Array, from: number, to: number): boolean =>
    bytes.subarray(from, to).every((byte) => byte === 1);

  test('loses a write as a whole, and keeps it as a whole', () => {
    assert.ok(overwritten.some((bytes) => isOld(bytes, 0, 16_384)));
    assert.ok(overwritten.some((bytes) => isNew(bytes, 0, 16_384)));
  });

  test('keeps a later page and loses an earlier one', () => {
    assert.ok(overwritten.some((bytes) => isOld(bytes, 0, 4096) && isNew(bytes, 4096, 8192)));
  });

  test('tears a page between its sectors, and a sector at a byte', () => {
    const cuts = overwritten.map((bytes) => bytes.findIndex((byte, at) => byte !== bytes[at + 1]));
    assert.ok(cuts.some((at) => at >= 0 && (at + 1) % 512 === 0 && (at + 1) % 4096 !== 0));
    assert.ok(cuts.some((at) => at >= 0 && (at + 1) % 512 !== 0));
  });

  test('keeps any prefix of what was appended', () => {
    const appended = outcomes((content) => {
      content.write(0, old.subarray(0, 1000));
      content.makeDurable(content.lastChange);
      content.write(1000, new Uint8Array(5000).fill(2));
    });
    const lengths = new Set(appended.map((bytes) => bytes.byteLength));
    assert.ok(lengths.has(1000) && lengths.has(6000) && lengths.size > 20);
    assert.ok(appended.every((bytes) => isOld(bytes, 0, 1000)));
    const prefixes = appended.filter((bytes) => isNew(bytes, 1000, bytes.byteLength));
    assert.ok(prefixes.length > 20);
    // The length got through and the bytes did not: zeros where the record should be.
    assert.ok(appended.some((bytes) => bytes.byteLength > 1000 && bytes.at(-1) === 0));
  });

  test('loses what a failed sync should have saved, even when a later one succeeds', () => {
    const stranded = outcomes((content) => {
      content.write(0, old);
      content.strand(content.lastChange);
      content.write(8192, new Uint8Array(8192).fill(2));
      content.makeDurable(content.lastChange);
    });
    const first = stranded.map((bytes) => bytes[0]);
    assert.ok(first.includes(0) && first.includes(1));
    for (const bytes of stranded) {
      // What the later sync covered is never undone by what was stranded before it.
      assert.ok(bytes.byteLength === 16_384 && isNew(bytes, 8192, 16_384));
    }
  });

  test('keeps what was written when a sync began, not what came while it ran', () => {
    const left = outcomes((content) => {
      content.write(0, old.subarray(0, 100));
      const began = content.lastChange;
      content.write(100, new Uint8Array(100).fill(2));
      content.makeDurable(began);
    });
    assert.ok(left.every((bytes) => bytes.byteLength >= 100 && isOld(bytes, 0, 100)));
    assert.ok(left.some((bytes) => bytes.byteLength === 100));
  });
});
