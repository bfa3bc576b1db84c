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
      'Work the jobs of a library until Ctrl-C, which hands back the one that runs. Any number of workers, on any\n' +
        'machines that see the films under the same paths, share the jobs of a library on PostgreSQL.',
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
        const working = await work(queue, analysisJobs(library, analyzer), ({ data, error }) =>
          process.stderr.write(`${data.path}: ${error === undefined ? 'done' : messageOf(error)}\n`),
        );
        while (!signal.aborted && !(options.untilEmpty && (await queue.pending()) === 0))
          await sleep(500, undefined, { signal }).catch(() => {});
        await working.stop();
      } finally {
        await queue.close();
      }
    });
  } finally {
    await analyzer.close();
  }
  signal.throwIfAborted();
}
