/** StopStreamEncryption: leaves new records of a stream plain; encrypted ones stay readable. */
import { invalidRequest } from '../../model/messages.ts';
import { invalid, selectStream, streamTarget, type StreamSelector } from '../stream-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input extends StreamSelector {
  readonly EncryptionType: 'NONE' | 'KMS';
  readonly KeyId: string;
}

export const stopStreamEncryption: Operation<Input> = {
  name: 'StopStreamEncryption',
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
  ],
  target: streamTarget,
  async handle(context, input) {
    if (input.EncryptionType !== 'KMS') throw invalid(invalidRequest.encryptionType);
    await context.control.stopEncryption(selectStream(context, input));
    return null;
  },
};
