import { median } from './median.ts';
import { newPlane, type Plane, resample } from './plane.ts';
import { pyramid } from './pyramid.ts';
import { type BroxOptions, type FlowField, type GrayImage, type Schedule, scheduleOf } from './schedule.ts';
import { relax } from './solver.ts';
import { linearSystem } from './system.ts';
import { warp } from './warping.ts';

/**
 * Optical flow from the first frame to the second, after Brox, Bruhn, Papenberg and Weickert, "High Accuracy Optical
 * Flow Estimation Based on a Theory for Warping", ECCV 2004. Numbers in brackets, here and beside, are the paper's equations.
 *
 * The flow minimises the energy (7), E = E_Data + α E_Smooth: points keep their brightness and their brightness
 * gradient (5), and the flow is smooth except at a few edges (6). Only two frames are looked at, so smoothness is
 * spatial. This is the readable version and the oracle of the kernel, which computes the same about nine times faster.
 *
 * @throws TypeError when the frames are smaller than 2×2, differ in size, or do not have a value per pixel.
 */
export function broxFlow(
  first: GrayImage,
  second: GrayImage,
  { preset = 'standard', joint = false, initial }: BroxOptions = {},
): FlowField {
  checkPair(first, second, initial);
  return coarseToFine(first, second, scheduleOf(preset, joint), joint, initial);
}

/** The coarse-to-fine strategy of section 3.2: solve on the coarsest level, and let each result start the next finer level. */
export function coarseToFine(
  first: GrayImage,
  second: GrayImage,
  schedule: Schedule,
  joint: boolean,
  initial?: FlowField,
): FlowField {
  const firstLevels = pyramid(first, schedule);
  const secondLevels = pyramid(second, schedule);
  const coarsest = firstLevels.at(-1)!;
  let flow: [Plane, Plane] = initial
    ? flowAt(planesOf(initial), coarsest)
    : [newPlane(coarsest.width, coarsest.height), newPlane(coarsest.width, coarsest.height)];
  for (let n = firstLevels.length - 1; n >= 0; n--) {
    flow = flowAt(flow, firstLevels[n]!);
    refine(firstLevels[n]!, secondLevels[n]!, flow, schedule, joint);
  }
  return { width: first.width, height: first.height, u: flow[0].data, v: flow[1].data };
}

/** The two nested fixed-point iterations of section 3.2 on one level: over warps (k), and over robust weights (l). Changes `flow`. */
function refine(first: Plane, second: Plane, flow: [Plane, Plane], schedule: Schedule, joint: boolean): void {
  for (let k = 0; k < schedule.warps; k++) {
    const start = [copy(flow[0]), copy(flow[1])] as const;
    const warped = warp(first, second, ...start);
    for (let l = 0; l < schedule.innerSteps; l++) {
      const system = linearSystem(warped, start, flow, schedule, joint);
      relax(system, flow, schedule.sweeps, schedule.relaxation);
    }
    if (schedule.median) for (const component of flow) component.data.set(median(component).data);
  }
}

/** The flow on a level of another size; displacements grow with the picture. */
function flowAt([u, v]: [Plane, Plane], { width, height }: Plane): [Plane, Plane] {
  if (u.width === width && u.height === height) return [u, v];
  return [resample(u, width, height, width / u.width), resample(v, width, height, height / v.height)];
}

function planesOf({ width, height, u, v }: FlowField): [Plane, Plane] {
  return [copy({ width, height, data: u }), copy({ width, height, data: v })];
}

function copy({ width, height, data }: Plane): Plane {
  return { width, height, data: data.slice() };
}

/** @throws TypeError, naming what is wrong. */
export function checkPair(first: GrayImage, second: GrayImage, initial?: FlowField): void {
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
  if (initial && (initial.width !== width || initial.height !== height))
    throw new TypeError(
      `the initial flow is ${initial.width}×${initial.height}; the frames are ${width}×${height}`,
    );
}
