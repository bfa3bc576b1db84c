import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Resvg } from '@resvg/resvg-js';

/** What renders drawings, loaded with the first. */
export async function renderer(): Promise<typeof Resvg> {
  return (await import('@resvg/resvg-js')).Resvg;
}

/**
 * A drawing as PNG, in the size it names, with DejaVu Sans for its text.
 *
 * @param loadSystemFonts for letters that DejaVu lacks (Chinese, Japanese, Korean); looking for others takes a while.
 */
export async function renderPng(svg: string, loadSystemFonts = false): Promise<Uint8Array> {
  const Renderer = await renderer();
  const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const image = new Renderer(svg, {
    font: {
      fontFiles: ['DejaVuSans', 'DejaVuSans-Bold', 'DejaVuSans-ExtraLight'].map((name) =>
        join(fonts, `${name}.ttf`),
      ),
      loadSystemFonts,
      defaultFontFamily: 'DejaVu Sans',
    },
  });
  return image.render().asPng();
}
