import { expect, test } from 'vitest';
import { anchorNumbers, anchorsOf, readFaces } from './blazeface.ts';
import { overlap } from './boxes.ts';
import { cutSquare, type FacePicture } from './picture-parts.ts';
import { faceNumbers, summaryOf } from './summary.ts';
import { FaceTracks, type SeenFace } from './tracks.ts';

const none = Float32Array.from({ length: 896 }, () => -20);

/** Answers for anchors, each with a box and eyes that are level, `shift` pixels from the anchor's middle. */
function answers(faces: { anchor: number; score: number; shift: number; side: number }[]) {
  const scores = none.slice();
  const numbers = new Float32Array(896 * anchorNumbers);
  for (const { anchor, score, shift, side } of faces) {
    scores[anchor] = Math.log(score / (1 - score));
    const eyes = [shift - side / 5, -side / 6, shift + side / 5, -side / 6];
    numbers.set([shift, 0, side, side, ...eyes], anchor * anchorNumbers);
  }
  return { scores, numbers };
}

test('anchors stand in the middles of two grids, two and six at each place', () => {
  const anchors = anchorsOf(256);
  expect(anchors).toHaveLength(896);
  expect(anchors[0]).toEqual({ x: 8, y: 8 });
  expect(anchors[1]).toEqual({ x: 8, y: 8 });
  expect(anchors[2]).toEqual({ x: 24, y: 8 });
  expect(anchors[511]).toEqual({ x: 248, y: 248 });
  expect(anchors[512]).toEqual({ x: 16, y: 16 });
  expect(anchors[512 + 6 * 9]).toEqual({ x: 48, y: 48 });
  expect(anchors[895]).toEqual({ x: 240, y: 240 });
});

test('boxes that overlap are blended by their scores, others stay apart', () => {
  // 2 · (16 · 7 + 7): in the middle of the picture, at 120, 120; the last at 24, 24
  const { scores, numbers } = answers([
    { anchor: 238, score: 0.9, shift: 0, side: 60 },
    { anchor: 239, score: 0.6, shift: 10, side: 60 },
    { anchor: 34, score: 0.7, shift: 0, side: 20 },
    { anchor: 300, score: 0.4, shift: 0, side: 20 },
  ]);
  const faces = readFaces(scores, numbers, 256, 0.5);
  expect(faces.map(({ score }) => score.toFixed(3))).toEqual(['0.900', '0.700']);
  expect(faces[0]!.left).toBeCloseTo(90 + (0.6 / 1.5) * 10, 4);
  expect(faces[0]!.bottom).toBeCloseTo(150, 4);
  expect(faces[0]!.angle).toBeCloseTo(0, 6);
  expect(faces[1]).toMatchObject({ left: 14, top: 14, right: 34, bottom: 34 });
  expect(readFaces(none, numbers, 256, 0.5)).toEqual([]);
});

test('a head that leans to the right has eyes that are turned clockwise', () => {
  const { scores, numbers } = answers([{ anchor: 238, score: 0.9, shift: 0, side: 60 }]);
  numbers[238 * anchorNumbers + 5] = -16;
  numbers[238 * anchorNumbers + 7] = 8;
  expect(readFaces(scores, numbers, 256, 0.5)[0]!.angle).toBeCloseTo(Math.PI / 4, 5);
});

test('overlap is the part of two boxes that both share', () => {
  const box = { left: 0, top: 0, right: 10, bottom: 10 };
  expect(overlap(box, box)).toBe(1);
  expect(overlap(box, { ...box, left: 5, right: 15 })).toBeCloseTo(1 / 3, 9);
  expect(overlap(box, { ...box, left: 10, right: 20 })).toBe(0);
  expect(overlap(box, { left: 3, top: 3, right: 3, bottom: 3 })).toBe(0);
});

/** Red rises to the right, green downwards. */
const ramp: FacePicture = {
  width: 40,
  height: 30,
  rgb: Uint8Array.from({ length: 3600 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return [5 * (pixel % 40), 5 * Math.floor(pixel / 40), 0][i % 3]!;
  }),
};

test('a square of a picture is that of its pixels, smaller, turned, and black beyond the edge', () => {
  const planes = (square: Parameters<typeof cutSquare>[1], size: number) => {
    const input = new Float32Array(3 * size * size);
    cutSquare(ramp, square, size, input);
    return input;
  };
  const same = planes({ x: 12, y: 14, side: 8, angle: 0 }, 8);
  for (let row = 0; row < 8; row++)
    for (let column = 0; column < 8; column++) {
      expect(same[8 * row + column]).toBeCloseTo(5 * (8 + column), 4);
      expect(same[64 + 8 * row + column]).toBeCloseTo(5 * (10 + row), 4);
    }
  // a pixel in the place of 2×2 is their mean
  const half = planes({ x: 12, y: 14, side: 8, angle: 0 }, 4);
  expect(half[0]).toBeCloseTo(5 * 8.5, 4);
  expect(half[16 + 4]).toBeCloseTo(5 * 12.5, 4);
  // clockwise by a quarter: what was on the right of the picture is at the bottom of the square's row
  const turned = planes({ x: 12, y: 14, side: 8, angle: Math.PI / 2 }, 8);
  expect(turned[0]).toBeCloseTo(5 * 15, 4);
  expect(turned[64]).toBeCloseTo(5 * 10, 4);
  const beyond = planes({ x: 0, y: 15, side: 8, angle: 0 }, 8);
  expect([...beyond.subarray(64 + 8, 64 + 12)]).toEqual([0, 0, 0, 0]);
  expect(beyond[64 + 12]).toBeCloseTo(5 * 12, 4);
});

const share = (...numbers: number[]) => Float32Array.from({ length: 7 }, (_, i) => numbers[i] ?? 0);
const face = (left: number, side: number, expressions: Float32Array): SeenFace => ({
  box: { left, top: 0, right: left + side, bottom: side },
  expressions,
});

test('a face is followed while it overlaps, and its expressions are the mean of three looks', () => {
  const tracks = new FaceTracks();
  const look = (...faces: SeenFace[]) =>
    tracks.follow(faces).map(({ expressions }) => Number(expressions[0]!.toFixed(4)));
  expect(look(face(0, 20, share(1)), face(50, 20, share(0)))).toEqual([1, 0]);
  // they come in another order, and have moved a little
  expect(look(face(53, 20, share(0.6)), face(2, 20, share(0)))).toEqual([0.3, 0.5]);
  expect(look(face(4, 20, share(0.5)))).toEqual([0.5]);
  expect(look(face(4, 20, share(0.1)))).toEqual([0.2]);
  // a cut: nobody is where somebody was
  expect(look(face(80, 20, share(1)))).toEqual([1]);
  expect(look()).toEqual([]);
  expect(look(face(80, 20, share(0)))).toEqual([0]);
});

test('of two tracks a face goes on as the one that it overlaps most, and none goes on twice', () => {
  const tracks = new FaceTracks();
  tracks.follow([face(0, 20, share(1)), face(8, 20, share(0))]);
  const seen = tracks.follow([face(7, 20, share(0)), face(8, 20, share(0))]);
  expect(seen.map(({ expressions }) => expressions[0])).toEqual([expect.closeTo(0.5, 6), 0]);
});

test('a frame without a face is none with a neutral one', () => {
  const frame = { width: 100, height: 50 };
  const nobody = summaryOf([], frame);
  expect(nobody).toHaveLength(faceNumbers.length);
  expect(nobody.every((value) => value === 0)).toBe(true);
  const neutral = summaryOf([face(0, 20, share(0, 0, 0, 0, 0, 0, 1))], frame);
  expect(neutral[faceNumbers.indexOf('neutral')]).toBe(1);
  expect(neutral[faceNumbers.indexOf('is there a face')]).toBe(1);
});

test('faces weigh as much as the area they have', () => {
  const summary = summaryOf([face(0, 30, share(1)), face(60, 10, share(0, 0, 0, 1))], {
    width: 100,
    height: 50,
  });
  const of = (name: string) => summary[faceNumbers.indexOf(name)]!;
  expect(of('angry')).toBeCloseTo(0.9, 6);
  expect(of('happy')).toBeCloseTo(0.1, 6);
  expect(of('largest height')).toBeCloseTo(0.6, 6);
  expect(of('count')).toBeCloseTo(2 / 5, 6);
  expect(of('area')).toBeCloseTo(Math.sqrt(1000 / 5000), 6);
});
