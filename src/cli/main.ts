#!/usr/bin/env node
/**
 * The command line: `tailrace <command>`. One file per command; each loads what it needs only when
 * it is called, so that `--help` and small commands stay quick.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerStart } from './start.ts';

const manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly version: string };

const program = new Command('tailrace')
  .description('Self-hosted, durable, wire-compatible Amazon Kinesis Data Streams')
  .version(manifest.version)
  .showHelpAfterError();

registerStart(program);

await program.parseAsync();
