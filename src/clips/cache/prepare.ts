import type { FlowWorkers } from '../../flow/node/index.ts';
import { type DecoderName, DecodingProcess } from '../../media/index.ts';
import { ShotDetector } from '../../shots/index.ts';
import type { Field, MomentField, Preprocessing } from '../../streams/index.ts';
import { InputError } from '../../support/errors.ts';
import { imageLibrary } from '../../support/images.ts';
import { sampleRate } from '../../support/sound.ts';
import { openFilm, WrongGuess } from '../film.ts';
import { HandcraftedFeatures } from '../handcrafted/features.ts';
import { encodePicture } from './clip-file.ts';
import type { Header, Part } from './clip-header.ts';
import { ClipWriter } from './clip-writer.ts';
import { encodeFlow } from './flow-image.ts';

/** A clip: a film, or a part of one. */
export interface ClipSource {
  readonly path: string;
  /** SHA-256 of the film, in hexadecimal digits, where it is known; then the film need not be there to find what was prepared of it. */
  readonly content?: string | undefined;
  /** Seconds of the film at which it begins and ends, where it is not all of it. */
  readonly part?: { readonly start?: number | undefined; readonly end?: number | undefined } | undefined;
}

export interface PrepareOptions {
  readonly preprocessing: Preprocessing;
  readonly decoder?: DecoderName | 'auto';
  /** Threads of the flow; the decoder has one, so that a clip is the same however many are prepared. */
  readonly threads: number;
  /** What computes motion, from one clip to the next. */
  readonly flowWorkers: FlowWorkers;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes a clip once and keeps what training needs of it: the frames of its moments and the motion around them, whole,
 * for the crops are drawn anew each time; the waveform; the handcrafted features. What is ready is written at once.
 *
 * @param target the file that is made.
 * @throws InputError when the film cannot be decoded, or not to the end.
 */
export async function prepareClip(clip: ClipSource, target: string, options: PrepareOptions): Promise<void> {
  try {
    await prepare(clip, target, { ...options, mayGuess: true });
  } catch (error) {
    if (!(error instanceof WrongGuess)) throw error;
    await prepare(clip, target, { ...options, mayGuess: false });
  }
}

async function prepare(
  { path, part }: ClipSource,
  target: string,
  {
    preprocessing,
    decoder = 'auto',
    threads,
    flowWorkers,
    signal,
    mayGuess,
  }: PrepareOptions & { readonly mayGuess: boolean },
): Promise<void> {
  // each takes a tenth of a second to start and more, and the second is needed first; the others when the film is surveyed
  flowWorkers.start(threads);
  const process = new DecodingProcess(path);
  if (decoder !== 'ffmpeg') process.start();
  imageLibrary().catch(() => {}); // told when the first picture is encoded
  const handcrafted = new HandcraftedFeatures(sampleRate);
  let size = { width: 1, height: 1 };
  let end = 0;
  let samples = 0;
  const film = await openFilm(path, {
    ...{ preprocessing, part, decoder, process, threads, decodingThreads: 1, flowWorkers, mayGuess },
    wants: ['frame', 'pair', 'waveform'],
    shots: new ShotDetector(),
    ...(signal && { signal }),
    onFrame: (frame) => {
      handcrafted.addFrame(frame);
      size = { width: frame.width, height: frame.height };
      end = frame.time;
    },
  });
  const writer = await ClipWriter.create(target).catch(async (error) => {
    await film.close();
    throw error;
  });
  const fields = async function* () {
    for await (const item of film.fields) {
      handcrafted.addField(item.field);
      yield item;
    }
  };
  const look = async () => {
    const pictures: { time: number; shot: number | undefined; part: Promise<Part> }[] = [];
    for await (const { time, picture } of film.moments)
      pictures.push({ time, shot: picture.shot, part: written(encodePicture(picture), writer) });
    return pictures;
  };
  const listen = async () => {
    for await (const piece of film.sound) {
      handcrafted.addWaveform(piece);
      samples += piece.length;
      await writer.appendSound(piece);
    }
  };
  try {
    const [pictures, flows] = await Promise.all([look(), writtenFields(fields(), writer), listen()]);
    if (part && pictures.length === 0 && samples === 0)
      throw new InputError(
        `${path}: has neither picture nor sound from ${part.start ?? 0} s to ${part.end ?? 'its end'}`,
      );
    const segments: Header['segments'] = await Promise.all(
      pictures.map(async ({ time, shot, part: image }, moment) => {
        const { part: flow, count } = flows[moment]!;
        return { time, picture: await image, flow: await flow, flowCount: count, shot };
      }),
    );
    await writer.finish({
      duration: part ? Math.max(end, samples / sampleRate) : film.summary().decodedDuration,
      ...size,
      segments,
      handcrafted: [...handcrafted.values()],
      loudness: film.info.loudness ?? null,
    });
  } finally {
    await film.close();
    await writer.discard();
  }
}

/** Fields kept of one moment, ten times what a second has: where a picture stands still for an hour, the first ones. */
const mostFields = 100;

/** The fields of each moment, encoded and written as soon as they are complete. */
async function writtenFields(fields: AsyncIterable<MomentField>, writer: ClipWriter) {
  const moments: { count: number; part: Promise<Part> }[] = [];
  let waiting: Field[] = [];
  const finish = () => {
    if (waiting.length > 0)
      moments.push({ count: waiting.length, part: written(encodeFlow(waiting), writer) });
    waiting = [];
  };
  for await (const { moment, field } of fields) {
    if (moment > moments.length) finish();
    if (waiting.length < mostFields) waiting.push(field);
  }
  finish();
  return moments;
}

function written(image: Promise<Uint8Array>, writer: ClipWriter): Promise<Part> {
  const part = image.then((bytes) => writer.append(bytes));
  part.catch(() => {}); // awaited in its turn
  return part;
}
