/**
 * A command line as one function: commands, arguments and a context in, an exit code out.
 *
 * 0 when it did what was asked, 1 when not, 2 when the arguments could not be understood.
 */
import { Command, CommanderError } from 'commander';
import type { CliContext } from './context.ts';
import { ExitError, OutputClosedError } from './context.ts';
import { explained } from './explain.ts';

/** Adds a command to the program. */
export type Register = (program: Command, context: CliContext) => void;

/** `args` without the interpreter and the script. */
export async function runCommands(
  commands: readonly Register[],
  args: readonly string[],
  context: CliContext,
): Promise<number> {
  const program = buildProgram(commands, context);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    return await exitCodeOf(error, context).catch(() => 1);
  }
}

function buildProgram(commands: readonly Register[], context: CliContext): Command {
  const program = new Command('tailrace')
    .description('Self-hosted, durable, wire-compatible Amazon Kinesis Data Streams')
    .version(context.version, '-V, --version')
    .showHelpAfterError('Run it with --help to see what it takes.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text).catch(ignoreClosed),
      writeErr: (text) => void context.stderr.write(text).catch(ignoreClosed),
      getOutHelpWidth: () => context.stdout.columns,
      getErrHelpWidth: () => context.stderr.columns,
    });
  for (const register of commands) register(program, context);
  return program;
}

/** Help that nobody reads is no failure. */
function ignoreClosed(): void {
  return;
}

async function exitCodeOf(error: unknown, context: CliContext): Promise<number> {
  if (error instanceof OutputClosedError) return 0;
  if (error instanceof ExitError) return error.exitCode;
  // Commander has printed these itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const { message, advice } = explained(error);
  await context.stderr.write(`tailrace: ${message}\n`);
  if (advice !== null) await context.stderr.write(`  ${advice}\n`);
  return 1;
}
