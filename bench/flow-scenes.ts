import type { FlowField, GrayImage, Size } from '../src/flow/index.ts';
import { Random, seedOf } from '../src/support/random.ts';
import { type Box, rendered, type Scene, trueFlow, type Vector } from './flow-renderer.ts';
import {
  havePhotographs,
  irregular,
  painted,
  photographed,
  repeating,
  type Texture,
} from './flow-textures.ts';

/** Pairs to choose constants and methods on, and pairs that no choice may be made on. */
export type Half = 'choose' | 'report';

/** Two frames and the exact flow from the first to the second, also of what is hidden in the second. */
export interface RenderedPair {
  readonly name: string;
  readonly frames: readonly [GrayImage, GrayImage];
  readonly truth: FlowField;
}

const size: Size = { width: 640, height: 480 };

/** Displacement in pixels that 5% of a picture's points exceed. */
const motions = [6, 20, 60] as const;

const kinds = { street, thicket, blocks, facades } as const;

/**
 * Rendered pairs of a half, 640×480: streets that the camera drives into, thickets of poles it passes, blocks that move and
 * turn by themselves, and facades of repeating textures, each with small, moderate and large motion. Half of them have
 * photographs for textures and are left out where opencv-doc is not installed. All follows from the seeds.
 *
 * @param round other numbers give other pairs.
 */
export async function* renderedPairs(half: Half, round = 0): AsyncGenerator<RenderedPair> {
  const photographs = havePhotographs ? await photographed(half) : [];
  for (const [k, [kind, build]] of Object.entries(kinds).entries()) {
    for (const [m, motion] of motions.entries()) {
      const withPhotographs = (k + m + round) % 2 === 1;
      if (withPhotographs && !havePhotographs) continue;
      const random = Random.seeded(seedOf(half === 'choose' ? 1 : 2, round, k, m));
      const textures = withPhotographs ? photographs : texturesFor(kind === 'facades', random);
      const scene = moved(build(random, textures), motion);
      const frames = [
        photo(rendered(scene, size, 0), random),
        photo(rendered(scene, size, 1), random),
      ] as const;
      const name = `${kind} ${motion} px${withPhotographs ? ', photographs' : ''}`;
      yield { name, frames, truth: trueFlow(scene, size) };
    }
  }
}

/** Six textures: all of them repeating, or two. */
function texturesFor(allRepeating: boolean, random: Random): Texture[] {
  return Array.from({ length: 6 }, (_, n) =>
    painted(one(allRepeating || n < 2 ? repeating : irregular, random), random),
  );
}

/** The scene with all motion scaled so that 5% of the points move further than so many pixels. */
function moved(scene: Scene, motion: number): Scene {
  const small = { width: size.width / 8, height: size.height / 8 };
  let scale = 1;
  for (let step = 0; step < 12; step++) {
    const { u, v } = trueFlow(timesMotion(scene, scale), small);
    const lengths = Float32Array.from(u, (across, p) => 8 * Math.hypot(across, v[p]!)).sort();
    scale *= motion / lengths[Math.floor(0.95 * lengths.length)]!;
  }
  return timesMotion(scene, scale);
}

function timesMotion({ boxes, camera }: Scene, scale: number): Scene {
  const times = ([x, y, z]: Vector): Vector => [scale * x, scale * y, scale * z];
  const faster = <T extends Scene['camera']>(moving: T): T => ({
    ...moving,
    shift: times(moving.shift),
    spin: times(moving.spin),
  });
  return { boxes: boxes.map(faster), camera: faster(camera) };
}

/** As a camera gives it: in other light, with noise, in whole numbers. */
function photo({ width, height, data }: GrayImage, random: Random): GrayImage {
  const [gain, offset, noise] = [between(0.92, 1.08, random), between(-8, 8, random), between(1, 4, random)];
  const grays = Uint8Array.from(data, (value) =>
    Math.min(Math.max(Math.round(gain * value + offset + noise * random.normal()), 0), 255),
  );
  return { width, height, data: grays };
}

const between = (least: number, most: number, random: Random) => least + (most - least) * random.uniform();
const one = <T>(choices: readonly T[], random: Random): T => choices[random.integer(choices.length)]!;
const still = { shift: [0, 0, 0], spin: [0, 0, 0], turn: [0, 0, 0] } as const;

/** A vector of random direction, each part up to so much. */
const wander = (most: number, random: Random): Vector => [
  between(-most, most, random),
  between(-most, most, random),
  between(-most, most, random),
];

const wall = (depth: number, textures: Texture[], random: Random): Box => ({
  ...still,
  place: [0, 0, depth + 1],
  half: [60 * depth, 60 * depth, 1],
  texture: one(textures, random),
  density: 0.7 / depth,
});

const ground = (below: number, textures: Texture[], random: Random): Box => ({
  ...still,
  place: [0, below + 1, 0],
  half: [1000, 1, 1000],
  texture: one(textures, random),
  density: between(0.2, 0.4, random),
});

function street(random: Random, textures: Texture[]): Scene {
  const houses = Array.from({ length: 14 }, (_, n): Box => {
    const [width, height] = [between(1, 2.5, random), between(1.5, 5, random)];
    const place: Vector = [
      (n % 2 ? 1 : -1) * between(3.2, 5, random),
      1.6 - height,
      between(4, 6, random) + 4 * (n >> 1),
    ];
    const half: Vector = [width, height, between(0.8, 1.8, random)];
    return { ...still, place, half, texture: one(textures, random), density: between(0.15, 0.4, random) };
  });
  const lamps = Array.from({ length: 6 }, (_, n): Box => {
    const place: Vector = [(n % 2 ? 1 : -1) * between(1.2, 2, random), 0, between(3, 5, random) + 2.5 * n];
    return { ...still, place, half: [0.06, 1.6, 0.06], texture: one(textures, random), density: 1 };
  });
  const cars = Array.from({ length: 3 }, (): Box => {
    const place: Vector = [between(-1.5, 1.5, random), 1, between(5, 14, random)];
    const shift: Vector = [0, 0, between(-0.5, 0.8, random)];
    return { ...still, place, shift, half: [0.7, 0.6, 1.2], texture: one(textures, random), density: 0.5 };
  });
  return {
    boxes: [wall(45, textures, random), ground(1.6, textures, random), ...houses, ...lamps, ...cars],
    camera: { shift: [between(-0.1, 0.1, random), 0, 0.5], spin: wander(0.02, random) },
  };
}

function thicket(random: Random, textures: Texture[]): Scene {
  const poles = Array.from({ length: 45 }, (): Box => {
    const depth = between(2.5, 12, random);
    const width = between(0.02, 0.12, random);
    return {
      ...still,
      place: [between(-0.8, 0.8, random) * depth, 0, depth],
      turn: wander(0.3, random),
      half: [width, 12, width],
      texture: one(textures, random),
      density: between(0.5, 1.5, random),
    };
  });
  return {
    boxes: [wall(14, textures, random), ground(1.5, textures, random), ...poles],
    camera: {
      shift: [one([-0.3, 0.3], random), between(-0.05, 0.05, random), between(-0.1, 0.1, random)],
      spin: wander(0.01, random),
    },
  };
}

function blocks(random: Random, textures: Texture[]): Scene {
  const floating = Array.from({ length: 14 }, (): Box => {
    const depth = between(3, 9, random);
    return {
      place: [between(-0.5, 0.5, random) * depth, between(-0.4, 0.4, random) * depth, depth],
      turn: wander(1.5, random),
      shift: wander(0.35, random),
      spin: wander(0.08, random),
      half: [between(0.15, 0.9, random), between(0.15, 0.9, random), between(0.1, 0.6, random)],
      texture: one(textures, random),
      density: between(0.3, 1, random),
    };
  });
  return {
    boxes: [wall(12, textures, random), ...floating],
    camera: { shift: wander(0.05, random), spin: wander(0.005, random) },
  };
}

function facades(random: Random, textures: Texture[]): Scene {
  const fronts = Array.from({ length: 7 }, (): Box => {
    const depth = between(4, 10, random);
    return {
      ...still,
      place: [between(-0.6, 0.6, random) * depth, between(-0.2, 0.3, random) * depth, depth],
      turn: [0, between(-0.7, 0.7, random), 0],
      shift: random.uniform() < 0.3 ? wander(0.2, random) : [0, 0, 0],
      half: [between(0.5, 1.6, random), between(0.5, 2, random), 0.3],
      texture: one(textures, random),
      density: between(0.2, 0.5, random),
    };
  });
  return {
    boxes: [wall(13, textures, random), ground(2, textures, random), ...fronts],
    camera: {
      shift: [one([-0.3, 0.3], random), between(-0.1, 0.1, random), between(-0.2, 0.2, random)],
      spin: wander(0.02, random),
    },
  };
}
