// Builds an ONNX model: nodes, initializers, inputs and outputs, written as protocol buffers (onnx.proto, IR version 8).
import { Message } from '../support/protobuf.ts';
import type { Shape } from './shape.ts';

type Attribute = number | string | readonly number[] | { readonly float: number };

type Numbers = Float32Array | BigInt64Array | Uint8Array | Int8Array | Int32Array;

/** The domain of operators that ONNX Runtime adds to the standard ones. */
export const microsoft = 'com.microsoft';

const float32 = 1;
const int64 = 7;
const largest = 2 ** 31 - 1;
/** Arrays of so many bytes stand beside the model of a session, whose reader would copy them once more. */
const large = 2 ** 14;
/** Such an array begins at a multiple of so many bytes. */
const alignment = 64;

/** What the file of large arrays is called in a model: it has none, they are given with it. */
export const weightsFile = 'weights';

/** Keeps an output apart from an input of the same name, as a weight that a run updates. */
const suffix = ' (output)';

/** The name that an output of a model was given. */
export function outputName(name: string): string {
  return name.slice(0, -suffix.length);
}

/** What a model is written for: our own sessions, or other programs, which ask for what the format does. */
export type Reader = 'sessions' | 'others';

export class OnnxGraph {
  private readonly reader: Reader;
  private readonly nodes: Message[] = [];
  private readonly initializers: Message[] = [];
  private readonly beside: { readonly data: Numbers | Float64Array; readonly offset: number }[] = [];
  private besideBytes = 0;
  private readonly inputs: Message[] = [];
  private readonly outputs: Message[] = [];
  private readonly constants = new Map<string, string>();
  private readonly domains = new Map([['', 17]]);
  private bytes = 0;
  private count = 0;

  constructor(reader: Reader = 'sessions') {
    this.reader = reader;
  }

  /** Adds a node and returns the name of its result. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string {
    return this.nodeOf(1, type, inputs, attributes, domain)[0]!;
  }

  /** Adds a node of several results. */
  nodeOf(
    results: number,
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): string[] {
    const names = Array.from({ length: results }, () => `${type}:${this.count++}`);
    const node = new Message();
    for (const name of inputs) node.text(1, name);
    for (const name of names) node.text(2, name);
    node.text(3, names[0]!).text(4, type);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attributeMessage(name, value));
    if (domain) node.text(7, domain);
    if (!this.domains.has(domain)) this.domains.set(domain, 1);
    this.nodes.push(node);
    return names;
  }

  /** A float32 array that is part of the model. */
  floats(data: ArrayLike<number>, shape: Shape, name?: string): string {
    const single = data.length === 1 && !name ? `${data[0]} ${shape}` : undefined;
    const known = single && this.constants.get(single);
    if (known) return known;
    const label = name ?? `constant:${this.count++}`;
    const numbers =
      data instanceof Float32Array || data instanceof Float64Array ? data : new Float32Array(data);
    this.initializer(label, float32, shape, numbers);
    if (single) this.constants.set(single, label);
    return label;
  }

  /** An array of whole numbers of 8 or 32 bits that is part of the model. */
  wholes(data: Uint8Array | Int8Array | Int32Array, shape: Shape): string {
    const label = `wholes:${this.count++}`;
    this.initializer(label, typeOf(data), shape, data);
    return label;
  }

  /** A list of whole numbers that is part of the model: shapes, axes, margins. */
  integers(values: readonly number[]): string {
    const key = `i ${values}`;
    const known = this.constants.get(key);
    if (known) return known;
    const label = `integers:${this.count++}`;
    this.initializer(label, int64, [values.length], BigInt64Array.from(values, BigInt));
    this.constants.set(key, label);
    return label;
  }

  /** @param data float64 becomes float32. */
  private initializer(name: string, type: number, shape: Shape, data: Numbers | Float64Array): void {
    const bytes = data instanceof Float64Array ? 4 * data.length : data.byteLength;
    this.bytes += bytes;
    if (this.bytes > largest) throw new Error('the arrays of a model exceed the 2 GB of an ONNX file');
    const tensor = new Message();
    for (const size of shape) tensor.integer(1, size);
    tensor.integer(2, type).text(8, name);
    this.initializers.push(
      this.reader === 'sessions' && bytes >= large
        ? this.placedBeside(tensor, data, bytes)
        : tensor.bytes(9, bytesOf(data instanceof Float64Array ? new Float32Array(data) : data)),
    );
  }

  private placedBeside(tensor: Message, data: Numbers | Float64Array, bytes: number): Message {
    const offset = this.besideBytes;
    this.beside.push({ data, offset });
    this.besideBytes += Math.ceil(bytes / alignment) * alignment;
    const place = { location: weightsFile, offset: `${offset}`, length: `${bytes}` };
    for (const [key, value] of Object.entries(place))
      tensor.message(13, new Message().text(1, key).text(2, value));
    return tensor.integer(14, 1);
  }

  /**
   * The large arrays of a model for a session, which refers to them as the file `weightsFile`; undefined without any. The
   * buffer is resizable: who has done with it gives the memory back at once by `resize(0)`, not when garbage is collected.
   */
  weights(): Uint8Array<ArrayBuffer> | undefined {
    if (this.beside.length === 0) return undefined;
    const buffer = new ArrayBuffer(this.besideBytes, { maxByteLength: this.besideBytes });
    for (const { data, offset } of this.beside)
      if (data instanceof Float64Array) new Float32Array(buffer, offset, data.length).set(data);
      else new Uint8Array(buffer, offset, data.byteLength).set(bytesOf(data));
    return new Uint8Array(buffer);
  }

  /** @param anyBatch leaves the first size open: any, but the same for all that has it from this input. */
  input(name: string, shape: Shape, anyBatch: boolean): void {
    this.inputs.push(describe(name, shape, anyBatch));
  }

  output(label: string, shape: Shape, result: string): void {
    // other programs see the name, so the caller keeps it apart
    const name = this.reader === 'others' ? label : label + suffix;
    this.nodes.push(new Message().text(1, result).text(2, name).text(3, name).text(4, 'Identity'));
    this.outputs.push(describe(name, shape));
  }

  /** @param metadata texts that the file carries beside the network (`metadata_props`). */
  encoded(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
    const graph = new Message();
    // ONNX Runtime orders nodes itself: back from the last in the file, the inputs of a node likewise. Written backwards,
    // they run in the order they were added, which keeps memory low (a training step takes half). The format wants them
    // forwards.
    const nodes = this.reader === 'others' ? this.nodes : this.nodes.toReversed();
    for (const node of nodes) graph.message(1, node);
    graph.text(2, 'network');
    for (const tensor of this.initializers) graph.message(5, tensor);
    for (const input of this.inputs) graph.message(11, input);
    for (const output of this.outputs) graph.message(12, output);
    const model = new Message().integer(1, 8).text(2, 'affectline').message(7, graph);
    for (const [domain, version] of this.domains)
      model.message(8, new Message().text(1, domain).integer(2, version));
    for (const [key, value] of Object.entries(metadata))
      model.message(14, new Message().text(1, key).text(2, value));
    return model.encoded();
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Numbers): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** `TensorProto.DataType` of whole numbers. */
function typeOf(data: Uint8Array | Int8Array | Int32Array): number {
  if (data instanceof Int32Array) return 6;
  return data instanceof Int8Array ? 3 : 2;
}

function attributeMessage(name: string, value: Attribute): Message {
  const message = new Message().text(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, 2);
  if (typeof value === 'string') return message.text(4, value).integer(20, 3);
  if ('float' in value) return message.float(2, value.float).integer(20, 1);
  for (const item of value) message.integer(8, item);
  return message.integer(20, 7);
}

function describe(name: string, shape: Shape, anyBatch = false): Message {
  const sizes = new Message();
  for (const [axis, size] of shape.entries())
    sizes.message(
      1,
      anyBatch && axis === 0 ? new Message().text(2, `batch of ${name}`) : new Message().integer(1, size),
    );
  const tensor = new Message().integer(1, float32).message(2, sizes);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
