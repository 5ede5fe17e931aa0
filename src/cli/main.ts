#!/usr/bin/env node
/** The process behind `tailrace <command>`. */
import { readFileSync } from 'node:fs';
import { nodeContext } from './node-context.ts';
import { runCli } from './program.ts';

const facts = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
const { version } = JSON.parse(facts) as { readonly version: string };

process.exitCode = await runCli(process.argv.slice(2), nodeContext(version));
