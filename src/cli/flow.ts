import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { Command } from 'commander';
import { type FlowField, type FlowPreset, flowColors, flowErrors, type GrayImage } from '../flow/index.ts';
import { flowOfFrames, readFlo, readGrayImage, writeFlo, writeFlowImage } from '../flow/node/index.ts';
import { type DecoderName, type Media, openMedia, writeFilm } from '../media/index.ts';
import { InputError } from '../support/errors.ts';
import { checkWritable, makeFolder } from '../support/folders.ts';
import { printable } from '../support/printable.ts';
import { oneOf, wholeNumber } from './arguments.ts';
import { UsageError } from './failure.ts';
import { refuseNoFile } from './films.ts';
import { interruptSignal } from './interrupt.ts';
import { ProgressLine, print } from './terminal.ts';

const presets = ['fast', 'standard', 'accurate'] as const;
const formats = ['video', 'flo'] as const;
const decoders = ['auto', 'node-av', 'ffmpeg'] as const;

/** Displacement that gets the full color in a video, as a share of the frame's shorter side. */
const fullColor = 1 / 32;

interface FlowOptions {
  out?: string;
  truth?: string;
  preset?: FlowPreset;
  format?: (typeof formats)[number];
  shortSide?: number;
  decoder?: DecoderName | 'auto';
  threads?: number;
  json?: boolean;
  overwrite?: boolean;
}

export function flowCommand(): Command {
  return new Command('flow')
    .description(
      'Compute optical flow: how far each point moves from one picture to the next. Of two images it writes one .flo ' +
        'file or a picture in the colors of the Middlebury wheel; of a film, a video in these colors or a .flo file ' +
        'for each frame but the last.',
    )
    .argument('<files...>', 'two images (PNG or JPEG) of one size, or a film')
    .option(
      '-o, --out <path>',
      'of images: the .flo or .png file to write; of a film: the folder to write to',
    )
    .option('--truth <file>', 'of images: the true flow (.flo), to say how far off the computed one is')
    .option('--preset <name>', 'fast, standard or accurate (default: standard)', oneOf(presets))
    .option('--format <name>', 'of a film: video or flo (default: video)', oneOf(formats))
    .option(
      '--short-side <pixels>',
      "of a film: scale the frames' shorter side to this (default: 256)",
      wholeNumber(16, 2160),
    )
    .option(
      '--decoder <name>',
      'what reads the film: auto, node-av or ffmpeg (default: auto)',
      oneOf(decoders),
    )
    .option('--threads <count>', 'processor cores to use (default: all)', wholeNumber(1, 64))
    .option('--json', 'print the result as one line of JSON')
    .option('-y, --overwrite', 'overwrite what is there')
    .action(async (files: string[], options: FlowOptions) => {
      for (const file of files) refuseNoFile(file);
      if (files.length === 2) return flowOfImages(files[0]!, files[1]!, options);
      if (files.length === 1) return flowOfFilm(files[0]!, options);
      throw new UsageError(`${files.length} files are given; two images or one film are expected`);
    });
}

async function flowOfImages(firstPath: string, secondPath: string, options: FlowOptions): Promise<void> {
  const { out, truth: truthPath, preset = 'standard' } = options;
  if (out === undefined && truthPath === undefined)
    throw new UsageError('nothing to do with the flow: give a file to write (-o) or the true flow (--truth)');
  const ending = out === undefined ? undefined : extname(out).toLowerCase();
  if (ending !== undefined && ending !== '.flo' && ending !== '.png')
    throw new UsageError(`'${out}' ends in neither .flo nor .png`);
  if (out !== undefined) {
    refuseExisting(out, options);
    checkWritable(dirname(out));
  }

  const images = [await readGrayImage(firstPath), await readGrayImage(secondPath)] as const;
  const [{ width, height }, second] = images;
  if (second.width !== width || second.height !== height)
    throw new InputError(
      `the images differ in size: ${firstPath} is ${width}×${height}, ${secondPath} ${second.width}×${second.height}`,
    );
  const truth = truthPath === undefined ? undefined : await readFlo(truthPath);
  if (truth && (truth.width !== width || truth.height !== height))
    throw new InputError(`${truthPath} is ${truth.width}×${truth.height}; the images are ${width}×${height}`);

  const signal = interruptSignal();
  const { value: flow } = await flowOfFrames(each(images), { preset, threads: 1, signal }).next();
  if (!flow) throw new Error('internal: two images gave no flow');
  const errors = truth && flowErrors(flow, truth);
  if (out !== undefined && ending === '.flo') await writeFlo(out, flow);
  if (out !== undefined && ending === '.png') await writeFlowImage(out, flowColors(flow));

  if (options.json) {
    const accuracy = errors && {
      endpointError: errors.endpoint,
      angularError: errors.angular,
      knownPixels: errors.known,
    };
    const result = { first: firstPath, second: secondPath, width, height, preset, out, ...accuracy };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  if (errors)
    process.stdout.write(
      `AEPE ${errors.endpoint.toFixed(4)} px  AAE ${errors.angular.toFixed(3)}°  (${errors.known} pixels)\n`,
    );
  if (out !== undefined) print(`${out}\n`);
}

async function flowOfFilm(path: string, options: FlowOptions): Promise<void> {
  const { out, preset = 'standard', format = 'video', shortSide = 256, decoder = 'auto', threads } = options;
  if (out === undefined) throw new UsageError('give a folder to write to (--out)');
  if (options.truth !== undefined) throw new UsageError('--truth is for two images');
  const name = `${basename(path, extname(path))}.flow`;
  const target = join(out, format === 'video' ? `${name}.mp4` : name);
  refuseExisting(target, options);
  checkWritable(out);

  const signal = interruptSignal();
  const progress = new ProgressLine();
  const media = await openMedia(path, { shortSide, rgbEvery: 0, sound: false, decoder, signal });
  try {
    if (!media.info.hasPicture) throw new InputError(`${path}: has no picture`);
    makeFolder(format === 'video' ? out : target);
    const frames = grayFrames(media, (done) => progress.show(path, done));
    const fields = counted(flowOfFrames(frames, { preset, threads, signal }));
    if (format === 'video') await writeVideo(target, media, fields, signal);
    else await writeFields(target, fields);
    progress.clear();
    const { coverage, problems } = media.summary();
    for (const problem of problems) process.stderr.write(printable(`${path}: ${problem}\n`));
    const { width, height } = media.info;
    const result = { file: path, width, height, preset, fields: fields.count, coverage, out: target };
    print(`${options.json ? JSON.stringify(result) : target}\n`);
  } finally {
    progress.clear();
    await media.close();
  }
}

async function writeVideo(
  path: string,
  { info }: Media,
  fields: AsyncIterable<FlowField>,
  signal: AbortSignal,
): Promise<void> {
  const { width, height } = info;
  const fullLength = Math.min(width, height) * fullColor;
  const frameRate = Math.min(240, Math.max(1, info.frameRate || 25));
  await writeFilm(path, { width, height, frameRate, frames: colors(fields, fullLength), signal });
}

async function* colors(fields: AsyncIterable<FlowField>, fullLength: number): AsyncGenerator<Uint8Array> {
  for await (const field of fields) yield flowColors(field, fullLength).data;
}

async function writeFields(folder: string, fields: AsyncIterable<FlowField>): Promise<void> {
  let index = 0;
  for await (const field of fields) {
    await writeFlo(join(folder, `${String(index++).padStart(6, '0')}.flo`), field);
  }
}

async function* grayFrames(media: Media, onProgress: (done: number) => void): AsyncGenerator<GrayImage> {
  for await (const item of media) {
    if (item.kind !== 'frame') continue;
    const { time, width, height, gray } = item.frame;
    onProgress(media.info.declaredDuration > 0 ? Math.min(1, time / media.info.declaredDuration) : 0);
    yield { width, height, data: gray };
  }
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** The same items, and how many have passed. */
function counted<T>(items: AsyncIterable<T>): AsyncIterable<T> & { count: number } {
  return {
    count: 0,
    async *[Symbol.asyncIterator]() {
      for await (const item of items) {
        this.count++;
        yield item;
      }
    },
  };
}

function refuseExisting(path: string, { overwrite = false }: FlowOptions): void {
  if (!overwrite && existsSync(path))
    throw new InputError(`${path} is there already; -y overwrites it, --out writes elsewhere`, 'exists');
}
