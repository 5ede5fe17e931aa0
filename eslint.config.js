// @ts-check
/** What the linter holds us to; the bans come from the same table that tidy reads. */
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { BANNED_GLOBALS } from './scripts/tidy/rules.mjs';

/** Calls of node:test answer promises that the runner itself awaits. */
const TEST_CALLS = ['test', 'it', 'describe', 'suite'].map((name) => ({
  from: /** @type {const} */ ('package'),
  package: 'node:test',
  name,
}));
const BANS = Object.entries(BANNED_GLOBALS).map(([name, instead]) => ({
  name,
  message: `Use ${instead}.`,
}));
/** Places where the outside world is touched on purpose; tidy knows exactly what each may use. */
const OUTSIDE = [
  'src/runtime/{node,sim}/**',
  'src/{cli,server,console}/**',
  'src/*/main.ts',
  'src/**/*.test.ts',
  'src/**/*.suite.ts',
];

export default defineConfig(
  globalIgnores(['**/node_modules', 'dist', 'tailrace-data', '**/results']),
  {
    files: ['src/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-eval': 'error',
      'no-new-func': 'error',
      'no-restricted-globals': ['error', ...BANS],
      'no-var': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: TEST_CALLS }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Ports and their simulated forms promise without awaiting.
      '@typescript-eslint/require-await': 'off',
      // Suites take their ports' makers out of plain objects.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    files: OUTSIDE,
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    files: ['src/cli/**/*.ts', 'src/**/main.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    extends: [tseslint.configs.recommended],
  },
);
