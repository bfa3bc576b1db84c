import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { Random } from '../../support/random.ts';
import { pythonHas, requirement } from '../../support/testing.ts';
import { color } from '../color.ts';
import { colorFeatureList, colorFeatures } from './features.ts';
import { cieLab, hueSaturationValue } from './spaces.ts';

type Rgb = readonly [number, number, number];

const hasPython = requirement('python3-numpy, python3-opencv', () =>
  pythonHas('/usr/bin/python3', 'cv2', 'numpy'),
);
const folder = fileURLToPath(new URL('../../../examples/torch', import.meta.url));
const random = Random.seeded(5);

/** Seconds. */
const shot = 4.2;

/** Pictures of 64×48: noise of all colors, of dark and of gray ones, smooth ones, and one color alone. */
const painted = (colorAt: (x: number, y: number) => Rgb) => {
  const rgb = new Uint8Array(64 * 48 * 3);
  for (let i = 0; i < 64 * 48; i++) rgb.set(colorAt(i % 64, Math.floor(i / 64)), 3 * i);
  return rgb;
};
const any = (below = 256) => random.integer(below);
const pictures: Record<string, Uint8Array> = {
  noise: painted(() => [any(), any(), any()]),
  dark: painted(() => [any(40), any(30), any(50)]),
  gray: painted(() => {
    const level = 100 + any(60);
    return [level, level + any(4), level];
  }),
  gradient: painted((x, y) => [4 * x, 5 * y, 255 - 2 * (x + y)]),
  sunset: painted((x, y) => [255 - 2 * y, 140 - 2 * y + any(6), 20 + x]),
  black: painted(() => [0, 0, 0]),
  white: painted(() => [255, 255, 255]),
  blue: painted(() => [30, 60, 200]),
};

const of = (rgb: Uint8Array) => {
  const values = colorFeatures(rgb, shot);
  return Object.fromEntries(colorFeatureList.map(({ name }, i) => [name, values[i]!]));
};

/** What Python prints as JSON about the pictures, which it finds as `pictures`, by name, as [48, 64, 3]. */
function inPython<Result>(script: string): Result {
  const given = Object.entries(pictures).map(([name, rgb]) => [name, Buffer.from(rgb).toString('base64')]);
  const prelude = `import base64, json, sys
import cv2, numpy as np
sys.path.insert(0, sys.argv[1])
pictures = {k: np.frombuffer(base64.b64decode(v), np.uint8).reshape(48, 64, 3) for k, v in json.load(sys.stdin)}
def lab(p):  # OpenCV's own way from sRGB to L*a*b* is interpolated
    level = p / 255
    light = np.where(level > 0.04045, ((level + 0.055) / 1.055) ** 2.4, level / 12.92)
    return cv2.cvtColor(np.float32(light), cv2.COLOR_LRGB2Lab)
`;
  const output = execFileSync('/usr/bin/python3', ['-B', '-c', prelude + script, folder], {
    input: JSON.stringify(given),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(output);
}

test('there are as many names as numbers, none twice, and none is missing of any picture', () => {
  const names = colorFeatureList.map(({ name }) => name);
  expect(names).toHaveLength(51);
  expect(new Set(names).size).toBe(51);
  for (const rgb of Object.values(pictures)) {
    const values = colorFeatures(rgb, shot);
    expect(values).toHaveLength(51);
    for (const value of values) expect(Math.abs(value)).toBeLessThan(1.5);
  }
});

test('a picture that does not say how long its shot lasts is refused with what to do', () => {
  const picture = { width: 64, height: 48, rgb: pictures.noise! };
  expect(() => color.backbones.dense!.write(picture, new Float32Array(51))).toThrow(
    /prepared by an earlier version .* delete them, and they are prepared again/,
  );
});

test.skipIf(!hasPython)('L*a*b* and HSV are those of OpenCV (needs python3-opencv)', () => {
  const theirs = inPython<Record<string, { lab: number[]; hsv: number[] }>>(`
hsv = lambda p: cv2.cvtColor(np.float32(p) / np.float32(255), cv2.COLOR_RGB2HSV)
print(json.dumps({k: {"lab": lab(p).ravel().tolist(),
  "hsv": hsv(p).ravel().tolist()} for k, p in pictures.items()}))`);
  for (const [name, rgb] of Object.entries(pictures)) {
    const { lab, hsv } = theirs[name]!;
    let [inLab, inHue, inOthers] = [0, 0, 0];
    for (let i = 0; i < rgb.length; i += 3) {
      const [red, green, blue] = [rgb[i]! / 255, rgb[i + 1]! / 255, rgb[i + 2]! / 255] as const;
      const { lightness, a, b } = cieLab(red, green, blue);
      for (const [k, value] of [lightness, a, b].entries())
        inLab = Math.max(inLab, Math.abs(value - lab[i + k]!));
      const { hue, saturation, value } = hueSaturationValue(red, green, blue);
      const turn = Math.abs(360 * hue - hsv[i]!);
      inHue = Math.max(inHue, Math.min(turn, 360 - turn));
      inOthers = Math.max(inOthers, Math.abs(saturation - hsv[i + 1]!), Math.abs(value - hsv[i + 2]!));
    }
    // its matrix has more digits
    expect(inLab, name).toBeLessThan(0.05);
    expect(inHue, name).toBeLessThan(0.01);
    expect(inOthers, name).toBeLessThan(1e-4);
  }
});

test.skipIf(!hasPython)(
  'all features and inputs are those of examples/torch/color.py (needs python3-numpy)',
  () => {
    const theirs = inPython<Record<string, { features: number[]; input: number[] }>>(`
import color
print(json.dumps({k: {"features": color.color_features(p, 4.2).tolist(), "input": color.color_input(p, 4.2).ravel().tolist()}
  for k, p in pictures.items()}))`);
    const { write } = color.backbones.dense!;
    for (const [name, rgb] of Object.entries(pictures)) {
      const { features, input } = theirs[name]!;
      for (const [i, value] of colorFeatures(rgb, shot).entries())
        expect(Math.abs(value - features[i]!), `${name} ${colorFeatureList[i]!.name}`).toBeLessThan(1e-6);
      const written = new Float32Array(51);
      write({ width: 64, height: 48, rgb, shot }, written);
      for (const [i, value] of written.entries())
        expect(Math.abs(value - input[i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    }
  },
);

test.skipIf(!hasPython)(
  'colorfulness, contrast, warmth and shares are those of their definitions (needs python3-opencv)',
  () => {
    // written by the definitions, on OpenCV's conversions; hues counted as Ke et al. do, of a picture with hues at bins
    const theirs = inPython<Record<string, Record<string, number>>>(`
def said(p):
    r, g, b = np.float64(p).reshape(-1, 3).T
    rg, yb = r - g, (r + g) / 2 - b
    m = (np.sqrt(rg.var() + yb.var()) + 0.3 * np.sqrt(rg.mean() ** 2 + yb.mean() ** 2)) / 255
    L, a, b = lab(p).reshape(-1, 3).T
    c, h = np.hypot(a, b), np.degrees(np.arctan2(b, a))
    wc = -0.5 + 0.02 * c ** 1.07 * np.cos(np.radians(h - 50))
    counts = np.bincount(p.ravel(), minlength=256).cumsum() / p.size
    return {"colorfulness": m, "warm": (wc + 0.5).clip(0, 1).mean(), "cold": (-0.5 - wc).clip(0, 1).mean(),
      "contrast": (np.argmax(counts >= 0.99) - np.argmax(counts >= 0.01)) / 255,
      "lightness": L.mean() / 100, "redGreenDeviation": a.std() / 100,
      "lightnessShare50": np.interp(L, [25, 50, 75], [0, 1, 0]).mean(),
      "blueYellowShare40": np.interp(b, [20, 40], [0, 1]).mean()}
print(json.dumps({k: {n: float(v) for n, v in said(p).items()} for k, p in pictures.items()}))`);
    for (const [name, rgb] of Object.entries(pictures)) {
      const ours = of(rgb);
      for (const [which, value] of Object.entries(theirs[name]!))
        expect(Math.abs(ours[which]! - value), `${name} ${which}`).toBeLessThan(2e-3);
    }
  },
);

test('hues are counted as Ke et al. count them where none is at a border', () => {
  const hues: readonly Rgb[] = [
    // of 0, 36, 90, 180 and 270 degrees
    [200, 40, 40],
    [200, 136, 40],
    [120, 200, 40],
    [40, 200, 200],
    [120, 40, 200],
  ];
  for (let count = 1; count <= hues.length; count++)
    expect(20 * of(painted((x) => hues[x % count]!)).hueCount!).toBeCloseTo(count, 6);
  // gray, dark and glaring colors do not count, nor does a hundredth of a percent of the picture
  expect(of(painted((x) => (x % 2 ? [120, 118, 120] : [9, 1, 1]))).hueCount).toBe(0);
  expect(of(painted(() => [255, 0, 0])).hueCount).toBe(0);
  const speck = painted((x, y) => (x + y === 0 ? [200, 40, 40] : [100, 100, 100]));
  expect(20 * of(speck).hueCount!).toBeLessThan(0.05);
});

test('features say what is to be seen', () => {
  const [red, blue] = [of(painted(() => [200, 60, 30])), of(pictures.blue!)];
  expect(red.warm).toBe(1);
  expect(red.cold).toBe(0);
  expect(blue.cold).toBeGreaterThan(0.8);
  expect(blue.warm).toBe(0);
  expect(red.hue0! + red.hue30!).toBeCloseTo(170 / 255, 9);
  expect(blue.hue240! + blue.hue210!).toBeCloseTo(170 / 255, 9);
  expect(of(pictures.white!)).toMatchObject({
    brightness: 1,
    brightnessShare100: 1,
    colorfulness: 0,
    contrast: 0,
  });
  expect(of(pictures.black!)).toMatchObject({ lightness: 0, saturation: 0, saturationShare0: 1 });
  expect(of(pictures.noise!).colorfulness!).toBeGreaterThan(0.3);
});

test('a picture of another size, mirrored or turned has the same features; a small change changes them little', async () => {
  const film = await sharp({
    create: {
      width: 8,
      height: 6,
      channels: 3,
      background: '#000',
      noise: { type: 'gaussian', mean: 120, sigma: 60 },
    },
  })
    .resize(512, 384, { kernel: 'cubic' })
    .raw()
    .toBuffer();
  const raw = { raw: { width: 512, height: 384, channels: 3 } } as const;
  const other = async (change: (picture: Sharp) => Sharp) =>
    colorFeatures(new Uint8Array(await change(sharp(film, raw)).raw().toBuffer()), shot);
  const whole = colorFeatures(film, shot);
  const farthest = (values: readonly number[]) =>
    Math.max(...values.map((value, i) => Math.abs(value - whole[i]!) / colorFeatureList[i]!.deviation));
  expect(farthest(await other((picture) => picture.flop()))).toBeLessThan(1e-9);
  expect(farthest(await other((picture) => picture.rotate(90)))).toBeLessThan(1e-9);
  for (const width of [128, 224, 1024])
    expect(farthest(await other((picture) => picture.resize(width)))).toBeLessThan(0.1);
  const brighter = colorFeatures(
    film.map((level) => Math.min(255, level + 1)),
    shot,
  );
  expect(farthest(brighter)).toBeLessThan(0.15);
  const jpeg = await sharp(film, raw).jpeg({ quality: 90 }).toBuffer();
  const decoded = await sharp(jpeg).raw().toBuffer();
  expect(farthest(colorFeatures(decoded, shot))).toBeLessThan(0.15);
});
