/** ListChannels: the channels of the caller's account by id, in pages. */
import type { Operation } from '../operation.ts';
import * as shapes from '../shapes.ts';
import * as channelShapes from '../channel-shapes.ts';
import { summarizeChannel } from '../channel-selector.ts';
import { LIST_CHANNELS_PAGE_MAX } from '../../model/limits.ts';
import { invalidPage } from '../../model/messages.ts';
import { streamOf } from '../consumer-selector.ts';
import { openPage, sealPage } from '../pages.ts';
import type { ChannelFilter } from '../ports.ts';
import { invalid } from '../stream-selector.ts';

interface Input {
  readonly StreamFilter?: readonly {
    readonly StreamARN: string;
    readonly StreamCreationTimestamp?: number;
  }[];
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

/** What a token stands for: the question of the first page, and where to go on. */
interface Page {
  readonly account: string;
  readonly filters: readonly ChannelFilter[];
  readonly after: string | null;
}

const name = 'ListChannels';

export const listChannels: Operation<Input> = {
  name,
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamFilter: channelShapes.streamFilterList,
      MaxResults: channelShapes.listChannelsInputLimit,
      NextToken: shapes.nextToken,
    },
  },
  errors: [
    'ValidationException',
    'ExpiredNextTokenException',
    'LimitExceededException',
    'InvalidArgumentException',
    'AccessDeniedException',
  ],
  target: () => null,
  handle(context, input) {
    const { account } = context.caller;
    const page =
      input.NextToken === undefined
        ? { account, filters: filtersOf(input), after: null }
        : (openPage(context, name, input.NextToken) as Page);
    if (page.account !== account) throw invalid(invalidPage.token);
    if (input.NextToken !== undefined && input.StreamFilter !== undefined) {
      throw invalid(invalidPage.together('StreamFilter'));
    }
    const limit = Math.min(input.MaxResults ?? LIST_CHANNELS_PAGE_MAX, LIST_CHANNELS_PAGE_MAX);
    const found = context.control.channels(account, page.filters, page.after, limit + 1);
    const channels = found.slice(0, limit);
    const next: Page | null = found.length > limit ? { ...page, after: channels.at(-1)!.id } : null;
    return {
      ChannelSummaries: channels.map(summarizeChannel),
      NextToken: next === null ? undefined : sealPage(context, name, next),
    };
  },
};

function filtersOf({ StreamFilter = [] }: Input): readonly ChannelFilter[] {
  return StreamFilter.map(({ StreamARN, StreamCreationTimestamp }) => ({
    stream: streamOf(StreamARN),
    streamCreatedMs: StreamCreationTimestamp ?? null,
  }));
}
