#!/usr/bin/env node
// @ts-check
// npm run conformance -- --endpoint URL: asks a running server, ours or any other, whether it
// answers as the service does. Last line `N passed, N failed`; exits 1 when a case failed.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client } from './kit/client.mjs';
import { show } from './kit/expect.mjs';
import { Lab } from './kit/lab.mjs';
import { loadSuites, OPTIONAL } from './kit/load.mjs';
import { bySuite, runSuites } from './kit/runner.mjs';

const USAGE = `usage: npm run conformance -- --endpoint URL [options]

  --region R       default us-east-1
  --access-key ID, --secret-key SECRET
                   credentials that the server knows: adds the cases of wrong signatures
  --session FILE   temporary ones, as a credential_process prints them: adds those of sessions
  --bucket NAME    that channels can deliver to: adds the cases of deliveries
  --s3-endpoint URL, --role ARN
                   where it is, if not with AWS, and the role of the channels
  --account ID     of the credentials; found out when it is not given
  --operation X    only this operation or matter (repeatable)
  --protocol P     json, cbor or both (default)
  --report         a table per operation, in Markdown
  --json FILE      every result, as JSON
  --jobs N         files at a time, default 8
  --case-seconds S, --total-seconds S   time limits, default 90 and 1800
  --quiet          no line per failure

Other credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; without
them invented ones are used. Streams that the run makes are deleted at its end.
`;

const { values } = parseArgs({
  options: {
    endpoint: { type: 'string' },
    region: { type: 'string', default: process.env['AWS_REGION'] ?? 'us-east-1' },
    'access-key': { type: 'string' },
    'secret-key': { type: 'string' },
    session: { type: 'string' },
    bucket: { type: 'string' },
    's3-endpoint': { type: 'string' },
    role: { type: 'string' },
    account: { type: 'string' },
    operation: { type: 'string', multiple: true, default: [] },
    protocol: { type: 'string', default: 'both' },
    report: { type: 'boolean', default: false },
    json: { type: 'string' },
    jobs: { type: 'string', default: '8' },
    'case-seconds': { type: 'string', default: '90' },
    'total-seconds': { type: 'string', default: '1800' },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** @returns {import('./kit/client.mjs').Credentials} */
function credentials() {
  const { env } = process;
  const { 'access-key': accessKeyId, 'secret-key': secretAccessKey } = values;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey };
  }
  const token = env['AWS_SESSION_TOKEN'];
  return {
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? 'AKIDEXAMPLE',
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? 'secret',
    ...(token === undefined ? {} : { sessionToken: token }),
  };
}

/** @returns {import('./kit/client.mjs').Credentials | undefined} */
function session() {
  if (values.session === undefined) return undefined;
  const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(
    readFileSync(values.session, 'utf8'),
  );
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

/** Matters that this run lacks something for. */
function without() {
  const given = {
    keys: values['access-key'] !== undefined && values['secret-key'] !== undefined,
    session: values.session !== undefined,
    bucket: values.bucket !== undefined,
  };
  return Object.entries(OPTIONAL).flatMap(([what, name]) =>
    given[/** @type {keyof typeof given} */ (what)] ? [] : [name],
  );
}

/** @returns {Promise<import('./kit/bucket.mjs').Bucket | undefined>} */
async function bucket() {
  const { bucket: name, region, 's3-endpoint': endpoint, role } = values;
  if (name === undefined) return undefined;
  const { Bucket } = await import('./kit/bucket.mjs');
  return new Bucket({ name, region, ...(endpoint ? { endpoint } : {}), ...(role ? { role } : {}) });
}

/**
 * The account that the credentials belong to, told by the ARN of a stream.
 * @param {Client} client
 * @returns {Promise<string>}
 */
async function findAccount(client) {
  const lab = new Lab({ client, account: '' });
  const name = lab.name();
  try {
    await lab.out('CreateStream', { StreamName: name, ShardCount: 1 });
    const { StreamDescription } = await lab.out('DescribeStream', { StreamName: name });
    const account = /^arn:aws[^:]*:kinesis:[^:]*:(\d{12}):/.exec(StreamDescription.StreamARN)?.[1];
    if (account === undefined) throw new Error(`no account in ${StreamDescription.StreamARN}`);
    return account;
  } finally {
    await lab.cleanUp();
  }
}

/** @param {readonly import('./kit/runner.mjs').Result[]} results */
function printTable(results) {
  const rows = [...bySuite(results)].sort(([a], [b]) => (a < b ? -1 : 1));
  console.log('\n| operation | cases | of input | of behaviour | passed | failed |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
  for (const [name, { passed, failed, input, behaviour }] of rows) {
    const numbers = [passed + failed, input, behaviour, passed, failed].join(' | ');
    console.log(`| ${name} | ${numbers} |`);
  }
  console.log('');
}

async function main() {
  if (values.help || values.endpoint === undefined) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const { endpoint, region } = values;
  const client = new Client({ endpoint, region, credentials: credentials() });
  const account = values.account ?? (await findAccount(client));
  const lab = new Lab({ client, account, session: session(), bucket: await bucket() });
  const loaded = (await loadSuites(without())).filter(
    ({ suite }) => values.operation.length === 0 || values.operation.includes(suite.name),
  );
  /** @type {import('./kit/client.mjs').Protocol[]} */
  const protocols =
    values.protocol === 'both' ? ['json', 'cbor'] : [/** @type {any} */ (values.protocol)];
  const startedAt = performance.now();
  const left = () => Number(values['total-seconds']) * 1000 - (performance.now() - startedAt);
  const results = [];
  for (const phase of [0, 1]) {
    const suites = loaded.filter((one) => one.phase === phase).map((one) => one.suite);
    const options = {
      ...{ protocols, jobs: Number(values.jobs) },
      ...{ caseMs: Number(values['case-seconds']) * 1000, totalMs: left() },
      report: (/** @type {import('./kit/runner.mjs').Result} */ result) => {
        if (result.error === null || values.quiet) return;
        console.log(`FAILED ${result.suite} (${result.protocol}) ${result.title}: ${result.error}`);
      },
    };
    results.push(...(await runSuites(suites, lab, options)));
  }
  const undeleted = await lab.cleanUp();
  if (undeleted > 0) console.log(`${undeleted} streams could not be deleted: ${lab.prefix}*`);
  client.close();
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results));
  if (values.report) printTable(results);
  const failed = results.filter(({ error }) => error !== null).length;
  console.log(`${Math.round((performance.now() - startedAt) / 1000)} s`);
  console.log(`${results.length - failed} passed, ${failed} failed`);
  return failed === 0 && results.length > 0 ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  console.log(`cannot run: ${error instanceof Error ? error.message : show(error)}`);
  console.log('0 passed, 1 failed');
  process.exit(1);
}
