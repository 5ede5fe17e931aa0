// @ts-check
/** Checks on the syntax tree: function size, banned globals, module state. */
import ts from 'typescript';
import {
  BANNED_GLOBALS,
  BANNED_PROPERTIES,
  FUNCTION_LINES_MAX,
  GLOBALS_ALLOWED,
  GLOBALS_IN_TESTS,
  isTest,
} from './rules.mjs';

/**
 * @typedef {import('./repository.mjs').Problem} Problem
 */

/**
 * @param {string} path
 * @param {string} text
 * @returns {ts.SourceFile}
 */
export function parse(path, text) {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
}

/**
 * @param {ts.SourceFile} file
 * @returns {Problem[]}
 */
export function checkSource(file) {
  const path = file.fileName;
  /** @type {Problem[]} */
  const problems = [];
  const inSource = path.startsWith('src/');
  const allowed = allowedGlobals(path);
  const declared = declaredNames(file);
  /**
   * @param {ts.Node} node
   * @param {string} message
   */
  const report = (node, message) => {
    const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
    problems.push({ path, line, message });
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (isFunction(node)) checkFunction(file, node, report);
    if (inSource && allowed !== true) checkGlobals(node, allowed, declared, report);
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (inSource) moduleState(file, report);
  return problems;
}

/**
 * @param {string} path
 * @returns {true | ReadonlySet<string>}
 */
function allowedGlobals(path) {
  const row = GLOBALS_ALLOWED.find(([prefix]) => path.startsWith(prefix))?.[1] ?? [];
  if (row === true) return true;
  return new Set(isTest(path) ? [...row, ...GLOBALS_IN_TESTS] : row);
}

/**
 * @param {ts.Node} node
 * @returns {node is ts.FunctionLikeDeclaration}
 */
function isFunction(node) {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

/**
 * @param {ts.SourceFile} file
 * @param {ts.FunctionLikeDeclaration} node
 * @param {(node: ts.Node, message: string) => void} report
 */
function checkFunction(file, node, report) {
  const from = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
  const to = file.getLineAndCharacterOfPosition(node.end).line;
  const lines = to - from + 1;
  if (lines <= FUNCTION_LINES_MAX || (isTest(file.fileName) && groupsTests(file.fileName, node))) {
    return;
  }
  const name = node.name?.getText(file) ?? 'function';
  report(node, `${name}: ${lines} lines, at most ${FUNCTION_LINES_MAX} in a function`);
}

/**
 * A function that only groups tests may be as long as its tests are: a describe block, or a suite's
 * exported function.
 * @param {string} path
 * @param {ts.Node} node
 * @returns {boolean}
 */
function groupsTests(path, node) {
  const parent = node.parent;
  if (ts.isCallExpression(parent)) return /^(describe|suite)\b/.test(parent.expression.getText());
  return path.includes('.suite.') && ts.isFunctionDeclaration(node) && ts.isSourceFile(parent);
}

/**
 * @param {ts.Node} node
 * @param {ReadonlySet<string>} allowed
 * @param {ReadonlySet<string>} declared
 * @param {(node: ts.Node, message: string) => void} report
 */
function checkGlobals(node, allowed, declared, report) {
  const found = bannedGlobal(node, declared);
  if (found !== null && !allowed.has(found.name)) {
    report(node, `${found.name} is not for here: use ${found.instead}`);
  }
}

/**
 * @param {ts.Node} node
 * @param {ReadonlySet<string>} declared
 * @returns {{ name: string, instead: string } | null}
 */
function bannedGlobal(node, declared) {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date') {
    const empty = node.arguments === undefined || node.arguments.length === 0;
    return empty ? { name: 'new Date()', instead: 'the Clock port' } : null;
  }
  if (ts.isCallExpression(node) && node.expression.getText() === 'Date') {
    return { name: 'Date()', instead: 'the Clock port' };
  }
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText().replace(/^globalThis\./, '');
    const instead = Object.entries(BANNED_PROPERTIES).find(([name]) => name === text)?.[1];
    if (instead !== undefined) return { name: text, instead };
    const onGlobal = node.expression.getText() === 'globalThis';
    return onGlobal ? bannedName(node.name.text) : null;
  }
  if (!ts.isIdentifier(node) || declared.has(node.text) || !isReference(node)) return null;
  return bannedName(node.text);
}

/**
 * @param {string} name
 * @returns {{ name: string, instead: string } | null}
 */
function bannedName(name) {
  const instead = Object.entries(BANNED_GLOBALS).find(([banned]) => banned === name)?.[1];
  return instead === undefined ? null : { name, instead };
}

/**
 * Whether an identifier stands for a value, rather than naming a member or a type.
 * @param {ts.Identifier} node
 * @returns {boolean}
 */
function isReference(node) {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) {
    // `process.hrtime` is reported as a whole.
    return parent.expression === node && !(parent.getText() in BANNED_PROPERTIES);
  }
  if (ts.isQualifiedName(parent)) return false;
  const named = /** @type {{ name?: ts.Node }} */ (/** @type {unknown} */ (parent));
  if (named.name === node) return ts.isShorthandPropertyAssignment(parent);
  if (ts.isTypeReferenceNode(parent) || ts.isTypeQueryNode(parent)) return false;
  return !ts.isImportSpecifier(parent) && !ts.isExportSpecifier(parent);
}

/**
 * Names the file binds itself, as parameters, variables, functions or imports.
 * @param {ts.SourceFile} file
 * @returns {ReadonlySet<string>}
 */
function declaredNames(file) {
  /** @type {Set<string>} */
  const names = new Set();
  /** @param {ts.Node} node */
  const visit = (node) => {
    const binds =
      ts.isParameter(node) ||
      ts.isVariableDeclaration(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node) ||
      ts.isImportClause(node);
    if (binds && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

/**
 * @param {ts.SourceFile} file
 * @param {(node: ts.Node, message: string) => void} report
 */
function moduleState(file, report) {
  if (isTest(file.fileName)) return;
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    if ((statement.declarationList.flags & ts.NodeFlags.Const) === 0) {
      report(statement, 'module state: keep it in an object that is passed');
    }
  }
}
