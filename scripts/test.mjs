// npm test [-- vitest arguments]: the whole suite, closed by a line "N passed, N failed, N skipped".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare({ build: false });
const folder = mkdtempSync(join(tmpdir(), 'affectline-tests-'));
const report = join(folder, 'report.json');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [
    vitest,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
let counts;
try {
  counts = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  console.error('the test run ended before it could report');
  process.exit(1);
} finally {
  rmSync(folder, { recursive: true });
}
// a file that fails to load has no tests to count, so failed files count as well
const files = counts.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
);
const failed = counts.numFailedTests + files.length;
console.log(`${counts.numPassedTests} passed, ${failed} failed, ${counts.numPendingTests} skipped`);
process.exit(failed > 0 ? 1 : (status ?? 1));
