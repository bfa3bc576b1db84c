// Filters of FFmpeg for frames, by node-av's lower level: its upper one (`node-av/api`) would take a tenth of a second to load.
import {
  AV_BUFFERSRC_FLAG_KEEP_REF,
  AV_BUFFERSRC_FLAG_PUSH,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  type AVSampleFormat,
} from 'node-av/constants';
import {
  avGetSampleFmtName,
  avRescaleQ,
  FFmpegError,
  Filter,
  type FilterContext,
  FilterGraph,
  FilterInOut,
  Frame,
  type IRational,
  Rational,
} from 'node-av/lib';

/** A graph that is ready for frames of one kind. */
interface Graph {
  readonly graph: FilterGraph;
  readonly source: FilterContext;
  readonly sink: FilterContext;
  /** Of the frames that it takes. */
  readonly timeBase: IRational;
  /** What frames have in common that it takes. */
  readonly kind: string;
}

/** A chain of filters. It is built anew where frames change their form, size or rate; what it then still holds is lost. */
export class FrameFilter {
  private readonly description: string;
  private readonly threads: number | undefined;
  private built: Graph | undefined;

  /** @param description in FFmpeg's syntax, of a chain with one input and one output. */
  constructor(description: string, { threads }: { readonly threads?: number } = {}) {
    this.description = description;
    this.threads = threads;
  }

  /**
   * What becomes of a frame, as far as it can be known without the next one. The results are the caller's to free.
   *
   * @param frame its time is changed to the filter's time base.
   * @throws FFmpegError when the chain cannot be built for it, or does not take it.
   */
  process(frame: Frame): Frame[] {
    const kind = kindOf(frame);
    if (this.built?.kind !== kind) {
      this.close();
      this.built = this.build(frame, kind);
    }
    const { source, timeBase } = this.built!;
    const { num, den } = timeBase;
    const before = frame.timeBase;
    frame.pts = avRescaleQ(frame.pts, before, timeBase);
    frame.duration = avRescaleQ(frame.duration, before, timeBase);
    frame.timeBase = new Rational(num, den);
    const flags = (AV_BUFFERSRC_FLAG_PUSH | AV_BUFFERSRC_FLAG_KEEP_REF) as typeof AV_BUFFERSRC_FLAG_PUSH;
    FFmpegError.throwIfError(source.buffersrcAddFrameSync(frame, flags), 'filtering a frame');
    return this.results();
  }

  /** What it holds after the last frame. */
  flush(): Frame[] {
    const status = this.built?.source.buffersrcAddFrameSync(null, AV_BUFFERSRC_FLAG_PUSH) ?? 0;
    if (status !== AVERROR_EOF) FFmpegError.throwIfError(status, 'ending a filter');
    return this.results();
  }

  close(): void {
    if (!this.built) return;
    const { graph, source, sink } = this.built;
    this.built = undefined;
    source.free();
    sink.free();
    graph.free();
  }

  private results(): Frame[] {
    const frames: Frame[] = [];
    if (!this.built) return frames;
    const { sink } = this.built;
    for (;;) {
      const frame = new Frame();
      frame.alloc();
      const status = sink.buffersinkGetFrameSync(frame);
      if (status < 0) {
        frame.free();
        if (status !== AVERROR_EAGAIN && status !== AVERROR_EOF)
          FFmpegError.throwIfError(status, 'taking a frame from a filter');
        return frames;
      }
      frame.timeBase = sink.buffersinkGetTimeBase();
      frames.push(frame);
    }
  }

  private build(frame: Frame, kind: string): Graph {
    const graph = new FilterGraph();
    graph.alloc();
    if (this.threads !== undefined) graph.nbThreads = this.threads;
    try {
      const { num, den } = frame.timeBase;
      const timeBase = frame.isAudio() ? { num: 1, den: frame.sampleRate } : { num, den };
      const source = frame.isAudio() ? soundSource(graph, frame) : pictureSource(graph, frame, timeBase);
      const sink = made(
        graph.createFilter(filterNamed(frame.isAudio() ? 'abuffersink' : 'buffersink'), 'out'),
      );
      connect(graph, this.description, source, sink);
      FFmpegError.throwIfError(graph.configSync(), 'building a filter');
      return { graph, source, sink, timeBase, kind };
    } catch (error) {
      graph.free();
      throw error;
    }
  }
}

function kindOf({ format, width, height, sampleRate, channelLayout }: Frame): string {
  return [format, width, height, sampleRate, channelLayout?.nbChannels].join();
}

function filterNamed(name: string): Filter {
  return made(Filter.getByName(name));
}

/** @throws Error where FFmpeg has not made it. */
function made<T>(part: T | null): T {
  if (part === null) throw new Error('a filter could not be built');
  return part;
}

function pictureSource(graph: FilterGraph, frame: Frame, timeBase: IRational): FilterContext {
  const { width, height, format, sampleAspectRatio, colorRange, colorSpace } = frame;
  const source = made(graph.allocFilter(filterNamed('buffer'), 'in'));
  const parameters = { width, height, format, timeBase, sampleAspectRatio, colorRange, colorSpace };
  FFmpegError.throwIfError(source.buffersrcParametersSet(parameters), 'building a filter');
  FFmpegError.throwIfError(source.init(null), 'building a filter');
  return source;
}

function soundSource(graph: FilterGraph, { sampleRate, format, channelLayout }: Frame): FilterContext {
  const { mask, nbChannels } = channelLayout;
  const layout = mask === 0n ? `${nbChannels}c` : mask;
  const name = avGetSampleFmtName(format as AVSampleFormat);
  const given = `time_base=1/${sampleRate}:sample_rate=${sampleRate}:sample_fmt=${name}:channel_layout=${layout}`;
  return made(graph.createFilter(filterNamed('abuffer'), 'in', given));
}

/** Puts the described chain between the two. */
function connect(graph: FilterGraph, description: string, source: FilterContext, sink: FilterContext): void {
  const chain = made(graph.segmentParse(description));
  const [inputs, outputs] = [new FilterInOut(), new FilterInOut()];
  const check = (status: number) => FFmpegError.throwIfError(status, `building the filter ${description}`);
  try {
    check(chain.createFilters());
    check(chain.applyOpts());
    check(chain.apply(inputs, outputs));
    check(source.link(0, made(inputs.filterCtx), inputs.padIdx));
    check(made(outputs.filterCtx).link(outputs.padIdx, sink, 0));
  } finally {
    inputs.free();
    outputs.free();
    chain.free();
  }
}
