import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import type { Analyzer } from '../analysis/node/index.ts';
import type { JobKind } from '../jobs/index.ts';
import type { Provider } from '../runtime/node/index.ts';
import { InputError } from '../support/errors.ts';
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
      'Work the jobs of a library (two films to analyze at a time, one preparation of clips, one training),\n' +
        'until Ctrl-C, which hands back those that run. Any number of workers, on any machines that see the files\n' +
        'under the same paths, share the jobs of a library on PostgreSQL. The model is opened for the first film.\n' +
        'Networks are trained with the --threads and --provider that reproduce was given, if it was.',
    )
    .addOption(modelOption)
    .option('--until-empty', 'end when no job waits or runs')
    .action(worker);
  for (const option of [...placeOptions, ...computingOptions]) command.addOption(option);
  return command;
}

async function worker(options: WorkerOptions): Promise<void> {
  const interrupted = interruptSignal();
  const unusable = new AbortController();
  const signal = AbortSignal.any([interrupted, unusable.signal]);
  const { analysisJobs, openJobs, work } = await import('../jobs/index.ts');
  const { preparationJobs, trainingJobs } = await import('../experiment/index.ts');
  let analyzer: Promise<Analyzer> | undefined;
  const opened = () => {
    analyzer ??= openModel(options, (error) => unusable.abort(error));
    return analyzer;
  };
  try {
    await withLibrary(options, async (library) => {
      const queue = await openJobs(library);
      const worked = async <Data extends object>(kind: JobKind<Data>) =>
        await work(queue, kind, ({ data, error }) => {
          const end = error === undefined ? 'done' : messageOf(error);
          process.stderr.write(`${kind.nameOf(data)}: ${end}\n`);
        });
      try {
        const workers = [
          await worked(analysisJobs(library, opened)),
          await worked(preparationJobs),
          await worked(trainingJobs(options)),
        ];
        while (!signal.aborted && !(options.untilEmpty && (await queue.pending()) === 0))
          await sleep(500, undefined, { signal }).catch(() => {});
        for (const working of workers) await working.stop();
      } finally {
        await queue.close();
      }
    });
  } finally {
    await analyzer?.then(
      (open) => open.close(),
      () => {},
    );
  }
  signal.throwIfAborted();
}

/** @param onUnusable told why films cannot be analyzed here; those given to this worker are left to others. */
async function openModel(options: WorkerOptions, onUnusable: (error: unknown) => void): Promise<Analyzer> {
  try {
    const { openAnalyzer } = await import('../analysis/node/index.ts');
    return await openAnalyzer(options);
  } catch (error) {
    onUnusable(error);
    throw new InputError(messageOf(error), 'unusable-model', { cause: error });
  }
}
