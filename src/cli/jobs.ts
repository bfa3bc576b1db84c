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
  await withLibrary(options, async (library) => {
    const queue = await openJobs(library);
    try {
      if (options.retry !== undefined) await queue.retry(options.retry);
      else if (options.watch) for await (const all of queue.watch(interruptSignal())) print(all, options);
      else print(await queue.list(), options);
    } finally {
      await queue.close();
    }
  });
}

function print(all: readonly JobStatus[], { failed, json }: JobsOptions): void {
  for (const job of all) {
    if (failed && job.state !== 'failed') continue;
    process.stdout.write(json ? `${JSON.stringify(job)}\n` : `${lineOf(job)}\n`);
  }
}

function lineOf({ id, kind, data, state, done, attempts, worker, reason }: JobStatus): string {
  const about = state === 'running' ? `${Math.floor(done * 100)} % by ${worker}` : (reason ?? '');
  const often = attempts > 1 ? `  begun ${attempts} times` : '';
  return `${id}  ${state.padEnd(7)}  ${kind} ${JSON.stringify(data)}  ${about}${often}`;
}
