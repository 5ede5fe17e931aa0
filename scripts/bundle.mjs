// @ts-check
/**
 * Joins the compiled modules into the few files that a user's process loads: `dist/bundle/`, with a
 * file for each entry and others for what they share or load later (ADR 0012).
 *
 * Packages under `dependencies` of package.json stay outside; all others that the product imports
 * become part of the bundle, and their licences lie beside it. All files lie in one folder, so that
 * a file that is started by its URL (a thread, a helper process) is found from wherever the code
 * that starts it ends up.
 */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, join, relative } from 'node:path';

/** What users run and import. */
const FRONT_DOORS = { tailrace: 'dist/cli/main.js', index: 'dist/server/index.js' };
/** What threads and helper processes are started with. */
const STARTED = /^(.*-main)\.ts$/;

/**
 * Bundles what `tsc` has compiled.
 * @param {string} root of the checkout
 */
export async function bundle(root) {
  const { build } = await import('esbuild');
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries(root),
    outdir: 'dist/bundle',
    external: Object.keys(dependencies),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    metafile: true,
    logLevel: 'warning',
    plugins: [builtins],
  });
  const folder = join(root, 'dist/bundle');
  const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  for (const name of readdirSync(folder)) {
    if (!made.has(name)) rmSync(join(folder, name), { recursive: true });
  }
  for (const name of made) {
    const file = join(folder, name);
    writeFileSync(file, withConstants(readFileSync(file, 'utf8')));
  }
  writeFileSync(join(folder, 'LICENSES.txt'), licences(root, Object.keys(metafile.inputs)));
  chmodSync(join(folder, 'tailrace.js'), 0o755);
}

/** The comment before each module's part of a file. */
const PART = /^\/\/ (\S+)$/;
const DECLARED = /^var ([\w$]+) = /;

/**
 * Makes constants again of what our modules declare as such at their top and esbuild as variables:
 * the engine folds a constant's value, such as a table, into the code of loops, a variable's not.
 * That is a tenth of what GetRecords costs. Exported for its test.
 * @param {string} text of a file of the bundle
 * @returns {string}
 */
export function withConstants(text) {
  let isOurs = false;
  const lines = text.split('\n').map((line) => {
    const part = PART.exec(line)?.[1];
    if (part !== undefined) isOurs = part.startsWith('dist/');
    const name = isOurs ? DECLARED.exec(line)?.[1] : undefined;
    return name === undefined || isAssigned(text, name) ? line : line.replace(/^var/, 'const');
  });
  return lines.join('\n');
}

/**
 * Whether anything of this name is assigned a value beside its declaration.
 * @param {string} text
 * @param {string} name
 * @returns {boolean}
 */
function isAssigned(text, name) {
  const word = String.raw`(?<![\w$.])${name.replaceAll('$', '\\$')}(?![\w$])`;
  const set = String.raw`(?:\*\*|<<|>>>?|&&|\|\||\?\?|[-+*/%&|^])?=(?![=>])`;
  const assignment = String.raw`${word}\s*(?:${set}|\+\+|--)|(?:\+\+|--)${word}`;
  return (text.match(new RegExp(assignment, 'g')) ?? []).length > 1;
}

/**
 * Name in the bundle to compiled file.
 * @param {string} root
 * @returns {Record<string, string>}
 */
function entries(root) {
  const files = readdirSync(join(root, 'src'), { withFileTypes: true, recursive: true });
  const started = files.flatMap((file) => {
    const name = STARTED.exec(file.name)?.[1];
    const folder = relative(join(root, 'src'), file.parentPath);
    return name === undefined ? [] : [[name, join('dist', folder, `${name}.js`)]];
  });
  return { ...FRONT_DOORS, ...Object.fromEntries(started) };
}

/**
 * Node's own modules are asked for without `import`, which reads every one of their exports and so
 * loads much that nobody uses, and without `require`, which an ES module has not.
 * @type {import('esbuild').Plugin}
 */
const builtins = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return null;
      return { path, namespace: kind === 'require-call' ? 'required' : 'imported' };
    });
    build.onLoad({ filter: /./, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
    build.onLoad({ filter: /./, namespace: 'imported' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== 'default');
      const exports = names.map(
        // Marked as pure, so that only the names that are used are read.
        (name) => `export const ${name} = /* @__PURE__ */ (() => whole.${name})();`,
      );
      const whole = `const whole = process.getBuiltinModule('${path}'); export default whole;`;
      return { contents: [whole, ...exports].join('\n') };
    });
  },
};

/**
 * Names, versions and licences of the packages that the bundle holds.
 * @param {string} root
 * @param {readonly string[]} inputs
 * @returns {string}
 */
function licences(root, inputs) {
  const folders = new Set(
    inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    );
    const files = readdirSync(join(root, folder)).filter((file) =>
      /^(licen[cs]e|notice)/i.test(file),
    );
    const whole = files.map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
    return [`${name} ${version} (${license})`, ...whole].join('\n\n');
  });
  const head = 'Parts of these packages are in the files of this folder.';
  return `${[head, ...texts].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
