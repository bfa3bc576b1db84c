/*
 * In: jobs of a kind, each with its data. Out: each job's result, written once, by whichever worker ran it to its end;
 * progress while it runs, and for those that failed the reason. The queue lies in the library's database (pg-boss): on
 * PostgreSQL for workers on many machines, embedded for those of one process.
 */
export {
  abandonedFilms,
  analysisJobs,
  analysisOf,
  type FilmAnalyzer,
  type FilmData,
} from './analysis-jobs.ts';
export type { JobKind, JobState, JobStatus, Running } from './job.ts';
export { JobQueue, openJobs } from './queue.ts';
export { type Worker, work } from './worker.ts';
