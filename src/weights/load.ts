import { InputError } from '../support/errors.ts';
import type { Tensor } from '../support/tensor.ts';
import { quoted } from './bytes.ts';

/** As many faults of one kind are listed by name; the rest are counted. */
const mostListed = 20;

/** What parameters are loaded from. */
export interface LoadOptions {
  /** What the parameters come from, for the message: a file's path. */
  source?: string;
}

/**
 * The parameters that a network expects, taken from those found in a file.
 *
 * @param expected every parameter by name and shape, in the order of the result.
 * @throws InputError one for all: every parameter that is missing, unknown to the network, of another shape, or holds
 *   what is not a finite number.
 */
export function loadInto(
  expected: readonly { readonly name: string; readonly shape: readonly number[] }[],
  parameters: ReadonlyMap<string, Tensor>,
  { source = 'the weights' }: LoadOptions = {},
): Map<string, Tensor> {
  const known = new Set(expected.map(({ name }) => name));
  const missing = expected.filter(({ name }) => !parameters.has(name)).map(({ name }) => quoted(name));
  const extra = [...parameters.keys()].filter((name) => !known.has(name)).map(quoted);
  const misshaped = expected.flatMap(({ name, shape }) => {
    const tensor = parameters.get(name);
    if (!tensor || `${tensor.shape}` === `${shape}`) return [];
    return [`${quoted(name)} is [${tensor.shape}], not [${shape}]`];
  });
  const notNumbers = expected.flatMap(({ name }) => {
    const fault = parameters.get(name) && faultyNumber(name, parameters.get(name)!);
    return fault ? [`${quoted(name)} holds ${fault}`] : [];
  });
  const faults = [
    listed('missing', missing),
    listed('unknown to the network', extra),
    listed('of another shape', misshaped),
    listed('with what no network computes with', notNumbers),
  ].filter((line) => line !== '');
  if (faults.length > 0) {
    throw new InputError(
      `${source} do not fit the network's ${expected.length} parameters\n  ${faults.join('\n  ')}`,
    );
  }
  return new Map(expected.map(({ name }) => [name, parameters.get(name)!]));
}

/** A number of a parameter that would make every result NaN or infinite, in words. */
export function faultyNumber(name: string, { data }: Tensor): string | undefined {
  const isVariance = name.endsWith('running_var');
  // by number: an iterator takes ten times as long where this runs once
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    // a difference to itself: 0 for finite numbers alone
    if (value - value !== 0) return Number.isNaN(value) ? 'NaN' : 'an infinite number';
    if (isVariance && value < 0) return `the variance ${value}`;
  }
  return undefined;
}

function listed(fault: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  const more = items.length > mostListed ? `, and ${items.length - mostListed} more` : '';
  return `${items.length} ${fault}: ${items.slice(0, mostListed).join(', ')}${more}`;
}
