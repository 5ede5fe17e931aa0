#!/usr/bin/env node
/** The process behind `tailrace <command>`. */
import { readFileSync } from 'node:fs';
import { nodeContext } from './node-context.ts';

const facts = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
const { version } = JSON.parse(facts) as { readonly version: string };

const args = process.argv.slice(2);
const { runCli } =
  args[0] === 'start' ? await import('./start-program.ts') : await import('./program.ts');

process.exitCode = await runCli(args, nodeContext(version));
