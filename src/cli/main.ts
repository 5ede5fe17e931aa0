#!/usr/bin/env node
/**
 * The command line: `tailrace <command>`. One file per command; each loads what it needs only when
 * it is called, so that `--help` and small commands stay quick.
 */
import { Command } from 'commander';
import { registerStart } from './start.ts';

const program = new Command('tailrace')
  .description('Self-hosted, durable, wire-compatible Amazon Kinesis Data Streams')
  .showHelpAfterError();

registerStart(program);

await program.parseAsync();
