import type { StreamDescription } from './description.ts';

/**
 * Graphics white of high dynamic range in cd/m² (ITU-R BT.2408): what SDR shows as white. Light up to most of it is
 * kept as it is; brighter light is bent (Mobius) so that a display peak of 1000 cd/m² becomes white.
 */
const graphicsWhite = 203;
const displayPeak = 1000;
const kept = 0.85;

/** Untagged pictures at least this large are BT.709, smaller ones BT.601, as players take them; bars are no picture. */
const hdWidth = 1280;
const sdHeight = 576;

/** Gray is the luma that the file holds; newer FFmpegs would make that of BT.601 of it. */
const lumaAsItIs = ':in_color_matrix=bt601:out_color_matrix=bt601';

/** Width and height in pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The filters that scale a picture and bring its colors to those of an ordinary display (BT.709, gamma 2.4).
 *
 * @param shares of the stored width and height that lie between margins.
 * @param scaled the size that comes out.
 * @param format the pixel format that comes out, `gray` or `rgb24`.
 */
export function scaleAndColor(
  stream: StreamDescription,
  shares: Size,
  scaled: Size,
  format: string,
): string[] {
  const scale = `scale=${scaled.width}:${scaled.height}:flags=bilinear`;
  if (stream.transfer === 'sdr') {
    const large = stream.width * shares.width >= hdWidth || stream.height * shares.height > sdHeight;
    const untagged = large && !stream.matrixTagged ? ':in_color_matrix=bt709' : '';
    return [`${scale}${format === 'gray' ? lumaAsItIs : untagged}`, `format=${format}`];
  }
  const transfer = { pq: 'smpte2084', hlg: 'arib-std-b67' }[stream.transfer];
  return [
    scale,
    'format=yuv444p12le', // the next filter takes no halved chroma at odd sizes
    `setparams=color_trc=${transfer}:color_primaries=bt2020${stream.matrixTagged ? '' : ':colorspace=bt2020nc'}`,
    `zscale=t=linear:npl=${graphicsWhite}`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    `tonemap=mobius:param=${kept}:desat=0:peak=${(displayPeak / graphicsWhite).toFixed(3)}`,
    'zscale=t=bt709:m=bt709:r=tv',
    'format=yuv444p',
    `scale=flags=bilinear${format === 'gray' ? lumaAsItIs : ':in_color_matrix=bt709'}`,
    `format=${format}`,
  ];
}
