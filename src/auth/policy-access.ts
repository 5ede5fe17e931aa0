/**
 * Asks the policies before every call: who, what, on which resource, under which circumstances.
 *
 * Refusals carry the service's text, which names the kind of policy that decided and nothing else.
 */
import { ServiceError } from '../model/service-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { evaluatePolicies } from './policy.ts';
import type { PolicyDecision } from './policy.ts';
import { parsePolicyText, PolicyFormatError } from './policy-document.ts';
import type { PolicyDocument } from './policy-document.ts';
import { RequestContext } from './request-context.ts';
import type { RequestTags } from './request-context.ts';
import type { VerifiedIdentity } from './sigv4.ts';

/** Parsed resource policies kept, by their text. */
const PARSED_MAX = 1_000;

/** What a call is on. */
export interface PolicyTarget {
  readonly arn: string;
  readonly account: string;
}

/** What policies need to know about resources; answers come from memory. */
export interface ResourceFacts {
  /** The policy stored for a stream or consumer, as text; null where there is none. */
  policy(arn: string): string | null;
  tags(arn: string): Readonly<Record<string, string>>;
}

export interface PolicyAccessDependencies {
  readonly clock: Clock;
  readonly resources: ResourceFacts;
}

export class PolicyAccess {
  readonly #clock: Clock;
  readonly #resources: ResourceFacts;
  readonly #region: string;
  readonly #parsed = new Map<string, PolicyDocument>();

  constructor({ clock, resources }: PolicyAccessDependencies, region: string) {
    this.#clock = clock;
    this.#resources = resources;
    this.#region = region;
  }

  /**
   * Throws AccessDeniedException unless `caller` may do `action` (`kinesis:PutRecord`) on `target`;
   * null stands for actions that are on no resource.
   */
  check(
    caller: VerifiedIdentity,
    action: string,
    target: PolicyTarget | null,
    tags: RequestTags | null = null,
  ): void {
    const { principal, session } = caller.credential;
    const resources = this.#resources;
    const decision = evaluatePolicies({
      principal: {
        account: principal.account,
        arn: principal.arn,
        sessionArn: session?.arn ?? null,
        isRoot: principal.isRoot,
      },
      action,
      resource: target?.arn ?? '*',
      resourceAccount: target?.account ?? principal.account,
      context: new RequestContext({
        caller,
        nowMs: this.#clock.now(),
        region: this.#region,
        resourceAccount: target?.account ?? null,
        resourceTags: () => (target === null ? {} : resources.tags(target.arn)),
        requestTags: tags,
      }),
      identityPolicies: principal.policies,
      sessionPolicy: session?.policy ?? null,
      resourcePolicy: this.#resourcePolicy(target),
    });
    if (!decision.allowed) {
      throw new ServiceError(
        'AccessDeniedException',
        `User: ${caller.arn} is not authorized to perform: ${action} on resource: ` +
          `${target?.arn ?? '*'}${because(decision, action)}`,
      );
    }
  }

  #resourcePolicy(target: PolicyTarget | null): PolicyDocument | null {
    const text = target === null ? null : this.#resources.policy(target.arn);
    if (text === null) {
      return null;
    }
    let policy = this.#parsed.get(text);
    if (policy === undefined) {
      policy = parseStored(text);
      if (this.#parsed.size >= PARSED_MAX) {
        this.#parsed.clear();
      }
      this.#parsed.set(text, policy);
    }
    return policy;
  }
}

/**
 * A stored text that is no policy lets nobody in and, since it may have meant to, keeps all out.
 */
function parseStored(text: string): PolicyDocument {
  try {
    return parsePolicyText(text, 'resource');
  } catch (error) {
    if (!(error instanceof PolicyFormatError)) {
      throw error;
    }
    const everything = { Effect: 'Deny', Principal: '*', Action: '*' };
    return parsePolicyText(JSON.stringify({ Statement: everything }), 'resource');
  }
}

function because(decision: PolicyDecision & { allowed: false }, action: string): string {
  const kind = decision.kind === 'session' ? 'session policy' : `${decision.kind}-based policy`;
  if (decision.reason === 'explicit-deny') {
    const article = decision.kind === 'identity' ? 'an' : 'a';
    return ` with an explicit deny in ${article} ${kind}`;
  }
  return ` because no ${kind} allows the ${action} action`;
}
