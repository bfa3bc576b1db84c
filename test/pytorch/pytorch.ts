import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '../../src/support/tensor.ts';
import { requirement } from '../../src/support/testing.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/index.ts';

const python = '/usr/bin/python3';

/** Whether Debian's PyTorch and torchvision are here. */
export const hasPyTorch: boolean = requirement('python3-torch and python3-torchvision', () => {
  execFileSync(python, ['-c', 'import torch, torchvision'], { stdio: 'ignore' });
  return true;
});

/**
 * Runs one of the scripts of this folder.
 *
 * @param script its name without `.py`.
 * @param request and `given`: what it reads; see the head of each script.
 * @returns the tensors it answers with.
 */
export async function runPyTorch(
  script: 'reference' | 'optimizers',
  request: object,
  given: ReadonlyMap<string, Tensor>,
): Promise<Map<string, Tensor>> {
  const folder = mkdtempSync(join(tmpdir(), 'affectline-pytorch-'));
  try {
    writeFileSync(join(folder, 'request.json'), JSON.stringify(request));
    await writeSafetensors(join(folder, 'given.safetensors'), given);
    execFileSync(python, [fileURLToPath(new URL(`${script}.py`, import.meta.url)), folder], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return await readSafetensors(join(folder, 'answer.safetensors'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
