// @ts-check
// node interop/run.mjs NAME [--endpoint URL | --peer kinesalite]
// Installs what a suite needs, starts a server on free ports in an empty data directory, runs the
// suite against it with the endpoint in its environment, and ends with the suite's exit code.
// A suite whose toolchain is missing is skipped with a loud line, but fails under CI=true.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startTarget } from '../bench/targets.mjs';
import { startServer } from '../test/harness/server-process.mjs';

/**
 * @typedef {object} Suite
 * @property {() => string | undefined} missing what it needs and this machine lacks
 * @property {(folder: string) => void} prepare installs and compiles
 * @property {(folder: string) => string[]} command
 * @property {string[]} [flags] of the server it runs against
 * @property {string} [folder] where it is, if not in one of its name
 * @property {true} [startsServers] itself, because it restarts them
 */

/** @type {Record<string, Suite>} */
const SUITES = {
  'aws-cli': {
    missing: () =>
      awsCli() === undefined ? 'AWS CLI version 2 (Debian package awscli)' : undefined,
    prepare: () => {},
    command: () => [process.execPath, 'test.mjs'],
  },
  boto3: {
    missing: () => (has('python3') ? undefined : 'python3'),
    prepare: (folder) => prepareVenv(folder, '.venv', 'requirements.txt'),
    command: () => ['.venv/bin/python', 'test_kinesis.py'],
  },
  channels: services('test_channels.py'),
  kms: services('test_kms.py'),
  js: {
    missing: () => undefined,
    prepare: (folder) => run(folder, 'npm', ['ci', '--no-audit', '--no-fund', '--silent']),
    command: () => [process.execPath, 'test.mjs'],
  },
  java: {
    missing: () => (has('mvn') && has('java') ? undefined : 'mvn and java (17 or newer)'),
    prepare: prepareMaven,
    command: () => ['java', '-cp', '@target/classpath.txt', 'KinesisInterop'],
  },
  kcl: {
    missing: () => (has('mvn') && has('java') ? undefined : 'mvn and java (17 or newer)'),
    prepare: prepareMaven,
    command: () => ['java', '-Xmx512m', '-cp', '@target/classpath.txt', 'KclInterop'],
    flags: ['--limits', 'aws'],
  },
  kpl: {
    missing: () => (has('mvn') && has('java') ? undefined : 'mvn and java (17 or newer)'),
    prepare: prepareMaven,
    command: () => ['java', '-Xmx256m', '-cp', '@target/classpath.txt', 'KplInterop'],
  },
  go: {
    missing: () => (goTool() === undefined ? 'go (1.24 or newer)' : undefined),
    prepare: (folder) => run(folder, goTool() ?? 'go', ['build', '-o', '.bin/kinesis', '.']),
    command: () => ['.bin/kinesis'],
  },
};

/**
 * A test of what Tailrace asks of other AWS services.
 * @param {string} program
 * @returns {Suite}
 */
function services(program) {
  return {
    folder: 'services',
    startsServers: true,
    missing: () => (has('python3') ? undefined : 'python3'),
    prepare: (folder) => {
      prepareVenv(folder, '.venv', 'requirements.txt');
      prepareVenv(folder, '.venv/localstack', 'requirements-localstack.txt');
    },
    command: () => ['.venv/bin/python', program],
  };
}

/**
 * @param {string} folder
 * @param {string} venv
 * @param {string} requirements
 */
function prepareVenv(folder, venv, requirements) {
  if (!existsSync(join(folder, venv))) run(folder, 'python3', ['-m', 'venv', venv]);
  run(folder, `${venv}/bin/pip`, ['install', '--quiet', '-r', requirements]);
}

/**
 * @param {string} folder
 * @param {string} command
 * @param {string[]} args
 */
function run(folder, command, args) {
  const path = command.startsWith('.') ? join(folder, command) : command;
  execFileSync(path, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
}

/**
 * Without the network when everything is cached already, with it otherwise.
 * @param {string} folder
 */
function prepareMaven(folder) {
  const goals = ['-q', '-B', 'compile', 'dependency:build-classpath'];
  goals.push('-Dmdep.outputFile=target/dependencies.txt');
  const quiet = /** @type {const} */ (['ignore', 'ignore', 'ignore']);
  try {
    execFileSync('mvn', ['-o', ...goals], { cwd: folder, stdio: [...quiet] });
  } catch {
    run(folder, 'mvn', goals);
  }
  const dependencies = readFileSync(join(folder, 'target', 'dependencies.txt'), 'utf8').trim();
  writeFileSync(join(folder, 'target', 'classpath.txt'), `target/classes:${dependencies}`);
}

/**
 * @param {string} tool
 * @returns {boolean}
 */
function has(tool) {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @returns {string | undefined} a Go tool, also where it is installed but not on the path */
function goTool() {
  return has('go') ? 'go' : ['/usr/local/go/bin/go'].find((path) => existsSync(path));
}

/** @returns {string | undefined} the first `aws` that is version 2 */
function awsCli() {
  for (const path of ['/usr/bin/aws', '/usr/local/bin/aws', 'aws']) {
    try {
      if (execFileSync(path, ['--version'], { encoding: 'utf8' }).startsWith('aws-cli/2'))
        return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { endpoint: { type: 'string' }, peer: { type: 'string' } },
});

/**
 * @typedef {object} Served
 * @property {string} endpoint
 * @property {string | undefined} tls the endpoint over TLS, if it has one
 * @property {() => Promise<unknown>} stop
 */

/**
 * @param {string[]} [flags]
 * @returns {Promise<Served>}
 */
async function server(flags = ['--limits', 'off']) {
  if (values.endpoint !== undefined) {
    return { endpoint: values.endpoint, tls: undefined, stop: () => Promise.resolve() };
  }
  if (values.peer !== undefined) {
    const peer = await startTarget(values.peer, {
      dataRoot: undefined,
      auth: 'open',
      flags: [],
      checkout: undefined,
    });
    return { endpoint: peer.endpoint, tls: undefined, stop: peer.stop };
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'tailrace-interop-'));
  const started = await startServer({ dataDir, flags });
  return {
    endpoint: started.endpoint,
    tls: `https://127.0.0.1:${started.port}`,
    stop: async () => {
      const exit = await started.stop();
      rmSync(dataDir, { recursive: true, force: true });
      if (exit.code !== 0) {
        console.log(`server ended with ${exit.code ?? exit.signal}\n${started.output()}`);
        process.exitCode = 1;
      }
    },
  };
}

/**
 * @param {Suite} suite
 * @param {string} folder
 */
async function runSuite(suite, folder) {
  const nothing = { endpoint: '', tls: undefined, stop: () => Promise.resolve() };
  const { endpoint, tls, stop } =
    suite.startsServers === true ? nothing : await server(suite.flags);
  const [command = '', ...args] = suite.command(folder);
  const child = spawn(command.startsWith('.') ? join(folder, command) : command, args, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      KINESIS_ENDPOINT: endpoint,
      ...(tls === undefined ? {} : { KINESIS_TLS_ENDPOINT: tls }),
      AWS_CLI: awsCli() ?? 'aws',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
  });
  /** @type {number} */
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (status) => resolve(status ?? 1));
  });
  process.exitCode = code;
  await stop();
}

async function main() {
  const name = positionals[0] ?? '';
  const suite = SUITES[name];
  if (suite === undefined) {
    console.log(`usage: node interop/run.mjs ${Object.keys(SUITES).join(' | ')}`);
    process.exitCode = 2;
    return;
  }
  const missing = suite.missing();
  if (missing !== undefined) {
    const fails = process.env['CI'] === 'true';
    console.log(
      `*** interop ${name} ${fails ? 'FAILED' : 'SKIPPED'}: this machine lacks ${missing} ***`,
    );
    process.exitCode = fails ? 1 : 0;
    return;
  }
  const folder = fileURLToPath(new URL(`./${suite.folder ?? name}/`, import.meta.url));
  suite.prepare(folder);
  await runSuite(suite, folder);
}

await main();
