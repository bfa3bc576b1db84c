/** "0:07", "1:02:30". */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (part: number) => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

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

/** From the scale of a model to the plane. */
export function onPlane(value: number, [low, high]: readonly [number, number] = [1, 5]): number {
  return (2 * (value - low)) / (high - low) - 1;
}
