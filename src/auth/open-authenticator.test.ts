import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError } from '../model/service-error.ts';
import { OpenAuthenticator } from './open-authenticator.ts';
import type { SignedRequest } from './signed-request.ts';

const authenticator = new OpenAuthenticator();

function requestOf(headers: Record<string, string>, target = '/'): SignedRequest {
  return {
    method: 'POST',
    target,
    headers,
    rawHeaders: Object.entries(headers).flat(),
    remoteAddress: '127.0.0.1',
    secure: false,
    body: new Uint8Array(0),
  };
}

function complaint(headers: Record<string, string>, target?: string): [string, string | null] {
  try {
    authenticator.authenticate(requestOf(headers, target));
  } catch (error) {
    assert.ok(error instanceof ServiceError);
    return [error.code, error.text];
  }
  return assert.fail('was accepted');
}

const date = { 'x-amz-date': '20261122T000000Z' };

const [noCredential, noSignature, noSignedHeaders] = [
  "'Credential'",
  "'Signature'",
  "'SignedHeaders'",
].map((name) => `Authorization header requires ${name} parameter. `) as [string, string, string];
const noDate =
  "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";

describe('open authentication', () => {
  it('takes any separators and any order', () => {
    for (const authorization of [
      'AWS4-HMAC-SHA256 Credential=K/a/b/c/d,SignedHeaders=host,Signature=abc',
      'AWS4-HMAC-SHA256 Credential=K/a/b/c/d, SignedHeaders=host, Signature=abc',
      'AWS4-HMAC-SHA256 Signature=abc SignedHeaders=host Credential=K/a/b/c/d',
      '  AWS4-HMAC-SHA256  Signature=abc,,SignedHeaders=host ,Credential=K/a/b/c/d',
    ]) {
      const identity = authenticator.authenticate(requestOf({ authorization, ...date }));
      assert.equal(identity.accessKeyId, 'K');
      assert.equal(identity.account, '000000000000');
    }
  });

  it('lets a key id of 12 digits choose the account', () => {
    const { account, arn } = authenticator.authenticate(
      requestOf(
        {},
        '/?X-Amz-Algorithm=x&X-Amz-Credential=210987654321%2Fa&X-Amz-Signature=s' +
          '&X-Amz-SignedHeaders=host&X-Amz-Date=d',
      ),
    );
    assert.equal(account, '210987654321');
    assert.equal(arn, 'arn:aws:iam::210987654321:root');
  });

  it('misses a signature', () => {
    const missing = ['MissingAuthenticationTokenException', 'Missing Authentication Token'];
    assert.deepEqual(complaint({}), missing);
    assert.deepEqual(complaint({ authorization: '' }), missing);
    assert.deepEqual(complaint({ authorization: 'Basic abc' }), missing);
    assert.deepEqual(complaint({}, '/?X-Amz-Credential=a&X-Amz-Signature=b'), missing);
  });

  it('refuses two signatures', () => {
    assert.deepEqual(complaint({ authorization: 'x' }, '/?X-Amz-Algorithm'), [
      'InvalidSignatureException',
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    ]);
  });

  it('names everything a header lacks, in order', () => {
    for (const [authorization, headers, text] of [
      ['AWS4-', {}, noCredential + noSignature + noSignedHeaders + noDate],
      ['AWS4-x Credential=a', date, noSignature + noSignedHeaders],
      ['AWS4-x Signature=a,Credential=', { date: 'x' }, noCredential + noSignedHeaders],
      ['AWS4-x Credential=a,Signature=b,SignedHeaders=c', {}, noDate],
    ] as const) {
      assert.deepEqual(complaint({ authorization, ...headers }), [
        'IncompleteSignatureException',
        `${text}Authorization=${authorization}`,
      ]);
    }
  });

  it('names everything a query lacks, in order', () => {
    assert.deepEqual(complaint({}, '/?X-Amz-Algorithm=&X-Amz-Signature=b'), [
      'IncompleteSignatureException',
      "AWS query-string parameters must include 'X-Amz-Algorithm'. " +
        "AWS query-string parameters must include 'X-Amz-Credential'. " +
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. " +
        "AWS query-string parameters must include 'X-Amz-Date'. " +
        'Re-examine the query-string parameters.',
    ]);
  });
});
