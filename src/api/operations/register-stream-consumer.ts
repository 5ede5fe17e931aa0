/** RegisterStreamConsumer: registers an enhanced fan-out consumer of a stream. */
import { invalidTags } from '../../model/messages.ts';
import {
  consumerTarget,
  describeConsumer,
  selectConsumer,
  streamOf,
} from '../consumer-selector.ts';
import {
  checkTagCount,
  checkTagKeys,
  checkTagsLegal,
  checkTagTexts,
  tagTexts,
  type Tags,
} from '../tag-rules.ts';
import { requestTags } from '../request-tags.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly StreamARN: string;
  readonly ConsumerName: string;
  readonly Tags?: Tags;
}

export const registerStreamConsumer: Operation<Input> = {
  name: 'RegisterStreamConsumer',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamARN: required(shapes.streamArn),
      ConsumerName: required(shapes.consumerName),
      StreamId: shapes.streamId,
      Tags: shapes.tagMap,
    },
  },
  errors: [
    'InvalidArgumentException',
    'LimitExceededException',
    'ResourceInUseException',
    'ResourceNotFoundException',
  ],
  target(context, input) {
    return consumerTarget(context, selectConsumer(input));
  },
  async handle(context, input) {
    const stream = streamOf(input.StreamARN);
    const tags = input.Tags ?? {};
    if (input.Tags !== undefined) {
      const target = consumerTarget(context, selectConsumer(input));
      const requested = requestTags(input);
      await context.access.check(context.caller, 'kinesis:TagResource', target, requested);
      const texts = tagTexts(tags);
      checkTagTexts(texts);
      checkTagsLegal(texts, invalidTags.characters());
      checkTagKeys(Object.keys(tags));
      checkTagCount(Object.keys(tags).length, stream);
    }
    const consumer = await context.control.registerConsumer(stream, input.ConsumerName, tags);
    return { Consumer: describeConsumer(consumer) };
  },
};
