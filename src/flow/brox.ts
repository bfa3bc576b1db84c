import { median } from './median.ts';
import { newPlane, type Plane, resample } from './plane.ts';
import { pyramid } from './pyramid.ts';
import {
  type BroxOptions,
  type FlowField,
  type GrayImage,
  levelsOf,
  type Schedule,
  scheduleOf,
} from './schedule.ts';
import { searched } from './search.ts';
import { relax } from './solver.ts';
import { edgeWeights, linearSystem } from './system.ts';
import { normalized, warp } from './warping.ts';

/**
 * Optical flow from the first frame to the second, after Brox, Bruhn, Papenberg and Weickert, "High Accuracy Optical
 * Flow Estimation Based on a Theory for Warping", ECCV 2004. Numbers in brackets, here and beside, are the paper's equations.
 *
 * The flow minimizes the energy (7), E = E_Data + α E_Smooth: points keep their brightness and their brightness
 * gradient (5), and the flow is smooth except at a few edges (6). Only two frames are looked at, so smoothness is
 * spatial. Beyond the paper, `Schedule` says how constancy is normalized, smoothness follows the picture and which level starts
 * from a search of patches, and each level ends with a median. This is the readable version and the oracle of the kernel, which computes the same about nine times faster.
 *
 * @throws TypeError when the frames are smaller than 2×2, differ in size, or do not have a value per pixel.
 */
export function broxFlow(
  first: GrayImage,
  second: GrayImage,
  { preset = 'standard' }: BroxOptions = {},
): FlowField {
  checkPair(first, second);
  return coarseToFine(first, second, scheduleOf(preset));
}

/** The coarse-to-fine strategy of section 3.2: solve on the coarsest level, and let each result start the next finer level. */
export function coarseToFine(first: GrayImage, second: GrayImage, schedule: Schedule): FlowField {
  const firstLevels = pyramid(first, schedule);
  const secondLevels = pyramid(second, schedule);
  const levels = levelsOf(first, schedule);
  const coarsest = levels.at(-1)!;
  let flow: [Plane, Plane] = [
    newPlane(coarsest.width, coarsest.height),
    newPlane(coarsest.width, coarsest.height),
  ];
  for (let n = levels.length - 1; n >= 0; n--) {
    flow = flowAt(flow, firstLevels[n]!);
    if (levels[n]!.searched) flow = searched(firstLevels[n]!, secondLevels[n]!, flow);
    refine(firstLevels[n]!, secondLevels[n]!, flow, levels[n]!.warps, schedule);
  }
  return { width: first.width, height: first.height, u: flow[0].data, v: flow[1].data };
}

/**
 * The two nested fixed-point iterations of section 3.2 on one level: over warps (k), and over robust weights (l); then the
 * median. Changes `flow`.
 */
function refine(first: Plane, second: Plane, flow: [Plane, Plane], warps: number, schedule: Schedule): void {
  const continuity = edgeWeights(first, schedule.edgeSlope);
  for (let k = 0; k < warps; k++) {
    const start = [copy(flow[0]), copy(flow[1])] as const;
    const warped = normalized(warp(first, second, ...start), schedule);
    for (let l = 0; l < schedule.innerSteps; l++) {
      const system = linearSystem(warped, start, flow, continuity, schedule);
      relax(system, flow, schedule.sweeps, schedule.relaxation);
    }
  }
  for (const component of flow) component.data.set(median(component).data);
}

/** The flow on a level of another size; displacements grow with the picture. */
function flowAt([u, v]: [Plane, Plane], { width, height }: Plane): [Plane, Plane] {
  if (u.width === width && u.height === height) return [u, v];
  return [resample(u, width, height, width / u.width), resample(v, width, height, height / v.height)];
}

function copy({ width, height, data }: Plane): Plane {
  return { width, height, data: data.slice() };
}

/** @throws TypeError, naming what is wrong. */
function checkPair(first: GrayImage, second: GrayImage): void {
  const { width, height } = first;
  for (const { name, image } of [
    { name: 'first', image: first },
    { name: 'second', image: second },
  ]) {
    if (
      !(
        Number.isInteger(image.width) &&
        Number.isInteger(image.height) &&
        image.width >= 2 &&
        image.height >= 2
      )
    )
      throw new TypeError(
        `the ${name} frame is ${image.width}×${image.height}; sizes are whole numbers from 2`,
      );
    if (image.data.length !== image.width * image.height)
      throw new TypeError(
        `the ${name} frame has ${image.data.length} values; ${image.width}×${image.height} needs ${image.width * image.height}`,
      );
  }
  if (second.width !== width || second.height !== height)
    throw new TypeError(`the frames differ in size: ${width}×${height} and ${second.width}×${second.height}`);
}
