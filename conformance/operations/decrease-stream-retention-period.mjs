// @ts-check
import { nameOfNothing, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { empty, equal, fails } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'DecreaseStreamRetentionPeriod';
const IA = 'InvalidArgumentException';
const longer = async (/** @type {import('../kit/lab.mjs').Lab} */ lab) => {
  const made = await lab.stream();
  const input = { StreamName: made.name, RetentionPeriodHours: 48 };
  await lab.out('IncreaseStreamRetentionPeriod', input);
  await lab.active(made.name);
  return made;
};
const stream = once(longer);

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ...nameOfNothing, RetentionPeriodHours: 25 }));
  selectsStream(suite, { RetentionPeriodHours: 25 });
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, RetentionPeriodHours: 24 }));
  suite.both('it is shorter then', async ({ lab, call }) => {
    const { name } = await longer(lab);
    empty(await call({ StreamName: name, RetentionPeriodHours: 25 }));
    await lab.active(name);
    equal((await lab.summary(name)).RetentionPeriodHours, 25);
  });
  suite.case('by ARN, down to a day', async ({ lab, call }) => {
    const { name, arn } = await longer(lab);
    empty(await call({ StreamARN: arn, RetentionPeriodHours: 24 }));
    await lab.active(name);
    equal((await lab.summary(name)).RetentionPeriodHours, 24);
  });
  for (const hours of [-1, 0, 1, 23]) {
    suite.refuses(
      `${hours} hours`,
      async (lab) => ({ StreamName: (await stream(lab)).name, RetentionPeriodHours: hours }),
      IA,
      `Minimum allowed retention period is 24 hours. Requested retention period (${hours} ` +
        `hours) is too short.`,
    );
  }
  suite.refuses(
    '8761 hours',
    async (lab) => ({ StreamName: (await stream(lab)).name, RetentionPeriodHours: 8761 }),
    IA,
    `Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is ` +
      `too long.`,
  );
  for (const hours of [49, 8760]) {
    suite.both(`${hours} hours where there are 48`, async ({ lab, call }) => {
      const { name } = await stream(lab);
      fails(
        await call({ StreamName: name, RetentionPeriodHours: hours }),
        IA,
        `Requested retention period (${hours} hours) for stream ${name} can not be longer than ` +
          `existing retention period (48 hours). Use IncreaseRetentionPeriod API.`,
      );
    });
  }
  suite.case('as many hours as there are', async ({ lab, call }) => {
    const { name } = await stream(lab);
    await lab.active(name);
    empty(await call({ StreamName: name, RetentionPeriodHours: 48 }));
    await lab.active(name);
    equal((await lab.summary(name)).RetentionPeriodHours, 48);
  });
}
