/** Seconds as people write them: "0:07", "1:02:30". */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number) => String(part).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A value of the curve: "3.12" on a scale of positive numbers, else with its sign, "+0.12", "−1.30". */
export function shown(value: number, scale: readonly [number, number] = [-1, 1], decimals = 2): string {
  const rounded = Math.abs(value).toFixed(decimals);
  if (Number(rounded) === 0) return rounded;
  return `${value < 0 ? '−' : scale[0] < 0 ? '+' : ''}${rounded}`;
}
