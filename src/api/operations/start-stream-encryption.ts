/** StartStreamEncryption: encrypts new records of a stream under a key. */
import { kmsCodes } from '../../model/service-error.ts';
import { invalidRequest } from '../../model/messages.ts';
import { invalid, selectStream, streamTarget, type StreamSelector } from '../stream-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input extends StreamSelector {
  readonly EncryptionType: 'NONE' | 'KMS';
  readonly KeyId: string;
}

export const startStreamEncryption: Operation<Input> = {
  name: 'StartStreamEncryption',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      EncryptionType: required(shapes.encryptionType),
      KeyId: required(shapes.keyId),
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'InvalidArgumentException',
    'LimitExceededException',
    'ResourceInUseException',
    'ResourceNotFoundException',
    'AccessDeniedException',
    ...kmsCodes,
  ],
  target: streamTarget,
  async handle(context, input) {
    if (input.EncryptionType !== 'KMS') throw invalid(invalidRequest.encryptionType);
    await context.control.startEncryption(selectStream(context, input), input.KeyId);
    return null;
  },
};
