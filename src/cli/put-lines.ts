/**
 * The lines of standard input as records, in batches, with retries and progress.
 *
 * Records are stored in the order of their lines, except those that had to be sent again.
 */
import type { PutOutcome } from '../client/batch-put.ts';
import { BatchPut } from '../client/batch-put.ts';
import type { KinesisClient } from '../client/kinesis-client.ts';
import type { CliContext } from './context.ts';
import { CliError, ExitError } from './context.ts';
import { LineSplitter } from './line-splitter.ts';
import type { EntryFlags } from './put-entry.ts';
import { entryBytes, makeEntry } from './put-entry.ts';
import { PutReport } from './put-report.ts';
import type { QueuedRecord } from './record-queue.ts';
import { RecordQueue } from './record-queue.ts';

/** Below what PutRecords takes, so that every server takes it, also older ones. */
const batchRecordsMax = 500;
const batchBytesMax = 5 * 1024 * 1024;
/** 10 MiB of data in base64: the longest line that can be a record. */
const lineBytesMax = 14 * 1024 * 1024;
/** Refused records after which the input is taken to be wrong altogether. */
const refusedMax = 1_000;
const exitInterrupted = 130;

interface LinesFlags extends EntryFlags {
  readonly json?: boolean;
}

export async function putLines(
  context: CliContext,
  client: KinesisClient,
  stream: string,
  flags: LinesFlags,
): Promise<void> {
  const { stdin, stderr, clock, random } = context;
  const signal = context.interrupted();
  if (stdin.isTerminal) await stderr.write('Each line is one record. Ctrl-D ends the input.\n');
  const report = new PutReport(context, flags.json === true);
  const queue = new RecordQueue({ batchRecordsMax, batchBytesMax });
  const stop = (): void => queue.end();
  signal.addEventListener('abort', stop, { once: true });
  void feed(context, queue, flags);
  const sender = new BatchPut({ client, clock, random }, stream);
  try {
    for (let batch = await queue.take(); batch !== null; batch = await queue.take()) {
      await send(sender, batch, report);
      if (report.refused > refusedMax) throw new CliError('too many records were refused');
    }
  } finally {
    signal.removeEventListener('abort', stop);
    queue.end();
    stdin.close();
    await report.summary();
  }
  if (signal.aborted) throw new ExitError(exitInterrupted);
  if (report.refused > 0) throw new ExitError(1);
}

/** Moves lines into the queue until the input or the interest in it ends. Never rejects. */
async function feed(context: CliContext, queue: RecordQueue, flags: EntryFlags): Promise<void> {
  const splitter = new LineSplitter(lineBytesMax);
  let line = 0;
  const push = (data: Uint8Array): void => {
    const entry = makeEntry(data, flags, context.random);
    line++;
    queue.push({ line, entry, bytes: entry === null ? 0 : entryBytes(entry) });
  };
  try {
    for await (const chunk of context.stdin.chunks()) {
      splitter.push(chunk).forEach(push);
      if (!(await queue.room())) return;
    }
    splitter.end().forEach(push);
    queue.end();
  } catch (error) {
    queue.end(error instanceof Error ? error : new Error(String(error)));
  }
}

async function send(
  sender: BatchPut,
  batch: readonly QueuedRecord[],
  report: PutReport,
): Promise<void> {
  const outcomes = batch.map(({ entry }): PutOutcome | null =>
    entry === null ? { kind: 'refused', code: 'NotBase64', text: 'the line is not base64' } : null,
  );
  const sendable = batch.flatMap(({ entry }, index) => (entry === null ? [] : [{ entry, index }]));
  try {
    if (sendable.length > 0) {
      const entries = sendable.map(({ entry }) => entry);
      await sender.put(entries, (i, outcome) => (outcomes[sendable[i]!.index] = outcome));
    }
  } finally {
    await report.batch(batch, outcomes);
  }
}
