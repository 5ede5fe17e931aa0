/** Resource policies, by the stream or consumer they are attached to; they go when it goes. */
import { policyKey, policyOwner } from '../model/directory.ts';
import type { PolicyDirectoryEntry, PolicyOwner } from '../model/directory.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import type { DirectoryChanges } from './directory.ts';
import type { TableCommit } from './meta-table.ts';
import { MetaTable, together } from './meta-table.ts';

interface PolicyDocument {
  /** As the caller gave it. */
  readonly policy: string;
}

export class PolicyTable {
  readonly #table = new MetaTable<PolicyDocument>('policy/');
  readonly #directory: DirectoryChanges;

  constructor(directory: DirectoryChanges) {
    this.#directory = directory;
  }

  async load(meta: MetaStore): Promise<void> {
    await this.#table.load(meta);
  }

  get(owner: PolicyOwner): string | undefined {
    return this.#table.get(policyKey(owner))?.policy;
  }

  put(owner: PolicyOwner, policy: string): TableCommit {
    return this.#announced(owner, policy, this.#table.put(policyKey(owner), { policy }));
  }

  /** Does nothing where there is none. */
  remove(owner: PolicyOwner): TableCommit {
    const key = policyKey(owner);
    if (this.#table.get(key) === undefined) return together([]);
    return this.#announced(owner, null, this.#table.remove(key));
  }

  /** Removes the policies of a stream and of all its consumers. */
  removeAll(streamUid: number): TableCommit {
    const own = policyKey({ streamUid, consumer: null });
    const keys = [...this.#table.entries()].map(([key]) => key);
    const attached = keys.filter((key) => key === own || key.startsWith(`${own}/`));
    return together(attached.map((key) => this.remove(policyOwner(key))));
  }

  *entries(): Iterable<PolicyDirectoryEntry> {
    for (const [key, { policy }] of this.#table.entries()) {
      yield { kind: 'policy', owner: policyOwner(key), policy };
    }
  }

  #announced(
    owner: PolicyOwner,
    policy: string | null,
    { ops, committed }: TableCommit,
  ): TableCommit {
    return {
      ops,
      committed: (rev) => {
        committed(rev);
        this.#directory.announce({ kind: 'policy', owner, policy });
      },
    };
  }
}
