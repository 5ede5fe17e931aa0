/** What StartStreamEncryption and StopStreamEncryption share. */
import { invalidRequest } from '../model/messages.ts';
import type { StreamRef } from '../model/messages.ts';
import type { Operation, OperationContext } from './operation.ts';
import { required } from './rules.ts';
import * as shapes from './shapes.ts';
import { invalid, selectStream, streamTarget } from './stream-selector.ts';
import type { StreamSelector } from './stream-selector.ts';

export interface EncryptionInput extends StreamSelector {
  readonly EncryptionType: 'NONE' | 'KMS';
  readonly KeyId: string;
}

export const encryptionOperation: Omit<Operation<EncryptionInput>, 'name' | 'handle'> = {
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
};

/** The stream that is meant. Throws ServiceError unless the type is KMS, the only one there is. */
export function selectEncrypted(context: OperationContext, input: EncryptionInput): StreamRef {
  if (input.EncryptionType !== 'KMS') throw invalid(invalidRequest.encryptionType);
  return selectStream(context, input);
}
