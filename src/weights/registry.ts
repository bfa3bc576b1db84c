import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, unknownName } from '../support/errors.ts';
import { writeAtomically } from '../support/files.ts';
import { withFile } from './bytes.ts';
import { cacheFolder } from './cache.ts';
import { type DownloadOptions, download, fileHash } from './download.ts';
import { readModelWeights } from './read.ts';

/** A pretrained file that can be fetched by name. */
export interface PretrainedFile {
  name: string;
  /** The network it is of. */
  backbone: 'alexnet' | 'densenet' | 'mobilenet1' | 'mobilenet2' | 'soundnet' | 'yamnet';
  about: string;
  /** Its name in the cache folder. */
  file: string;
  url: string;
  /** Its SHA-256, or the first digits where its publisher says no more (torchvision: in the file's name). */
  sha256?: string;
}

/** The pretrained files that are known, with where they are published. */
export const pretrainedFiles: readonly PretrainedFile[] = [
  {
    name: 'densenet121',
    backbone: 'densenet',
    about: 'DenseNet-121, ImageNet, torchvision',
    file: 'densenet121-a639ec97.pth',
    url: 'https://download.pytorch.org/models/densenet121-a639ec97.pth',
    sha256: 'a639ec97',
  },
  {
    name: 'densenet121.tv_in1k',
    backbone: 'densenet',
    about: 'DenseNet-121, ImageNet, the same weights from timm',
    file: 'densenet121.tv_in1k.safetensors',
    url: 'https://huggingface.co/timm/densenet121.tv_in1k/resolve/main/model.safetensors',
  },
  {
    name: 'alexnet',
    backbone: 'alexnet',
    about: 'AlexNet, ImageNet, torchvision',
    file: 'alexnet-owt-7be5be79.pth',
    url: 'https://download.pytorch.org/models/alexnet-owt-7be5be79.pth',
    sha256: '7be5be79',
  },
  {
    name: 'soundnet8',
    backbone: 'soundnet',
    about: 'SoundNet-8, two million videos, port of SoundNet-tensorflow',
    file: 'sound8.npy',
    url: 'https://drive.google.com/uc?export=download&id=0B9wE6h4m--wjR015M1RLZW45OEU',
  },
  coral(
    'mobilenet1',
    'mobilenet1',
    'MobileNetV1, ImageNet, 1,024 features',
    'mobilenet_v1_1.0_224_quant_embedding_extractor.tflite',
    'f409ef4f73fcbb9667841965623c5c8524aac33d41b9bf5f3667161fb4a76319',
  ),
  coral(
    'mobilenet2',
    'mobilenet2',
    'MobileNetV2, ImageNet, 1,280 features',
    'mobilenet_v2_1.0_224_quant.tflite',
    '7aad0c74c5e3c06e5eb3c827e13304fdd68a83da6087d92ee169c24ff9fd4776',
  ),
  coral(
    'mobilenet2.tf2',
    'mobilenet2',
    'MobileNetV2, ImageNet, 1,280 features, trained with TensorFlow 2',
    'tf2_mobilenet_v2_1.0_224_ptq.tflite',
    '5d3137241276e79c86d14a74fe43581398ae0e815191d3dba45495b810840e8c',
  ),
  {
    name: 'yamnet',
    backbone: 'yamnet',
    about: 'YAMNet, AudioSet, 1,024 features, of google-coral/coralmicro (Apache-2.0)',
    file: 'yamnet_spectra_in.tflite',
    url: 'https://github.com/google-coral/coralmicro/raw/main/models/yamnet_spectra_in.tflite',
    sha256: '0a266465c46718f3fcc4137366be82882a8c93bfcc4f0278581a11d11dddcdf9',
  },
];

/** A picture network of google-coral/test_data. */
function coral(
  name: string,
  backbone: PretrainedFile['backbone'],
  about: string,
  file: string,
  sha256: string,
): PretrainedFile {
  const url = `https://github.com/google-coral/test_data/raw/master/${file}`;
  return {
    name,
    backbone,
    about: `${about}, of google-coral/test_data (Apache-2.0)`,
    file,
    url,
    sha256,
  };
}

/** @throws InputError unless it is the name of a pretrained file. */
export function findPretrained(name: string): PretrainedFile {
  const found = pretrainedFiles.find((file) => file.name === name);
  if (!found) {
    throw unknownName(
      'pretrained file',
      name,
      pretrainedFiles.map((file) => file.name),
    );
  }
  return found;
}

/** Where a pretrained file is, or will be, in the cache folder. */
export function pretrainedPath({ file }: PretrainedFile): string {
  return join(cacheFolder(), 'weights', file);
}

/** The SHA-256 of a file whose publisher gives none, or part of it, as it was when first fetched; undefined before. */
export async function trustedHash(file: PretrainedFile): Promise<string | undefined> {
  const text = await readFile(hashPath(file), 'utf8').catch(() => '');
  return /^[0-9a-f]{64}$/.test(text.trim()) ? text.trim() : undefined;
}

const hashPath = (file: PretrainedFile) => `${pretrainedPath(file)}.sha256`;
const wholeHash = 64;

/** How a pretrained file is fetched. */
export interface FetchOptions extends Pick<DownloadOptions, 'onProgress' | 'signal' | 'stallSeconds'> {
  /** Never use the network: a file that is not in the cache is an error. */
  offline?: boolean;
  /** Told the SHA-256 of a file that is trusted as it came, because its publisher gives none, or part of it. */
  onFirstUse?: (sha256: string) => void;
}

/**
 * A pretrained file's path, after fetching it if it is not in the cache folder yet. It has to have the known SHA-256, or,
 * where its publisher does not say all of it, the one with which it was first fetched; what arrives also has to hold the
 * parameters of its network.
 *
 * @throws InputError when it cannot be had, or has changed.
 */
export async function fetchPretrained(
  file: PretrainedFile,
  { offline = false, onFirstUse, ...options }: FetchOptions = {},
): Promise<string> {
  const path = pretrainedPath(file);
  const known = file.sha256?.length === wholeHash ? file.sha256 : await trustedHash(file);
  const expected = known ?? file.sha256 ?? '';
  let sha256: string;
  if (existsSync(path)) {
    sha256 = await withFile(path, () => fileHash(path));
    if (!sha256.startsWith(expected)) {
      throw new InputError(
        `${path}: another file than was fetched; its SHA-256 is ${sha256}, not ${expected}; remove it to fetch it again`,
      );
    }
  } else {
    if (offline) {
      throw new InputError(
        `${file.name} is not in the cache, and --offline forbids fetching it; put ${file.url} at ${path}`,
      );
    }
    const check = async (part: string) => {
      await readModelWeights(part);
    };
    sha256 = await download({ ...options, url: file.url, path, sha256: expected, check });
  }
  if (known === undefined) {
    await writeAtomically(hashPath(file), `${sha256}\n`);
    onFirstUse?.(sha256);
  }
  return path;
}
