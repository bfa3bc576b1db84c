import { Command } from 'commander';
import type { JobStatus } from '../jobs/index.ts';
import { interruptSignal } from './interrupt.ts';
import { type PlaceOptions, placeOptions, withLibrary } from './library-place.ts';

interface JobsOptions extends PlaceOptions {
  failed?: boolean;
  watch?: boolean;
  retry?: string;
  json?: boolean;
}

export function jobsCommand(): Command {
  const command = new Command('jobs')
    .description('How the jobs of a library stand: which wait, run, are done, or have failed, and why.')
    .option('--failed', 'only those that have failed: nobody tries them again by itself')
    .option('--watch', 'tell of changes until Ctrl-C')
    .option('--retry <id>', 'let a job that has failed be tried again')
    .option('--json', 'one line of JSON a job')
    .action(jobs);
  for (const option of placeOptions) command.addOption(option);
  return command;
}

async function jobs(options: JobsOptions): Promise<void> {
  const { openJobs } = await import('../jobs/index.ts');
  const { preparationJobs, trainingJobs } = await import('../experiment/index.ts');
  const nameOf = ({ kind, data }: JobStatus) =>
    [preparationJobs, trainingJobs()].find(({ name }) => name === kind)?.nameOf(data as never) ??
    JSON.stringify(data);
  const print = (all: readonly JobStatus[]) => {
    for (const job of all.filter(({ state }) => !options.failed || state === 'failed'))
      process.stdout.write(`${options.json ? JSON.stringify(job) : lineOf(job, nameOf(job))}\n`);
  };
  await withLibrary(options, async (library) => {
    const queue = await openJobs(library);
    try {
      if (options.retry !== undefined) await queue.retry(options.retry);
      else if (options.watch) for await (const all of queue.watch(interruptSignal())) print(all);
      else print(await queue.list());
    } finally {
      await queue.close();
    }
  });
}

function lineOf(job: JobStatus, name: string): string {
  const { id, kind, state, done, attempts, worker, reason } = job;
  const about = state === 'running' ? `${Math.floor(done * 100)} % by ${worker}` : (reason ?? '');
  const often = attempts > 1 ? `  begun ${attempts} times` : '';
  return `${id}  ${state.padEnd(7)}  ${kind} ${name}  ${about}${often}`;
}
