import { affectlineClient } from '../src/server/client.ts';
import type { JobCard } from '../src/server/types.ts';

export type * from '../src/server/types.ts';

export type Dimension = 'valence' | 'arousal';

export const {
  films,
  film,
  places,
  forget,
  formats,
  words,
  search,
  searchShape,
  labels,
  takeScenes,
  nextPair,
  choose,
  traces,
  keepTrace,
  compare,
  runs,
  upload,
} = affectlineClient();

/** Follows a job until it is done or has failed, across breaks of the connection. @returns what ends the following. */
export function follow(id: string, tell: (job: JobCard) => void): () => void {
  const events = new EventSource(`/api/jobs/${id}/events`);
  events.addEventListener('progress', ({ data }) => {
    const job = JSON.parse(data) as JobCard;
    tell(job);
    if (job.state === 'done' || job.state === 'failed') events.close();
  });
  return () => events.close();
}
