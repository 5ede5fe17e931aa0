// @ts-check
import { equal, fails, msOf, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'ListStreams';

/** Three streams that follow each other in the alphabet. */
const three = once(async (lab) => {
  const start = lab.name();
  const names = ['a', 'b', 'c'].map((letter) => `${start}-${letter}`);
  await Promise.all(names.map((StreamName) => lab.stream({ StreamName, ShardCount: 1 })));
  return { start, names };
});

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({}));
  suite.both('no members at all', async ({ lab, call }) => {
    await three(lab);
    const out = ok(await call({}));
    must(out.StreamNames.length > 0, 'no StreamNames');
    equal(typeof out.HasMoreStreams, 'boolean', 'type of HasMoreStreams');
  });
  suite.both('in alphabetical order', async ({ lab, call }) => {
    await three(lab);
    const { StreamNames } = ok(await call({}));
    equal(StreamNames, StreamNames.toSorted(), 'order');
  });
  suite.both('from ExclusiveStartStreamName, which need not exist', async ({ lab, call }) => {
    const { start, names } = await three(lab);
    const out = ok(await call({ ExclusiveStartStreamName: start, Limit: 3 }));
    equal(out.StreamNames, names);
  });
  suite.both('ExclusiveStartStreamName is not among them', async ({ lab, call }) => {
    const { names } = await three(lab);
    const out = ok(await call({ ExclusiveStartStreamName: names[0], Limit: 2 }));
    equal(out.StreamNames, names.slice(1));
  });
  suite.both('after the last name there is nothing', async ({ call }) => {
    const out = ok(await call({ ExclusiveStartStreamName: 'z'.repeat(128) }));
    equal([out.StreamNames, out.HasMoreStreams, out.NextToken ?? null], [[], false, null]);
  });
  suite.both('Limit and NextToken', async ({ lab, call }) => {
    const { start, names } = await three(lab);
    const first = ok(await call({ ExclusiveStartStreamName: start, Limit: 1 }));
    equal(first.StreamNames, names.slice(0, 1));
    equal(first.HasMoreStreams, true, 'HasMoreStreams');
    const second = ok(await call({ NextToken: first.NextToken, Limit: 2 }));
    equal(second.StreamNames, names.slice(1));
  });
  contents(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function contents(suite) {
  suite.both('summaries run parallel to names', async ({ lab, call }) => {
    const { start, names } = await three(lab);
    const out = ok(await call({ ExclusiveStartStreamName: start, Limit: 3 }));
    for (const [i, summary] of out.StreamSummaries.entries()) {
      equal(summary.StreamName, names[i]);
      equal(summary.StreamARN, lab.arn(String(names[i])));
      equal(summary.StreamStatus, 'ACTIVE');
      equal(summary.StreamModeDetails, { StreamMode: 'PROVISIONED' });
      must(Math.abs(Date.now() - msOf(summary.StreamCreationTimestamp)) < 900_000, 'creation time');
    }
    equal(out.StreamSummaries.length, 3);
  });
  suite.case('a stream in CREATING is listed', async ({ lab, call }) => {
    await lab.during(
      'CREATING',
      () => lab.enterCreating(),
      async (name) => {
        const out = ok(await call({ ExclusiveStartStreamName: name.slice(0, -1), Limit: 100 }));
        const summary = out.StreamSummaries.find(
          (/** @type {any} */ one) => one.StreamName === name,
        );
        equal(summary?.StreamStatus, 'CREATING');
      },
    );
  });
  suite.refuses('a NextToken that is none', () => ({ NextToken: 'some token' }), [
    ...['InvalidArgumentException', 'ExpiredNextTokenException', 'ValidationException'],
  ]);
  suite.both('a NextToken that was changed', async ({ lab, call }) => {
    const { start } = await three(lab);
    const { NextToken } = ok(await call({ ExclusiveStartStreamName: start, Limit: 1 }));
    const middle = NextToken.length >> 1;
    const letter = NextToken[middle] === 'A' ? 'B' : 'A';
    const changed = NextToken.slice(0, middle) + letter + NextToken.slice(middle + 1);
    fails(await call({ NextToken: changed }), [
      'InvalidArgumentException',
      'ExpiredNextTokenException',
    ]);
  });
}
