import type { FlowField, GrayImage, Size } from '../src/flow/index.ts';
import { sampled, type Texture } from './flow-textures.ts';

/** To the right, downwards, away from the camera at its first place. */
export type Vector = readonly [number, number, number];

/** How something stands at the first frame, and how it moves to the second. */
interface Moving {
  readonly place: Vector;
  /** Axis times angle in radians. */
  readonly turn: Vector;
  /** Way from the first frame to the second. */
  readonly shift: Vector;
  /** Turn from the first frame to the second, about its own middle: axis times angle in radians. */
  readonly spin: Vector;
}

/** A box: also a pole, a wall or the ground. */
export interface Box extends Moving {
  /** Half of its width, height and depth. */
  readonly half: Vector;
  readonly texture: Texture;
  /** Times that the texture repeats along a unit of length. */
  readonly density: number;
}

/** Boxes before a camera, which looks along z with a focal length of .9 picture widths and moves as well. */
export interface Scene {
  readonly boxes: readonly Box[];
  readonly camera: Pick<Moving, 'shift' | 'spin'>;
}

/** Rows of a rotation matrix. */
type Rotation = readonly [Vector, Vector, Vector];

interface Pose {
  readonly place: Vector;
  /** From the body's own directions to those of the world. */
  readonly rotation: Rotation;
}

const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const plus = (a: Vector, b: Vector, times = 1): Vector => [
  a[0] + times * b[0],
  a[1] + times * b[1],
  a[2] + times * b[2],
];
const rotated = ([x, y, z]: Rotation, a: Vector): Vector => [dot(x, a), dot(y, a), dot(z, a)];
const inverse = ([x, y, z]: Rotation): Rotation => [
  [x[0], y[0], z[0]],
  [x[1], y[1], z[1]],
  [x[2], y[2], z[2]],
];
const product = (a: Rotation, b: Rotation): Rotation => {
  const columns = inverse(b);
  return [rotated(columns, a[0]), rotated(columns, a[1]), rotated(columns, a[2])];
};

/** Rodrigues' formula. */
function rotation(turn: Vector): Rotation {
  const angle = Math.sqrt(dot(turn, turn));
  if (angle === 0)
    return [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
  const [x, y, z]: Vector = [turn[0] / angle, turn[1] / angle, turn[2] / angle];
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const t = 1 - c;
  return [
    [c + t * x * x, t * x * y - s * z, t * x * z + s * y],
    [t * x * y + s * z, c + t * y * y, t * y * z - s * x],
    [t * x * z - s * y, t * y * z + s * x, c + t * z * z],
  ];
}

/** Where a body is at time `time`, 0 at the first frame and 1 at the second. */
function poseOf({ place, turn, shift, spin }: Moving, time: number): Pose {
  const more: Vector = [time * spin[0], time * spin[1], time * spin[2]];
  return { place: plus(place, shift, time), rotation: product(rotation(more), rotation(turn)) };
}

const cameraOf = (scene: Scene, time: number) =>
  poseOf({ ...scene.camera, place: [0, 0, 0], turn: [0, 0, 0] }, time);

/** Closer than this to the camera nothing is seen. */
const nearest = 0.05;

/** What each place of a grid over the picture shows: the box (its number) and how deep it lies. */
interface Seen {
  readonly box: Int16Array;
  readonly depth: Float32Array;
}

/** From a place of a picture, in pixels from its left and top edge, to the direction (x, y, 1) that it looks in. */
const lens = ({ width, height }: Size) => ({
  focal: 0.9 * width,
  middleX: (width - 1) / 2,
  middleY: (height - 1) / 2,
});

/** A box as the camera sees it: a place that looks in direction d is at `origin` + depth · `directions` d in the box's own coordinates. */
function relative(box: Box, camera: Pose, time: number) {
  const pose = poseOf(box, time);
  const own = inverse(pose.rotation);
  return {
    origin: rotated(own, plus(camera.place, pose.place, -1)),
    directions: product(own, camera.rotation),
    pose,
  };
}

/** Looks along `finer`² rays for each pixel. */
function look(scene: Scene, size: Size, time: number, finer: number): Seen {
  const [wide, high] = [size.width * finer, size.height * finer];
  const { focal, middleX, middleY } = lens(size);
  const seen = {
    box: new Int16Array(wide * high).fill(-1),
    depth: new Float32Array(wide * high).fill(Infinity),
  };
  const camera = cameraOf(scene, time);
  scene.boxes.forEach((box, n) => {
    const { origin, directions } = relative(box, camera, time);
    const [left, right, top, bottom] = bounds(box, origin, directions, size);
    for (let j = Math.floor(top * finer); j < bottom * finer; j++) {
      const y = ((j + 0.5) / finer - 0.5 - middleY) / focal;
      for (let i = Math.floor(left * finer); i < right * finer; i++) {
        const x = ((i + 0.5) / finer - 0.5 - middleX) / focal;
        let [enters, leaves] = [nearest, seen.depth[j * wide + i]!];
        for (let axis = 0; axis < 3; axis++) {
          const row = directions[axis]!;
          const along = row[0] * x + row[1] * y + row[2];
          const [a, b] = [
            (-box.half[axis]! - origin[axis]!) / along,
            (box.half[axis]! - origin[axis]!) / along,
          ];
          enters = Math.max(enters, Math.min(a, b));
          leaves = Math.min(leaves, Math.max(a, b));
        }
        if (enters >= leaves || enters === nearest) continue;
        seen.depth[j * wide + i] = enters;
        seen.box[j * wide + i] = n;
      }
    }
  });
  return seen;
}

/** The part of the picture that a box can be in: left, right, top and bottom in pixels. */
function bounds(
  box: Box,
  origin: Vector,
  directions: Rotation,
  size: Size,
): [number, number, number, number] {
  const whole: [number, number, number, number] = [0, size.width, 0, size.height];
  const { focal, middleX, middleY } = lens(size);
  const toCamera = inverse(directions);
  const xs: number[] = [];
  const ys: number[] = [];
  for (let corner = 0; corner < 8; corner++) {
    const own = box.half.map((half, axis) => ((corner >> axis) & 1 ? half : -half)) as unknown as Vector;
    const [x, y, z] = rotated(toCamera, plus(own, origin, -1));
    if (z < nearest) return whole;
    xs.push((focal * x) / z + middleX);
    ys.push((focal * y) / z + middleY);
  }
  const within = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return [
    within(Math.floor(Math.min(...xs)), size.width),
    within(Math.ceil(Math.max(...xs)) + 1, size.width),
    within(Math.floor(Math.min(...ys)), size.height),
    within(Math.ceil(Math.max(...ys)) + 1, size.height),
  ];
}

const light: Vector = [-0.48, -0.64, -0.6];

/** What the camera sees at a time, the mean of 2×2 rays a pixel; grays from 0 to 255, not rounded. */
export function rendered(
  scene: Scene,
  size: Size,
  time: number,
): GrayImage & { readonly data: Float32Array } {
  const finer = 2;
  const wide = size.width * finer;
  const { focal, middleX, middleY } = lens(size);
  const camera = cameraOf(scene, time);
  const views = scene.boxes.map((box) => relative(box, camera, time));
  const seen = look(scene, size, time, finer);
  const data = new Float32Array(size.width * size.height);
  for (let p = 0; p < seen.box.length; p++) {
    const [i, j] = [p % wide, Math.floor(p / wide)];
    const { box, view, depth } = {
      box: scene.boxes[seen.box[p]!]!,
      view: views[seen.box[p]!]!,
      depth: seen.depth[p]!,
    };
    const direction = rotated(view.directions, [
      ((i + 0.5) / finer - 0.5 - middleX) / focal,
      ((j + 0.5) / finer - 0.5 - middleY) / focal,
      1,
    ]);
    const own = plus(view.origin, direction, depth);
    const shares = own.map((at, axis) => Math.abs(at) / box.half[axis]!);
    const axis = shares.indexOf(Math.max(...shares));
    const [across, down] = [own[axis === 0 ? 2 : 0]!, own[axis === 1 ? 2 : 1]!];
    const slant = Math.max(Math.abs(direction[axis]!) / Math.sqrt(dot(direction, direction)), 0.2);
    const footprint = (depth * box.density) / (focal * finer * slant);
    const gray = sampled(box.texture, across * box.density, down * box.density, footprint);
    const facing = Math.sign(own[axis]!) * dot(light, inverse(view.pose.rotation)[axis]!);
    const pixel = Math.floor(j / finer) * size.width + Math.floor(i / finer);
    data[pixel] = data[pixel]! + (255 * gray * (0.8 + 0.2 * facing)) / finer ** 2;
  }
  return { ...size, data };
}

/**
 * Where what each pixel's middle shows at the first frame is at time `time`: also where it is hidden then, or outside.
 *
 * @throws Error where the scene has a hole.
 */
export function trueFlow(scene: Scene, size: Size, time = 1): FlowField {
  const { focal, middleX, middleY } = lens(size);
  const [before, after] = [cameraOf(scene, 0), cameraOf(scene, time)];
  const views = scene.boxes.map((box) => ({ ...relative(box, before, 0), later: poseOf(box, time) }));
  const toCamera = inverse(after.rotation);
  const seen = look(scene, size, 0, 1);
  const flow = { ...size, u: new Float32Array(seen.box.length), v: new Float32Array(seen.box.length) };
  for (let p = 0; p < seen.box.length; p++) {
    const [x, y] = [p % size.width, Math.floor(p / size.width)];
    const view = views[seen.box[p]!];
    if (!view) throw new Error(`the scene has a hole at (${x}, ${y})`);
    const direction = rotated(view.directions, [(x - middleX) / focal, (y - middleY) / focal, 1]);
    const own = plus(view.origin, direction, seen.depth[p]!);
    const world = plus(view.later.place, rotated(view.later.rotation, own));
    const [toX, toY, depth] = rotated(toCamera, plus(world, after.place, -1));
    const known = depth > nearest;
    flow.u[p] = known ? (focal * toX) / depth + middleX - x : 1e10;
    flow.v[p] = known ? (focal * toY) / depth + middleY - y : 1e10;
  }
  return flow;
}
