import type { FlowField, FlowPreset, GrayImage } from '../../flow/index.ts';
import { flowOfFrames } from '../../flow/node/index.ts';
import { type DecoderName, openMedia, SAMPLE_RATE } from '../../media/index.ts';
import { Channel } from '../../support/channel.ts';
import { HandcraftedFeatures } from '../handcrafted/features.ts';
import { framesPerSample, isSampled, sampleOfFlow } from '../network-inputs.ts';
import { encodePicture } from './clip-file.ts';
import type { Header, Part } from './clip-header.ts';
import { ClipWriter } from './clip-writer.ts';
import { encodeFlow } from './flow-image.ts';

/** What a prepared clip depends on, besides the film itself. */
export interface Preparation {
  /** Pixels of a frame's shorter side after scaling: 256 in the paper. */
  readonly shortSide: number;
  readonly flowPreset: FlowPreset;
}

export interface PrepareOptions extends Preparation {
  readonly decoder?: DecoderName | 'auto';
  /** Threads of the flow. */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
}

/** Flow is stored with about this many lines: it is smooth, and networks see it no finer. */
const linesOfFlow = 128;

/**
 * Decodes a clip once and keeps what training needs of it: sampled frames and the flow of every frame, uncropped, for
 * the crops are drawn anew each time; the waveform; the handcrafted features. What is ready is written at once.
 *
 * @param target the file that is made.
 * @throws InputError when the film cannot be decoded, or not to the end.
 */
export async function prepareClip(path: string, target: string, options: PrepareOptions): Promise<void> {
  const { shortSide, flowPreset, decoder = 'auto', threads, signal } = options;
  const media = await openMedia(path, {
    shortSide,
    rgbEvery: framesPerSample,
    decoder,
    threads,
    ...(signal && { signal }),
  });
  const handcrafted = new HandcraftedFeatures(SAMPLE_RATE);
  const writer = await ClipWriter.create(target).catch(async (error) => {
    await media.close();
    throw error;
  });
  const pictures: { time: number; part: Promise<Part> }[] = [];
  const grays = new Channel<GrayImage>(8);
  const flows = encodedFlows(
    flowOfFrames(grays, { preset: flowPreset, threads, signal }),
    Math.max(1, Math.floor(shortSide / linesOfFlow)),
    writer,
  );
  flows.catch(() => {}); // awaited below; until then a failure here must not count as unhandled
  try {
    for await (const item of media) {
      if (item.kind === 'sound') {
        handcrafted.addWaveform(item.chunk.samples);
        await writer.appendSound(item.chunk.samples);
        continue;
      }
      const { frame } = item;
      handcrafted.addFrame(frame);
      const { index, time, width, height, rgb, gray } = frame;
      if (isSampled(index) && rgb) {
        const part = encodePicture(rgb, width, height).then((jpeg) => writer.append(jpeg));
        part.catch(() => {}); // awaited below
        pictures.push({ time, part });
      }
      await grays.push({ width, height, data: gray });
    }
    grays.end();
    const encoded = await flows;
    const segments: Header['segments'] = await Promise.all(
      pictures.map(async ({ time, part }, sample) => ({
        time,
        picture: await part,
        flow: (await encoded[sample]?.part) ?? (await writer.append(new Uint8Array(0))),
        flowCount: encoded[sample]?.count ?? 0,
      })),
    );
    const { decodedDuration: duration, width, height } = media.summary();
    await writer.finish({
      duration,
      width: Math.max(1, width),
      height: Math.max(1, height),
      segments,
      handcrafted: [...handcrafted.values()],
    });
  } finally {
    grays.end();
    await media.close();
    await writer.discard();
  }
}

/** The flow fields of each sampled frame, encoded and written as soon as they are complete. */
async function encodedFlows(fields: AsyncIterable<FlowField>, reduction: number, writer: ClipWriter) {
  const encoded: { count: number; part: Promise<Part> }[] = [];
  let waiting: FlowField[] = [];
  let index = 0;
  const finish = () => {
    if (waiting.length > 0) {
      const part = encodeFlow(waiting, reduction).then((jpeg) => writer.append(jpeg));
      part.catch(() => {}); // awaited by the caller
      encoded.push({ count: waiting.length, part });
    }
    waiting = [];
  };
  for await (const field of fields) {
    if (sampleOfFlow(index++) > encoded.length) finish();
    waiting.push(field);
  }
  finish();
  return encoded;
}
