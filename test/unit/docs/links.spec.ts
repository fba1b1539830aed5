/** Every link of the documentation leads somewhere in the repository: to a file, and to a heading in it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from '../../support/arrivals.ts';
import { readText } from './markdown.ts';

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;

const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: REPOSITORY,
  encoding: 'utf8',
})
  .split('\n')
  .filter((name) => name !== '' && existsSync(path.join(REPOSITORY, name)));

/** As GitHub makes them: lower case, spaces as dashes, without punctuation. */
function anchorsOf(text: string): ReadonlySet<string> {
  const prose = text.replace(/^```[^]*?^```/gm, '');
  const headings = [...prose.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('the documentation', () => {
  for (const name of documents)
    it(`has links in ${name} that lead somewhere`, () => {
      const prose = readText(name).replace(/^```[^]*?^```/gm, '');
      for (const [, target = ''] of prose.matchAll(LINK)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [file = '', anchor] = target.split('#');
        const found = file === '' ? name : path.posix.join(path.posix.dirname(name), file);
        assert.ok(existsSync(path.join(REPOSITORY, found)), `${name}: ${target}`);
        if (anchor === undefined || statSync(path.join(REPOSITORY, found)).isDirectory()) continue;
        assert.ok(anchorsOf(readText(found)).has(anchor), `${name}: ${target}`);
      }
    });
});
