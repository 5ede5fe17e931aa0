/**
 * `tailrace doctor`: checks what a server needs of its machine, and says what to do where something
 * is missing. Changes nothing but a small file it makes and removes. Exit code 1 on a failure.
 */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { firstOf } from './client-options.ts';
import type { CliContext } from './context.ts';
import { ExitError } from './context.ts';
import type { DataDirectoryFlags } from './data-directory.ts';
import { dataDirectory } from './data-directory.ts';
import { checkDisk } from './doctor-disk.ts';
import type { Finding } from './doctor-finding.ts';
import { checkClock, checkConnections, checkNode, checkPorts } from './doctor-machine.ts';
import { json } from './format.ts';

interface DoctorFlags extends DataDirectoryFlags {
  readonly host?: string;
  readonly port?: number;
  readonly adminPort?: number;
  readonly json?: boolean;
}

const defaultHost = '127.0.0.1';
const defaultPort = 4567;
const defaultAdminPort = 4580;
const portMax = 65_535;

export function registerDoctor(program: Command, context: CliContext): void {
  const command = program
    .command('doctor')
    .summary('check what a server needs of this machine')
    .description(
      'Checks Node, the data directory, disk space and speed, ports, the queue of connections ' +
        'and the clock, and says what to do. Exit code 1 if something would keep a server from working.',
    )
    .option('--data-dir <path>', 'data directory (default: ./tailrace-data) [TAILRACE_DATA_DIR]')
    .option('--host <address>', `address of the data port (default: ${defaultHost})`)
    .option('--port <number>', `data port (default: ${defaultPort})`, parsePort)
    .option('--admin-port <number>', `admin port (default: ${defaultAdminPort})`, parsePort)
    .option('--json', 'print JSON');
  command.action((flags: DoctorFlags) => examine(context, flags));
}

async function examine(context: CliContext, flags: DoctorFlags): Promise<void> {
  const { env } = context;
  const host = flags.host ?? firstOf(env['TAILRACE_HOST']) ?? defaultHost;
  const port = flags.port ?? portFrom(env['TAILRACE_PORT'], defaultPort);
  const adminPort = flags.adminPort ?? portFrom(env['TAILRACE_ADMIN_PORT'], defaultAdminPort);
  const checks: readonly (() => Promise<readonly Finding[]>)[] = [
    async () => checkNode(context.machine),
    () => checkDisk(context, dataDirectory(context, flags)),
    () => checkPorts(context, { host, port, adminPort }),
    () => checkConnections(context.machine),
    () => checkClock(context, { host, port }),
  ];
  const findings: Finding[] = [];
  for (const check of checks) {
    const found = await check();
    findings.push(...found);
    if (flags.json !== true) await context.stdout.write(found.map(findingText).join(''));
  }
  if (flags.json === true) await context.stdout.write(json(findings));
  const failures = findings.filter(({ verdict }) => verdict === 'failure').length;
  if (failures > 0) throw new ExitError(1);
}

const marks: Readonly<Record<Finding['verdict'], string>> = {
  good: 'ok  ',
  warning: 'warn',
  failure: 'FAIL',
};

const subjectChars = 16;
/** Advice stands under what was found. */
const indent = ' '.repeat(6 + subjectChars);

function findingText({ verdict, subject, found, advice }: Finding): string {
  const first = `${marks[verdict]}  ${subject.padEnd(subjectChars)}${found}\n`;
  return advice === null ? first : `${first}${indent}${advice}\n`;
}

function portFrom(text: string | undefined, byDefault: number): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : byDefault;
}

function parsePort(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) > portMax) {
    throw new InvalidArgumentError(`Expected a number from 0 to ${portMax}.`);
  }
  return Number(text);
}
