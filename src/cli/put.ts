/**
 * `tailrace put`: stores one record from the command line, or each line of standard input as one.
 *
 * Exit code 1 if a record was not stored.
 */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { parseHashKey } from '../model/hash-key.ts';
import type { ClientFlags, Connected } from './client-options.ts';
import { addClientOptions, withClient } from './client-options.ts';
import type { CliContext } from './context.ts';
import { CliError } from './context.ts';
import { json } from './format.ts';
import type { EntryFlags } from './put-entry.ts';
import { makeEntry } from './put-entry.ts';
import { putLines } from './put-lines.ts';

interface PutFlags extends ClientFlags, EntryFlags {
  readonly json?: boolean;
}

const partitionKeyCharsMax = 256;

export function registerPut(program: Command, context: CliContext): void {
  const command = program
    .command('put')
    .summary('store records')
    .description(
      'Stores DATA as one record. Without DATA, or with -, stores each line of standard input.',
    )
    .argument('<stream>', 'name of the stream')
    .argument('[data]', 'the data of one record')
    .option(
      '-k, --partition-key <key>',
      'partition key of all records (default: a random one for each)',
      parsePartitionKey,
    )
    .option('--explicit-hash-key <number>', 'hash key that overrides the partition key', parseHash)
    .option('--base64', 'the data, or each line, is base64')
    .option('--json', 'print what was stored as JSON, one line for each line of input');
  addClientOptions(command).action((stream: string, data: string | undefined, flags: PutFlags) =>
    withClient(context, flags, (connected) =>
      data === undefined || data === '-'
        ? putLines(context, connected.client, stream, flags)
        : putOne(context, connected, stream, data, flags),
    ),
  );
}

async function putOne(
  context: CliContext,
  { client }: Connected,
  stream: string,
  data: string,
  flags: PutFlags,
): Promise<void> {
  const entry = makeEntry(new TextEncoder().encode(data), flags, context.random);
  if (entry === null) throw new CliError('the data is not base64');
  const { ShardId, SequenceNumber } = await client.call('PutRecord', {
    StreamName: stream,
    ...entry,
  });
  await context.stdout.write(
    flags.json === true ? json({ ShardId, SequenceNumber }) : `${ShardId} ${SequenceNumber}\n`,
  );
}

function parsePartitionKey(text: string): string {
  if (text === '' || text.length > partitionKeyCharsMax) {
    throw new InvalidArgumentError(`Expected 1 to ${partitionKeyCharsMax} characters.`);
  }
  return text;
}

function parseHash(text: string): string {
  if (parseHashKey(text) === null) {
    throw new InvalidArgumentError('Expected a number from 0 to 2^128 - 1.');
  }
  return text;
}
