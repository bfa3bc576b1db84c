import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { pythonHas, requirement } from '../support/testing.ts';
import { writeField } from './flow.ts';
import { writePicture } from './picture.ts';

const python = '/usr/bin/python3';
const hasTorch = requirement('torchvision (python3-torchvision)', () => pythonHas(python, 'torchvision'));

/** ImageNet normalization by torchvision, of float32 [3, height, width] in 0..1 on stdin. */
function torchvisionNormalize(planes: Float32Array, height: number, width: number): Float32Array {
  const program = `
import sys, torch, numpy, torchvision
x = numpy.frombuffer(sys.stdin.buffer.read(), 'f4').copy().reshape(3, ${height}, ${width})
n = torchvision.transforms.Normalize([.485, .456, .406], [.229, .224, .225])
sys.stdout.buffer.write(n(torch.from_numpy(x)).numpy().tobytes())`;
  const { stdout, stderr } = spawnSync(python, ['-c', program], { input: Buffer.from(planes.buffer) });
  if (stdout.length === 0) throw new Error(String(stderr));
  return new Float32Array(new Uint8Array(stdout).buffer);
}

const difference = (a: Float32Array, b: Float32Array) =>
  a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i]!)), a.length === b.length ? 0 : Infinity);

test.skipIf(!hasTorch)('a picture is normalized as torchvision does it (needs python3-torchvision)', () => {
  const [width, height] = [7, 5];
  const random = Random.seeded(1);
  const rgb = Uint8Array.from({ length: 3 * width * height }, () => random.integer(256));
  const planes = new Float32Array(rgb.length);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < width * height; i++)
      planes[channel * width * height + i] = rgb[3 * i + channel]! / 255;
  }
  const input = new Float32Array(rgb.length);
  writePicture(rgb, input);
  expect(difference(input, torchvisionNormalize(planes, height, width))).toBeLessThan(1e-6);
});

test.skipIf(!hasTorch)('a flow field becomes levels, and these a picture (needs python3-torchvision)', () => {
  const [width, height] = [6, 4];
  const area = width * height;
  const random = Random.seeded(2);
  const u = Float32Array.from({ length: area }, () => random.normal() * 15);
  const v = Float32Array.from({ length: area }, () => random.normal() * 15);
  const level = (d: number) => ((Math.min(20, Math.max(-20, d)) + 20) / 40) * 255;
  const planes = new Float32Array(3 * area);
  for (let i = 0; i < area; i++) {
    planes[i] = level(u[i]!) / 255;
    planes[area + i] = level(v[i]!) / 255;
    planes[2 * area + i] = level(Math.hypot(u[i]!, v[i]!)) / 255;
  }
  const input = new Float32Array(3 * area);
  writeField({ width, height, u, v }, input);
  expect(difference(input, torchvisionNormalize(planes, height, width))).toBeLessThan(2e-6);
});
