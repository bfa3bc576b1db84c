import { type Box, overlap } from './boxes.ts';

/** A face over time: where it was seen last, and what its expressions were. */
interface FaceTrack {
  readonly box: Box;
  /** The last ones, in order. */
  readonly expressions: readonly Float32Array[];
}

/** A face as it is seen at a moment. */
export interface SeenFace {
  readonly box: Box;
  readonly expressions: Float32Array;
}

/** Of two looks, 0.8 s apart: a face that overlaps by less has gone, or the picture has been cut. */
const sameFace = 0.3;
/** Looks that the expressions of a face are the mean of. */
const looksKept = 3;

/**
 * Follows faces from one look to the next: a face goes on as the one of the look before that it overlaps most, and its
 * expressions are the mean of its last three looks, for single ones flicker.
 */
export class FaceTracks {
  private tracks: readonly FaceTrack[] = [];

  /** @returns the same faces, with steadier expressions. */
  follow(faces: readonly SeenFace[]): SeenFace[] {
    const free = new Set(this.tracks);
    const pairs = faces
      .flatMap((face) => this.tracks.map((track) => ({ face, track, common: overlap(face.box, track.box) })))
      .filter(({ common }) => common > sameFace)
      .sort((a, b) => b.common - a.common);
    const before = new Map<SeenFace, FaceTrack>();
    for (const { face, track } of pairs) if (!before.has(face) && free.delete(track)) before.set(face, track);
    this.tracks = faces.map((face) => ({
      box: face.box,
      expressions: [...(before.get(face)?.expressions ?? []), face.expressions].slice(-looksKept),
    }));
    return this.tracks.map(({ box, expressions }) => ({ box, expressions: meanOf(expressions) }));
  }
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  return vectors[0]!.map((_, i) => vectors.reduce((sum, vector) => sum + vector[i]!, 0) / vectors.length);
}
