// @ts-check
/** Checks on the graph of imports: the module table, depth, cycles, dead files, node:* imports. */
import { posix } from 'node:path';
import ts from 'typescript';
import {
  COMPOSERS,
  isTest,
  moduleOf,
  MODULES,
  NODE_IMPORTS,
  TEST_DEEP,
  TYPE_ONLY,
} from './rules.mjs';

/**
 * @typedef {import('./repository.mjs').Repository} Repository
 * @typedef {import('./repository.mjs').Problem} Problem
 *
 * @typedef {object} Import
 * @property {string} from importing file
 * @property {number} line
 * @property {string} specifier as written
 * @property {string | null} to imported file of the repository, or null for a package
 * @property {boolean} typeOnly
 * @property {boolean} started named to be run by itself, as a worker or a process
 */

/**
 * @param {Repository} repository
 * @param {readonly ts.SourceFile[]} sources
 * @returns {Problem[]}
 */
export function checkImports(repository, sources) {
  const imports = sources.flatMap(importsOf);
  return [
    ...unknownModules(sources),
    ...imports.flatMap(checkNodeImport),
    ...imports.flatMap(checkDirection),
    ...cycles(imports),
    ...deadFiles(repository, sources, imports),
  ];
}

/**
 * Names of the packages that the product loads, tests left out.
 * @param {readonly ts.SourceFile[]} sources
 * @returns {Set<string>}
 */
export function packagesOf(sources) {
  const imports = sources.flatMap(importsOf).filter(({ from, specifier, typeOnly }) => {
    const outside = !specifier.startsWith('.') && !specifier.startsWith('node:');
    return outside && !typeOnly && moduleOf(from) !== null && !isTest(from);
  });
  return new Set(
    imports.map(({ specifier }) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier),
  );
}

/**
 * @param {ts.SourceFile} file
 * @returns {Import[]}
 */
function importsOf(file) {
  /** @type {Import[]} */
  const found = [];
  /**
   * @param {ts.Node} node
   * @param {ts.Node | undefined} target
   * @param {boolean} typeOnly
   * @param {boolean} [started]
   */
  const add = (node, target, typeOnly, started = false) => {
    if (target === undefined || !ts.isStringLiteralLike(target)) return;
    const specifier = target.text;
    const to = specifier.startsWith('.')
      ? posix.normalize(posix.join(posix.dirname(file.fileName), specifier))
      : null;
    const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
    found.push({ from: file.fileName, line, specifier, to, typeOnly, started });
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.importClause?.isTypeOnly ?? false);
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], false);
    } else if (ts.isNewExpression(node) && node.expression.getText(file) === 'URL') {
      // The way a worker names its file.
      const first = node.arguments?.[0];
      if (first !== undefined && ts.isStringLiteralLike(first) && /^\.{1,2}\//.test(first.text)) {
        add(node, first, false, true);
      }
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/**
 * @param {readonly ts.SourceFile[]} sources
 * @returns {Problem[]}
 */
function unknownModules(sources) {
  return sources.flatMap(({ fileName: path }) => {
    const module = moduleOf(path);
    if (!path.startsWith('src/') || (module !== null && module in MODULES)) return [];
    return [{ path, line: 0, message: 'not in a module of scripts/tidy/rules.mjs' }];
  });
}

/**
 * @param {Import} edge
 * @returns {Problem[]}
 */
function checkNodeImport({ from, line, specifier }) {
  if (!specifier.startsWith('node:') || !from.startsWith('src/') || isTest(from)) return [];
  const allowed = NODE_IMPORTS.find(([prefix]) => from.startsWith(prefix))?.[1] ?? [];
  if (allowed === true || allowed.includes(specifier)) return [];
  return [{ path: from, line, message: `${specifier} is not for here: use a port of runtime/` }];
}

/**
 * @param {Import} edge
 * @returns {Problem[]}
 */
function checkDirection({ from, line, specifier, to, typeOnly, started }) {
  const module = moduleOf(from);
  if (module === null || to === null) return [];
  /** @param {string} message */
  const problem = (message) => [{ path: from, line, message: `${specifier}: ${message}` }];
  if (!isTest(from) && isTest(to)) return problem('only tests import tests');
  const other = moduleOf(to);
  if (other === null) return to === 'package.json' ? [] : problem('lies outside src/');
  // A test may run what it may not import.
  if (other === module || (started && isTest(from))) return [];
  const allowed = MODULES[module] ?? [];
  const asType = typeOnly && (TYPE_ONLY[module] ?? []).includes(other);
  const forTest = isTest(from) && ['common', 'runtime'].includes(other);
  if (!allowed.includes(other) && !asType && !forTest) {
    return problem(`${module}/ may not import ${other}/`);
  }
  const deep = to.split('/').length > 3;
  const mayDeep = COMPOSERS.includes(module) || (isTest(from) && TEST_DEEP.includes(other));
  return deep && !mayDeep ? problem('inner files of another module are private') : [];
}

/**
 * One problem per cycle of files, found as strongly connected components.
 * @param {readonly Import[]} imports
 * @returns {Problem[]}
 */
function cycles(imports) {
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const { from, to } of imports) {
    if (to === null || to === from) continue;
    graph.set(from, [...(graph.get(from) ?? []), to]);
  }
  return components(graph)
    .filter((files) => files.length > 1)
    .map((files) => ({
      path: files[0] ?? '',
      line: 0,
      message: `imports go round in a circle: ${files.join(' · ')}`,
    }));
}

/**
 * Tarjan's strongly connected components, members sorted.
 * @param {ReadonlyMap<string, readonly string[]>} graph
 * @returns {string[][]}
 */
function components(graph) {
  /** @type {Map<string, { index: number, low: number, open: boolean }>} */
  const marks = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @type {string[][]} */
  const found = [];
  /** @param {string} node */
  const visit = (node) => {
    const mark = { index: marks.size, low: marks.size, open: true };
    marks.set(node, mark);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      const seen = marks.get(next);
      if (seen === undefined) mark.low = Math.min(mark.low, visit(next).low);
      else if (seen.open) mark.low = Math.min(mark.low, seen.index);
    }
    if (mark.low === mark.index) {
      const members = stack.splice(stack.lastIndexOf(node));
      for (const member of members) {
        const seen = marks.get(member);
        if (seen !== undefined) seen.open = false;
      }
      found.push(members.sort());
    }
    return mark;
  };
  for (const node of graph.keys()) if (!marks.has(node)) visit(node);
  return found;
}

/**
 * Source files that nothing imports, no command starts and no script names.
 * @param {Repository} repository
 * @param {readonly ts.SourceFile[]} sources
 * @param {readonly Import[]} imports
 * @returns {Problem[]}
 */
function deadFiles(repository, sources, imports) {
  const imported = new Set(
    imports.flatMap(({ from, to }) => (to === null || to === from ? [] : [asSource(to)])),
  );
  const outside = [...repository.files]
    .filter(([path]) => !path.startsWith('src/') && !path.endsWith('.md'))
    .map(([, text]) => text)
    .join('\n');
  return sources.flatMap(({ fileName: path }) => {
    if (!path.startsWith('src/') || /\.test\.ts$/.test(path) || /\.d\.ts$/.test(path)) return [];
    const built = path.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js');
    if (imported.has(path) || outside.includes(built) || path.startsWith('src/console/')) return [];
    return [{ path, line: 0, message: 'dead: nothing imports, starts or names it' }];
  });
}

/**
 * Compiled names are used where a file is named at run time.
 * @param {string} path
 * @returns {string}
 */
function asSource(path) {
  return path.startsWith('src/') ? path.replace(/\.js$/, '.ts') : path;
}
