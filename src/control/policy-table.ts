/** Resource policies, by the stream or consumer they are attached to; they go when it goes. */
import type { MetaStore } from '../storage/meta-store.ts';
import type { TableCommit } from './meta-table.ts';
import { MetaTable, together } from './meta-table.ts';

interface PolicyDocument {
  /** As the caller gave it. */
  readonly policy: string;
}

/** What a policy is attached to: a stream, or one of its consumers by name and creation second. */
export interface PolicyOwner {
  readonly streamUid: number;
  readonly consumer: { readonly name: string; readonly createdSeconds: number } | null;
}

export class PolicyTable {
  readonly #table = new MetaTable<PolicyDocument>('policy/');

  async load(meta: MetaStore): Promise<void> {
    await this.#table.load(meta);
  }

  get(owner: PolicyOwner): string | undefined {
    return this.#table.get(policyKey(owner))?.policy;
  }

  put(owner: PolicyOwner, policy: string): TableCommit {
    return this.#table.put(policyKey(owner), { policy });
  }

  /** Does nothing where there is none. */
  remove(owner: PolicyOwner): TableCommit {
    const key = policyKey(owner);
    return this.#table.get(key) === undefined ? together([]) : this.#table.remove(key);
  }

  /** Removes the policies of a stream and of all its consumers. */
  removeAll(streamUid: number): TableCommit {
    const own = policyKey({ streamUid, consumer: null });
    const keys = [...this.#table.entries()].map(([key]) => key);
    const attached = keys.filter((key) => key === own || key.startsWith(`${own}/`));
    return together(attached.map((key) => this.#table.remove(key)));
  }
}

function policyKey({ streamUid, consumer }: PolicyOwner): string {
  const suffix = consumer === null ? '' : `/${consumer.name}:${consumer.createdSeconds}`;
  return `${streamUid}${suffix}`;
}
