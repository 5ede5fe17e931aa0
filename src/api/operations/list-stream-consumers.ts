/** ListStreamConsumers: the consumers of a stream in name order, in pages. */
import { LIST_CONSUMERS_PAGE_MAX } from '../../model/limits.ts';
import { invalidPage } from '../../model/messages.ts';
import type { StreamDocument } from '../../model/stream.ts';
import { describeConsumer, streamOf } from '../consumer-selector.ts';
import { openPage, sealPage } from '../pages.ts';
import { checkCreation, controlStream, invalid, targetOf } from '../stream-selector.ts';
import type { Operation, OperationContext } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly StreamARN: string;
  readonly NextToken?: string;
  readonly MaxResults?: number;
  readonly StreamCreationTimestamp?: number;
}

/** What a token stands for. */
interface Page {
  /** Of the stream that the first page was of. */
  readonly uid: number;
  readonly after: string;
}

const name = 'ListStreamConsumers';

export const listStreamConsumers: Operation<Input> = {
  name,
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamARN: required(shapes.streamArn),
      NextToken: shapes.nextToken,
      MaxResults: shapes.listStreamConsumersInputLimit,
      StreamCreationTimestamp: shapes.timestamp,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'InvalidArgumentException',
    'LimitExceededException',
    'ExpiredNextTokenException',
    'ResourceInUseException',
  ],
  target: (context, input) => targetOf(context, streamOf(input.StreamARN)),
  handle(context, input) {
    const stream = controlStream(context, input);
    checkCreation(stream, input.StreamCreationTimestamp);
    const limit = Math.min(input.MaxResults ?? LIST_CONSUMERS_PAGE_MAX, LIST_CONSUMERS_PAGE_MAX);
    const after = startName(context, stream, input);
    const found = context.control.consumers(stream, after, limit + 1);
    const consumers = found.slice(0, limit);
    const last = consumers.at(-1);
    const next: Page | undefined =
      last !== undefined && found.length > limit
        ? { uid: stream.uid, after: last.name }
        : undefined;
    return {
      Consumers: consumers.map(describeConsumer),
      NextToken: next === undefined ? undefined : sealPage(context, name, next),
    };
  },
};

function startName(context: OperationContext, stream: StreamDocument, input: Input): string | null {
  if (input.NextToken === undefined) return null;
  if (input.StreamCreationTimestamp !== undefined) {
    throw invalid(invalidPage.together('StreamCreationTimestamp'));
  }
  const page = openPage(context, name, input.NextToken) as Page;
  if (page.uid !== stream.uid) throw invalid(invalidPage.token);
  return page.after;
}
