import { existsSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { Command } from 'commander';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { checkWritable } from '../support/folders.ts';
import { wholeNumber } from './arguments.ts';
import { interruptSignal } from './interrupt.ts';
import { print } from './terminal.ts';

// named here, so that help need not load the networks
const USUAL_SECONDS = 10;

interface ExportOptions {
  model?: string;
  seconds: number;
  inputs?: string;
  overwrite?: boolean;
  json?: boolean;
}

export function exportCommand(): Command {
  return new Command('export')
    .description(
      'Write a model for other programs: as one ONNX file, from what the streams take of a window to valence and ' +
        'arousal, with all that comes before and after described in its metadata (docs/python.md).',
    )
    .argument('<file>', 'the ONNX file to write')
    .option(
      '-m, --model <folder>',
      'a trained model (default: the starter model, trained on synthetic films)',
    )
    .option(
      '--seconds <count>',
      `length of the window that it takes (default: ${USUAL_SECONDS})`,
      wholeNumber(1, 60),
      USUAL_SECONDS,
    )
    .option(
      '--inputs <film>',
      'also write what it takes of the first window of a film, and its answer, as FILE.inputs.safetensors',
    )
    .option('-y, --overwrite', 'overwrite what is there')
    .option('--json', 'print what was written as one line of JSON')
    .action(exportModel);
}

async function exportModel(file: string, options: ExportOptions): Promise<void> {
  const { seconds, overwrite = false, json = false } = options;
  const inputsFile = `${file.slice(0, file.length - extname(file).length)}.inputs.safetensors`;
  const files = [file, ...(options.inputs === undefined ? [] : [inputsFile])];
  for (const path of files)
    if (existsSync(path) && !overwrite)
      throw new InputError(`${path} is there already; -y overwrites it`, 'exists');
  checkWritable(dirname(file));
  const { readModel, starterFolder } = await import('../models/node/index.ts');
  const { wholeModel } = await import('../exports/index.ts');
  const model = await readModel(options.model ?? starterFolder);
  if (options.inputs !== undefined) {
    const { windowOfFilm } = await import('../exports/index.ts');
    const { writeSafetensors } = await import('../weights/index.ts');
    const tensors = await windowOfFilm(options.inputs, { model, seconds, signal: interruptSignal() });
    await writeSafetensors(inputsFile, tensors);
  }
  await writeAtomically(file, wholeModel(model, seconds));
  print(json ? `${JSON.stringify({ model: model.description.name, files })}\n` : `${files.join('\n')}\n`);
}
