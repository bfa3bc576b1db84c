import { gaussianResample, type Plane } from './plane.ts';
import { type GrayImage, levelsOf, type Schedule } from './schedule.ts';

/**
 * The frame in ever coarser sizes, the finest first. The finest level is the frame, smoothed;
 * each other one is made from the one before.
 */
export function pyramid(frame: GrayImage, schedule: Schedule): Plane[] {
  const [, ...coarser] = levelsOf(frame, schedule);
  const { width, height } = frame;
  const pixels = { width, height, data: Float32Array.from(frame.data) };
  const levels = [gaussianResample(pixels, width, height, schedule.presmoothing)];
  for (const { width, height } of coarser) {
    levels.push(gaussianResample(levels.at(-1)!, width, height, schedule.reductionSmoothing));
  }
  return levels;
}
