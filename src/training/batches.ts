import {
  type ClipFile,
  type Crop,
  centreCrop,
  cropPicture,
  randomCrop,
  restingFlow,
  writeFlowCrop,
  writePicture,
} from '../clips/index.ts';
import type { Random } from '../support/random.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';

/** What a step looks at of each clip. */
export interface View {
  /** Sampled frames. */
  readonly segments: number;
  /** Flow fields of each sampled frame. */
  readonly flowFields: number;
  /** Samples of the waveform. */
  readonly samples: number;
  /** Side of the square cut out of pictures and flow. */
  readonly side: number;
}

/** Which parts of one clip a step looks at; drawn before anything is read, so that a resumed run draws the same. */
export interface Glance {
  /** Numbers of segments, and for each the numbers of its flow fields. */
  readonly segments: readonly { readonly index: number; readonly flow: readonly number[] }[];
  readonly crop: Crop;
  /** First sample of the waveform; negative when it starts in the silence before. */
  readonly soundStart: number;
}

/**
 * A random look at a clip: one segment from each of equal parts of it (Wang et al., "Temporal Segment Networks", 2016,
 * section 3.1), random flow fields of each, and the paper's random square and flip, the same for all frames of the clip.
 */
export function randomGlance(clip: ClipFile, view: View, random: Random): Glance {
  const draw = (total: number, count: number) =>
    Array.from({ length: count }, (_, part) =>
      Math.min(total - 1, Math.floor(((part + random.uniform()) * total) / count)),
    );
  return {
    segments: draw(clip.segmentCount, view.segments).map((index) => ({
      index,
      flow: draw(clip.flowCount(index), clip.flowCount(index) > 0 ? view.flowFields : 0),
    })),
    crop: randomCrop(clip.width, clip.height, view.side, random),
    soundStart: Math.round(random.uniform() * (clip.sampleCount - view.samples)),
  };
}

/** The middle of each of equal parts of a clip, the centre of its pictures, the middle of its waveform. */
export function evenGlance(clip: ClipFile, view: View): Glance {
  const middles = (total: number, count: number) =>
    Array.from({ length: count }, (_, part) =>
      Math.min(total - 1, Math.floor(((part + 0.5) * total) / count)),
    );
  return {
    segments: middles(clip.segmentCount, view.segments).map((index) => ({
      index,
      flow: middles(clip.flowCount(index), clip.flowCount(index) > 0 ? view.flowFields : 0),
    })),
    crop: centreCrop(clip.width, clip.height, view.side),
    soundStart: Math.round((clip.sampleCount - view.samples) / 2),
  };
}

/** A clip and what is looked at of it. */
export interface Look {
  readonly clip: ClipFile;
  readonly glance: Glance;
}

/** Groups of one size; the last is filled up with its last item, for a session has one batch size. */
export function filledGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, group) =>
    Array.from({ length: size }, (_, i) => items[Math.min(group * size + i, items.length - 1)]!),
  );
}

/**
 * What the glances show, as the inputs of `clipNetwork`: `flow` [clips · segments · flowFields, 3, side, side],
 * `picture` [clips · segments, 3, side, side], `sound` [clips, 1, samples, 1] and `hasSound` [clips, 1].
 * A segment without flow (a film of one frame) is at rest.
 *
 * @param inputs which of them to make.
 */
export async function readBatch(
  clips: readonly Look[],
  view: View,
  inputs: readonly ('flow' | 'picture' | 'sound')[],
): Promise<Record<string, Tensor>> {
  const area = 3 * view.side * view.side;
  const perClip = {
    flow: [view.segments * view.flowFields, 3, view.side, view.side],
    picture: [view.segments, 3, view.side, view.side],
    sound: [1, 1, view.samples, 1],
  };
  const batch: Record<string, Tensor> = {};
  for (const name of inputs) {
    const shape = [clips.length * perClip[name][0]!, ...perClip[name].slice(1)];
    batch[name] = { shape, data: new Float32Array(elementCount(shape)) };
  }
  if (inputs.includes('sound'))
    batch.hasSound = { shape: [clips.length, 1], data: new Float32Array(clips.length) };

  await Promise.all(
    clips.map(async ({ clip, glance }, row) => {
      if (batch.picture || batch.flow) {
        const wanted = { picture: Boolean(batch.picture), flow: Boolean(batch.flow) };
        const segments = await clip.segments(
          glance.segments.map(({ index }) => index),
          wanted,
        );
        segments.forEach((segment, s) => {
          const place = row * view.segments + s;
          if (batch.picture) {
            const picture = cropPicture(segment.rgb, segment.width, glance.crop);
            writePicture(picture, batch.picture.data.subarray(place * area, (place + 1) * area));
          }
          if (batch.flow) {
            for (let f = 0; f < view.flowFields; f++) {
              const at = (place * view.flowFields + f) * area;
              const field = segment.flow[glance.segments[s]!.flow[f] ?? -1] ?? restingFlow;
              writeFlowCrop(field, clip, glance.crop, batch.flow.data.subarray(at, at + area));
            }
          }
        });
      }
      if (batch.sound && clip.sampleCount > 0) {
        batch.hasSound!.data[row] = 1;
        const start = Math.max(0, glance.soundStart);
        const end = Math.min(clip.sampleCount, glance.soundStart + view.samples);
        const heard = await clip.waveform(start, end);
        batch.sound.data.set(heard, row * view.samples + start - glance.soundStart);
      }
    }),
  );
  return batch;
}
