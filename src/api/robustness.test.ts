/** Whatever a client sends, the answer is an output or a ServiceError; anything else is a bug. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../model/service-error.ts';
import { decodeRequest, invoke, operations } from './registry.ts';
import { TestWorld } from './test-world.suite.ts';

const arn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/s';
const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', 's', '0', 'shardId-0', 'LATEST', 'AT_TIMESTAMP', arn),
  fc.constantFrom<unknown>(`${arn}/consumer/c:1`, 'KMS', 'ALL', 'aGk=', 1e400, -1, 0, 1.5, 1e300),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.bigInt({ min: 0n, max: 10n ** 130n }).map(String),
);
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
  ),
})).value;

async function world(): Promise<TestWorld> {
  const made = new TestWorld();
  await made.stream('s', 2);
  return made;
}

async function answered(made: TestWorld, name: string, body: Uint8Array): Promise<void> {
  const operation = operations.get(name)!;
  try {
    await invoke(
      operation,
      made.context(),
      decodeRequest(operation, made.protocol, body, made.buffers),
    );
  } catch (error) {
    assert.ok(error instanceof ServiceError, `${name}: ${String(error)}`);
  }
}

for (const [name, operation] of operations) {
  test(`${name} survives strange members`, async () => {
    const made = await world();
    const members = Object.keys(operation.input.members);
    const input =
      members.length === 0
        ? fc.constant({})
        : fc.dictionary(fc.constantFrom(...members, 'Other', '__proto__'), value);
    await fc.assert(
      fc.asyncProperty(input, async (given) => {
        await answered(made, name, new TextEncoder().encode(JSON.stringify(given)));
      }),
      { numRuns: 150 },
    );
  });
}

test('damaged bodies of a common request, in either protocol', async () => {
  const made = await world();
  const plain = {
    StreamName: 's',
    Records: [{ Data: 'aGk=', PartitionKey: 'a', ExplicitHashKey: '5' }],
  };
  const json = new TextEncoder().encode(JSON.stringify(plain));
  const cbor = Buffer.from(
    'a26a53747265616d4e616d656173675265636f72647381a264446174614268696c5061' +
      '72746974696f6e4b65796161',
    'hex',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('json' as const, 'cbor' as const),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
      async (protocol, changes) => {
        const body = Uint8Array.from(protocol === 'json' ? json : cbor);
        for (const [at, byte] of changes) body[at % body.length] = byte;
        made.protocol = protocol;
        await answered(made, 'PutRecords', body);
      },
    ),
    { numRuns: 2000 },
  );
});
