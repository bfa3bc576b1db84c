import { InputError, unknownName } from '../support/errors.ts';
import { color } from './color.ts';
import { face } from './face.ts';
import { flow } from './flow.ts';
import type { Material } from './material.ts';
import { picture } from './picture.ts';
import { sound } from './sound.ts';
import type { Backbone, Stream } from './stream.ts';

const standard: readonly Stream[] = [flow, picture, sound];
const optional: readonly Stream[] = [color, face];

/** Of the whole process: the command line's modules are joined in files of its own, and who adds a stream loads others. */
const registry: unique symbol = Symbol.for('affectline.streams');
const shared = globalThis as { [registry]?: Stream[] };
shared[registry] ??= [...standard, ...optional];
const known = shared[registry];

/** Names of the streams of the paper's network, which networks have unless told otherwise. */
export const standardStreams: readonly string[] = standard.map(({ name }) => name);

/** Names of those that a network has when it is asked for. */
export const optionalStreams: readonly string[] = optional.map(({ name }) => name);

/** Names that parameters of a network begin with outside of its streams. */
const reserved = ['fusion', 'regression', 'decision'];

/** Names of all streams, in the order in which networks have them. */
export function streamNames(): string[] {
  return known.map(({ name }) => name);
}

/** Makes a stream known, so that networks can be described, trained and analyzed with it by its name. */
export function registerStream(stream: Stream): void {
  const { name, aliases, backbones } = stream;
  if (!/^[a-z][a-z0-9-]*$/.test(name) || reserved.includes(name))
    throw new InputError(`'${name}' cannot be the name of a stream; lower-case letters, digits and hyphens`);
  const taken = known.flatMap((other) => [other.name, ...other.aliases]);
  const twice = [name, ...aliases].find((other) => taken.includes(other));
  if (twice !== undefined) throw new InputError(`there is a stream '${twice}' already`);
  if (Object.keys(backbones).length === 0) throw new InputError(`the stream '${name}' has no backbone`);
  known.push(stream);
}

/** @throws InputError unless it is the name of a stream, or another name of one. */
export function streamNamed(name: string): Stream {
  const stream = known.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
  if (!stream) throw unknownName('stream', name, streamNames());
  return stream;
}

/**
 * The streams of these names or other names, by their names and in the order of all.
 *
 * @throws InputError when one is unknown or named twice, or there is none.
 */
export function streamsNamed(names: readonly string[]): string[] {
  const found = names.map((name) => streamNamed(name).name);
  if (found.length === 0)
    throw new InputError(`a network needs at least one stream of: ${streamNames().join(', ')}`);
  if (new Set(found).size < found.length) throw new InputError(`'${names.join(',')}' names a stream twice`);
  return streamNames().filter((name) => found.includes(name));
}

/** The streams that take something of a film, by name. */
export function takersOf(material: Material, names: readonly string[]): string[] {
  return names.filter((name) => streamNamed(name).takes === material);
}

/** A backbone of a stream; its first unless one is named. @throws InputError when it has none of this name. */
export function backboneOf(stream: string, backbone?: string): Backbone {
  const { backbones } = streamNamed(stream);
  const name = backbone ?? Object.keys(backbones)[0]!;
  const found = Object.hasOwn(backbones, name) ? backbones[name] : undefined;
  if (!found) throw unknownName(`backbone of the stream '${stream}':`, name, Object.keys(backbones));
  return found;
}

/** Whether a stream looks at frames or motion and its map is fused with those of others, place by place. */
export function isFused(name: string): boolean {
  const { takes, joins } = streamNamed(name);
  return takes !== 'waveform' && joins !== 'regression';
}

/** Whether any of these streams asks how long the shot around a frame lasts. */
export function asksForShots(names: readonly string[]): boolean {
  return names.some((name) => streamNamed(name).asksForShots === true);
}

/** The stream that can start from pretrained files of a network; undefined where none can. */
export function streamOfPretrained(network: string): string | undefined {
  return known.find(({ backbones }) =>
    Object.values(backbones).some(({ pretrained }) => pretrained === network),
  )?.name;
}

/** The stream that a parameter belongs to, by its name; undefined for one of fusion or regression. */
export function streamOfParameter(parameter: string): string | undefined {
  const prefix = parameter.slice(0, parameter.indexOf('.'));
  return known.find(({ name }) => name === prefix)?.name;
}
