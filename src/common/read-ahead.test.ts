import assert from 'node:assert/strict';
import { test } from 'node:test';
import { halfWords, linedWords, lineWords } from './lined-words.ts';
import { readAhead } from './read-ahead.ts';

test('reads the field of each row that is one', () => {
  const rows = 100;
  const words = halfWords(linedWords(rows * lineWords));
  for (let row = 0; row < rows; row++) words[row * 2 * lineWords + 9] = 1 << (row % 31);
  const wanted = Int32Array.of(3, -1, 4, 99, 5);
  assert.equal(
    readAhead(words, 2 * lineWords, wanted, 0, 4, 9),
    (1 << 3) ^ (1 << 4) ^ (1 << (99 % 31)),
  );
  assert.equal(readAhead(words, 2 * lineWords, wanted, 1, 3, 9), 1 << 4);
  assert.equal(readAhead(words, 2 * lineWords, wanted, 0, 5, 8), 0);
});

test('words of four bytes are the same memory', () => {
  const words = linedWords(3);
  halfWords(words)[2] = -1;
  assert.equal(new Int32Array(words.buffer, words.byteOffset)[2], -1);
  assert.equal(words.length, 3);
});
