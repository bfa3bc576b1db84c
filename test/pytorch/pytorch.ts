import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { Tensor } from '../../src/support/tensor.ts';
import { pythonHas, requirement } from '../../src/support/testing.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/index.ts';

const python = '/usr/bin/python3';

/** Whether Debian's PyTorch and torchvision are here. */
export const hasPyTorch: boolean = requirement('python3-torch and python3-torchvision', () =>
  pythonHas(python, 'torch', 'torchvision'),
);

/** A process of Python that has imported PyTorch once. */
class Scripts {
  // threads that wait for each other would only take the core that other tests run on
  private readonly process: ChildProcess = spawn(
    python,
    [fileURLToPath(new URL('serve.py', import.meta.url))],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    },
  );
  private readonly answers = createInterface(this.process.stdout!)[Symbol.asyncIterator]();
  private last: Promise<unknown> = Promise.resolve();

  /** Runs one, after those that were asked for before. */
  async run(script: string, folder: string): Promise<void> {
    const asked = this.last.then(async () => {
      this.process.stdin!.write(`${script} ${folder}\n`);
      const { value } = await this.answers.next();
      if (value !== 'done') throw new Error(`${script}.py ${value ?? 'has ended'}; see stderr`);
    });
    this.last = asked.catch(() => {});
    return await asked;
  }

  end(): void {
    this.process.stdin!.end();
  }
}

let scripts: Scripts | undefined;
afterAll(() => scripts?.end());

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
    scripts ??= new Scripts();
    await scripts.run(script, folder);
    return await readSafetensors(join(folder, 'answer.safetensors'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
