// A drawn face: simple, but shaded as faces are, so that what finds faces in films finds it, too.

/** A face in a picture. */
export interface DrawnFace {
  /** Of its middle, in pixels. */
  readonly x: number;
  readonly y: number;
  /** Half the width of the head, in pixels. */
  readonly radius: number;
  /** −1: the corners of the mouth far down, brows together; 1: far up, cheeks lifted, teeth shown. */
  readonly smile: number;
  /** How light the skin is, 0 … 1. */
  readonly skin: number;
  /** How much light falls on it. */
  readonly light: number;
}

type Color = readonly [number, number, number];

/** Places within a pixel that its color is the mean of. */
const samples = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.25, 0.75],
  [0.75, 0.75],
] as const;

/** Draws a face over a picture. @param picture red, green, blue 0 … 255, row by row; is changed. */
export function drawFace(picture: Uint8Array, width: number, face: DrawnFace): void {
  const height = picture.length / 3 / width;
  const { x, y, radius } = face;
  const bottom = Math.min(height, Math.ceil(y + 1.8 * radius));
  const right = Math.min(width, Math.ceil(x + 1.2 * radius));
  for (let row = Math.max(0, Math.floor(y - 1.6 * radius)); row < bottom; row++)
    for (let column = Math.max(0, Math.floor(x - 1.2 * radius)); column < right; column++) {
      const place = (row * width + column) * 3;
      const sum = [0, 0, 0];
      for (const [across, down] of samples) {
        const color = colorAt((column + across - x) / radius, (row + down - y) / radius, face);
        for (let c = 0; c < 3; c++) sum[c]! += color ? Math.min(255, color[c]!) : picture[place + c]!;
      }
      for (let c = 0; c < 3; c++) picture[place + c] = sum[c]! / samples.length;
    }
}

/** 1 on the outline of an ellipse around 0, less within. */
function ellipse(u: number, v: number, across: number, down: number): number {
  return (u / across) ** 2 + (v / down) ** 2;
}

/** A soft spot of light or shadow, 1 in its middle. */
function spot(u: number, v: number, across: number, down: number): number {
  return Math.exp(-ellipse(u, v, across, down));
}

const dark: Color = [25, 18, 16];

/** The color at a place of the face, in its radii from its middle; undefined beside it. */
function colorAt(u: number, v: number, { smile, skin, light }: DrawnFace): Color | undefined {
  const lit = (color: Color): Color => [light * color[0], light * color[1], light * color[2]];
  const tone = (shade: number) => lit([268 * skin * shade, 204 * skin * shade, 168 * skin * shade]);
  const hair = lit([56 * skin, 38 * skin, 25 * skin]);
  if (ellipse(u, v, 0.95, 1.25) >= 1) {
    if (v < 0.3 && ellipse(u, v + 0.2, 1.08, 1.32) < 1) return hair;
    const isNeck = v > 0.9 && v < 1.75 && Math.abs(u) < 0.45;
    return isNeck ? tone(0.7) : undefined;
  }
  if (v < -0.78 + 0.25 * u * u) return hair;
  const part = mouthAt(u, v, smile, skin) ?? eyeAt(Math.abs(u), v, smile, skin) ?? nostrilAt(Math.abs(u), v);
  return part ? lit(part) : tone(shadeAt(u, v, smile));
}

/** How light the bare skin is: lit from the upper left; in shadow the sockets of the eyes, and below nose and lip. */
function shadeAt(u: number, v: number, smile: number): number {
  const away = Math.abs(u);
  const up = Math.max(0, smile);
  return (
    1.02 -
    0.28 * ellipse(u, v, 0.95, 1.25) ** 2 -
    0.1 * u -
    0.22 * spot(away - 0.38, v + 0.22, 0.26, 0.14) +
    0.12 * spot(u, v - 0.05, 0.09, 0.3) -
    0.22 * spot(u, v - 0.33, 0.2, 0.06) +
    (0.1 + 0.06 * up) * spot(away - 0.5, v - 0.2, 0.2, 0.18) -
    0.12 * spot(u, v - 0.82, 0.25, 0.07) -
    // from the wings of the nose to the corners of a smiling mouth
    0.16 * up * spot(away - 0.42, v - 0.42, 0.05, 0.18)
  );
}

/** Brow, eye and lid, `away` from the middle of the face; brows come down and together in a frown, lids in a smile. */
function eyeAt(away: number, v: number, smile: number, skin: number): Color | undefined {
  const [up, down] = [Math.max(0, smile), Math.max(0, -smile)];
  const inner = 0.16 - 0.04 * down;
  const along = (away - inner) / (0.62 - inner);
  if (along > 0 && along < 1) {
    const brow = -0.42 + 0.16 * down * (1 - along) - 0.03 * up - 0.06 * Math.sin(Math.PI * along);
    if (Math.abs(v - brow) < 0.05 * (1.1 - 0.5 * along)) return dark;
  }
  const [across, below] = [away - 0.38, v + 0.2];
  const eye = ellipse(across, below, 0.19, 0.085 * (1 - 0.35 * up - 0.15 * down));
  if (eye >= 1) return eye < 1.5 && below < 0 ? dark : undefined;
  if (ellipse(across, below, 0.04, 0.04) < 1) return [5, 5, 5];
  if (ellipse(across, below, 0.085, 0.095) < 1) return [60, 40, 30];
  const white = 222 * Math.min(1, skin + 0.2);
  return [white, white, white];
}

function nostrilAt(away: number, v: number): Color | undefined {
  return ellipse(away - 0.1, v - 0.3, 0.045, 0.03) < 1 ? [60, 30, 25] : undefined;
}

/** Lips along a parabola, wider and open in a smile. */
function mouthAt(u: number, v: number, smile: number, skin: number): Color | undefined {
  const up = Math.max(0, smile);
  const half = 0.36 + 0.14 * up;
  if (Math.abs(u) >= half) return undefined;
  const arch = 1 - (u / half) ** 2;
  const below = v - (0.6 + 0.17 * smile * arch - 0.1 * smile + (smile < 0 ? 0.03 : 0));
  const open = 0.13 * up * arch * 0.6;
  if (open > 0.006 && Math.abs(below) < open) return below < open / 2 ? [235, 232, 225] : [70, 20, 25];
  if (Math.abs(below) < 0.014) return [70, 25, 25];
  const lip = 0.075 * Math.sqrt(arch) + 0.01;
  const red = Math.min(1, skin + 0.1);
  return below > -open - lip && below < open + 1.2 * lip ? [190 * red, 85 * red, 80 * red] : undefined;
}
