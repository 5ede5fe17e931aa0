/**
 * A short way to write questions to policies, and a test for each.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluatePolicies } from './policy.ts';
import type { PolicyDecision, PolicyPrincipal } from './policy.ts';
import { parsePolicyText } from './policy-document.ts';
import type { PolicyDocument, PolicyKind } from './policy-document.ts';

export const stream: string = 'arn:aws:kinesis:eu-west-1:111111111111:stream/orders';
export const consumer: string = `${stream}/consumer/app:1700000000`;
export const alice: PolicyPrincipal = {
  account: '111111111111',
  arn: 'arn:aws:iam::111111111111:user/alice',
  sessionArn: null,
  isRoot: false,
};
export const root: PolicyPrincipal = {
  ...alice,
  arn: 'arn:aws:iam::111111111111:root',
  isRoot: true,
};
export const bob: PolicyPrincipal = {
  account: '222222222222',
  arn: 'arn:aws:iam::222222222222:user/bob',
  sessionArn: null,
  isRoot: false,
};
export const bobRoot: PolicyPrincipal = {
  ...bob,
  arn: 'arn:aws:iam::222222222222:root',
  isRoot: true,
};
export const inSession: PolicyPrincipal = {
  ...alice,
  sessionArn: 'arn:aws:sts::111111111111:federated-user/night-job',
};

export type Statement = Readonly<Record<string, unknown>>;
export type Values = Readonly<Record<string, readonly string[]>>;

export interface Case {
  /** Statements of identity policies; one policy per list. */
  readonly id?: readonly (readonly Statement[])[];
  readonly res?: readonly Statement[];
  readonly ses?: readonly Statement[];
  readonly who?: PolicyPrincipal;
  readonly does?: string;
  readonly on?: string;
  readonly owner?: string;
  readonly env?: Values;
  readonly version?: string;
}

export type Outcome =
  'allow' | `${'explicit-deny' | 'no-allow'} ${'identity' | 'resource' | 'session'}`;

export function allow(Action: unknown, Resource: unknown, more: Statement = {}): Statement {
  return { Effect: 'Allow', Action, Resource, ...more };
}
export function deny(Action: unknown, Resource: unknown, more: Statement = {}): Statement {
  return { Effect: 'Deny', Action, Resource, ...more };
}
export function granted(Principal: unknown, more: Statement = {}): Statement {
  return { Effect: 'Allow', Principal, Action: 'kinesis:*', Resource: stream, ...more };
}
export function barred(Principal: unknown, more: Statement = {}): Statement {
  return { Effect: 'Deny', Principal, Action: 'kinesis:*', Resource: stream, ...more };
}
/** An identity policy that allows everything under one condition. */
export function when(Condition: Statement, env: Values = {}): Case {
  return { id: [[allow('*', '*', { Condition })]], env };
}

export const all: readonly Statement[] = [allow('*', '*')];
export const put: string = 'kinesis:PutRecord';
export const no: Outcome = 'no-allow identity';
export const byDeny: Outcome = 'explicit-deny identity';

export function decide(question: Case): PolicyDecision {
  const policy = (statements: readonly Statement[], kind: PolicyKind): PolicyDocument =>
    parsePolicyText(
      JSON.stringify({ Version: question.version ?? '2012-10-17', Statement: statements }),
      kind,
    );
  return evaluatePolicies({
    principal: question.who ?? alice,
    action: question.does ?? put,
    resource: question.on ?? stream,
    resourceAccount: question.owner ?? '111111111111',
    context: { values: (key) => question.env?.[key] ?? null },
    identityPolicies: (question.id ?? []).map((statements) => policy(statements, 'identity')),
    resourcePolicy: question.res === undefined ? null : policy(question.res, 'resource'),
    sessionPolicy: question.ses === undefined ? null : policy(question.ses, 'identity'),
  });
}

/** What is asked, and the answer. */
export type Cases = readonly (readonly [name: string, question: Case, expected: Outcome])[];

export function testCases(title: string, cases: Cases): void {
  describe(title, () => {
    for (const [name, question, expected] of cases) {
      it(`${name}: ${expected}`, () => {
        const decision = decide(question);
        const outcome = decision.allowed ? 'allow' : `${decision.reason} ${decision.kind}`;
        assert.equal(outcome, expected);
      });
    }
  });
}
