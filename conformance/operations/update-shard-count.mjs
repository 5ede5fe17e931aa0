// @ts-check
import {
  HASH_MAX,
  nameOfNothing,
  notActive,
  onDemandText,
  refusesWhileCreating,
  selectsStream,
} from '../kit/common.mjs';
import { equal, fails, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'UpdateShardCount';
const LE = 'LimitExceededException';
const ScalingType = 'UNIFORM_SCALING';
const REST = { TargetShardCount: 2, ScalingType };
const four = once((lab) => lab.stream({ ShardCount: 4 }));
const onDemand = once((lab) => lab.stream({ StreamModeDetails: { StreamMode: 'ON_DEMAND' } }));

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ...nameOfNothing, ...REST }));
  selectsStream(suite, REST);
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, ...REST }), { ShardCount: 1 });
  for (const [from, to] of [
    [1, 2],
    [2, 1],
    [2, 3],
    [3, 2],
    [4, 8],
    [4, 5],
    [5, 3],
    [6, 3],
    [3, 4],
  ]) {
    suite.case(`from ${from} to ${to}`, async ({ lab, call }) => {
      const { name, arn } = await lab.stream({ ShardCount: from });
      const out = ok(await call({ StreamName: name, TargetShardCount: to, ScalingType }));
      equal(out, {
        ...{ StreamName: name, CurrentShardCount: from, TargetShardCount: to, StreamARN: arn },
      });
      await lab.active(name);
      await checkRanges(lab, name, Number(to));
    });
  }
  suite.only('cbor', 'from 2 to 4 in CBOR, by ARN', async ({ lab, call }) => {
    const { name, arn } = await lab.stream({ ShardCount: 2 });
    const out = ok(await call({ StreamARN: arn, TargetShardCount: 4, ScalingType }));
    equal([out.CurrentShardCount, out.TargetShardCount], [2, 4]);
    await lab.active(name);
    await checkRanges(lab, name, 4);
  });
  suite.case('UPDATING until it is done', async ({ lab, call }) => {
    const enter = async () => {
      const { name } = await lab.stream({ ShardCount: 1 });
      ok(await call({ StreamName: name, ...REST }));
      return name;
    };
    await lab.during('UPDATING', enter, async (name) => {
      const answer = await call({ StreamName: name, ...REST });
      const text = notActive(name, lab, 'UPDATING');
      fails(answer, 'ResourceInUseException', text);
    });
  });
  limits(suite);
  suite.both('a stream on demand', async ({ lab, call }) => {
    const { name } = await onDemand(lab);
    const answer = await call({ StreamName: name, TargetShardCount: 5, ScalingType });
    fails(answer, 'ValidationException', onDemandText(name, lab));
  });
}

/**
 * The open shards have equal ranges without gap, and every shard but the first ones has parents.
 * @param {import('../kit/lab.mjs').Lab} lab
 * @param {string} stream
 * @param {number} count
 */
async function checkRanges(lab, stream, count) {
  const shards = await lab.shards(stream);
  const open = shards
    .filter((shard) => !('EndingSequenceNumber' in shard.SequenceNumberRange))
    .map(({ HashKeyRange }) => HashKeyRange)
    .sort((a, b) => (BigInt(a.StartingHashKey) < BigInt(b.StartingHashKey) ? -1 : 1));
  equal(open.length, count, 'open shards');
  const width = (HASH_MAX + 1n) / BigInt(count);
  let next = 0n;
  for (const { StartingHashKey, EndingHashKey } of open) {
    equal(BigInt(StartingHashKey), next, 'StartingHashKey');
    next = BigInt(EndingHashKey) + 1n;
    const off = next - BigInt(StartingHashKey) - width;
    must(off < 16n && off > -16n, `a range is off by ${off}`);
  }
  equal(next, HASH_MAX + 1n, 'end of the last range');
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function limits(suite) {
  const counts = (/** @type {number} */ open, /** @type {number} */ target) =>
    `Current open shard count: ${open},? Target shard count: ${target}$`;
  for (const target of [9, 100]) {
    suite.both(`from 4 to ${target}`, async ({ lab, call }) => {
      const { name } = await four(lab);
      const text =
        `^UpdateShardCount cannot scale up over double your current open shard count\\. ` +
        counts(4, target);
      const answer = await call({ StreamName: name, TargetShardCount: target, ScalingType });
      fails(answer, LE, new RegExp(text));
    });
  }
  suite.both('from 4 to 1', async ({ lab, call }) => {
    const { name } = await four(lab);
    const text =
      '^UpdateShardCount cannot scale down below half your current open shard count\\. ' +
      counts(4, 1);
    const answer = await call({ StreamName: name, TargetShardCount: 1, ScalingType });
    fails(answer, LE, new RegExp(text));
  });
  suite.both('over 10,000', async ({ lab, call }) => {
    const { name } = await four(lab);
    const answer = await call({ StreamName: name, TargetShardCount: 10_001, ScalingType });
    fails(answer, [LE, 'ValidationException']);
  });
}
