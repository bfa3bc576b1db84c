import { expect, test } from 'vitest';
import { rendered, type Scene, trueFlow } from '../bench/flow-renderer.ts';
import { type Half, type RenderedPair, renderedPairs } from '../bench/flow-scenes.ts';
import { irregular, painted } from '../bench/flow-textures.ts';
import { Random } from '../src/support/random.ts';

const size = { width: 64, height: 48 };
const texture = painted(irregular[0]!, Random.seeded(1));
const still = { turn: [0, 0, 0], shift: [0, 0, 0], spin: [0, 0, 0] } as const;
const wall = { ...still, place: [0, 0, 11], half: [50, 50, 1], texture, density: 0.2 } as const;
const focal = 0.9 * size.width;

const at = (scene: Scene, x: number, y: number) => {
  const { u, v } = trueFlow(scene, size);
  return [u[y * size.width + x]!, v[y * size.width + x]!] as const;
};

test('a wall before a camera that moves aside moves by focal length times shift over depth', () => {
  const [u, v] = at({ boxes: [wall], camera: { shift: [0.5, -0.25, 0], spin: [0, 0, 0] } }, 10, 20);
  expect(u).toBeCloseTo((-focal * 0.5) / 10, 4);
  expect(v).toBeCloseTo((focal * 0.25) / 10, 4);
});

test('a camera that turns moves points by the angle, whatever their depth', () => {
  const angle = 0.01;
  const middle = { x: size.width / 2, y: size.height / 2 };
  const [u, v] = at({ boxes: [wall], camera: { shift: [0, 0, 0], spin: [0, angle, 0] } }, middle.x, middle.y);
  const before = Math.atan(0.5 / focal); // the picture's middle is half a pixel left of the pixel's
  expect(u).toBeCloseTo(focal * Math.tan(before - angle) - 0.5, 3);
  expect(v).toBeCloseTo(0, 2);
});

test('a box that moves by itself moves alone, and hides what is behind', () => {
  const box = { ...wall, place: [0, 0, 6], half: [1, 1, 1], shift: [0.1, 0, 0] } as const;
  const scene: Scene = { boxes: [wall, box], camera: { shift: [0, 0, 0], spin: [0, 0, 0] } };
  expect(at(scene, 32, 24)[0]).toBeCloseTo((focal * 0.1) / 5, 4);
  expect(at(scene, 2, 2)).toEqual([0, 0]);
});

test('where the true flow leads, the second frame shows what the first shows here', () => {
  const box = {
    ...wall,
    place: [0, 0, 6],
    half: [2, 2, 0.5],
    spin: [0.1, 0.15, 0.2],
    shift: [0.1, 0.1, 0],
  } as const;
  const scene: Scene = { boxes: [box], camera: { shift: [0.2, 0, 0.1], spin: [0, 0.01, 0] } };
  const room: Scene = { ...scene, boxes: [{ ...wall, density: 0.01 }, box] };
  const [first, second] = [rendered(room, size, 0), rendered(room, size, 1)];
  const { u, v } = trueFlow(room, size);
  const bilinear = (x: number, y: number) => {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const p = top * size.width + left;
    const [across, down] = [x - left, y - top];
    const above = second.data[p]! * (1 - across) + second.data[p + 1]! * across;
    const below = second.data[p + size.width]! * (1 - across) + second.data[p + size.width + 1]! * across;
    return above * (1 - down) + below * down;
  };
  let [moved, still] = [0, 0];
  for (let y = 18; y < 30; y++) {
    for (let x = 26; x < 38; x++) {
      const p = y * size.width + x;
      moved += Math.abs(first.data[p]! - bilinear(x + u[p]!, y + v[p]!));
      still += Math.abs(first.data[p]! - second.data[p]!);
    }
  }
  expect(moved / 144).toBeLessThan(4); // facing the light otherwise, and sampled otherwise
  expect(still).toBeGreaterThan(2 * moved);
});

test('the same half gives the same pairs, of the motion that was asked for; the other half gives others', async () => {
  const firstOf = async (half: Half): Promise<RenderedPair> => {
    for await (const pair of renderedPairs(half)) return pair;
    throw new Error('no pairs');
  };
  const [one, again, other] = [await firstOf('choose'), await firstOf('choose'), await firstOf('report')];
  expect(again).toEqual(one);
  expect(other.frames[0].data).not.toEqual(one.frames[0].data);
  const lengths = Float32Array.from(one.truth.u, (u, p) => Math.hypot(u, one.truth.v[p]!)).sort();
  expect(lengths[Math.floor(0.95 * lengths.length)]).toBeCloseTo(6, 0);
}, 120_000);
