const degrees = [
  [0.08, 'neither'],
  [0.25, 'slightly'],
  [0.5, ''],
  [Number.POSITIVE_INFINITY, 'very'],
] as const;

/** A value of the plane, −1 … 1, as people say it: "slightly pleasant", "very calm". */
export function inWords(of: 'valence' | 'arousal', value: number): string {
  const [high, low] = of === 'valence' ? ['pleasant', 'unpleasant'] : ['excited', 'calm'];
  const degree = degrees.find(([limit]) => Math.abs(value) < limit)![1];
  if (degree === 'neither') return `neither ${high} nor ${low}`;
  return `${degree} ${value > 0 ? high : low}`.trim();
}
