import { type ColorFeature, type ColorSums, feature, Sum, shareFeatures } from './feature.ts';
import { SoftHistogram } from './soft-histogram.ts';
import { cieLab } from './spaces.ts';

const lightnesses = [0, 25, 50, 75, 100];
const opponents = [-40, -20, 0, 20, 40];

/** Names of what `LabSums` says, in order. */
export const labFeatures: readonly ColorFeature[] = [
  feature('lightness', 0.47, 0.14),
  feature('lightnessDeviation', 0.23, 0.06),
  feature('redGreen', 0.04, 0.09),
  feature('redGreenDeviation', 0.08, 0.06),
  feature('blueYellow', 0.07, 0.14),
  feature('blueYellowDeviation', 0.11, 0.07),
  feature('warm', 0.23, 0.21),
  feature('cold', 0.06, 0.12),
  ...shareFeatures('lightness', lightnesses),
  ...shareFeatures('redGreen', opponents),
  ...shareFeatures('blueYellow', opponents),
];

/**
 * What is said of a picture by CIE L*a*b* (`cieLab`).
 *
 * - `lightness` (L), `redGreen` (a), `blueYellow` (b): mean and standard deviation, divided by 100, and the shares of the
 *   picture that are near to some values.
 * - `warm`, `cold`: shares of the picture by the warmth of Ou, Luo, Woodcock & Wright,
 *   "A study of colour emotion and colour preference, part I" (2004), without its constant: .02 C^1.07 cos(h − 50°), with
 *   chroma C and hue h of a and b. A pixel counts whole from 1, or −1, on.
 */
export class LabSums implements ColorSums {
  private pixels = 0;
  private warm = 0;
  private cold = 0;
  private readonly lightness = new Sum();
  private readonly redGreen = new Sum();
  private readonly blueYellow = new Sum();
  private readonly lightnesses = SoftHistogram.between(0, 100, lightnesses.length);
  private readonly redGreens = SoftHistogram.between(-40, 40, opponents.length);
  private readonly blueYellows = SoftHistogram.between(-40, 40, opponents.length);

  add(red: number, green: number, blue: number): void {
    const { lightness, a, b } = cieLab(red, green, blue);
    const warmth = warmthOf(a, b);
    this.pixels++;
    this.lightness.add(lightness / 100);
    this.redGreen.add(a / 100);
    this.blueYellow.add(b / 100);
    if (warmth > 0) this.warm += Math.min(1, warmth);
    else this.cold += Math.min(1, -warmth);
    this.lightnesses.add(lightness, 1);
    this.redGreens.add(a, 1);
    this.blueYellows.add(b, 1);
  }

  values(): number[] {
    const histograms = [this.lightnesses, this.redGreens, this.blueYellows];
    const parts = [this.warm, this.cold, ...histograms.flatMap(({ weights }) => [...weights])];
    return [
      ...[this.lightness, this.redGreen, this.blueYellow].flatMap(({ mean, deviation }) => [mean, deviation]),
      ...parts.map((weight) => weight / this.pixels),
    ];
  }
}

/** cos(h − 50°) = (a cos 50° + b sin 50°) / C. */
const [cosine, sine] = [Math.cos((50 * Math.PI) / 180), Math.sin((50 * Math.PI) / 180)];

function warmthOf(a: number, b: number): number {
  const chroma = Math.sqrt(a * a + b * b);
  return chroma === 0 ? 0 : 0.02 * chroma ** 0.07 * (a * cosine + b * sine);
}
