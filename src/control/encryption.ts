/**
 * StartStreamEncryption and StopStreamEncryption.
 *
 * A start makes a data key under the named key, which fails with a KMS error where that key cannot
 * be used; records written from the commit on are sealed with it. Older records keep their keys.
 */
import { KEY_CHANGES_PER_DAY } from '../model/limits.ts';
import type { StreamRef } from '../model/messages.ts';
import { counted } from './change-stream.ts';
import type { ControlContext } from './control-context.ts';
import { active, updating } from './control-context.ts';

export async function startEncryption(
  context: ControlContext,
  ref: StreamRef,
  keyId: string,
): Promise<void> {
  await context.changes.change(ref.account, ref.name, (current) => {
    const record = counted(
      context,
      active(current, ref.account, ref.name),
      'key',
      KEY_CHANGES_PER_DAY,
      'Starts of encryption',
    );
    return {
      next: async () => {
        const dataKeyId = await context.keys.create(keyId, ref.account);
        const document = { ...record.document, encryption: { keyId, dataKeyId } };
        return { ...record, document: updating(context, document) };
      },
    };
  });
}

export async function stopEncryption(context: ControlContext, ref: StreamRef): Promise<void> {
  await context.changes.change(ref.account, ref.name, (current) => {
    const record = counted(
      context,
      active(current, ref.account, ref.name),
      'keyStop',
      KEY_CHANGES_PER_DAY,
      'Stops of encryption',
    );
    const document = updating(context, { ...record.document, encryption: null });
    return { next: () => ({ ...record, document }) };
  });
}
