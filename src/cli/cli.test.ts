/** The commands against a real server in this process. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Shard } from '../client/operation-types.ts';
import type { TailraceServer } from '../server/index.ts';
import { startServer } from '../server/index.ts';
import type { Finished, TestRun, TestSetting } from './test-context.suite.ts';
import { CapturedOutput, cli, inputOf, startCli } from './test-context.suite.ts';

describe('against a server', () => {
  let server: TailraceServer;
  before(async () => {
    server = await startServer({ limits: 'off', tls: 'auto', adminPort: 0 });
  });
  after(() => server.close());

  function setting(given: TestSetting): TestSetting {
    return { ...given, env: { TAILRACE_ENDPOINT: server.endpoint, ...given.env } };
  }
  const run = (args: readonly string[], given: TestSetting = {}): Promise<Finished> =>
    cli(args, setting(given));
  const start = (args: readonly string[], given: TestSetting = {}): TestRun =>
    startCli(args, setting(given));

  async function create(name: string, ...flags: string[]): Promise<void> {
    const { code, err } = await run(['streams', 'create', name, '--wait', ...flags]);
    assert.equal(code, 0, err);
  }

  test('streams are created, listed, described and deleted', async () => {
    const none = await run(['streams']);
    assert.deepEqual([none.code, none.out], [0, '']);
    assert.match(none.err, /tailrace streams create/);
    await create('life', '--shards', '3');
    const list = await run(['streams']);
    assert.match(list.out, /^STREAM +STATUS +MODE +CREATED\nlife +ACTIVE +PROVISIONED +20/);
    const described = await run(['streams', 'describe', 'life']);
    assert.match(described.out, /status +ACTIVE: ready to write and read/);
    assert.match(described.out, /shards +3 open shards/);
    assert.match(described.out, /retention +24 hours \(1 day\)/);
    const json = JSON.parse((await run(['streams', 'describe', 'life', '--json'])).out) as {
      readonly Shards: readonly Shard[];
    };
    assert.equal(json.Shards.length, 3);
    const again = await run(['streams', 'create', 'life']);
    assert.equal(again.code, 1);
    assert.match(again.err, /^tailrace: ResourceInUseException: Stream life under account/);
    const removed = await run(['streams', 'delete', 'life', '--wait']);
    assert.deepEqual([removed.code, removed.out], [0, 'life is deleted\n']);
    const gone = await run(['streams', 'describe', 'life']);
    assert.equal(gone.code, 1);
    assert.match(gone.err, /ResourceNotFoundException.*\n {2}See which streams there are/);
  });

  test('the number of shards of an on-demand stream is explained', async () => {
    await create('demand', '--on-demand');
    const described = async (admin: string): Promise<string> =>
      (await run(['streams', 'describe', 'demand', '--admin', admin])).out;
    const text = await described(`127.0.0.1:${String(server.adminPort)}`);
    assert.match(text, /mode +ON_DEMAND: hot shards are split as the load grows/);
    assert.match(text, /shards +4 open shards/);
    assert.match(text, /\n\nWHEN +SHARDS +WHY\n20.* 0 → 4 +created /);
    assert.doesNotMatch(await described('127.0.0.1:1'), /WHEN/);
  });

  test('shards are listed with their shares', async () => {
    await create('shares', '--shards', '4');
    const { out } = await run(['shards', 'shares']);
    const lines = out.trimEnd().split('\n');
    assert.equal(lines.length, 5);
    assert.match(lines[4]!, /^shardId-000000000003 +open +25\.0 % +75\.0 % +- /);
    const open = JSON.parse((await run(['shards', 'shares', '--open', '--json'])).out) as Shard[];
    assert.equal(open.length, 4);
  });

  test('what is put from a file comes out of tail byte for byte', async () => {
    await create('bytes', '--shards', '2');
    const lines = Array.from({ length: 1_500 }, (_, i) => Buffer.from([i % 7, 0xff, 0x41, 0xc3]));
    const input = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
    const put = await run(['put', 'bytes', '-k', 'one key'], { stdin: inputOf([input]) });
    assert.equal(put.code, 0, put.err);
    const text = startCli(['tail', 'bytes', '--no-follow'], setting({}));
    assert.equal(await text.exit, 0);
    assert.ok(text.stdout.bytes.equals(input));
    const raw = start(['tail', 'bytes', '--no-follow', '--raw']);
    assert.equal(await raw.exit, 0);
    assert.ok(raw.stdout.bytes.equals(Buffer.concat(lines)));
  });

  test('tail follows what is put, and ends when it is interrupted', async () => {
    await create('live', '--shards', '2');
    const stop = new AbortController();
    const stderr = new CapturedOutput({ isTerminal: true });
    const tail = start(['tail', 'live'], { stderr, interrupted: stop.signal });
    await stderr.until((text) => text.includes('Following live, 2 shards.'));
    for (const data of ['a', 'b']) await run(['put', 'live', data]);
    await tail.stdout.until((text) => text.includes('a\n') && text.includes('b\n'));
    stop.abort();
    assert.equal(await tail.exit, 0);
  });

  test('tail prints all fields, from a shard, as many as wanted', async () => {
    await create('fields');
    await run(['put', 'fields', 'text', '-k', 'key']);
    await run(['put', 'fields', '/w==', '--base64', '-k', 'key']);
    const { out } = await run(['tail', 'fields', '--json', '--no-follow', '--shard', '0']);
    const [first, second] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    assert.equal(first?.['ShardId'], 'shardId-000000000000');
    assert.equal(first?.['PartitionKey'], 'key');
    assert.equal(first?.['Data'], Buffer.from('text').toString('base64'));
    assert.equal(first?.['Text'], 'text');
    assert.match(first?.['SequenceNumber'] ?? '', /^\d{56}$/);
    assert.match(first?.['ApproximateArrivalTimestamp'] ?? '', /^20.*Z$/);
    assert.equal(second?.['Data'], '/w==');
    assert.equal('Text' in (second ?? {}), false);
    const limited = await run(['tail', 'fields', '--from', 'trim-horizon', '-n', '1']);
    assert.deepEqual([limited.code, limited.out], [0, 'text\n']);
  });

  test('whoever reads tail may go', async () => {
    await create('piped');
    await run(['put', 'piped'], { stdin: inputOf(['a\nb\n']) });
    const stdout = new CapturedOutput({ bytesMax: 1 });
    const tail = start(['tail', 'piped', '--from', 'trim-horizon'], { stdout });
    await stdout.until((text) => text.length > 0);
    await run(['put', 'piped', 'c']);
    assert.equal(await tail.exit, 0);
    assert.equal(tail.stderr.text, '');
  });

  test('over TLS the certificate must be trusted, or be waived', async () => {
    const endpoint = server.tlsEndpoint!;
    const strict = await run(['streams', '--endpoint', endpoint]);
    assert.equal(strict.code, 1);
    assert.match(strict.err, /add --insecure/);
    const waived = await run(['streams', '--endpoint', endpoint, '--insecure']);
    assert.equal(waived.code, 0);
  });

  test('the access key chooses the account', async () => {
    const env = { AWS_ACCESS_KEY_ID: '111122223333', AWS_SECRET_ACCESS_KEY: 'x' };
    await cli(['streams', 'create', 'mine'], setting({ env }));
    const { out } = await run(['streams', '--json'], { env });
    assert.match(out, /arn:aws:kinesis:us-east-1:111122223333:stream\/mine/);
  });
});

test('without a server the user is told how to start one', async () => {
  const { code, err } = await cli(['streams', '--endpoint', '127.0.0.1:1']);
  assert.equal(code, 1);
  assert.match(
    err,
    /^tailrace: no answer: .*\n {2}Is the server running\? .*npx tailrace start\n$/,
  );
});

test('a variable that is no URL is named', async () => {
  for (const name of ['TAILRACE_ENDPOINT', 'TAILRACE_ADMIN']) {
    const { code, err } = await cli(['status'], { env: { [name]: 'ftp://x' } });
    assert.equal(code, 1);
    assert.ok(err.startsWith(`tailrace: ${name}=ftp://x is not a URL.\n`), err);
  }
});

test('help and version go to standard output, mistakes to standard error', async () => {
  const help = await cli(['--help']);
  assert.equal(help.code, 0);
  for (const command of ['start', 'put', 'tail', 'streams', 'shards']) {
    assert.match(help.out, new RegExp(`^  ${command} `, 'm'));
  }
  assert.deepEqual(await cli(['--version']), { code: 0, out: '1.2.3\n', err: '' });
  const mistake = await cli(['stream']);
  assert.deepEqual([mistake.code, mistake.out], [2, '']);
  assert.match(mistake.err, /unknown command 'stream'[\s\S]*streams/);
});
