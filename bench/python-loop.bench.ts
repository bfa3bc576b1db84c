// `affectline analyze` of a short film, from its start to its exit, beside the same written as a loop in Python with OpenCV
// and PyTorch (python_loop.py), taking turns. AFFECTLINE_TORCH_PYTHON names a Python that has both.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { quantizeModel, writeQuantized } from '../src/analysis/node/index.ts';
import { describeNetwork, networkParameters } from '../src/models/index.ts';
import { writeModel } from '../src/models/node/index.ts';
import { randomParameters } from '../src/networks/index.ts';
import { preprocessingFor } from '../src/streams/index.ts';
import { compiledEntry } from '../src/support/entry.ts';
import { describeMachine } from '../src/support/machine.ts';

const rounds = 7;
const threads = 2;
const main = compiledEntry(import.meta.url, '../dist/cli/main');
const script = fileURLToPath(new URL('../bench/python_loop.py', import.meta.url));
const python = process.env.AFFECTLINE_TORCH_PYTHON ?? '/usr/bin/python3';
const film = '/usr/share/doc/opencv-doc/examples/data/Megamind.avi';
const folder = mkdtempSync(join(tmpdir(), 'affectline-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

/** The paper's network with random weights, in float32 and in bytes; ranges are those of the film. */
async function models(): Promise<{ floats: string; bytes: string }> {
  const [floats, bytes] = [join(folder, 'floats'), join(folder, 'bytes')];
  const network = describeNetwork({ preset: 'paper' });
  await writeModel(floats, {
    ...{ name: 'paper', trained: 'nothing', synthetic: true, network },
    preprocessing: preprocessingFor('paper'),
    parameters: randomParameters(networkParameters(network), 1),
  });
  await writeQuantized(bytes, await quantizeModel({ model: floats, films: [film] }));
  return { floats, bytes };
}

async function analyze(model: string): Promise<number> {
  const start = performance.now();
  const given = ['analyze', film, '--model', model, '--threads', `${threads}`, '--out', folder, '-y'];
  const child = spawn(process.execPath, [main, ...given], { stdio: 'ignore' });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`affectline analyze ended with ${code}`);
  return (performance.now() - start) / 1000;
}

if (!existsSync(film)) console.log('Megamind.avi is missing: install the Debian package opencv-doc');
else {
  const { floats, bytes } = await models();
  const loop = spawn(python, [script, film, `${threads}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = createInterface(loop.stdout)[Symbol.asyncIterator]();
  const ready = Number(String((await said.next()).value).split(' ')[1]);
  const analyzeInPython = async () => {
    loop.stdin.write('\n');
    return Number((await said.next()).value);
  };
  const cases = [
    { what: 'affectline, float32', goal: '≤ 1.00', once: () => analyze(floats) },
    { what: 'affectline, bytes', goal: '≤ .77', once: () => analyze(bytes) },
    { what: 'Python loop, networks ready', goal: '–', once: analyzeInPython },
  ];
  const times = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, { once }] of cases.entries()) times[i]!.push(await once());
  loop.stdin.end();
  const sorted = times.map((own) => own.toSorted((a, b) => a - b));
  const [best, median] = [0, rounds >> 1].map((at) => sorted.map((own) => own[at]!));
  console.log(
    `Megamind.avi (11.26 s), preset paper, ${threads} threads, ${rounds} rounds · ${describeMachine()}\n` +
      `The loop's imports, and ${ready.toFixed(1)} s to make its networks ready, are left out; our start is left in.`,
  );
  console.table(
    cases.map(({ what, goal }, i) => ({
      what,
      'best s': best![i]!.toFixed(2),
      'median s': median![i]!.toFixed(2),
      '÷ loop, best': (best![i]! / best!.at(-1)!).toFixed(2),
      '÷ loop, median': (median![i]! / median!.at(-1)!).toFixed(2),
      goal,
    })),
  );
}
