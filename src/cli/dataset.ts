import { Command } from 'commander';
import { checkDataSet, checkText, labelFormats } from '../datasets/index.ts';
import { checkWritable } from '../support/folders.ts';
import { synthesize } from '../synthesis/index.ts';
import { oneOf, wholeNumber } from './arguments.ts';
import { exitCodes } from './exit-codes.ts';
import { interruptSignal } from './interrupt.ts';
import { ProgressLine, print } from './terminal.ts';

export function datasetCommand(): Command {
  return new Command('dataset')
    .description('Look at a data set of labeled clips, or make one of synthetic films.')
    .addCommand(checkCommand())
    .addCommand(synthesizeCommand());
}

function checkCommand(): Command {
  const formats = labelFormats.map(({ name }) => name);
  return new Command('check')
    .description('Say what a data set holds, and what is missing or damaged, by file and line.')
    .argument('<folder>', 'folder of the data set')
    .option('--format <name>', `one of ${formats.join(', ')} (default: found from the files)`, oneOf(formats))
    .option('--json', 'print the report as one line of JSON')
    .action((folder: string, { format, json }: { format?: string; json?: boolean }) => {
      const report = checkDataSet(folder, format);
      print(json ? `${JSON.stringify(report)}\n` : checkText(report));
      if (!report.usable) process.exitCode = exitCodes.badInput;
    });
}

interface SynthesizeOptions {
  out: string;
  films?: number;
  clips?: number;
  seed?: number;
  faces?: boolean;
  threads?: number;
}

function synthesizeCommand(): Command {
  return new Command('synthesize')
    .description(
      'Render synthetic films with labels, in the layout of LIRIS-ACCEDE. A folder left unfinished is continued. ' +
        'They serve to try things out; no result on them says anything about real films.',
    )
    .requiredOption('-o, --out <folder>', 'where to write them')
    .option('--films <count>', 'films (default: 60)', wholeNumber(3, 1000))
    .option('--clips <count>', 'clips of 8 to 12 s, over all films (default: 1200)', wholeNumber(3, 99_999))
    .option('--seed <number>', 'another number gives other films (default: 1)', wholeNumber(0, 2 ** 31 - 1))
    .option('--faces', 'drawn faces, smiling or not, in most of the films')
    .option(
      '--threads <count>',
      'clips to render at the same time (default: one a core)',
      wholeNumber(1, 256),
    )
    .action(async ({ out, films = 60, clips = 1200, seed = 1, faces, threads }: SynthesizeOptions) => {
      checkWritable(out);
      const progress = new ProgressLine();
      const signal = interruptSignal();
      const show = (done: number, total: number) => progress.show(`${done} of ${total} clips`, done / total);
      try {
        const set = { films, clips, seed, faces };
        await synthesize(out, { ...set, signal, onProgress: show, ...(threads && { threads }) });
      } finally {
        progress.clear();
      }
      print(checkText(checkDataSet(out)));
    });
}
