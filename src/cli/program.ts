/**
 * The whole command line: every command there is.
 */
import { runCommands } from './command-line.ts';
import type { Register } from './command-line.ts';
import type { CliContext } from './context.ts';
import { registerCredentials } from './credentials.ts';
import { registerDoctor } from './doctor.ts';
import { registerKeys } from './keys.ts';
import { registerPut } from './put.ts';
import { registerShards } from './shards.ts';
import { registerStart } from './start.ts';
import { registerStatus } from './status.ts';
import { registerStreams } from './streams.ts';
import { registerTail } from './tail.ts';

const commands: readonly Register[] = [
  registerStart,
  registerPut,
  registerTail,
  registerStreams,
  registerShards,
  registerKeys,
  registerCredentials,
  registerStatus,
  registerDoctor,
];

/** `args` without the interpreter and the script. */
export function runCli(args: readonly string[], context: CliContext): Promise<number> {
  return runCommands(commands, args, context);
}
