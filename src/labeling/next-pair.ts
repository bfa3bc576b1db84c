import { strengthsFrom } from '../datasets/index.ts';
import type { Random } from '../support/random.ts';
import type { Choice, LabelScene } from './labels.ts';

/** Of so many questions one is of a pair that others have decided, where there is one: agreement is seen on these. */
const everyShared = 4;

/**
 * The two scenes a rater is asked about next, in an order drawn by chance. Every fourth question is one that another rater
 * has answered; otherwise the scene that was decided upon least often, with that of the others which the choices place
 * nearest: whose order is least certain.
 *
 * @returns nothing when the rater has seen every pair.
 */
export function nextPair(
  scenes: readonly LabelScene[],
  choices: readonly Choice[],
  rater: string,
  random: Random,
): [LabelScene, LabelScene] | undefined {
  const own = new Set(choices.filter((choice) => choice.rater === rater).map(keyOf));
  const byId = new Map(scenes.map((scene) => [scene.id, scene]));
  const mixed = (a: LabelScene, b: LabelScene): [LabelScene, LabelScene] =>
    random.uniform() < 0.5 ? [a, b] : [b, a];

  if (own.size % everyShared === everyShared - 1) {
    const shared = choices.filter(
      (choice) =>
        choice.chosen !== undefined &&
        !own.has(keyOf(choice)) &&
        byId.has(choice.one) &&
        byId.has(choice.other),
    );
    const drawn = shared[random.integer(Math.max(1, shared.length))];
    if (drawn) return mixed(byId.get(drawn.one)!, byId.get(drawn.other)!);
  }

  const places = new Map(scenes.map(({ id }, place) => [id, place]));
  const decided = choices.filter(({ chosen }) => chosen !== undefined);
  const judgments = decided.flatMap(({ one, other, chosen }) => {
    const [winner, loser] = [places.get(chosen!), places.get(chosen === one ? other : one)];
    return winner === undefined || loser === undefined ? [] : [{ winner, loser }];
  });
  const strengths = strengthsFrom(scenes.length, judgments);
  const counts = new Float64Array(scenes.length);
  for (const { winner, loser } of judgments) for (const place of [winner, loser]) counts[place]!++;
  // a fraction drawn by chance breaks ties, and changes no order of whole numbers
  const rarest = scenes
    .map((scene, place) => ({ scene, place, order: counts[place]! + random.uniform() }))
    .sort((a, b) => a.order - b.order);
  for (const { scene, place } of rarest) {
    const open = rarest.filter(
      (other) =>
        other.scene !== scene &&
        !own.has(
          keyOf({ one: Math.min(scene.id, other.scene.id), other: Math.max(scene.id, other.scene.id) }),
        ),
    );
    const [nearest] = open.sort(
      (a, b) =>
        Math.abs(strengths[a.place]! - strengths[place]!) - Math.abs(strengths[b.place]! - strengths[place]!),
    );
    if (nearest) return mixed(scene, nearest.scene);
  }
  return undefined;
}

function keyOf({ one, other }: Pick<Choice, 'one' | 'other'>): string {
  return `${one} ${other}`;
}
