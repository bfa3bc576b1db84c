/** A function to be minimized, with its gradient at a place. */
export type Objective = (place: Float64Array) => { value: number; gradient: Float64Array };

export interface Minimum {
  place: Float64Array;
  value: number;
}

const memory = 10;

/**
 * A local minimum by L-BFGS (Nocedal & Wright 2006, algorithm 7.5) with a backtracking line search;
 * coordinates are kept between the bounds, where a gradient that points outward is disregarded.
 */
export function minimize(
  objective: Objective,
  start: ArrayLike<number>,
  {
    lowest = -Infinity,
    highest = Infinity,
    steps = 1000,
  }: { lowest?: number; highest?: number; steps?: number } = {},
): Minimum {
  const within = (x: number) => Math.min(highest, Math.max(lowest, x));
  let place: Float64Array = Float64Array.from(start, within);
  let { value, gradient } = objective(place);
  let idle = 0;
  const history: { step: Float64Array; change: Float64Array; scale: number }[] = [];

  for (let iteration = 0; iteration < steps; iteration++) {
    const free = gradient.map((g, i) =>
      (place[i] === lowest && g > 0) || (place[i] === highest && g < 0) ? 0 : g,
    );
    if (norm(free) < 1e-10 * Math.max(1, Math.abs(value))) break;
    let direction = descent(free, history).map((d, i) => (free[i] === 0 ? 0 : d));
    let slope = dot(direction, free);
    if (!(slope < 0)) {
      history.length = 0;
      direction = free.map((g) => -g);
      slope = dot(direction, free);
    }
    let length = history.length === 0 ? Math.min(1, 1 / norm(free)) : 1;
    let next: { place: Float64Array; value: number; gradient: Float64Array } | undefined;
    for (; length > 1e-12; length /= 2) {
      const candidate = place.map((x, i) => within(x + length * direction[i]!));
      const there = objective(candidate);
      if (there.value <= value + 1e-4 * length * slope) {
        next = { place: candidate, ...there };
        break;
      }
    }
    if (!next) {
      if (history.length === 0) break; // not even the gradient leads down: this is as low as float64 gets
      history.length = 0;
      continue;
    }
    const gain = value - next.value;
    idle = gain < 1e-15 * Math.max(1, Math.abs(value)) ? idle + 1 : 0;
    const { place: nextPlace, gradient: nextGradient } = next;
    const step = nextPlace.map((x, i) => x - place[i]!);
    const change = nextGradient.map((g, i) => g - gradient[i]!);
    const curvature = dot(step, change);
    if (curvature > 1e-12 * norm(step) * norm(change)) {
      history.push({ step, change, scale: 1 / curvature });
      if (history.length > memory) history.shift();
    }
    ({ place, value, gradient } = next);
    if (idle === 3) break;
  }
  return { place, value };
}

/** −(approximate inverse Hessian) × gradient, from the last steps and changes of the gradient. */
function descent(
  gradient: Float64Array,
  history: readonly { step: Float64Array; change: Float64Array; scale: number }[],
): Float64Array {
  const direction = gradient.map((g) => -g);
  const weights: number[] = [];
  for (const { step, change, scale } of history.toReversed()) {
    const weight = scale * dot(step, direction);
    weights.unshift(weight);
    change.forEach((c, i) => {
      direction[i]! -= weight * c;
    });
  }
  const last = history.at(-1);
  if (last) {
    const size = dot(last.step, last.change) / dot(last.change, last.change);
    direction.forEach((d, i) => {
      direction[i] = size * d;
    });
  }
  history.forEach(({ step, change, scale }, j) => {
    const weight = weights[j]! - scale * dot(change, direction);
    step.forEach((s, i) => {
      direction[i]! += weight * s;
    });
  });
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}
