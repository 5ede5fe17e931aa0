/**
 * DeleteStream: DELETING at once, gone after the transition.
 *
 * The commit that begins the deletion takes the shards out of the document and the map: their data
 * is dead to readers, and to retention, from that moment on.
 */
import { inUse } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { ControlContext } from './control-context.ts';
import { existing } from './control-context.ts';
import { together } from './meta-table.ts';

export async function deleteStream(
  context: ControlContext,
  account: string,
  name: string,
  enforceConsumerDeletion: boolean,
): Promise<void> {
  await context.changes.change(account, name, (current) => {
    const record = existing(current, account, name);
    const { document } = record;
    if (document.status !== 'ACTIVE' && document.status !== 'CREATING') {
      const text = inUse.notActive(document, document.status);
      throw new ServiceError('ResourceInUseException', text);
    }
    if (context.consumers.count(document.uid) > 0 && !enforceConsumerDeletion) {
      throw new ServiceError('ResourceInUseException', inUse.hasConsumers(document));
    }
    if (context.channels.count(document.uid) > 0) {
      throw new ServiceError('ResourceInUseException', inUse.hasChannels(document));
    }
    const finished = context.quotas.reserve(account, { deleting: 1 });
    const attached = together([
      context.consumers.removeAll(document.uid),
      context.policies.removeAll(document.uid),
    ]);
    return {
      next: () => ({
        ...record,
        document: {
          ...document,
          status: 'DELETING',
          settlesAtMs: context.clock.now() + context.transitionMs,
          shards: [],
        },
        initialShards: null,
      }),
      alsoCommit: attached.ops,
      committed: attached.committed,
      finished,
    };
  });
}
