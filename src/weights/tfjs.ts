import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../support/errors.ts';
import { readSmallText } from '../support/regular-file.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import { naming, quoted, readWhole } from './bytes.ts';
import { toFloat32 } from './elements.ts';
import { findDuplicateKey } from './json.ts';

// A graph model of TensorFlow.js is a JSON file, `modelTopology` (a TensorFlow GraphDef as JSON, texts in base64) and
// `weightsManifest` (which constants follow one another in which files beside it):
// https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/io/types.ts (ModelJSON, WeightsManifestConfig).

/** A node of a graph model: an operation, and which nodes it takes. */
export interface GraphNode {
  name: string;
  /** TensorFlow's name, as `MaxPool`. */
  op: string;
  inputs: readonly string[];
  attributes: Readonly<Record<string, unknown>>;
}

/** A graph model of TensorFlow.js. */
export interface GraphModel {
  /** By name. */
  nodes: ReadonlyMap<string, GraphNode>;
  /** Numbers of the nodes that are constant, in the file's order of axes: maps are [N, height, width, channels]. */
  constants: ReadonlyMap<string, Tensor>;
  /** Names of nodes. */
  inputs: readonly string[];
  outputs: readonly string[];
}

const largestJson = 16 * 2 ** 20;
const mostNodes = 2000;
const mostDimensions = 6;
const longestName = 1000;

const name = z.string().min(1).max(longestName);
const nodeSchema = z.object({
  name,
  op: z.string().min(1).max(100),
  input: z.array(name).max(64).default([]),
  attr: z.record(z.string().max(100), z.unknown()).default({}),
});
const weightSchema = z.object({
  name,
  shape: z.array(z.number().int().min(1)).max(mostDimensions),
  dtype: z.string().max(20),
  quantization: z.unknown().optional(),
});
const signatureSchema = z.object({
  inputs: z.record(z.string(), z.object({ name })),
  outputs: z.record(z.string(), z.object({ name })),
});
const schema = z.object({
  format: z.literal('graph-model'),
  modelTopology: z.object({ node: z.array(nodeSchema).min(1).max(mostNodes) }),
  weightsManifest: z
    .array(z.object({ paths: z.array(name).max(100), weights: z.array(weightSchema).max(mostNodes) }))
    .max(100),
  signature: signatureSchema.optional(),
  userDefinedMetadata: z.object({ signature: signatureSchema.optional() }).optional(),
});

type Manifest = z.infer<typeof schema>['weightsManifest'];

/**
 * Reads a graph model of TensorFlow.js: the JSON file, and the files of weights beside it that it names.
 *
 * @throws InputError when they are damaged or do not fit together, or the weights are quantized.
 */
export async function readGraphModel(path: string): Promise<GraphModel> {
  const text = await readText(path);
  const shards = new Map<string, Uint8Array>();
  for (const shard of naming(path, () => shardsOf(text)))
    shards.set(shard, await readWhole(join(dirname(path), shard)));
  return naming(path, () => parseGraphModel(text, shards));
}

/** The files that a graph model consists of, its JSON first. @throws InputError when that is none. */
export async function graphModelFiles(path: string): Promise<string[]> {
  const text = await readText(path);
  return [path, ...naming(path, () => shardsOf(text)).map((shard) => join(dirname(path), shard))];
}

async function readText(path: string): Promise<string> {
  return await readSmallText(path, 'weight file', largestJson);
}

/**
 * The same from memory.
 *
 * @param shards the files of weights, by the names that the JSON gives them.
 */
export function parseGraphModel(text: string, shards: ReadonlyMap<string, Uint8Array>): GraphModel {
  const { modelTopology, weightsManifest, signature, userDefinedMetadata } = parsed(text);
  const constants = constantsOf(weightsManifest, shards);
  const nodes = new Map<string, GraphNode>();
  for (const { name, op, input, attr } of modelTopology.node) {
    if (nodes.has(name)) throw new InputError(`two nodes are called ${quoted(name)}`);
    // `name:0` is a node's first result, `^name` only says that it comes before
    const inputs = input.filter((other) => !other.startsWith('^')).map(nodeOf);
    nodes.set(name, { name, op, inputs, attributes: attr });
    if (op === 'Const' && !constants.has(name))
      throw new InputError(`node ${quoted(name)}: is constant, and the weights lack it`);
  }
  for (const { name, inputs } of nodes.values())
    for (const other of inputs)
      if (!nodes.has(other))
        throw new InputError(`node ${quoted(name)}: takes ${quoted(other)}, which is not there`);
  const named = signature ?? userDefinedMetadata?.signature;
  if (!named) throw new InputError('it has no signature, which says what its inputs and outputs are');
  const namesOf = (of: Record<string, { name: string }>) => Object.values(of).map(({ name }) => nodeOf(name));
  const [inputs, outputs] = [namesOf(named.inputs), namesOf(named.outputs)];
  for (const name of [...inputs, ...outputs])
    if (!nodes.has(name)) throw new InputError(`its signature names ${quoted(name)}, which is not there`);
  if (inputs.length === 0 || outputs.length === 0) throw new InputError('it has no inputs or no outputs');
  return { nodes, constants, inputs, outputs };
}

function parsed(text: string): z.infer<typeof schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError('is not JSON');
  }
  const twice = findDuplicateKey(text);
  if (twice !== undefined) throw new InputError(`holds the key ${quoted(twice)} twice`);
  const { data, error } = schema.safeParse(json);
  if (data) return data;
  const [{ path, message }] = error.issues as [z.core.$ZodIssue];
  throw new InputError(`is not a graph model of TensorFlow.js: ${quoted(path.join('.'))}: ${message}`);
}

/** Names of the files of weights; none leads out of the folder of the JSON. */
function shardsOf(text: string): string[] {
  const paths = parsed(text).weightsManifest.flatMap((group) => group.paths);
  for (const path of paths)
    if (basename(path) !== path || path === '..' || path.includes('\\'))
      throw new InputError(`its weights ${quoted(path)} do not lie beside it`);
  return paths;
}

/** The constants, which lie one after the other in the files of their group, without gaps. */
function constantsOf(manifest: Manifest, shards: ReadonlyMap<string, Uint8Array>): Map<string, Tensor> {
  const constants = new Map<string, Tensor>();
  for (const { paths, weights } of manifest) {
    const bytes = Buffer.concat(
      paths.map((path) => {
        const shard = shards.get(path);
        if (!shard) throw new InputError(`its weights ${quoted(path)} are not given`);
        return shard;
      }),
    );
    let place = 0;
    for (const { name, shape, dtype, quantization } of weights) {
      const wrong = (what: string) => new InputError(`weight ${quoted(name)}: ${what}`);
      if (quantization !== undefined) throw wrong('is quantized; float32 and int32 are read');
      if (dtype !== 'float32' && dtype !== 'int32')
        throw wrong(`is of ${quoted(dtype)}; float32 and int32 are read`);
      if (constants.has(name)) throw wrong('is there twice');
      const size = 4 * elementCount(shape);
      if (!(place + size <= bytes.length))
        throw wrong(`reaches to byte ${place + size} of ${bytes.length}; a file of weights was cut off`);
      constants.set(name, { shape, data: toFloat32(bytes.subarray(place, place + size), dtype) });
      place += size;
    }
    if (place !== bytes.length)
      throw new InputError(`its weights take ${place} bytes, their files have ${bytes.length}`);
  }
  return constants;
}

function nodeOf(reference: string): string {
  return reference.endsWith(':0') ? reference.slice(0, -2) : reference;
}
