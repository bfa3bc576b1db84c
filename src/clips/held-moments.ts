import type { ShotDetector } from '../shots/index.ts';
import { type Moment, mostHeldMoments } from '../streams/index.ts';

/** Moments that wait until it is known how long the shots around them last. */
export class HeldMoments {
  private readonly shots: ShotDetector;
  private readonly held: Moment[] = [];

  /** @param shots has been shown the frame of each moment, when that is pushed. */
  constructor(shots: ShotDetector) {
    this.shots = shots;
  }

  /** The next moment. @returns those that wait no longer, in order; the oldest does not where too many wait. */
  push(moment: Moment): Moment[] {
    const { held, shots } = this;
    held.push(moment);
    const waiting = held.findIndex(({ time }) => !shots.knows(time));
    const ready = held.splice(0, Math.max(waiting, held.length - mostHeldMoments));
    return ready.map((of) => withShot(of, shots.lengthAt(of.time)));
  }

  /**
   * The rest, when the film has ended.
   *
   * @param until the time of its last frame, in seconds.
   */
  end(until: number): Moment[] {
    const { held, shots } = this;
    shots.finish();
    return held.splice(0).map((of) => withShot(of, shots.lengthAt(of.time, until)));
  }
}

function withShot(moment: Moment, shot: number): Moment {
  return { ...moment, picture: { ...moment.picture, shot } };
}
