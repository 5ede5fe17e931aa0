// @ts-check
// The process that is recorded: opens a metadata store, commits, and says so in a file.
// node committer.mjs STORE-DIRECTORY DIRECTORY-OF-ACKNOWLEDGED

import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { COMMITS, commitOf } from './commits.mjs';

const { SqliteMetaStore } = await import('../../dist/storage/local/sqlite-meta-store.js');
const { NodeDisk } = await import('../../dist/runtime/node/disk.js');

const [directory = '', acknowledged = ''] = process.argv.slice(2);
const ack = openSync(join(acknowledged, 'acknowledged'), 'w');
const store = await SqliteMetaStore.open({ disk: new NodeDisk() }, { directory });
for (let number = 1; number <= COMMITS; number++) {
  await store.commit(commitOf(number));
  writeSync(ack, `${number}\n`);
}
await store.close();
