// @ts-check
import { Instant } from '../kit/cbor.mjs';
import {
  NOTHING,
  SHARD_0,
  SHARD_1,
  noSuchShard,
  selectsStream,
  shardNotFound,
} from '../kit/common.mjs';
import { bytesOf, equal, fails, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'GetShardIterator';
const RNF = 'ResourceNotFoundException';
const IA = 'InvalidArgumentException';
const TRIM = { ShardId: SHARD_0, ShardIteratorType: 'TRIM_HORIZON' };

/** A stream of two shards with three records in the first and one in the second. */
const filled = once(async (lab) => {
  const stream = await lab.stream({ ShardCount: 2 });
  const numbers = [];
  for (const [PartitionKey, text] of [
    ['a', 'one'],
    ['a', 'two'],
    ['a', 'three'],
    ['b', 'other'],
  ]) {
    const input = { StreamName: stream.name, Data: Buffer.from(String(text)), PartitionKey };
    numbers.push((await lab.out('PutRecord', input)).SequenceNumber);
  }
  return { ...stream, numbers };
});

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ StreamName: NOTHING, ...TRIM }));
  selectsStream(suite, TRIM, { missing: (lab) => noSuchShard(SHARD_0, NOTHING, lab) });
  suite.both('an iterator is base64 and no longer than 512', async ({ lab, call }) => {
    const { name } = await filled(lab);
    const out = ok(await call({ StreamName: name, ...TRIM }));
    equal(Object.keys(out), ['ShardIterator']);
    must(out.ShardIterator.length <= 512, `length ${out.ShardIterator.length}`);
    must(/^[A-Za-z0-9+/]+=*$/.test(out.ShardIterator), out.ShardIterator);
    bytesOf(out.ShardIterator);
  });
  suite.both('by ARN', async ({ lab, call }) => {
    const { arn } = await filled(lab);
    ok(await call({ StreamARN: arn, ...TRIM }));
  });
  positions(suite);
  shardIds(suite);
  arguments_(suite);
  sequenceNumbers(suite);
  timestamps(suite);
  suite.both('DryRun', async ({ lab, call }) => {
    const { name } = await filled(lab);
    fails(await call({ StreamName: name, ...TRIM, DryRun: true }), 'DryRunOperationException');
  });
  suite.refuses(
    'DryRun where a check fails',
    () => ({ StreamName: NOTHING, ...TRIM, DryRun: true }),
    RNF,
  );
  suite.case('a stream in CREATING has no shards', async ({ lab, call }) => {
    await lab.during(
      'CREATING',
      () => lab.enterCreating(),
      async (name) => {
        fails(await call({ StreamName: name, ...TRIM }), RNF, noSuchShard(SHARD_0, name, lab));
      },
    );
  });
  suite.case('closed shards', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 1 });
    const NewStartingHashKey = String(2n ** 127n);
    await lab.out('SplitShard', { StreamName: name, ShardToSplit: SHARD_0, NewStartingHashKey });
    await lab.active(name);
    for (const type of ['TRIM_HORIZON', 'LATEST']) {
      ok(await call({ StreamName: name, ShardId: SHARD_0, ShardIteratorType: type }));
    }
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function positions(suite) {
  /** @param {(numbers: string[]) => any} position @param {string[]} texts */
  const reads =
    (position, texts) =>
    async (/** @type {any} */ { lab, call, protocol }) => {
      const { name, numbers } = await filled(lab);
      const input = { StreamName: name, ShardId: SHARD_0, ...position(numbers) };
      const { ShardIterator } = ok(await call(input));
      const { Records } = await lab.out('GetRecords', { ShardIterator }, protocol);
      const found = Records.map((/** @type {any} */ record) => bytesOf(record.Data).toString());
      equal(found, texts);
    };
  const type = (/** @type {string} */ name) => ({ ShardIteratorType: name });
  suite.both(
    'TRIM_HORIZON',
    reads(() => type('TRIM_HORIZON'), ['one', 'two', 'three']),
  );
  suite.both(
    'LATEST',
    reads(() => type('LATEST'), []),
  );
  suite.both(
    'AT_SEQUENCE_NUMBER',
    reads(
      (numbers) => ({ ...type('AT_SEQUENCE_NUMBER'), StartingSequenceNumber: numbers[1] }),
      [...['two', 'three']],
    ),
  );
  suite.both(
    'AFTER_SEQUENCE_NUMBER',
    reads(
      (numbers) => ({ ...type('AFTER_SEQUENCE_NUMBER'), StartingSequenceNumber: numbers[1] }),
      ['three'],
    ),
  );
  suite.both(
    'AFTER_SEQUENCE_NUMBER of the last record',
    reads(
      (numbers) => ({ ...type('AFTER_SEQUENCE_NUMBER'), StartingSequenceNumber: numbers[2] }),
      [],
    ),
  );
  suite.both(
    'AT_TIMESTAMP long ago',
    reads(
      () => ({ ...type('AT_TIMESTAMP'), Timestamp: new Instant(1_400_000_000_000) }),
      [...['one', 'two', 'three']],
    ),
  );
  suite.both(
    'AT_TIMESTAMP after all records',
    reads(() => ({ ...type('AT_TIMESTAMP'), Timestamp: new Instant(Date.now() - 1) }), []),
  );
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function shardIds(suite) {
  for (const ShardId of ['shardId-0', 'shard-0', '0', 'x-0', 'shardId-00000000000']) {
    suite.case(`${ShardId} is ${SHARD_0}`, async ({ lab, call }) => {
      const { name } = await filled(lab);
      ok(await call({ StreamName: name, ...TRIM, ShardId }));
    });
  }
  for (const ShardId of ['shardId-000000000002', 'shardId-2', 'x-2', 'shardId-2147483647']) {
    const index = String(Number(ShardId.split('-')[1])).padStart(12, '0');
    suite.refuses(
      `${ShardId} of a stream with two`,
      async (lab) => ({ StreamName: (await filled(lab)).name, ...TRIM, ShardId }),
      RNF,
      // The text is made from the index, whatever the id looked like.
      /^Shard shardId-\d{12} in stream \S+ under account \d{12} does not exist$/,
    );
    suite.case(`${ShardId} is named as shardId-${index}`, async ({ lab, call }) => {
      const { name } = await filled(lab);
      const answer = await call({ StreamName: name, ...TRIM, ShardId });
      fails(answer, RNF, noSuchShard(`shardId-${index}`, name, lab));
    });
  }
  for (const ShardId of ['shardId-', 'shardId-x', 'some', 'shardId-2147483648', 'shardId--1']) {
    suite.case(`${ShardId} is no shard id`, async ({ lab, call }) => {
      const { name } = await filled(lab);
      fails(
        await call({ StreamName: name, ...TRIM, ShardId }),
        RNF,
        shardNotFound(ShardId, name, lab),
      );
    });
    suite.case(`${ShardId} is looked at before the stream`, async ({ lab, call }) => {
      const answer = await call({ StreamName: NOTHING, ...TRIM, ShardId });
      fails(answer, RNF, shardNotFound(ShardId, NOTHING, lab));
    });
  }
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function arguments_(suite) {
  const rule =
    'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and ' +
    'StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. ' +
    'Request specified ';
  for (const type of ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER']) {
    suite.refuses(
      `${type} without a number`,
      async (lab) => {
        const { name } = await filled(lab);
        return { StreamName: name, ShardId: SHARD_0, ShardIteratorType: type };
      },
      IA,
      `${rule}${type} and no StartingSequenceNumber.`,
    );
  }
  for (const type of ['TRIM_HORIZON', 'LATEST']) {
    suite.refuses(
      `${type} with a number`,
      async (lab) => {
        const { name, numbers } = await filled(lab);
        const StartingSequenceNumber = numbers[0];
        return {
          StreamName: name,
          ShardId: SHARD_0,
          ShardIteratorType: type,
          StartingSequenceNumber,
        };
      },
      IA,
      `${rule}${type} and also a StartingSequenceNumber.`,
    );
  }
  suite.refuses(
    'the stream is looked for before the arguments are',
    () => ({ StreamName: NOTHING, ShardId: SHARD_0, ShardIteratorType: 'AT_SEQUENCE_NUMBER' }),
    RNF,
    (lab) => noSuchShard(SHARD_0, NOTHING, lab),
  );
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function sequenceNumbers(suite) {
  const used = (
    /** @type {any} */ { lab },
    /** @type {string} */ name,
    /** @type {string} */ number,
  ) =>
    `StartingSequenceNumber ${number} used in GetShardIterator on shard ${SHARD_0} in stream ` +
    `${name} under account ${lab.account} is invalid`;
  for (const type of ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER']) {
    suite.both(`${type} with a number that cannot be`, async (scene) => {
      const { name } = await filled(scene.lab);
      const StartingSequenceNumber = String(2n ** 186n + 5n);
      const input = { StreamName: name, ShardId: SHARD_0, ShardIteratorType: type };
      const answer = await scene.call({ ...input, StartingSequenceNumber });
      fails(answer, IA, `${used(scene, name, StartingSequenceNumber)}.`);
    });
    suite.both(`${type} with a number of another shard`, async ({ lab, call }) => {
      const { name, numbers } = await filled(lab);
      const StartingSequenceNumber = numbers[3];
      const input = { StreamName: name, ShardId: SHARD_0, ShardIteratorType: type };
      fails(
        await call({ ...input, StartingSequenceNumber }),
        IA,
        `Invalid StartingSequenceNumber. It encodes ${SHARD_1}, while it was used in a call to a ` +
          `shard with ${SHARD_0}`,
      );
    });
  }
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function timestamps(suite) {
  const type = { ShardId: SHARD_0, ShardIteratorType: 'AT_TIMESTAMP' };
  suite.refuses(
    'AT_TIMESTAMP without a timestamp',
    async (lab) => ({ StreamName: (await filled(lab)).name, ...type }),
    IA,
    'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. ' +
      'Current request has no timestamp parameter.',
  );
  suite.both('AT_TIMESTAMP in the future', async ({ lab, call }) => {
    const { name } = await filled(lab);
    const ms = Math.floor(Date.now() / 1000) * 1000 + 3_600_000;
    const answer = await call({ StreamName: name, ...type, Timestamp: new Instant(ms) });
    const text =
      `^The timestampInMillis parameter cannot be greater than the currentTimestampInMillis\\. ` +
      `timestampInMillis: ${ms}, currentTimestampInMillis: \\d{13}$`;
    fails(answer, IA, new RegExp(text));
  });
  suite.only('json', 'AT_TIMESTAMP with a fraction of a second', async ({ lab, call }) => {
    const { name } = await filled(lab);
    ok(await call({ StreamName: name, ...type, Timestamp: 1_459_799_926.48 }));
  });
  suite.both('a timestamp with another type is no matter', async ({ lab, call }) => {
    const { name } = await filled(lab);
    const input = { StreamName: name, ...TRIM, Timestamp: new Instant(1_500_000_000_000) };
    ok(await call(input));
  });
}
