/** Hue in turns [0, 1), saturation and value in [0, 1], of a color in [0, 1]³ (Smith 1978). */
export function hueSaturationValue(
  red: number,
  green: number,
  blue: number,
): { hue: number; saturation: number; value: number } {
  const value = Math.max(red, green, blue);
  const chroma = value - Math.min(red, green, blue);
  if (chroma === 0) return { hue: 0, saturation: 0, value };
  let sixth = 4 + (red - green) / chroma;
  if (value === red) {
    // what % 6 gives, which takes as long as all the rest
    const turned = (green - blue) / chroma + 6;
    sixth = turned >= 6 ? turned - 6 : turned;
  } else if (value === green) sixth = 2 + (blue - red) / chroma;
  return { hue: sixth / 6, saturation: chroma / value, value };
}

/**
 * CIE 1976 L*a*b* (white D65) of an sRGB color in [0, 1]³, in steps of 1/255 (IEC 61966-2-1).
 *
 * @returns lightness 0 … 100; a (green to red) and b (blue to yellow), about −108 … 99.
 */
export function cieLab(
  red: number,
  green: number,
  blue: number,
): { lightness: number; a: number; b: number } {
  const r = linearLight(red);
  const g = linearLight(green);
  const b = linearLight(blue);
  const x = compressed((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = compressed(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = compressed((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return { lightness: 116 * y - 16, a: 500 * (x - y), b: 200 * (y - z) };
}

/** By level, 0 … 255. */
const linearLights = Float64Array.from({ length: 256 }, (_, level) => linear(level / 255));

/** @param level 0 … 1, in steps of 1/255. */
function linearLight(level: number): number {
  return linearLights[Math.round(255 * level)]!;
}

function linear(level: number): number {
  return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
}

function compressed(ratio: number): number {
  return ratio > 216 / 24389 ? Math.cbrt(ratio) : ((24389 / 27) * ratio + 16) / 116;
}
