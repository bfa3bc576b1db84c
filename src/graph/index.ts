/**
 * Networks as expressions: operations with shapes, their gradients, and their translation into ONNX.
 *
 * In: a network written with the operations below, from `input`, `parameter` and `constant`; every `Value` knows its
 * shape, row-major, maps as [N, C, H, W]. Out: an ONNX model (`lower`), which `runtime` computes; and `evaluate`, the
 * same in float64, slow and plain. See docs/engine.md.
 */
export { broadcast, concat, pad, reduceMean, reduceSum, reshape, slice, transpose } from './arrays.ts';
export { observed, type Ranges, type Watched } from './byte-plan.ts';
export { largestProducts } from './bytes.ts';
export { type ConvolutionOptions, convolution, type Pair } from './convolution.ts';
export { type DescribedGraph, type DescribedNode, describeGraph } from './description.ts';
export { add, clip, divide, exp, log, multiply, relu, sigmoid, sqrt, subtract } from './elementwise.ts';
export { type Array64, evaluate } from './evaluate.ts';
export { gradients } from './gradients.ts';
export { constant, input, type ParameterValue, parameter, parametersOf } from './leaves.ts';
export { lower, onnxFile, portable, type Target } from './lowering.ts';
export { linear, matMul } from './matrices.ts';
export { batchNorm, batchNormOfBatch, type NormStatistics, softmax } from './normalization.ts';
export { outputName, weightsFile } from './onnx.ts';
export { adaptiveAveragePool, averagePool, globalAveragePool, maxPool, type PoolOptions } from './pooling.ts';
export { quantized } from './quantization.ts';
export { type Shape, shapeText } from './shape.ts';
export type { Value } from './value.ts';
