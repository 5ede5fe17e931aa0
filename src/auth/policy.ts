/**
 * Whether policies let a principal do something.
 *
 * An explicit deny anywhere wins. Within an account one allow suffices, from an identity policy or
 * from a resource policy that names the caller; naming the whole account only leaves the decision
 * to that account's identity policies. Across accounts both sides must allow. A session policy
 * narrows whatever else is allowed.
 */
import { conditionHolds } from './policy-condition.ts';
import type { ConditionContext } from './policy-condition.ts';
import type { PolicyDocument, PolicyStatement } from './policy-document.ts';
import type { VariableLookup } from './wildcard.ts';

/** The caller as statements may name it. */
export interface PolicyPrincipal {
  readonly account: string;
  /** Of the user or root. */
  readonly arn: string;
  /** Of the session, when there is one. */
  readonly sessionArn: string | null;
  readonly isRoot: boolean;
}

export interface PolicyQuestion {
  readonly principal: PolicyPrincipal;
  /** `kinesis:PutRecord` */
  readonly action: string;
  /** The ARN, or `*` for actions that are on no resource. */
  readonly resource: string;
  /** Account that owns the resource. */
  readonly resourceAccount: string;
  readonly context: ConditionContext;
  readonly identityPolicies: readonly PolicyDocument[];
  /** Null where the session has none, or there is no session. */
  readonly sessionPolicy: PolicyDocument | null;
  /** Null where the resource has none. */
  readonly resourcePolicy: PolicyDocument | null;
}

export type PolicyDecision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** An explicit deny, or the lack of an allow, and in which kind of policy. */
      readonly reason: 'explicit-deny' | 'no-allow';
      readonly kind: 'identity' | 'resource' | 'session';
    };

/**
 * What the statements of a policy say together. `account` is an allow to the account as a whole.
 */
type Verdict = 'deny' | 'allow' | 'account' | 'none';

export function evaluatePolicies(question: PolicyQuestion): PolicyDecision {
  const identity = verdictOf(question.identityPolicies, question);
  const resource = verdictOf(listOf(question.resourcePolicy), question);
  const session = verdictOf(listOf(question.sessionPolicy), question);
  if (identity === 'deny') {
    return refuse('explicit-deny', 'identity');
  }
  if (resource === 'deny') {
    return refuse('explicit-deny', 'resource');
  }
  if (session === 'deny') {
    return refuse('explicit-deny', 'session');
  }
  const { principal } = question;
  const inAccount = principal.account === question.resourceAccount;
  // Root needs no identity policy: for its side of the question it may do everything.
  const byIdentity = identity === 'allow' || principal.isRoot;
  if (inAccount ? !byIdentity && resource !== 'allow' : !byIdentity) {
    return refuse('no-allow', 'identity');
  }
  if (!inAccount && resource !== 'allow' && resource !== 'account') {
    return refuse('no-allow', 'resource');
  }
  if (question.sessionPolicy !== null && session !== 'allow') {
    return refuse('no-allow', 'session');
  }
  return { allowed: true };
}

function refuse(
  reason: 'explicit-deny' | 'no-allow',
  kind: 'identity' | 'resource' | 'session',
): PolicyDecision {
  return { allowed: false, reason, kind };
}

function listOf(policy: PolicyDocument | null): readonly PolicyDocument[] {
  return policy === null ? [] : [policy];
}

function verdictOf(policies: readonly PolicyDocument[], question: PolicyQuestion): Verdict {
  let verdict: Verdict = 'none';
  for (const { statements } of policies) {
    for (const statement of statements) {
      const found = statementVerdict(statement, question);
      if (found === 'deny') {
        return 'deny';
      }
      if (found === 'allow' || (found === 'account' && verdict === 'none')) {
        verdict = found;
      }
    }
  }
  return verdict;
}

function statementVerdict(statement: PolicyStatement, question: PolicyQuestion): Verdict {
  const named = principalMatch(statement, question.principal);
  if (named === 'no') {
    return 'none';
  }
  const lookup: VariableLookup = (name) => {
    const values = question.context.values(name.toLowerCase());
    // A variable can stand for one value only.
    return values?.length === 1 ? (values[0] as string) : null;
  };
  const isAbout =
    actionMatches(statement, question.action) &&
    resourceMatches(statement, question.resource, lookup) &&
    statement.conditions.every((entry) => conditionHolds(entry, question.context, lookup));
  if (!isAbout) {
    return 'none';
  }
  if (statement.effect === 'Deny') {
    return 'deny';
  }
  return named === 'account' ? 'account' : 'allow';
}

function actionMatches(statement: PolicyStatement, action: string): boolean {
  const name = action.toLowerCase();
  const isListed = statement.actions.some((pattern) => pattern.matches(name, () => null));
  return isListed !== statement.excludesActions;
}

function resourceMatches(
  statement: PolicyStatement,
  resource: string,
  lookup: VariableLookup,
): boolean {
  if (statement.resources === null) {
    return true;
  }
  const isListed = statement.resources.some((pattern) => pattern.matches(resource, lookup));
  return isListed !== statement.excludesResources;
}

/**
 * Whether a statement is about the caller: by name, as one of an account, or not. A negated list
 * that allows is about those of whom nothing is listed; one that denies, about all of whom not both
 * the account and the principal are listed, which is how the service reads it.
 */
function principalMatch(
  statement: PolicyStatement,
  caller: PolicyPrincipal,
): 'named' | 'account' | 'no' {
  const { principals } = statement;
  if (principals === null) {
    return 'named';
  }
  const byName = principals.some(
    ({ text }) => text === '*' || text === caller.arn || text === caller.sessionArn,
  );
  const byAccount = principals.some(({ account }) => account === caller.account);
  if (statement.excludesPrincipals) {
    const isAnyone = principals.some(({ text }) => text === '*');
    const isExempt =
      statement.effect === 'Deny'
        ? isAnyone || (byAccount && (byName || caller.isRoot))
        : byName || byAccount;
    return isExempt ? 'no' : 'named';
  }
  if (byName || (byAccount && caller.isRoot)) {
    return 'named';
  }
  return byAccount ? 'account' : 'no';
}
