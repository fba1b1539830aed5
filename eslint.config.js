import { defineConfig } from 'eslint/config';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const clock = 'Time and randomness come in as arguments.';

export default defineConfig(
  { ignores: ['**/dist/', 'coverage/', 'test/fixtures/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      // A variable that is destructured away, and an argument that a signature demands.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // process.env and headers are index signatures: TypeScript wants brackets
      // (noPropertyAccessFromIndexSignature).
      '@typescript-eslint/dot-notation': 'off',
      // A switch over a union counts once: that it is complete is checked.
      complexity: ['error', { max: 20, variant: 'modified' }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // The pure core: of node only Buffer and createHash; no clock, no randomness, no I/O.
    files: ['packages/core/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [{ regex: '^node:(?!buffer$|crypto$)', message: 'The core does no I/O.' }],
          paths: [
            { name: 'node:crypto', allowImportNames: ['createHash'] },
            { name: 'node:buffer', allowImportNames: ['Buffer'] },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        'process',
        'setTimeout',
        'setInterval',
        'fetch',
        'performance',
        'console',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: clock },
        { object: 'Math', property: 'random', message: clock },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: clock },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Suites are long by nature, and their callbacks say what they return.
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 560, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/explicit-function-return-type': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        require: 'readonly',
        module: 'writable',
        Buffer: 'readonly',
        URL: 'readonly',
      },
    },
  },
);
