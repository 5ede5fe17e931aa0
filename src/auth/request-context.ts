/**
 * The condition keys of a request: global ones and those the service documents, made on demand.
 */
import type { ConditionContext } from './policy-condition.ts';
import type { VerifiedIdentity } from './sigv4.ts';

/** Tags a request would set, and the keys it would set or remove. */
export interface RequestTags {
  readonly values: Readonly<Record<string, string>>;
  readonly keys: readonly string[];
}

export interface RequestCircumstances {
  readonly caller: VerifiedIdentity;
  /** Epoch ms. */
  readonly nowMs: number;
  readonly region: string;
  /** Null for actions that are on no resource. */
  readonly resourceAccount: string | null;
  readonly resourceTags: () => Readonly<Record<string, string>>;
  /** Null for requests that do not touch tags. */
  readonly requestTags: RequestTags | null;
}

type Values = readonly string[] | null;

export class RequestContext implements ConditionContext {
  readonly #about: RequestCircumstances;

  constructor(about: RequestCircumstances) {
    this.#about = about;
  }

  /**
   * `key` in lower case; what follows a slash, the tag's key, is compared without regard to case
   * too.
   */
  values(key: string): Values {
    const slash = key.indexOf('/');
    if (slash > 0) {
      return this.#tag(key.slice(0, slash), key.slice(slash + 1));
    }
    return this.#ofPrincipal(key) ?? this.#ofRequest(key);
  }

  #ofPrincipal(key: string): Values {
    const { principal, session } = this.#about.caller.credential;
    switch (key) {
      case 'aws:principalaccount':
        return [principal.account];
      case 'aws:principalarn':
        return [principal.arn];
      case 'aws:principaltype':
        return [principal.isRoot ? 'Account' : session === null ? 'User' : 'FederatedUser'];
      case 'aws:principalisawsservice':
      case 'aws:viaawsservice':
        return ['false'];
      case 'aws:userid':
        return [principal.userId];
      case 'aws:username':
        return principal.userName === null ? null : [principal.userName];
      case 'aws:multifactorauthpresent':
        // As for the service: only temporary credentials carry the key at all.
        return session === null ? null : ['false'];
      default:
        return null;
    }
  }

  #ofRequest(key: string): Values {
    const { caller, nowMs, region, resourceAccount, requestTags } = this.#about;
    switch (key) {
      case 'aws:currenttime':
        return [new Date(nowMs).toISOString()];
      case 'aws:epochtime':
        return [String(Math.floor(nowMs / 1000))];
      case 'aws:requestedregion':
        return [region];
      case 'aws:resourceaccount':
        return resourceAccount === null ? null : [resourceAccount];
      case 'aws:securetransport':
        return [String(caller.secure)];
      case 'aws:sourceip':
        return caller.sourceAddress === '' ? null : [caller.sourceAddress];
      case 'aws:useragent':
        return caller.userAgent === null ? null : [caller.userAgent];
      case 'aws:referer':
        return caller.referer === null ? null : [caller.referer];
      case 'aws:tagkeys':
        return requestTags === null || requestTags.keys.length === 0 ? null : requestTags.keys;
      default:
        return null;
    }
  }

  #tag(kind: string, name: string): Values {
    const { resourceTags, requestTags } = this.#about;
    const tags =
      kind === 'aws:resourcetag'
        ? resourceTags()
        : kind === 'aws:requesttag'
          ? (requestTags?.values ?? {})
          : {};
    for (const [key, value] of Object.entries(tags)) {
      if (key.toLowerCase() === name) {
        return [value];
      }
    }
    return null;
  }
}
