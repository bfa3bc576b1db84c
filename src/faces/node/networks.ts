import { openOnnx } from '../../runtime/node/index.ts';
import { InputError } from '../../support/errors.ts';
import { withRegularFile } from '../../support/regular-file.ts';
import { elementCount } from '../../support/tensor.ts';
import {
  graphModelExpression,
  graphModelFiles,
  readGraphModel,
  readTfliteModel,
  tfliteExpression,
} from '../../weights/index.ts';
import { type FaceNetwork, networkOf } from '../network.ts';

/** Larger files of ONNX are refused; networks of single pictures have 1 to 100 MB. */
const largestOnnx = 2 ** 30;

/**
 * A network of TensorFlow.js (`.json`, its weights beside it), of TensorFlow Lite (`.tflite`) or in ONNX (`.onnx`).
 *
 * @throws InputError when it is of neither, or cannot be read; of ONNX, that it cannot be computed, once it is opened.
 */
export async function readNetwork(path: string): Promise<FaceNetwork> {
  try {
    if (path.endsWith('.json')) return networkOf(path, graphModelExpression(await readGraphModel(path)));
    if (path.endsWith('.onnx')) return await readOnnx(path);
    if (!path.endsWith('.tflite'))
      throw new InputError('of networks of faces, .json (TensorFlow.js), .tflite and .onnx are read');
    const model = await readTfliteModel(path);
    const { values, parameters } = tfliteExpression(model);
    return networkOf(path, { outputs: model.outputs.map((index) => values.get(index)!), parameters });
  } catch (error) {
    throw naming(error, path);
  }
}

/** The files that such a network consists of. */
export async function networkFiles(path: string): Promise<string[]> {
  return path.endsWith('.json') ? await graphModelFiles(path) : [path];
}

async function readOnnx(path: string): Promise<FaceNetwork> {
  const bytes = await withRegularFile(path, 'network', largestOnnx, (file) => file.readFile());
  return {
    title: path,
    async open() {
      try {
        const session = await openOnnx(bytes, { threads: 1 });
        // what it gives is seen by trying
        const zeros = [...session.inputs].map(([name, shape]) => [
          name,
          { shape, data: new Float32Array(elementCount(shape)) },
        ]);
        const found = await session.run(Object.fromEntries(zeros)).catch(async (error) => {
          await session.close();
          throw new InputError(error.message);
        });
        return { session, outputs: Object.entries(found).map(([name, { shape }]) => ({ name, shape })) };
      } catch (error) {
        throw naming(error, path);
      }
    },
  };
}

function naming(error: unknown, path: string): unknown {
  if (!(error instanceof InputError) || error.message.includes(path)) return error;
  return new InputError(`${path}: ${error.message}`, error.code);
}
