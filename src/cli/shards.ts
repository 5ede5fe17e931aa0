/** `tailrace shards`: the shards of a stream as a table. */
import type { Command } from 'commander';
import type { Shard } from '../client/operation-types.ts';
import { parentsOf } from '../client/stream-follower.ts';
import { listShards } from '../client/stream-listing.ts';
import type { ClientFlags } from './client-options.ts';
import { addClientOptions, withClient } from './client-options.ts';
import type { CliContext } from './context.ts';
import type { Column } from './format.ts';
import { json, shortened, table } from './format.ts';
import { hashShare, hashStart, isClosed, shortShardId } from './shard-facts.ts';

interface ShardsFlags extends ClientFlags {
  readonly json?: boolean;
  readonly open?: boolean;
  readonly wide?: boolean;
}

export function registerShards(program: Command, context: CliContext): void {
  const command = program
    .command('shards')
    .summary('list the shards of a stream')
    .description(
      'Lists the shards of a stream: the share of hash keys each has and where on the ring it ' +
        'starts, what it was split or merged from, and its sequence numbers.',
    )
    .argument('<stream>', 'name of the stream')
    .option('--open', 'only shards that take records now')
    .option('--wide', 'hash keys and sequence numbers in full')
    .option('--json', 'print JSON');
  addClientOptions(command).action((stream: string, flags: ShardsFlags) =>
    withClient(context, flags, async ({ client }) => {
      const type = flags.open === true ? 'AT_LATEST' : 'FROM_TRIM_HORIZON';
      const shards = await listShards(client, stream, { Type: type });
      const text = flags.json === true ? json(shards) : shardTable(shards, flags.wide === true);
      await context.stdout.write(text);
    }),
  );
}

const columns: readonly Column[] = [
  { title: 'SHARD' },
  { title: 'STATE' },
  { title: 'SHARE', align: 'right' },
  { title: 'FROM', align: 'right' },
  { title: 'PARENTS' },
  { title: 'FIRST SEQUENCE NUMBER' },
  { title: 'LAST' },
];
const hashColumns: readonly Column[] = [
  { title: 'FIRST HASH KEY', align: 'right' },
  { title: 'LAST HASH KEY', align: 'right' },
];
const sequenceNumberChars = 21;

/** Shards in the order given. */
export function shardTable(shards: readonly Shard[], wide: boolean): string {
  const number = (text: string): string => (wide ? text : shortened(text, sequenceNumberChars));
  const rows = shards.map((shard) => {
    const { StartingSequenceNumber: first, EndingSequenceNumber: last } = shard.SequenceNumberRange;
    const { StartingHashKey, EndingHashKey } = shard.HashKeyRange;
    return [
      shard.ShardId,
      isClosed(shard) ? 'closed' : 'open',
      percent(hashShare(shard)),
      percent(hashStart(shard)),
      parentsOf(shard).map(shortShardId).join(' + ') || '-',
      number(first),
      last === undefined ? '-' : number(last),
      ...(wide ? [StartingHashKey, EndingHashKey] : []),
    ];
  });
  return table(wide ? [...columns, ...hashColumns] : columns, rows);
}

/** `12.5 %`; small shares keep two digits that count. */
function percent(share: number): string {
  const value = share * 100;
  const digits = value === 0 || value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return `${value.toFixed(digits)} %`;
}
