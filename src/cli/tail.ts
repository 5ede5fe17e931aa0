/**
 * `tailrace tail`: prints the records of a stream as they come, from all its shards, through
 * reshards, until the user or whoever reads the output has had enough.
 */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { StartPosition } from '../client/shard-reader.ts';
import { StreamFollower } from '../client/stream-follower.ts';
import { parseShardId, shardId } from '../model/shard-id.ts';
import type { ClientFlags, Connected } from './client-options.ts';
import { addClientOptions, withClient } from './client-options.ts';
import type { CliContext } from './context.ts';
import { RecordPrinter } from './record-printer.ts';
import { parseStartPosition } from './start-position.ts';

interface TailFlags extends ClientFlags {
  readonly from?: StartPosition;
  readonly shard?: string;
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly follow: boolean;
  readonly limit?: number;
}

export function registerTail(program: Command, context: CliContext): void {
  const command = program
    .command('tail')
    .summary('print records as they come')
    .description(
      'Prints the data of records, one per line, from all shards and on through reshards. ' +
        'Ctrl-C ends it.',
    )
    .argument('<stream>', 'name of the stream')
    .option(
      '--from <where>',
      'trim-horizon, latest, a time (2026-01-02T03:04:05Z, epoch seconds) or how long ago ' +
        '(90s, 15m, 2h, 3d) (default: latest; with --no-follow trim-horizon)',
      (text) => parseFrom(text, context.clock.now()),
    )
    .option('--shard <id>', 'only this shard, without its children; 3 is enough', parseShard)
    .option('--no-follow', 'end when everything that is there was printed')
    .option('-n, --limit <number>', 'end after so many records', parseLimit)
    .option('--json', 'print each record with all its fields as one line of JSON')
    .option('--raw', 'print the bytes of the data and nothing between records');
  addClientOptions(command).action((stream: string, flags: TailFlags) =>
    withClient(context, flags, (connected) => tail(context, connected, stream, flags)),
  );
}

async function tail(
  context: CliContext,
  { client }: Connected,
  stream: string,
  flags: TailFlags,
): Promise<void> {
  const { clock, stderr } = context;
  const enough = new AbortController();
  const signal = AbortSignal.any([context.interrupted(), context.stdout.closed, enough.signal]);
  const printer = new RecordPrinter(context.stdout, {
    form: flags.json === true ? 'json' : flags.raw === true ? 'raw' : 'text',
    recordsMax: flags.limit ?? Number.POSITIVE_INFINITY,
  });
  const start = flags.from ?? { kind: flags.follow ? 'latest' : 'trim-horizon' };
  const { follow } = flags;
  /** What only somebody who watches wants to know. */
  const remark = async (text: string): Promise<void> => {
    if (stderr.isTerminal) await stderr.write(`${text}\n`);
  };
  const follower = new StreamFollower(
    { client, clock },
    { streamName: stream, start, shardId: flags.shard ?? null, follow, signal },
    {
      started: async (shards) => {
        if (follow) await remark(`Following ${stream}, ${shards} shards. Ctrl-C ends it.`);
      },
      records: async (id, records) => {
        if (!signal.aborted) await printer.print(id, records);
        if (printer.isFull) enough.abort();
      },
      ended: (id, children) => remark(`${id} has ended; it goes on in ${children.join(' and ')}.`),
      outage: async (error) => {
        await stderr.write(`No answer (${error.message}). Trying again.\n`);
      },
      recovered: async () => {
        await stderr.write('The server answers again.\n');
      },
    },
  );
  await follower.run();
}

function parseFrom(text: string, nowMs: number): StartPosition {
  const position = parseStartPosition(text, nowMs);
  if (position === null) {
    throw new InvalidArgumentError(
      'Expected trim-horizon, latest, a time such as 2026-01-02T03:04:05Z, or 15m for that long ago.',
    );
  }
  return position;
}

function parseShard(text: string): string {
  const index = parseShardId(text);
  if (index === null)
    throw new InvalidArgumentError('Expected a shard such as shardId-000000000003.');
  return shardId(index);
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit === 0 || !Number.isSafeInteger(limit)) {
    throw new InvalidArgumentError('Expected a whole number above 0.');
  }
  return limit;
}
