// Renders and encodes clips, one after the other, as the main thread names them.
import { parentPort, workerData } from 'node:worker_threads';
import { writeFilm } from '../../media/index.ts';
import { planFilm } from './film.ts';
import type { Excerpt } from './plan.ts';
import { renderFilm } from './render.ts';

/** What the main thread asks for; answered by `null`, or by the message of an error. */
export interface Job {
  readonly excerpt: Excerpt;
  readonly filmLength: number;
  readonly path: string;
}

export const STOP = 'stop';

const { seed } = workerData as { seed: number };
const stopping = new AbortController();

async function render({ excerpt, filmLength, path }: Job): Promise<string | null> {
  try {
    const film = planFilm(seed, excerpt.film, filmLength);
    await writeFilm(path, { ...renderFilm(film, excerpt.start, excerpt.end + 1), signal: stopping.signal });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

parentPort?.on('message', async (job: Job | typeof STOP) => {
  if (job === STOP) stopping.abort();
  else parentPort!.postMessage(await render(job));
});
