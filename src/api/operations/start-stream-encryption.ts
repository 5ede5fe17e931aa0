/** StartStreamEncryption: encrypts new records of a stream under a key. */
import { kmsCodes } from '../../model/service-error.ts';
import type { Operation } from '../operation.ts';
import { encryptionOperation, selectEncrypted } from '../stream-encryption.ts';
import type { EncryptionInput } from '../stream-encryption.ts';

export const startStreamEncryption: Operation<EncryptionInput> = {
  ...encryptionOperation,
  name: 'StartStreamEncryption',
  errors: [...encryptionOperation.errors, ...kmsCodes],
  async handle(context, input) {
    await context.control.startEncryption(selectEncrypted(context, input), input.KeyId);
    return null;
  },
};
