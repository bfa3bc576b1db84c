import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import type { Provider } from '../runtime/node/index.ts';
import { computingOptions, modelOption } from './arguments.ts';
import { messageOf } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import { type PlaceOptions, placeOptions, withLibrary } from './library-place.ts';

interface WorkerOptions extends PlaceOptions {
  model?: string;
  untilEmpty?: boolean;
  threads?: number;
  provider?: Provider;
}

export function workerCommand(): Command {
  const command = new Command('worker')
    .description(
      'Work the jobs of a library (films to analyze, clips to prepare, networks to train), one of each kind at a time,\n' +
        'until Ctrl-C, which hands back those that run. Any number of workers, on any machines that see the files\n' +
        'under the same paths, share the jobs of a library on PostgreSQL.',
    )
    .addOption(modelOption)
    .option('--until-empty', 'end when no job waits or runs')
    .action(worker);
  for (const option of [...placeOptions, ...computingOptions]) command.addOption(option);
  return command;
}

async function worker(options: WorkerOptions): Promise<void> {
  const signal = interruptSignal();
  const { openAnalyzer } = await import('../analysis/node/index.ts');
  const { analysisJobs, openJobs, work } = await import('../jobs/index.ts');
  const analyzer = await openAnalyzer(options);
  try {
    await withLibrary(options, async (library) => {
      const queue = await openJobs(library);
      try {
        const { preparationJobs, trainingJobs } = await import('../experiment/index.ts');
        const told = (about: string, error: unknown) =>
          process.stderr.write(`${about}: ${error === undefined ? 'done' : messageOf(error)}\n`);
        const workers = [
          await work(queue, analysisJobs(library, analyzer), ({ data, error }) => told(data.path, error)),
          await work(queue, preparationJobs, ({ data, error }) =>
            told(`${data.data}, shard ${data.shard + 1} of ${data.of}`, error),
          ),
          await work(queue, trainingJobs(options), ({ data, error }) => told(data.folder, error)),
        ];
        while (!signal.aborted && !(options.untilEmpty && (await queue.pending()) === 0))
          await sleep(500, undefined, { signal }).catch(() => {});
        for (const working of workers) await working.stop();
      } finally {
        await queue.close();
      }
    });
  } finally {
    await analyzer.close();
  }
  signal.throwIfAborted();
}
