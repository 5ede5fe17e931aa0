import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alice, allow, decide, granted, put } from './policy-cases.suite.ts';
import { parsePolicy, parsePolicyText, PolicyFormatError } from './policy-document.ts';
import type { PolicyKind } from './policy-document.ts';

describe('policy documents', () => {
  const statement = allow(put, '*');
  const malformed: readonly (readonly [string, unknown, PolicyKind])[] = [
    ['no object', [], 'identity'],
    ['another version', { Version: '2020-01-01', Statement: statement }, 'identity'],
    ['no statement', { Version: '2012-10-17' }, 'identity'],
    ['an empty list', { Statement: [] }, 'identity'],
    ['an unknown element', { Statement: statement, Extra: 1 }, 'identity'],
    ['an unknown element of a statement', { Statement: { ...statement, Extra: 1 } }, 'identity'],
    ['no effect', { Statement: { ...statement, Effect: undefined } }, 'identity'],
    ['another effect', { Statement: { ...statement, Effect: 'allow' } }, 'identity'],
    ['no action', { Statement: { ...statement, Action: undefined } }, 'identity'],
    ['both actions', { Statement: { ...statement, NotAction: put } }, 'identity'],
    ['no resource', { Statement: { ...statement, Resource: undefined } }, 'identity'],
    ['a malformed action', { Statement: allow('PutRecord', '*') }, 'identity'],
    ['a number as action', { Statement: allow(1, '*') }, 'identity'],
    ['a malformed resource', { Statement: allow(put, 'orders') }, 'identity'],
    ['a huge resource', { Statement: allow(put, `arn:${'a'.repeat(3_000)}`) }, 'identity'],
    ['a principal where none belongs', { Statement: granted('*') }, 'identity'],
    ['no principal where one belongs', { Statement: statement }, 'resource'],
    ['a malformed principal', { Statement: granted({ AWS: 'alice' }) }, 'resource'],
    ['a wildcard in a principal', { Statement: granted({ AWS: `${alice.arn}*` }) }, 'resource'],
    ['an unknown type of principal', { Statement: granted({ Aws: alice.arn }) }, 'resource'],
    [
      'an unknown operator',
      { Statement: { ...statement, Condition: { Equals: { a: 'b' } } } },
      'identity',
    ],
    ['a condition of a list', { Statement: { ...statement, Condition: [] } }, 'identity'],
  ];
  for (const [name, document, kind] of malformed) {
    it(`refuse ${name}`, () => {
      assert.throws(() => parsePolicy(document, kind), PolicyFormatError);
    });
  }

  it('refuse texts that are no JSON or too long', () => {
    assert.throws(() => parsePolicyText('{', 'identity'), PolicyFormatError);
    assert.throws(() => parsePolicyText(' '.repeat(40_000), 'identity'), PolicyFormatError);
  });

  it('are matched in bounded time whatever the pattern', () => {
    const nasty = `arn:aws:kinesis:::${'*a'.repeat(900)}b`;
    const question = { id: [[allow(put, nasty)]], on: `arn:aws:kinesis:::${'a'.repeat(2_000)}` };
    assert.equal(decide(question).allowed, false);
  });
});
