import type { ClipFile } from '../clips/index.ts';
import { type Crop, centerCrop, momentCrop, randomCrop } from '../streams/index.ts';
import type { Random } from '../support/random.ts';

/** How much a step looks at of each clip. */
export interface ExcerptSize {
  /** Moments, whose frames are looked at. */
  readonly moments: number;
  /** Fields of motion of each moment. */
  readonly fields: number;
  /** Samples of the waveform. */
  readonly samples: number;
  /** Side of the square cut out of frames and fields. */
  readonly side: number;
  /** The moments follow each other, for a network that looks over time; else one is from each of equal parts of the clip. */
  readonly inARow?: boolean;
}

/** Which parts of a clip a step looks at; drawn before anything is read, so that a resumed run draws the same. */
export interface Excerpt {
  /** Numbers of moments, and for each the numbers of its fields and the square that is seen of them. */
  readonly moments: readonly {
    readonly index: number;
    readonly fields: readonly number[];
    readonly crop: Crop;
  }[];
  /** First sample of the waveform; negative when it starts in the silence before. */
  readonly soundStart: number;
}

/** An excerpt and the clip that it is of. */
export interface ClipExcerpt {
  readonly clip: ClipFile;
  readonly excerpt: Excerpt;
}

/**
 * A random excerpt: one moment from each of equal parts of the clip (Wang et al., "Temporal Segment Networks", 2016,
 * section 3.1), or moments in a row from a random one on; random fields of each, and the paper's random square and flip, the same for all frames of the clip.
 */
export function randomExcerpt(clip: ClipFile, size: ExcerptSize, random: Random): Excerpt {
  const draw = (total: number, count: number) =>
    Array.from({ length: count }, (_, part) =>
      Math.min(total - 1, Math.floor(((part + random.uniform()) * total) / count)),
    );
  const moments = size.inARow ? rowOf(clip, size, random.uniform()) : draw(clip.segmentCount, size.moments);
  const seen = moments.map((index) => ({
    index,
    fields: draw(clip.flowCount(index), clip.flowCount(index) > 0 ? size.fields : 0),
  }));
  const crop = randomCrop(clip.width, clip.height, size.side, random);
  return {
    moments: seen.map((moment) => ({ ...moment, crop })),
    soundStart: Math.round(random.uniform() * (clip.sampleCount - size.samples)),
  };
}

/**
 * Numbers of moments that follow each other; of a clip with fewer, its last one again.
 *
 * @param place of the first among those it can be, 0 to 1.
 */
function rowOf({ segmentCount }: ClipFile, { moments }: ExcerptSize, place: number): number[] {
  const first = Math.floor(place * (Math.max(0, segmentCount - moments) + 1));
  return Array.from({ length: moments }, (_, i) => Math.min(first + i, segmentCount - 1));
}

/**
 * The middle of each of equal parts of a clip, or the moments around its middle; the center of its frames, the middle of its
 * waveform. Moments in a row are seen the same way round, for places of one are joined with those of the next.
 */
export function evenExcerpt(clip: ClipFile, size: ExcerptSize): Excerpt {
  const middles = (total: number, count: number) =>
    Array.from({ length: count }, (_, part) =>
      Math.min(total - 1, Math.floor(((part + 0.5) * total) / count)),
    );
  const moments = size.inARow ? rowOf(clip, size, 0.5) : middles(clip.segmentCount, size.moments);
  return {
    moments: moments.map((index, number) => ({
      index,
      fields: middles(clip.flowCount(index), clip.flowCount(index) > 0 ? size.fields : 0),
      crop: size.inARow
        ? centerCrop(clip.width, clip.height, size.side)
        : momentCrop(clip.width, clip.height, size.side, number),
    })),
    soundStart: Math.round((clip.sampleCount - size.samples) / 2),
  };
}

/** Groups of one size; the last is filled up with its last item, for a session has one batch size. */
export function filledGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, group) =>
    Array.from({ length: size }, (_, i) => items[Math.min(group * size + i, items.length - 1)]!),
  );
}
