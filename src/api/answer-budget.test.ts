import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerBudget } from './answer-budget.ts';

test('answers get shorter as room gets less, and long again afterwards', () => {
  const budget = new AnswerBudget({ bytesMax: 6400, bytesMin: 10 });
  const loans = Array.from({ length: 100 }, () => budget.borrow(1000));
  const granted = loans.map(({ bytesMax }) => bytesMax);
  assert.deepEqual(granted.slice(0, 3), [1000, 1000, 1000]);
  assert.ok(granted.every((bytes, i) => i === 0 || bytes <= granted[i - 1]!));
  assert.equal(granted.at(-1), 10);
  assert.ok(budget.bytes <= 6400 + 100 * 10);
  for (const loan of loans) loan.end();
  assert.equal(budget.bytes, 0);
  assert.equal(budget.borrow(1000).bytesMax, 1000);
});

test('what an answer does not need is there for others', () => {
  const budget = new AnswerBudget({ bytesMax: 6400, bytesMin: 10 });
  const loan = budget.borrow(1000);
  loan.keep(30);
  assert.equal(budget.bytes, 30);
  loan.keep(500);
  assert.equal(budget.bytes, 30, 'it never takes more');
  loan.end();
  loan.end();
  assert.equal(budget.bytes, 0);
});
