/** ListStreams: names and summaries of an account's streams, in name order. */
import { LIST_STREAMS_PAGE_MAX } from '../../model/limits.ts';
import { describeStreamBasics } from '../descriptions.ts';
import type { Operation } from '../operation.ts';
import { openPage, sealPage } from '../pages.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly Limit?: number;
  readonly ExclusiveStartStreamName?: string;
  readonly NextToken?: string;
}

interface Page {
  readonly after: string;
}

const name = 'ListStreams';

export const listStreams: Operation<Input> = {
  name,
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      Limit: shapes.listStreamsInputLimit,
      ExclusiveStartStreamName: shapes.streamName,
      NextToken: shapes.nextToken,
    },
  },
  errors: ['LimitExceededException', 'ExpiredNextTokenException', 'InvalidArgumentException'],
  target: () => null,
  handle(context, input) {
    const limit = Math.min(input.Limit ?? LIST_STREAMS_PAGE_MAX, LIST_STREAMS_PAGE_MAX);
    // Paginators keep the name they started with while they follow tokens, so the token wins.
    const after =
      input.NextToken === undefined
        ? (input.ExclusiveStartStreamName ?? null)
        : (openPage(context, name, input.NextToken) as Page).after;
    const found = context.control.streams(context.caller.account, after, limit + 1);
    const streams = found.slice(0, limit);
    const more = found.length > limit;
    const last = streams.at(-1);
    return {
      StreamNames: streams.map((stream) => stream.name),
      HasMoreStreams: more,
      NextToken:
        more && last !== undefined
          ? sealPage(context, name, { after: last.name } satisfies Page)
          : undefined,
      StreamSummaries: streams.map(describeStreamBasics),
    };
  },
};
