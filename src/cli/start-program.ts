/**
 * The part of the command line that a server needs: it stays in memory for as long as the server
 * runs, so it carries none of the other commands.
 */
import { runCommands } from './command-line.ts';
import type { CliContext } from './context.ts';
import { registerStart } from './start.ts';

/** `args` without the interpreter and the script, `start` first. */
export function runCli(args: readonly string[], context: CliContext): Promise<number> {
  return runCommands([registerStart], args, context);
}
