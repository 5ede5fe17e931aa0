// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withConstants } from './bundle.mjs';

test('what our modules declare once is a constant in the bundle, anything else is left', () => {
  const bundled = [
    '// node_modules/left-pad/index.js',
    'var theirs = 1;',
    '// dist/common/ours.js',
    'var TABLE = new Uint8Array(4);',
    'var Shape = class {',
    '  TABLE = 1;',
    '};',
    'var twice = 0;',
    'function next() {',
    '  return twice += 1;',
    '}',
    'var $up = 0;',
    '++$up;',
    'var compared = 3;',
    'if (compared === 3 || compared >= 4 || next.compared == 1) next((compared) => compared);',
  ];
  const wanted = [...bundled];
  wanted[4] = 'const Shape = class {';
  wanted[13] = 'const compared = 3;';
  assert.deepEqual(withConstants(bundled.join('\n')).split('\n'), wanted);
});
