import { InputError } from '../support/errors.ts';
import { elementCount } from '../support/tensor.ts';
import { quoted } from './bytes.ts';
import { type ElementType, elementBytes } from './elements.ts';
import { FlatTable } from './flatbuffer.ts';

// The format is a FlatBuffer of the schema https://github.com/tensorflow/tensorflow/blob/v2.16.1/tensorflow/compiler/mlir/lite/schema/schema.fbs,
// whose fields are named beside their slots here. A quantized tensor holds whole numbers q that stand for
// scale · (q − zero point), with one scale for all or one per place along one axis.

/** Real numbers as whole ones. */
export interface Quantization {
  /** One, or one per place along `axis`. */
  scales: readonly number[];
  zeroPoints: readonly number[];
  axis: number;
}

/** A tensor of a TensorFlow Lite model. */
export interface TfliteTensor {
  /** Quoted, for messages. */
  title: string;
  /** As TensorFlow has it: maps are [N, height, width, channels]. */
  shape: readonly number[];
  type: ElementType;
  quantization?: Quantization;
  /** Its bytes, where it is constant. */
  data?: Uint8Array;
}

/** An operator of a TensorFlow Lite model. */
export interface TfliteOperator {
  /** TensorFlow's name, as `CONV_2D`. */
  name: OperatorName;
  /** Indices of tensors; −1 where an optional one is left out. */
  inputs: readonly number[];
  output: number;
  /** By the schema's slots; undefined where all have their defaults. */
  options: FlatTable | undefined;
}

/** A TensorFlow Lite model: its operators in order, each after what it needs. */
export interface TfliteModel {
  /** Of the file, in bytes. */
  size: number;
  tensors: readonly TfliteTensor[];
  operators: readonly TfliteOperator[];
  inputs: readonly number[];
  outputs: readonly number[];
}

/** Numbers of the schema's BuiltinOperator. */
const operatorNames = {
  0: 'ADD',
  1: 'AVERAGE_POOL_2D',
  2: 'CONCATENATION',
  3: 'CONV_2D',
  4: 'DEPTHWISE_CONV_2D',
  6: 'DEQUANTIZE',
  9: 'FULLY_CONNECTED',
  14: 'LOGISTIC',
  17: 'MAX_POOL_2D',
  18: 'MUL',
  19: 'RELU',
  21: 'RELU6',
  22: 'RESHAPE',
  25: 'SOFTMAX',
  34: 'PAD',
  40: 'MEAN',
  43: 'SQUEEZE',
  49: 'SPLIT',
  114: 'QUANTIZE',
} as const;
export type OperatorName = (typeof operatorNames)[keyof typeof operatorNames];
const customOperator = 32;

/** Numbers of the schema's TensorType. */
const elementTypes: Readonly<Record<number, ElementType>> = {
  0: 'float32',
  1: 'float16',
  2: 'int32',
  3: 'uint8',
  4: 'int64',
  6: 'bool',
  7: 'int16',
  9: 'int8',
  10: 'float64',
};

/** As many tensors, or operators, are read; MobileNetV2 has 174. */
const mostObjects = 10_000;
const mostDimensions = 6;
const mostOperands = 64;
const largestTensor = 2 ** 28;
const longestName = 10_000;

/**
 * Reads a TensorFlow Lite file; constants stay views of its bytes.
 *
 * @throws InputError when it is damaged, or has parts that are not read (several subgraphs, sparse tensors, custom
 *   operators, other operators than convolutional networks have).
 */
export function parseTfliteModel(bytes: Uint8Array): TfliteModel {
  const model = FlatTable.root(bytes, 'TFL3');
  const version = model.int32(0);
  if (version !== 3) throw new InputError(`it has version ${version} of the format; 3 is read`);
  const codes = model.tables(1 /* operator_codes */, mostObjects).map(operatorCode);
  const subgraphs = model.tables(2 /* subgraphs */, mostObjects);
  if (subgraphs.length !== 1) throw new InputError(`it has ${subgraphs.length} subgraphs; one is read`);
  const buffers = model.tables(4 /* buffers */, mostObjects);
  const [graph] = subgraphs as [FlatTable];
  const tensors = graph.tables(0 /* tensors */, mostObjects).map((table, i) => {
    return parseTensor(table, i, buffers);
  });
  const operators = graph.tables(3 /* operators */, mostObjects).map((table, i) => {
    const outputs = table.int32s(2 /* outputs */, mostOperands);
    const name = operatorName(codes, table.int32(0 /* opcode_index */));
    if (outputs.length !== 1) {
      throw new InputError(`operator ${i} (${name}) gives ${outputs.length} results; one is read`);
    }
    const inputs = table.int32s(1 /* inputs */, mostOperands);
    return { name, inputs, output: outputs[0]!, options: table.table(4 /* builtin_options */) };
  });
  const inputs = graph.int32s(1 /* inputs */, mostOperands);
  const outputs = graph.int32s(2 /* outputs */, mostOperands);
  const parsed = { size: bytes.length, tensors, operators, inputs, outputs };
  checkOrder(parsed);
  return parsed;
}

interface OperatorCode {
  code: number;
  custom: string;
}

/** Codes above 127 stand in a field of their own, added later. */
function operatorCode(table: FlatTable): OperatorCode {
  const early = (table.uint8(0 /* deprecated_builtin_code */) << 24) >> 24;
  return {
    code: Math.max(early, table.int32(3 /* builtin_code */)),
    custom: table.text(1 /* custom_code */, longestName),
  };
}

function operatorName(codes: readonly OperatorCode[], index: number): OperatorName {
  const found = codes[index];
  if (!found) throw new InputError(`an operator has the kind ${index} of ${codes.length}`);
  const { code, custom } = found;
  if (code === customOperator) {
    const edge =
      custom === 'edgetpu-custom-op' ? ': compiled for an Edge TPU; take the file it was compiled from' : '';
    throw new InputError(`it has the custom operator ${quoted(custom)}${edge}`);
  }
  const name = Object.hasOwn(operatorNames, code) && operatorNames[code as keyof typeof operatorNames];
  if (!name) {
    const known = Object.values(operatorNames).join(', ');
    throw new InputError(`it has an operator of number ${code}; read are: ${known}`);
  }
  return name;
}

function parseTensor(table: FlatTable, index: number, buffers: readonly FlatTable[]): TfliteTensor {
  const title = quoted(table.text(3 /* name */, longestName) || String(index));
  const wrong = (what: string) => new InputError(`tensor ${title}: ${what}`);
  const number = table.uint8(1 /* type */);
  const type = elementTypes[number];
  if (!type)
    throw wrong(`its type has number ${number}; read are: ${Object.values(elementTypes).join(', ')}`);
  const shape = table.int32s(0 /* shape */, mostDimensions);
  const count = elementCount(shape);
  if (shape.some((size) => size < 1) || count > largestTensor) {
    throw wrong(`its shape [${shape}] is not of sizes from 1 with at most ${largestTensor} elements`);
  }
  if (table.uint8(5 /* is_variable */) !== 0)
    throw wrong('it is a variable; networks without a state are read');
  if (table.has(6 /* sparsity */)) throw wrong('it is sparse; dense ones are read');

  const buffer = buffers[table.int32(2 /* buffer */)];
  if (!buffer) throw wrong('its buffer is missing');
  if (buffer.has(1 /* offset */)) throw wrong('its numbers lie outside of the FlatBuffer, which is not read');
  const data = buffer.uint8s(0 /* data */);
  if (data.length > 0 && data.length !== count * elementBytes[type]) {
    throw wrong(`${type} of shape [${shape}] does not take the ${data.length} bytes of its buffer`);
  }
  const quantization = parseQuantization(table.table(4 /* quantization */), shape, wrong);
  return { title, shape, type, ...(quantization && { quantization }), ...(data.length > 0 && { data }) };
}

function parseQuantization(
  table: FlatTable | undefined,
  shape: readonly number[],
  wrong: (what: string) => InputError,
): Quantization | undefined {
  const most = Math.max(1, ...shape);
  const scales = table?.float32s(2 /* scale */, most) ?? [];
  if (!table || scales.length === 0) return undefined;
  if (table.uint8(4 /* details_type */) !== 0) throw wrong('it has a custom quantization');
  const zeroPoints = table.int64s(3 /* zero_point */, most);
  const axis = table.int32(6 /* quantized_dimension */);
  const counts = scales.length === 1 ? [0, 1] : [0, scales.length];
  if (scales.length !== 1 && shape[axis] !== scales.length) {
    throw wrong(`it has ${scales.length} scales for axis ${axis} of its shape [${shape}]`);
  }
  if (!counts.includes(zeroPoints.length)) throw wrong('it has another count of zero points than of scales');
  if (!scales.every((scale) => scale > 0 && Number.isFinite(scale))) {
    throw wrong('its scales are not positive numbers');
  }
  if (!zeroPoints.every((point) => Math.abs(point) <= 2 ** 31))
    throw wrong('its zero points are out of range');
  return { scales, zeroPoints: zeroPoints.length > 0 ? zeroPoints : scales.map(() => 0), axis };
}

/** Every operator has to take what is constant, given, or computed before it, and to compute what nothing else gives. */
function checkOrder({ tensors, operators, inputs, outputs }: TfliteModel): void {
  const ready = new Set<number>(inputs);
  const isReady = (index: number) => ready.has(index) || tensors[index]?.data !== undefined;
  for (const index of inputs)
    if (!tensors[index] || tensors[index].data) throw new InputError(`its input ${index} is no free tensor`);
  for (const [i, { name, inputs: given, output }] of operators.entries()) {
    for (const index of given)
      if (index !== -1 && !isReady(index))
        throw new InputError(`operator ${i} (${name}) takes tensor ${index}, which nothing gives before it`);
    if (!tensors[output] || isReady(output))
      throw new InputError(`operator ${i} (${name}) gives tensor ${output}, which is none or given already`);
    ready.add(output);
  }
  if (inputs.length === 0 || outputs.length === 0) throw new InputError('it has no inputs or no outputs');
  for (const index of outputs)
    if (!ready.has(index)) throw new InputError(`its output ${index} is computed by nothing`);
}
