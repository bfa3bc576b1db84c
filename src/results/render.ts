import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * A drawing as PNG, in the size it names, with DejaVu Sans for its text.
 *
 * @param loadSystemFonts for letters that DejaVu lacks (Chinese, Japanese, Korean); looking for others takes a while.
 */
export async function renderPng(svg: string, loadSystemFonts = false): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const image = new Resvg(svg, {
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
