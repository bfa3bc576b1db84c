import { type FlowField, type FlowPreset, flowOfFrames, type GrayImage } from '../../flow/index.ts';
import { type DecoderName, openMedia, SAMPLE_RATE } from '../../media/index.ts';
import { Channel } from '../../support/channel.ts';
import { HandcraftedFeatures } from '../handcrafted/features.ts';
import { framesPerSample, isSampled, sampleOfFlow } from '../network-inputs.ts';
import { type EncodedSegment, encodePicture, type PreparedClip } from './clip-file.ts';
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
 * the crops are drawn anew each time; the waveform; the handcrafted features.
 *
 * @throws InputError when the file cannot be decoded, or not to the end.
 */
export async function prepareClip(path: string, options: PrepareOptions): Promise<PreparedClip> {
  const { shortSide, flowPreset, decoder = 'auto', threads, signal } = options;
  const media = await openMedia(path, {
    shortSide,
    rgbEvery: framesPerSample,
    decoder,
    threads,
    ...(signal && { signal }),
  });
  const handcrafted = new HandcraftedFeatures(SAMPLE_RATE);
  const pictures: { time: number; jpeg: Promise<Uint8Array> }[] = [];
  const waveform: Float32Array[] = [];
  const grays = new Channel<GrayImage>(8);
  const flows = encodedFlows(
    flowOfFrames(grays, { preset: flowPreset, threads, signal }),
    Math.max(1, Math.floor(shortSide / linesOfFlow)),
  );
  flows.catch(() => {}); // awaited below; until then a failure here must not count as unhandled
  try {
    for await (const item of media) {
      if (item.kind === 'sound') {
        handcrafted.addWaveform(item.chunk.samples);
        waveform.push(item.chunk.samples);
        continue;
      }
      const { frame } = item;
      handcrafted.addFrame(frame);
      const { index, time, width, height, rgb, gray } = frame;
      if (isSampled(index) && rgb) pictures.push({ time, jpeg: encodePicture(rgb, width, height) });
      await grays.push({ width, height, data: gray });
    }
    grays.end();
    const encoded = await flows;
    const segments: EncodedSegment[] = await Promise.all(
      pictures.map(async ({ time, jpeg }, sample) => ({
        time,
        picture: await jpeg,
        flow: (await encoded[sample]?.jpeg) ?? new Uint8Array(0),
        flowCount: encoded[sample]?.count ?? 0,
      })),
    );
    const { decodedDuration: duration, width, height } = media.summary();
    return {
      duration,
      width: Math.max(1, width),
      height: Math.max(1, height),
      segments,
      waveform: joined(waveform),
      handcrafted: handcrafted.values(),
    };
  } finally {
    grays.end();
    await media.close();
  }
}

/** The flow fields of each sampled frame, encoded as soon as they are complete. */
async function encodedFlows(fields: AsyncIterable<FlowField>, reduction: number) {
  const encoded: { count: number; jpeg: Promise<Uint8Array> }[] = [];
  let waiting: FlowField[] = [];
  let index = 0;
  const finish = () => {
    if (waiting.length > 0) encoded.push({ count: waiting.length, jpeg: encodeFlow(waiting, reduction) });
    waiting = [];
  };
  for await (const field of fields) {
    if (sampleOfFlow(index++) > encoded.length) finish();
    waiting.push(field);
  }
  finish();
  return encoded;
}

function joined(chunks: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
