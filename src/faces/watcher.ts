import type { FaceDetector } from './detector.ts';
import type { ExpressionReader } from './expressions.ts';
import type { FacePicture } from './picture-parts.ts';
import { summaryOf } from './summary.ts';
import { FaceTracks, type SeenFace } from './tracks.ts';

/** Seconds between looks: of the frames every 0.4 s, every other one. */
export const lookPeriod = 0.8;

/** Watches the faces of one film. */
export class FaceWatcher {
  private readonly detector: FaceDetector;
  private readonly reader: ExpressionReader;
  private readonly tracks = new FaceTracks();
  private looked: number = Number.NEGATIVE_INFINITY;
  private summary: Float32Array | undefined;

  constructor(detector: FaceDetector, reader: ExpressionReader) {
    this.detector = detector;
    this.reader = reader;
  }

  /**
   * The frames of a film one after the other; between looks, what the last look saw still holds.
   *
   * @param time in seconds, rising.
   * @returns the numbers called `faceNumbers`.
   */
  async watch(picture: FacePicture, time: number): Promise<Float32Array> {
    if (this.summary && time - this.looked < lookPeriod - 0.1) return this.summary;
    this.looked = time;
    const faces: SeenFace[] = [];
    for (const face of await this.detector.detect(picture))
      faces.push({ box: face, expressions: await this.reader.read(picture, face) });
    this.summary = summaryOf(this.tracks.follow(faces), picture);
    return this.summary;
  }
}
