import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewOf } from './bytes.ts';
import { QUAD, QUAD_DIGITS, writeQuad } from './decimal.ts';

test('every value below QUAD is written as four digits, and nothing beside them', () => {
  for (let value = 0; value < QUAD; value++) {
    const bytes = Buffer.from('<....>');
    writeQuad(viewOf(bytes), 1, value);
    assert.equal(bytes.toString(), `<${String(value).padStart(QUAD_DIGITS, '0')}>`);
  }
});
