/** Messages: what was written is read back, and nothing else is read from anything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MessageError, MessageReader } from './message-reader.ts';
import { givenBytesMin, MessageWriter } from './message-writer.ts';

test('fields of all kinds are read back', () => {
  const number = fc.double({ noNaN: true });
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.nat(0xffff),
      fc.nat(0xffff_ffff),
      number,
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
      (u8, u16, u32, double, text, bytes) => {
        const writer = new MessageWriter();
        writer.u8(u8);
        writer.u16(u16);
        writer.u32(u32);
        writer.number(double);
        writer.text(text);
        writer.payload(bytes);
        const reader = new MessageReader(writer.take());
        const read = [reader.u8(), reader.u16(), reader.u32(), reader.number(), reader.text()];
        assert.deepEqual(read, [u8, u16, u32, double, text]);
        assert.deepEqual(Uint8Array.from(reader.payload()), bytes);
        reader.end();
        assert.equal(writer.bytes, 0);
      },
    ),
  );
});

test('large buffers go along as they are, once however many views there are', () => {
  const writer = new MessageWriter();
  const buffer = new Uint8Array(givenBytesMin).map((_, i) => i);
  writer.givenPayload(buffer.subarray(0, 10));
  writer.givenPayload(buffer.subarray(10, 300));
  writer.givenPayload(Uint8Array.of(1, 2));
  const parts = writer.take();
  assert.equal(parts.length, 2);
  assert.equal(parts[1]!.buffer, buffer.buffer);
  const reader = new MessageReader(parts);
  assert.deepEqual(reader.payload(), buffer.subarray(0, 10));
  assert.deepEqual(reader.payload(), buffer.subarray(10, 300));
  assert.deepEqual(Uint8Array.from(reader.payload()), Uint8Array.of(1, 2));
  reader.end();
});

test('a message is what was written since the last one, in buffers of its own', () => {
  const writer = new MessageWriter();
  writer.text('x'.repeat(200_000));
  const [first] = writer.take();
  assert.equal(first!.buffer.byteLength, first!.length);
  writer.u8(7);
  assert.deepEqual(
    writer.take().map((part) => [...part]),
    [[7]],
  );
});

test('reading beyond any end throws and nothing else', () => {
  const reads: ((reader: MessageReader) => unknown)[] = [
    (reader) => reader.u8(),
    (reader) => reader.u16(),
    (reader) => reader.u32(),
    (reader) => reader.number(),
    (reader) => reader.whole(),
    (reader) => reader.flag(),
    (reader) => reader.text(),
    (reader) => reader.payload(),
    (reader) => reader.count(4),
    (reader) => reader.part(9).payload(),
  ];
  const parts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 3 });
  fc.assert(
    fc.property(parts, fc.array(fc.nat(reads.length - 1), { maxLength: 12 }), (given, order) => {
      const reader = new MessageReader(given);
      try {
        for (const which of order) reads[which]!(reader);
        assert.ok(reader.left >= 0);
      } catch (error) {
        assert.ok(error instanceof MessageError, String(error));
      }
    }),
  );
});
