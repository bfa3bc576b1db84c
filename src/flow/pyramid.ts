import { blur, derivativeX, derivativeY, type Plane, resample } from './plane.ts';
import { type GrayImage, levelSizes, reductionSmoothing, type Schedule } from './schedule.ts';

/** A frame on one level of the pyramid, with the derivatives that the constancy assumptions need. */
export interface Level {
  readonly image: Plane;
  readonly x: Plane;
  readonly y: Plane;
  readonly xx: Plane;
  /** ∂/∂y of ∂/∂x. */
  readonly xy: Plane;
  readonly yy: Plane;
}

/**
 * The frame, smoothed, in ever coarser sizes, the finest first.
 * Each level is made from the one before: blurred against aliasing, then reduced.
 */
export function pyramid(frame: GrayImage, schedule: Schedule): Level[] {
  const [, ...coarser] = levelSizes(frame, schedule);
  const { width, height } = frame;
  let image = blur({ width, height, data: Float32Array.from(frame.data) }, schedule.presmoothing);
  const levels = [differentiate(image)];
  for (const { width, height } of coarser) {
    image = resample(blur(image, reductionSmoothing(schedule)), width, height);
    levels.push(differentiate(image));
  }
  return levels;
}

function differentiate(image: Plane): Level {
  const x = derivativeX(image);
  const y = derivativeY(image);
  return { image, x, y, xx: derivativeX(x), xy: derivativeY(x), yy: derivativeY(y) };
}
