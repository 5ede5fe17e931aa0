import nodeAssert from 'node:assert/strict';
import { test } from 'node:test';
import { assert, AssertionError, unreachable } from './assert.ts';

test('assert passes truthy values and narrows the type', () => {
  const value: string | null = JSON.parse('"text"') as string | null;
  assert(value !== null, 'value is there');
  nodeAssert.equal(value.length, 4);
});

test('assert throws AssertionError with the message', () => {
  for (const falsy of [false, 0, '', null, undefined, Number.NaN]) {
    nodeAssert.throws(
      () => {
        assert(falsy, 'told so');
      },
      (error) => error instanceof AssertionError && error.message === 'told so',
    );
  }
});

test('unreachable throws and names the value', () => {
  nodeAssert.throws(() => unreachable('surprise' as never), /surprise/);
});
