import type { ModelDescription } from './film-affect.ts';

/** What a person should know of a model before trusting its numbers, each a sentence. */
export function modelWarnings({ trained, synthetic }: ModelDescription): string[] {
  const warnings: string[] = [];
  if (trained === false) warnings.push('untrained: the weights are random, so the numbers mean nothing');
  if (synthetic)
    warnings.push(
      'the model has seen synthetic films only (rendered, not filmed): for a real film its numbers are a first guess',
    );
  return warnings;
}
