// @ts-check
// Runs named cases one after the other and closes with `N passed, N failed`.

let passed = 0;
let failed = 0;

/**
 * Runs one case; a throw is a failure that is printed and counted, and the next case goes on.
 * @param {string} name
 * @param {() => Promise<void> | void} body
 */
export async function check(name, body) {
  try {
    await body();
    passed++;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}\n     ${String(error instanceof Error ? error.stack : error)}`);
  }
}

/** Prints the closing line and sets the exit code. */
export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

/**
 * Waits until `condition` holds, for at most half a minute.
 * @param {() => Promise<boolean>} condition
 * @param {string} what
 */
export async function until(condition, what) {
  for (let tries = 0; tries < 300; tries++) {
    if (await condition()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`timed out waiting until ${what}`);
}
