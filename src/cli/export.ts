import { existsSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { Command } from 'commander';
import type { StoredModel } from '../models/node/index.ts';
import { InputError } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { checkWritable } from '../support/folders.ts';
import { modelOption, wholeNumber } from './arguments.ts';
import { UsageError } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import { print } from './terminal.ts';

// named here, so that help need not load the networks
const usualSeconds = 10;

interface ExportOptions {
  model?: string;
  seconds: number;
  inputs?: string;
  huggingFace?: string;
  folder?: string;
  overwrite?: boolean;
  json?: boolean;
}

export function exportCommand(): Command {
  return new Command('export')
    .description(
      'Write a model for other programs: as one ONNX file, from what the streams take of a window to valence and ' +
        'arousal, with all that comes before and after described in its metadata (docs/python.md); or its folder in ' +
        'the layout of Hugging Face, and back.',
    )
    .argument('[file]', 'the ONNX file to write')
    .addOption(modelOption)
    .option(
      '--seconds <count>',
      `length of the window that it takes (default: ${usualSeconds})`,
      wholeNumber(1, 60),
      usualSeconds,
    )
    .option(
      '--inputs <film>',
      'also write what it takes of the first window of a film, and its answer, as FILE.inputs.safetensors',
    )
    .option('--hugging-face <folder>', 'write README.md, config.json and model.safetensors there')
    .option('--folder <folder>', 'write a folder of our own there: model.json and model.safetensors')
    .option('-y, --overwrite', 'overwrite what is there')
    .option('--json', 'print what was written as one line of JSON')
    .action(exportModel);
}

async function exportModel(file: string | undefined, options: ExportOptions): Promise<void> {
  const { huggingFace, folder, overwrite = false, json = false } = options;
  if (file === undefined && huggingFace === undefined && folder === undefined)
    throw new UsageError('name what to write: FILE.onnx, --hugging-face FOLDER or --folder FOLDER');
  if (options.inputs !== undefined && file === undefined)
    throw new UsageError('--inputs goes beside an ONNX file: affectline export FILE.onnx --inputs FILM');
  const { readModel, starterFolder } = await import('../models/node/index.ts');
  const { writeLayout } = await import('../exports/index.ts');
  const model = await readModel(options.model ?? starterFolder);
  const written: string[] = [];
  if (file !== undefined) written.push(...(await writeOnnx(file, model, options)));
  for (const [layout, place] of [
    ['hugging-face', huggingFace],
    ['own', folder],
  ] as const) {
    if (place === undefined) continue;
    checkWritable(place);
    await writeLayout(place, model, { layout, overwrite });
    written.push(place);
  }
  print(
    json
      ? `${JSON.stringify({ model: model.description.name, files: written })}\n`
      : `${written.join('\n')}\n`,
  );
}

async function writeOnnx(file: string, model: StoredModel, options: ExportOptions): Promise<string[]> {
  const { seconds, inputs, overwrite = false } = options;
  const inputsFile = `${file.slice(0, file.length - extname(file).length)}.inputs.safetensors`;
  const files = [file, ...(inputs === undefined ? [] : [inputsFile])];
  for (const path of files)
    if (existsSync(path) && !overwrite)
      throw new InputError(`${path} is there already; -y overwrites it`, 'exists');
  checkWritable(dirname(file));
  const { wholeModel, windowOfFilm } = await import('../exports/index.ts');
  if (inputs !== undefined) {
    const { writeSafetensors } = await import('../weights/index.ts');
    const tensors = await windowOfFilm(inputs, { model, seconds, signal: interruptSignal() });
    await writeSafetensors(inputsFile, tensors);
  }
  await writeAtomically(file, wholeModel(model, seconds));
  return files;
}
