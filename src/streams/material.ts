/** A frame of a film, or a part of one. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Packed, three bytes a pixel, row by row. */
  readonly rgb: Uint8Array;
  /** Seconds that the shot around it lasts, as far as it is looked at (room `shots`); where a stream asks for it. */
  readonly shot?: number | undefined;
}

/**
 * How far everything has moved from one frame to another, at a resolution of its own. Displacements are in the unit of
 * the preprocessing (see `Preprocessing.flow`), which is about a pixel of the scaled frame.
 */
export interface Field {
  readonly width: number;
  readonly height: number;
  /** To the right; `width * height` values, row by row. */
  readonly u: Float32Array;
  /** Downwards. */
  readonly v: Float32Array;
}

/** What a stream can take of a film: a frame at each moment, the motion between pairs of frames, the waveform, or what is known of faces at each moment. */
export interface Materials {
  frame: Picture;
  pair: Field;
  /** Mono, 22,050 Hz, in [−1, 1]. */
  waveform: Float32Array;
  /** The numbers that the room `faces` calls `faceNumbers`, of the whole frame. */
  faces: Float32Array;
}

/** The name of a material. */
export type Material = keyof Materials;

/** The motion of a moment that has no pair of frames, as in a film of one frame. */
export const restingField: Field = {
  width: 1,
  height: 1,
  u: new Float32Array(1),
  v: new Float32Array(1),
};
