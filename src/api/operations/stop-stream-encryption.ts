/** StopStreamEncryption: leaves new records of a stream plain; encrypted ones stay readable. */
import type { Operation } from '../operation.ts';
import { encryptionOperation, selectEncrypted } from '../stream-encryption.ts';
import type { EncryptionInput } from '../stream-encryption.ts';

export const stopStreamEncryption: Operation<EncryptionInput> = {
  ...encryptionOperation,
  name: 'StopStreamEncryption',
  async handle(context, input) {
    await context.control.stopEncryption(selectEncrypted(context, input));
    return null;
  },
};
