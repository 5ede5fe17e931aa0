// @ts-check
import { nameOfNothing, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { empty, equal, fails } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'IncreaseStreamRetentionPeriod';
const IA = 'InvalidArgumentException';
const stream = once(async (lab) => {
  const made = await lab.stream();
  await lab.out(name, { StreamName: made.name, RetentionPeriodHours: 48 });
  await lab.active(made.name);
  return made;
});

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ...nameOfNothing, RetentionPeriodHours: 25 }));
  selectsStream(suite, { RetentionPeriodHours: 25 });
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, RetentionPeriodHours: 25 }));
  suite.both('it is longer then', async ({ lab, call }) => {
    const { name } = await lab.stream();
    empty(await call({ StreamName: name, RetentionPeriodHours: 25 }));
    await lab.active(name);
    equal((await lab.summary(name)).RetentionPeriodHours, 25);
  });
  suite.case('by ARN, up to a year', async ({ lab, call }) => {
    const { name, arn } = await lab.stream();
    empty(await call({ StreamARN: arn, RetentionPeriodHours: 8760 }));
    await lab.active(name);
    equal((await lab.summary(name)).RetentionPeriodHours, 8760);
  });
  for (const hours of [8761, 100_000]) {
    suite.refuses(
      `${hours} hours`,
      async (lab) => ({ StreamName: (await stream(lab)).name, RetentionPeriodHours: hours }),
      IA,
      `Maximum allowed retention period is 8760 hours. Requested retention period (${hours} ` +
        `hours) is too long.`,
    );
  }
  for (const hours of [-1, 0, 1, 23]) {
    suite.refuses(
      `${hours} hours`,
      async (lab) => ({ StreamName: (await stream(lab)).name, RetentionPeriodHours: hours }),
      IA,
      `Minimum allowed retention period is 24 hours. Requested retention period (${hours} ` +
        `hours) is too short.`,
    );
  }
  for (const hours of [24, 47]) {
    suite.both(`${hours} hours where there are 48`, async ({ lab, call }) => {
      const { name } = await stream(lab);
      fails(
        await call({ StreamName: name, RetentionPeriodHours: hours }),
        IA,
        `Requested retention period (${hours} hours) for stream ${name} can not be shorter than ` +
          `existing retention period (48 hours). Use DecreaseRetentionPeriod API.`,
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
  suite.only('json', 'a fraction of an hour is cut off', async ({ lab, call }) => {
    const { name } = await lab.stream();
    empty(await call({ StreamName: name, RetentionPeriodHours: 30.9 }));
    await lab.active(name);
    equal((await lab.summary(name)).RetentionPeriodHours, 30);
  });
}
