import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { Command } from 'commander';
import { InputError } from '../support/errors.ts';
import { checkWritable } from '../support/folders.ts';
import { printable } from '../support/printable.ts';
import {
  fetchPretrained,
  findPretrained,
  pretrainedFiles,
  pretrainedPath,
  readModelWeights,
  trustedHash,
  writeSafetensors,
} from '../weights/index.ts';
import { interruptSignal } from './interrupt.ts';
import { ProgressLine } from './terminal.ts';

/** `affectline weights list|get|convert`: the pretrained files of the three streams. */
export function weightsCommand(): Command {
  const command = new Command('weights').description(
    'List, fetch and convert pretrained weights of the three streams.',
  );
  command
    .command('list')
    .description('Show the pretrained files that can be fetched, and which are in the cache.')
    .option('--json', 'print it as JSON, a line each')
    .action(list);
  command
    .command('get')
    .description('Fetch pretrained files into the cache folder; print where they are.')
    .argument('<names...>', `of: ${pretrainedFiles.map(({ name }) => name).join(', ')}`)
    .option('--offline', 'never use the network; fail where a file is not in the cache')
    .option('--json', 'print it as JSON, a line each')
    .action(get);
  command
    .command('convert')
    .description(
      'Write a .pth, .npy, .tflite or .safetensors file as safetensors, under the names of the model.',
    )
    .argument('<file>', 'DenseNet-121, AlexNet, SoundNet-8, MobileNet or YAMNet in any of these formats')
    .option('-o, --out <file>', 'where to; beside the file unless told')
    .option('--half', 'as float16, half the size')
    .option('-y, --overwrite', 'overwrite what is there')
    .option('--json', 'print what was done as one line of JSON')
    .action(convert);
  return command;
}

async function list({ json = false }: { json?: boolean }): Promise<void> {
  // loads the networks, which help need not
  const { streamOfPretrained } = await import('../streams/index.ts');
  for (const file of pretrainedFiles) {
    const { name, about, url } = file;
    const stream = streamOfPretrained(file.backbone);
    const trusted = await trustedHash(file);
    const sha256 = trusted ?? file.sha256;
    const path = pretrainedPath(file);
    const bytes = existsSync(path) ? statSync(path).size : undefined;
    if (json) {
      print(
        JSON.stringify({
          name,
          stream,
          about,
          url,
          sha256: sha256 ?? null,
          path,
          cached: bytes !== undefined,
        }),
      );
      continue;
    }
    const cached = bytes === undefined ? 'not in the cache' : `${path} (${megabytes(bytes)})`;
    const indent = `\n${' '.repeat(30)}`;
    print(
      `${name.padEnd(20)} ${(stream ?? '').padEnd(8)} ${about}${indent}${url}${indent}${hashText(sha256, trusted)}${indent}${cached}`,
    );
  }
}

function hashText(sha256: string | undefined, trusted: string | undefined): string {
  if (sha256 === undefined) return 'SHA-256 not published; that of the first fetch will be kept to';
  if (trusted !== undefined) return `SHA-256 ${sha256}, as first fetched`;
  return sha256.length === 64
    ? `SHA-256 ${sha256}`
    : `SHA-256 ${sha256}… published; all of that of the first fetch will be kept to`;
}

async function get(names: string[], options: { offline?: boolean; json?: boolean }): Promise<void> {
  const files = names.map(findPretrained);
  const signal = interruptSignal();
  for (const file of files) {
    const progress = new ProgressLine();
    const onProgress = (received: number, total: number | undefined) =>
      progress.show(`${file.name}: ${megabytes(received)}`, total === undefined ? 0 : received / total);
    try {
      const onFirstUse = (sha256: string) => {
        progress.clear();
        process.stderr.write(`${file.name}: trusted as it came, SHA-256 ${sha256}\n`);
      };
      const offline = options.offline === true;
      const path = await fetchPretrained(file, { offline, onProgress, onFirstUse, signal });
      progress.clear();
      print(options.json ? JSON.stringify({ name: file.name, path }) : path);
    } finally {
      progress.clear();
    }
  }
}

interface ConvertOptions {
  out?: string;
  half?: boolean;
  overwrite?: boolean;
  json?: boolean;
}

async function convert(file: string, options: ConvertOptions): Promise<void> {
  const out = options.out ?? `${file.slice(0, file.length - extname(file).length)}.safetensors`;
  if (existsSync(out) && !options.overwrite) {
    throw new InputError(`${out} is there already; -y overwrites it, --out writes elsewhere`, 'exists');
  }
  checkWritable(dirname(out));
  const { parameters, renamed, leftOut } = await readModelWeights(file);
  await writeSafetensors(out, parameters, {
    precision: options.half ? 'float16' : 'float32',
    metadata: { source: basename(file) },
  });
  if (options.json) {
    print(
      JSON.stringify({
        file,
        out,
        parameters: parameters.size,
        renamed: Object.fromEntries(renamed),
        leftOut,
      }),
    );
    return;
  }
  for (const [from, to] of renamed) print(`${from} → ${to}`);
  for (const name of leftOut) print(`${name} left out`);
  process.stderr.write(`wrote ${out}: ${parameters.size} parameters, ${megabytes(statSync(out).size)}\n`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function print(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}
