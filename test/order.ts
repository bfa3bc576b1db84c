import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute and more, those that wait among them first. */
const long = [
  'test/training/store.test.ts',
  'test/training/jobs.test.ts',
  'test/training/seeds.test.ts',
  'test/face-stream.test.ts',
  'test/color-stream.test.ts',
  'test/training/resume.test.ts',
  'test/pytorch/gradients.test.ts',
  'src/analysis/node/quantize.test.ts',
  'test/training/torch.test.ts',
  'src/cli/library.test.ts',
  'src/cli/train-curve.test.ts',
  'src/cli/analyze.test.ts',
  'test/page-views.test.ts',
  'src/clips/same-inputs.test.ts',
  'test/training/splits.test.ts',
];

/** Long files first: one that began last would run on alone, on one core. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = long.findIndex((file) => moduleId.replaceAll('\\', '/').endsWith(`/${file}`));
      return at < 0 ? long.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
