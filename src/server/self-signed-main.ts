/**
 * Makes a certificate in a process of its own and prints it as JSON: `self-signed-main <host>
 * <now>`. The library it takes would else stay in the server's memory for as long as that lives.
 */
import { selfSignedIdentity } from './self-signed.ts';

const [host, nowMs] = process.argv.slice(2);
const identity = await selfSignedIdentity(host ?? '127.0.0.1', Number(nowMs));
process.stdout.write(JSON.stringify(identity));
