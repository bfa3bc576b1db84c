import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { lirisLayout, syntheticMark, writeLirisAnnotations } from '../datasets/index.ts';
import { compiledEntry } from '../support/entry.ts';
import { InputError } from '../support/errors.ts';
import { removeLeftovers, writeAtomicallySync } from '../support/files.ts';
import { makeFolder } from '../support/folders.ts';
import type { SyntheticFilm } from './film.ts';
import { type Job, stopMessage, type WorkerData } from './job.ts';
import { planAnnotations, planExcerpts, type SynthesisOptions } from './plan.ts';
import { readmeOf } from './readme.ts';

const planFile = 'synthetic.json';
const curvesFolder = 'synthetic-curves';
/** Of the plan; a folder made by another version is not continued. */
const version = 4;

/**
 * Renders synthetic films into a folder of the layout of LIRIS-ACCEDE. A folder that an earlier call left unfinished
 * is continued; the same options give the same folder.
 *
 * @throws InputError when the folder holds something else.
 */
export async function synthesize(
  folder: string,
  options: SynthesisOptions & {
    /** Clips rendered at the same time; one a core by default. */
    readonly threads?: number;
    readonly signal?: AbortSignal;
    onProgress?(done: number, total: number): void;
  },
): Promise<void> {
  const { films, clips, seed, faces, signal, onProgress } = options;
  // what is written down of a set without faces is as it always was
  const asked = { films, clips, seed, ...(faces && { faces }) };
  const root = resolve(folder);
  const { excerpts, lengths } = planExcerpts(asked);
  if (beginFolder(root, asked)) writeAnnotations(root, asked);

  const clipFolder = join(root, lirisLayout.clips);
  await removeLeftovers(clipFolder);
  const there = new Set(readdirSync(clipFolder));
  const jobs = excerpts
    .filter(({ name }) => !there.has(name))
    .map((excerpt): Job => {
      const path = join(clipFolder, excerpt.name);
      return { excerpt, filmLength: lengths[excerpt.film]!, path };
    });
  let done = excerpts.length - jobs.length;
  onProgress?.(done, excerpts.length);
  const queue = jobs.values();
  const threads = Math.min(options.threads ?? availableParallelism(), jobs.length);
  const stop = new AbortController();
  const ended = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const renderers = Array.from({ length: threads }, () =>
    renderAll(queue, { seed, faces: faces ?? false }, ended, () => onProgress?.(++done, excerpts.length)),
  );
  try {
    await Promise.all(renderers);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(renderers);
    throw error;
  }
}

/** Has one worker thread render jobs of a queue that others take from too. */
async function renderAll(
  queue: Iterator<Job>,
  workerData: WorkerData,
  signal: AbortSignal,
  onDone: () => void,
): Promise<void> {
  const worker = new Worker(compiledEntry(import.meta.url, 'worker'), { workerData });
  const stop = () => worker.postMessage(stopMessage);
  signal.addEventListener('abort', stop);
  try {
    for (let job = queue.next(); !job.done; job = queue.next()) {
      signal.throwIfAborted();
      worker.postMessage(job.value);
      const [problem] = (await once(worker, 'message')) as [string | null];
      signal.throwIfAborted();
      if (problem !== null) throw new InputError(problem);
      onDone();
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

/** Makes the folder; true when its annotations are still to be written. */
function beginFolder(root: string, options: SynthesisOptions): boolean {
  const plan = `${JSON.stringify({ version: version, ...options })}\n`;
  const planPath = join(root, planFile);
  if (!existsSync(planPath)) {
    if (existsSync(root) && readdirSync(root).length > 0)
      throw new InputError(
        `'${root}' holds other files; an empty folder, or one begun by this command, expected`,
      );
    makeFolder(join(root, lirisLayout.clips));
    writeAtomicallySync(planPath, plan);
    return true;
  }
  const begun = readFileSync(planPath, 'utf8');
  if (begun !== plan)
    throw new InputError(
      `'${root}' was begun with other options, ${begun.trim()}; ${plan.trim()} was asked for`,
    );
  makeFolder(join(root, lirisLayout.clips));
  return !existsSync(join(root, syntheticMark));
}

function writeAnnotations(root: string, options: SynthesisOptions): void {
  const { clips, films, planned } = planAnnotations(options);
  writeLirisAnnotations(root, clips, films);
  for (const film of planned)
    writeAtomicallySync(join(root, curvesFolder, `${film.name}.csv`), curveOf(film));
  writeAtomicallySync(join(root, syntheticMark), readmeOf(options));
}

/** What the film really makes people feel, once a second, on the scale 1 … 5. */
function curveOf(film: SyntheticFilm): string {
  const rows = ['time,valence,arousal'];
  for (let time = 0; time < film.length; time++) {
    const { valence, arousal } = film.affectAt(time);
    rows.push(`${time},${valence.toFixed(4)},${arousal.toFixed(4)}`);
  }
  return `${rows.join('\n')}\n`;
}
