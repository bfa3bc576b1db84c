// Renders and encodes clips, one after the other, as the main thread names them.
import { parentPort, workerData } from 'node:worker_threads';
import { writeFilm } from '../media/index.ts';
import { planFilm, type SyntheticFilm } from './film.ts';
import { type Job, stopMessage, type WorkerData } from './job.ts';
import { renderFilm } from './render.ts';

const { seed, faces } = workerData as WorkerData;
let film: { index: number; plan: SyntheticFilm } | undefined;
const stopping = new AbortController();

async function render({ excerpt, filmLength, path }: Job): Promise<string | null> {
  try {
    if (film?.index !== excerpt.film)
      film = { index: excerpt.film, plan: planFilm(seed, excerpt.film, filmLength, faces) };
    await writeFilm(path, {
      ...renderFilm(film.plan, excerpt.start, excerpt.end + 1),
      signal: stopping.signal,
    });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

parentPort?.on('message', async (job: Job | typeof stopMessage) => {
  if (job === stopMessage) stopping.abort();
  else parentPort!.postMessage(await render(job));
});
