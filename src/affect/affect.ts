/** The two numbers that how a film makes people feel is said in (Russell 1980; Kim & Lee 2018, section 1). */
export const dimensions = ['valence', 'arousal'] as const;

/** `valence`: unpleasant … pleasant; `arousal`: calm … excited. */
export type Dimension = (typeof dimensions)[number];

/** How a film makes people feel, in the units of the labels that a model learned from. */
export interface Affect {
  valence: number;
  arousal: number;
}

/** Lowest and highest value that a label can have; the middle is neutral. */
export type Scale = readonly [lowest: number, highest: number];

/** The scale of LIRIS-ACCEDE and of the synthetic films: 1 … 5, where 3 is neutral. */
export const labelScale: Scale = [1, 5];

/** The value of a scale that is neither one thing nor the other. */
export function neutralOf([lowest, highest]: Scale): number {
  return (lowest + highest) / 2;
}

/** A value of a scale on −1 … 1, where 0 is neutral: as films of different models are compared. */
export function fromNeutral(value: number, scale: Scale = labelScale): number {
  return (value - neutralOf(scale)) / ((scale[1] - scale[0]) / 2);
}

/** The nearest point of the plane that lies on the scale; the point itself where there is no scale. */
export function onScale({ valence, arousal }: Affect, scale: Scale | undefined): Affect {
  if (scale === undefined) return { valence, arousal };
  const [lowest, highest] = scale;
  const bounded = (value: number) => Math.min(Math.max(value, lowest), highest);
  return { valence: bounded(valence), arousal: bounded(arousal) };
}

/** Affects as one: what parts add to valence and arousal, together. */
export function sumOf(parts: readonly Affect[]): Affect {
  return parts.reduce(
    (sum, { valence, arousal }) => ({ valence: sum.valence + valence, arousal: sum.arousal + arousal }),
    { valence: 0, arousal: 0 },
  );
}
