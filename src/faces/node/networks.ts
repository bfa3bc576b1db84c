import type { Value } from '../../graph/index.ts';
import { InputError } from '../../support/errors.ts';
import type { Tensor } from '../../support/tensor.ts';
import {
  graphModelExpression,
  graphModelFiles,
  readGraphModel,
  readTfliteModel,
  tfliteExpression,
} from '../../weights/index.ts';

/** A network of TensorFlow.js (`.json`, its weights beside it) or of TensorFlow Lite (`.tflite`). */
export async function readNetwork(
  path: string,
): Promise<{ outputs: readonly Value[]; parameters: ReadonlyMap<string, Tensor> }> {
  try {
    if (isOfTensorFlowJs(path)) return graphModelExpression(await readGraphModel(path));
    const model = await readTfliteModel(path);
    const { values, parameters } = tfliteExpression(model);
    return { outputs: model.outputs.map((index) => values.get(index)!), parameters };
  } catch (error) {
    if (!(error instanceof InputError) || error.message.startsWith(path)) throw error;
    throw new InputError(`${path}: ${error.message}`, error.code);
  }
}

/** The files that such a network consists of. */
export async function networkFiles(path: string): Promise<string[]> {
  return isOfTensorFlowJs(path) ? await graphModelFiles(path) : [path];
}

function isOfTensorFlowJs(path: string): boolean {
  return path.endsWith('.json');
}
